// The sixteen-lane Blake2s kernels and the prover's Merkle tree against the scalar hash.
#include <doctest/doctest.h>

#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "merkle/merkle_tree.hpp"
#include "merkle/simd/grinding_kernels.hpp"
#include "tests/support/source_folder.hpp"

using namespace circlet;

namespace {

using Tree = MerkleTree<Blake2sMerkleChannel>;

std::vector<BaseColumn> golden_columns(const std::vector<std::uint32_t>& log_sizes) {
  std::vector<BaseColumn> columns;
  for (std::uint64_t c = 0; c < log_sizes.size(); ++c) {
    auto& column = columns.emplace_back();
    for (std::uint64_t i = 0; i < std::uint64_t{1} << log_sizes[c]; ++i) {
      column.push_back(M31::reduce(c * 1000003 + i * 7919 + 1));
    }
  }
  return columns;
}

std::vector<std::span<const M31>> views(const std::vector<BaseColumn>& columns) {
  return {columns.begin(), columns.end()};
}

// Leaf p of the tree, by its definition.
Blake2sHash leaf(const std::vector<BaseColumn>& columns, std::uint32_t height, std::uint32_t p) {
  std::vector<M31> values;
  for (std::uint32_t k = 0; k <= height; ++k) {
    for (const auto& column : columns) {
      if (column.size() == std::size_t{1} << k) values.push_back(column[lifted_slot(p, height, k)]);
    }
  }
  return Blake2sMerkleChannel::leaf(values);
}

// Every node, root first, by the same definition.
std::vector<std::vector<Blake2sHash>> layers_by_definition(const std::vector<BaseColumn>& columns,
                                                           std::uint32_t height) {
  std::vector<std::vector<Blake2sHash>> layers(height + 1);
  for (std::uint32_t p = 0; p < 1U << height; ++p) layers[height].push_back(leaf(columns, height, p));
  for (std::uint32_t layer = height; layer-- > 0;) {
    const auto& children = layers[layer + 1];
    for (std::size_t i = 0; i < children.size(); i += 2) {
      layers[layer].push_back(Blake2sMerkleChannel::node(children[i], children[i + 1]));
    }
  }
  return layers;
}

template <class Check>
void at_each_level(Check&& check) {
  for (const SimdLevel level : {SimdLevel::portable, SimdLevel::avx512}) {
    if (level == SimdLevel::avx512 && !processor_has_avx512()) continue;
    CAPTURE(static_cast<int>(level));
    const ScopedSimdLevel scope(level);
    check();
  }
}

}  // namespace

TEST_CASE("merkle_roots_equal_the_golden_vectors") {
  std::ifstream file(circlet::testing::source_folder() / "tests/golden/vectors.json");
  const auto golden = nlohmann::json::parse(file).at("merkle").at("blake2s");
  at_each_level([&] {
    for (const auto& entry : golden.at("trees_[log_sizes,height,root]")) {
      const auto columns = golden_columns(entry[0]);
      std::uint32_t largest = 0;
      for (const std::uint32_t k : entry[0]) largest = std::max(largest, k);
      if (entry[1] != largest) continue;  // lifted above its columns: not a tree that Circlet makes
      CHECK(Tree::commit(views(columns)).root().to_hex() == entry[2].get<std::string>());
    }
    CHECK(Tree::commit({}).root().to_hex() == golden.at("empty_root_simd").get<std::string>());
  });
}

TEST_CASE("merkle_nodes_hash_lifted_columns_by_ascending_size") {
  std::mt19937 random(7);
  at_each_level([&] {
    for (const std::uint32_t height : {1U, 2U, 3U, 4U, 5U, 8U, 10U}) {
      for (const std::size_t count : {1, 15, 16, 17, 33, 70}) {
        std::vector<std::uint32_t> log_sizes = {height};
        while (log_sizes.size() < count) log_sizes.push_back(1 + random() % height);
        std::shuffle(log_sizes.begin(), log_sizes.end(), random);
        const auto columns = golden_columns(log_sizes);
        const auto layers = layers_by_definition(columns, height);
        const Tree tree = Tree::commit(views(columns));
        REQUIRE(tree.height() == height);
        const auto nodes = tree.nodes();
        REQUIRE(nodes.size() == Tree::node_count(height));
        for (std::size_t i = 0; i < nodes.size(); ++i) {
          const auto layer = static_cast<std::uint32_t>(std::bit_width(i + 1) - 1);
          REQUIRE(nodes[i] == layers[layer][i + 1 - (std::size_t{1} << layer)]);
        }
      }
    }
  });
}

TEST_CASE("merkle_tree_made_in_blocks_of_its_columns_is_the_same_tree") {
  std::mt19937 random(8);
  at_each_level([&] {
    for (const std::uint32_t height : {3U, 4U, 6U, 9U}) {
      for (std::uint32_t log_blocks = 0; log_blocks + 1 < height; ++log_blocks) {
        std::vector<std::uint32_t> log_sizes = {height};
        while (log_sizes.size() < 20) log_sizes.push_back(log_blocks + 1 + random() % (height - log_blocks));
        std::ranges::sort(log_sizes);
        const auto columns = golden_columns(log_sizes);
        const Tree tree = Tree::commit_in_blocks(height, log_blocks, [&](std::size_t b) {
          std::vector<std::span<const M31>> block;
          for (const auto& column : columns) {
            const std::size_t size = column.size() >> log_blocks;
            block.push_back(std::span<const M31>(column).subspan(b * size, size));
          }
          return block;
        });
        CHECK(std::ranges::equal(tree.nodes(), Tree::commit(views(columns)).nodes()));
      }
    }
  });
}

TEST_CASE("merkle_decommitment_holds_the_siblings_that_are_not_opened") {
  std::mt19937 random(9);
  at_each_level([&] {
    for (const std::uint32_t height : {1U, 2U, 3U, 4U, 5U, 8U, 10U}) {
      std::vector<std::uint32_t> log_sizes = {height};
      while (log_sizes.size() < 19) log_sizes.push_back(1 + random() % height);
      std::ranges::shuffle(log_sizes, random);
      const auto columns = golden_columns(log_sizes);
      const auto layers = layers_by_definition(columns, height);
      const Tree tree = Tree::commit(views(columns));
      for (const std::uint32_t queries : {1U, 2U, 3U, 11U, 40U}) {
        std::set<std::uint32_t> known;
        for (std::uint32_t q = 0; q < queries; ++q) known.insert(random() % (1U << height));
        const std::vector<std::uint32_t> positions(known.begin(), known.end());
        std::vector<Blake2sHash> expected;
        for (std::uint32_t layer = height; layer > 0; --layer) {
          std::set<std::uint32_t> parents;
          for (const std::uint32_t node : known) {
            if (!known.contains(node ^ 1U)) expected.push_back(layers[layer][node ^ 1U]);
            parents.insert(node / 2);
          }
          known = parents;
        }
        REQUIRE(tree.decommit(positions, views(columns)) == expected);
      }
    }
  });
  CHECK(Tree::commit({}).decommit({}, {}).empty());
}

TEST_CASE("nonce_search_finds_the_smallest_solution") {
  Blake2sChannel channel;
  channel.mix_u64(5);
  at_each_level([&] {
    for (const std::uint32_t high : {0U, 3U}) {
      const auto found = grinding_kernels().find_nonce(channel.pow_prefix(9), high, 0, 1U << 14, 9);
      REQUIRE(found < 1U << 14);
      const auto solves = [&](std::uint64_t low) {
        return channel.verify_pow(9, (std::uint64_t{high} << 32) | low);
      };
      CHECK(solves(found));
      for (std::uint32_t low = 0; low < found; ++low) REQUIRE(!solves(low));
      CHECK(grinding_kernels().find_nonce(channel.pow_prefix(9), high, 0, found / 16 * 16, 9) ==
            found / 16 * 16);
    }
    CHECK(grinding_kernels().find_nonce(channel.pow_prefix(0), 0, 32, 64, 0) == 32);
  });
}
