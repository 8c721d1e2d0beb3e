// What each part of the tables' masks is there for: without it, what a proof opens tells witnesses apart.
#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "air/prover/component_provers.hpp"
#include "air/prover/mask_rows.hpp"
#include "tests/zk/laboratory.hpp"
#include "tests/zk/models.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr std::uint32_t queries = 18;

SetupOptions options(std::uint32_t proofs = 1) {
  const PcsConfig pcs{.pow_bits = 0, .fri = {.log_blowup_factor = 4, .n_queries = queries, .fold_step = 4}};
  return {.input = Visibility::hidden, .pcs = pcs, .proofs = proofs};
}

const TwoWitnesses& two() {
  static const TwoWitnesses witnesses = two_witnesses(random_residual(3, 1), 2);
  return witnesses;
}

std::size_t fin_of_activate(const TableColumns& structure) {
  return fin_row(structure[activate_table][ActivateShape::fin]);
}

/// Makes `live` 1 on the first `count` mask rows of `activate` and 0 on the others.
auto live_mask_rows(std::size_t count) {
  return [count](TableColumns& structure) {
    BaseColumn& live = structure[activate_table][index_of(activate::Structure::live)];
    for (std::size_t row = fin_of_activate(structure) + 1; row < live.size(); ++row) {
      live[row] = M31(row <= fin_of_activate(structure) + count ? 1 : 0);
    }
  };
}
std::size_t mask_row_count(const Laboratory& lab) {
  return lab.structure()[activate_table][0].size() - fin_of_activate(lab.structure()) - 1;
}

/// Whether the tables of the second witness can open to what those of the first do.
bool hides(Laboratory& lab) {
  Csprng random = Csprng::insecure(4);
  const Commitments seen = lab.commit(two().first, two().first_input, random);
  try {
    static_cast<void>(lab.disguise(two().second, two().second_input, seen));
    return true;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    MESSAGE(std::string(error.what()));
    return false;
  }
}

/// Names of the constraints of `activate` that the columns break.
std::set<std::string> broken_constraints(const Laboratory& lab, const Commitments& commitments) {
  TableTrace trace{.log_size = lab.shape().instances[activate_table].log_size, .trees = {}};
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    trace.trees[tree] = commitments.trees[tree][activate_table];
  }
  std::set<std::string> names;
  for (const Violation& violation : find_violations(TableKind::activate, 1, trace, lab.challenges(),
                                                    commitments.claimed_sums[activate_table])) {
    names.insert(violation.constraint);
  }
  return names;
}

}  // namespace

TEST_CASE("as_many_mask_rows_as_planned_hide") {
  Laboratory lab(two().first, options());
  CHECK(hides(lab));
}

TEST_CASE("one_live_row_less_than_openings_leaks") {
  // T is opened at the queries and at two points.
  const std::size_t openings_of_t = openings(queries, 2);
  Laboratory enough(two().first, options(), live_mask_rows(openings_of_t + 1));
  CHECK(hides(enough));
  Laboratory too_few(two().first, options(), live_mask_rows(openings_of_t - 1));
  CHECK_FALSE(hides(too_few));
}

TEST_CASE("one_dead_row_less_than_openings_leaks") {
  const std::size_t openings_of_p = openings(queries, 1);
  const Laboratory planned(two().first, options());
  const std::size_t rows = mask_row_count(planned);
  Laboratory enough(two().first, options(), live_mask_rows(rows - openings_of_p - 1));
  CHECK(hides(enough));
  Laboratory too_few(two().first, options(), live_mask_rows(rows - openings_of_p + 1));
  CHECK_FALSE(hides(too_few));
}

TEST_CASE("P_is_determined_where_live_is_1_everywhere") {
  Laboratory lab(two().first, options(), live_mask_rows(SIZE_MAX / 2));
  CHECK_FALSE(hides(lab));
  // Nor can P be drawn on those rows: its constraint, P dq dr = 0, does not allow it.
  Csprng random = Csprng::insecure(5);
  Commitments commitments = lab.commit(two().first, two().first_input, random);
  CHECK(broken_constraints(lab, commitments).empty());
  commitments.tree(Tree::logup)[activate_table][activate::P(0, 1)].back() += M31(1);
  CHECK(broken_constraints(lab, commitments) == std::set<std::string>{"activate.P_0"});
}

TEST_CASE("P_blinded_through_its_numerator_on_the_same_cells_leaks") {
  // On live mask rows P of lut is -m_0/d_0 - m_1/d_1 with denominators that are the same on every row: its
  // openings are then a fixed combination of those of m_0 and m_1, but for its real rows.
  Laboratory lab(two().first, options(), [](TableColumns& structure) {
    std::ranges::fill(structure[lut_table][index_of(lut::Structure::live)], M31(1));
  });
  CHECK(lab.free_rows(lut_table, Tree::logup, index_of(lut::LogUp::P0)).empty());
  const auto openings_of_p_and_m = [&](const Program& program, std::span<const std::int32_t> input,
                                       std::uint64_t seed) {
    Csprng random = Csprng::insecure(seed);
    const Commitments commitments = lab.commit(program, input, random);
    Columns columns;
    const auto take = [&](Tree tree, std::uint32_t first, std::uint32_t count) {
      const Columns& from = commitments.tree(tree)[lut_table];
      columns.insert(columns.end(), from.begin() + first, from.begin() + first + count);
    };
    take(Tree::witness, index_of(lut::Witness::m0), 2);
    take(Tree::logup, index_of(lut::LogUp::P0), 4);
    // rho stands in m on the fin row and would blind one dimension: suppose it is known.
    const std::size_t fin = fin_row(lab.structure()[lut_table][LutShape::fin]);
    for (BaseColumn& column : columns) column[fin] = M31();
    Vector all;
    for (const Vector& opened :
         open_columns(lab.opened_at(), lab.shape().instances[lut_table].log_size, columns, {0})) {
      all.insert(all.end(), opened.begin(), opened.end());
    }
    return all;
  };
  const Vector origin = openings_of_p_and_m(two().first, two().first_input, 0);
  Span masks(origin.size());
  const auto difference = [&](Vector from) {
    for (std::size_t i = 0; i < from.size(); ++i) from[i] -= origin[i];
    return from;
  };
  for (std::uint64_t seed = 1; seed <= origin.size(); ++seed) {
    masks.add(difference(openings_of_p_and_m(two().first, two().first_input, seed)));
  }
  MESSAGE("masks reach " << masks.rank() << " of " << origin.size() << " dimensions");
  CHECK(masks.rank() == 2 * openings(queries, 1));
  CHECK_FALSE(masks.contains(difference(openings_of_p_and_m(two().second, two().second_input, 1))));
}

TEST_CASE("cells_in_denominators_must_be_zero_on_dead_rows") {
  Laboratory lab(two().first, options());
  Csprng random = Csprng::insecure(6);
  Commitments commitments = lab.commit(two().first, two().first_input, random);
  CHECK(broken_constraints(lab, commitments).empty());
  // Then P and W are not free there.
  for (BaseColumn& column : commitments.tree(Tree::witness)[activate_table]) column.back() = random.next();
  CHECK(broken_constraints(lab, commitments).contains("activate.P_0"));
  commitments = lab.commit(two().first, two().first_input, random);
  commitments.tree(Tree::fingerprints)[activate_table][index_of(activate::Fingerprint::T)].back() =
      random.next();
  commitments.tree(Tree::witness)[activate_table][activate::y(0, 1)].back() = random.next();
  CHECK(broken_constraints(lab, commitments).contains("activate.W"));
}

TEST_CASE("claimed_sums_without_rho_are_the_witness_s") {
  const Laboratory lab(two().first, options());
  const auto claimed = [&](const Program& program, std::span<const std::int32_t> input, std::uint64_t seed,
                           bool with_rho) {
    Csprng random = Csprng::insecure(seed);
    const Commitments commitments = lab.commit(program, input, random);
    auto sums = commitments.claimed_sums;
    for_each_table([&]<class Shape>(auto kind, Shape) {
      const std::size_t table = kind_index(kind);
      if (kind == TableKind::data) return;
      const std::size_t row = fin_row(lab.structure()[table][Shape::fin]);
      if (!with_rho) sums[table] -= secure_at(commitments.tree(Shape::rho_tree)[table], Shape::rho, row);
    });
    return sums;
  };
  const auto without = claimed(two().first, two().first_input, 1, false);
  CHECK(claimed(two().first, two().first_input, 2, false) == without);
  const auto other = claimed(two().second, two().second_input, 1, false);
  for (std::size_t table = 0; table < lab.shape().claims(); ++table) {
    if (table != linear_table) CHECK(other[table] != without[table]);
  }
  // With rho, only their sum is the same.
  const auto first = claimed(two().first, two().first_input, 1, true);
  const auto second = claimed(two().first, two().first_input, 2, true);
  QM31 sum;
  for (std::size_t table = 0; table < lab.shape().claims(); ++table) {
    CHECK(first[table] != second[table]);
    sum += first[table] - second[table];
  }
  CHECK(sum.is_zero());
}

TEST_CASE("the_weights_leak_in_the_first_proof_beyond_the_budget") {
  const Plan chosen = plan(two().first, options(10));
  Laboratory lab(two().first, options(10));
  const auto free = lab.free_rows(linear_table, Tree::weights, 0);
  REQUIRE(chosen.proof_budget == proofs_hidden_by(free.size(), queries));
  const std::uint32_t log_size = lab.shape().instances[linear_table].log_size;
  std::vector<std::size_t> fixed;
  for (std::size_t row = 0; row < std::size_t{1} << log_size; ++row) {
    if (std::ranges::find(free, row) == free.end()) fixed.push_back(row);
  }
  // By opening: its coefficients at the mask rows, then at the real rows. What a combination of openings says
  // of the real rows alone is a row of the second kind.
  Span opened(free.size() + fixed.size());
  std::size_t leaks = 0, proofs = 0;
  const auto show = [&](const Openings& units) {
    for (std::size_t i = 0; i < units[0].size(); ++i) {
      Vector coefficients;
      for (const std::size_t row : free) coefficients.push_back(units[row][i]);
      for (const std::size_t row : fixed) coefficients.push_back(units[row][i]);
      opened.add(coefficients);
    }
  };
  const Openings of_pin =
      lab.pin_units(Pinned::weights, log_size);  // the key shows it before the first proof
  REQUIRE(of_pin[0].size() == pinned_openings);
  show(of_pin);
  for (; leaks == 0; ++proofs, lab.redraw()) {
    show(lab.units(log_size, {0}));
    leaks = opened.rank_behind(free.size());
  }
  MESSAGE(free.size() << " mask rows: " << chosen.proof_budget << " proofs say nothing, " << proofs << " say "
                      << leaks << " equations about each column of the weights");
  CHECK(proofs == chosen.proof_budget + 1);
}
