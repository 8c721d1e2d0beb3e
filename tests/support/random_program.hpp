// Small Programs with seeded random weights, for tests of everything after the front end.
#pragma once

#include <algorithm>
#include <random>

#include "program/program.hpp"

namespace circlet::testing {

/// Builds layer after layer; splits are sized so that every input in range can be executed.
class ProgramBuilder {
 public:
  ProgramBuilder(std::uint32_t inputs, std::int32_t min, std::int32_t max, std::uint32_t seed)
      : random_(seed) {
    program_.name = "random";
    program_.tensors.push_back({"input", inputs, min, max, {1.0}});
  }

  [[nodiscard]] TensorId input() const { return 0; }

  std::int32_t draw(std::int32_t magnitude) {
    return static_cast<std::int32_t>(random_() % static_cast<std::uint32_t>(2 * magnitude + 1)) - magnitude;
  }

  DenseTerm dense(TensorId from, std::uint32_t outputs, std::int32_t magnitude) {
    DenseTerm term{.input = from, .outputs = outputs, .inputs = program_.tensors[from].rows, .weights = {}};
    term.weights.resize(std::size_t{term.inputs} * outputs);
    for (auto& w : term.weights) w = draw(magnitude);
    return term;
  }
  std::vector<std::int32_t> bias(std::uint32_t rows, std::int32_t magnitude) {
    std::vector<std::int32_t> values(rows);
    for (auto& b : values) b = draw(magnitude);
    return values;
  }

  /// Adds `layer`, with rows, terms and bias set, followed by a ReLU look-up with remainder range [0,
  /// 2^shift).
  TensorId add_relu(Layer layer, std::uint32_t shift) {
    const std::int64_t bound = accumulator_bound(program_, layer);
    // q runs over 0..2*half, y = max(q - half, 0).
    const std::int64_t half = (bound >> shift) + 1;
    Lut lut{"relu " + std::to_string(program_.luts.size()), {}};
    for (std::int64_t q = 0; q <= 2 * half; ++q) {
      lut.values.push_back(static_cast<std::int32_t>(std::max<std::int64_t>(q - half, 0)));
    }
    layer.split = Split{shift, half << shift, static_cast<std::uint32_t>(program_.luts.size())};
    const std::int64_t greatest = *std::ranges::max_element(lut.values);
    program_.luts.push_back(std::move(lut));
    return add(std::move(layer), 0, greatest);
  }

  /// Adds a last layer whose accumulators are the output.
  Program finish(Layer layer) {
    const std::int64_t bound = accumulator_bound(program_, layer);
    add(std::move(layer), -bound, bound);
    return finish();
  }
  Program finish() {
    program_.output = program_.layers.back().output;
    return std::move(program_);
  }

  std::vector<std::int32_t> random_input(std::uint32_t lanes) {
    const auto& info = program_.tensors[0];
    return random_input(info, lanes);
  }
  std::vector<std::int32_t> random_input(const TensorInfo& info, std::uint32_t lanes) {
    std::vector<std::int32_t> values(std::size_t{info.rows} * lanes);
    for (auto& x : values) {
      x = static_cast<std::int32_t>(info.min +
                                    static_cast<std::int64_t>(random_() % (info.max - info.min + 1)));
    }
    return values;
  }

 private:
  TensorId add(Layer layer, std::int64_t min, std::int64_t max) {
    layer.name = "layer " + std::to_string(program_.layers.size());
    layer.output = static_cast<TensorId>(program_.tensors.size());
    program_.tensors.push_back({layer.name, layer.rows, min, max, {1.0}});
    program_.layers.push_back(std::move(layer));
    return program_.layers.back().output;
  }

  Program program_;
  std::mt19937 random_;
};

/// inputs-hidden-outputs with biases and one ReLU.
inline Program random_mlp(std::uint32_t inputs, std::uint32_t hidden, std::uint32_t outputs,
                          std::uint32_t seed) {
  ProgramBuilder builder(inputs, 0, 15, seed);
  const auto h = builder.add_relu({.rows = hidden,
                                   .dense = {builder.dense(builder.input(), hidden, 20)},
                                   .bias = builder.bias(hidden, 100)},
                                  4);
  return builder.finish(
      {.rows = outputs, .dense = {builder.dense(h, outputs, 50)}, .bias = builder.bias(outputs, 100)});
}

/// A residual layer: y = relu(W x + 3 x + v * x), a second one with only scaled terms, and a split output.
inline Program random_residual(std::uint32_t width, std::uint32_t seed) {
  ProgramBuilder builder(width, -8, 7, seed);
  const auto h =
      builder.add_relu({.rows = width,
                        .dense = {builder.dense(builder.input(), width, 20)},
                        .scaled = {{builder.input(), {3}}, {builder.input(), builder.bias(width, 9)}},
                        .bias = builder.bias(width, 50)},
                       3);
  builder.add_relu({.rows = width, .scaled = {{builder.input(), {5}}, {h, {-2}}}}, 2);
  return builder.finish();
}

}  // namespace circlet::testing
