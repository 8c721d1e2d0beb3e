// Random models, shapes and lies: columns that satisfy every constraint, made from an execution that is not
// the model's.
#include <doctest/doctest.h>

#include <cstdlib>

#include "program/audit.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/support/full_run.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

bool same(const Trace& a, const Trace& b) { return a.inputs == b.inputs && a.tensors == b.tensors; }

/// Two layers may happen to have one LUT, which a Program holds once.
bool is_well_formed(const Program& program) {
  try {
    check_program(program);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// An arg max where there is something to choose, a threshold, or the scores themselves.
Program with_any_predicate(Program program, std::uint32_t batch, std::uint32_t kind) {
  const Tensor& range = output_tensor(program);
  if (kind == 0 && batch == 1 && range.rows() > 1)
    return with_predicate(std::move(program), {Predicate::Kind::argmax});
  if (kind > 1 || range.max <= range.min) return program;
  const auto middle = static_cast<double>(range.min + (range.max - range.min) / 3 + 1);
  return with_predicate(std::move(program), {Predicate::Kind::at_least, middle});
}

}  // namespace

TEST_CASE("a_random_lie_in_a_random_model_is_refused_by_the_bus") {
  const std::uint32_t rounds = is_full_run() ? 2000 : 60;
  std::uint32_t lies = 0;
  for (std::uint32_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto draw = [&](std::uint32_t count) { return static_cast<std::uint32_t>(random() % count); };
    const auto kind_of_model = draw(4);
    Program program = kind_of_model == 0   ? random_mlp(1 + draw(6), 1 + draw(20), 1 + draw(5), seed)
                      : kind_of_model == 1 ? random_residual(1 + draw(6), seed)
                      : kind_of_model == 2 ? random_gated(1 + draw(6), 1 + draw(6), 1 + draw(5), seed)
                                           : random_convolutions(seed);
    if (!is_well_formed(program)) continue;
    const auto batch = kind_of_model >= 2 ? 1 : 1 + draw(3);
    program = with_any_predicate(std::move(program), batch, draw(4));
    const ForgedModel model(program, {.target = Target::offchain,
                                      .input = draw(2) == 0 ? Visibility::shown : Visibility::hidden,
                                      .batch = batch,
                                      .lanes = 1 + draw(20)});
    const auto input = ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(program), model.key().batch());
    const Trace honest = execute(program, input, model.key().batch());
    Statement statement = model.statement(honest);
    {
      LyingTrace trace(model, honest);
      CHECK_NOTHROW(verify(model.key(), prove_trace(model.proving_key, statement, trace)));
    }
    Program other = program;
    auto other_input = input;
    const auto change = [&](std::vector<std::int32_t>& values) {
      values[draw(static_cast<std::uint32_t>(values.size()))] += draw(2) == 0 ? 1 : -1;
    };
    const auto kind = draw(5);
    auto weights = constants_of(other, ConstantTensor::Kind::weights);
    if (kind < 3) {
      change(other.constants[weights[draw(static_cast<std::uint32_t>(weights.size()))]].values);
    } else if (kind == 3 && model.key().input().visibility == Visibility::shown) {
      auto& x = other_input[draw(static_cast<std::uint32_t>(other_input.size()))];
      x = x == model.key().input().max ? x - 1 : x + 1;
    } else {
      auto& y =
          statement.tensors[1].values[draw(static_cast<std::uint32_t>(statement.tensors[1].values.size()))];
      y = y == model.key().output().max ? y - 1 : y + 1;
    }
    Trace lie;
    try {
      lie = execute(other, other_input, model.key().batch());
    } catch (const Error&) {
      continue;  // the changed model leaves its LUT
    }
    if (statement == model.statement(honest)) {
      if (same(lie, honest)) continue;
      statement.tensors[1].values = lie.output();
    }
    ++lies;
    LyingTrace trace(model, lie);
    const Proof proof = prove_trace(model.proving_key, statement, trace);
    try {
      verify(model.key(), proof);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      const std::string reason = error.what();
      CAPTURE(reason);
      CHECK((reason.starts_with("the bus does not balance") ||
             reason.find("outside the key's range") != std::string::npos));
    }
  }
  CHECK(lies > rounds / 2);
}

TEST_CASE("a_false_product_and_another_order_of_rows_are_refused_by_the_bus") {
  const Program program = random_gated(4, 5, 3, 7);
  const ForgedModel model(program);
  const Buffer input = {1, 15, 7, 3};
  const Trace honest = execute(program, input, 1);
  {
    LyingTrace trace(model, honest);
    CHECK_NOTHROW(verify(model.key(), prove_trace(model.proving_key, model.statement(honest), trace)));
  }
  const auto verdict = [&](const Trace& lie) {
    LyingTrace trace(model, lie);
    const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
    return refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); });
  };
  // Everything after the product follows from the false one.
  const OpId product = op_of(program, OpKind::product, 0);
  Trace false_product = honest;
  false_product.tensors[program.ops[product].outputs[0]][0] += 1 << 6;
  for (OpId id = product + 1; id < program.ops.size(); ++id) {
    const Meaning& meaning = meaning_of(program.ops[id].kind);
    false_product.buffers[id].assign(meaning.buffers(program.ops[id]), {});
    std::ranges::fill(false_product.tensors[program.ops[id].outputs[0]], 0);
    meaning.execute(program, id, false_product);
  }
  REQUIRE_FALSE(same(false_product, honest));
  CHECK(contains(verdict(false_product), "the bus does not balance"));
  Program other = program;
  auto& indices = other.constants[other.ops[op_of(other, OpKind::gather, 0)].constants[0]].values;
  std::ranges::rotate(indices, indices.begin() + 1);
  const Trace other_order = execute(other, input, 1);
  REQUIRE_FALSE(same(other_order, honest));
  CHECK(contains(verdict(other_order), "the bus does not balance"));
}

TEST_CASE("an_audit_that_counts_otherwise_is_refused") {
  ProgramBuilder builder(3, -8, 7, 11);
  const TensorId hidden = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 20)}}, 1);
  const Program model = builder.finish({.rows = 3, .dense = {builder.dense(hidden, 3, 20)}});
  const Program program = with_audit({.model = model,
                                      .records = 11,
                                      .columns = {"label", "group"},
                                      .counts = {"correct", "predicted=1 & group=0", "group=1"}});
  const ForgedModel forged(program, {.target = Target::offchain});
  const Buffer input = builder.random_input(input_tensor(program), 1);
  const Trace honest = execute(program, input, 1);
  const auto verdict = [&](const Trace& lie) {
    LyingTrace trace(forged, lie);
    const Proof proof = prove_trace(forged.proving_key, forged.statement(lie), trace);
    return refusal(ErrorKind::rejected, [&] { verify(forged.key(), proof); });
  };
  CHECK(verdict(honest) == "accepted");
  // Of every op one value is another, and all that comes after follows from it: another class, a label that
  // holds or does not, a record that is counted twice, or not at all.
  for (OpId op = 0; op < program.ops.size(); ++op) {
    Trace lie = honest;
    Buffer& changed = lie.tensors[program.ops[op].outputs[0]];
    const Tensor& tensor = program.tensors[program.ops[op].outputs[0]];
    changed[0] += changed[0] < tensor.max ? 1 : -1;
    for (OpId id = op + 1; id < program.ops.size(); ++id) {
      lie.buffers[id].assign(meaning_of(program.ops[id].kind).buffers(program.ops[id]), {});
      std::ranges::fill(lie.tensors[program.ops[id].outputs[0]], 0);
      meaning_of(program.ops[id].kind).execute(program, id, lie);
    }
    CAPTURE(op);
    CAPTURE(program.ops[op].name);
    // Without wires of its own a sum is what its reader splits it into.
    if (same(lie, honest)) continue;
    CHECK(contains(verdict(lie), "the bus does not balance"));
  }
}
