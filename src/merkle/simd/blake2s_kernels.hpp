// Blake2s over sixteen messages at once: Merkle leaves and Merkle nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "compute/simd/dispatch.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

/// 2^log_size words that are read lifted (docs/stark.md, "Polynomials") to a larger domain.
struct LiftedWords {
  const std::uint32_t* values = nullptr;
  std::uint32_t log_size = 0;
};

/// Hash states of 2^log_size messages: word w of message i at words[w << log_size | i]. No words: the initial
/// states.
struct Blake2sStates {
  const std::uint32_t* words = nullptr;
  std::uint32_t log_size = 0;
};

/// One run of columns of which the last is the largest: absorbed by 2^log_size messages, lifted.
struct Blake2sRun {
  Blake2sStates before;
  std::span<const LiftedWords> columns;  // 16 a block; a shorter last block only if `last`
  std::uint32_t log_size = 0;            // 4 or more
  std::uint64_t bytes_before = 0;
  bool last = false;  // whether the messages end here
};

struct Blake2sKernels {
  /// Absorbs the run for the messages [begin, end), multiples of 16. States that go on are written to
  /// `states` (laid out as Blake2sStates), those of a last run to `hashes`.
  void (*absorb)(const Blake2sRun& run, std::size_t begin, std::size_t end, std::uint32_t* states,
                 Blake2sHash* hashes);
  /// parents[i] = H(children[2i] || children[2i+1]) for i < count, a multiple of 16.
  void (*nodes)(const Blake2sHash* children, Blake2sHash* parents, std::size_t count);
};

namespace portable {
extern const Blake2sKernels blake2s_kernels;
}
namespace avx512 {
extern const Blake2sKernels blake2s_kernels;
}
inline const Blake2sKernels& blake2s_kernels() {
  return select_kernels(portable::blake2s_kernels, avx512::blake2s_kernels);
}

}  // namespace circlet
