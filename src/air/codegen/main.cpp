// circlet-codegen: writes the files that are generated from the constraints, or checks that they are up to
// date.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "air/codegen/generate.hpp"
#include "core/error.hpp"
#include "core/generated_files.hpp"

int main(int argc, char** argv) {
  CLI::App app("Writes the evaluators and the reference page that are generated from the constraints");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if a committed file differs");
  CLI11_PARSE(app, argc, argv);
  try {
    return circlet::write_or_check("circlet-codegen", root, circlet::generated_files(), check);
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-codegen: {}\n", error.what());
    return 2;
  }
}
