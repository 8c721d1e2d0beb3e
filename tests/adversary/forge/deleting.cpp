#include "tests/adversary/forge/deleting.hpp"

#include <algorithm>

#include "air/evaluate/table_component.hpp"
#include "air/prover/component_provers.hpp"

namespace circlet::testing {
namespace {

/// Which constraints of a table are deleted, in their order.
std::vector<bool> flags(const TableInstance& instance, const DeletedConstraints& deleted) {
  std::vector<bool> result;
  for (const auto& constraint : table_layout(instance).constraints) {
    result.push_back(std::ranges::any_of(deleted, [&](const std::string& stem) {
      return constraint.name == stem || constraint.name.starts_with(stem + "_");
    }));
  }
  return result;
}

class DeletingComponent final : public Component {
 public:
  DeletingComponent(TableComponent component, const DeletedConstraints& deleted)
      : component_(std::move(component)), deleted_(flags(component_.instance(), deleted)) {}

  [[nodiscard]] const std::string& name() const override { return component_.name(); }
  [[nodiscard]] std::uint32_t log_size() const override { return component_.log_size(); }
  [[nodiscard]] std::uint32_t constraint_count() const override { return component_.constraint_count(); }
  [[nodiscard]] const ComponentMasks& masks() const override { return component_.masks(); }
  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override {
    const std::vector<QM31> constraints = component_.constraint_values(values);
    for (std::size_t i = 0; i < constraints.size(); ++i) {
      accumulator.add(deleted_[i] ? QM31() : constraints[i]);
    }
  }
  [[nodiscard]] bool is_deleted(std::size_t constraint) const { return deleted_[constraint]; }

 private:
  TableComponent component_;
  std::vector<bool> deleted_;
};

class DeletingProver final : public ComponentProver {
 public:
  DeletingProver(std::unique_ptr<ComponentProver> prover, DeletingComponent component)
      : prover_(std::move(prover)), component_(std::move(component)) {}

  [[nodiscard]] const Component& component() const override { return component_; }
  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    std::vector<QM31> kept(coefficients.begin(), coefficients.end());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (component_.is_deleted(i)) kept[i] = QM31();
    }
    prover_->accumulate(trace, begin, end, kept, out);
  }

 private:
  std::unique_ptr<ComponentProver> prover_;
  DeletingComponent component_;
};

}  // namespace

std::vector<std::unique_ptr<Component>> deleting_components(const AirShape& shape,
                                                            const Challenges& challenges,
                                                            std::span<const QM31> claimed_sums,
                                                            const DeletedConstraints& deleted) {
  std::vector<std::unique_ptr<Component>> components;
  for (TableComponent& component : table_components(shape, challenges, claimed_sums)) {
    components.push_back(std::make_unique<DeletingComponent>(std::move(component), deleted));
  }
  return components;
}

std::vector<std::unique_ptr<ComponentProver>> deleting_provers(const AirShape& shape,
                                                               const Challenges& challenges,
                                                               std::span<const QM31> claimed_sums,
                                                               const DeletedConstraints& deleted) {
  std::vector<std::unique_ptr<ComponentProver>> provers =
      make_component_provers(shape, challenges, claimed_sums);
  std::vector<TableComponent> components = table_components(shape, challenges, claimed_sums);
  for (std::size_t i = 0; i < provers.size(); ++i) {
    provers[i] = std::make_unique<DeletingProver>(std::move(provers[i]),
                                                  DeletingComponent(std::move(components[i]), deleted));
  }
  return provers;
}

}  // namespace circlet::testing
