// Files as users meet them: whole, damaged, replaced, absent.
#include "core/artefact.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "core/error.hpp"

using namespace circlet;

namespace {

/// A folder that is removed at the end.
struct ScratchFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("circlet-artefact-test-" + std::to_string(::getpid()));
  ScratchFolder() { std::filesystem::create_directories(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path); }
};

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
    write_file(folder.path / "file", bytes);
    const MappedFile mapped(folder.path / "file");
    CHECK(std::ranges::equal(mapped.bytes(), bytes));
    CHECK(read_file(folder.path / "file") == bytes);
  }
}

TEST_CASE("a_mapping_keeps_what_it_saw_when_the_file_is_replaced_or_removed") {
  const ScratchFolder folder;
  const Bytes before = some_bytes(50'000);
  write_file(folder.path / "file", before);
  const MappedFile mapped(folder.path / "file");
  write_file(folder.path / "file", some_bytes(10));
  CHECK(std::ranges::equal(mapped.bytes(), before));
  std::filesystem::remove(folder.path / "file");
  CHECK(std::ranges::equal(mapped.bytes(), before));
}

TEST_CASE("what_cannot_be_read_is_an_io_error") {
  const ScratchFolder folder;
  for (const auto& path : {folder.path / "absent", folder.path}) {
    CHECK(error_kind([&] { read_file(path); }) == ErrorKind::io);
    CHECK(error_kind([&] { const MappedFile mapped(path); }) == ErrorKind::io);
  }
  write_file(folder.path / "file", some_bytes(100));
  CHECK(error_kind([&] { read_file(folder.path / "file", 99); }) == ErrorKind::bad_input);
}

TEST_CASE("a_secret_file_is_readable_by_its_owner_alone") {
  const ScratchFolder folder;
  using std::filesystem::perms;
  write_file(folder.path / "secret", some_bytes(3), true);
  CHECK(std::filesystem::status(folder.path / "secret").permissions() ==
        (perms::owner_read | perms::owner_write));
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
