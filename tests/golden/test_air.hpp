// The small AIRs of the golden fixtures (proofs made by the stwo crate): constraints, witness and transcript
// prefix. Kind 0: v_j = v_{j-2}^2 + v_{j-1}^2. Kind 1: a mask {-1, 0} and two preprocessed columns. Kind 2:
// LogUp with two fractions in one column. Kind 3: LogUp with one fraction a column. Scalar code, for tests.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "components/prover/component_prover.hpp"
#include "compute/column.hpp"
#include "core/circle.hpp"
#include "core/error.hpp"
#include "fri/pcs_config.hpp"

namespace circlet::test {

struct TestComponentShape {
  std::uint32_t kind = 0;
  std::uint32_t log_size = 0;
  std::uint32_t columns = 0;  // main columns of kind 0

  [[nodiscard]] std::uint32_t main_columns() const { return kind == 0 ? columns : kind == 2 ? 3 : 2; }
  [[nodiscard]] std::uint32_t constraints() const { return kind == 0 ? columns - 2 : 3; }
  [[nodiscard]] bool has_logup() const { return kind >= 2; }
};

struct TestLookup {
  QM31 z, alpha;
  /// sum_i values[i] * alpha^i - z
  template <class... Values>
  [[nodiscard]] QM31 combine(const Values&... values) const {
    QM31 sum, power = M31(1);
    ((sum += power * QM31(values), power *= alpha), ...);
    return sum - z;
  }
};

/// What a fixture states about its proof: everything but the proof.
struct TestStatement {
  std::vector<TestComponentShape> components;
  std::vector<std::pair<std::string, std::uint32_t>> preprocessed;  // id and log size, in tree order
  bool sample_all_preprocessed = false;
  std::vector<QM31> claimed_sums;  // one a component
  PcsConfig config;

  static QM31 secure_felt(const nlohmann::json& pairs) {
    return QM31::from_u32(pairs[0][0], pairs[0][1], pairs[1][0], pairs[1][1]);
  }
  static TestStatement from_fixture(const nlohmann::json& fixture) {
    TestStatement statement;
    for (const auto& c : fixture.at("comps")) statement.components.push_back({c[0], c[1], c[2]});
    for (const auto& p : fixture.at("pp")) statement.preprocessed.emplace_back(p[0], p[1]);
    statement.sample_all_preprocessed = fixture.at("all_pp");
    for (const auto& x : fixture.at("claimed")) statement.claimed_sums.push_back(secure_felt(x));
    const auto& config = fixture.at("proof").at("config");
    const auto& fri = config.at("fri_config");
    statement.config.pow_bits = config.at("pow_bits");
    statement.config.fri = {fri.at("log_blowup_factor"), fri.at("log_last_layer_degree_bound"),
                            fri.at("n_queries"), fri.at("fold_step")};
    return statement;
  }
  [[nodiscard]] bool has_logup() const {
    for (const auto& c : components) {
      if (c.has_logup()) return true;
    }
    return false;
  }
  [[nodiscard]] std::uint32_t preprocessed_index(const std::string& id) const {
    for (std::uint32_t i = 0; i < preprocessed.size(); ++i) {
      if (preprocessed[i].first == id) return i;
    }
    throw Error(ErrorKind::internal, "no preprocessed column '" + id + "'");
  }
  /// Log sizes of the columns of tree 0, 1 and, with lookups, 2.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> tree_log_sizes() const {
    std::vector<std::vector<std::uint32_t>> trees(has_logup() ? 3 : 2);
    for (const auto& p : preprocessed) trees[0].push_back(p.second);
    for (const auto& c : components) {
      trees[1].insert(trees[1].end(), c.main_columns(), c.log_size);
      if (c.has_logup()) trees[2].insert(trees[2].end(), 8, c.log_size);
    }
    return trees;
  }
};

class TestComponent : public Component {
 public:
  TestComponent(TestComponentShape shape, ComponentMasks masks, TestLookup lookup, QM31 claimed_sum)
      : shape_(shape),
        masks_(std::move(masks)),
        lookup_(lookup),
        claimed_shift_(claimed_sum * M31(1U << shape.log_size).inverse()),
        name_("test kind " + std::to_string(shape.kind)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint32_t log_size() const override { return shape_.log_size; }
  [[nodiscard]] std::uint32_t constraint_count() const override { return shape_.constraints(); }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override {
    for_each_constraint(values, [&](const QM31& constraint) { accumulator.add(constraint); });
  }

  template <class Sink>
  void for_each_constraint(const MaskValues& values, Sink&& constraint) const {
    const auto& main = values[1];
    const QM31 one = M31(1);
    if (shape_.kind == 0) {
      for (std::size_t j = 2; j < main.size(); ++j) {
        constraint(main[j][0] - main[j - 2][0].square() - main[j - 1][0].square());
      }
    } else if (shape_.kind == 1) {
      const QM31 &is_first = values[0][0][0], &p = values[0][1][0];
      const QM31 &previous = main[0][0], &a = main[0][1], &b = main[1][0];
      constraint((one - is_first) * (a - previous * previous - p));
      constraint(is_first * (a - QM31(M31(5))));
      constraint(b - a * previous - p);
    } else {
      std::array<std::pair<QM31, QM31>, 2> fractions;  // numerator, denominator of each LogUp column
      const QM31& v = main[0][0];
      if (shape_.kind == 2) {
        const QM31 &w = main[1][0], &multiplicity = main[2][0];
        constraint(w - v * v);
        const QM31 d0 = lookup_.combine(v, w), d1 = lookup_.combine(w, v);
        fractions = {{{d0 + d1, d0 * d1}, {-multiplicity, lookup_.combine(v)}}};
      } else {
        const QM31 &multiplicity = main[1][0], &p = values[0][0][0];
        constraint(multiplicity - v * p);
        fractions = {{{multiplicity, lookup_.combine(v)}, {-one, lookup_.combine(p, v)}}};
      }
      const auto column = [&](std::size_t first, std::size_t offset) {
        const auto& sums = values[2];
        return QM31::from_partial_evals(
            {sums[first][offset], sums[first + 1][offset], sums[first + 2][offset], sums[first + 3][offset]});
      };
      const QM31 s0 = column(0, 0), s1_previous = column(4, 0), s1 = column(4, 1);
      constraint(s0 * fractions[0].second - fractions[0].first);
      constraint((s1 - s1_previous - s0 + claimed_shift_) * fractions[1].second - fractions[1].first);
    }
  }

 private:
  TestComponentShape shape_;
  ComponentMasks masks_;
  TestLookup lookup_;
  QM31 claimed_shift_;
  std::string name_;
};

class TestComponentProver : public ComponentProver {
 public:
  explicit TestComponentProver(std::shared_ptr<const TestComponent> component)
      : component_(std::move(component)) {}
  [[nodiscard]] const Component& component() const override { return *component_; }
  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    const auto& masks = component_->masks();
    for (std::uint32_t slot = begin; slot < end; ++slot) {
      MaskValues values(masks.size());
      for (std::size_t tree = 0; tree < masks.size(); ++tree) {
        for (std::size_t i = 0; i < masks[tree].size(); ++i) {
          // A preprocessed column that is only sampled may have another size; no constraint reads it.
          if (tree == 0 && i >= 2) continue;
          auto& samples = values[tree].emplace_back();
          for (const int offset : masks[tree][i].offsets) {
            samples.push_back(M31(trace.columns[tree][i][offset == 0 ? slot : trace.previous_slot[slot]]));
          }
        }
      }
      QM31 sum;
      std::size_t j = 0;
      component_->for_each_constraint(values,
                                      [&](const QM31& constraint) { sum += coefficients[j++] * constraint; });
      sum = sum * trace.vanishing_inverses[slot >> (trace.log_size - 1)];
      const auto x = sum.coordinates();
      for (std::size_t c = 0; c < 4; ++c) out[c][slot] = (M31(out[c][slot]) + x[c]).value();
    }
  }

 private:
  std::shared_ptr<const TestComponent> component_;
};

/// The components of a statement. The first one also samples every preprocessed column if the fixture does.
inline std::vector<std::shared_ptr<const TestComponent>> test_components(const TestStatement& statement,
                                                                         const TestLookup& lookup) {
  std::vector<std::shared_ptr<const TestComponent>> components;
  std::uint32_t main = 0, interaction = 0;
  for (std::size_t i = 0; i < statement.components.size(); ++i) {
    const auto& shape = statement.components[i];
    const std::string size = std::to_string(shape.log_size);
    ComponentMasks masks(statement.has_logup() ? 3 : 2);
    const auto sample_preprocessed = [&](std::uint32_t column) {
      for (const auto& mask : masks[0]) {
        if (mask.column == column) return;
      }
      masks[0].push_back({column, {0}});
    };
    if (shape.kind == 1) sample_preprocessed(statement.preprocessed_index("isf_" + size));
    if (shape.kind == 1 || shape.kind == 3) sample_preprocessed(statement.preprocessed_index("pp_" + size));
    if (i == 0 && statement.sample_all_preprocessed) {
      for (std::uint32_t p = 0; p < statement.preprocessed.size(); ++p) sample_preprocessed(p);
    }
    for (std::uint32_t j = 0; j < shape.main_columns(); ++j) {
      masks[1].push_back({main++, shape.kind == 1 && j == 0 ? std::vector<int>{-1, 0} : std::vector<int>{0}});
    }
    for (std::uint32_t j = 0; shape.has_logup() && j < 8; ++j) {
      masks[2].push_back({interaction++, j < 4 ? std::vector<int>{0} : std::vector<int>{-1, 0}});
    }
    components.push_back(
        std::make_shared<TestComponent>(shape, std::move(masks), lookup, statement.claimed_sums.at(i)));
  }
  return components;
}

/// Puts rows (coset order) into storage order.
inline BaseColumn to_storage(const std::vector<M31>& rows) {
  BaseColumn column(rows.size());
  const std::uint32_t log_size = log2_exact(rows.size());
  for (std::uint32_t r = 0; r < rows.size(); ++r) column[slot_of_row(r, log_size)] = rows[r];
  return column;
}

inline std::vector<M31> test_preprocessed_rows(const std::string& id, std::uint32_t log_size) {
  std::vector<M31> rows;
  for (std::uint64_t r = 0; r < (std::uint64_t{1} << log_size); ++r) {
    rows.push_back(M31::reduce(id.starts_with("isf")  ? static_cast<std::uint64_t>(r == 0)
                               : id.starts_with("pp") ? 3 * r + 7
                                                      : r * r + 11));
  }
  return rows;
}

inline std::vector<std::vector<M31>> test_main_rows(const TestComponentShape& shape) {
  const std::size_t n = std::size_t{1} << shape.log_size;
  std::vector<std::vector<M31>> columns(shape.main_columns(), std::vector<M31>(n));
  const auto p = test_preprocessed_rows("pp", shape.log_size);
  for (std::uint64_t r = 0; r < n; ++r) {
    if (shape.kind == 0) {
      columns[0][r] = M31(1);
      columns[1][r] = M31::reduce(5 * r + 1);
      for (std::size_t j = 2; j < columns.size(); ++j) {
        columns[j][r] = columns[j - 2][r].square() + columns[j - 1][r].square();
      }
    } else if (shape.kind == 1) {
      columns[0][r] = r == 0 ? M31(5) : columns[0][r - 1].square() + p[r];
    } else if (shape.kind == 2) {
      columns[0][r] = M31::reduce(17 * r + 1000);
      columns[1][r] = columns[0][r].square();
      columns[2][r] = M31::reduce(r % 5);
    } else {
      columns[0][r] = M31::reduce(31 * r + 77);
      columns[1][r] = columns[0][r] * p[r];
    }
  }
  for (std::size_t r = 0; shape.kind == 1 && r < n; ++r) {
    columns[1][r] = columns[0][r] * columns[0][(r + n - 1) % n] + p[r];
  }
  return columns;
}

/// The eight LogUp columns (storage order) and the claimed sum of a component of kind 2 or 3.
inline std::pair<std::vector<BaseColumn>, QM31> test_interaction(const TestComponentShape& shape,
                                                                 const TestLookup& lookup) {
  const auto main = test_main_rows(shape);
  const auto p = test_preprocessed_rows("pp", shape.log_size);
  const std::size_t n = p.size();
  std::vector<QM31> first(n), total(n);
  QM31 claimed;
  for (std::size_t r = 0; r < n; ++r) {
    const M31 v = main[0][r];
    if (shape.kind == 2) {
      const QM31 d0 = lookup.combine(v, main[1][r]), d1 = lookup.combine(main[1][r], v);
      first[r] = (d0 + d1) * (d0 * d1).inverse();
      total[r] = first[r] - lookup.combine(v).inverse() * main[2][r];
    } else {
      first[r] = lookup.combine(v).inverse() * main[1][r];
      total[r] = first[r] - lookup.combine(p[r], v).inverse();
    }
    claimed += total[r];
  }
  const QM31 shift = claimed * M31(static_cast<std::uint32_t>(n)).inverse();
  QM31 running;
  std::vector<std::vector<M31>> rows(8, std::vector<M31>(n));
  for (std::size_t r = 0; r < n; ++r) {
    running += total[r] - shift;
    for (std::size_t c = 0; c < 4; ++c) {
      rows[c][r] = first[r].coordinates()[c];
      rows[4 + c][r] = running.coordinates()[c];
    }
  }
  std::vector<BaseColumn> columns;
  for (const auto& column : rows) columns.push_back(to_storage(column));
  return {std::move(columns), claimed};
}

}  // namespace circlet::test
