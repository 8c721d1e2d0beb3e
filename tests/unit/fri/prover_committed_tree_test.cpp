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
    CHECK(tree->extension()[i].size() == 4 * values.size());
  }
  CHECK(tree->merkle().height() == 8);
}

TEST_CASE("a_tree_made_of_views_of_another_trees_parts_is_the_same_tree") {
  const auto tree = Tree::from_evaluations(random_columns({5, 2}), 1);
  const auto copy =
      Tree::from_parts(ColumnSet(tree->coefficients().log_sizes(), tree->coefficients().values(), tree),
                       ColumnSet(tree->extension().log_sizes(), tree->extension().values(), tree),
                       MerkleTree<Blake2sMerkleChannel>(tree->merkle().nodes(), tree), 1);
  CHECK(copy->merkle().root() == tree->merkle().root());
  CHECK(copy->merkle().height() == 6);
  const std::vector<std::uint32_t> positions = {3, 9, 40};
  CHECK(copy->merkle().decommit(positions) == tree->merkle().decommit(positions));
}

TEST_CASE("parts_that_do_not_fit_together_are_refused") {
  const auto tree = Tree::from_evaluations(random_columns({5, 2}), 1);
  const auto extension = [&] {
    return ColumnSet(tree->extension().log_sizes(), tree->extension().values(), tree);
  };
  const auto merkle = [&] { return MerkleTree<Blake2sMerkleChannel>(tree->merkle().nodes(), tree); };
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5, 3}), extension(), merkle(), 1), Error);
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5, 2}), extension(), merkle(), 2), Error);
  CHECK_THROWS_AS(Tree::from_parts(random_columns({5}), extension(), merkle(), 1), Error);
  CHECK_THROWS_AS(MerkleTree<Blake2sMerkleChannel>(tree->merkle().nodes().first(30), tree), Error);
}
