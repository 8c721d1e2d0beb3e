// The envelope of every Circlet file: magic, kind, format version, length, payload, XXH3-64 of the payload.
// The only place where files are read and written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "core/bytes.hpp"

namespace circlet {

enum class ArtefactKind : std::uint32_t {
  model = 1,             // model.circlet: secret
  structure = 2,         // model.structure: public
  verification_key = 3,  // model.vk: public
  proving_key = 4,       // model.pk: secret
  proof = 5,             // proof.bin: public
  proof_budget = 6,      // model.budget: proofs that a proving key may still make
  committed_data = 7,    // values and the opening of their commitment: secret
  bundle_key = 8,        // model.vk of a model that is proved in segments: public
  bundle_proof = 9,      // a proof of all its segments: public
};

/// An open file, closed at the end; -1 for none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

inline constexpr std::uint64_t most_file_bytes = std::uint64_t{1} << 33;
/// Whole file as bytes; Error(io) with the path when it cannot be read, Error(bad_input) when it exceeds
/// `limit` bytes.
Bytes read_file(const std::filesystem::path& path, std::uint64_t limit = most_file_bytes);

/// A whole file mapped read-only, for large files of the user's own: nothing is copied, and pages are read
/// once. `write_file` replaces files, so a mapping keeps what it saw; a program that truncates the file in
/// place ends this one.
class MappedFile {
 public:
  /// Throws like `read_file`.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Writes to a temporary file beside `path`, syncs it, renames it and syncs the folder: a reader sees the old
/// file or the whole new one, also after a power cut, and what this returned from stays. `secret` files have
/// mode 0600 from their first byte on, others what the umask leaves of 0666. A symbolic link is followed.
/// Error(io) if the system refuses, or if `path` is a device, a pipe or a folder.
///
/// A writer that is killed leaves its temporary, `.NAME.` and 16 hexadecimal digits, which nothing reads and
/// the next write to `path` removes.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, bool secret = false);

/// The same for an artefact: the envelope around `payload`, whose parts follow one another in the file and
/// are nowhere in memory together.
void write_artefact(const std::filesystem::path& path, ArtefactKind kind, std::uint32_t version,
                    std::span<const std::span<const std::uint8_t>> payload, bool secret = false);

/// Appends a line to a log that its owner alone may read (mode 0600 if it is made here), in one write. A log
/// is not synced. Error(io) if the system refuses.
void append_line(const std::filesystem::path& path, const std::string& line);

/// An exclusive lock between processes, and between threads, as long as it lives: a file that is made if
/// absent and stays. It ends with its process, however that ends. The constructor waits for its turn;
/// Error(io) if the file cannot be opened. Whoever removes the file while it is held lets a second holder in.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);

 private:
  FileDescriptor file_;
};

/// XXH3-64 of `bytes`, continuing from `seed`.
std::uint64_t checksum(std::span<const std::uint8_t> bytes, std::uint64_t seed = 0);

/// What the file says it is, whatever else it holds; nothing if it is no Circlet file, or of no known kind.
std::optional<ArtefactKind> kind_of_artefact(std::span<const std::uint8_t> file);

/// Wraps and unwraps the envelope. `open_artefact` throws Error(bad_input) that says which check failed: not
/// a Circlet file, another kind (named), a newer version, truncated, or a checksum that differs.
Bytes seal_artefact(ArtefactKind kind, std::uint32_t version, std::span<const std::uint8_t> payload);
std::span<const std::uint8_t> open_artefact(ArtefactKind kind, std::uint32_t version,
                                            std::span<const std::uint8_t> file, const std::string& name);

}  // namespace circlet
