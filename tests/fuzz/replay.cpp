// A main for the targets without libFuzzer: runs every file of the folders named on the command line, and
// seeded mutations of each file and of the empty input. Whatever libFuzzer found stays fixed,
// and the targets keep working without clang.
#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/artefact.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/full_run.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

constexpr std::size_t most_bytes = 1 << 16;
/// A sanitizer makes each take ten times as long.
#ifdef __SANITIZE_ADDRESS__
const unsigned mutations_of_nothing = testing::is_full_run() ? 2000 : 400;
#else
constexpr unsigned mutations_of_nothing = 2000;
#endif
constexpr unsigned mutations_of_a_file = 50;

Random& engine() {
  static Random random(1);
  return random;
}

void run(const Bytes& seed, unsigned mutations) {
  LLVMFuzzerTestOneInput(seed.data(), seed.size());
  Bytes bytes = seed;
  for (unsigned i = 1; i <= mutations; ++i) {
    if (i % 8 == 0) bytes = seed;
    const std::size_t size = bytes.size();
    bytes.resize(std::max(most_bytes, size));
    bytes.resize(LLVMFuzzerCustomMutator(bytes.data(), size, bytes.size(), i));
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
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

/// For targets without a mutator of their own.
[[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                                  unsigned) {
  return LLVMFuzzerMutate(data, size, most);
}

int main(int argc, char** argv) {
  std::size_t files = 0;
  run({}, mutations_of_nothing);
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) continue;  // a target whose mutator makes its own first input
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
      std::fprintf(stderr, "%s\n", path.c_str());
      run(read_file(path), mutations_of_a_file);
      ++files;
    }
  }
  std::fprintf(stderr, "%zu files with %u mutations each, and %u inputs made from nothing\n", files,
               mutations_of_a_file, mutations_of_nothing);
}
