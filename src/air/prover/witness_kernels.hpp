// Witness generation on sixteen rows at once. Row ranges are multiples of 16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "air/dsl/challenges.hpp"
#include "air/tables/registry.hpp"
#include "compute/simd/dispatch.hpp"

namespace circlet {

/// One table's columns in row order.
struct RowJob {
  std::array<const std::uint32_t* const*, tree_count> columns;  // by tree
  const TableConstants& constants;
  std::uint32_t lanes;
};

struct FractionJob {
  const RowJob& rows;
  std::size_t begin, end;
  std::uint32_t stored;         // columns of F before R
  std::uint32_t* const* logup;  // the coordinate columns of LogUp
  bool& all_inverted;           // false if a denominator is zero
};

struct WeighingJob {
  const TableConstants& constants;
  PowersOf powers;
  const std::uint32_t* const* columns;
  std::uint32_t columns_count;
  std::size_t begin, end;
  std::array<std::uint32_t*, 4> out;
};

struct WitnessKernels {
  /// By kind, in the order of their numbers.
  std::array<void (*)(const FractionJob&), table_kind_count> evaluate_fractions;
  void (*combine_columns)(const WeighingJob&);
  void (*fingerprint_accumulators)(const RowJob& job, std::size_t begin, std::size_t end,
                                   const std::array<std::uint32_t*, 4>& out);
};

namespace portable {
extern const WitnessKernels witness_kernels;
}
namespace avx512 {
extern const WitnessKernels witness_kernels;
}

inline const WitnessKernels& witness_kernels() {
  return select_kernels(portable::witness_kernels, avx512::witness_kernels);
}

}  // namespace circlet
