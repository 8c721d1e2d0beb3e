#include <doctest/doctest.h>

#include <random>
#include <set>

#include "core/circle.hpp"
#include "core/error.hpp"
#include "fri/query_positions.hpp"
#include "fri/verifier/merkle_verifier.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;

namespace {

using MC = Blake2sMerkleChannel;
constexpr std::uint32_t height = 5;

/// layers[l] are the 2^l nodes of depth l; the leaves are hashes of their index.
std::vector<std::vector<Blake2sHash>> tree_layers() {
  std::vector<std::vector<Blake2sHash>> layers(height + 1);
  for (std::uint32_t i = 0; i < 1U << height; ++i) {
    layers[height].push_back(MC::leaf(std::vector{M31(i)}));
  }
  for (std::uint32_t l = height; l-- > 0;) {
    for (std::uint32_t i = 0; i < 1U << l; ++i) {
      layers[l].push_back(MC::node(layers[l + 1][2 * i], layers[l + 1][2 * i + 1]));
    }
  }
  return layers;
}

struct Opening {
  Blake2sHash root;
  std::vector<std::uint32_t> positions;
  std::vector<Blake2sHash> leaves;
  MerkleDecommitment<Blake2sHash> decommitment;

  void check() const { check_merkle_opening<MC>(root, height, positions, leaves, decommitment, "tree"); }
};

/// The witness by its definition: the siblings, layer by layer, that are not on the paths themselves.
Opening open_tree(const std::set<std::uint32_t>& positions) {
  const auto layers = tree_layers();
  Opening opening{layers[0][0], {positions.begin(), positions.end()}, {}, {}};
  for (const auto position : positions) opening.leaves.push_back(layers[height][position]);
  std::set<std::uint32_t> nodes = positions;
  for (std::uint32_t l = height; l > 0; --l) {
    std::set<std::uint32_t> parents;
    for (const auto node : nodes) {
      if (!nodes.contains(node ^ 1U)) opening.decommitment.hash_witness.push_back(layers[l][node ^ 1U]);
      parents.insert(node / 2);
    }
    nodes = parents;
  }
  return opening;
}

TEST_CASE("merkle_accepts_honest_openings_of_any_set_of_leaves") {
  std::mt19937 random(1);
  for (std::size_t count = 1; count <= 32; ++count) {
    std::set<std::uint32_t> positions;
    while (positions.size() < count) positions.insert(random() % 32);
    CHECK_NOTHROW(open_tree(positions).check());
  }
}

TEST_CASE("merkle_accepts_a_tree_that_is_one_leaf") {
  const Blake2sHash leaf = MC::leaf(std::vector{M31(7)});
  const std::vector<std::uint32_t> positions = {0};
  CHECK_NOTHROW(check_merkle_opening<MC>(leaf, 0, positions, std::vector{leaf}, {}, "tree"));
  CHECK_THROWS_WITH_AS(check_merkle_opening<MC>(Blake2sHash{}, 0, positions, std::vector{leaf}, {}, "tree"),
                       "tree: Merkle root differs", Error);
}

TEST_CASE("merkle_rejects_a_changed_leaf_position_root_or_witness") {
  const Opening honest = open_tree({3, 4, 5, 17, 30});
  for (std::size_t i = 0; i < honest.leaves.size(); ++i) {
    Opening opening = honest;
    opening.leaves[i].words[0] ^= 1;
    CHECK_THROWS_WITH_AS(opening.check(), "tree: Merkle root differs", Error);
  }
  for (std::size_t i = 0; i < honest.decommitment.hash_witness.size(); ++i) {
    Opening opening = honest;
    opening.decommitment.hash_witness[i].words[7] ^= 1;
    CHECK_THROWS_WITH_AS(opening.check(), "tree: Merkle root differs", Error);
  }
  Opening opening = honest;
  opening.root.words[3] ^= 1;
  CHECK_THROWS_WITH_AS(opening.check(), "tree: Merkle root differs", Error);
  opening = honest;
  opening.positions[4] = 31;
  CHECK_THROWS_WITH_AS(opening.check(), "tree: Merkle root differs", Error);
}

TEST_CASE("merkle_rejects_a_witness_that_is_too_short_or_too_long") {
  Opening opening = open_tree({3, 4});
  const std::size_t count = opening.decommitment.hash_witness.size();
  opening.decommitment.hash_witness.emplace_back();
  CHECK_THROWS_WITH_AS(opening.check(),
                       ("tree: the Merkle witness has " + std::to_string(count + 1) + " hashes, expected " +
                        std::to_string(count))
                           .c_str(),
                       Error);
  opening.decommitment.hash_witness.resize(count - 1);
  CHECK_THROWS_AS(opening.check(), Error);
  opening.decommitment.hash_witness.clear();
  CHECK_THROWS_WITH_AS(opening.check(), "tree: the Merkle witness ends after 0 hashes, too early", Error);
}

TEST_CASE("merkle_rejects_a_leaf_that_is_opened_twice") {
  // Two paths that do not meet, each with its own siblings.
  const Opening once = open_tree({3});
  Opening opening = once;
  opening.positions.push_back(3);
  opening.leaves.push_back(once.leaves[0]);
  opening.decommitment.hash_witness.clear();
  for (const auto& sibling : once.decommitment.hash_witness) {
    opening.decommitment.hash_witness.insert(opening.decommitment.hash_witness.end(), 2, sibling);
  }
  CHECK_THROWS_WITH_AS(opening.check(), "tree: Merkle root differs", Error);
}

TEST_CASE("merkle_takes_one_leaf_a_position_and_at_least_one") {
  const auto refused = [](const Opening& opening) {
    return testing::refusal(ErrorKind::internal, [&] { opening.check(); });
  };
  const Opening honest = open_tree({3, 4});
  Opening opening = honest;
  opening.positions.clear();
  opening.leaves.clear();
  opening.decommitment.hash_witness.clear();
  CHECK(refused(opening) == "a Merkle opening needs one leaf a position");
  opening = honest;
  opening.leaves.push_back(opening.leaves[0]);
  CHECK(refused(opening) == "a Merkle opening needs one leaf a position");
}

TEST_CASE("queries_are_distinct_ascending_and_below_the_domain_size") {
  Blake2sChannel channel;
  const auto positions = draw_query_positions(channel, 5, 20);
  CHECK(positions.size() <= 20);
  CHECK(positions.size() >= 2);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    CHECK(positions[i] < 32);
    if (i > 0) CHECK(positions[i - 1] < positions[i]);
  }
}

TEST_CASE("positions_stay_distinct_and_ascending_in_a_taller_tree") {
  for (const std::uint32_t taller : {4U, 5U, 9U}) {
    for (std::uint32_t position = 1; position < 16; ++position) {
      CHECK(position_in_taller_tree(position - 1, 4, taller) < position_in_taller_tree(position, 4, taller));
      CHECK(lifted_slot(position_in_taller_tree(position, 4, taller), taller, 4) == position);
    }
  }
}

}  // namespace
