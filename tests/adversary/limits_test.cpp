// What a proof does not say although a reader may expect it, and what the tables leave to a prover.
#include <doctest/doctest.h>

#include <set>

#include "tests/adversary/forge/forge.hpp"
#include "tests/adversary/power_of_claim.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

TEST_CASE("a_prover_fills_values_counts_of_look_ups_and_blinders_alone") {
  // Selectors, ids, multiplicities of wires and contents of LUTs are structure; a "next row" is a mask.
  std::set<std::string> of_witness, of_weights, of_fingerprints, of_logup;
  const AirShape shape = air_shape(TableShape{.lanes = 2, .batch = 2}, {4, 4, 4, 4, 4});
  for (const auto& layout : table_layouts(shape)) {
    const auto add = [&](Tree tree, std::set<std::string>& names) {
      for (const auto& column : layout.columns[static_cast<std::size_t>(tree)]) {
        if (column.sampled) names.insert(layout.table + "." + column.name);
      }
    };
    add(Tree::weights, of_weights);
    add(Tree::witness, of_witness);
    add(Tree::fingerprints, of_fingerprints);
    add(Tree::logup, of_logup);
  }
  CHECK(of_weights == std::set<std::string>{"linear.w_0", "linear.w_1"});
  CHECK(of_witness == std::set<std::string>{"activate.q_0", "activate.q_1", "activate.r_0", "activate.r_1",
                                            "activate.y_0", "activate.y_1", "lut.m_0", "lut.m_1", "lut.m_2",
                                            "lut.m_3", "blinder.R_0", "blinder.R_1", "blinder.R_2",
                                            "blinder.R_3", "blinder.b_0", "blinder.b_1", "blinder.b_2",
                                            "blinder.b_3"});
  CHECK(of_fingerprints ==
        std::set<std::string>{"linear.A", "linear.b", "linear.S", "activate.T", "mac.A", "mac.B", "mac.S"});
  CHECK(of_logup == std::set<std::string>{"linear.R", "activate.P_0", "activate.P_1", "activate.W",
                                          "activate.R", "lut.P_0", "lut.P_1", "lut.R", "mac.P", "mac.R"});
}

TEST_CASE("weights_in_the_padding_of_a_coefficient_mix_the_rows_of_a_layer") {
  // y_j = c_j x_j by the structure. The owner of the weights makes the wire of c_1 carry 3 + 5 t, and y_0
  // gains 5 x_1: no verifier and no look at the structure tells, as with every other choice of weights.
  ProgramBuilder builder(3, 1, 16, 1);
  ForgedModel model(builder.finish({.rows = 3, .scaled = {{builder.input(), {2, 3, 40}}}}));
  constexpr std::size_t row_of_second_coefficient = 2;
  REQUIRE(model.columns.weights[linear_at][15][row_of_second_coefficient] == M31(3));
  model.columns.weights[linear_at][14][row_of_second_coefficient] = M31(5);
  model.recommit();
  auto execution = model.honest();
  const auto& x = execution.inputs[0];
  accumulators(model.program, execution, 0)[0] += 5 * x[1];
  REQUIRE(accumulators(model.program, execution, 0) == std::vector{2 * x[0] + 5 * x[1], 3 * x[1], 40 * x[2]});
  LyingTrace trace(model, execution);
  const Proof proof = prove_trace(model.proving_key, model.statement(execution), trace);
  CHECK_NOTHROW(verify(model.key(), proof));
  CHECK_NOTHROW(check_structure(model.rebuilt(), public_wires(model.key())));
}

TEST_CASE("a_power_of_a_claim_is_well_formed_up_to_the_greatest_degree_and_gives_no_choice_there") {
  // One weight a row: the claim of two outputs has degree 1, that of the three inputs 2.
  ProgramBuilder builder(3, 1, 16, 1);
  const Program program = builder.finish(
      {.rows = 2, .dense = {builder.dense(builder.input(), 2, 20)}, .bias = builder.bias(2, 100)});
  constexpr std::uint64_t most = (std::uint64_t{1} << 26) - 2;
  for (const std::uint64_t exponent : {most, most + 1}) {
    PowerOfClaim bad(program, exponent, {.target = Target::offchain, .lanes = 1});
    bad.model.key().log_degree = 26;
    const std::string verdict = refusal(
        ErrorKind::rejected, [&] { check_structure(bad.model.rebuilt(), public_wires(bad.model.key())); });
    CHECK(verdict == (exponent == most ? "accepted"
                                       : "structure: the degrees of the claims add up to more than 2^26, "
                                         "which a random t does not tell apart"));
    // Other values of t give other powers, none of which is the claim of a chosen output.
    for (const std::int32_t value : {1, -1}) {
      Statement statement = bad.model.statement(bad.model.honest());
      statement.tensors[1].values = {0, value};
      for (statement.context[0] = 0; statement.context[0] < 4; ++statement.context[0]) {
        CHECK_THROWS_WITH_AS(verify(bad.model.key(), bad.prove(statement)),
                             doctest::Contains("the bus does not balance"), Error);
      }
    }
  }
}

TEST_CASE("weights_in_the_padding_of_a_dense_layer_cannot_change_its_rows") {
  // They add terms of higher degree to the claim, which no accumulators have: nothing is provable unless they
  // vanish.
  ProgramBuilder builder(2, 1, 16, 1);
  ForgedModel model(builder.finish({.rows = 2, .dense = {builder.dense(builder.input(), 2, 20)}}));
  model.columns.weights[linear_at][13][0] = M31(1);
  model.recommit();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  const Proof proof = prove_trace(model.proving_key, model.statement(execution), trace);
  CHECK_THROWS_WITH_AS(verify(model.key(), proof),
                       "the bus does not balance: claimed sums and public values do not add up to zero",
                       Error);
}

TEST_CASE("a_column_may_have_one_degree_more_than_its_table_has_rows") {
  // pi^(m-1)(x) vanishes on the trace domain, so the rows are the same; DEEP quotients of such columns are
  // polynomials within FRI's bound (docs/security.md, section 4). The next function is one too many:
  // column_of_too_high_a_degree.
  const ForgedModel model(random_mlp(3, 4, 2, 1));
  const std::uint32_t m = model.key().height();
  const std::size_t column = blinder_column(air_shape(model.key()), Tree::witness);
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Forgery forgery{.late = LateSteps{}};
  forgery.on_words = [&](Tree tree, WordTree& words) {
    if (tree != Tree::witness) return;
    auto& word = words.words[column];
    const CanonicDomain domain{log2_exact(word.size())};
    for (std::uint32_t slot = 0; slot < word.size(); ++slot) {
      word[slot] += canonic_vanishing(domain.index_at_slot(slot).to_point().x, m);
    }
    words.commit();
  };
  forgery.late->samples = [&](Samples& samples, const AtPoint& at) {
    samples[static_cast<std::size_t>(Tree::witness)][column][0] += canonic_vanishing(at.point.x, m);
  };
  const Proof proof = forge(model.proving_key, model.statement(execution), trace, forgery);
  CHECK_NOTHROW(verify(model.key(), proof));
}

TEST_CASE("a_blinder_that_hides_nothing_proves_nothing_else") {
  // a is 0 everywhere: the blinder's constraints hold for any b, and those of the tables are as they were.
  ForgedModel model(random_mlp(3, 4, 2, 1), {}, true);
  std::ranges::fill(model.columns.structure.back()[0], M31());
  model.recommit();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  for (const bool is_true : {true, false}) {
    if (!is_true) statement.tensors[1].values[0] += 1;
    LyingTrace trace(model, execution);
    Csprng random = Csprng::insecure(1);
    Forgery forgery;
    forgery.on_blinder = [&](Tree, Columns& columns) {
      for (auto& column : columns) random.fill(column);
    };
    const Proof proof = forge(model.proving_key, statement, trace, forgery);
    if (is_true) CHECK_NOTHROW(verify(model.key(), proof));
    if (!is_true)
      CHECK_THROWS_WITH_AS(verify(model.key(), proof), doctest::Contains("the bus does not balance"), Error);
  }
}
