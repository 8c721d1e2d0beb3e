// Which function a look-up table is, recognised by its values alone: the name that a model's file gives it
// proves nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace circlet {

/// With c and d some slopes that are not 0, and each value rounded to an integer:
enum class LutKind : std::uint8_t {
  constant,      // the same value everywhere
  step,          // one value up to some argument, another from there on
  identity,      // x
  linear,        // c x
  relu,          // max(0, c x), c > 0
  absolute,      // |c x|
  two_slopes,    // c x where x >= 0, d x elsewhere: a leaky ReLU
  sigmoid,       // 1 / (1 + exp(-c x)), c > 0
  tanh,          // tanh(c x), c > 0
  increasing,    // none of these, and never less than before
  decreasing,    // none of these, and never more
  not_monotone,  // none of these
};

/// `values[i]` times `scale` is what the table gives for `arguments[i]`, which ascend strictly; there are as
/// many of both, and at least one.
LutKind lut_kind(std::span<const std::int32_t> values, std::span<const std::int32_t> arguments, double scale);

/// "relu", "constant", ..
const char* lut_kind_name(LutKind kind);

/// Bits in which the range of the values fits: 8 of 0..255, 0 of a constant.
unsigned lut_bits(std::span<const std::int32_t> values);

}  // namespace circlet
