#include "air/prover/mask_rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/storage_order.hpp"

using namespace circlet;

TEST_CASE("tables_have_one_free_row_more_than_a_proof_opens_values") {
  // 18 queries: 22 openings of a column sampled once, 26 of one sampled twice.
  CHECK(mask_rows(table_layout(TableKind::linear, 16), 18) == MaskRows{.live = 27, .dead = 0});
  CHECK(mask_rows(table_layout(TableKind::activate, 1), 18) == MaskRows{.live = 27, .dead = 23});
  CHECK(mask_rows(table_layout(TableKind::activate, 8), 18) == MaskRows{.live = 27, .dead = 23});
  CHECK(mask_rows(table_layout(TableKind::lut, 4), 18) == MaskRows{.live = 0, .dead = 27});
  CHECK(mask_rows(table_layout(TableKind::mac, 1), 18) == MaskRows{.live = 27, .dead = 23});
}

TEST_CASE("a_budget_of_proofs_is_what_its_mask_rows_hide") {
  for (const std::size_t queries : {3UL, 18UL, 80UL}) {
    for (const std::size_t proofs : {1UL, 2UL, 100UL}) {
      CHECK(proofs_hidden_by(weight_mask_rows(queries, proofs), queries) == proofs);
      CHECK(proofs_hidden_by(weight_mask_rows(queries, proofs) - 1, queries) == proofs - 1);
    }
    CHECK(proofs_hidden_by(0, queries) == 0);
    // The key's pin alone takes eight.
    CHECK(weight_mask_rows(queries, 0) == 9);
    CHECK(weight_mask_rows(queries, 1) == queries + 13);
    CHECK(proofs_hidden_by(8, queries) == 0);
  }
}

TEST_CASE("denominators_vanish_on_dead_rows_and_pairs_are_free_there_alone") {
  const auto free_rows = [](TableKind table, Tree tree, const std::string& name) {
    const TableLayout layout = table_layout(table, 1);
    const auto& columns = layout.columns[static_cast<std::size_t>(tree)];
    const auto found = std::ranges::find(columns, name, &LayoutColumn::name);
    REQUIRE(found != columns.end());
    return found->free_rows;
  };
  CHECK(free_rows(TableKind::linear, Tree::weights, "w_0") == FreeRows::all);
  CHECK(free_rows(TableKind::linear, Tree::fingerprints, "A") == FreeRows::live);
  CHECK(free_rows(TableKind::linear, Tree::fingerprints, "b") == FreeRows::all);
  CHECK(free_rows(TableKind::linear, Tree::logup, "R") == FreeRows::all);
  for (const auto* cell : {"q_0", "r_0", "y_0"}) {
    CHECK(free_rows(TableKind::activate, Tree::witness, cell) == FreeRows::live);
  }
  CHECK(free_rows(TableKind::activate, Tree::fingerprints, "T") == FreeRows::live);
  for (const auto* pair : {"P_0", "W"}) {
    CHECK(free_rows(TableKind::activate, Tree::logup, pair) == FreeRows::dead);
  }
  CHECK(free_rows(TableKind::lut, Tree::witness, "m_0") == FreeRows::all);
  CHECK(free_rows(TableKind::lut, Tree::logup, "P_0") == FreeRows::dead);
  for (const auto* cell : {"A", "B", "S"}) {
    CHECK(free_rows(TableKind::mac, Tree::fingerprints, cell) == FreeRows::live);
  }
  CHECK(free_rows(TableKind::mac, Tree::structure, "live") == FreeRows::none);
}

TEST_CASE("the_column_a_of_the_blinder_vanishes_nowhere_on_the_extended_domain") {
  for (const std::size_t queries : {1UL, 18UL, 80UL}) {
    const std::uint32_t log_size = blinder_log_size(queries);
    CHECK((std::size_t{1} << log_size) >= 4 * queries + 23);
    const std::size_t first = first_blinder_row(log_size, 2, queries);
    CHECK(first >= 1);
    const BaseColumn a = blinder_structure(log_size, first, queries);
    CHECK(static_cast<std::size_t>(std::ranges::count(a, M31(1))) == queries + 6);
    BaseColumn values(a.size()), extension(4 * a.size());
    to_storage_order(a, values);
    circle_ifft(values);
    low_degree_extension(values, extension);
    CHECK(std::ranges::none_of(extension, [](M31 x) { return x.is_zero(); }));
  }
}

TEST_CASE("the_columns_b_are_zero_before_the_rows_of_a_and_random_elsewhere") {
  constexpr std::size_t queries = 18;
  const BaseColumn a = blinder_structure(8, 3, queries);
  Csprng random = Csprng::insecure(1);
  const Columns columns = blinder_columns(Tree::witness, a, &random);
  REQUIRE(columns.size() == 8 + blinder::salts);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const bool is_b = c >= index_of(blinder::Witness::b) && c < index_of(blinder::Witness::count);
    for (std::size_t row = 0; row < a.size(); ++row) {
      const bool before = row >= 2 && row < 2 + queries + 6;
      CHECK(columns[c][row].is_zero() == (is_b && before));
    }
  }
  for (const BaseColumn& column : blinder_columns(Tree::witness, a, nullptr)) {
    CHECK(std::ranges::all_of(column, [](M31 x) { return x.is_zero(); }));
  }
}
