// DEEP quotients and FRI folds of whole codewords, against golden vectors and the verifier's formulas.
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/deep_quotients.hpp"
#include "fri/prover/fri_folding.hpp"
#include "fri/verifier/deep_answers.hpp"
#include "fri/verifier/folding.hpp"
#include "tests/unit/fri/prover_support.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

SecureColumn secure_column(const nlohmann::json& values) {
  SecureColumn column(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) column.set(i, secure_felt(values[i]));
  return column;
}

SecureColumn random_codeword(std::uint32_t log_size, std::uint32_t seed) {
  SecureColumn column;
  for (std::uint32_t c = 0; c < 4; ++c) {
    column.coordinates[c] = random_column(std::size_t{1} << log_size, 4 * seed + c);
  }
  return column;
}

std::vector<QM31> slice(const SecureColumn& column, std::size_t first, std::size_t count) {
  std::vector<QM31> values;
  for (std::size_t i = first; i < first + count; ++i) values.push_back(column.at(i));
  return values;
}

}  // namespace

TEST_CASE("deep_codeword_equals_the_golden_vector") {
  const auto vectors = golden_vectors();
  const auto golden = vectors.at("deep");
  const CirclePoint<QM31> z{secure_felt(vectors["fft"]["z"][0]), secure_felt(vectors["fft"]["z"][1])};
  const std::vector<std::uint32_t> log_sizes = {4, 2, 3, 4};
  const std::vector<std::vector<int>> offsets = {{-1, 0}, {-1, 0}, {0}, {}};
  at_each_simd_level([&] {
    std::vector<BaseColumn> coefficients(log_sizes.size());
    std::vector<std::vector<QM31>> samples;
    for (std::uint64_t c = 0; c < log_sizes.size(); ++c) {
      for (std::uint64_t i = 0; i < std::uint64_t{1} << log_sizes[c]; ++i) {
        coefficients[c].push_back(M31::reduce(c * 1000003 + (i * 5 + 2) * 7919 + 1));
      }
      auto& values = samples.emplace_back();
      for (const auto& value : golden["sampled"][c]) values.push_back(secure_felt(value));
    }
    std::vector<SampledColumn> columns;
    for (std::size_t c = 0; c < log_sizes.size(); ++c)
      columns.push_back({coefficients[c], offsets[c], samples[c]});
    const SecureColumn codeword = deep_codeword(z, secure_felt(golden["gamma"]), 4, 1, columns);
    for (std::size_t i = 0; i < codeword.size(); ++i) {
      CHECK(codeword.at(i) == secure_felt(golden["codeword_storage_order"][i]));
    }
  });
}

TEST_CASE("deep_codeword_is_what_the_verifier_expects_at_every_query") {
  for (const std::uint32_t log_blowup : {1U, 2U, 4U}) {
    for (const std::uint32_t m : {1U, 2U, 4U, 6U, 11U}) {
      CAPTURE(log_blowup);
      CAPTURE(m);
      const auto point = random_point(m);
      const QM31 gamma = random_felt(m + 20);
      const std::uint32_t log_domain_size = m + log_blowup;
      // More than three columns of one size, so that sums are folded on the way; any samples will do.
      std::vector<std::uint32_t> log_sizes;
      for (std::uint32_t c = 0; c < 23; ++c) log_sizes.push_back(c % 4 == 3 ? 1 + c % m : m);
      const std::vector<int> none, current = {0}, both = {-1, 0};
      std::vector<BaseColumn> coefficients, extensions;
      std::vector<std::vector<QM31>> samples;
      for (std::uint32_t c = 0; c < log_sizes.size(); ++c) {
        coefficients.push_back(random_column(std::size_t{1} << log_sizes[c], c));
        low_degree_extension(coefficients[c], extensions.emplace_back(coefficients[c].size() << log_blowup));
        samples.push_back({random_felt(c + 100), random_felt(c + 200)});
        samples.back().resize(c % 5 == 0 ? 2 : c == 11 ? 0 : 1);
      }
      const auto offsets_of = [&](std::size_t c) -> const std::vector<int>& {
        return samples[c].size() == 2 ? both : samples[c].size() == 1 ? current : none;
      };
      std::vector<std::uint32_t> positions;
      for (std::uint32_t p = 0; p < 1U << log_domain_size; p += 1 + (p % 7) * (m / 4)) positions.push_back(p);
      std::vector<SampledColumn> columns;
      std::vector<OpenedColumn> opened;
      std::vector<std::vector<M31>> queried(extensions.size());
      // One or two points of a pin, so that a column sampled at one point has two samples or three.
      const std::vector<CirclePoint<QM31>> pin_points = {random_point(m + 40), random_point(m + 60)};
      std::vector<std::vector<QM31>> pinned(extensions.size());
      for (const std::uint32_t c : {1U, 2U, 3U, 7U}) {
        pinned[c] = {random_felt(c + 300), random_felt(c + 400)};
        pinned[c].resize(1 + c % 2);
      }
      for (std::size_t c = 0; c < extensions.size(); ++c) {
        for (const std::uint32_t p : positions) {
          queried[c].push_back(extensions[c][lifted_slot(p, log_domain_size, log_sizes[c] + log_blowup)]);
        }
        columns.push_back({coefficients[c], offsets_of(c), samples[c]});
        opened.push_back({log_sizes[c], offsets_of(c), samples[c], queried[c]});
        columns.back().pin_points = opened.back().pin_points = std::span(pin_points).first(pinned[c].size());
        columns.back().pinned = opened.back().pinned = pinned[c];
      }
      const auto answers = deep_answers(point, gamma, m, log_blowup, opened, positions);
      at_each_simd_level([&] {
        const SecureColumn codeword = deep_codeword(point, gamma, m, log_blowup, columns);
        for (std::size_t q = 0; q < positions.size(); ++q) REQUIRE(codeword.at(positions[q]) == answers[q]);
      });
    }
  }
}

TEST_CASE("a_sample_point_with_its_y_in_cm31_is_refused") {
  // y = 1 + i, and x a multiple of u: the line through the point and its conjugate has one y.
  const CirclePoint<QM31> special{QM31::from_u32(0, 0, 32768, 2147450879), QM31::from_u32(1, 1)};
  REQUIRE(special.x.square() + special.y.square() == QM31(M31(1)));
  constexpr std::uint32_t m = 4;
  const std::vector<int> current = {0};
  const std::vector<QM31> sample = {random_felt(1)};
  const std::vector<std::uint32_t> positions = {0, 5};
  const std::vector<M31> queried = {M31(1), M31(2)};
  OpenedColumn column{m, current, sample, queried};
  const auto answers = [&](const CirclePoint<QM31>& point) {
    return deep_answers(point, random_felt(2), m, 1, std::span(&column, 1), positions);
  };
  CHECK_NOTHROW(answers(random_point(m)));
  CHECK_THROWS_WITH_AS(answers(special), doctest::Contains("has its y in CM31"), Error);
  column.pin_points = std::span(&special, 1);
  column.pinned = sample;
  CHECK_THROWS_WITH_AS(answers(random_point(m)), doctest::Contains("has its y in CM31"), Error);
}

TEST_CASE("folds_equal_the_golden_vectors") {
  const auto golden = golden_vectors().at("fri");
  const SecureColumn values = secure_column(golden["values"]);
  at_each_simd_level([&] {
    const SecureColumn folded = fold_circle_codeword(values, secure_felt(golden["alpha"]));
    for (std::size_t i = 0; i < folded.size(); ++i) {
      CHECK(folded.at(i) == secure_felt(golden["circle_to_line"][i]));
    }
    for (const auto& entry : golden["line_fold_[step,values]"]) {
      SecureColumn current = values;
      QM31 alpha = secure_felt(golden["alpha"]);
      for (int fold = 0; fold < entry[0]; ++fold, alpha = alpha.square()) {
        current = fold_line_codeword(current, alpha);
      }
      REQUIRE(current.size() == entry[1].size());
      for (std::size_t i = 0; i < current.size(); ++i) CHECK(current.at(i) == secure_felt(entry[1][i]));
    }
  });
  const auto& stored = golden["line_interpolate_first16_stored_coeffs(bit_reversed)"];
  SecureColumn first(16);
  for (std::size_t i = 0; i < 16; ++i) first.set(i, values.at(i));
  const auto coefficients = interpolate_last_layer(first, 4);
  for (std::size_t i = 0; i < 16; ++i) CHECK(coefficients[i] == secure_felt(stored[i]));
}

TEST_CASE("folds_are_what_the_verifier_computes_at_single_cosets") {
  at_each_simd_level([] {
    for (const std::uint32_t k : {1U, 2U, 4U, 5U, 6U, 9U, 13U}) {
      CAPTURE(k);
      const SecureColumn codeword = random_codeword(k, k);
      const QM31 alpha = random_felt(k);
      const SecureColumn circle = fold_circle_codeword(codeword, alpha);
      const SecureColumn line = fold_line_codeword(codeword, alpha);
      for (std::uint32_t i = 0; i < circle.size(); i += 1 + static_cast<std::uint32_t>(circle.size()) / 50) {
        REQUIRE(circle.at(i) == fold_circle_coset(slice(codeword, 2 * i, 2), k, 2 * i, alpha));
        REQUIRE(line.at(i) == fold_line_coset(slice(codeword, 2 * i, 2), k, 2 * i, alpha));
      }
    }
  });
}

TEST_CASE("last_layer_above_its_degree_bound_is_refused") {
  CHECK_THROWS_AS(interpolate_last_layer(random_codeword(4, 1), 2), Error);
}

TEST_CASE("leaves_hold_four_consecutive_values") {
  at_each_simd_level([] {
    for (const std::uint32_t k : {2U, 4U, 5U, 6U, 8U}) {
      const SecureColumn codeword = random_codeword(k, k);
      const auto columns = pack_leaves(codeword, 2);
      REQUIRE(columns.size() == 16);
      for (std::size_t i = 0; i < codeword.size(); ++i) {
        for (std::size_t c = 0; c < 4; ++c) {
          REQUIRE(columns[4 * (i % 4) + c][i / 4] == codeword.coordinates[c][i]);
        }
      }
    }
  });
}
