// A component whose constraints are written in the test that uses it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "air/dsl/evaluator.hpp"
#include "components/prover/component_prover.hpp"

namespace circlet::testing {

class TestComponent final : public ComponentProver, public Component {
 public:
  /// The values of the component's columns of a tree, one row earlier and on the row.
  using Cells = std::function<WithPrevious<QM31>(Tree tree, std::size_t column)>;
  using Constraints = std::function<std::vector<QM31>(const Cells&)>;

  TestComponent(std::string name, std::uint32_t log_size, ComponentMasks masks,
                std::uint32_t constraint_count, Constraints constraints)
      : name_(std::move(name)),
        log_size_(log_size),
        masks_(std::move(masks)),
        constraint_count_(constraint_count),
        constraints_(std::move(constraints)) {}

  [[nodiscard]] const Component& component() const override { return *this; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint32_t log_size() const override { return log_size_; }
  [[nodiscard]] std::uint32_t constraint_count() const override { return constraint_count_; }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }

  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override {
    const auto cells = [&](Tree tree, std::size_t column) -> WithPrevious<QM31> {
      const auto& samples = values[static_cast<std::size_t>(tree)][column];
      return {samples.front(), samples.back()};
    };
    for (const QM31& value : constraints_(cells)) accumulator.add(value);
  }

  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    for (std::uint32_t slot = begin; slot < end; ++slot) {
      const auto cells = [&](Tree tree, std::size_t column) -> WithPrevious<QM31> {
        const std::uint32_t* values = trace.columns[static_cast<std::size_t>(tree)][column];
        return {M31(values[trace.previous_slot[slot]]), M31(values[slot])};
      };
      QM31 sum;
      std::size_t j = 0;
      for (const QM31& value : constraints_(cells)) sum += coefficients[j++] * value;
      const auto coordinates = (sum * trace.vanishing_inverses[slot >> (trace.log_size - 1)]).coordinates();
      for (std::size_t c = 0; c < 4; ++c) out[c][slot] = (M31(out[c][slot]) + coordinates[c]).value();
    }
  }

 private:
  std::string name_;
  std::uint32_t log_size_;
  ComponentMasks masks_;
  std::uint32_t constraint_count_;
  Constraints constraints_;
};

}  // namespace circlet::testing
