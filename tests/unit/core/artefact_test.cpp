// Files as users meet them: whole, damaged, replaced, absent.
#include "core/artefact.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "core/error.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using circlet::testing::ScratchFolder;

namespace {

Bytes some_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * i + 7);
  return bytes;
}

template <class F>
ErrorKind error_kind(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no error was thrown");
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a_mapped_file_has_the_bytes_that_were_written") {
  const ScratchFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    const Bytes bytes = some_bytes(size);
    write_file(folder / "file", bytes);
    const MappedFile mapped(folder / "file");
    CHECK(std::ranges::equal(mapped.bytes(), bytes));
    CHECK(read_file(folder / "file") == bytes);
  }
}

TEST_CASE("a_mapping_keeps_what_it_saw_when_the_file_is_replaced_or_removed") {
  const ScratchFolder folder;
  const Bytes before = some_bytes(50'000);
  write_file(folder / "file", before);
  const MappedFile mapped(folder / "file");
  write_file(folder / "file", some_bytes(10));
  CHECK(std::ranges::equal(mapped.bytes(), before));
  std::filesystem::remove(folder / "file");
  CHECK(std::ranges::equal(mapped.bytes(), before));
}

TEST_CASE("a_file_of_more_bytes_than_are_wanted_is_not_read") {
  const ScratchFolder folder;
  const auto path = folder / "file";
  write_file(path, some_bytes(100));
  CHECK(read_file(path, 100).size() == 100);
  CHECK(error_kind([&] { read_file(path, 99); }) == ErrorKind::bad_input);
}

TEST_CASE("what_cannot_be_read_is_an_io_error") {
  const ScratchFolder folder;
  for (const auto& path : {folder / "absent", folder.path()}) {
    CHECK(error_kind([&] { read_file(path); }) == ErrorKind::io);
    CHECK(error_kind([&] { const MappedFile mapped(path); }) == ErrorKind::io);
  }
  CHECK_THROWS_WITH_AS(
      read_file(folder / "absent"),
      ("cannot read '" + (folder / "absent").string() + "': No such file or directory").c_str(), Error);
  write_file(folder / "file", some_bytes(100));
  CHECK(error_kind([&] { read_file(folder / "file", 99); }) == ErrorKind::bad_input);
}

TEST_CASE("a_secret_file_is_readable_by_its_owner_alone_and_others_as_the_umask_says") {
  const ScratchFolder folder;
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(std::filesystem::status(folder / name).permissions());
  };
  for (const unsigned mask : {0022U, 0077U, 0002U}) {
    CAPTURE(mask);
    const auto before = ::umask(mask);
    write_file(folder / "secret", some_bytes(3), true);
    write_file(folder / "public", some_bytes(3));
    ::umask(before);
    CHECK(mode("secret") == 0600);
    CHECK(mode("public") == (0666 & ~mask));
  }
}

TEST_CASE("a_write_follows_a_link_and_replaces_nothing_but_a_regular_file") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "vault");
  write_file(folder / "vault" / "file", some_bytes(3));
  std::filesystem::create_symlink("vault/file", folder / "link");
  write_file(folder / "link", some_bytes(9));
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read_file(folder / "vault" / "file") == some_bytes(9));

  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const char* name : {"pipe", "vault", "loop"}) {
    CAPTURE(name);
    CHECK(error_kind([&] { write_file(folder / name, some_bytes(3)); }) == ErrorKind::io);
  }
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(error_kind([&] { read_file(folder / "pipe"); }) == ErrorKind::io);
  CHECK(error_kind([&] { write_file(folder / "absent" / "file", some_bytes(3)); }) == ErrorKind::io);
}

TEST_CASE("a_write_removes_what_a_killed_writer_left_and_nothing_else") {
  const ScratchFolder folder;
  const auto touch = [&](const std::string& name) { write_file(folder / name, some_bytes(1)); };
  const std::vector<std::string> abandoned = {".file.0123456789abcdef", ".file.ffffffffffffffff"};
  const std::vector<std::string> others = {".file.0123456789abcde",  ".file.0123456789abcdef0",
                                           ".file.0123456789abcdeg", ".other.0123456789abcdef",
                                           "file.0123456789abcdef",  ".file.aaaaaaaaaaaaaaaa"};
  for (const auto& name : abandoned) touch(name);
  for (const auto& name : others) touch(name);
  // Another process writes its file now.
  const FileDescriptor busy(::open((folder / others.back()).c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(::flock(busy.get(), LOCK_EX) == 0);
  touch("file");
  for (const auto& name : abandoned) CHECK_FALSE(std::filesystem::exists(folder / name));
  for (const auto& name : others) CHECK(std::filesystem::exists(folder / name));
}

TEST_CASE("writers_of_one_file_at_once_leave_one_whole_file") {
  const ScratchFolder folder;
  constexpr std::size_t writers = 4, writes = 25;
  {
    std::vector<std::jthread> running;
    for (std::size_t size = 1; size <= writers; ++size) {
      running.emplace_back([&folder, size] {
        for (std::size_t i = 0; i < writes; ++i) write_file(folder / "file", some_bytes(size * 1000));
      });
    }
  }
  const Bytes last = read_file(folder / "file");
  CHECK(last == some_bytes(last.size()));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a_log_grows_by_lines_and_is_its_owners_alone") {
  const ScratchFolder folder;
  const auto log = folder / "log";
  append_line(log, "one");
  append_line(log, "two");
  const Bytes bytes = read_file(log);
  CHECK(std::string(bytes.begin(), bytes.end()) == "one\ntwo\n");
  CHECK(std::filesystem::status(log).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(error_kind([&] { append_line(folder / "absent" / "log", "three"); }) == ErrorKind::io);
}

TEST_CASE("a_lock_lets_one_holder_in_at_a_time_also_after_its_file_was_removed") {
  const ScratchFolder folder;
  std::atomic<int> inside = 0, entered = 0;
  std::atomic<bool> shared = false;
  {
    std::vector<std::jthread> running;
    for (int thread = 0; thread < 4; ++thread) {
      running.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const FileLock lock(folder / "lock");
          shared = shared || inside.fetch_add(1) != 0;
          std::this_thread::yield();
          ++entered;
          --inside;
          // The last act of a holder: who waits for this file must not take it for the lock.
          if (i % 10 == 9) std::filesystem::remove(folder / "lock");
        }
      });
    }
  }
  CHECK(entered == 200);
  CHECK_FALSE(shared);
  CHECK(error_kind([&] { const FileLock lock(folder / "absent" / "lock"); }) == ErrorKind::io);
}

TEST_CASE("an_envelope_opens_to_its_payload_and_any_change_of_it_is_refused") {
  const Bytes payload = some_bytes(40);
  const Bytes sealed = seal_artefact(ArtefactKind::proof, 3, payload);
  CHECK(std::ranges::equal(open_artefact(ArtefactKind::proof, 3, sealed, "x"), payload));
  CHECK(error_kind([&] { open_artefact(ArtefactKind::model, 3, sealed, "x"); }) == ErrorKind::bad_input);
  CHECK(error_kind([&] { open_artefact(ArtefactKind::proof, 4, sealed, "x"); }) == ErrorKind::bad_input);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    CAPTURE(i);
    Bytes changed = sealed;
    changed[i] ^= 1;
    CHECK(error_kind([&] { open_artefact(ArtefactKind::proof, 3, changed, "x"); }) == ErrorKind::bad_input);
    const Bytes shorter(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(error_kind([&] { open_artefact(ArtefactKind::proof, 3, shorter, "x"); }) == ErrorKind::bad_input);
  }
}

TEST_CASE("an_envelope_without_room_for_its_checksum_is_refused_whatever_length_it_announces") {
  const Bytes sealed = seal_artefact(ArtefactKind::proof, 3, some_bytes(0));
  constexpr std::size_t length_at = 16, header = 24, checksum_size = 8;
  for (std::uint64_t present = 0; present < checksum_size; ++present) {
    Bytes short_of_it(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(header + present));
    // What remains of the file after a checksum, modulo 2^64.
    const std::uint64_t wrapped = present - checksum_size;
    std::memcpy(short_of_it.data() + length_at, &wrapped, sizeof(wrapped));
    CHECK(error_kind([&] { open_artefact(ArtefactKind::proof, 3, short_of_it, "x"); }) ==
          ErrorKind::bad_input);
  }
}
