// The compression function of Blake2s (RFC 7693) on sixteen messages at once, for kernel files.
#pragma once

#include "compute/simd/lanes.hpp"
#include "hash/blake2s_constants.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

using Words8 = std::array<PackedU32, 8>;
using Words16 = std::array<PackedU32, 16>;

template <std::size_t a, std::size_t b, std::size_t c, std::size_t d>
inline void mix(Words16& v, const PackedU32& x, const PackedU32& y) {
  v[a] = v[a] + v[b] + x;
  v[d] = (v[d] ^ v[a]).rotate_right<16>();
  v[c] = v[c] + v[d];
  v[b] = (v[b] ^ v[c]).rotate_right<12>();
  v[a] = v[a] + v[b] + y;
  v[d] = (v[d] ^ v[a]).rotate_right<8>();
  v[c] = v[c] + v[d];
  v[b] = (v[b] ^ v[c]).rotate_right<7>();
}

template <std::size_t r>
inline void round(Words16& v, const Words16& m) {
  constexpr auto& s = blake2s::sigma[r];
  mix<0, 4, 8, 12>(v, m[s[0]], m[s[1]]);
  mix<1, 5, 9, 13>(v, m[s[2]], m[s[3]]);
  mix<2, 6, 10, 14>(v, m[s[4]], m[s[5]]);
  mix<3, 7, 11, 15>(v, m[s[6]], m[s[7]]);
  mix<0, 5, 10, 15>(v, m[s[8]], m[s[9]]);
  mix<1, 6, 11, 12>(v, m[s[10]], m[s[11]]);
  mix<2, 7, 8, 13>(v, m[s[12]], m[s[13]]);
  mix<3, 4, 9, 14>(v, m[s[14]], m[s[15]]);
}

// `bytes` counts the message up to and including this block.
void compress(Words8& h, const Words16& m, std::uint64_t bytes, bool last) {
  Words16 v;
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = h[i];
    v[i + 8] = PackedU32::broadcast(blake2s::initial_vector[i]);
  }
  v[12] = PackedU32::broadcast(blake2s::initial_vector[4] ^ static_cast<std::uint32_t>(bytes));
  v[13] = PackedU32::broadcast(blake2s::initial_vector[5] ^ static_cast<std::uint32_t>(bytes >> 32));
  if (last) v[14] = PackedU32::broadcast(~blake2s::initial_vector[6]);
  [&]<std::size_t... r>(std::index_sequence<r...>) { (round<r>(v, m), ...); }(std::make_index_sequence<10>());
  for (std::size_t i = 0; i < 8; ++i) h[i] = h[i] ^ v[i] ^ v[i + 8];
}

Words8 initial_state() {
  Words8 h;
  for (std::size_t i = 0; i < 8; ++i) {
    h[i] = PackedU32::broadcast(blake2s::initial_vector[i] ^ (i == 0 ? blake2s::parameters : 0));
  }
  return h;
}

}  // namespace
}  // namespace circlet::CIRCLET_LANES
