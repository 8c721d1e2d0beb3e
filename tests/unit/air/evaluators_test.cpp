// One set of constraints, run by every evaluator with the same values.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "air/codegen/generate.hpp"
#include "air/dsl/inspector.hpp"
#include "air/evaluate/components.hpp"
#include "air/prover/component_provers.hpp"
#include "compute/simd/dispatch.hpp"
#include "core/circle.hpp"

using namespace circlet;

namespace {

const Challenges challenges = {QM31::from_u32(3, 1, 4, 1), QM31::from_u32(5, 9, 2, 6),
                               QM31::from_u32(5, 3, 5, 8), QM31::from_u32(9, 7, 9, 3)};

struct Random {
  std::mt19937 engine{7};
  M31 base() { return M31::reduce(engine()); }
  QM31 secure() { return {base(), base(), base(), base()}; }
};

std::vector<std::uint32_t> lanes_to_try(TableKind kind) {
  if (kind == TableKind::linear) return {1, 2, 3, 4, 5, 16, 17, 64, 80};
  if (kind == TableKind::activate) return {1, 2, 3, 4, 7, 8, 64};
  return {TableInstance{kind}.lanes()};
}

/// An instance of every kind, one of them with these lanes and this size.
AirShape shape_of(TableKind kind, std::uint32_t lanes, std::uint32_t log_size) {
  AirShape shape{{{TableKind::linear, 1},
                  {TableKind::activate, 1},
                  {TableKind::lut},
                  {TableKind::mac},
                  {TableKind::data},
                  {TableKind::blinder}}};
  TableInstance& instance = shape.instances[kind_index(kind)];
  if (instance.parameter != 0) instance.parameter = lanes;
  instance.log_size = log_size;
  return shape;
}

/// The masks of a table whose columns are the first of every tree.
ComponentMasks masks_of(const TableLayout& layout) {
  ComponentMasks masks;
  for (std::size_t tree = 0; tree < tree_count; ++tree)
    masks.push_back(layout.masks(static_cast<Tree>(tree), 0));
  return masks;
}

/// previous_slot of canonic(log_size): one step of the trace domain of half its size.
std::vector<std::uint32_t> previous_slots(std::uint32_t log_size) {
  const CanonicDomain domain{log_size};
  const CirclePointIndex step = CirclePointIndex::subgroup_generator(log_size - 1);
  std::map<std::uint32_t, std::uint32_t> slot_of_point;
  for (std::uint32_t s = 0; s < 1U << log_size; ++s) slot_of_point[domain.index_at_slot(s).value] = s;
  std::vector<std::uint32_t> previous;
  for (std::uint32_t s = 0; s < 1U << log_size; ++s) {
    previous.push_back(slot_of_point.at((domain.index_at_slot(s) + -step).value));
  }
  return previous;
}

/// Random columns of a table over a domain.
struct RandomDomain {
  std::vector<std::vector<BaseColumn>> columns;
  std::vector<std::uint32_t> previous;
  DomainEvaluations evaluations;

  RandomDomain(const TableLayout& layout, std::uint32_t log_size, std::vector<std::uint32_t> previous_slot,
               Random& random)
      : previous(std::move(previous_slot)) {
    evaluations.log_size = log_size;
    evaluations.previous_slot = previous.data();
    evaluations.vanishing_inverses = {random.base(), random.base()};
    for (std::size_t tree = 0; tree < tree_count; ++tree) {
      columns.emplace_back();
      evaluations.columns.emplace_back();
      for (std::uint32_t c = 0; c < layout.widths[tree]; ++c) {
        columns[tree].emplace_back(std::size_t{1} << log_size);
        for (M31& value : columns[tree].back()) value = random.base();
      }
      for (const BaseColumn& column : columns[tree]) evaluations.columns[tree].push_back(words(column));
    }
  }
};

/// The mask values of one slot as if they were those of a point.
MaskValues values_at(const TableLayout& layout, const RandomDomain& domain, std::uint32_t slot) {
  MaskValues values(tree_count);
  const ComponentMasks masks = masks_of(layout);
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    for (const ColumnMask& mask : masks[tree]) {
      values[tree].emplace_back();
      for (const int offset : mask.offsets) {
        values[tree].back().push_back(
            domain.columns[tree][mask.column][offset == 0 ? slot : domain.previous[slot]]);
      }
    }
  }
  return values;
}

void check_lanes_against_point(TableKind kind, std::uint32_t lanes, std::uint32_t log_size,
                               std::vector<std::uint32_t> previous) {
  Random random;
  const TableLayout layout = table_layout(kind, lanes);
  const RandomDomain domain(layout, log_size, std::move(previous), random);
  const AirShape shape = shape_of(kind, lanes, log_size - 1);
  std::vector<QM31> claimed;
  for (std::size_t table = 0; table < shape.claims(); ++table) claimed.push_back(random.secure());
  const std::size_t index = kind_index(kind);
  const QM31 rho = random.secure();
  std::vector<QM31> coefficients;
  for (std::size_t j = layout.constraints.size(); j-- > 0;) coefficients.push_back(rho.pow(j));

  SecureColumn out(std::size_t{1} << log_size);
  for (std::size_t s = 0; s < out.size(); ++s) out.set(s, QM31(M31(17)));
  const auto provers = make_component_provers(shape, challenges, claimed);
  const std::uint32_t size = 1U << log_size,
                      cut = size >= 64 ? size / 2 + 16 : size;  // two ranges, one across the middle
  const std::array<std::uint32_t*, 4> pointers = {words(out.coordinates[0]), words(out.coordinates[1]),
                                                  words(out.coordinates[2]), words(out.coordinates[3])};
  provers[index]->accumulate(domain.evaluations, 0, cut, coefficients, pointers);
  if (cut != size) provers[index]->accumulate(domain.evaluations, cut, size, coefficients, pointers);

  const auto components = make_components(shape, challenges, claimed);
  for (std::uint32_t s = 0; s < size; ++s) {
    PointAccumulator accumulator(rho);
    components[index]->evaluate_at_point(values_at(layout, domain, s), accumulator);
    const QM31 expected =
        QM31(M31(17)) + accumulator.value() * domain.evaluations.vanishing_inverses[s >> (log_size - 1)];
    REQUIRE(out.at(s) == expected);
  }
}

void check_every_table(std::uint32_t log_size, const std::vector<std::uint32_t>& previous) {
  for (std::size_t index = 0; index < table_kind_count; ++index) {
    for (const std::uint32_t lanes : lanes_to_try(kind_at(index))) {
      CAPTURE(index);
      CAPTURE(lanes);
      check_lanes_against_point(kind_at(index), lanes, log_size, previous);
    }
  }
}

}  // namespace

TEST_CASE("every_lane_of_the_domain_evaluator_equals_the_point_evaluator") {
  check_every_table(7, previous_slots(7));
  const ScopedSimdLevel portable(SimdLevel::portable);
  check_every_table(6, previous_slots(6));
}

TEST_CASE("domains_smaller_than_a_vector_are_evaluated_slot_by_slot") {
  for (const std::uint32_t log_size : {2U, 3U, 4U, 5U}) check_every_table(log_size, previous_slots(log_size));
}

TEST_CASE("the_previous_row_is_found_through_any_permutation_of_slots") {
  std::vector<std::uint32_t> previous(64);
  for (std::uint32_t s = 0; s < 64; ++s) previous[s] = (s * 37 + 11) % 64;
  check_every_table(6, previous);
}

TEST_CASE("the_symbolic_constraints_equal_the_point_evaluator") {
  Random random;
  for (std::size_t index = 0; index < table_kind_count; ++index) {
    const TableKind kind = kind_at(index);
    const SymbolicTable symbolic = symbolic_table(kind);
    for (const std::uint32_t lanes : lanes_to_try(kind)) {
      const TableLayout layout = table_layout(kind, lanes);
      MaskValues values(tree_count);
      const ComponentMasks masks = masks_of(layout);
      for (std::size_t tree = 0; tree < tree_count; ++tree) {
        for (const ColumnMask& mask : masks[tree]) {
          values[tree].emplace_back();
          for (std::size_t i = 0; i < mask.offsets.size(); ++i)
            values[tree].back().push_back(random.secure());
        }
      }
      const std::vector<QM31> claimed(table_kind_count, random.secure());
      const QM31 rho = random.secure();
      PointAccumulator point(rho), expressions(rho);
      make_components(shape_of(kind, lanes, 5), challenges, claimed)[index]->evaluate_at_point(values, point);
      const auto constraints =
          evaluate(symbolic, lanes, values, TableConstants(challenges, claimed[index], lanes));
      CHECK(constraints.size() == layout.constraints.size());
      for (const QM31& constraint : constraints) expressions.add(constraint);
      CHECK(expressions.value() == point.value());
    }
  }
}

TEST_CASE("constraints_have_the_degrees_that_the_reference_states") {
  const std::map<std::string, std::uint32_t> expected = {
      {"linear.b", 2},     {"linear.S", 3},     {"linear.claim", 2}, {"linear.R", 3},   {"linear.fin", 2},
      {"activate.T", 2},   {"activate.P_0", 3}, {"activate.P_1", 3}, {"activate.W", 3}, {"activate.R", 2},
      {"activate.fin", 2}, {"lut.P_0", 3},      {"lut.P_1", 3},      {"lut.R", 2},      {"lut.fin", 2},
      {"mac.S", 3},        {"mac.P", 3},        {"mac.R", 3},        {"mac.fin", 2},    {"blinder.b_0", 3},
      {"blinder.b_1", 3},  {"blinder.b_2", 3},  {"blinder.b_3", 3},  {"data.b", 2},     {"data.R", 3},
      {"data.fin", 2}};
  std::map<std::string, std::uint32_t> found;
  const AirShape shape = shape_of(TableKind::activate, 2, 5);
  for (const TableLayout& layout : table_layouts(shape)) {
    for (const LayoutConstraint& constraint : layout.constraints) found[constraint.name] = constraint.degree;
  }
  CHECK(found == expected);
}

TEST_CASE("the_named_columns_are_the_columns_that_the_constraints_ask_for") {
  const auto names = [](const TableLayout& layout, Tree tree) {
    std::map<std::string, std::uint32_t> result;
    for (const LayoutColumn& column : layout.columns[static_cast<std::size_t>(tree)])
      result[column.name] = column.first;
    return result;
  };
  using Names = std::map<std::string, std::uint32_t>;
  const auto all_but = [](std::uint32_t count, const TableLayout& layout, Tree tree) {
    return layout.width(tree) == count;
  };
  {
    using namespace circlet::linear;
    const TableLayout layout = table_layout(TableKind::linear, 3);
    const auto s = names(layout, Tree::structure);
    CHECK(all_but(index_of(Structure::count), layout, Tree::structure));
    CHECK(s == Names{{"live", index_of(Structure::live)},
                     {"real", index_of(Structure::real)},
                     {"cont", index_of(Structure::cont)},
                     {"f", index_of(Structure::f)},
                     {"keep", index_of(Structure::keep)},
                     {"claim", index_of(Structure::claim)},
                     {"keepr", index_of(Structure::keepr)},
                     {"n", index_of(Structure::n)},
                     {"id", index_of(Structure::id)},
                     {"fin", index_of(Structure::fin)}});
    CHECK(names(layout, Tree::weights) == Names{{"w_0", 0}, {"w_1", 1}, {"w_2", 2}});
    CHECK(names(layout, Tree::fingerprints) == Names{{"A", index_of(Fingerprint::A)},
                                                     {"b", index_of(Fingerprint::b)},
                                                     {"S", index_of(Fingerprint::S)}});
    CHECK(names(layout, Tree::logup) == Names{{"R", index_of(LogUp::R)}});
    CHECK(s.at("fin") == LinearShape::fin);
  }
  {
    using namespace circlet::activate;
    const TableLayout layout = table_layout(TableKind::activate, 2);
    const auto s = names(layout, Tree::structure);
    CHECK(s == Names{{"live", index_of(Structure::live)},
                     {"real", index_of(Structure::real)},
                     {"kt", index_of(Structure::kt)},
                     {"two_s", index_of(Structure::two_s)},
                     {"off", index_of(Structure::off)},
                     {"fnq", index_of(Structure::fnq)},
                     {"fnr", index_of(Structure::fnr)},
                     {"idY", index_of(Structure::idY)},
                     {"nY", index_of(Structure::nY)},
                     {"idT", index_of(Structure::idT)},
                     {"nT", index_of(Structure::nT)},
                     {"keepr", index_of(Structure::keepr)},
                     {"fin", index_of(Structure::fin)}});
    CHECK(names(layout, Tree::witness) == Names{{"q_0", q(0, 2)},
                                                {"q_1", q(1, 2)},
                                                {"r_0", r(0, 2)},
                                                {"r_1", r(1, 2)},
                                                {"y_0", y(0, 2)},
                                                {"y_1", y(1, 2)}});
    CHECK(names(layout, Tree::fingerprints) == Names{{"T", index_of(Fingerprint::T)}});
    CHECK(names(layout, Tree::logup) == Names{{"P_0", P(0, 2)}, {"P_1", P(1, 2)}, {"W", W(2)}, {"R", R(2)}});
    CHECK(layout.width(Tree::logup) == logup_count(2));
    CHECK(s.at("fin") == ActivateShape::fin);
  }
  {
    using namespace circlet::lut;
    const TableLayout layout = table_layout(TableKind::lut, 4);
    const auto s = names(layout, Tree::structure);
    CHECK(s == Names{{"live", index_of(Structure::live)},
                     {"real", index_of(Structure::real)},
                     {"keepr", index_of(Structure::keepr)},
                     {"fin", index_of(Structure::fin)},
                     {"fn", index_of(Structure::fn)},
                     {"q", index_of(Structure::q)},
                     {"y_0", index_of(Structure::y0)},
                     {"y_1", index_of(Structure::y1)},
                     {"y_2", index_of(Structure::y2)},
                     {"y_3", index_of(Structure::y3)}});
    CHECK(names(layout, Tree::witness) == Names{{"m_0", index_of(Witness::m0)},
                                                {"m_1", index_of(Witness::m1)},
                                                {"m_2", index_of(Witness::m2)},
                                                {"m_3", index_of(Witness::m3)}});
    CHECK(names(layout, Tree::logup) ==
          Names{{"P_0", index_of(LogUp::P0)}, {"P_1", index_of(LogUp::P1)}, {"R", index_of(LogUp::R)}});
    CHECK(s.at("fin") == LutShape::fin);
  }
  {
    using namespace circlet::mac;
    const TableLayout layout = table_layout(TableKind::mac, 1);
    const auto s = names(layout, Tree::structure);
    CHECK(s == Names{{"live", index_of(Structure::live)},
                     {"real", index_of(Structure::real)},
                     {"k1", index_of(Structure::k1)},
                     {"kt", index_of(Structure::kt)},
                     {"idA", index_of(Structure::idA)},
                     {"idB", index_of(Structure::idB)},
                     {"idY", index_of(Structure::idY)},
                     {"nY", index_of(Structure::nY)},
                     {"keepr", index_of(Structure::keepr)},
                     {"fin", index_of(Structure::fin)}});
    CHECK(names(layout, Tree::fingerprints) == Names{{"A", index_of(Fingerprint::A)},
                                                     {"B", index_of(Fingerprint::B)},
                                                     {"S", index_of(Fingerprint::S)}});
    CHECK(names(layout, Tree::logup) == Names{{"P", index_of(LogUp::P)}, {"R", index_of(LogUp::R)}});
    CHECK(s.at("fin") == MacShape::fin);
  }
  {
    using namespace data;
    const TableLayout layout = table_layout(TableKind::data, row_values);
    const auto s = names(layout, Tree::structure);
    CHECK(s == Names{{"live", index_of(Structure::live)},
                     {"real", index_of(Structure::real)},
                     {"cont", index_of(Structure::cont)},
                     {"keepr", index_of(Structure::keepr)},
                     {"n", index_of(Structure::n)},
                     {"id", index_of(Structure::id)},
                     {"fin", index_of(Structure::fin)}});
    CHECK(names(layout, Tree::fingerprints) == Names{{"b", index_of(Fingerprint::b)}});
    CHECK(names(layout, Tree::logup) == Names{{"R", index_of(LogUp::R)}});
    CHECK(s.at("fin") == DataShape::fin);
  }
}

TEST_CASE("trees_are_as_wide_as_the_cairo_layout_states") {
  const auto widths = [](const AirShape& shape) {
    std::vector<std::uint32_t> result;
    for (std::size_t tree = 0; tree < shape.tree_count(); ++tree) result.push_back(tree_width(shape, tree));
    return result;
  };
  AirShape on_chain{{{TableKind::linear, 16},
                     {TableKind::activate, 1},
                     {TableKind::lut},
                     {TableKind::mac},
                     {TableKind::blinder}}};
  CHECK(widths(on_chain) == std::vector<std::uint32_t>{44, 21, 20, 33, 41});
  on_chain.instances.insert(on_chain.instances.end() - 1, 2, {TableKind::data});
  CHECK(widths(on_chain) == std::vector<std::uint32_t>{44 + 2 * 7, 21, 20, 33 + 2 * 4, 41 + 2 * 4, 21, 21});
}

TEST_CASE("the_columns_of_a_tree_are_those_of_one_instance_after_another") {
  const AirShape shape{{{TableKind::linear, 2, 5},
                        {TableKind::linear, 3, 6},
                        {TableKind::activate, 1, 5},
                        {TableKind::activate, 4, 4},
                        {TableKind::data, 0, 6},
                        {TableKind::data, 0, 6},
                        {TableKind::blinder, 0, 6}}};
  const auto components = make_components(shape, challenges, std::vector<QM31>(shape.claims()));
  REQUIRE(components.size() == shape.instances.size());
  REQUIRE(shape.tree_count() == 7);
  std::vector<std::uint32_t> next(shape.tree_count());
  for (std::size_t i = 0; i < components.size(); ++i) {
    CHECK(components[i]->log_size() == shape.instances[i].log_size);
    REQUIRE(components[i]->masks().size() == shape.tree_count());
    for (std::size_t tree = 0; tree < next.size(); ++tree) {
      CHECK(components[i]->masks()[tree].size() == columns_in_tree(shape, i, tree));
      for (const ColumnMask& mask : components[i]->masks()[tree]) CHECK(mask.column == next[tree]++);
    }
  }
  for (std::size_t tree = 0; tree < next.size(); ++tree) CHECK(next[tree] == tree_width(shape, tree));
  // Each table of committed values has a tree for itself.
  for (const std::size_t table : {4UL, 5UL}) {
    CHECK(components[table]->masks()[table + 1].size() == data::row_values + data::salts);
    CHECK(components[9 - table]->masks()[table + 1].empty());
  }
}

TEST_CASE("a_row_uses_the_messages_that_its_table_lists") {
  const auto uses = [](TableKind kind, std::uint32_t lanes) {
    const RowMessages row = row_messages(kind);
    return std::pair(row.used + row.used_per_lane * lanes, row.sent + row.sent_per_lane * lanes);
  };
  CHECK(uses(TableKind::linear, 16) == std::pair(1U, 1U));
  CHECK(uses(TableKind::activate, 3) == std::pair(7U, 8U));
  CHECK(uses(TableKind::lut, 4) == std::pair(0U, 4U));
  CHECK(uses(TableKind::mac, 1) == std::pair(2U, 3U));
  CHECK(uses(TableKind::data, 16) == std::pair(1U, 1U));
  CHECK(uses(TableKind::blinder, 1) == std::pair(0U, 0U));
}
