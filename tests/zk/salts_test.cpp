// What salts are there for: the hash of a leaf that is not opened stands beside the openings, as a sibling on
// their paths, and confirms a guess of what it hashes.
#include <doctest/doctest.h>

#include <algorithm>

#include "air/prover/blinder.hpp"
#include "air/tables/blinder/columns.hpp"
#include "compute/csprng.hpp"
#include "fri/prover/committed_tree.hpp"
#include "fri/prover/storage_order.hpp"
#include "tests/zk/openings.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr std::uint32_t log_size = 6, log_blowup = 2;
constexpr std::int32_t magnitude = 20;
constexpr std::size_t secret_row = 5;

/// The proof's view of one column of weights: few rows are masked, and the attacker knows all weights but
/// one.
struct View {
  BaseColumn known;  // 0 where unknown
  OpenedAt at;
  Vector opened;
  Blake2sHash sibling;  // of the first opened leaf
};

/// A tree of one column of weights, which is masked on as many rows as there are openings and so opens to
/// uniform values, and of `salts` columns as the blinder draws them.
View commit_and_open(std::int32_t secret, std::size_t salts) {
  Csprng random = Csprng::insecure(10);
  View view;
  view.at = {.height = log_size, .log_blowup = log_blowup, .positions = {2, 9, 77, 200}};
  const QM31 t(random.next(), random.next(), random.next(), random.next()), one = M31(1);
  const QM31 inverse = (one + t.square()).inverse();
  view.at.point = {(one - t.square()) * inverse, (t + t) * inverse};
  const std::size_t rows = std::size_t{1} << log_size, masks = view.at.positions.size() + 4;
  view.known = BaseColumn(rows, M31());
  for (std::size_t row = 0; row + masks < rows; ++row) {
    view.known[row] = M31::from_signed(static_cast<std::int32_t>(row % 41) - magnitude);
  }
  view.known[secret_row] = M31();
  Columns columns = {view.known};
  columns[0][secret_row] = M31::from_signed(secret);
  random.fill(std::span(columns[0]).last(masks));
  view.opened = open_columns(view.at, log_size, columns, {0})[0];
  const Columns of_blinder =
      blinder_columns(Tree::weights, blinder_structure(log_size, 1, view.at.positions.size()), &random);
  REQUIRE(of_blinder.size() == blinder::salts);
  columns.insert(columns.end(), of_blinder.begin(), of_blinder.begin() + static_cast<std::ptrdiff_t>(salts));
  ColumnSet evaluations(std::vector<std::uint32_t>(columns.size(), log_size));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    to_storage_order(columns[i], evaluations.mutable_column(i));
  }
  const auto tree = CommittedTree<Blake2sMerkleChannel>::from_evaluations(std::move(evaluations), log_blowup);
  view.sibling = tree->open(view.at.positions).hash_witness[0];
  return view;
}

/// The weights for which the sibling's leaf, as far as it is known, has the sibling's hash.
std::vector<std::int32_t> guesses_confirmed(const View& view) {
  const Openings units = unit_openings(view.at, log_size, {0});
  const OpenedAt sibling_at{.height = log_size,
                            .log_blowup = log_blowup,
                            .point = view.at.point,
                            .positions = {view.at.positions[0] ^ 1U}};
  const std::size_t masks = view.opened.size();
  std::vector<std::int32_t> confirmed;
  for (std::int32_t guess = -magnitude; guess <= magnitude; ++guess) {
    BaseColumn column = view.known;
    column[secret_row] = M31::from_signed(guess);
    const Openings of_guess = open_columns(view.at, log_size, std::span(&column, 1), {0});
    Vector of_masks = view.opened;
    for (std::size_t i = 0; i < masks; ++i) of_masks[i] -= of_guess[0][i];
    const auto drawn = Solution(std::span(units).last(masks), of_masks).x;
    REQUIRE(drawn.has_value());  // the openings alone exclude no guess
    std::ranges::copy(*drawn, column.end() - static_cast<std::ptrdiff_t>(masks));
    const Vector leaf = open_columns(sibling_at, log_size, std::span(&column, 1), {0})[0];
    if (Blake2sMerkleChannel::leaf(std::span(leaf).first(1)) == view.sibling) confirmed.push_back(guess);
  }
  return confirmed;
}

}  // namespace

TEST_CASE("the_hash_of_an_unopened_leaf_without_salts_confirms_a_guess") {
  for (const std::int32_t secret : {-20, -3, 0, 17}) {
    CHECK(guesses_confirmed(commit_and_open(secret, 0)) == std::vector{secret});
  }
}

TEST_CASE("the_hash_of_a_salted_leaf_confirms_no_guess") {
  for (const std::int32_t secret : {-20, -3, 0, 17}) {
    CHECK(guesses_confirmed(commit_and_open(secret, blinder::salts)).empty());
  }
}

TEST_CASE("the_salts_of_a_leaf_are_uniform_given_those_of_the_opened_ones") {
  // One position more than is opened: its value is independent of the values at the others and of nothing
  // else.
  const OpenedAt at{
      .height = log_size, .log_blowup = log_blowup, .point = {}, .positions = {2, 3, 9, 77, 200}};
  const Openings units = unit_openings(at, log_size, {});
  Span span(at.positions.size());
  for (const Vector& unit : units) span.add(unit);
  CHECK(span.rank() == at.positions.size());
}
