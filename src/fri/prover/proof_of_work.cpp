#include "fri/prover/proof_of_work.hpp"

#include <atomic>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "merkle/simd/grinding_kernels.hpp"

namespace circlet {

std::uint64_t grind(const Blake2sChannel& channel, std::uint32_t bits) {
  constexpr std::uint32_t low_words = 1U << 20;
  constexpr std::uint32_t chunk = 1U << 12;
  require(bits <= 32, ErrorKind::bad_input, "proof of work: more than 32 bits");
  const Blake2sHash prefix = channel.pow_prefix(bits);
  for (std::uint64_t high = 0; high < std::uint64_t{1} << 32; ++high) {
    std::atomic<std::uint32_t> best = low_words;
    parallel_for(0, low_words / chunk, [&](std::size_t index) {
      const auto begin = static_cast<std::uint32_t>(index) * chunk;
      std::uint32_t smallest = best.load();
      if (begin >= smallest) return;
      const std::uint32_t found =
          grinding_kernels().find_nonce(prefix, static_cast<std::uint32_t>(high), begin, begin + chunk, bits);
      if (found == begin + chunk) return;
      while (found < smallest && !best.compare_exchange_weak(smallest, found)) {
      }
    });
    if (best.load() != low_words) return (high << 32) | best.load();
  }
  throw Error(ErrorKind::internal, "proof of work: no nonce of 52 bits is a solution");
}

}  // namespace circlet
