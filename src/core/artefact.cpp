#include "core/artefact.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "core/hex.hpp"

namespace circlet {
namespace {

constexpr std::array<char, 8> magic = {'C', 'I', 'R', 'C', 'L', 'E', 'T', '\n'};
constexpr std::size_t header_size = magic.size() + 4 + 4 + 8;
constexpr std::size_t trailer_size = 8;

std::string kind_name(std::uint32_t kind) {
  switch (static_cast<ArtefactKind>(kind)) {
    case ArtefactKind::model:
      return "a model (model.circlet)";
    case ArtefactKind::structure:
      return "a public structure (model.structure)";
    case ArtefactKind::verification_key:
      return "a verification key (model.vk)";
    case ArtefactKind::proving_key:
      return "a proving key (model.pk)";
    case ArtefactKind::proof:
      return "a proof";
    case ArtefactKind::proof_budget:
      return "a proof budget (model.budget)";
    case ArtefactKind::committed_data:
      return "a commitment to data";
    case ArtefactKind::bundle_key:
      return "the verification key of a model in segments (model.vk)";
    case ArtefactKind::bundle_proof:
      return "a proof of a model in segments";
  }
  return "an unknown kind of file";
}

[[noreturn]] void fail_io(const std::string& doing, const std::filesystem::path& path) {
  throw Error(ErrorKind::io, "cannot " + doing + " '" + path.string() + "': " + std::strerror(errno));
}

/// Not blocked by a FIFO without a writer, which is then refused as no regular file.
FileDescriptor open_to_read(const std::filesystem::path& path) {
  if (path == "-") throw Error(ErrorKind::io, "cannot read '-': standard input is not read, give a file");
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

/// Of an open regular file.
std::uint64_t file_size(const FileDescriptor& file, const std::filesystem::path& path) {
  if (!file.valid()) fail_io("read", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_io("read", path);
  require(S_ISREG(status.st_mode), ErrorKind::io, [&] {
    return "'" + path.string() + "' is not a regular file" + (S_ISDIR(status.st_mode) ? " but a folder" : "");
  });
  return static_cast<std::uint64_t>(status.st_size);
}

/// Whether `path` still names the open file.
bool is_named(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// The file that a write to `path` replaces: the one behind symbolic links, and never a device, a pipe or a
/// folder.
std::filesystem::path replaceable(const std::filesystem::path& path) {
  if (path == "-") {
    throw Error(ErrorKind::io, "cannot write '-': standard output is for results, give a file");
  }
  std::error_code failure;
  const auto type = std::filesystem::status(path, failure).type();
  if (type == std::filesystem::file_type::not_found) return path;
  const bool regular = type == std::filesystem::file_type::regular;
  auto target = regular ? std::filesystem::canonical(path, failure) : path;
  require(regular && !failure, ErrorKind::io, [&] {
    return "cannot write '" + path.string() +
           "': " + (failure ? failure.message() : "it exists and is not a regular file");
  });
  return target;
}

constexpr std::size_t suffix_digits = 16;
constexpr std::size_t write_size = std::size_t{1} << 20;  // bytes that are worth a system call

std::string random_suffix(const std::filesystem::path& path) {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof(bits), 0) != sizeof(bits)) fail_io("name a temporary file for", path);
  std::string digits(suffix_digits, '0');
  for (char& digit : digits) {
    digit = hex_digits[bits % 16];
    bits /= 16;
  }
  return digits;
}

/// A file that its writer holds locked until it is renamed; removed if it was not. Its name is `prefix` and
/// 16 hexadecimal digits.
class Temporary {
 public:
  /// `path` is what the user called the file, for errors.
  Temporary(const std::filesystem::path& folder, const std::string& prefix, mode_t mode,
            const std::filesystem::path& path) {
    while (true) {
      name_ = folder / (prefix + random_suffix(path));
      file_ = FileDescriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
      if (!file_.valid() && errno == EEXIST) continue;
      if (!file_.valid()) fail_io("write", path);
      const bool locked = ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
      if (!locked && errno != EWOULDBLOCK) {
        const int cause = errno;
        ::unlink(name_.c_str());
        errno = cause;
        fail_io("lock", path);
      }
      // Until it was locked it looked abandoned: another writer may have removed it.
      if (locked && is_named(file_, name_)) return;
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { ::unlink(name_.c_str()); }  // which finds nothing after the rename
  [[nodiscard]] const FileDescriptor& file() const { return file_; }
  [[nodiscard]] const std::filesystem::path& name() const { return name_; }

 private:
  std::filesystem::path name_;
  FileDescriptor file_;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Removes what killed writers left: the temporaries that nobody holds locked. In a folder that cannot be
/// listed they stay.
void remove_abandoned(const std::filesystem::path& folder, const std::string& prefix) {
  // Not std::filesystem::directory_iterator, which ends the program when it cannot allocate.
  const std::unique_ptr<DIR, CloseFolder> listing(::opendir(folder.c_str()));
  if (listing == nullptr) return;
  while (const dirent* const entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (!name.starts_with(prefix) || name.size() != prefix.size() + suffix_digits ||
        name.find_first_not_of(hex_digits, prefix.size()) != std::string::npos) {
      continue;
    }
    const std::string path = folder / name;
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  }
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Bytes read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const FileDescriptor file = open_to_read(path);
  const std::uint64_t size = file_size(file, path);
  require(size <= limit, ErrorKind::bad_input, [&] {
    return "'" + path.string() + "' has " + std::to_string(size) + " bytes; at most " +
           std::to_string(limit) + " are read";
  });
  Bytes bytes(size);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io("read", path);
    require(count != 0, ErrorKind::io, [&] { return "'" + path.string() + "' shrank while it was read"; });
    filled += static_cast<std::size_t>(count);
  }
  return bytes;
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const FileDescriptor file = open_to_read(path);
  const std::uint64_t size = file_size(file, path);
  if (size == 0) return;  // which cannot be mapped
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (address == MAP_FAILED) fail_io("map", path);
  bytes_ = {static_cast<const std::uint8_t*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

namespace {

void write_all(const FileDescriptor& file, std::span<const std::uint8_t> bytes,
               const std::filesystem::path& path) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto count = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_io("write", path);
    written += static_cast<std::size_t>(count);
  }
}

void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::uint8_t>> parts,
                  bool secret) {
  const std::filesystem::path target = replaceable(path);
  const auto folder = folder_of(target);
  const std::string prefix = "." + target.filename().string() + ".";
  remove_abandoned(folder, prefix);
  const Temporary temporary(folder, prefix, secret ? 0600 : 0666, path);
  Bytes small_parts;  // which wait to be written together
  const auto write_small_parts = [&] {
    write_all(temporary.file(), small_parts, path);
    small_parts.clear();
  };
  for (const auto part : parts) {
    if (part.size() < write_size) {
      small_parts.insert(small_parts.end(), part.begin(), part.end());
      if (small_parts.size() >= write_size) write_small_parts();
    } else {
      write_small_parts();
      write_all(temporary.file(), part, path);
    }
  }
  write_small_parts();
  if (::fsync(temporary.file().get()) != 0) fail_io("write", path);
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::rename(temporary.name().c_str(), target.c_str()) != 0) fail_io("write", path);
  // A rename is on the disk once its folder is.
  if (::fsync(directory.get()) != 0) fail_io("sync the folder of", path);
}

/// What stands before a payload of so many bytes.
Bytes envelope_header(ArtefactKind kind, std::uint32_t version, std::uint64_t length) {
  ByteWriter writer;
  writer.write_array(std::span<const char>(magic));
  writer.write(static_cast<std::uint32_t>(kind));
  writer.write(version);
  writer.write(length);
  return writer.take();
}

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, bool secret) {
  replace_file(path, {{bytes}}, secret);
}

void write_artefact(const std::filesystem::path& path, ArtefactKind kind, std::uint32_t version,
                    std::span<const std::span<const std::uint8_t>> payload, bool secret) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  std::uint64_t length = 0;
  for (const auto part : payload) {
    length += part.size();
    XXH3_64bits_update(state.get(), part.data(), part.size());
  }
  const Bytes header = envelope_header(kind, version, length);
  ByteWriter trailer;
  trailer.write(std::uint64_t{XXH3_64bits_digest(state.get())});
  std::vector<std::span<const std::uint8_t>> parts = {header};
  parts.insert(parts.end(), payload.begin(), payload.end());
  parts.emplace_back(trailer.bytes());
  replace_file(path, parts, secret);
}

void append_line(const std::filesystem::path& path, const std::string& line) {
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  const std::string text = line + "\n";
  if (!file.valid() || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    fail_io("write", path);
  }
}

FileLock::FileLock(const std::filesystem::path& path) {
  while (true) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!file.valid()) fail_io("lock", path);
    int result = -1;
    do result = ::flock(file.get(), LOCK_EX);
    while (result != 0 && errno == EINTR);
    if (result != 0) fail_io("lock", path);
    if (is_named(file, path)) {
      file_ = std::move(file);
      return;
    }
    // Removed while this waited: whoever comes next locks another file.
  }
}

std::uint64_t checksum(std::span<const std::uint8_t> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::optional<ArtefactKind> kind_of_artefact(std::span<const std::uint8_t> file) {
  if (file.size() < header_size || std::memcmp(file.data(), magic.data(), magic.size()) != 0) return {};
  const auto kind = ByteReader(file.subspan(magic.size()), "file").read<std::uint32_t>("kind");
  if (kind < static_cast<std::uint32_t>(ArtefactKind::model) ||
      kind > static_cast<std::uint32_t>(ArtefactKind::bundle_proof)) {
    return {};
  }
  return static_cast<ArtefactKind>(kind);
}

Bytes seal_artefact(ArtefactKind kind, std::uint32_t version, std::span<const std::uint8_t> payload) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint8_t>(envelope_header(kind, version, payload.size())));
  writer.write_array(payload);
  writer.write(checksum(payload));
  return writer.take();
}

std::span<const std::uint8_t> open_artefact(ArtefactKind kind, std::uint32_t version,
                                            std::span<const std::uint8_t> file, const std::string& name) {
  require(file.size() >= header_size && std::memcmp(file.data(), magic.data(), magic.size()) == 0,
          ErrorKind::bad_input, [&] {
            return "'" + name + "' is not a Circlet file" + (file.empty() ? " but empty" : "") +
                   ", and should be " + kind_name(static_cast<std::uint32_t>(kind));
          });
  ByteReader reader(file.subspan(magic.size()), name);
  const auto found_kind = reader.read<std::uint32_t>("kind");
  require(found_kind == static_cast<std::uint32_t>(kind), ErrorKind::bad_input, [&] {
    return "'" + name + "' is " + kind_name(found_kind) + ", not " +
           kind_name(static_cast<std::uint32_t>(kind));
  });
  const auto found_version = reader.read<std::uint32_t>("version");
  require(found_version == version, ErrorKind::bad_input, [&] {
    return "'" + name + "' has format version " + std::to_string(found_version) +
           "; this program reads version " + std::to_string(version) +
           (found_version > version ? ": update circlet" : ": make the file again");
  });
  const auto length = reader.read<std::uint64_t>("length");
  const std::uint64_t present = file.size() - header_size;
  require(present >= trailer_size && length == present - trailer_size, ErrorKind::bad_input, [&] {
    return "'" + name + "' is damaged: its header announces " + std::to_string(length) + " bytes and " +
           std::to_string(present < trailer_size ? 0 : present - trailer_size) + " are there";
  });
  const auto payload = file.subspan(header_size, length);
  std::uint64_t announced = 0;
  std::memcpy(&announced, payload.data() + payload.size(), sizeof(announced));
  require(announced == checksum(payload), ErrorKind::bad_input,
          [&] { return "'" + name + "' is damaged: its checksum differs"; });
  return payload;
}

}  // namespace circlet
