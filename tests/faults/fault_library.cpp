// A library to preload: it records the system calls of a program on files of one folder, in order, and makes
// one of them go wrong.
//   CIRCLET_FAULT_FOLDER   absolute, without symbolic links; calls on other files pass unseen
//   CIRCLET_FAULT_TRACE    file that gets a line "NUMBER ALLOCATIONS CALL PATH [FLAGS MODE]" before each
//   call, with
//                          the number of allocations until then
//   CIRCLET_FAULT          kill, crash: the signal, before the call; half: a write of half the bytes;
//                          a number: the call fails with this errno; memory: an allocation fails;
//                          no birth: no folder has a birth time, as on some file systems
//   CIRCLET_FAULT_AT       the number of the call, or of the allocation, from 1
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Plan {
  const char* folder = setting("CIRCLET_FAULT_FOLDER");
  const char* trace = setting("CIRCLET_FAULT_TRACE");
  const char* fault = setting("CIRCLET_FAULT");
  long at = std::strtol(setting("CIRCLET_FAULT_AT"), nullptr, 10);
  bool memory = std::strcmp(fault, "memory") == 0;
};

const Plan& plan() {
  static const Plan plan;
  return plan;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::atomic<long> allocations = 0;

/// What is to become of a call.
enum class Fate { pass, fail, half };

/// Records a call on the file `path`, and says what becomes of it; errno is set for Fate::fail.
Fate fate_of(const char* call, const char* path, const char* details = "") {
  static std::atomic<long> calls = 0;
  const Plan& p = plan();
  if (*p.folder == 0 || std::strncmp(path, p.folder, std::strlen(p.folder)) != 0) return Fate::pass;
  const long number = ++calls;
  if (*p.trace != 0) {
    char line[4352];
    const int length = std::snprintf(line, sizeof(line), "%ld %ld %s %s%s\n", number, allocations.load(),
                                     call, path, details);
    const long file = ::syscall(SYS_openat, AT_FDCWD, p.trace, O_WRONLY | O_APPEND | O_CREAT, 0644);
    ::syscall(SYS_write, file, line, length);
    ::syscall(SYS_close, file);
  }
  if (number != p.at || p.memory) return Fate::pass;
  if (std::strcmp(p.fault, "kill") == 0) ::raise(SIGKILL);
  if (std::strcmp(p.fault, "crash") == 0) ::raise(SIGSEGV);
  if (std::strcmp(p.fault, "half") == 0) return Fate::half;
  errno = static_cast<int>(std::strtol(p.fault, nullptr, 10));
  return Fate::fail;
}

/// As above, by the descriptor of an open file.
Fate fate_of(const char* call, int file) {
  const int before = errno;
  char link[64], path[4096];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = ::readlink(link, path, sizeof(path) - 1);
  errno = before;
  path[length < 0 ? 0 : length] = 0;
  return fate_of(call, path);
}

int open_file(const char* name, const char* path, int flags, mode_t mode) {
  char details[64];
  std::snprintf(details, sizeof(details), " %o %o", static_cast<unsigned>(flags),
                static_cast<unsigned>(mode));
  if (fate_of("open", path, details) == Fate::fail) return -1;
  return next<int (*)(const char*, int, mode_t)>(name)(path, flags, mode);
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

void* allocate(std::size_t size, std::size_t alignment) {
  const Plan& p = plan();
  if (++allocations == p.at && p.memory) throw std::bad_alloc();
  void* const memory = alignment == 0
                           ? std::malloc(size == 0 ? 1 : size)
                           : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file("open64", path, flags, mode);
}

ssize_t read(int file, void* buffer, size_t size) {
  if (fate_of("read", file) == Fate::fail) return -1;
  return next<ssize_t (*)(int, void*, size_t)>("read")(file, buffer, size);
}

ssize_t write(int file, const void* buffer, size_t size) {
  const Fate fate = fate_of("write", file);
  if (fate == Fate::fail) return -1;
  return next<ssize_t (*)(int, const void*, size_t)>("write")(file, buffer,
                                                              fate == Fate::half ? (size + 1) / 2 : size);
}

int fsync(int file) {
  if (fate_of("fsync", file) == Fate::fail) return -1;
  return next<int (*)(int)>("fsync")(file);
}

int flock(int file, int operation) noexcept {
  if (fate_of("flock", file) == Fate::fail) return -1;
  return next<int (*)(int, int)>("flock")(file, operation);
}

void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if (file >= 0 && fate_of("mmap", file) == Fate::fail) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, file, offset));
}

int statx(int folder, const char* path, int flags, unsigned mask, struct statx* status) noexcept {
  const int result = next<int (*)(int, const char*, int, unsigned, struct statx*)>("statx")(
      folder, path, flags, mask, status);
  if (result == 0 && std::strcmp(plan().fault, "no birth") == 0) status->stx_mask &= ~STATX_BTIME;
  return result;
}

int rename(const char* from, const char* to) noexcept {
  if (fate_of("rename", to) == Fate::fail) return -1;
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) noexcept {
  if (fate_of("unlink", path) == Fate::fail) return -1;
  return next<int (*)(const char*)>("unlink")(path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (fate_of("mkdir", path) == Fate::fail) return -1;
  return next<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}

int chmod(const char* path, mode_t mode) noexcept {
  if (fate_of("chmod", path) == Fate::fail) return -1;
  return next<int (*)(const char*, mode_t)>("chmod")(path, mode);
}

int fchmod(int file, mode_t mode) noexcept {
  if (fate_of("fchmod", file) == Fate::fail) return -1;
  return next<int (*)(int, mode_t)>("fchmod")(file, mode);
}

}  // extern "C"
