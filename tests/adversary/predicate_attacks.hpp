// Attacks on output predicates, for the catalogue.
#pragma once

#include "tests/adversary/attack.hpp"
#include "tests/adversary/predicate_lies.hpp"

namespace circlet::testing {

inline Attack of_predicate(const Program& program, PredicateLie (*tell)(const Program&, const Trace&),
                           const std::function<void(const ForgedModel&, TableColumns&)>& on_witness = {}) {
  const ForgedModel model(program);
  const Trace honest = model.honest();
  const PredicateLie lie = tell(program, honest);
  require(lie.outputs != honest.output(), ErrorKind::internal, "the lie is true");
  Statement statement = model.statement(honest);
  statement.tensors[1].values = lie.outputs;
  LyingTrace trace(model, lie.execution);
  if (on_witness) trace.on_witness = [&](TableColumns& witness) { on_witness(model, witness); };
  const Weakness weak{.any_balance = true};
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), "the bus does not balance",
          weak};
}

inline PredicateLie another_index(const Program&, const Trace& honest) { return {honest, {0}}; }

/// The difference of class 1 from class 2 is -1, and its first digit holds p - 1 for it.
inline void put_minus_one(const ForgedModel& model, TableColumns& witness) {
  const std::size_t row = row_of_run(model.arithmetisation, [&](const ActivateRun& run) {
    return run.q.from == CellView::From::buffer && run.q.index == argmax::first_difference_buffer &&
           run.q.of == op_of(model.program, OpKind::argmax, 0) && run.q.first == 1;
  });
  witness[activate_at][1][row] = -M31(1);
}

/// The quotient of acc + p in the first score's row.
inline void put_wrapped_quotient(const ForgedModel& model, TableColumns& witness) {
  const std::size_t row = row_of_run(model.arithmetisation, [&](const ActivateRun& run) {
    return run.y == model.program.outputs[0].tensor;
  });
  const std::uint32_t step =
      column_of(model.columns.structure[activate_at], activate::Structure::two_s)[row].value();
  const std::int64_t quotient = wrapped_score(model.program, model.honest()) / step;
  witness[activate_at][0][row] = M31::from_signed(quotient);
}

inline std::vector<AttackEntry> predicate_attacks() {
  const auto argmax = [](auto tell) { return [tell] { return of_predicate(tied_classes(), tell); }; };
  const auto threshold = [](auto tell) { return [tell] { return of_predicate(compared_scores(), tell); }; };
  return {
      {"argmax_is_another", Layer::bus, "an index that the marks do not give", argmax(another_index)},
      {"argmax_of_a_tie_names_the_second", Layer::bus, "the second of two equal scores",
       argmax(second_of_a_tie)},
      {"argmax_of_a_tie_with_a_difference_of_minus_one", Layer::bus,
       "the second of two equal scores, p - 1 apart",
       [] { return of_predicate(tied_classes(), second_of_a_tie, put_minus_one); }},
      {"argmax_of_a_lower_score", Layer::bus, "a class, its score taken for the maximum",
       argmax(lower_score)},
      {"argmax_without_the_maximum", Layer::bus, "a class whose score is not the maximum",
       argmax(class_without_the_maximum)},
      {"argmax_of_other_scores", Layer::bus, "the first class, for scores of 0", argmax(scores_of_zero)},
      {"selector_is_not_one_hot", Layer::bus, "the last class, with no class marked", argmax(no_class)},
      {"threshold_bit_flipped", Layer::bus, "a score on the other side of the threshold",
       threshold(flipped_bit)},
      {"threshold_of_a_wrapped_score", Layer::bus, "a score on the other side, as acc + p",
       [] { return of_predicate(compared_scores(), remainder_of_wrapped_score, put_wrapped_quotient); }},
  };
}

}  // namespace circlet::testing
