// Pairs of witnesses for one statement: two models of one structure that map two inputs to the same output.
#pragma once

#include <cstdlib>
#include <map>
#include <string_view>

#include "program/executor.hpp"
#include "tests/support/random_program.hpp"

namespace circlet::testing {

/// Whether CIRCLET_FULL=1 asks for the long tests.
inline bool full_run() {
  const char* value = std::getenv("CIRCLET_FULL");
  return value != nullptr && std::string_view(value) == "1";
}

/// Two layers on two inputs, with small tables.
inline Program tiny_program() {
  ProgramBuilder builder(2, 0, 3, 3);
  const auto h = builder.add_relu(
      {.rows = 2, .dense = {builder.dense(builder.input(), 2, 4)}, .bias = builder.bias(2, 5)}, 2);
  builder.add_relu({.rows = 1, .dense = {builder.dense(h, 1, 4)}, .bias = builder.bias(1, 5)}, 3);
  return builder.finish();
}

/// Tiles of two and of three, in two phases, and free ones beside them.
inline Program tiny_tiles() {
  ProgramBuilder builder(6, 0, 3, 3);
  const auto image = builder.add_tile(builder.input(), {0, 1, 2, 3, 4, 5}, {1, 1, 1, 6}, 3);
  const auto h = builder.add_relu(
      builder.add_correlation({{.input = image, .kernel_width = 3, .left = 1}},
                              {.outputs = 1, .phases = 2, .width = 2, .lanes = 2, .pitch = 7, .wide = 3}, 4),
      2);
  builder.add_relu(
      builder.add_correlation({{.input = h, .kernel_width = 2}}, {.outputs = 1, .width = 1, .pitch = 3}, 4),
      4);
  return builder.finish();
}

struct TwoWitnesses {
  Program first, second;
  std::vector<std::int32_t> first_input, second_input;
};

/// `program` and the same with other weights, or with the same ones, and inputs on which they agree.
inline TwoWitnesses two_witnesses(const Program& program, std::uint32_t seed, bool other_weights = true) {
  TwoWitnesses result{program, program, {}, {}};
  // What is negated keeps every bound, and so the structure.
  for (ConstantTensor& constant : result.second.constants) {
    if (!other_weights || constant.kind != ConstantTensor::Kind::weights) continue;
    for (auto& weight : constant.values) weight = -weight;
  }
  ProgramBuilder builder(1, 0, 0, seed);
  std::map<std::vector<std::int32_t>, std::vector<std::int32_t>> first_inputs;  // by output
  while (true) {
    const auto input = builder.random_input(input_tensor(program), 1);
    first_inputs.emplace(execute(result.first, input, 1).output(), input);
    const auto other = builder.random_input(input_tensor(program), 1);
    const auto found = first_inputs.find(execute(result.second, other, 1).output());
    if (found == first_inputs.end() || found->second == other) continue;
    result.first_input = found->second;
    result.second_input = other;
    return result;
  }
}

}  // namespace circlet::testing
