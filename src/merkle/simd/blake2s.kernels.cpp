#include <array>
#include <cstdint>
#include <utility>

#include "hash/blake2s_constants.hpp"
#include "merkle/simd/blake2s_kernels.hpp"
// Opens the region of wide instructions.
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "merkle/simd/blake2s_lanes.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

// Sees n vectors as one array of 16 n words and rotates its index left by one bit: a perfect shuffle.
template <std::size_t n>
void shuffle(std::array<PackedU32, n>& v) {
  std::array<PackedU32, n> r;
  for (std::size_t i = 0; i < n / 2; ++i) {
    const auto [first, second] = interleave(v[i], v[i + n / 2]);
    r[2 * i] = first;
    r[2 * i + 1] = second;
  }
  v = r;
}

// Word w of hash i is lane i of h[w]: three shuffles swap the two parts of the index.
void store_hashes(const Words8& words, Blake2sHash* hashes) {
  Words8 h = words;
  shuffle(h);
  shuffle(h);
  shuffle(h);
  auto* out = reinterpret_cast<std::uint32_t*>(hashes);
  for (std::size_t i = 0; i < 8; ++i) h[i].store(out + 16 * i);
}

void absorb(const Blake2sRun& run, std::size_t begin, std::size_t end, std::uint32_t* states,
            Blake2sHash* hashes) {
  for (std::size_t slot = begin; slot < end; slot += lane_count) {
    Words8 h = initial_state();
    for (std::size_t w = 0; run.before.words != nullptr && w < 8; ++w) {
      h[w] = PackedU32::load_lifted(run.before.words + (w << run.before.log_size), slot,
                                    run.log_size - run.before.log_size);
    }
    std::uint64_t bytes = run.bytes_before;
    std::size_t next = 0;
    // An empty message is one block of zeros.
    do {
      const std::size_t count = run.columns.size() - next < 16 ? run.columns.size() - next : 16;
      Words16 m;
      for (std::size_t i = 0; i < 16; ++i) {
        m[i] = PackedU32::zero();
        if (i >= count) continue;
        const LiftedWords& column = run.columns[next + i];
        m[i] = PackedU32::load_lifted(column.values, slot, run.log_size - column.log_size);
      }
      next += count;
      bytes += 4 * count;
      compress(h, m, bytes, run.last && next == run.columns.size());
    } while (next < run.columns.size());
    if (run.last) {
      store_hashes(h, hashes + slot);
    } else {
      for (std::size_t w = 0; w < 8; ++w) h[w].store(states + (w << run.log_size) + slot);
    }
  }
}

void nodes(const Blake2sHash* children, Blake2sHash* parents, std::size_t count) {
  for (std::size_t i = 0; i < count; i += lane_count) {
    const auto* in = reinterpret_cast<const std::uint32_t*>(children + 2 * i);
    Words16 m;
    for (std::size_t j = 0; j < 16; ++j) m[j] = PackedU32::load(in + 16 * j);
    for (int stage = 0; stage < 4; ++stage) shuffle(m);  // a transposition
    Words8 h = initial_state();
    compress(h, m, 64, true);
    store_hashes(h, parents + i);
  }
}

}  // namespace

const Blake2sKernels blake2s_kernels = {absorb, nodes};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
