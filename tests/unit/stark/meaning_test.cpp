// What a key binds of model.structure beyond the rows of its tables: thresholds, labels, names, scales.
#include <doctest/doctest.h>

#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

/// A model whose output is compared with a threshold.
PublicModel compared() {
  Program imported = structure_of(random_residual(4, 2));
  imported.class_labels = {"yes", "no"};
  return {std::move(imported), {.kind = Predicate::Kind::at_least, .threshold = 3}};
}

VerificationKey key_of(const PublicModel& model) {
  Program imported = random_residual(4, 2);
  imported.class_labels = model.imported.class_labels;
  return setup(with_predicate(imported, model.predicate),
               {.pcs = small_pcs, .meaning = meaning_of(imported, model.predicate)})
      .key;
}

}  // namespace

TEST_CASE("a_key_is_of_one_meaning_alone") {
  const PublicModel honest = compared();
  const VerificationKey key = key_of(honest);
  const auto refusal_after = [&](const std::function<void(PublicModel&)>& change) {
    PublicModel changed = honest;
    change(changed);
    return refusal(ErrorKind::rejected, [&] { check_key_of(changed, key); });
  };
  CHECK(refusal_after([](PublicModel&) {}) == "accepted");
  const auto hidden = [](PublicModel& m) -> Tensor& {
    return m.imported.tensors.at(look_up(m.imported, 0).outputs[0]);
  };
  for (const auto& [name, change] : std::vector<std::pair<const char*, std::function<void(PublicModel&)>>>{
           {"a threshold between the same integers", [](PublicModel& m) { m.predicate.threshold -= 1e-9; }},
           {"swapped labels",
            [](PublicModel& m) { std::swap(m.imported.class_labels[0], m.imported.class_labels[1]); }},
           {"a renamed LUT", [](PublicModel& m) { table(m.imported, 0).name += "'"; }},
           {"scales of a hidden tensor", [&](PublicModel& m) { hidden(m).scales[0] *= 2; }}}) {
    CAPTURE(std::string(name));
    CHECK(contains(refusal_after(change), "the key's model means something else"));
    // Nothing else in the key tells of it.
    PublicModel changed = honest;
    change(changed);
    VerificationKey of_changed = key;
    of_changed.meaning = meaning_of(changed.imported, changed.predicate);
    CHECK(refusal(ErrorKind::rejected, [&] { check_key_of(changed, of_changed); }) == "accepted");
  }
}

TEST_CASE("the_meaning_is_the_hash_of_the_payload_of_model_structure") {
  const PublicModel model = compared();
  CHECK(key_of(model).meaning == Blake2s::hash(write_structure(model.imported, model.predicate)));
  const Program plain = random_residual(4, 2);
  CHECK(setup(plain, {.pcs = small_pcs}).key.meaning == meaning_of(plain, {}));
}

TEST_CASE("a_model_with_a_predicate_has_no_key_without_a_meaning") {
  const Program program = with_predicate(random_residual(4, 2), {.kind = Predicate::Kind::argmax});
  CHECK(contains(refusal(ErrorKind::usage, [&] { static_cast<void>(setup(program, {.pcs = small_pcs})); }),
                 "the meaning of a model with a predicate is missing"));
}

TEST_CASE("a_key_states_the_degree_of_the_claims_that_its_structure_has") {
  const PublicModel honest = compared();
  for (const int change : {0, 1, -1}) {
    VerificationKey key = key_of(honest);
    key.log_degree += static_cast<std::uint32_t>(change);
    CHECK(refusal(ErrorKind::rejected, [&] { check_key_of(honest, key); }) ==
          (change == 0 ? "accepted"
                       : "the key's input, output, wires or degrees are not those of model.structure"));
  }
}
