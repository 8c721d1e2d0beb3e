// The split of a sum into the argument of a table and a remainder, as the attributes of a look-up:
//
//   acc_j + offset = q_j W + r_j,   0 <= r_j < W,
//
// where W = 2^shift, or the width of the digits, if there are any, which then hold W - 1 - r.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "program/digits.hpp"

namespace circlet {

struct Split {
  std::uint32_t shift = 0;
  std::int64_t offset = 0;
  std::vector<Digit> digits;
  friend bool operator==(const Split&, const Split&) = default;
};

/// Sums of which a look-up loses nothing: beyond them the table goes on with its first or last value.
struct ExactSums {
  std::int64_t least = 0, greatest = 0;
};

/// Attributes are the shift, the offset, three numbers a digit (program/digits.hpp) and, perhaps, the two of
/// ExactSums.
Split split_of(const Op& look_up);
std::optional<ExactSums> exact_sums_of(const Op& look_up);
std::vector<std::int64_t> attributes_of(const Split& split, const std::optional<ExactSums>& exact = {});

/// [acc >= n] as a look-up of sums from `least` to `greatest`, of which n is above the least: of both halves
/// of their bits the upper ones are looked up. acc + offset = q 2^shift + r with acc >= n where q >= first.
struct StepLookUp {
  Split split;
  std::vector<std::int32_t> table;
};
StepLookUp step_at(std::int64_t n, std::int64_t least, std::int64_t greatest);

/// What executing a look-up writes besides y; then come the digits of W - 1 - r (append_digits).
enum : std::uint32_t { q_buffer, r_buffer, first_digit_buffer };

}  // namespace circlet
