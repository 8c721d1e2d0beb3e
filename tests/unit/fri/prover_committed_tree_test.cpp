#include "fri/prover/committed_tree.hpp"
#include "tests/unit/fri/prover_support.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

using Tree = CommittedTree<Blake2sMerkleChannel>;

ColumnSet random_columns(const std::vector<std::uint32_t>& log_sizes) {
  ColumnSet set(log_sizes);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const BaseColumn values = random_column(set[i].size(), static_cast<std::uint32_t>(i));
    std::ranges::copy(values, set.mutable_column(i).begin());
  }
  return set;
}

}  // namespace

TEST_CASE("evaluations_reappear_as_the_values_of_the_committed_coefficients") {
  const auto tree = Tree::from_evaluations(random_columns({6, 3, 1}), 2);
  const ColumnSet evaluations = random_columns({6, 3, 1});
  for (std::size_t i = 0; i < evaluations.size(); ++i) {
    BaseColumn values(tree->coefficients()[i].begin(), tree->coefficients()[i].end());
    circle_fft(values);
    CHECK(std::ranges::equal(values, evaluations[i]));
    BaseColumn extension(4 * values.size());
    low_degree_extension(tree->coefficients()[i], extension);
    CHECK(std::ranges::equal(tree->head()[i], std::span(extension).first(2 * values.size())));
  }
  CHECK(tree->merkle().height() == 8);
}

TEST_CASE("an_opening_shows_the_whole_extensions_and_their_merkle_tree") {
  std::mt19937 random(1);
  at_each_simd_level([&] {
    for (const std::uint32_t log_blowup : {1U, 2U, 4U}) {
      for (const auto& log_sizes : std::vector<std::vector<std::uint32_t>>{
               {1}, {3, 1, 2}, {4, 6, 1, 5, 6}, {10, 7, 1, 3, 10, 9, 2}, {1, 12, 12, 5, 6}}) {
        CAPTURE(log_blowup);
        CAPTURE(log_sizes.size());
        const auto tree = Tree::from_evaluations(random_columns(log_sizes), log_blowup);
        const std::uint32_t height = tree->merkle().height();
        std::vector<BaseColumn> extensions;
        for (const auto& coefficients : tree->coefficients().columns()) {
          low_degree_extension(coefficients, extensions.emplace_back(coefficients.size() << log_blowup));
        }
        const std::vector<std::span<const M31>> views(extensions.begin(), extensions.end());
        const auto whole = MerkleTree<Blake2sMerkleChannel>::commit(views);
        REQUIRE(whole.root() == tree->merkle().root());
        for (const std::uint32_t queries : {1U, 2U, 7U, 60U}) {
          std::vector<std::uint32_t> positions;
          for (std::uint32_t q = 0; q < queries; ++q) positions.push_back(random() % (1U << height));
          std::ranges::sort(positions);
          positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
          const auto opening = tree->open(positions);
          for (std::size_t c = 0; c < log_sizes.size(); ++c) {
            for (std::size_t q = 0; q < positions.size(); ++q) {
              const auto slot = lifted_slot(positions[q], height, log_sizes[c] + log_blowup);
              REQUIRE(opening.values[c].at(q) == extensions[c][slot]);
            }
          }
          REQUIRE(opening.hash_witness == whole.decommit(positions, views));
        }
      }
    }
  });
}

TEST_CASE("a_tree_of_no_columns_opens_nothing") {
  const auto tree = Tree::from_evaluations(ColumnSet(), 2);
  CHECK(tree->merkle().root() == Blake2sMerkleChannel::leaf({}));
  const auto opening = tree->open({});
  CHECK(opening.values.empty());
  CHECK(opening.hash_witness.empty());
}

TEST_CASE("a_tree_made_of_views_of_another_trees_parts_is_the_same_tree") {
  const auto tree = Tree::from_evaluations(random_columns({5, 2}), 2);
  const auto copy =
      Tree::from_parts(ColumnSet(tree->coefficients().log_sizes(), tree->coefficients().values(), tree),
                       ColumnSet(tree->head().log_sizes(), tree->head().values(), tree),
                       MerkleTree<Blake2sMerkleChannel>(7, tree->merkle().nodes(), tree), 2);
  CHECK(copy->merkle().root() == tree->merkle().root());
  const std::vector<std::uint32_t> positions = {3, 9, 40, 127};
  const auto expected = tree->open(positions), found = copy->open(positions);
  CHECK(found.values == expected.values);
  CHECK(found.hash_witness == expected.hash_witness);
}

TEST_CASE("parts_that_do_not_fit_together_are_refused") {
  const auto tree = Tree::from_evaluations(random_columns({5, 2}), 1);
  const auto head = [&] { return ColumnSet(tree->head().log_sizes(), tree->head().values(), tree); };
  const auto merkle = [&] { return MerkleTree<Blake2sMerkleChannel>(6, tree->merkle().nodes(), tree); };
  CHECK_NOTHROW(Tree::from_parts(random_columns({5, 2}), head(), merkle(), 1));
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5, 3}), head(), merkle(), 1), Error);
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5, 2}), head(), merkle(), 2), Error);
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5}), head(), merkle(), 1), Error);
  CHECK_THROWS_AS(MerkleTree<Blake2sMerkleChannel>(7, tree->merkle().nodes(), tree), Error);
}
