// The search for a proof of work, sixteen nonces at a time. A file of its own: it computes on registers
// alone, and the tests' builds with sanitizers leave it as it is, as it is most of what they run.
#pragma once

#include <cstdint>

#include "compute/simd/dispatch.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

struct GrindingKernels {
  /// Smallest low in [begin, end), multiples of 16, for which the low `bits` bits of word 0 of
  /// H(prefix || low || high) are zero; `end` if there is none. bits is from 0 to 32.
  std::uint32_t (*find_nonce)(const Blake2sHash& prefix, std::uint32_t high, std::uint32_t begin,
                              std::uint32_t end, std::uint32_t bits);
};

namespace portable {
extern const GrindingKernels grinding_kernels;
}
namespace avx512 {
extern const GrindingKernels grinding_kernels;
}
inline const GrindingKernels& grinding_kernels() {
  return select_kernels(portable::grinding_kernels, avx512::grinding_kernels);
}

}  // namespace circlet
