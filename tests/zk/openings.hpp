// What a verifier sees of committed columns, as linear functionals of their rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/column.hpp"
#include "core/circle.hpp"
#include "tests/zk/linear_algebra.hpp"

namespace circlet::testing {

/// Where one proof opens its columns.
struct OpenedAt {
  std::uint32_t height = 0;  // log size to which columns are lifted
  std::uint32_t log_blowup = 0;
  CirclePoint<QM31> point;
  std::vector<std::uint32_t> positions;
};

/// By column: the values at the positions, then the coordinates of the samples.
using Openings = std::vector<Vector>;

void append_coordinates(std::span<const QM31> samples, Vector& out);

/// Openings of columns of 2^log_size rows, in row order, all sampled at these offsets: by the prover's
/// functions.
Openings open_columns(const OpenedAt& at, std::uint32_t log_size, std::span<const BaseColumn> columns,
                      const std::vector<int>& offsets);

/// By row: the openings of the column that is 1 there and 0 elsewhere. What a column opens to is their
/// combination with its rows.
Openings unit_openings(const OpenedAt& at, std::uint32_t log_size, const std::vector<int>& offsets);

}  // namespace circlet::testing
