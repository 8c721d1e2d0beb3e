#include <doctest/doctest.h>

#include "fri/prover/commitment_scheme_prover.hpp"
#include "lowering/structure.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::vector<std::int32_t> random_input(const Program& program, std::uint32_t lanes, std::uint32_t seed) {
  auto input = ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(program), lanes);
  for (std::size_t i = 0; i < input.size(); ++i) {
    input[i] += static_cast<std::int32_t>(centre(program.inputs[0], i % input_tensor(program).rows()));
  }
  return input;
}

void check_round_trip(const Program& program, const SetupOptions& options) {
  const ProvingKey proving_key = setup_any(program, options);
  const VerificationKey& key = proving_key.key;
  const auto input = random_input(program, options.batch, 7);
  std::optional<DataCommitment> input_data, output_data;
  if (options.input == Visibility::committed) input_data = commit_data(key, key.input(), input);
  if (options.output == Visibility::committed) {
    output_data = commit_data(key, key.output(), execute(program, input, 1).output());
  }
  CommittedValues data;
  if (input_data) data.push_back(&*input_data);
  if (output_data) data.push_back(&*output_data);
  const auto proof =
      prove(proving_key, program, input, {.context = {1, 2, 3}, .observer = {}, .phases = {}, .data = data});
  CHECK_NOTHROW(verify(key, proof));
  CHECK(decode_proof(encode_proof(proof), "proof") == proof);
}

}  // namespace

TEST_CASE("an_honest_proof_verifies_on_every_target_and_visibility") {
  for (const auto target : {Target::chain, Target::offchain}) {
    for (const auto input : {Visibility::shown, Visibility::hidden, Visibility::committed}) {
      for (const auto output : {Visibility::shown, Visibility::committed}) {
        for (const bool zero_knowledge : {true, false}) {
          const SetupOptions options{
              .target = target, .input = input, .output = output, .zero_knowledge = zero_knowledge};
          check_round_trip(random_mlp(19, 17, 3, 1), options);
          check_round_trip(random_residual(6, 2), options);
        }
      }
    }
  }
}

TEST_CASE("inputs_about_centres_are_stated_as_they_are") {
  Program program = random_mlp(5, 17, 3, 1);
  program.inputs[0].centres = {1 << 20, 0, -70000, 12, max_input - 15};
  for (const auto input : {Visibility::shown, Visibility::hidden, Visibility::committed}) {
    check_round_trip(program, {.input = input});
    const ProvingKey proving_key = setup(program, {.input = input});
    CHECK(proving_key.key.input().min == -70000);
    CHECK(proving_key.key.input().max == max_input);
    check_key_of({structure_of(program), {}}, proving_key.key);
    // The structure says which feature lies where.
    Program moved = structure_of(program);
    std::swap(moved.inputs[0].centres[0], moved.inputs[0].centres[2]);
    CHECK_THROWS_AS(check_key_of({moved, {}}, proving_key.key), Error);
  }
  check_round_trip(program, {.target = Target::offchain, .batch = 3});
  check_round_trip(with_predicate(program, parse_predicate("argmax")), {});
}

TEST_CASE("public_weights_have_one_root_that_anyone_rebuilds") {
  const Program program = random_mlp(9, 17, 3, 1);
  const SetupOptions options{.input = Visibility::hidden, .weights_public = true};
  const ProvingKey first = setup(program, options), second = setup(program, options);
  CHECK(first.key == second.key);
  CHECK(first.proof_budget == 0);
  CHECK(weights_root(program, first.key) == first.key.weights_root);
  CHECK_THROWS_WITH_AS(renew(first, program), doctest::Contains("has no budget of proofs"), Error);
  check_round_trip(program, options);
  const ProvingKey masked = setup(program, {.input = Visibility::hidden});
  CHECK(masked.key.weights_root != first.key.weights_root);
  CHECK_THROWS_AS(weights_root(program, masked.key), Error);
}

TEST_CASE("a_key_is_pinned_to_the_weights_under_its_root") {
  // `linear` lower than the highest table, and not: pinned values are those of the lifted columns.
  for (const auto& program : {random_mlp(9, 17, 3, 1), random_residual(6, 2)}) {
    const ProvingKey first = setup(program, {}), again = renew(first, program);
    for (const ProvingKey* proving_key : {&first, &again}) {
      const auto& key = proving_key->key;
      REQUIRE(key.weights_pin.size() == std::size_t{pin_point_count} * key.lanes());
      const auto points = pin_points(Pinned::weights, key.weights_root);
      CommitmentSchemeProver<Blake2sMerkleChannel> scheme(key.pcs);
      Blake2sChannel channel;
      scheme.commit(proving_key->weights, channel);
      const std::size_t columns = proving_key->weights->coefficients().size();
      for (std::size_t point = 0; point < points.size(); ++point) {
        const auto samples =
            scheme.sample(points[point], key.height(), {std::vector(columns, std::vector<int>{0})});
        for (std::size_t c = 0; c < key.lanes(); ++c) {
          CHECK(key.weights_pin[pin_point_count * c + point] == samples[0][c][0]);
        }
      }
    }
    CHECK(first.key.weights_pin != again.key.weights_pin);
  }
}

TEST_CASE("a_key_without_a_pin_is_refused") {
  const VerificationKey key = setup(random_mlp(9, 17, 3, 1), {}).key;
  auto words = key.to_words();
  CHECK(VerificationKey::from_words(words) == key);
  for (const std::size_t missing : {std::size_t{1}, 4 * key.weights_pin.size()}) {
    const auto shorter = std::span(words).first(words.size() - missing);
    CHECK_THROWS_WITH_AS(VerificationKey::from_words(shorter), "verification key: truncated at pin", Error);
  }
  words[0] = 3;
  CHECK_THROWS_WITH_AS(VerificationKey::from_words(words), doctest::Contains("format version 3"), Error);
}

TEST_CASE("special_points_bind_less_or_show_more_and_others_do_not") {
  const std::vector<CirclePoint<QM31>> points =
      pin_points(Pinned::weights, setup(random_mlp(9, 17, 3, 1), {}).key.weights_root);
  CHECK_FALSE(is_special(points, 4, 9));
  // With y in CM31, and on the circle over CM31.
  const CirclePoint<QM31> flat{QM31::from_u32(0, 0, 32768, 2147450879), QM31::from_u32(1, 1)};
  CHECK(is_special({points[0], flat}, 9, 9));
  CHECK(is_special({circle_point_from(QM31::from_u32(5, 7)), points[1]}, 9, 9));
}

/// The circle over QM31 is its units: (x, y) is x + i y, and doubling a point squares that.
TEST_CASE("points_are_special_if_doubling_takes_both_their_coordinates_into_CM31") {
  const QM31 i = QM31::from_u32(0, 1), two = M31(2);
  const auto point_of = [&](const QM31& z) {
    const QM31 inverse = z.inverse();
    return CirclePoint<QM31>{(z + inverse) * two.inverse(), (z - inverse) * (two * i).inverse()};
  };
  const auto is_in_cm31 = [](const QM31& x) { return x.second.is_zero(); };
  const auto unlifted_is_special = [](const CirclePoint<QM31>& point) { return is_special({point}, 8, 9); };
  // u times an element of CM31: its square is in CM31.
  const auto root = point_of(QM31::from_u32(0, 0, 3, 5));
  REQUIRE(!is_in_cm31(root.y));
  CHECK(unlifted_is_special(root));
  CHECK_FALSE(is_special({root}, 9, 9));
  // z^(p^2 - 1) has norm 1, so that x alone is in CM31; of norm i, the square has norm -1: y alone is.
  const QM31 z = QM31::from_u32(1, 2, 3, 4);
  constexpr std::uint64_t order = std::uint64_t{M31::modulus} * M31::modulus - 1;
  const auto x_alone = point_of(z.pow(order)), half = point_of(z.pow(order / 4)), y_alone = half.doubled();
  REQUIRE((is_in_cm31(x_alone.x) && !is_in_cm31(x_alone.y)));
  CHECK_FALSE(is_special({x_alone}, 9, 9));
  REQUIRE((!is_in_cm31(y_alone.x) && is_in_cm31(y_alone.y) && !is_in_cm31(half.y)));
  CHECK_FALSE(unlifted_is_special(half));
}

TEST_CASE("an_honest_proof_of_a_batch_verifies") {
  for (const std::uint32_t batch : {2U, 5U}) {
    check_round_trip(random_mlp(9, 17, 3, 1), {.target = Target::offchain, .batch = batch});
    check_round_trip(random_residual(6, 2), {.target = Target::offchain, .batch = batch});
  }
}

TEST_CASE("an_honest_proof_verifies_for_any_number_of_lanes") {
  for (const std::uint32_t lanes : {1U, 3U, 16U, 40U}) {
    check_round_trip(random_mlp(9, 17, 3, 1), {.target = Target::offchain, .lanes = lanes});
  }
}

TEST_CASE("the_structure_of_a_model_is_well_formed_and_rebuilds_its_root") {
  for (const auto& program : {random_mlp(9, 17, 3, 1), random_residual(6, 2)}) {
    const auto key = setup(program, {}).key;
    const auto arithmetisation = arithmetise(program, key);
    CHECK_NOTHROW(
        check_structure(build_structure(arithmetisation), public_wires(key), key.pcs.fri.n_queries));
    CHECK(structure_root(structure_of(program), key) == key.structure_root);
  }
}
