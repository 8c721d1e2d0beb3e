// circlet-codegen: writes the files that are generated from the constraints and the operators, or checks that
// they are up to date.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "air/codegen/generate.hpp"
#include "air/codegen/operators.hpp"
#include "core/error.hpp"
#include "core/generated_files.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Writes the evaluators and the reference pages that are generated from constraints and operators");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if a committed file differs");
  CLI11_PARSE(app, argc, argv);
  try {
    auto files = circlet::generated_files();
    files["docs/graph-operators.md"] = circlet::operators_page(root);
    return circlet::write_or_check("circlet-codegen", root, files, check);
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-codegen: {}\n", error.what());
    return 2;
  }
}
