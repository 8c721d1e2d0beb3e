// What is free, and what rebuilding takes.
#include "cli/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "core/error.hpp"
#include "stark/prover/setup.hpp"

namespace circlet::cli {
namespace {

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

std::uint64_t available_on_machine(const std::filesystem::path& proc) {
  std::ifstream file(proc / "meminfo");
  std::string name;
  for (std::uint64_t kilobytes = 0; file >> name >> kilobytes; file.ignore(100, '\n')) {
    if (name == "MemAvailable:") return kilobytes << 10;
  }
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

}  // namespace

std::uint64_t available_memory(const std::filesystem::path& proc, const std::filesystem::path& group) {
  const std::uint64_t machine = available_on_machine(proc);
  // "max" is no number: no limit.
  const auto most = number_in(group / "memory.max"), current = number_in(group / "memory.current");
  return most && current ? std::min(machine, *most - std::min(*most, *current)) : machine;
}

void require_memory_to_rebuild(const std::filesystem::path& folder, const VerificationKey& key,
                               std::uint64_t available) {
  const ModelFolder files{folder};
  std::uint64_t bytes = rebuilding_bytes(key, Tree::structure);
  if (std::error_code none; key.weights_public && std::filesystem::is_regular_file(files.model(), none)) {
    // The file, and the weights read from it.
    bytes += rebuilding_bytes(key, Tree::weights) + 2 * std::filesystem::file_size(files.model());
  }
  require(bytes <= available, ErrorKind::unsupported, [&] {
    return fmt::format(
        "rebuilding what {} commits to takes about {} MB of memory, and {} MB are free: do it where there is "
        "more, or leave out --rebuild",
        files.verification_key().string(), bytes >> 20, available >> 20);
  });
}

}  // namespace circlet::cli
