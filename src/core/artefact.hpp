// The envelope of every Circlet file: magic, kind, format version, length, payload, XXH3-64 of the payload.
// The only place where files are read and written.
#pragma once

#include <cstdint>
#include <filesystem>
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
};

/// Whole file as bytes; Error(io) with the path when it cannot be read or exceeds `limit` bytes.
Bytes read_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 33);

/// A whole file mapped read-only, for large files of the user's own: nothing is copied, and pages are read
/// once. `write_file` replaces files, so a mapping keeps what it saw; only a program that truncates the file
/// in place could disturb it.
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

/// Writes to a temporary file beside `path`, syncs and renames: a reader sees the old file or the whole new
/// one. `secret` files get mode 0600.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, bool secret = false);

/// XXH3-64 of `bytes`, continuing from `seed`.
std::uint64_t checksum(std::span<const std::uint8_t> bytes, std::uint64_t seed = 0);

/// Wraps and unwraps the envelope. `open_artefact` throws Error(bad_input) that says which check failed: not
/// a Circlet file, another kind (named), a newer version, truncated, or a checksum that differs.
Bytes seal_artefact(ArtefactKind kind, std::uint32_t version, std::span<const std::uint8_t> payload);
std::span<const std::uint8_t> open_artefact(ArtefactKind kind, std::uint32_t version,
                                            std::span<const std::uint8_t> file, const std::string& name);

}  // namespace circlet
