// What each part of the blinder is there for: without it, the composition and the first codeword of FRI tell
// witnesses apart whose tables open to the same values.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "air/prover/blinder.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/storage_order.hpp"
#include "fri/verifier/commitment_scheme_verifier.hpp"
#include "tests/zk/laboratory.hpp"
#include "tests/zk/models.hpp"
#include "tests/zk/test_component.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A blinder that may lack something.
struct Blinder {
  std::uint32_t r_count = 4, b_count = 4;
  bool r_is_sampled_before = false;            // R at z - G too
  std::uint32_t r_missing = 0, b_missing = 0;  // log sizes below full height
  std::size_t constrained = 0;                 // |E|
};

/// What a blinder's cells can do to a proof of one witness, and whether they can make it one of another whose
/// tables open to the same values.
class BlinderTest {
 public:
  BlinderTest() {
    while (std::ranges::count(lab_.opened_at().positions, unopened_) != 0) ++unopened_;
  }

  [[nodiscard]] std::uint32_t queries() const { return lab_.queries(); }

  /// Queries at which the row before is open too.
  [[nodiscard]] std::size_t queries_after_a_query() const { return lab_.adjacent_queries().size(); }

  struct Result {
    bool hides = false;
    std::size_t rank = 0;       // of what the cells do to all that is seen
    std::size_t leaf_rank = 0;  // of what is left for an unopened leaf of the composition tree
  };

  /// With four constraints a b - c = 0 on random columns in place of b: at the queries, the composition times
  /// the vanishing polynomial, less these constraints, all from what is opened there.
  std::vector<QM31> tables_share_of_textbook_blinder(bool of_second, std::uint64_t seed) const {
    Csprng random = Csprng::insecure(seed);
    Commitments tables = of_second ? second_ : first_;
    const std::uint32_t m = lab_.height(), begin = lab_.first_blinder_column(Tree::witness);
    Columns columns = zero_columns(12, m);
    ComponentMasks masks(lab_.shape().tree_count());
    for (std::uint32_t i = 0; i < 12; ++i) masks[2].push_back({begin + i, {0}});
    for (std::uint32_t i = 0; i < 4; ++i) {
      random.fill(columns[3 * i]);
      random.fill(columns[3 * i + 1]);
      std::ranges::transform(columns[3 * i], columns[3 * i + 1], columns[3 * i + 2].begin(),
                             std::multiplies<>());
    }
    tables.tree(Tree::witness).back() = columns;
    auto components = lab_.components(tables.claimed_sums);
    components.back() =
        std::make_unique<TestComponent>("a b - c", m, masks, 4, [](const TestComponent::Cells& cells) {
          const auto at = [&](std::size_t i) { return cells(Tree::witness, i).current; };
          std::vector<QM31> values;
          for (std::size_t i = 0; i < 4; ++i) values.push_back(at(3 * i) * at(3 * i + 1) - at(3 * i + 2));
          return values;
        });
    const FixedProof proof = lab_.prove(components, lab_.make_trees(tables));
    const CanonicDomain domain{m + lab_.key().pcs.fri.log_blowup_factor};
    std::vector<QM31> shares;
    for (std::size_t i = 0; i < lab_.opened_at().positions.size(); ++i) {
      const auto opened = [&](std::size_t tree, std::size_t column) {
        return proof.stark.queried_values[tree][column][i];
      };
      const auto half = [&](std::size_t first) {
        return QM31(opened(masks.size(), first), opened(masks.size(), first + 1),
                    opened(masks.size(), first + 2), opened(masks.size(), first + 3));
      };
      const M31 v = canonic_vanishing(domain.index_at_slot(lab_.opened_at().positions[i]).to_point().x, m);
      QM31 share = (half(0) + half(4) * v) * v, power = M31(1);
      for (std::size_t j = 4; j-- > 0; power *= lab_.rho()) {
        const auto at = [&](std::size_t c) { return opened(2, begin + 3 * j + c); };
        share -= power * (at(0) * at(1) - at(2));
      }
      shares.push_back(share);
    }
    return shares;
  }

  Result run(const Blinder& blinder) const {
    const std::uint32_t m = lab_.height();
    const std::uint32_t r_log_size = m - blinder.r_missing, b_log_size = m - blinder.b_missing;
    const BaseColumn a = structure_column(b_log_size, blinder.constrained);
    Commitments first = first_, second = second_;
    Columns columns = zero_columns(blinder.r_count, r_log_size);
    for (auto& column : zero_columns(blinder.b_count, b_log_size)) columns.push_back(std::move(column));
    columns.push_back(zero_columns(1, m)[0]);  // for the height of the tree
    for (Commitments* commitments : {&first, &second}) {
      commitments->tree(Tree::structure).back() = {a};
      commitments->tree(Tree::witness).back() = columns;
    }
    const std::uint32_t begin = lab_.first_blinder_column(Tree::witness);
    std::vector<Cell> cells;
    for (std::uint32_t i = 0; i < blinder.r_count + blinder.b_count; ++i) {
      for (std::size_t row = 0; row < columns[i].size(); ++row) {
        if (i >= blinder.r_count && !a[(row + 1) % a.size()].is_zero()) continue;
        cells.push_back({begin + i, row});
      }
    }
    const auto components = this->components(blinder, r_log_size, b_log_size);
    const auto seen_in = [&](const FixedProof& proof) {
      Vector seen = lab_.view(proof, begin);
      for (const auto& value : proof.composition->open(std::array{unopened_}).values)
        seen.push_back(value[0]);
      return seen;
    };
    const auto trees = lab_.make_trees(first);
    const Vector base = seen_in(lab_.prove(components, trees));
    Vector difference = seen_in(lab_.prove(components, lab_.make_trees(second)));
    for (std::size_t i = 0; i < base.size(); ++i) difference[i] -= base[i];
    Span images(base.size());
    for (const Vector& image : lab_.images(components, trees, first.tree(Tree::witness), cells, seen_in)) {
      images.add(image);
    }
    const std::size_t leaf = base.size() - composition_columns;
    std::fill(difference.begin() + static_cast<std::ptrdiff_t>(leaf), difference.end(), M31());
    const std::size_t leaf_rank = images.rank_behind(leaf);
    for (std::size_t i = leaf; i < base.size(); ++i) {
      Vector unit(base.size());
      unit[i] = M31(1);
      images.add(unit);  // the leaf is not seen
    }
    return {.hides = images.contains(difference),
            .rank = images.rank() - composition_columns,
            .leaf_rank = leaf_rank};
  }

 private:
  // 4 * 2 + 23 = 2^5 - 1, and 4 * 18 + 23 is near 2^7: few rows are left over.
  static Program program() { return full_run() ? random_residual(3, 1) : tiny_program(); }
  static SetupOptions options() {
    const PcsConfig pcs{.pow_bits = 0,
                        .fri = {.log_blowup_factor = 1, .n_queries = full_run() ? 18U : 2U, .fold_step = 3}};
    return {.target = Target::offchain, .input = Visibility::hidden, .lanes = 16, .pcs = pcs, .proofs = 1};
  }

  /// a as blinder_structure makes it, with another |E|.
  [[nodiscard]] BaseColumn structure_column(std::uint32_t log_size, std::size_t constrained) const {
    const std::size_t rows = std::size_t{1} << log_size;
    const std::uint32_t log_blowup = lab_.key().pcs.fri.log_blowup_factor;
    BaseColumn values(rows), extension(rows << log_blowup);
    for (std::size_t first = 1;; ++first) {
      BaseColumn a(rows, M31());
      std::fill_n(a.begin() + static_cast<std::ptrdiff_t>(first), constrained, M31(1));
      to_storage_order(a, values);
      circle_ifft(values);
      low_degree_extension(values, extension);
      if (std::ranges::none_of(extension, [](M31 x) { return x.is_zero(); })) return a;
    }
  }

  [[nodiscard]] Laboratory::Components components(const Blinder& blinder, std::uint32_t r_log_size,
                                                  std::uint32_t b_log_size) const {
    auto components = lab_.components(first_.claimed_sums);
    components.pop_back();
    const std::uint32_t begin = lab_.first_blinder_column(Tree::witness);
    const std::size_t trees = lab_.shape().tree_count();
    ComponentMasks r_masks(trees), b_masks(trees);
    const auto r_offsets = blinder.r_is_sampled_before ? std::vector{-1, 0} : std::vector{0};
    for (std::uint32_t i = 0; i < blinder.r_count; ++i) r_masks[2].push_back({begin + i, r_offsets});
    b_masks[0].push_back({lab_.first_blinder_column(Tree::structure), {0}});
    for (std::uint32_t i = 0; i < blinder.b_count; ++i) {
      b_masks[2].push_back({begin + blinder.r_count + i, {-1, 0}});
    }
    const std::uint32_t b_count = blinder.b_count;
    components.push_back(std::make_unique<TestComponent>("R", r_log_size, r_masks, 0,
                                                         [](const auto&) { return std::vector<QM31>(); }));
    components.push_back(std::make_unique<TestComponent>(
        "b", b_log_size, b_masks, b_count, [b_count](const TestComponent::Cells& cells) {
          const QM31 a = cells(Tree::structure, 0).current;
          std::vector<QM31> values;
          for (std::uint32_t i = 0; i < b_count; ++i) {
            values.push_back(a * a * cells(Tree::witness, i).previous);
          }
          return values;
        }));
    return components;
  }

  TwoWitnesses two_ = two_witnesses(program(), 2);
  Laboratory lab_{two_.first, options()};
  Csprng random_ = Csprng::insecure(3);
  Commitments first_ = lab_.commit(two_.first, two_.first_input, random_);
  Commitments second_ = lab_.disguise(two_.second, two_.second_input, first_);
  std::uint32_t unopened_ = 0;  // a position that is no query
};

/// One for all tests, as it is made slowly.
const BlinderTest& blinder_test() {
  static const BlinderTest test;
  return test;
}

}  // namespace

TEST_CASE("the_whole_blinder_hides_and_salts_the_composition_tree") {
  const auto result = blinder_test().run({.constrained = blinder_constrained_rows(blinder_test().queries())});
  MESSAGE("rank " << result.rank << ", and " << result.leaf_rank << " for a leaf of the composition tree");
  CHECK(result.hides);
  CHECK(result.leaf_rank == composition_columns);  // it is uniform given all that is seen
}

TEST_CASE("fewer_rows_in_E_leak_the_composition") {
  const std::size_t q = blinder_test().queries();
  const std::size_t whole = blinder_test().run({.constrained = q + 6}).rank;
  for (std::size_t more = 2; more <= 5; ++more) {
    const auto result = blinder_test().run({.constrained = q + more});
    MESSAGE("|E| = q + " << more << ": rank " << result.rank << " of " << whole << ", leaf "
                         << result.leaf_rank);
    CHECK(result.hides == (more >= 4));
    CHECK(result.rank == whole - (more >= 4 ? 0 : 4 * (4 - more)));
    // q + 4 hides, but leaves the composition's leaves less than uniform.
    CHECK(result.leaf_rank == (more >= 5 ? 8 : 4));
  }
}

TEST_CASE("three_columns_R_leak_a_coordinate_of_the_codeword") {
  CHECK_FALSE(blinder_test().run({.r_count = 3, .constrained = blinder_test().queries() + 6}).hides);
}

TEST_CASE("three_columns_b_leak_a_coordinate_of_the_composition") {
  CHECK_FALSE(blinder_test().run({.b_count = 3, .constrained = blinder_test().queries() + 6}).hides);
}

TEST_CASE("R_sampled_one_row_earlier_does_not_replace_b") {
  CHECK_FALSE(
      blinder_test()
          .run({.b_count = 0, .r_is_sampled_before = true, .constrained = blinder_test().queries() + 6})
          .hides);
}

TEST_CASE("R_below_full_height_does_not_reach_the_whole_codeword") {
  CHECK_FALSE(blinder_test().run({.r_missing = 1, .constrained = blinder_test().queries() + 6}).hides);
}

TEST_CASE("b_below_full_height_does_not_reach_the_whole_composition") {
  CHECK_FALSE(blinder_test().run({.b_missing = 1, .constrained = blinder_test().queries() + 6}).hides);
}

TEST_CASE("the_textbook_blinder_leaves_the_composition_at_the_queries_open") {
  // a b - c at a query is known from its openings: what it should hide is what is left, the tables'
  // constraints with cells one row before the query, which are not open.
  const auto share = blinder_test().tables_share_of_textbook_blinder(false, 1);
  CHECK(share == blinder_test().tables_share_of_textbook_blinder(false, 2));  // whatever the masks are
  const auto other = blinder_test().tables_share_of_textbook_blinder(true, 1);
  std::size_t same = 0;
  for (std::size_t i = 0; i < share.size(); ++i) same += share[i] == other[i] ? 1 : 0;
  CHECK(same == blinder_test().queries_after_a_query());
}
