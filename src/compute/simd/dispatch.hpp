// Which implementation of the kernels runs: chosen once from the processor, or by
// CIRCLET_SIMD=portable|avx512.
//
// A kernel file (*.kernels.cpp) defines one constant table of function pointers per lane namespace,
// circlet::portable::NAME and circlet::avx512::NAME; its header declares both and returns
// `select_kernels(portable::NAME, avx512::NAME)`.
#pragma once

namespace circlet {

enum class SimdLevel { portable, avx512 };

/// Whether this processor and operating system run the AVX-512 kernels (F, DQ, BW, VL).
bool processor_has_avx512();

/// The level in use. The first call reads CIRCLET_SIMD; Error(usage) if it names an unknown level or one that
/// the processor lacks.
SimdLevel simd_level();

/// Uses another level until it is destroyed; for tests and benchmarks, while no other thread runs kernels.
class ScopedSimdLevel {
 public:
  explicit ScopedSimdLevel(SimdLevel level);
  ~ScopedSimdLevel();
  ScopedSimdLevel(const ScopedSimdLevel&) = delete;
  ScopedSimdLevel& operator=(const ScopedSimdLevel&) = delete;

 private:
  SimdLevel previous_;
};

template <class Table>
const Table& select_kernels(const Table& portable_table, const Table& avx512_table) {
  return simd_level() == SimdLevel::avx512 ? avx512_table : portable_table;
}

}  // namespace circlet
