// FRI against provers that commit to what they like: honest but for one thing.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "core/circle.hpp"
#include "core/error.hpp"
#include "fri/query_positions.hpp"
#include "fri/verifier/folding.hpp"
#include "fri/verifier/fri_verifier.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;

namespace {

using MC = Blake2sMerkleChannel;
using Codeword = std::vector<QM31>;
using Layers = std::vector<std::vector<Blake2sHash>>;

QM31 random_felt(std::mt19937& random) {
  const auto word = [&] { return M31::reduce(random()); };
  return {word(), word(), word(), word()};
}

Layers merkle_layers(const Codeword& codeword, std::uint32_t log_leaf_size) {
  Layers layers(1);
  const std::size_t per_leaf = std::size_t{1} << log_leaf_size;
  for (std::size_t first = 0; first < codeword.size(); first += per_leaf) {
    std::vector<M31> words;
    for (std::size_t i = first; i < first + per_leaf; ++i) {
      for (const M31 x : codeword[i].coordinates()) words.push_back(x);
    }
    layers[0].push_back(MC::leaf(words));
  }
  while (layers.back().size() > 1) {
    std::vector<Blake2sHash> parents;
    for (std::size_t i = 0; i < layers.back().size(); i += 2) {
      parents.push_back(MC::node(layers.back()[i], layers.back()[i + 1]));
    }
    layers.push_back(std::move(parents));
  }
  return layers;
}

/// A FRI prover over whole codewords. `corrupt(layer, codeword)` may change what is committed and folded on.
template <class Corrupt>
FriProof<Blake2sHash> prove(const FriConfig& config, std::uint32_t log_degree_bound, Codeword codeword,
                            const std::vector<std::uint32_t>& positions, Corrupt&& corrupt) {
  const auto shapes = fri_layer_shapes(log_degree_bound, config);
  Blake2sChannel channel;
  FriProof<Blake2sHash> proof;
  proof.inner_layers.resize(shapes.size() - 1);
  std::vector<std::uint32_t> queried = positions;
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    corrupt(l, codeword);
    const FriLayerShape& shape = shapes[l];
    auto& layer = l == 0 ? proof.first_layer : proof.inner_layers[l - 1];
    const Layers tree = merkle_layers(codeword, shape.log_leaf_size());
    layer.commitment = tree.back()[0];
    channel.mix_root(layer.commitment);
    const QM31 alpha = channel.draw_secure_felt();

    const std::set<std::uint32_t> known(queried.begin(), queried.end());
    std::set<std::uint32_t> cosets, nodes;
    for (const auto position : queried) cosets.insert(position >> shape.fold_step);
    const std::uint32_t coset_size = 1U << shape.fold_step;
    for (const auto coset : cosets) {
      for (std::uint32_t slot = coset * coset_size; slot < (coset + 1) * coset_size; ++slot) {
        if (!known.contains(slot)) layer.fri_witness.push_back(codeword[slot]);
        nodes.insert(slot >> shape.log_leaf_size());
      }
    }
    for (std::size_t depth = 0; depth + 1 < tree.size(); ++depth) {
      std::set<std::uint32_t> parents;
      for (const auto node : nodes) {
        if (!nodes.contains(node ^ 1U)) layer.decommitment.hash_witness.push_back(tree[depth][node ^ 1U]);
        parents.insert(node / 2);
      }
      nodes = parents;
    }
    queried.assign(cosets.begin(), cosets.end());

    Codeword folded;
    for (std::uint32_t start = 0; start < codeword.size(); start += coset_size) {
      const Codeword coset(codeword.begin() + start, codeword.begin() + start + coset_size);
      folded.push_back(
          (l == 0 ? fold_circle_coset : fold_line_coset)(coset, shape.log_domain_size, start, alpha));
    }
    codeword = folded;
  }
  // Coefficients by inverse folding: f = (even part + odd part x) on pairs, highest level first.
  std::uint32_t log_size = config.log_last_layer_degree_bound + config.log_blowup_factor;
  Codeword coefficients = codeword;
  std::vector<M31> xs;
  for (std::uint32_t slot = 0; slot < codeword.size(); ++slot) xs.push_back(line_domain_x(log_size, slot));
  for (std::uint32_t bit = 0; bit < log_size; ++bit) {
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      if ((i >> bit & 1) != 0) continue;
      auto &v0 = coefficients[i], &v1 = coefficients[i + (std::size_t{1} << bit)];
      const QM31 sum = v0 + v1, difference = (v0 - v1) * xs[i].inverse();
      v0 = sum * M31(2).inverse();
      v1 = difference * M31(2).inverse();
    }
    for (M31& x : xs) x = double_x(x);
  }
  const std::uint32_t last = config.log_last_layer_degree_bound;
  for (std::uint32_t i = 0; i < 1U << last; ++i) {
    proof.last_layer_coefficients.push_back(coefficients[bit_reverse(i, last)]);
  }
  return proof;
}

const auto honestly = [](std::size_t, Codeword&) {};

struct Case {
  FriConfig config;
  std::uint32_t log_degree_bound;
};
const std::vector<Case> cases = {{{1, 0, 3, 1}, 4}, {{1, 1, 3, 2}, 6}, {{2, 0, 3, 3}, 5},
                                 {{1, 2, 3, 4}, 6}, {{1, 0, 3, 2}, 2}, {{3, 1, 3, 3}, 5}};

/// A codeword of a random circle polynomial with 2^log_size coefficients, on canonic(log_domain_size).
Codeword random_codeword(std::uint32_t log_size, std::uint32_t log_domain_size, std::mt19937& random) {
  Codeword coefficients;
  for (std::uint32_t i = 0; i < 1U << log_size; ++i) coefficients.push_back(random_felt(random));
  Codeword codeword;
  for (std::uint32_t slot = 0; slot < 1U << log_domain_size; ++slot) {
    const auto point = CanonicDomain{log_domain_size}.index_at_slot(slot).to_point();
    QM31 value;
    for (std::uint32_t i = 0; i < coefficients.size(); ++i) {
      M31 basis = (i & 1) != 0 ? point.y : M31(1), x = point.x;
      for (std::uint32_t bits = i >> 1; bits != 0; bits >>= 1, x = double_x(x)) {
        if ((bits & 1) != 0) basis *= x;
      }
      value += coefficients[i] * basis;
    }
    codeword.push_back(value);
  }
  return codeword;
}

std::vector<std::uint32_t> some_positions(std::uint32_t log_domain_size) {
  Blake2sChannel channel;
  channel.mix_u64(log_domain_size);
  return draw_query_positions(channel, log_domain_size, 6);
}

/// The verifier's answer: "accepted" if it accepts the proof with these answers.
std::string refusal(const Case& c, const FriProof<Blake2sHash>& proof,
                    const std::vector<std::uint32_t>& positions, const Codeword& codeword) {
  std::vector<QM31> answers;
  for (const auto position : positions) answers.push_back(codeword[position]);
  return testing::refusal(ErrorKind::rejected, [&] {
    Blake2sChannel channel;
    FriVerifier<MC>(c.config, c.log_degree_bound, proof, channel).check_queries(positions, answers);
  });
}

TEST_CASE("fri_accepts_a_polynomial_within_the_bound") {
  std::mt19937 random(2);
  for (const Case& c : cases) {
    const std::uint32_t log_domain_size = c.log_degree_bound + c.config.log_blowup_factor;
    const auto positions = some_positions(log_domain_size);
    const auto codeword = random_codeword(c.log_degree_bound, log_domain_size, random);
    const auto proof = prove(c.config, c.log_degree_bound, codeword, positions, honestly);
    CHECK(refusal(c, proof, positions, codeword) == "accepted");
  }
}

TEST_CASE("fri_rejects_a_codeword_far_from_the_bound_at_the_last_layer") {
  std::mt19937 random(3);
  for (const Case& c : cases) {
    const std::uint32_t log_domain_size = c.log_degree_bound + c.config.log_blowup_factor;
    const auto positions = some_positions(log_domain_size);
    const auto codeword = random_codeword(log_domain_size, log_domain_size, random);
    const auto proof = prove(c.config, c.log_degree_bound, codeword, positions, honestly);
    CHECK(refusal(c, proof, positions, codeword).starts_with("FRI last layer: the polynomial differs"));
  }
}

TEST_CASE("fri_rejects_answers_that_the_first_layer_does_not_hold") {
  std::mt19937 random(4);
  for (const Case& c : cases) {
    const std::uint32_t log_domain_size = c.log_degree_bound + c.config.log_blowup_factor;
    const auto positions = some_positions(log_domain_size);
    auto codeword = random_codeword(c.log_degree_bound, log_domain_size, random);
    const auto proof = prove(c.config, c.log_degree_bound, codeword, positions, honestly);
    codeword[positions[0]] += QM31(M31(1));
    CHECK(refusal(c, proof, positions, codeword) == "FRI layer 0: Merkle root differs");
  }
}

TEST_CASE("fri_rejects_a_layer_that_is_not_the_fold_of_the_one_before") {
  std::mt19937 random(5);
  for (const Case& c : cases) {
    const std::uint32_t log_domain_size = c.log_degree_bound + c.config.log_blowup_factor;
    const auto positions = some_positions(log_domain_size);
    const auto codeword = random_codeword(c.log_degree_bound, log_domain_size, random);
    const std::size_t layers = fri_layer_shapes(c.log_degree_bound, c.config).size();
    for (std::size_t corrupted = 1; corrupted < layers; ++corrupted) {
      const auto proof =
          prove(c.config, c.log_degree_bound, codeword, positions, [&](std::size_t layer, Codeword& values) {
            if (layer != corrupted) return;
            for (QM31& value : values) value += QM31(M31(1));  // still of low degree
          });
      CHECK(refusal(c, proof, positions, codeword) ==
            "FRI layer " + std::to_string(corrupted) + ": Merkle root differs");
    }
  }
}

TEST_CASE("fri_rejects_swapped_inner_layers") {
  std::mt19937 random(6);
  const Case c{{1, 0, 3, 1}, 4};
  const auto positions = some_positions(5);
  const auto codeword = random_codeword(4, 5, random);
  auto proof = prove(c.config, 4, codeword, positions, honestly);
  std::swap(proof.inner_layers[0], proof.inner_layers[1]);
  CHECK(refusal(c, proof, positions, codeword) != "accepted");
}

TEST_CASE("fri_rejects_another_number_of_layers_or_coefficients") {
  std::mt19937 random(7);
  const Case c{{1, 1, 3, 2}, 6};
  const auto positions = some_positions(7);
  const auto codeword = random_codeword(6, 7, random);
  const auto honest = prove(c.config, 6, codeword, positions, honestly);
  auto proof = honest;
  proof.inner_layers.pop_back();
  CHECK(refusal(c, proof, positions, codeword) == "FRI: 1 inner layers, expected 2");
  proof = honest;
  proof.last_layer_coefficients.pop_back();
  CHECK(refusal(c, proof, positions, codeword) == "FRI last layer: 1 coefficients, expected 2");
  proof.last_layer_coefficients.resize(4);
  CHECK(refusal(c, proof, positions, codeword) == "FRI last layer: 4 coefficients, expected 2");
  proof = honest;
  proof.first_layer.fri_witness.pop_back();
  CHECK(refusal(c, proof, positions, codeword).find("too early") != std::string::npos);
  proof = honest;
  proof.inner_layers[1].fri_witness.emplace_back();
  CHECK(refusal(c, proof, positions, codeword).starts_with("FRI layer 2: the witness has "));
}

TEST_CASE("fri_layers_fold_the_bound_exactly_to_the_last_layer") {
  for (std::uint32_t step = 1; step <= 4; ++step) {
    for (std::uint32_t last = 0; last <= 4; ++last) {
      for (std::uint32_t bound = step + last; bound <= 28; ++bound) {
        const auto shapes = fri_layer_shapes(bound, {2, last, 1, step});
        std::uint32_t left = bound;
        for (const auto& shape : shapes) {
          CHECK(shape.log_domain_size == left + 2);
          CHECK(shape.fold_step <= step);
          left -= shape.fold_step;
        }
        CHECK(left == last);
        CHECK(shapes.size() == 1 + (bound - step - last + step - 1) / step);
      }
    }
  }
  CHECK_THROWS_AS(fri_layer_shapes(3, {1, 0, 1, 0}), Error);
  CHECK_THROWS_AS(fri_layer_shapes(3, {1, 0, 1, 4}), Error);
  CHECK_THROWS_AS(fri_layer_shapes(3, {1, 2, 1, 2}), Error);
}

}  // namespace
