// Commitments to inputs and outputs: what binds a proof to a root, and what a file of one may hold.
#include "stark/prover/data_commitment.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/artefact.hpp"
#include "fri/prover/commitment_scheme_prover.hpp"
#include "program/executor.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 5, .fold_step = 2}};

struct Committed {
  Program program;
  ProvingKey proving_key;
  std::vector<std::int32_t> input;
  DataCommitment input_data, output_data;

  explicit Committed(std::uint32_t seed = 1, bool zero_knowledge = true,
                     Program model = random_mlp(19, 4, 3, 1))
      : program(std::move(model)),
        proving_key(setup(program, {.input = Visibility::committed,
                                    .output = Visibility::committed,
                                    .pcs = small_pcs,
                                    .zero_knowledge = zero_knowledge})),
        input(ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(program), 1)),
        input_data(commit_data(key(), key().input(), input)),
        output_data(commit_data(key(), key().output(), execute(program, input, 1).output())) {}
  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }
  [[nodiscard]] Proof proof() const {
    return prove(proving_key, program, input,
                 {.observer = {}, .phases = {}, .data = {&input_data, &output_data}});
  }
};

std::string refusal_of(const VerificationKey& key, const Proof& proof) {
  return refusal(ErrorKind::rejected, [&] { verify(key, proof); });
}

}  // namespace

TEST_CASE("a_proof_is_about_the_roots_in_its_statement_and_no_others") {
  const Committed model(1), other(2);
  const Proof proof = model.proof();
  CHECK(proof.statement.tensors[0].commitment == model.input_data.commitment());
  CHECK(proof.statement.tensors[1].commitment == model.output_data.commitment());
  CHECK(proof.statement.tensors[0].values.empty());
  CHECK(proof.statement.tensors[1].values.empty());
  REQUIRE(refusal_of(model.key(), proof) == "accepted");

  Proof changed = proof;
  auto& tensors = changed.statement.tensors;
  const std::string another_root = "a root of committed values is not the statement's";
  SUBCASE("another input's root") {
    tensors[0].commitment = other.input_data.commitment();
    CHECK(refusal_of(model.key(), changed) == another_root);
    changed.stark.commitments[5] = other.input_data.root();
    CHECK(refusal_of(model.key(), changed) != "accepted");
  }
  SUBCASE("another output's root") {
    tensors[1].commitment = other.output_data.commitment();
    CHECK(refusal_of(model.key(), changed) == another_root);
    changed.stark.commitments[6] = other.output_data.root();
    CHECK(refusal_of(model.key(), changed) != "accepted");
  }
  SUBCASE("the commitments exchanged") {
    std::swap(tensors[0].commitment, tensors[1].commitment);
    CHECK(refusal_of(model.key(), changed) != "accepted");
    std::swap(changed.stark.commitments[5], changed.stark.commitments[6]);
    CHECK(refusal_of(model.key(), changed) != "accepted");
  }
  SUBCASE("no commitment") {
    tensors[0].commitment.reset();
    CHECK(contains(refusal_of(model.key(), changed), "the key says it is committed"));
  }
  SUBCASE("values besides a commitment") {
    tensors[0].values = model.input;
    CHECK(contains(refusal_of(model.key(), changed), "the statement's input"));
  }
  SUBCASE("another value in a pin") {
    for (std::size_t i = 0; i < data_pin_values; ++i) {
      auto& value = tensors[i % 2].commitment->pin[i];
      const QM31 before = value;
      value += QM31(M31(1));
      CHECK(refusal_of(model.key(), changed) != "accepted");
      value = before;
    }
    CHECK(refusal_of(model.key(), changed) == "accepted");
  }
}

TEST_CASE("a_claimed_sum_that_is_not_below_p_is_refused_also_in_a_proof_that_no_file_was_read_for") {
  const Committed model;
  Proof proof = model.proof();
  proof.claimed_sums[first_data_table].second.imag = M31(M31::modulus);
  CHECK(refusal_of(model.key(), proof) == "claimed sums: a value is not below p");
}

TEST_CASE("a_proof_with_another_number_of_commitments_than_the_key_has_trees_is_refused") {
  const Committed model;
  Proof proof = model.proof();
  const std::string expected = std::to_string(proof.stark.commitments.size());
  proof.stark.commitments.emplace_back();
  CHECK(contains(refusal_of(model.key(), proof), " commitments, expected " + expected));
  CHECK(refusal_of(model.key(), proof).starts_with("the proof has "));
}

TEST_CASE("a_proof_with_another_number_of_claimed_sums_than_the_key_has_tables_is_refused") {
  const Committed model;
  Proof proof = model.proof();
  proof.claimed_sums.emplace_back();
  CHECK(refusal_of(model.key(), proof) == "the proof has 7 claimed sums, expected 6");
  proof.claimed_sums.resize(5);
  CHECK(refusal_of(model.key(), proof) == "the proof has 5 claimed sums, expected 6");
}

TEST_CASE("a_commitment_is_pinned_to_the_columns_under_its_root") {
  for (const bool zero_knowledge : {true, false}) {
    const Committed model(1, zero_knowledge);
    const DataCommitment& data = model.input_data;
    REQUIRE(data.pin.size() == data_pin_values);
    const auto points = pin_points(Pinned::data, data.root());
    CHECK(points != pin_points(Pinned::weights, data.root()));
    CommitmentSchemeProver<Blake2sMerkleChannel> scheme(model.key().pcs);
    Blake2sChannel channel;
    scheme.commit(data.tree, channel);
    for (std::size_t point = 0; point < points.size(); ++point) {
      const auto samples = scheme.sample(points[point], data.log_size,
                                         {std::vector(data.columns.size(), std::vector<int>{0})});
      for (std::size_t c = 0; c < data::row_values; ++c) {
        CHECK(data.pin[pin_point_count * c + point] == samples[0][c][0]);
      }
    }
  }
}

TEST_CASE("a_root_where_the_key_commits_to_nothing_is_refused") {
  const Program program = random_mlp(19, 4, 3, 1);
  const ProvingKey proving_key = setup(program, {.pcs = small_pcs});
  const Committed committed;
  Proof proof = prove(proving_key, program, committed.input);
  proof.statement.tensors[0].commitment = committed.input_data.commitment();
  CHECK(contains(refusal_of(proving_key.key, proof), "the statement's input is committed"));
}

TEST_CASE("the_prover_refuses_a_commitment_to_other_values") {
  const Committed model(1), other(2);
  const auto prove_with = [&](const CommittedValues& data) {
    return refusal(ErrorKind::bad_input, [&] {
      prove(model.proving_key, model.program, model.input, {.observer = {}, .phases = {}, .data = data});
    });
  };
  CHECK(contains(prove_with({&other.input_data, &model.output_data}), "to other values"));
  CHECK(contains(prove_with({&model.input_data, &other.output_data}), "to other values"));
  CHECK(prove_with({&model.output_data}) ==
        "the key has 2 committed inputs and outputs, and 1 commitments are given");
}

TEST_CASE("two_commitments_to_the_same_values_have_different_roots_unless_nothing_is_hidden") {
  const Committed model;
  CHECK(commit_data(model.key(), model.key().input(), model.input).root() != model.input_data.root());
  const Committed open(1, false);
  CHECK(commit_data(open.key(), open.key().input(), open.input).root() == open.input_data.root());
  CHECK(open.input_data.proof_budget == 0);
}

TEST_CASE("a_tree_that_two_keys_read_as_two_lists_has_two_ids") {
  const Committed longer(1, false), shorter(1, false, random_mlp(18, 4, 3, 1));
  std::vector<std::int32_t> values = {0};
  values.insert(values.end(), shorter.input.begin(), shorter.input.end());
  const DataCommitment data = commit_data(longer.key(), longer.key().input(), values);
  REQUIRE(data.root() == shorter.input_data.root());
  CHECK(data.id() != shorter.input_data.id());
}

TEST_CASE("the_id_of_a_commitment_follows_from_the_root_and_the_key") {
  const Committed model;
  const auto id_with = [&](const std::function<void(VerificationKey&)>& change) {
    VerificationKey key = model.key();
    change(key);
    return key.committed(key.input(), model.input_data.commitment());
  };
  const Blake2sHash id = model.input_data.id();
  CHECK(id_with([](VerificationKey&) {}) == id);
  CHECK(id_with([](VerificationKey& key) { key.input().max += 1; }) == id);
  CHECK(id_with([](VerificationKey& key) { key.pcs.fri.n_queries += 1; }) == id);
  Commitment other_pin = model.input_data.commitment();
  other_pin.pin[0] += QM31(M31(1));
  CHECK(model.key().committed(model.key().input(), other_pin) != id);
  CHECK(id_with([](VerificationKey& key) { key.input().rows += 1; }) != id);
  CHECK(id_with([](VerificationKey& key) { key.input().scales[0] *= 2; }) != id);
  CHECK(id_with([](VerificationKey& key) { ++key.instances.back().log_size; }) != id);
  CHECK(id_with([](VerificationKey& key) { ++key.pcs.fri.log_blowup_factor; }) != id);
  CHECK(model.key().committed(model.key().input(), model.output_data.commitment()) != id);
}

TEST_CASE("the_id_of_a_commitment_is_that_of_the_contracts") {
  // The same as in verifier-cairo/src/key/tests.cairo.
  Commitment commitment{.root = {{100, 101, 102, 103, 104, 105, 106, 107}}, .pin = {}};
  for (std::uint32_t i = 0; i < data_pin_values; ++i) {
    commitment.pin.push_back(QM31::from_u32(200 + 4 * i, 201 + 4 * i, 202 + 4 * i, 203 + 4 * i));
  }
  CHECK(commitment_id(commitment, 64, 9, 4, {1.0}).to_hex() ==
        "670c7eff56d25412de2e306936428745cead29a2e23e4bf5d1a8c002c88a9960");
}

TEST_CASE("one_commitment_serves_the_keys_of_several_models") {
  const Committed model;
  Program other = model.program;
  for (auto& weight : weights(other, 0)) weight = -weight;
  const ProvingKey proving_key = setup(other, {.input = Visibility::committed, .pcs = small_pcs});
  REQUIRE(proving_key.key.weights_root != model.key().weights_root);
  const Proof proof =
      prove(proving_key, other, model.input, {.observer = {}, .phases = {}, .data = {&model.input_data}});
  CHECK(proof.statement.tensors[0].commitment == model.input_data.commitment());
  CHECK(refusal_of(proving_key.key, proof) == "accepted");
}

TEST_CASE("a_committed_output_is_the_committed_input_of_another_model") {
  const Committed first(1, true, random_residual(4, 2));
  const Tensor& output = output_tensor(first.program);
  ProgramBuilder builder(output.rows(), static_cast<std::int32_t>(output.min),
                         static_cast<std::int32_t>(output.max), 5);
  const Program second =
      builder.finish({.rows = 2, .dense = {builder.dense(builder.input(), 2, 9)}, .bias = {1, 2}});
  const ProvingKey proving_key = setup(second, {.input = Visibility::committed, .pcs = small_pcs});
  REQUIRE(proving_key.key.height() == first.key().height());
  const Proof proof = prove(proving_key, second, first.output_data.values,
                            {.observer = {}, .phases = {}, .data = {&first.output_data}});
  CHECK(proof.statement.tensors[0].commitment == first.proof().statement.tensors[1].commitment);
  CHECK(refusal_of(proving_key.key, proof) == "accepted");
}

TEST_CASE("a_commitment_fits_only_keys_under_which_it_hides_and_means_the_same") {
  const Committed model;
  const auto fits = [&](const std::function<void(VerificationKey&)>& change) {
    VerificationKey key = model.key();
    change(key);
    return refusal(ErrorKind::bad_input, [&] { check_data_fits(model.input_data, key, key.input()); });
  };
  CHECK(fits([](VerificationKey&) {}) == "accepted");
  CHECK(contains(fits([](VerificationKey& key) { key.input().rows += 1; }), "committed values"));
  CHECK(contains(fits([](VerificationKey& key) { key.input().max = key.input().min; }), "range"));
  CHECK(contains(fits([](VerificationKey& key) { key.input().scales[0] *= 2; }), "scales"));
  CHECK(contains(fits([](VerificationKey& key) { ++key.instances.back().log_size; }), "levels"));
  CHECK(contains(fits([](VerificationKey& key) { ++key.pcs.fri.log_blowup_factor; }), "levels"));
  CHECK(contains(fits([](VerificationKey& key) { key.pcs.fri.n_queries += 20; }), "fewer queries"));
  DataCommitment open = model.input_data;
  open.proof_budget = 0;
  CHECK(contains(
      refusal(ErrorKind::bad_input, [&] { check_data_fits(open, model.key(), model.key().input()); }),
      "hides nothing"));
}

TEST_CASE("a_commitment_is_random_in_its_salts_and_in_every_row_after_the_fin_row") {
  const Committed model;
  Csprng one = Csprng::insecure(1), two = Csprng::insecure(2);
  const DataCommitment first = commit_data(model.key(), model.key().input(), model.input, &one);
  const DataCommitment second = commit_data(model.key(), model.key().input(), model.input, &two);
  const std::size_t real_rows = (model.input.size() + data::row_values - 1) / data::row_values;
  for (std::size_t column = 0; column < data::row_values + data::salts; ++column) {
    const bool is_salt = column >= data::row_values;
    for (std::size_t row = 0; row < first.columns[column].size(); ++row) {
      const bool differs = first.columns[column][row] != second.columns[column][row];
      REQUIRE(differs == (is_salt || row > real_rows));
    }
  }
}

TEST_CASE("committed_values_are_those_of_one_sample") {
  TableShape shape{.inputs = {Visibility::committed}};
  CHECK_NOTHROW(arithmetise(random_mlp(5, 3, 2, 1), shape));
  shape.batch = 2;
  CHECK(contains(refusal(ErrorKind::usage, [&] { arithmetise(random_mlp(5, 3, 2, 1), shape); }),
                 "committed values are those of one sample"));
}

TEST_CASE("values_outside_the_keys_range_are_not_committed") {
  const Committed model;
  auto values = model.input;
  values[3] = model.key().input().max + 1;
  const auto commit = [&] { commit_data(model.key(), model.key().input(), values); };
  CHECK(contains(refusal(ErrorKind::bad_input, commit), "outside the key's range"));
  values[3] = model.key().input().min - 1;
  CHECK(contains(refusal(ErrorKind::bad_input, commit), "outside the key's range"));
  values.pop_back();
  CHECK(contains(refusal(ErrorKind::bad_input, commit), "wants 19 committed values, not 18"));
}

TEST_CASE("values_that_the_keys_tables_have_no_room_for_are_not_committed") {
  const Committed model;
  VerificationKey key = model.key();
  key.instances.back().log_size = 1;  // and the values take two rows beside the fin row
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { commit_data(key, key.input(), model.input); }),
                 "the key's tables are too low"));
}

TEST_CASE("a_file_of_a_commitment_gives_it_back") {
  const Committed model;
  const Bytes file = encode_data(model.input_data);
  const DataCommitment read = decode_data(file, "in.data");
  CHECK(read.values == model.input_data.values);
  CHECK(read.columns == model.input_data.columns);
  CHECK(read.root() == model.input_data.root());
  CHECK(read.proof_budget == model.input_data.proof_budget);
  CHECK(read.pin == model.input_data.pin);
  CHECK(encode_data(read) == file);
}

TEST_CASE("a_damaged_file_of_a_commitment_is_refused") {
  const Committed model;
  const Bytes file = encode_data(model.input_data);
  const auto payload = open_artefact(ArtefactKind::committed_data, 2, file, "in.data");
  for (std::size_t length = 0; length < payload.size(); length += 1 + length / 8) {
    const Bytes cut = seal_artefact(ArtefactKind::committed_data, 2, payload.first(length));
    CHECK_THROWS_AS(decode_data(cut, "in.data"), Error);
  }
  // The header's fields, and the first cells: padding, which must be zero.
  const auto with_word = [&](std::size_t offset, std::uint32_t word) {
    Bytes changed(payload.begin(), payload.end());
    std::memcpy(changed.data() + offset, &word, sizeof(word));
    const Bytes sealed = seal_artefact(ArtefactKind::committed_data, 2, changed);
    return refusal(ErrorKind::bad_input, [&] { decode_data(sealed, "in.data"); });
  };
  const std::size_t after_scales = 4 + 8 * model.input_data.scales.size();
  CHECK(contains(with_word(0, 0xffffffff), "truncated"));
  CHECK(contains(with_word(after_scales, 27), "log size"));
  CHECK(contains(with_word(after_scales, 3), "log size"));
  CHECK(contains(with_word(after_scales + 4, 0), "log blow-up"));
  CHECK(contains(with_word(after_scales + 4, 5), "log blow-up"));
  CHECK(contains(with_word(after_scales + 8, 0x7fffffff), "proof budget"));
  CHECK(contains(with_word(after_scales + 16, 0), "number of values"));
  CHECK(contains(with_word(after_scales + 16, 1U << 24), "number of values"));
  {
    // More than any key's tables have, in columns with room for them.
    Bytes changed(payload.begin(), payload.end());
    const std::uint32_t log_size = 21, count = (1U << 24) + 1;
    std::memcpy(changed.data() + after_scales, &log_size, sizeof(log_size));
    std::memcpy(changed.data() + after_scales + 16, &count, sizeof(count));
    const Bytes sealed = seal_artefact(ArtefactKind::committed_data, 2, changed);
    CHECK(
        contains(refusal(ErrorKind::bad_input, [&] { decode_data(sealed, "in.data"); }), "number of values"));
  }
  CHECK(contains(with_word(after_scales + 20, 1), "padding"));
  CHECK(contains(with_word(payload.size() - 4, model.input_data.pin.back().second.imag.value() ^ 1), "pin"));
  CHECK(contains(with_word(after_scales + 20, 0x7fffffff), "not below"));
  Bytes longer(payload.begin(), payload.end());
  longer.push_back(0);
  CHECK_THROWS_AS(decode_data(seal_artefact(ArtefactKind::committed_data, 2, longer), "in.data"), Error);
  const auto with_scales = [&](std::vector<double> scales) {
    DataCommitment changed = model.input_data;
    changed.scales = std::move(scales);
    return refusal(ErrorKind::bad_input, [&] { decode_data(encode_data(changed), "in.data"); });
  };
  CHECK(contains(with_scales({1, 1}), "does not divide"));
  CHECK(with_scales(std::vector<double>(model.input.size(), 2)) == "accepted");
  for (const double scale : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    CHECK(contains(with_scales({scale}), "not a positive number"));
  }
}
