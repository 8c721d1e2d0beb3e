// circlet-codegen: writes the files that are generated from the constraints, or checks that they are up to
// date.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "air/codegen/generate.hpp"
#include "core/artefact.hpp"
#include "core/error.hpp"

namespace {

std::string committed_text(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  const auto bytes = circlet::read_file(path);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes the evaluators and the reference page that are generated from the constraints");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if a committed file differs");
  CLI11_PARSE(app, argc, argv);
  try {
    int stale = 0;
    for (const auto& [name, text] : circlet::generated_files()) {
      const std::filesystem::path path = std::filesystem::path(root) / name;
      if (committed_text(path) == text) continue;
      if (check) {
        fmt::print("{} differs from what circlet-codegen writes\n", name);
        ++stale;
        continue;
      }
      std::filesystem::create_directories(path.parent_path());
      circlet::write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      fmt::print("wrote {}\n", name);
    }
    return stale == 0 ? 0 : 1;
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-codegen: {}\n", error.what());
    return 2;
  }
}
