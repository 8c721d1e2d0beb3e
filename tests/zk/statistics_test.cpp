// Statistics over many proofs of two witnesses: every value that a proof shows is uniform for both. The
// proofs are real ones, of the real transcript, with seeds for randomness.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/zk/models.hpp"
#include "tests/zk/openings.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// What a proof shows that is not public or a hash, one value of each kind: for every column of trees 1 to 4
/// and of the composition the first query's value and the samples' coordinates; the claimed sums; of FRI's
/// layers the first values that are not queried, and the last layer.
Vector shown_by(const Proof& proof) {
  Vector values;
  append_coordinates(proof.claimed_sums, values);
  const auto& stark = proof.stark;
  for (std::size_t tree = 1; tree < stark.queried_values.size(); ++tree) {
    for (std::size_t c = 0; c < stark.queried_values[tree].size(); ++c) {
      values.push_back(stark.queried_values[tree][c][0]);
      append_coordinates(stark.sampled_values[tree][c], values);
    }
  }
  append_coordinates(std::span(stark.fri_proof.first_layer.fri_witness).first(1), values);
  append_coordinates(stark.fri_proof.last_layer_coefficients, values);
  return values;
}

constexpr std::size_t buckets = 17;

/// Counts of one value in equal parts of M.
using Histogram = std::array<double, buckets>;

struct Sample {
  // By value shown.
  std::vector<Histogram> histograms;
  std::vector<std::vector<std::uint32_t>> observed;
  std::size_t proofs = 0;

  void add(const Vector& shown) {
    histograms.resize(shown.size());
    observed.resize(shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      histograms[i][std::uint64_t{shown[i].value()} * buckets / M31::modulus] += 1;
      observed[i].push_back(shown[i].value());
    }
    ++proofs;
  }
};

/// P(chi^2 > x) with an even number of degrees of freedom: exp(-x/2) sum_{i < n/2} (x/2)^i / i!.
double chi_square_tail(double x, std::size_t degrees) {
  double term = std::exp(-x / 2), sum = 0;
  for (std::size_t i = 0; i < degrees / 2; ++i) {
    sum += term;
    term *= x / 2 / static_cast<double>(i + 1);
  }
  return sum;
}

double p_of_uniform(const Histogram& counts, std::size_t proofs) {
  const double expected = static_cast<double>(proofs) / buckets;
  double x = 0;
  for (const double count : counts) x += (count - expected) * (count - expected) / expected;
  return chi_square_tail(x, buckets - 1);
}

/// That two samples of one size have one distribution.
double p_of_same(const Histogram& a, const Histogram& b) {
  double x = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    if (a[i] + b[i] > 0) x += (a[i] - b[i]) * (a[i] - b[i]) / (a[i] + b[i]);
  }
  return chi_square_tail(x, buckets - 1);
}

/// Proofs that show a value that another shows too.
std::size_t repeats(std::vector<std::uint32_t> values) {
  std::ranges::sort(values);
  std::size_t count = 0;
  for (std::size_t i = 1; i < values.size(); ++i) count += values[i] == values[i - 1] ? 1 : 0;
  return count;
}

struct Verdict {
  std::size_t values = 0;
  double least_p = 1;  // over all tests, times their number (Bonferroni)
  std::size_t repeats = 0;
};

/// Proves each witness `proofs` times, with masks of its own each time: of the weights too, under a key of
/// its own.
Verdict compare(std::size_t proofs, bool zero_knowledge) {
  const TwoWitnesses two = two_witnesses(tiny_program(), 4);
  const PcsConfig pcs{
      .pow_bits = 0,
      .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 2}};
  std::uint64_t seed = 0;
  const auto sample = [&](const Program& program, const Buffer& input) {
    Sample result;
    while (result.proofs < proofs) {
      Csprng masks = Csprng::insecure(++seed);
      const ProvingKey key = setup(program, {.target = Target::offchain,
                                             .input = Visibility::hidden,
                                             .lanes = 2,
                                             .pcs = pcs,
                                             .zero_knowledge = zero_knowledge,
                                             .proofs = 1,
                                             .masks = &masks});
      const Proof proof =
          prove(key, program, input, {.context = {static_cast<std::uint32_t>(seed)}, .masks = &masks});
      if (result.proofs == 0) CHECK_NOTHROW(verify(key.key, proof));
      result.add(shown_by(proof));
    }
    return result;
  };
  const Sample first = sample(two.first, two.first_input), second = sample(two.second, two.second_input);
  Verdict verdict{.values = first.histograms.size()};
  for (std::size_t i = 0; i < verdict.values; ++i) {
    const auto is_zero = [&](const Sample& of_witness) {
      return std::ranges::all_of(of_witness.observed[i], [](std::uint32_t x) { return x == 0; });
    };
    // A blinder without randomness is zero: that alone tells nothing of a witness.
    if (!zero_knowledge && is_zero(first) && is_zero(second)) continue;
    verdict.least_p = std::min({verdict.least_p, p_of_uniform(first.histograms[i], proofs),
                                p_of_uniform(second.histograms[i], proofs),
                                p_of_same(first.histograms[i], second.histograms[i])});
    verdict.repeats += repeats(first.observed[i]) + repeats(second.observed[i]);
  }
  verdict.least_p *= 3 * static_cast<double>(verdict.values);
  return verdict;
}

}  // namespace

TEST_CASE("every_value_of_a_proof_is_uniform_for_two_witnesses") {
  const std::size_t proofs = full_run() ? 5000 : 500;
  const Verdict verdict = compare(proofs, true);
  const double expected_repeats = static_cast<double>(verdict.values) * static_cast<double>(proofs) *
                                  static_cast<double>(proofs) / M31::modulus;
  MESSAGE("2 x " << proofs << " proofs, " << verdict.values << " values: least p " << verdict.least_p << ", "
                 << verdict.repeats << " repeats (" << expected_repeats << " expected)");
  CHECK(verdict.least_p > 1e-6);
  CHECK(static_cast<double>(verdict.repeats) < 10 + 3 * expected_repeats);
}

TEST_CASE("the_same_statistics_tell_proofs_that_hide_nothing") {
  const Verdict verdict = compare(100, false);
  MESSAGE(verdict.values << " values: least p " << verdict.least_p << ", " << verdict.repeats << " repeats");
  CHECK(verdict.least_p < 1e-20);
  CHECK(verdict.repeats > 1000);
}
