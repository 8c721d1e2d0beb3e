#include "core/artefact.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>

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
  }
  return "an unknown kind of file";
}

[[noreturn]] void fail_io(const std::string& doing, const std::filesystem::path& path) {
  throw Error(ErrorKind::io, "cannot " + doing + " '" + path.string() + "': " + std::strerror(errno));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// Of an open regular file.
std::uint64_t file_size(const FileDescriptor& file, const std::filesystem::path& path) {
  if (!file.valid()) fail_io("read", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_io("read", path);
  require(S_ISREG(status.st_mode), ErrorKind::io,
          [&] { return "'" + path.string() + "' is not a regular file"; });
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

Bytes read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
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
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::uint64_t size = file_size(file, path);
  if (size == 0) return;  // which cannot be mapped
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (address == MAP_FAILED) fail_io("map", path);
  bytes_ = {static_cast<const std::uint8_t*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, bool secret) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::string temporary = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) fail_io("write", path);
  const auto give_up = [&] {
    const int cause = errno;
    ::unlink(temporary.c_str());
    errno = cause;
    fail_io("write", path);
  };
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto count = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) give_up();
    written += static_cast<std::size_t>(count);
  }
  if (::fchmod(file.get(), secret ? 0600 : 0644) != 0 || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    give_up();
  }
}

std::uint64_t checksum(std::span<const std::uint8_t> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Bytes seal_artefact(ArtefactKind kind, std::uint32_t version, std::span<const std::uint8_t> payload) {
  ByteWriter writer;
  writer.write_array(std::span<const char>(magic));
  writer.write(static_cast<std::uint32_t>(kind));
  writer.write(version);
  writer.write(static_cast<std::uint64_t>(payload.size()));
  writer.write_array(payload);
  writer.write(checksum(payload));
  return writer.take();
}

std::span<const std::uint8_t> open_artefact(ArtefactKind kind, std::uint32_t version,
                                            std::span<const std::uint8_t> file, const std::string& name) {
  require(file.size() >= header_size && std::memcmp(file.data(), magic.data(), magic.size()) == 0,
          ErrorKind::bad_input, [&] { return "'" + name + "' is not a Circlet file"; });
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
