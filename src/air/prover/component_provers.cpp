#include "air/prover/component_provers.hpp"

#include <algorithm>

#include "air/evaluate/scalar_evaluator.hpp"
#include "air/evaluate/table_component.hpp"
#include "air/prover/domain_kernels.hpp"
#include "air/tables/constraints.hpp"

namespace circlet {
namespace {

struct DomainSource {
  const DomainEvaluations& trace;
  const TreePositions& positions;
  std::uint32_t slot;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    return M31(trace.columns[positions[static_cast<std::size_t>(tree)]][column]
                            [previous ? trace.previous_slot[slot] : slot]);
  }
};

struct RowSource {
  const TableTrace& trace;
  std::size_t row;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    const std::size_t rows = trace.rows();
    return trace.tree(tree)[column][previous ? (row + rows - 1) % rows : row];
  }
};

class TableProver final : public ComponentProver {
 public:
  explicit TableProver(TableComponent component) : component_(std::move(component)) {}
  [[nodiscard]] const Component& component() const override { return component_; }

  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    const std::uint32_t half_size = 1U << (trace.log_size - 1);
    for (std::uint32_t half = 0; half < 2; ++half) {
      const std::uint32_t first = std::max(begin, half * half_size);
      const std::uint32_t last = std::min(end, (half + 1) * half_size);
      if (first >= last) continue;
      std::vector<Factor> divided;
      for (std::size_t j = 0; j < coefficients.size(); ++j) {
        divided.emplace_back(coefficients[j] * trace.vanishing_inverses[half]);
      }
      if (half_size < 16) {
        accumulate_small(trace, first, last, divided, out);
      } else {
        domain_kernels().accumulate[kind_index(component_.instance().kind)](
            {trace, component_.positions(), component_.constants(), divided.data(),
             component_.instance().lanes(), first, last, out});
      }
    }
  }

 private:
  void accumulate_small(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                        std::span<const Factor> coefficients,
                        const std::array<std::uint32_t*, 4>& out) const {
    for (std::uint32_t slot = begin; slot < end; ++slot) {
      const DomainSource source{trace, component_.positions(), slot};
      QM31 sum;
      std::size_t next = 0;
      const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) {
        sum += coefficients[next++].value() * value;
      };
      ScalarEvaluator<M31, DomainSource, decltype(sink)> eval(source, component_.constants(), sink);
      with_component(component_.instance().kind, component_.instance().lanes(),
                     [&](auto shape) { constraints(eval, shape); });
      const auto coordinates = sum.coordinates();
      for (std::size_t c = 0; c < 4; ++c) out[c][slot] = (M31(out[c][slot]) + coordinates[c]).value();
    }
  }

  TableComponent component_;
};

}  // namespace

std::vector<std::unique_ptr<ComponentProver>> make_component_provers(const AirShape& shape,
                                                                     const Challenges& challenges,
                                                                     std::span<const QM31> claimed_sums) {
  std::vector<std::unique_ptr<ComponentProver>> provers;
  for (TableComponent& component : table_components(shape, challenges, claimed_sums)) {
    provers.push_back(std::make_unique<TableProver>(std::move(component)));
  }
  return provers;
}

std::vector<Violation> find_violations(TableKind kind, std::uint32_t lanes, const TableTrace& trace,
                                       const Challenges& challenges, const QM31& claimed_sum,
                                       std::size_t limit) {
  std::vector<Violation> violations;
  const TableConstants constants(challenges, claimed_sum, lanes);
  with_component(kind, lanes, [&](auto shape) {
    for (std::size_t row = 0; row < trace.rows() && violations.size() < limit; ++row) {
      const RowSource source{trace, row};
      const auto sink = [&](std::string_view stem, std::uint32_t i, const QM31& value) {
        if (!value.is_zero() && violations.size() < limit) {
          violations.push_back({shape.table, row, indexed_name(stem, i)});
        }
      };
      ScalarEvaluator<M31, RowSource, decltype(sink)> eval(source, constants, sink);
      constraints(eval, shape);
    }
  });
  return violations;
}

}  // namespace circlet
