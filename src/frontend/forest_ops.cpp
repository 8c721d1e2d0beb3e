#include "frontend/forest_ops.hpp"

#include <algorithm>
#include <bit>

#include "frontend/add_to_program.hpp"
#include "frontend/published.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {
namespace {

const InputPort* port_of(const Program& program, TensorId input) {
  const auto found = std::ranges::find(program.inputs, input, &InputPort::tensor);
  return found == program.inputs.end() ? nullptr : &*found;
}

/// The range of the integers that are compared: of two digits, of the numbers that they write.
InputRange compared_integers(const Program& program, TensorId input) {
  const Tensor& x = program.tensors[input];
  const InputPort* port = port_of(program, input);
  const bool in_digits = port != nullptr && port->in_digits;
  return {x.min, in_digits ? (x.max + 1) * (x.max + 1) - 1 : x.max};
}

class ForestOps {
 public:
  ForestOps(Program& program, TensorId input, const GraphForest& forest, const std::vector<bool>& keeps_grid,
            const std::string& name)
      : program_(program), input_(input), forest_(forest), keeps_grid_(keeps_grid), name_(name) {
    for (const DecisionTree& tree : forest.trees) {
      for (const TreeNode& node : tree.nodes) {
        first_steps_.push_back(steps_);
        steps_ += static_cast<std::uint32_t>(node.bounds.size());
      }
      leaves_ += static_cast<std::uint32_t>(tree.leaves());
    }
    const InputPort* port = port_of(program, input);
    in_digits_ = port != nullptr && port->in_digits;
  }

  TensorId write() { return add_steps(add_turns(add_steps(add_differences()))); }

 private:
  struct Sums {
    TensorId tensor = 0;
    std::int64_t reach = 0;  // their greatest magnitude, a power of two
  };

  /// t_n - x_f.
  Sums add_differences() {
    const Tensor& x = program_.tensors[input_];
    std::vector<std::int32_t> weights(std::size_t{x.rows()} * steps_, 0), thresholds;
    for (const DecisionTree& tree : forest_.trees) {
      for (const TreeNode& node : tree.nodes) {
        for (const TreeBound& bound : node.bounds) {
          const auto weight = [&](std::size_t row) -> std::int32_t& {
            return weights[row * steps_ + thresholds.size()];
          };
          if (in_digits_) {
            weight(2 * node.feature) = -base();
            weight(2 * node.feature + 1) = -1;
          } else {
            weight(node.feature) = -1;
          }
          thresholds.push_back(threshold_of(node.feature, bound));
        }
      }
    }
    return add_affine(input_, "differences", std::move(weights), std::move(thresholds),
                      reach_of_differences(program_, input_));
  }

  [[nodiscard]] std::int32_t base() const {
    return static_cast<std::int32_t>(program_.tensors[input_].max + 1);
  }
  /// In the integers that are compared: the one before their least, if the node leads none of them there.
  [[nodiscard]] std::int32_t threshold_of(std::uint32_t feature, const TreeBound& bound) const {
    const InputRange compared = compared_integers(program_, input_);
    const InputPort* port = port_of(program_, input_);
    const FeatureIntegers x = port != nullptr ? integers_of_feature(program_, *port, feature)
                                              : FeatureIntegers{program_.tensors[input_].scale(feature),
                                                                compared.min, compared.max};
    const bool is_exact = keeps_grid_.empty() || keeps_grid_[feature];
    const double greatest = greatest_within(bound, x.scale, is_exact, forest_.is_float32) -
                            static_cast<double>(x.min - compared.min);
    return static_cast<std::int32_t>(
        std::clamp(greatest, static_cast<double>(compared.min - 1), static_cast<double>(compared.max)));
  }

  /// For every leaf what is missing to all turns being taken: 0 for the one that the record reaches, else
  /// less.
  Sums add_turns(TensorId steps) {
    std::vector<std::int32_t> weights(std::size_t{steps_} * leaves_, 0), bias;
    std::int64_t most = 1;
    std::size_t first = 0;
    for (const DecisionTree& tree : forest_.trees) {
      for (const std::vector<Turn>& turns : turns_of(tree)) {
        most = std::max(most, reach_of_turns(tree, turns));
        std::int32_t left = 0;
        for (const Turn& turn : turns) {
          // Of the bounds that hold all are after one that does: their steps, added and subtracted in turn,
          // are 1 if they are odd in number.
          std::int32_t sign = turn.is_left ? 1 : -1;
          for (std::size_t i = 0; i < tree.nodes[turn.node].bounds.size(); ++i, sign = -sign)
            weights[(first_steps_[first + turn.node] + i) * leaves_ + bias.size()] = sign;
          left += turn.is_left ? 1 : 0;
        }
        bias.push_back(-left);
      }
      first += tree.nodes.size();
    }
    return add_affine(steps, "turns", std::move(weights), std::move(bias), coarse_reach(most));
  }

  /// The greatest magnitude of a leaf's sum: of all turns, and of all steps of their nodes.
  static std::int64_t reach_of_turns(const DecisionTree& tree, const std::vector<Turn>& turns) {
    std::size_t reach = turns.size();
    for (const Turn& turn : turns) reach += std::max<std::size_t>(2, tree.nodes[turn.node].bounds.size());
    return static_cast<std::int64_t>(reach);
  }

  Sums add_affine(TensorId input, const std::string& what, std::vector<std::int32_t> weights,
                  std::vector<std::int32_t> bias, std::int64_t reach) {
    const auto rows = static_cast<std::uint32_t>(bias.size());
    Op op{.kind = OpKind::affine, .name = name_, .inputs = {input}};
    add_weights(program_, op, {program_.tensors[input].rows(), rows}, std::move(weights));
    add_weights(program_, op, {rows}, std::move(bias));
    op.outputs = {add_rows(program_, name_ + " " + what, rows, -reach, reach, 1.0)};
    program_.ops.push_back(op);
    return {op.outputs[0], reach};
  }

  /// [sum >= 0]: a table of the sums' upper bits, and of the greatest sum.
  TensorId add_steps(Sums sums) {
    StepLookUp step = step_at(0, -sums.reach, sums.reach);
    const TensorId made = add_rows(program_, name_, program_.tensors[sums.tensor].rows(), 0, 1, 1.0);
    program_.ops.push_back({.kind = OpKind::requantise,
                            .name = name_,
                            .inputs = {sums.tensor},
                            .constants = {share_table(program_, step_table, std::move(step.table))},
                            .outputs = {made},

                            .attributes = attributes_of(step.split)});
    return made;
  }

  Program& program_;
  const TensorId input_;
  const GraphForest& forest_;
  const std::vector<bool>& keeps_grid_;
  const std::string& name_;
  bool in_digits_ = false;                // the input
  std::vector<std::size_t> first_steps_;  // of each node
  std::uint32_t steps_ = 0, leaves_ = 0;  // steps of nodes
};

}  // namespace

std::int64_t reach_of_differences(const Program& program, TensorId input) {
  const InputRange x = compared_integers(program, input);
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(2 * std::max(1 - x.min, x.max))));
}

std::optional<TensorId> add_forest(Program& program, TensorId input, const GraphForest& forest,
                                   const std::vector<bool>& keeps_grid, const std::string& name) {
  if (reach_of_differences(program, input) >= raw_range) return std::nullopt;
  return ForestOps(program, input, forest, keeps_grid, name).write();
}

}  // namespace circlet
