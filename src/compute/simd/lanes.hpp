// Sixteen field elements at once, in two implementations with one interface: circlet::avx512 (CIRCLET_AVX512
// defined) and circlet::portable. Used only by files called *.kernels.cpp, which CMake compiles once for
// each.
//
// A kernel file is laid out so:
//     #include <all standard headers>         and "other/NAME.hpp", all that is no template over lanes: an
//                                             inline function compiled for AVX-512 could be picked by the
//                                             linker for every machine
//     #include "compute/simd/lanes.hpp"       opens the region of wide instructions
//     #include "headers that hold only templates over the lane types"
//     namespace circlet::CIRCLET_LANES { ... const Table name = {...}; }
//     #include "compute/simd/lanes_end.hpp"   closes it
//
// clang-format off
// PackedU32    16 plain words (hashing): + ^ rotate_right<n>() load store broadcast
// PackedM31    load(p) store(p)              16 words at any alignment; values are always canonical
//              broadcast(M31) zero()         + - * unary-  ==
//              gather(base, p)               lane i = base[p[i]], p -> 16 u32
//              load_lifted(column, slot, d)  the values that lifting by d levels puts at slot..slot+15
//              deinterleave(a, b)            the even and the odd lanes of the 32 values a, b
//              interleave(a, b)              and back
//              rotated(s)                    * 2^s, 0 <= s <= 30
//              blend<mask>(a, b)             lane i of b where bit i of mask is set, else of a
// PackedFactor::of(PackedM31), SharedFactor::of(M31)   prepared for many products x * factor
// PackedQM31   four PackedM31 coordinates: load(columns, i) store(columns, i) broadcast(QM31) zero()
//              + - unary-, * by PackedQM31, PackedM31, QM31 and M31
// ProductSum   sum of a_i * b_i with one reduction: at most 4 add(a, b), then fold() before every 3 more;
//              b may be an M31
// clang-format on
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/fields/qm31.hpp"

#ifdef CIRCLET_AVX512
#include <immintrin.h>
#define CIRCLET_LANES avx512
#else
#define CIRCLET_LANES portable
#endif

#ifdef CIRCLET_AVX512
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))), \
                                 apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")
#pragma GCC diagnostic push
// GCC 12 takes the deliberately undefined pass-through operand of its own intrinsics for a bug (GCC 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#endif

namespace circlet::CIRCLET_LANES {

inline constexpr std::size_t lane_count = 16;

// Operators are free functions: GCC 12 does not apply the target pragma to friends defined in a class.
//
// They are always inlined, which the compiler refuses in a function without these instructions: a template
// that computes with lanes and was read before this header does not compile. GCC 12 would give it misaligned
// lanes on its stack.
#ifdef CIRCLET_AVX512

struct PackedU32 {
  __m512i v;

  static PackedU32 load(const std::uint32_t* p) { return {_mm512_loadu_si512(p)}; }
  void store(std::uint32_t* p) const { _mm512_storeu_si512(p, v); }
  static PackedU32 broadcast(std::uint32_t x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
  static PackedU32 zero() { return {_mm512_setzero_si512()}; }
  static PackedU32 gather(const std::uint32_t* base, const std::uint32_t* indices) {
    return {_mm512_i32gather_epi32(_mm512_loadu_si512(indices), base, 4)};
  }
  /// Repeats the n = 1, 2, 4 or 8 words at p.
  template <std::size_t n>
  static PackedU32 load_repeated(const std::uint32_t* p) {
    if constexpr (n == 1) {
      return broadcast(*p);
    } else if constexpr (n == 2) {
      return {_mm512_broadcastq_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
    } else if constexpr (n == 4) {
      return {_mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
    } else {
      static_assert(n == 8);
      return {_mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
    }
  }
  /// Lane i = this[indices[i]] for a table of 16 constants below 16.
  [[nodiscard]] PackedU32 permuted(const std::array<std::uint32_t, 16>& indices) const {
    return {_mm512_permutexvar_epi32(_mm512_loadu_si512(indices.data()), v)};
  }
  static PackedU32 load_lifted(const std::uint32_t* column, std::size_t slot, std::uint32_t d) {
    if (d == 0) return load(column + slot);
    static constexpr std::array<std::array<std::uint32_t, 16>, 3> patterns = {
        {{0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7},
         {0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3},
         {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}};
    const std::uint32_t shape = d < 3 ? d : 3;
    const auto present = static_cast<__mmask16>((1U << (16U >> shape)) - 1);
    const __m512i values = _mm512_maskz_loadu_epi32(present, column + ((slot >> (d + 1)) << 1));
    return PackedU32{values}.permuted(patterns[shape - 1]);
  }
  template <int n>
  [[nodiscard]] PackedU32 rotate_right() const {
    return {_mm512_ror_epi32(v, n)};
  }
  /// Bit i tells whether lane i AND mask is zero.
  [[nodiscard]] std::uint32_t lanes_without(std::uint32_t mask) const {
    return _mm512_testn_epi32_mask(v, _mm512_set1_epi32(static_cast<int>(mask)));
  }
};

[[gnu::always_inline]] inline PackedU32 operator+(const PackedU32& a, const PackedU32& b) {
  return {_mm512_add_epi32(a.v, b.v)};
}
[[gnu::always_inline]] inline PackedU32 operator^(const PackedU32& a, const PackedU32& b) {
  return {_mm512_xor_si512(a.v, b.v)};
}
[[gnu::always_inline]] inline bool operator==(const PackedU32& a, const PackedU32& b) {
  return _mm512_cmpneq_epi32_mask(a.v, b.v) == 0;
}

inline std::pair<PackedU32, PackedU32> deinterleave(const PackedU32& a, const PackedU32& b) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return {{_mm512_permutex2var_epi32(a.v, even, b.v)}, {_mm512_permutex2var_epi32(a.v, odd, b.v)}};
}
inline std::pair<PackedU32, PackedU32> interleave(const PackedU32& a, const PackedU32& b) {
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return {{_mm512_permutex2var_epi32(a.v, low, b.v)}, {_mm512_permutex2var_epi32(a.v, high, b.v)}};
}

#else

struct PackedU32 {
  alignas(64) std::array<std::uint32_t, 16> v;

  template <class F>
  static PackedU32 make(F&& lane) {
    PackedU32 r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = lane(i);
    return r;
  }
  static PackedU32 load(const std::uint32_t* p) {
    return make([&](std::size_t i) { return p[i]; });
  }
  void store(std::uint32_t* p) const {
    for (std::size_t i = 0; i < 16; ++i) p[i] = v[i];
  }
  static PackedU32 broadcast(std::uint32_t x) {
    return make([&](std::size_t) { return x; });
  }
  static PackedU32 zero() { return broadcast(0); }
  static PackedU32 gather(const std::uint32_t* base, const std::uint32_t* indices) {
    return make([&](std::size_t i) { return base[indices[i]]; });
  }
  template <std::size_t n>
  static PackedU32 load_repeated(const std::uint32_t* p) {
    return make([&](std::size_t i) { return p[i % n]; });
  }
  [[nodiscard]] PackedU32 permuted(const std::array<std::uint32_t, 16>& indices) const {
    return make([&](std::size_t i) { return v[indices[i]]; });
  }
  static PackedU32 load_lifted(const std::uint32_t* column, std::size_t slot, std::uint32_t d) {
    if (d == 0) return load(column + slot);
    return make([&](std::size_t i) { return column[(((slot + i) >> (d + 1)) << 1) + (i & 1)]; });
  }
  template <int n>
  [[nodiscard]] PackedU32 rotate_right() const {
    return make([&](std::size_t i) { return (v[i] >> n) | (v[i] << (32 - n)); });
  }
  [[nodiscard]] std::uint32_t lanes_without(std::uint32_t mask) const {
    std::uint32_t lanes = 0;
    for (std::size_t i = 0; i < 16; ++i) lanes |= static_cast<std::uint32_t>((v[i] & mask) == 0) << i;
    return lanes;
  }
};

[[gnu::always_inline]] inline PackedU32 operator+(const PackedU32& a, const PackedU32& b) {
  return PackedU32::make([&](std::size_t i) { return a.v[i] + b.v[i]; });
}
[[gnu::always_inline]] inline PackedU32 operator^(const PackedU32& a, const PackedU32& b) {
  return PackedU32::make([&](std::size_t i) { return a.v[i] ^ b.v[i]; });
}
[[gnu::always_inline]] inline bool operator==(const PackedU32& a, const PackedU32& b) { return a.v == b.v; }

inline std::pair<PackedU32, PackedU32> deinterleave(const PackedU32& a, const PackedU32& b) {
  const auto at = [&](std::size_t i) { return i < 16 ? a.v[i] : b.v[i - 16]; };
  return {PackedU32::make([&](std::size_t i) { return at(2 * i); }),
          PackedU32::make([&](std::size_t i) { return at(2 * i + 1); })};
}
inline std::pair<PackedU32, PackedU32> interleave(const PackedU32& a, const PackedU32& b) {
  const auto at = [&](std::size_t i) { return i % 2 == 0 ? a.v[i / 2] : b.v[i / 2]; };
  return {PackedU32::make(at), PackedU32::make([&](std::size_t i) { return at(16 + i); })};
}

#endif

struct PackedM31 {
  PackedU32 u;

  static PackedM31 load(const std::uint32_t* p) { return {PackedU32::load(p)}; }
  void store(std::uint32_t* p) const { u.store(p); }
  static PackedM31 broadcast(M31 x) { return {PackedU32::broadcast(x.value())}; }
  static PackedM31 zero() { return {PackedU32::zero()}; }
  static PackedM31 gather(const std::uint32_t* base, const std::uint32_t* indices) {
    return {PackedU32::gather(base, indices)};
  }
  static PackedM31 load_lifted(const std::uint32_t* column, std::size_t slot, std::uint32_t d) {
    return {PackedU32::load_lifted(column, slot, d)};
  }

#ifdef CIRCLET_AVX512
  static __m512i p() { return _mm512_set1_epi32(static_cast<int>(M31::modulus)); }
  static __m512i odd_lanes(__m512i x) {
    return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(x)));
  }
  // The smaller of s and s - p, as unsigned words: the canonical value of any s < 2p.
  static PackedM31 canonical(__m512i s) { return {{_mm512_min_epu32(s, _mm512_sub_epi32(s, p()))}}; }
  // 2ab as 64 bits: the high word is ab >> 31, the low word twice (ab mod 2^31); their sum is ab mod p.
  static PackedM31 from_double_products(__m512i even, __m512i odd) {
    const __m512i high = _mm512_castps_si512(
        _mm512_mask_movehdup_ps(_mm512_castsi512_ps(odd), 0x5555, _mm512_castsi512_ps(even)));
    const __m512i low = _mm512_castps_si512(
        _mm512_mask_moveldup_ps(_mm512_castsi512_ps(even), 0xAAAA, _mm512_castsi512_ps(odd)));
    return canonical(_mm512_add_epi32(high, _mm512_srli_epi32(low, 1)));
  }
#else
  template <class F>
  static PackedM31 make(F&& lane) {
    return {PackedU32::make([&](std::size_t i) { return lane(i).value(); })};
  }
#endif
  /// this * 2^s: multiplication by 2 rotates the 31 bits. 0 <= s <= 30.
  [[nodiscard]] PackedM31 rotated(std::uint32_t s) const;
  [[nodiscard]] PackedM31 square() const;
  [[nodiscard]] PackedM31 doubled() const;
  /// this^(p-2), p - 2 = 4 (2^29 - 1) + 1; the inverse of zero is zero.
  [[nodiscard]] PackedM31 inverse() const;
};

[[gnu::always_inline]] inline bool operator==(const PackedM31& a, const PackedM31& b) { return a.u == b.u; }
#ifdef CIRCLET_AVX512
[[gnu::always_inline]] inline PackedM31 operator+(const PackedM31& a, const PackedM31& b) {
  return PackedM31::canonical(_mm512_add_epi32(a.u.v, b.u.v));
}
[[gnu::always_inline]] inline PackedM31 operator-(const PackedM31& a, const PackedM31& b) {
  const __m512i difference = _mm512_sub_epi32(a.u.v, b.u.v);
  return {{_mm512_min_epu32(difference, _mm512_add_epi32(difference, PackedM31::p()))}};
}
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const PackedM31& b) {
  const __m512i twice = _mm512_add_epi32(b.u.v, b.u.v);
  return PackedM31::from_double_products(
      _mm512_mul_epu32(a.u.v, twice),
      _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), PackedM31::odd_lanes(twice)));
}
#else
[[gnu::always_inline]] inline PackedM31 operator+(const PackedM31& a, const PackedM31& b) {
  return PackedM31::make([&](std::size_t i) { return M31(a.u.v[i]) + M31(b.u.v[i]); });
}
[[gnu::always_inline]] inline PackedM31 operator-(const PackedM31& a, const PackedM31& b) {
  return PackedM31::make([&](std::size_t i) { return M31(a.u.v[i]) - M31(b.u.v[i]); });
}
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const PackedM31& b) {
  return PackedM31::make([&](std::size_t i) {
    const std::uint64_t product = std::uint64_t{a.u.v[i]} * b.u.v[i];
    const auto sum =
        static_cast<std::uint32_t>(product >> 31) + (static_cast<std::uint32_t>(product) & M31::modulus);
    return M31(sum >= M31::modulus ? sum - M31::modulus : sum);
  });
}
#endif
[[gnu::always_inline]] inline PackedM31 operator-(const PackedM31& a) { return PackedM31::zero() - a; }
[[gnu::always_inline]] inline PackedM31& operator+=(PackedM31& a, const PackedM31& b) { return a = a + b; }
[[gnu::always_inline]] inline PackedM31& operator-=(PackedM31& a, const PackedM31& b) { return a = a - b; }
[[gnu::always_inline]] inline PackedM31& operator*=(PackedM31& a, const PackedM31& b) { return a = a * b; }
#ifdef CIRCLET_AVX512
inline PackedM31 PackedM31::rotated(std::uint32_t s) const {
  const __m512i left = _mm512_sll_epi32(u.v, _mm_cvtsi32_si128(static_cast<int>(s)));
  const __m512i right = _mm512_srl_epi32(u.v, _mm_cvtsi32_si128(static_cast<int>(31 - s)));
  return {{_mm512_and_si512(_mm512_or_si512(left, right), p())}};
}
template <std::uint32_t mask>
inline PackedM31 blend(const PackedM31& a, const PackedM31& b) {
  return {{_mm512_mask_blend_epi32(mask, a.u.v, b.u.v)}};
}
#else
inline PackedM31 PackedM31::rotated(std::uint32_t s) const {
  return {
      PackedU32::make([&](std::size_t i) { return ((u.v[i] << s) | (u.v[i] >> (31 - s))) & M31::modulus; })};
}
template <std::uint32_t mask>
inline PackedM31 blend(const PackedM31& a, const PackedM31& b) {
  return {PackedU32::make([&](std::size_t i) { return (mask >> i) % 2 == 1 ? b.u.v[i] : a.u.v[i]; })};
}
#endif
inline PackedM31 PackedM31::square() const { return *this * *this; }
inline PackedM31 PackedM31::doubled() const { return *this + *this; }
inline PackedM31 PackedM31::inverse() const {
  const auto squared = [](const PackedM31& base, int times) {
    PackedM31 x = base;
    while (times-- > 0) x = x.square();
    return x;
  };
  const PackedM31 ones2 = squared(*this, 1) * *this;  // ones_n = this^(2^n - 1)
  const PackedM31 ones4 = squared(ones2, 2) * ones2;
  const PackedM31 ones8 = squared(ones4, 4) * ones4;
  const PackedM31 ones16 = squared(ones8, 8) * ones8;
  const PackedM31 ones24 = squared(ones16, 8) * ones8;
  const PackedM31 ones28 = squared(ones24, 4) * ones4;
  const PackedM31 ones29 = squared(ones28, 1) * *this;
  return squared(ones29, 2) * *this;
}

inline std::pair<PackedM31, PackedM31> deinterleave(const PackedM31& a, const PackedM31& b) {
  const auto r = deinterleave(a.u, b.u);
  return {{r.first}, {r.second}};
}
inline std::pair<PackedM31, PackedM31> interleave(const PackedM31& a, const PackedM31& b) {
  const auto r = interleave(a.u, b.u);
  return {{r.first}, {r.second}};
}

/// Factors of many products, prepared once: sixteen, or one that all lanes share.
#ifdef CIRCLET_AVX512
struct PackedFactor {
  __m512i twice, twice_odd;

  static PackedFactor of(const PackedM31& x) {
    const __m512i twice = _mm512_add_epi32(x.u.v, x.u.v);
    return {twice, PackedM31::odd_lanes(twice)};
  }
};
struct SharedFactor {
  __m512i twice;

  static SharedFactor of(M31 x) { return {_mm512_set1_epi32(static_cast<int>(2 * x.value()))}; }
};
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const PackedFactor& b) {
  return PackedM31::from_double_products(_mm512_mul_epu32(a.u.v, b.twice),
                                         _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), b.twice_odd));
}
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const SharedFactor& b) {
  return PackedM31::from_double_products(_mm512_mul_epu32(a.u.v, b.twice),
                                         _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), b.twice));
}
#else
struct PackedFactor {
  PackedM31 value;
  static PackedFactor of(const PackedM31& x) { return {x}; }
};
struct SharedFactor {
  PackedM31 value;
  static SharedFactor of(M31 x) { return {PackedM31::broadcast(x)}; }
};
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const PackedFactor& b) {
  return a * b.value;
}
[[gnu::always_inline]] inline PackedM31 operator*(const PackedM31& a, const SharedFactor& b) {
  return a * b.value;
}
#endif

/// Sixteen sums of products as 64-bit integers. Four products (each below 2^62) fit; fold() makes room for
/// three more.
struct ProductSum {
#ifdef CIRCLET_AVX512
  __m512i even, odd;

  static ProductSum zero() { return {_mm512_setzero_si512(), _mm512_setzero_si512()}; }
  void add(PackedM31 a, PackedM31 b) {
    even = _mm512_add_epi64(even, _mm512_mul_epu32(a.u.v, b.u.v));
    odd = _mm512_add_epi64(odd, _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), PackedM31::odd_lanes(b.u.v)));
  }
  /// The same for a factor that all lanes share.
  void add(const PackedM31& a, M31 b) {
    const __m512i factor = _mm512_set1_epi32(static_cast<int>(b.value()));  // only even words are read
    even = _mm512_add_epi64(even, _mm512_mul_epu32(a.u.v, factor));
    odd = _mm512_add_epi64(odd, _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), factor));
  }
  static __m512i folded(__m512i x) {
    return _mm512_add_epi64(_mm512_srli_epi64(x, 31), _mm512_and_si512(x, _mm512_set1_epi64(M31::modulus)));
  }
  void fold() {
    even = folded(even);
    odd = folded(odd);
  }
  [[nodiscard]] PackedM31 reduce() const {
    // Two folds bring a sum below 2^31 + 8; one conditional subtraction is left.
    const __m512i e = folded(folded(even));
    const __m512i o = folded(folded(odd));
    return PackedM31::canonical(_mm512_mask_blend_epi32(0xAAAA, e, _mm512_slli_epi64(o, 32)));
  }
#else
  std::array<std::uint64_t, 16> sums;

  static ProductSum zero() { return {}; }
  void add(const PackedM31& a, const PackedM31& b) {
    for (std::size_t i = 0; i < 16; ++i) sums[i] += std::uint64_t{a.u.v[i]} * b.u.v[i];
  }
  void add(const PackedM31& a, M31 b) {
    for (std::size_t i = 0; i < 16; ++i) sums[i] += std::uint64_t{a.u.v[i]} * b.value();
  }
  static std::uint64_t folded(std::uint64_t x) { return (x >> 31) + (x & M31::modulus); }
  void fold() {
    for (auto& sum : sums) sum = folded(sum);
  }
  [[nodiscard]] PackedM31 reduce() const {
    return PackedM31::make([&](std::size_t i) { return M31::reduce(sums[i]); });
  }
#endif
};

struct PackedQM31 {
  PackedM31 a, b, c, d;  // (a + bi) + (c + di)u

  static PackedQM31 load(const std::array<const std::uint32_t*, 4>& columns, std::size_t i) {
    return {PackedM31::load(columns[0] + i), PackedM31::load(columns[1] + i), PackedM31::load(columns[2] + i),
            PackedM31::load(columns[3] + i)};
  }
  static PackedQM31 load(const std::array<std::uint32_t*, 4>& columns, std::size_t i) {
    return load(std::array<const std::uint32_t*, 4>{columns[0], columns[1], columns[2], columns[3]}, i);
  }
  void store(const std::array<std::uint32_t*, 4>& columns, std::size_t i) const {
    a.store(columns[0] + i);
    b.store(columns[1] + i);
    c.store(columns[2] + i);
    d.store(columns[3] + i);
  }
  static PackedQM31 broadcast(const QM31& x) {
    return {PackedM31::broadcast(x.first.real), PackedM31::broadcast(x.first.imag),
            PackedM31::broadcast(x.second.real), PackedM31::broadcast(x.second.imag)};
  }
  static PackedQM31 zero() {
    return {PackedM31::zero(), PackedM31::zero(), PackedM31::zero(), PackedM31::zero()};
  }
};

[[gnu::always_inline]] inline PackedQM31 operator+(const PackedQM31& x, const PackedQM31& y) {
  return {x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d};
}
[[gnu::always_inline]] inline PackedQM31 operator-(const PackedQM31& x, const PackedQM31& y) {
  return {x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d};
}
[[gnu::always_inline]] inline PackedQM31 operator+(const PackedQM31& x, const PackedM31& y) {
  return {x.a + y, x.b, x.c, x.d};
}
[[gnu::always_inline]] inline PackedQM31 operator-(const PackedQM31& x, const PackedM31& y) {
  return {x.a - y, x.b, x.c, x.d};
}
// (A + Bu)(C + Du) = AC + B (2 + i)D + (AD + BC)u, with (2 + i)(c + di) = (2c - d) + (c + 2d)i: each
// coordinate is a sum of four products, reduced once.
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedQM31& x, const PackedQM31& y) {
  const PackedM31 minus_b = -x.b;
  const PackedM31 minus_d = -x.d;
  const PackedM31 real = y.c.doubled() - y.d;
  const PackedM31 imag = y.d.doubled() + y.c;
  const auto sum = [&](const PackedM31& x_b, const PackedM31& x_d, const PackedM31& p, const PackedM31& q,
                       const PackedM31& r, const PackedM31& s) {
    ProductSum products = ProductSum::zero();
    products.add(x.a, p);
    products.add(x_b, q);
    products.add(x.c, r);
    products.add(x_d, s);
    return products.reduce();
  };
  return {sum(minus_b, minus_d, y.a, y.b, real, imag), sum(x.b, x.d, y.b, y.a, imag, real),
          sum(minus_b, minus_d, y.c, y.d, y.a, y.b), sum(x.b, x.d, y.d, y.c, y.b, y.a)};
}
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedQM31& x, const PackedM31& y) {
  return {x.a * y, x.b * y, x.c * y, x.d * y};
}
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedM31& x, const PackedQM31& y) { return y * x; }
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedQM31& x, const QM31& y) {
  return x * PackedQM31::broadcast(y);
}
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedQM31& x, M31 y) {
  return x * PackedM31::broadcast(y);
}
[[gnu::always_inline]] inline PackedQM31 operator*(const PackedM31& x, const QM31& y) {
  return PackedQM31::broadcast(y) * x;
}
[[gnu::always_inline]] inline bool operator==(const PackedQM31& x, const PackedQM31& y) {
  return x.a == y.a && x.b == y.b && x.c == y.c && x.d == y.d;
}
[[gnu::always_inline]] inline PackedQM31 operator-(const PackedQM31& x) { return {-x.a, -x.b, -x.c, -x.d}; }
[[gnu::always_inline]] inline PackedQM31& operator+=(PackedQM31& x, const PackedQM31& y) { return x = x + y; }
[[gnu::always_inline]] inline PackedQM31& operator-=(PackedQM31& x, const PackedQM31& y) { return x = x - y; }

}  // namespace circlet::CIRCLET_LANES
