#include "fri/prover/circle_fft.hpp"
#include "tests/unit/fri/prover_support.hpp"

using namespace circlet;
using namespace circlet::test;

TEST_CASE("fft_and_ifft_reproduce_the_golden_vectors") {
  const auto vectors = golden_vectors().at("fft");
  const CirclePoint<QM31> z{secure_felt(vectors["z"][0]), secure_felt(vectors["z"][1])};
  at_each_simd_level([&] {
    for (const auto& c : vectors["cases"]) {
      BaseColumn coefficients, expected;
      for (const std::uint32_t x : c["coeffs"]) coefficients.push_back(M31(x));
      for (const std::uint32_t x : c["evals_storage_order"]) expected.push_back(M31(x));
      BaseColumn values(expected.size());
      low_degree_extension(coefficients, values);
      CHECK(values == expected);
      const std::uint32_t log_size = c["log"];
      CHECK(PointEvaluator(z, log_size).evaluate(coefficients) == secure_felt(c["at_z"]));
      if (c["blowup"] == 0) {
        circle_ifft(values);
        CHECK(values == coefficients);
      }
    }
  });
}

TEST_CASE("low_degree_extension_evaluates_the_polynomial_at_the_domain_points") {
  at_each_simd_level([] {
    for (const std::uint32_t k : {1U, 2U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 13U, 17U}) {
      for (std::uint32_t blowup = 0; blowup <= (k > 12 ? 1 : 4); ++blowup) {
        CAPTURE(k);
        CAPTURE(blowup);
        const BaseColumn coefficients = random_column(std::size_t{1} << k, k);
        BaseColumn values(coefficients.size() << blowup);
        low_degree_extension(coefficients, values);
        std::mt19937 random(k);
        for (int i = 0; i < (k > 12 ? 1 : 8); ++i) {  // the definition is slow
          const auto slot = static_cast<std::uint32_t>(random() % values.size());
          const auto point = CanonicDomain{k + blowup}.index_at_slot(slot).to_point();
          REQUIRE(values[slot] == evaluate_by_definition<M31>(coefficients, point));
        }
      }
    }
  });
}

TEST_CASE("ifft_inverts_fft_on_domains_and_on_their_prefixes") {
  at_each_simd_level([] {
    for (std::uint32_t k = 1; k <= 17; ++k) {
      CAPTURE(k);
      const BaseColumn coefficients = random_column(std::size_t{1} << k, k);
      BaseColumn values(coefficients.size() << 3);
      low_degree_extension(coefficients, values);
      values.resize(coefficients.size());
      circle_ifft_prefix(values, k + 3);
      CHECK(values == coefficients);
      circle_fft(values);
      circle_ifft(values);
      CHECK(values == coefficients);
    }
  });
}

TEST_CASE("point_evaluator_evaluates_the_polynomial_outside_the_domain") {
  at_each_simd_level([] {
    for (const std::uint32_t k : {1U, 3U, 4U, 5U, 9U, 10U, 11U, 13U}) {
      CAPTURE(k);
      const BaseColumn coefficients = random_column(std::size_t{1} << k, 50 + k);
      const auto point = random_point(k);
      CHECK(PointEvaluator(point, k).evaluate(coefficients) ==
            evaluate_by_definition<QM31>(coefficients, point));
    }
  });
}

TEST_CASE("block_evaluator_gives_the_values_of_the_whole_extension") {
  at_each_simd_level([] {
    for (const std::uint32_t k : {1U, 2U, 4U, 5U, 6U, 7U, 9U, 12U}) {
      for (const std::uint32_t blowup : {0U, 1U, 4U}) {
        CAPTURE(k);
        CAPTURE(blowup);
        const BaseColumn coefficients = random_column(std::size_t{1} << k, 80 + k);
        BaseColumn values(coefficients.size() << blowup);
        low_degree_extension(coefficients, values);
        const std::size_t size = std::size_t{1} << BlockEvaluator::log_block(k);
        std::vector<std::size_t> blocks;
        for (std::size_t b = 0; b < values.size() / size; b += 1 + b / 3) blocks.push_back(b);
        const BaseColumn found = BlockEvaluator(blocks, k, k + blowup).evaluate(coefficients);
        REQUIRE(found.size() == blocks.size() * size);
        for (std::size_t i = 0; i < found.size(); ++i) {
          REQUIRE(found[i] == values[blocks[i / size] * size + i % size]);
        }
      }
    }
    CHECK(BlockEvaluator({}, 6, 8).evaluate(random_column(64, 1)).empty());
  });
}
