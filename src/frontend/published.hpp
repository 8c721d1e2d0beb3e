// What the public part of a Program tells of its weights and calibration inputs, and how import keeps it
// coarse: a scale is a power of 2^(1/4), an end of a range a power of two, and the accumulators of a last
// layer without a look-up have one range in all models (docs/zero-knowledge.md section 10).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// The published range [-r, r] of accumulators that are not looked up. Below accumulator_limit by enough to
/// find digits for the difference of two of them (program/predicate.hpp).
inline constexpr std::int64_t raw_range = accumulator_limit - (std::int64_t{1} << 20);

/// The name of the tables that bring sums back to their look-up: made of their sizes alone.
inline constexpr const char* saturation_name = "saturation";
/// Those of the greater of two values, max(d, 0), and of products place by place, q^2 / 4: the same.
inline constexpr const char* greater_table = "GreaterOfTwo";
inline constexpr const char* square_table = "QuarterOfSquare";
/// [x >= 0], of comparisons.
inline constexpr const char* step_table = "Step";

/// The least 2^(k/4) with an integer k that is at least `scale`, the same double on every machine.
double scale_on_grid(double scale);

/// a b; of two such powers the power that it is, whatever the rounding of doubles makes of it.
double product_of_scales(double a, double b);

/// `end` if it is 0, 2^k or -2^k or one less than that in magnitude; else the next 2^k - 1, or its negative,
/// away from 0.
std::int64_t coarse_end(std::int64_t end);

/// The published ends of sums that saturate are -r and r with r one of 2^9, 2^13, .., 2^25 and raw_range: the
/// least that holds all sums that inputs in range can make. It tells four bits of their greatest.
std::int64_t coarse_reach(std::int64_t reach);

/// The published end of the sums of a layer on tiles, whose tables are as long as their range: the least
/// 2^(k/4), rounded up, that is at least `end`, and at most raw_range.
std::int64_t published_end(std::int64_t end);

/// What of the public part was made of weights or calibration inputs beyond the coarse scales and ranges that
/// import chooses, one line each: scales off the grid, ranges of accumulators that are not `raw_range`,
/// look-up tables of functions with constants of their own.
std::vector<std::string> disclosures(const Program& program);

}  // namespace circlet
