// Changes one thing in a Program. The result mostly has the form of a Program and breaks one of its rules.
#pragma once

#include "program/program.hpp"
#include "tests/fuzz/target.hpp"

namespace circlet::fuzz {

class ProgramMutator {
 public:
  ProgramMutator(Program& program, Random& random) : program_(program), random_(random) {}

  void change_one() {
    switch (below(random_, 13)) {
      case 0:
        return change(program_.input);
      case 1:
        return change(program_.output);
      case 2:
      case 3:
        return change_tensor();
      case 4:
        return change_lut();
      case 5:
        return shape(program_.layers);
      case 6:
        return shape(program_.tensors);
      case 7:
        return shape(program_.luts);
      case 8:
        return shape(program_.class_labels);
      case 9:
        return change_list(program_.centres);
      default:
        if (!program_.layers.empty()) change_layer(pick(program_.layers));
    }
  }

 private:
  template <class T>
  T& pick(std::vector<T>& items) {
    return items[below(random_, items.size())];
  }
  template <class T>
  void change(T& value) {
    value = below(random_, 2) == 0
                ? static_cast<T>(below(random_, 8))
                : static_cast<T>(mutate_number(static_cast<std::uint64_t>(value), random_));
  }
  template <class T>
  void shape(std::vector<T>& items) {
    if (items.empty()) {
      items.resize(1);
    } else if (below(random_, 2) == 0) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(below(random_, items.size())));
    } else if (below(random_, 2) == 0) {
      items.push_back(T(pick(items)));
    } else {
      std::swap(pick(items), items.back());
    }
  }
  void change_list(std::vector<std::int32_t>& values) {
    if (values.empty() || below(random_, 4) == 0) {
      shape(values);
    } else {
      change(pick(values));
    }
  }

  void change_tensor() {
    if (program_.tensors.empty()) return;
    TensorInfo& tensor = pick(program_.tensors);
    switch (below(random_, 4)) {
      case 0:
        return change(tensor.rows);
      case 1:
        return change(tensor.min);
      case 2:
        return change(tensor.max);
      default:
        return shape(tensor.scales);
    }
  }

  /// Values change with the range of the tensor that holds them.
  void change_lut() {
    if (program_.luts.empty()) return;
    const std::size_t index = below(random_, program_.luts.size());
    auto& values = program_.luts[index].values;
    change_list(values);
    if (values.empty()) return;
    for (const Layer& layer : program_.layers) {
      if (!layer.split || layer.split->lut != index || layer.output >= program_.tensors.size()) continue;
      program_.tensors[layer.output].min = *std::ranges::min_element(values);
      program_.tensors[layer.output].max = *std::ranges::max_element(values);
    }
  }

  void change_layer(Layer& layer) {
    switch (below(random_, 10)) {
      case 0:
        return change(layer.rows);
      case 1:
        return change(layer.output);
      case 2:
        return shape(layer.dense);
      case 3:
        layer.scaled.push_back({.input = 0, .coefficients = {3}});
        return change(layer.scaled.back().input);
      case 4:
        return change_list(layer.bias);
      case 5:
        if (layer.split) {
          layer.split.reset();
        } else {
          layer.split = Split{};
        }
        return;
      case 6:
        if (layer.split) change(layer.split->shift);
        return;
      case 7:
        if (layer.split) change(layer.split->offset);
        return;
      case 8:
        if (layer.split) change(layer.split->lut);
        return;
      default:
        break;
    }
    if (!layer.scaled.empty() && below(random_, 2) == 0) return change_list(pick(layer.scaled).coefficients);
    if (layer.dense.empty()) return;
    DenseTerm& term = pick(layer.dense);
    if (below(random_, 2) == 0) return change_list(term.weights);
    change(term.inputs);
  }

  Program& program_;
  Random& random_;
};

}  // namespace circlet::fuzz
