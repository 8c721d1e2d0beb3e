// Changes one thing in a Program. The result mostly has the form of a Program and breaks one of its rules.
#pragma once

#include "program/meaning.hpp"
#include "program/program.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/random_program.hpp"

namespace circlet::fuzz {

/// A model to start from.
inline Program any_program(Random& random) {
  const std::size_t kind = below(random, 4);
  return kind == 0   ? testing::random_mlp(3, 4, 2, 1)
         : kind == 1 ? testing::random_residual(2, 1)
         : kind == 2 ? testing::random_squeezed(1)
                     : testing::random_tiles(1);
}

class ProgramMutator {
 public:
  ProgramMutator(Program& program, Random& random) : program_(program), random_(random) {}

  void change_one() {
    switch (below(random_, 13)) {
      case 0:
        if (!program_.inputs.empty()) change(pick(program_.inputs).tensor);
        return;
      case 1:
        if (!program_.outputs.empty()) change(pick(program_.outputs).tensor);
        return;
      case 2:
      case 3:
        return change_tensor();
      case 4:
        return change_constant();
      case 5:
        return shape(program_.ops);
      case 6:
        return shape(program_.tensors);
      case 7:
        return shape(program_.constants);
      case 8:
        return below(random_, 2) == 0 ? shape(program_.inputs) : shape(program_.outputs);
      case 9:
        if (!program_.inputs.empty()) change_list(pick(program_.inputs).centres);
        return;
      default:
        if (!program_.ops.empty()) change_op(pick(program_.ops));
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
  template <class T>
  void change_list(std::vector<T>& values) {
    if (values.empty() || below(random_, 4) == 0) {
      shape(values);
    } else {
      change(pick(values));
    }
  }

  void change_tensor() {
    if (program_.tensors.empty()) return;
    Tensor& tensor = pick(program_.tensors);
    switch (below(random_, 5)) {
      case 0:
        return change_list(tensor.shape);
      case 1:
        return change(tensor.min);
      case 2:
        return change(tensor.max);
      case 3:
        return change(tensor.lanes);
      default:
        return shape(tensor.scales);
    }
  }

  /// A table's values change with its shape and with the ranges of the tensors that hold them.
  void change_constant() {
    if (program_.constants.empty()) return;
    const std::size_t index = below(random_, program_.constants.size());
    ConstantTensor& constant = program_.constants[index];
    if (below(random_, 4) == 0) return change_list(constant.shape);
    auto& values = constant.values;
    change_list(values);
    if (values.empty() || constant.kind != ConstantTensor::Kind::table) return;
    constant.shape = {static_cast<std::uint32_t>(values.size())};
    for (const Op& op : program_.ops) {
      if (op.kind != OpKind::requantise || op.constants.empty() || op.constants[0] != index) continue;
      for (const TensorId output : op.outputs) {
        if (output >= program_.tensors.size()) continue;
        program_.tensors[output].min = *std::ranges::min_element(values);
        program_.tensors[output].max = *std::ranges::max_element(values);
      }
    }
  }

  void change_op(Op& op) {
    switch (below(random_, 5)) {
      case 0:
        return change_list(op.inputs);
      case 1:
        return change_list(op.constants);
      case 2:
        return change_list(op.outputs);
      case 3:
        return change_list(op.attributes);
      default:
        op.kind = static_cast<OpKind>(below(random_, operator_count));
    }
  }

  Program& program_;
  Random& random_;
};

}  // namespace circlet::fuzz
