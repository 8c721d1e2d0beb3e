// Single steps of the protocol against the stwo crate's own values (vectors.json).
#include <doctest/doctest.h>

#include "fri/verifier/deep_answers.hpp"
#include "fri/verifier/folding.hpp"
#include "fri/verifier/merkle_verifier.hpp"
#include "tests/golden/golden_files.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

std::uint64_t parse_hex(const std::string& text) { return std::stoull(text, nullptr, 16); }

std::uint64_t smallest_nonce(const Blake2sChannel& channel, std::uint32_t bits) {
  std::uint64_t nonce = 0;
  while (!channel.verify_pow(bits, nonce)) ++nonce;
  return nonce;
}

TEST_CASE("channel_gives_the_crates_digests_draws_and_nonces") {
  Blake2sChannel channel;
  for (const auto& step : golden_vectors().at("channel").at("blake2s")) {
    const auto& call = step[0];
    const std::string operation = call.is_array() ? call[0] : call;
    const auto argument = call.is_array() ? call[1] : nlohmann::json();
    const auto& expected = step[1];
    CAPTURE(step.dump());
    if (operation.starts_with("draw_") || operation.find("nonce") != std::string::npos) {
      if (operation == "draw_secure_felt") CHECK(channel.draw_secure_felt() == secure_felt(expected));
      if (operation == "draw_secure_felts") {
        CHECK(channel.draw_secure_felts(argument) == secure_felts(expected));
      }
      if (operation == "draw_u32s") {
        CHECK(channel.draw_u32s() == expected.get<std::array<std::uint32_t, 8>>());
      }
      if (operation == "smallest_nonce") CHECK(smallest_nonce(channel, argument) == expected);
      if (operation == "nonce_cpu_vs_simd") {
        CHECK(smallest_nonce(channel, argument) == parse_hex(expected[0]));
        CHECK(channel.verify_pow(argument, parse_hex(expected[1])));
      }
      continue;
    }
    if (operation == "mix_felts") channel.mix_felts(secure_felts(argument));
    if (operation == "mix_u64") channel.mix_u64(parse_hex(argument));
    if (operation == "mix_u32s") channel.mix_u32s(argument.get<std::vector<std::uint32_t>>());
    if (operation == "mix_config" && argument.at("lift").is_null()) {
      const PcsConfig config{
          argument.at("pow"),
          {argument.at("blow"), argument.at("last"), argument.at("nq"), argument.at("fold")}};
      mix_config(config, channel);
    } else if (operation == "mix_config") {  // lifted, which mix_config does not offer
      channel.mix_felts(std::array{
          QM31::from_u32(argument.at("pow"), argument.at("blow"), argument.at("nq"), argument.at("last")),
          QM31::from_u32(argument.at("fold"), argument.at("lift"))});
    }
    if (operation == "mix_root") {
      std::array<std::uint8_t, 32> root;
      for (std::size_t i = 0; i < root.size(); ++i) root[i] = static_cast<std::uint8_t>(i);
      channel.mix_root(Blake2sHash::from_bytes(root));
    }
    CHECK(channel.digest().to_hex() == expected);
  }
}

std::vector<M31> leaf_values(std::size_t count) {
  std::vector<M31> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(M31::reduce(i * 0x01234567 + 1));
  return values;
}

TEST_CASE("leaves_and_nodes_are_the_crates") {
  const auto& merkle = golden_vectors().at("merkle").at("blake2s");
  const auto& leaves = merkle.at("leaf_of_n_columns");
  for (std::size_t n = 0; n < leaves.size(); ++n) {
    CAPTURE(n);
    CHECK(Blake2sMerkleChannel::leaf(leaf_values(n)).to_hex() == leaves[n]);
  }
  std::vector<M31> largest;
  for (std::uint32_t i = 0; i < 17; ++i) largest.push_back(M31(M31::modulus - 1 - i));
  CHECK(Blake2sMerkleChannel::leaf(largest).to_hex() == merkle.at("leaf_17_max"));
  const auto node = Blake2sMerkleChannel::node(Blake2sMerkleChannel::leaf(leaf_values(1)),
                                               Blake2sMerkleChannel::leaf(leaf_values(2)));
  CHECK(node.to_hex() == merkle.at("node_leaf1_leaf2"));
}

TEST_CASE("opening_every_leaf_of_a_tree_gives_the_crates_root") {
  for (const auto& tree : golden_vectors().at("merkle").at("blake2s").at("trees_[log_sizes,height,root]")) {
    CAPTURE(tree.dump());
    const std::vector<std::uint32_t> log_sizes = tree[0];
    const std::uint32_t height = tree[1];
    std::vector<std::size_t> order(log_sizes.size());
    for (std::size_t c = 0; c < order.size(); ++c) order[c] = c;
    std::ranges::stable_sort(order, {}, [&](std::size_t c) { return log_sizes[c]; });
    std::vector<std::uint32_t> positions;
    std::vector<Blake2sHash> leaves;
    for (std::uint32_t position = 0; position < 1U << height; ++position) {
      std::vector<M31> row;
      for (const std::size_t c : order) {
        row.push_back(M31::reduce(c * 1000003 + lifted_slot(position, height, log_sizes[c]) * 7919ULL + 1));
      }
      positions.push_back(position);
      leaves.push_back(Blake2sMerkleChannel::leaf(row));
    }
    CHECK_NOTHROW(check_merkle_opening<Blake2sMerkleChannel>(Blake2sHash::from_hex(tree[2]), height,
                                                             positions, leaves, {}, "tree"));
  }
}

TEST_CASE("circle_domains_are_the_crates_in_natural_order") {
  for (const auto& [log_size, points] : golden_vectors().at("circle_domain_natural_order").items()) {
    const CanonicDomain domain{static_cast<std::uint32_t>(std::stoul(log_size))};
    for (std::uint32_t i = 0; i < points.size(); ++i) {
      const auto point = domain.index_at(i).to_point();
      CHECK(std::array{point.x.value(), point.y.value()} == points[i].get<std::array<std::uint32_t, 2>>());
    }
  }
}

TEST_CASE("trace_rows_are_stored_in_the_crates_slots") {
  const auto& slots = golden_vectors().at("storage_slot_of_coset_row");
  for (std::uint32_t log_size = 1; log_size <= slots.size(); ++log_size) {
    for (std::uint32_t row = 0; row < 1U << log_size; ++row) {
      CHECK(slot_of_row(row, log_size) == slots[log_size - 1][row]);
    }
  }
}

TEST_CASE("folds_are_the_crates") {
  const auto& fri = golden_vectors().at("fri");
  const auto values = secure_felts(fri.at("values"));
  const QM31 alpha = secure_felt(fri.at("alpha"));
  const std::uint32_t log_size = fri.at("log");
  const auto coset = [&](std::uint32_t start, std::uint32_t size) {
    return std::vector<QM31>(values.begin() + start, values.begin() + start + size);
  };
  const auto circle = secure_felts(fri.at("circle_to_line"));
  for (std::uint32_t i = 0; i < circle.size(); ++i) {
    CHECK(fold_circle_coset(coset(2 * i, 2), log_size, 2 * i, alpha) == circle[i]);
  }
  for (const auto& entry : fri.at("line_fold_[step,values]")) {
    const std::uint32_t size = 1U << entry[0].get<std::uint32_t>();
    const auto folded = secure_felts(entry[1]);
    for (std::uint32_t i = 0; i < folded.size(); ++i) {
      CHECK(fold_line_coset(coset(i * size, size), log_size, i * size, alpha) == folded[i]);
    }
  }
}

TEST_CASE("line_polynomial_takes_the_values_that_the_crate_interpolated") {
  const auto& fri = golden_vectors().at("fri");
  const auto values = secure_felts(fri.at("values"));
  const auto coefficients = secure_felts(fri.at("line_interpolate_first16_stored_coeffs(bit_reversed)"));
  for (std::uint32_t slot = 0; slot < coefficients.size(); ++slot) {
    CHECK(evaluate_line_polynomial(coefficients, line_domain_x(4, slot)) == values[slot]);
  }
}

/// Basis function `i` of the circle polynomials at a point: bit 0 of i is y, bit b that follows is pi^b(x).
M31 basis(std::uint32_t i, const CirclePoint<M31>& point) {
  M31 product = (i & 1) != 0 ? point.y : M31(1);
  M31 x = point.x;
  for (i >>= 1; i != 0; i >>= 1, x = double_x(x)) {
    if ((i & 1) != 0) product *= x;
  }
  return product;
}

TEST_CASE("deep_answers_are_the_crates_codeword") {
  const auto& deep = golden_vectors().at("deep");
  constexpr std::uint32_t m = 4, log_blowup = 1;
  const std::vector<std::uint32_t> log_sizes = {4, 2, 3, 4};
  const std::vector<std::vector<int>> offsets = {{-1, 0}, {-1, 0}, {0}, {}};
  std::vector<std::uint32_t> positions(1U << (m + log_blowup));
  std::vector<std::vector<M31>> queried(log_sizes.size());
  for (std::uint32_t slot = 0; slot < positions.size(); ++slot) {
    positions[slot] = slot;
    for (std::uint64_t c = 0; c < log_sizes.size(); ++c) {
      const CanonicDomain domain{log_sizes[c] + log_blowup};
      const auto point = domain.index_at_slot(lifted_slot(slot, m + log_blowup, domain.log_size)).to_point();
      M31 value;
      for (std::uint64_t i = 0; i < (1ULL << log_sizes[c]); ++i) {
        value +=
            M31::reduce(c * 1000003 + (i * 5 + 2) * 7919 + 1) * basis(static_cast<std::uint32_t>(i), point);
      }
      queried[c].push_back(value);
    }
  }
  std::vector<std::vector<QM31>> samples;
  for (const auto& column : deep.at("sampled")) samples.push_back(secure_felts(column));
  std::vector<OpenedColumn> columns;
  for (std::size_t c = 0; c < log_sizes.size(); ++c) {
    columns.push_back({log_sizes[c], offsets[c], samples[c], queried[c]});
  }
  const auto& z = golden_vectors().at("fft").at("z");
  CHECK(deep_answers({secure_felt(z[0]), secure_felt(z[1])}, secure_felt(deep.at("gamma")), m, log_blowup,
                     columns, positions) == secure_felts(deep.at("codeword_storage_order")));
}

TEST_CASE("logup_columns_of_the_test_air_are_the_crates") {
  const auto& logup = golden_vectors().at("logup");
  const TestLookup lookup{secure_felt(logup.at("z")), secure_felt(logup.at("alpha"))};
  for (const auto& expected : logup.at("cases")) {
    const TestComponentShape shape{expected.at("kind"), 4, 0};
    const auto [columns, claimed] = test_interaction(shape, lookup);
    CHECK(claimed == secure_felt(expected.at("claimed_sum")));
    for (std::size_t c = 0; c < columns.size(); ++c) {
      for (std::size_t slot = 0; slot < columns[c].size(); ++slot) {
        CHECK(columns[c][slot].value() == expected.at("interaction_storage_order")[c][slot]);
      }
    }
  }
}

}  // namespace
