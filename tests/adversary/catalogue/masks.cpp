// Lies on rows that are not real, in rho and in the blinder. What a table holds there reaches R on its last
// real row no more than rho on its fin row.
#include "tests/adversary/catalogue/catalogue.hpp"

namespace circlet::testing {
namespace {

/// With the table: committed values if it is one of those.
FalseStatement false_statement(std::size_t table, bool hides) {
  const bool committed = is_data(table);
  return FalseStatement(random_mlp(3, 4, 2, 1), committed, {}, hides);
}

/// A false output; what the bus lacks stands on a mask row of `table`, and is claimed with the sum.
Attack message_on_a_mask_row(std::size_t table, const std::string& constraint, bool first) {
  const FalseStatement lie = false_statement(table, true);
  const ForgedModel& model = lie.model;
  LyingTrace trace(model, lie.execution, lie.data());
  trace.on_logup = [&](std::vector<LogUpTrace>& traces, const Challenges& challenges) {
    const QM31 missing = trace.missing(model.key(), lie.statement, challenges);
    auto& columns = traces[table].columns;
    const std::size_t row = first ? model.real_rows(table) + 1 : columns[0].size() - 1;
    set_secure(columns, running_sum(columns), row, missing);
    traces[table].claimed_sum += missing;
  };
  const Weakness weak{.deleted = {constraint}};
  return {model.key(), forge(model.proving_key, lie.statement, trace, {.weak = weak, .data = lie.data()}),
          composition, weak};
}

/// A false output; rho is what the bus lacks, for a verifier whose challenges do not follow from it.
template <class Shape>
Attack rho_after_the_challenges(std::size_t table) {
  const FalseStatement lie = false_statement(table, false);
  const ForgedModel& model = lie.model;
  Weakness weak;
  weak.unmixed = {Item::fingerprints_root};
  if (Shape::rho_tree == Tree::witness) weak.unmixed.insert(Item::witness_root);
  QM31 missing;
  const auto put = [&](TableColumns& columns) {
    set_secure(columns[table], Shape::rho, model.real_rows(table), missing);
  };
  for (bool repaired : {false, true}) {
    LyingTrace trace(model, lie.execution, lie.data());
    if (repaired && Shape::rho_tree == Tree::witness) trace.on_witness = put;
    if (repaired && Shape::rho_tree == Tree::fingerprints) {
      trace.on_fingerprints = [&](TableColumns& columns, const Challenges&) { put(columns); };
    }
    trace.on_logup = [&](std::vector<LogUpTrace>&, const Challenges& challenges) {
      missing = trace.missing(model.key(), lie.statement, challenges);
    };
    Proof proof = forge(model.proving_key, lie.statement, trace, {.weak = weak, .data = lie.data()});
    if (repaired) return {model.key(), std::move(proof), bus, weak};
  }
  throw Error(ErrorKind::internal, "no attack was made");
}

/// b is 1 on the row before the first of E. Nothing false follows: the proof hides less.
Attack blinder_on_e() {
  const ForgedModel model(random_mlp(3, 4, 2, 1), {}, true);
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  const Weakness weak{.deleted = {"blinder.b"}};
  Forgery forgery{.weak = weak};
  forgery.on_blinder = [&](Tree tree, Columns& columns) {
    if (tree == Tree::witness)
      columns[index_of(blinder::Witness::b)][model.proving_key.first_blinder_row - 1] = M31(1);
  };
  return {model.key(), forge(model.proving_key, model.statement(execution), trace, forgery), composition,
          weak};
}

}  // namespace

std::vector<AttackEntry> mask_attacks() {
  std::vector<AttackEntry> list;
  for_each_place([&]<class Shape>(std::size_t index, Shape, const std::string& table) {
    for (const bool first : {true, false}) {
      const std::string row = first ? "first" : "last";
      list.push_back({table + "_" + row + "_mask_row_read_as_real", Layer::masks,
                      "an output, by a message on the " + row + " mask row of " + table, [=] {
                        return message_on_a_mask_row(index, std::string(Shape::table) + ".fin", first);
                      }});
    }
    list.push_back({"rho_of_" + table + "_after_the_challenges", Layer::masks,
                    "an output, by a rho of " + table + " that repairs the bus",
                    [=] { return rho_after_the_challenges<Shape>(index); }});
  });
  list.push_back(
      {"without_blinder.b", Layer::masks, "nothing: a blinder that does not vanish before E", blinder_on_e});
  return list;
}

}  // namespace circlet::testing
