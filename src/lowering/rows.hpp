// What an operator writes into the tables: one object an operator, `rows` in its namespace and folder.
#pragma once

#include "lowering/lowering.hpp"

namespace circlet {

struct Rows {
  /// Adds at least as many rows as `write` does, without writing any: a structure of a few bytes can make
  /// tables long.
  void (*count)(const Program&, const Op&, std::uint32_t lanes, RowCounts&);
  /// From the public part of the program alone.
  void (*write)(Lowering&, OpId);
  /// Whether it multiplies values: a wire carries a row of all samples, and a product of two would mix them.
  bool of_one_sample = false;
};

const Rows& rows_of(OpKind kind);

}  // namespace circlet
