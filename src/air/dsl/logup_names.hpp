// What a table says of its LogUp columns: names and meanings, no more. Kernel files read this before their
// region of wide instructions begins, and dsl/bus.hpp, which computes with lanes, within it.
#pragma once

#include "air/dsl/evaluator.hpp"

namespace circlet {

/// A column of LogUp that holds the fractions of two messages, and the constraint that says so.
struct PairColumn {
  ColumnName column;
  const char* constraint;  // its name's stem
  const char* meaning;
};
/// Of the constraints of the running sum and of the claimed sum, and what the column R means.
struct RunningSum {
  const char* constraint;
  const char* fin;
  const char* meaning;
};

}  // namespace circlet
