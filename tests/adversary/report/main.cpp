// circlet-coverage: writes the pages that follow from the tests, or checks that they are up to date.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "tests/adversary/report/report.hpp"

int main(int argc, char** argv) {
  CLI::App app("Writes docs/coverage.md and docs/attacks.md from what the tests do");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if a committed page differs");
  CLI11_PARSE(app, argc, argv);
  try {
    int stale = 0;
    for (const auto& [name, text] : {std::pair{"docs/coverage.md", circlet::testing::coverage_page()},
                                     std::pair{"docs/attacks.md", circlet::testing::attacks_page()}}) {
      const std::filesystem::path path = std::filesystem::path(root) / name;
      std::string committed;
      if (std::filesystem::exists(path)) {
        const auto bytes = circlet::read_file(path);
        committed.assign(bytes.begin(), bytes.end());
      }
      if (committed == text) continue;
      if (check) {
        fmt::print("{} differs from what circlet-coverage writes\n", name);
        ++stale;
        continue;
      }
      circlet::write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      fmt::print("wrote {}\n", name);
    }
    return stale == 0 ? 0 : 1;
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-coverage: {}\n", error.what());
    return 2;
  }
}
