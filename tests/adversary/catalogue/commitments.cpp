// Commitments to other words than those of the polynomials that are sampled, and other readings of a proof.
#include "tests/adversary/catalogue/catalogue.hpp"

namespace circlet::testing {
namespace {

ForgedModel small_model() { return ForgedModel(random_mlp(3, 4, 2, 1)); }

/// A proof of a true statement, but for what `forgery` does.
Attack of_true_statement(const ForgedModel& model, const Forgery& forgery, const std::string& refused_by) {
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  return {model.key(), forge(model.proving_key, model.statement(execution), trace, forgery), refused_by, {}};
}
Attack replayed(const std::function<void(Proof&)>& change, const std::string& refused_by) {
  Attack attack = of_true_statement(small_model(), {}, refused_by);
  change(attack.proof);
  return attack;
}

// Degrees. y pi^(m-1)(x) is the second basis function beyond those of m; the first one is none too many
// (limits_test.cpp).

/// Adds `function` of a point to a word.
void add_to_word(std::vector<M31>& word, const std::function<M31(const CirclePoint<M31>&)>& function) {
  const CanonicDomain domain{log2_exact(word.size())};
  for (std::uint32_t slot = 0; slot < word.size(); ++slot) {
    word[slot] += function(domain.index_at_slot(slot).to_point());
  }
}

Attack column_of_too_high_a_degree() {
  const auto model = small_model();
  const std::uint32_t m = model.key().height();
  const std::size_t tree = static_cast<std::size_t>(Tree::witness);
  const std::size_t column = blinder_column(air_shape(model.key()), Tree::witness);
  const auto too_high = [m](const auto& point) { return point.y * canonic_vanishing(point.x, m); };
  Forgery forgery{.late = LateSteps{}};
  forgery.on_words = [&](Tree of, WordTree& words) {
    if (of != Tree::witness) return;
    add_to_word(words.words[column], too_high);
    words.commit();
  };
  forgery.late->samples = [&](Samples& samples, const AtPoint& at) {
    samples[tree][column][0] += too_high(at.point);
  };
  return of_true_statement(model, forgery, "FRI last layer");
}
/// left - y v and right + y compose to what left and right do.
Attack composition_of_too_high_a_degree() {
  const auto model = small_model();
  const std::uint32_t m = model.key().height();
  const auto y = [](const auto& point) { return point.y; };
  const auto minus_yv = [m](const auto& point) { return -(point.y * canonic_vanishing(point.x, m)); };
  Forgery forgery{.late = LateSteps{}};
  forgery.late->composition_words = [&](WordTree& words) {
    add_to_word(words.words[0], minus_yv);
    add_to_word(words.words[4], y);
    words.commit();
  };
  forgery.late->samples = [&](Samples& samples, const AtPoint& at) {
    samples.back()[0][0] += minus_yv(at.point);
    samples.back()[4][0] += y(at.point);
  };
  return of_true_statement(model, forgery, "FRI last layer");
}

// Domains: the words of the witness are those of the polynomials at other points.

Attack witness_read_at(
    const std::function<std::uint32_t(std::uint32_t slot, std::uint32_t log_size)>& other) {
  Forgery forgery{.late = LateSteps{.of_polynomials = true}};
  forgery.on_words = [&](Tree of, WordTree& words) {
    if (of != Tree::witness) return;
    for (auto& word : words.words) {
      const auto honest = word;
      for (std::uint32_t slot = 0; slot < word.size(); ++slot) {
        word[slot] = honest[other(slot, log2_exact(word.size()))];
      }
    }
    words.commit();
  };
  return of_true_statement(small_model(), forgery, "FRI layer 0");
}
Attack witness_in_natural_order() { return witness_read_at(bit_reverse); }
Attack witness_on_another_coset() {
  return witness_read_at([](std::uint32_t slot, std::uint32_t log_size) {
    const auto point = CanonicDomain{log_size}.index_at_slot(slot);
    return slots_of_points(log_size).at((point + CirclePointIndex::subgroup_generator(log_size)).value);
  });
}

// Heights.

/// The key's mac has twice the rows of the one that is proved.
Attack table_of_half_the_size() {
  const auto model = small_model();
  auto taller = model;
  TableSizes sizes = table_sizes(model.key());
  ++sizes.mac;
  ++sizes.blinder;
  set_sizes(taller.key(), sizes);
  for (std::size_t column = 0; column < taller.columns.structure[mac_at].size(); ++column) {
    taller.columns.structure[mac_at][column].resize(std::size_t{1} << sizes.mac, M31(column == 0 ? 1 : 0));
  }
  for (auto* columns : {&taller.columns.structure, &taller.columns.weights}) {
    for (auto& column : columns->back()) {
      column.resize(std::size_t{1} << taller.key().height(), M31());
    }
  }
  taller.recommit();
  const ProvingKey proving_key{
      .key = taller.key(),
      .structure = with_root(model.proving_key.structure, taller.key().structure_root),
      .weights = with_root(model.proving_key.weights, taller.key().weights_root)};
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Forgery forgery;
  forgery.shape = air_shape(model.key());
  forgery.weak.no_pin = true;  // lifted to another height, the weights have other values there
  return {taller.key(), forge(proving_key, model.statement(execution), trace, forgery), composition, {}};
}

// Queries.

/// A value for every query, also where two are the same.
Attack values_of_repeated_queries() {
  constexpr PcsConfig many{
      .pow_bits = 4,
      .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 40, .fold_step = 2}};
  Attack attack = of_true_statement(ForgedModel(random_mlp(3, 4, 2, 1), {.pcs = many}), {},
                                    "queried values in column 0, expected");
  for (auto& tree : attack.proof.stark.queried_values) {
    for (auto& column : tree) column.resize(many.fri.n_queries, column.back());
  }
  return attack;
}

// Encodings.

M31 plus_p(M31 x) { return M31(x.value() + M31::modulus); }
QM31 plus_p(const QM31& x) {
  const auto c = x.coordinates();
  return {c[0], plus_p(c[1]), c[2], c[3]};
}
Attack sampled_value_plus_p() {
  return replayed(
      [](Proof& proof) {
        auto& x = proof.stark.sampled_values[2][0][0];
        x = plus_p(x);
      },
      "sampled values: a value is not below p");
}
Attack queried_value_plus_p() {
  return replayed(
      [](Proof& proof) {
        auto& x = proof.stark.queried_values[2][0][0];
        x = plus_p(x);
      },
      "queried values: a value is not below p");
}
Attack fri_witness_plus_p() {
  return replayed(
      [](Proof& proof) {
        auto& x = proof.stark.fri_proof.first_layer.fri_witness[0];
        x = plus_p(x);
      },
      "FRI layer 0, witness: a value is not below p");
}
Attack last_layer_plus_p() {
  return replayed(
      [](Proof& proof) {
        auto& x = proof.stark.fri_proof.last_layer_coefficients[0];
        x = plus_p(x);
      },
      "FRI last layer: a value is not below p");
}
Attack claimed_sum_plus_p() {
  return replayed(
      [](Proof& proof) { proof.claimed_sums[linear_table] = plus_p(proof.claimed_sums[linear_table]); },
      "claimed sums: a value is not below p");
}
/// Two columns of one height, in all that is shown of them.
Attack swapped_columns() {
  return replayed(
      [](Proof& proof) {
        std::swap(proof.stark.sampled_values[2][0], proof.stark.sampled_values[2][1]);
        std::swap(proof.stark.queried_values[2][0], proof.stark.queried_values[2][1]);
      },
      composition);
}
Attack swapped_queried_columns() {
  return replayed(
      [](Proof& proof) { std::swap(proof.stark.queried_values[2][0], proof.stark.queried_values[2][1]); },
      "tree 2: Merkle root differs");
}
Attack swapped_trees() {
  return replayed([](Proof& proof) { std::swap(proof.stark.commitments[2], proof.stark.commitments[3]); },
                  bus);
}

}  // namespace

std::vector<AttackEntry> commitment_attacks() {
  constexpr auto trees = Layer::commitments, fri = Layer::fri;
  return {
      {"column_of_too_high_a_degree", fri, "a column beyond the degree of its table",
       column_of_too_high_a_degree},
      {"composition_of_too_high_a_degree", fri, "a composition in other halves",
       composition_of_too_high_a_degree},
      {"witness_in_natural_order", fri, "a witness committed in natural order", witness_in_natural_order},
      {"witness_on_another_coset", fri, "a witness committed on another coset", witness_on_another_coset},
      {"table_of_half_the_size", trees, "a table half as high as the key's", table_of_half_the_size},
      {"values_of_repeated_queries", trees, "a value for each of two equal queries",
       values_of_repeated_queries},
      {"sampled_value_plus_p", trees, "a sampled value by another number", sampled_value_plus_p},
      {"queried_value_plus_p", trees, "a queried value by another number", queried_value_plus_p},
      {"fri_witness_plus_p", fri, "a value of FRI by another number", fri_witness_plus_p},
      {"last_layer_plus_p", fri, "a last coefficient by another number", last_layer_plus_p},
      {"claimed_sum_plus_p", Layer::transcript, "a claimed sum as another number", claimed_sum_plus_p},
      {"swapped_columns", trees, "two columns of one height exchanged", swapped_columns},
      {"swapped_queried_columns", trees, "the opened values of two columns exchanged",
       swapped_queried_columns},
      {"swapped_trees", Layer::transcript, "the roots of two trees exchanged", swapped_trees},
  };
}

}  // namespace circlet::testing
