// A main for the targets without libFuzzer: runs the target named first on every file of the folders named
// behind it, and on seeded mutations of each file and of the empty input. Whatever libFuzzer found stays
// fixed, and the targets keep working without clang.
#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/artefact.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/full_run.hpp"

using namespace circlet;
using namespace circlet::fuzz;

// The functions of each target under its own name; `text` has no mutator.
extern "C" {
#define TARGET(name)                                                                             \
  int LLVMFuzzerTestOneInput_##name(const std::uint8_t* data, std::size_t size);                 \
  [[gnu::weak]] std::size_t LLVMFuzzerCustomMutator_##name(std::uint8_t* data, std::size_t size, \
                                                           std::size_t most, unsigned seed);
#include "fuzz_targets.def"
#undef TARGET
}

namespace {

struct Target {
  std::string_view name;
  decltype(&LLVMFuzzerTestOneInput) run;
  decltype(&LLVMFuzzerCustomMutator) mutate;
};

constexpr Target targets[] = {
#define TARGET(name) {#name, LLVMFuzzerTestOneInput_##name, LLVMFuzzerCustomMutator_##name},
#include "fuzz_targets.def"
#undef TARGET
};

constexpr std::size_t most_bytes = 1 << 16;
const unsigned mutations_of_nothing = testing::is_full_run() ? 2000 : 400;
constexpr unsigned mutations_of_a_file = 50;

Random& engine() {
  static Random random(1);
  return random;
}

/// For a target without a mutator of its own.
std::size_t any_mutation(std::uint8_t* data, std::size_t size, std::size_t most, unsigned) {
  return LLVMFuzzerMutate(data, size, most);
}

void run(const Target& target, const Bytes& seed, unsigned mutations) {
  target.run(seed.data(), seed.size());
  Bytes bytes = seed;
  for (unsigned i = 1; i <= mutations; ++i) {
    if (i % 8 == 0) bytes = seed;
    const std::size_t size = bytes.size();
    bytes.resize(std::max(most_bytes, size));
    const auto mutate = target.mutate != nullptr ? target.mutate : any_mutation;
    bytes.resize(mutate(bytes.data(), size, bytes.size(), i));
    target.run(bytes.data(), bytes.size());
  }
}

}  // namespace

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most) {
  Random& random = engine();
  if (size < most && (size == 0 || below(random, 4) == 0)) {
    data[size] = static_cast<std::uint8_t>(random());
    return size + 1;
  }
  if (below(random, 8) == 0) return below(random, size);
  data[below(random, size)] = static_cast<std::uint8_t>(mutate_number(data[0], random));
  return size;
}

int main(int argc, char** argv) {
  const auto target = std::ranges::find(targets, std::string_view(argc > 1 ? argv[1] : ""), &Target::name);
  if (target == std::end(targets)) {
    std::fprintf(stderr,
                 "fuzz_replay: usage: fuzz_replay TARGET FOLDER...; tests/fuzz/README.md has the targets\n");
    return 2;
  }
  std::size_t files = 0;
  run(*target, {}, mutations_of_nothing);
  for (int i = 2; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) continue;  // a target whose mutator makes its own first input
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
      std::fprintf(stderr, "%s\n", path.c_str());
      run(*target, read_file(path), mutations_of_a_file);
      ++files;
    }
  }
  std::fprintf(stderr, "%zu files with %u mutations each, and %u inputs made from nothing\n", files,
               mutations_of_a_file, mutations_of_nothing);
}
