// A component: one table of the AIR as the verifier sees it. The prover's half is in
// components/prover/component_prover.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/fields/qm31.hpp"

namespace circlet {

/// A column that a component reads: its index in its tree and the mask offsets, in sample order.
/// Allowed: {} (committed, never sampled), {0}, {-1, 0}.
struct ColumnMask {
  std::uint32_t column = 0;
  std::vector<int> offsets;
  friend bool operator==(const ColumnMask&, const ColumnMask&) = default;
};

/// masks[tree] lists the component's columns of that tree, in the order in which its constraints ask for
/// them. Columns of trees other than 0 belong to one component; a column of tree 0 may be read by several.
using ComponentMasks = std::vector<std::vector<ColumnMask>>;

/// Sampled values of one component at the out-of-domain point: values[tree][i][j] is column masks[tree][i] at
/// offset j.
using MaskValues = std::vector<std::vector<std::vector<QM31>>>;

/// acc = acc * rho + C for every constraint in order: the first constraint gets the highest power of rho.
class PointAccumulator {
 public:
  explicit PointAccumulator(const QM31& random_coefficient) : random_coefficient_(random_coefficient) {}
  void add(const QM31& constraint) { value_ = value_ * random_coefficient_ + constraint; }
  [[nodiscard]] const QM31& value() const { return value_; }

 private:
  QM31 random_coefficient_;
  QM31 value_;
};

class Component {
 public:
  virtual ~Component() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::uint32_t log_size() const = 0;
  [[nodiscard]] virtual std::uint32_t constraint_count() const = 0;
  /// Trees before the composition; every component names the same number of trees.
  [[nodiscard]] virtual const ComponentMasks& masks() const = 0;
  /// Adds the component's constraints, undivided, at the out-of-domain point.
  virtual void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const = 0;
};

}  // namespace circlet
