// circlet-coverage: writes the pages that follow from the tests, or checks that they are up to date.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "core/error.hpp"
#include "core/generated_files.hpp"
#include "tests/adversary/report/report.hpp"

int main(int argc, char** argv) {
  CLI::App app("Writes docs/coverage.md and docs/attacks.md from what the tests do");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if a committed page differs");
  CLI11_PARSE(app, argc, argv);
  try {
    return circlet::write_or_check("circlet-coverage", root,
                                   {{"docs/coverage.md", circlet::testing::coverage_page()},
                                    {"docs/attacks.md", circlet::testing::attacks_page()}},
                                   check);
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-coverage: {}\n", error.what());
    return 2;
  }
}
