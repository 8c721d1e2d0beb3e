// Generated files: what is written, and what a check says.
#include "core/generated_files.hpp"

#include <doctest/doctest.h>

#include "core/artefact.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

TEST_CASE("generated_files_are_written_where_they_differ_and_checked_without_being_written") {
  const ScratchFolder folder;
  const auto run = [&](const std::string& text, bool check) {
    return write_or_check("this-test", folder.path(), {{"a/first", "same"}, {"second", text}}, check);
  };
  const auto second = [&] { return read_file(folder / "second"); };
  CHECK(run("old", true) == 1);
  CHECK(!std::filesystem::exists(folder / "second"));
  CHECK(run("old", false) == 0);
  CHECK(run("old", true) == 0);
  CHECK(run("new", true) == 1);
  CHECK(second() == Bytes{'o', 'l', 'd'});
  CHECK(run("new", false) == 0);
  CHECK(second() == Bytes{'n', 'e', 'w'});
}
