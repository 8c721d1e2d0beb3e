// A Program grows: a tensor of rows, and the constants of an op that is being made.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "program/program.hpp"

namespace circlet {

inline TensorId add_rows(Program& program, std::string name, std::uint32_t rows, std::int64_t min,
                         std::int64_t max, double scale) {
  program.tensors.push_back(
      {.name = std::move(name), .shape = {rows}, .min = min, .max = max, .scales = {scale}});
  return static_cast<TensorId>(program.tensors.size() - 1);
}

inline void add_weights(Program& program, Op& op, std::vector<std::uint32_t> shape,
                        std::vector<std::int32_t> values) {
  op.constants.push_back(static_cast<ConstantId>(program.constants.size()));
  program.constants.push_back({.kind = ConstantTensor::Kind::weights,
                               .name = op.name,
                               .shape = std::move(shape),
                               .values = std::move(values)});
}

}  // namespace circlet
