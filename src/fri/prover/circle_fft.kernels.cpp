#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "fri/prover/circle_fft_kernels.hpp"
// Opens the region of wide instructions.
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "fri/prover/circle_factor.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

// (v0 + t v1, v0 - t v1)
struct Forward {
  template <class Factor>
  static void butterfly(PackedM31& v0, PackedM31& v1, const Factor& t) {
    const PackedM31 product = v1 * t;
    v1 = v0 - product;
    v0 = v0 + product;
  }
};

// (v0 + v1, (v0 - v1) / t), given 1 / t
struct Inverse {
  template <class Factor>
  static void butterfly(PackedM31& v0, PackedM31& v1, const Factor& inverse_t) {
    const PackedM31 difference = v0 - v1;
    v0 = v0 + v1;
    v1 = difference * inverse_t;
  }
};

SharedFactor shared_factor(const std::uint32_t* twiddle) { return SharedFactor::of(M31(*twiddle)); }

template <std::size_t n>
PackedFactor repeated_factor(const std::uint32_t* twiddles) {
  return PackedFactor::of({PackedU32::load_repeated<n>(twiddles)});
}

// Layers 0 to 4 of 32 values. After one deinterleave, the two vectors differ in bit 0 of the slot and their
// lanes hold bits 1 to 4; each further one moves on by a bit, and the fifth restores the order.
void ifft_five_layers(std::uint32_t* values, std::size_t i, const LayerTwiddles& t, std::uint32_t rotation) {
  PackedM31 a = PackedM31::load(values + i).rotated(rotation);
  PackedM31 b = PackedM31::load(values + i + 16).rotated(rotation);
  const auto rotate_bits = [&] {
    const auto [even, odd] = deinterleave(a, b);
    a = even;
    b = odd;
  };
  rotate_bits();
  Inverse::butterfly(a, b, circle_factor(t[1] + (i >> 2)));
  rotate_bits();
  Inverse::butterfly(a, b, repeated_factor<8>(t[1] + (i >> 2)));
  rotate_bits();
  Inverse::butterfly(a, b, repeated_factor<4>(t[2] + (i >> 3)));
  rotate_bits();
  Inverse::butterfly(a, b, repeated_factor<2>(t[3] + (i >> 4)));
  rotate_bits();
  Inverse::butterfly(a, b, shared_factor(t[4] + (i >> 5)));
  a.store(values + i);
  b.store(values + i + 16);
}

void fft_five_layers(std::uint32_t* values, std::size_t i, const LayerTwiddles& t) {
  PackedM31 a = PackedM31::load(values + i);
  PackedM31 b = PackedM31::load(values + i + 16);
  const auto rotate_bits_back = [&] {
    const auto [first, second] = interleave(a, b);
    a = first;
    b = second;
  };
  Forward::butterfly(a, b, shared_factor(t[4] + (i >> 5)));
  rotate_bits_back();
  Forward::butterfly(a, b, repeated_factor<2>(t[3] + (i >> 4)));
  rotate_bits_back();
  Forward::butterfly(a, b, repeated_factor<4>(t[2] + (i >> 3)));
  rotate_bits_back();
  Forward::butterfly(a, b, repeated_factor<8>(t[1] + (i >> 2)));
  rotate_bits_back();
  Forward::butterfly(a, b, circle_factor(t[1] + (i >> 2)));
  rotate_bits_back();
  a.store(values + i);
  b.store(values + i + 16);
}

// Layer j of 2^n values, pair by pair: i and i + 2^j with the factor of their group.
template <class Direction, std::uint32_t j, std::size_t parts, std::size_t... pair>
inline void layer(std::array<PackedM31, parts>& v, const std::array<SharedFactor, parts>& factors,
                  std::index_sequence<pair...>) {
  constexpr std::size_t half = std::size_t{1} << j;
  constexpr std::size_t first_factor = parts / 2 / half;
  (Direction::butterfly(v[pair / half * 2 * half + pair % half],
                        v[pair / half * 2 * half + pair % half + half], factors[first_factor + pair / half]),
   ...);
}

// Layers low, ..., low + n - 1 of the group at slot g on offsets [begin, end) of its 2^n parts.
template <class Direction, std::uint32_t n>
void group_layers(std::uint32_t* values, std::size_t g, std::uint32_t low, const LayerTwiddles& t,
                  std::size_t begin, std::size_t end) {
  constexpr std::size_t parts = std::size_t{1} << n;
  constexpr auto pairs = std::make_index_sequence<parts / 2>();
  const std::size_t stride = std::size_t{1} << low;
  std::array<SharedFactor, parts> factors;  // layer low + j at [2^(n-1-j), 2^(n-j))
  for (std::uint32_t j = 0; j < n; ++j) {
    const std::size_t count = std::size_t{1} << (n - 1 - j);
    for (std::size_t i = 0; i < count; ++i) {
      factors[count + i] = shared_factor(t[low + j] + (g >> (low + j + 1)) + i);
    }
  }
  for (std::size_t offset = begin; offset < end; offset += lane_count) {
    std::uint32_t* const first = values + g + offset;
    std::array<PackedM31, parts> v;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      ((v[i] = PackedM31::load(first + i * stride)), ...);
      [&]<std::size_t... j>(std::index_sequence<j...>) {
        if constexpr (std::is_same_v<Direction, Inverse>) {
          (layer<Direction, j>(v, factors, pairs), ...);
        } else {
          (layer<Direction, n - 1 - j>(v, factors, pairs), ...);
        }
      }(std::make_index_sequence<n>());
      (v[i].store(first + i * stride), ...);
    }(std::make_index_sequence<parts>());
  }
}

// Layers low, ..., low + n - 1 of all groups of a block of 2^b values.
template <class Direction, std::uint32_t n>
void block_layers(std::uint32_t* values, std::uint32_t b, std::uint32_t low, const LayerTwiddles& t) {
  const std::size_t stride = std::size_t{1} << low;
  for (std::size_t g = 0; g < std::size_t{1} << b; g += stride << n) {
    group_layers<Direction, n>(values, g, low, t, 0, stride);
  }
}

void fft_block(std::uint32_t* values, std::uint32_t b, const LayerTwiddles& t) {
  std::uint32_t top = b;  // layers below `top` are left
  for (; top >= 8; top -= 3) block_layers<Forward, 3>(values, b, top - 3, t);
  if (top == 7) block_layers<Forward, 2>(values, b, 5, t);
  if (top == 6) block_layers<Forward, 1>(values, b, 5, t);
  for (std::size_t i = 0; i < std::size_t{1} << b; i += 32) fft_five_layers(values, i, t);
}

void ifft_block(std::uint32_t* values, std::uint32_t b, const LayerTwiddles& t, std::uint32_t rotation) {
  for (std::size_t i = 0; i < std::size_t{1} << b; i += 32) ifft_five_layers(values, i, t, rotation);
  std::uint32_t low = 5;
  for (; low + 3 <= b; low += 3) block_layers<Inverse, 3>(values, b, low, t);
  if (low + 2 == b) block_layers<Inverse, 2>(values, b, low, t);
  if (low + 1 == b) block_layers<Inverse, 1>(values, b, low, t);
}

void fft_three_layers(std::uint32_t* values, std::uint32_t l, const LayerTwiddles& t, std::size_t begin,
                      std::size_t end) {
  group_layers<Forward, 3>(values, 0, l - 2, t, begin, end);
}

void ifft_three_layers(std::uint32_t* values, std::uint32_t l, const LayerTwiddles& t, std::size_t begin,
                       std::size_t end) {
  group_layers<Inverse, 3>(values, 0, l - 2, t, begin, end);
}

M31 sum_of_lanes(const PackedM31& x) {
  std::array<std::uint32_t, lane_count> lanes;
  x.store(lanes.data());
  std::uint64_t sum = 0;
  for (const std::uint32_t lane : lanes) sum += lane;
  return M31::reduce(sum);
}

// Two columns at a time share the loads of the weights. The four coordinates are unrolled by name: an index
// that is not a constant would keep the sums in memory.
template <std::size_t count>
void dot_columns(const std::uint32_t* const* columns, const std::array<const std::uint32_t*, 4>& weights,
                 std::size_t n, QM31* sums) {
  std::array<std::array<ProductSum, 4>, count> partial;
  [&]<std::size_t... j>(std::index_sequence<j...>) {
    const auto each_sum = [&](const auto& apply) {
      ((apply(partial[j][0]), apply(partial[j][1]), apply(partial[j][2]), apply(partial[j][3])), ...);
    };
    each_sum([](ProductSum& sum) { sum = ProductSum::zero(); });
    const auto add_row = [&](std::size_t i) {
      const std::array<PackedM31, count> values = {PackedM31::load(columns[j] + i)...};
      const auto add_coordinate = [&](std::size_t c) {
        const PackedM31 weight = PackedM31::load(weights[c] + i);
        (partial[j][c].add(values[j], weight), ...);
      };
      add_coordinate(0);
      add_coordinate(1);
      add_coordinate(2);
      add_coordinate(3);
    };
    std::size_t i = 0;
    for (; i + 3 * lane_count <= n; i += 3 * lane_count) {
      add_row(i);
      add_row(i + lane_count);
      add_row(i + 2 * lane_count);
      each_sum([](ProductSum& sum) { sum.fold(); });
    }
    for (; i < n; i += lane_count) add_row(i);
    ((sums[j] = {sum_of_lanes(partial[j][0].reduce()), sum_of_lanes(partial[j][1].reduce()),
                 sum_of_lanes(partial[j][2].reduce()), sum_of_lanes(partial[j][3].reduce())}),
     ...);
  }(std::make_index_sequence<count>());
}

void dot_secure(const std::uint32_t* const* columns, std::size_t column_count,
                const std::array<const std::uint32_t*, 4>& weights, std::size_t n, QM31* sums) {
  std::size_t j = 0;
  for (; j + 2 <= column_count; j += 2) dot_columns<2>(columns + j, weights, n, sums + j);
  if (j < column_count) dot_columns<1>(columns + j, weights, n, sums + j);
}

}  // namespace

const CircleFftKernels circle_fft_kernels = {fft_block, ifft_block, fft_three_layers, ifft_three_layers,
                                             dot_secure};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
