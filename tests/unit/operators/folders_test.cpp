// Operators are known by the registry alone.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/source_folder.hpp"

TEST_CASE("no_file_outside_an_operators_folder_includes_its_headers") {
  const std::filesystem::path src = circlet::testing::source_folder() / "src";
  std::size_t read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(src)) {
    const std::string path = std::filesystem::relative(entry.path(), src).generic_string();
    if (!path.ends_with(".cpp") && !path.ends_with(".hpp")) continue;
    CAPTURE(path);
    ++read;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view start = "#include \"operators/";
      if (!line.starts_with(start) || line == "#include \"operators/registry.def\"") continue;
      const std::string folder = line.substr(start.size(), line.find('/', start.size()) - start.size());
      CHECK_MESSAGE(path.starts_with("operators/" + folder + "/"), line);
    }
  }
  CHECK(read > 100);
}
