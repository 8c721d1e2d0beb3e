// An attacker who has proofs, the verification key and the public structure, and wants the weights: linear
// algebra on what is opened. It succeeds on proofs that hide nothing, and again when one of the defences is
// missing.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "air/prover/blinder.hpp"
#include "fri/query_positions.hpp"
#include "lowering/witness.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/table_rows.hpp"
#include "tests/zk/openings.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr std::uint32_t inputs = 13, hidden = 7;
constexpr std::uint32_t places = 3, channels = 2;

/// A correlation of two channels of three places, a tile each, to as many channels: every place has a sum of
/// the same two weights and the bias.
Program tiles() {
  ProgramBuilder builder(channels * places, -8, 7, 8);
  const auto image = builder.add_tile(builder.input(), {0, 1, 2, 3, 4, 5}, {channels, 1, 1, places}, places);
  const auto h = builder.add_relu(
      builder.add_correlation({{.input = image}},
                              {.outputs = channels, .width = places, .lanes = places, .pitch = places}, 20),
      2);
  builder.add_relu(
      builder.add_correlation({{.input = h}}, {.outputs = 1, .width = places, .pitch = places}, 9), 4);
  return builder.finish();
}

/// What a prover forgets.
struct Weakness {
  bool weights = false;          // to mask the weights
  bool witness = false;          // to mask q, r and y
  bool fingerprints = false;     // to mask A, b, S and T
  bool rho = false;              // rho
  bool live_everywhere = false;  // the dead rows
};

/// The honest execution, less some masks.
class WeakTrace : public HonestTrace {
 public:
  WeakTrace(const Arithmetisation& arithmetisation, const ModelColumns& model, const Trace& execution,
            Csprng& masks, const Weakness& weak)
      : HonestTrace(arithmetisation, model, execution, &masks), weak_(weak) {
    if (weak_.rho) std::ranges::fill(rhos_, QM31());
  }
  TableColumns witness() override {
    HonestTrace::witness();
    if (weak_.witness) clear(witness_);
    return witness_;
  }
  TableColumns fingerprints(const Challenges& challenges) override {
    HonestTrace::fingerprints(challenges);
    if (weak_.fingerprints) clear(fingerprints_);
    return fingerprints_;
  }

 private:
  void clear(TableColumns& columns) const {
    for (std::size_t table = 0; table < shape_.claims(); ++table) {
      for_each_table([&]<class Shape>(auto kind, Shape) {
        if (kind != shape_.instances[table].kind) return;
        const std::size_t fin = fin_row(model_.structure[table][Shape::fin]);
        for (BaseColumn& column : columns[table]) {
          std::fill(column.begin() + static_cast<std::ptrdiff_t>(fin) + 1, column.end(), M31());
        }
      });
    }
  }

  Weakness weak_;
};

/// A model's owner, who publishes proofs of inputs that the attacker knows.
class Owner {
 public:
  Owner(bool zero_knowledge, const Weakness& weak, std::uint32_t proofs = 1,
        const Program& program = random_mlp(inputs, hidden, 4, 8))
      : program_(program), weak_(weak), random_(Csprng::insecure(9)) {
    const PcsConfig pcs{.pow_bits = 0, .fri = {.log_blowup_factor = 4, .n_queries = 18, .fold_step = 4}};
    key_ = setup(program_, {.target = Target::offchain,
                            .lanes = 16,
                            .pcs = pcs,
                            .zero_knowledge = zero_knowledge,
                            .proofs = proofs,
                            .masks = &random_});
    arithmetisation_ = arithmetise(program_, key_.key);
    arithmetisation_.first_blinder_row = key_.first_blinder_row;
    columns_ = model_columns(program_, arithmetisation_);
    const AirShape shape = air_shape(key_.key);
    if (weak.weights) {
      columns_.weights.back() = blinder_columns(Tree::weights, columns_.structure.back()[0], &random_);
      key_.weights = commit_tables(shape, columns_.weights, pcs.fri.log_blowup_factor);
      key_.key.weights_root = key_.weights->merkle().root();
      key_.key.weights_pin =
          pinned_values(*key_.weights, Pinned::weights, key_.key.lanes(), key_.key.height());
    }
    if (weak.live_everywhere) {
      std::ranges::fill(columns_.structure[activate_table][index_of(activate::Structure::live)], M31(1));
      key_.structure = commit_tables(shape, columns_.structure, pcs.fri.log_blowup_factor);
      key_.key.structure_root = key_.structure->merkle().root();
    }
  }

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const ProvingKey& key() const { return key_; }
  [[nodiscard]] const Arithmetisation& arithmetisation() const { return arithmetisation_; }
  [[nodiscard]] const ModelColumns& columns() const { return columns_; }

  /// Proofs of random inputs, in contexts of their own. All of them verify.
  std::vector<Proof> prove(std::size_t count) {
    std::vector<Proof> proofs;
    for (std::size_t i = 0; i < count; ++i) {
      const auto input = ProgramBuilder(1, 0, 0, ++proved_).random_input(input_tensor(program_), 1);
      const Trace execution = execute(program_, input, 1);
      const Statement statement{.context = {proved_},
                                .tensors = {{execution.inputs[0], {}}, {execution.output(), {}}}};
      ProveOptions options{.context = statement.context};
      if (key_.key.zero_knowledge) {
        options.masks = &random_;
        WeakTrace source(arithmetisation_, columns_, execution, random_, weak_);
        proofs.push_back(prove_trace(key_, statement, source, options));
      } else {
        proofs.push_back(circlet::prove(key_, program_, input, options));
      }
      CHECK_NOTHROW(verify(key_.key, proofs.back()));
    }
    return proofs;
  }

 private:
  Program program_;
  Weakness weak_;
  Csprng random_;
  ProvingKey key_;
  Arithmetisation arithmetisation_;
  ModelColumns columns_;
  std::uint32_t proved_ = 0;
};

/// The attacker: knows the key, the structure and proofs.
class Attacker {
 public:
  /// Of the owner's program only the public part is looked at.
  explicit Attacker(const Owner& owner)
      : key_(owner.key().key),
        structure_(structure_of(owner.program())),
        arithmetisation_(owner.arithmetisation()) {}

  /// Replays the transcript: all challenges are public.
  void take(const Proof& proof) {
    Seen seen{.proof = proof};
    const auto& stark = proof.stark;
    Blake2sChannel channel;
    mix_key(key_, channel);
    channel.mix_root(stark.commitments[0]);
    channel.mix_root(stark.commitments[1]);
    mix_statement(proof.statement, channel);
    channel.mix_root(stark.commitments[2]);
    const auto first = channel.draw_secure_felts(2);
    channel.mix_root(stark.commitments[3]);
    const auto second = channel.draw_secure_felts(2);
    seen.challenges = {first[0], first[1], second[0], second[1]};
    channel.mix_felts(proof.claimed_sums);
    channel.mix_root(stark.commitments[4]);
    channel.draw_secure_felt();
    channel.mix_root(stark.commitments[5]);
    const QM31 t = channel.draw_secure_felt(), one = M31(1);
    const QM31 inverse = (one + t.square()).inverse();
    seen.at.point = {(one - t.square()) * inverse, (t + t) * inverse};
    const std::vector<Pin> pins = {{}, {pin_points(Pinned::weights, key_.weights_root), key_.weights_pin}};
    channel.mix_felts(with_pinned(stark.sampled_values, pins));
    channel.draw_secure_felt();
    const auto mix_layer = [&](const auto& layer) {
      channel.mix_root(layer.commitment);
      channel.draw_secure_felt();
    };
    mix_layer(stark.fri_proof.first_layer);
    for (const auto& layer : stark.fri_proof.inner_layers) mix_layer(layer);
    channel.mix_felts(stark.fri_proof.last_layer_coefficients);
    channel.mix_u64(stark.proof_of_work);
    seen.at.height = key_.height();
    seen.at.log_blowup = key_.pcs.fri.log_blowup_factor;
    seen.at.positions =
        draw_query_positions(channel, seen.at.height + seen.at.log_blowup, key_.pcs.fri.n_queries);
    seen_.push_back(std::move(seen));
  }
  void take(const std::vector<Proof>& proofs) {
    for (const Proof& proof : proofs) take(proof);
  }

  /// The columns w of `linear`, from all proofs together: as if they were 0 after row `rows`.
  [[nodiscard]] std::optional<Columns> weights(std::size_t rows) const {
    Columns columns;
    for (std::uint32_t lane = 0; lane < key_.lanes(); ++lane) {
      const auto column = recover(linear_table, Tree::weights, lane, {0}, rows, seen_);
      if (!column) return std::nullopt;
      columns.emplace_back(column->begin(), column->end());
    }
    return columns;
  }

  /// The first layer's weights and bias, [input][output] and then the bias, from accumulators.
  using Accumulators = std::optional<Vector> (Attacker::*)(std::size_t) const;
  [[nodiscard]] std::optional<std::vector<Vector>> first_layer(Accumulators accumulators) const {
    std::vector<Vector> by_output(hidden);
    std::vector<Vector> known(inputs + 1);  // x_k by proof, and 1
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const auto acc = (this->*accumulators)(i);
      if (!acc) continue;  // queries that meet in a low table show too little
      for (std::size_t j = 0; j < hidden; ++j) by_output[j].push_back((*acc)[j]);
      for (std::size_t k = 0; k < inputs; ++k) {
        known[k].push_back(M31::from_signed(seen_[i].proof.statement.tensors[0].values[k]));
      }
      known[inputs].push_back(M31(1));
    }
    std::vector<Vector> layer(inputs + 1);
    for (std::size_t j = 0; j < hidden; ++j) {
      const Solution solution(known, by_output[j]);
      if (!solution.x || solution.rank < known.size()) return std::nullopt;
      for (std::size_t k = 0; k <= inputs; ++k) layer[k].push_back((*solution.x)[k]);
    }
    return layer;
  }

  /// The accumulators of the first layer in proof i, from q and r.
  [[nodiscard]] std::optional<Vector> accumulators_from_witness(std::size_t i) const {
    const std::size_t rows = arithmetisation_.rows().activate;
    const std::span one(&seen_[i], 1);
    const auto q = recover(activate_table, Tree::witness, activate::q(0, 1), {0}, rows, one);
    const auto r = recover(activate_table, Tree::witness, activate::r(0, 1), {0}, rows, one);
    if (!q || !r) return std::nullopt;
    Vector acc;
    for (std::size_t row = 0; row < rows; ++row) {
      if (is_of_first_layer(row)) acc.push_back(accumulator((*q)[row], (*r)[row]));
    }
    return acc;
  }

  /// The weights and the bias of the correlation of `tiles`, by channel, from q and r of the tiles of its
  /// sums.
  [[nodiscard]] std::optional<std::vector<Vector>> correlation_from_tiles() const {
    constexpr std::size_t table = activate_table + 1;
    const std::size_t rows = arithmetisation_.rows().tiles.at({places, 1});
    std::vector<Vector> sums(channels), known(channels + 1);
    for (const Seen& seen : seen_) {
      std::vector<Vector> acc(channels);
      for (std::uint32_t lane = 0; lane < places; ++lane) {
        const std::span one(&seen, 1);
        const auto q = recover(table, Tree::witness, activate::q(lane, places), {0}, rows, one);
        const auto r = recover(table, Tree::witness, activate::r(lane, places), {0}, rows, one);
        if (!q || !r) break;
        for (std::size_t channel = 0; channel < channels; ++channel)
          acc[channel].push_back(accumulator((*q)[channel], (*r)[channel]));
      }
      if (acc[0].size() != places) continue;
      for (std::uint32_t place = 0; place < places; ++place) {
        for (std::size_t k = 0; k < channels; ++k) {
          sums[k].push_back(acc[k][place]);
          known[k].push_back(M31::from_signed(seen.proof.statement.tensors[0].values[k * places + place]));
        }
        known[channels].push_back(M31(1));
      }
    }
    std::vector<Vector> found;
    for (const Vector& of_channel : sums) {
      const Solution solution(known, of_channel);
      if (!solution.x || solution.rank < known.size()) return std::nullopt;
      found.push_back(*solution.x);
    }
    return found;
  }

  /// The accumulators of the first layer in proof i from P: on a real row it is 1/dq + 1/dr, and few pairs
  /// (q, r) are possible.
  [[nodiscard]] std::optional<Vector> accumulators_from_logup(std::size_t i) const {
    const std::size_t rows = arithmetisation_.rows().activate;
    std::array<Vector, 4> p;
    for (std::uint32_t c = 0; c < 4; ++c) {
      const auto coordinate =
          recover(activate_table, Tree::logup, activate::P(0, 1) + c, {0}, rows, std::span(&seen_[i], 1));
      if (!coordinate) return std::nullopt;
      p[c] = *coordinate;
    }
    const Challenges& challenges = seen_[i].challenges;
    const auto& lut = table(structure_, 0).values;
    const auto inverse = [&](std::uint32_t function, M31 argument, M31 value) {
      const QM31& lambda = challenges.lambda;
      return (challenges.z - M31(2) - lambda * M31(function) - lambda.square() * argument -
              lambda.square() * lambda * value)
          .inverse();
    };
    Vector acc;
    for (std::size_t row = 0; row < rows; ++row) {
      if (!is_of_first_layer(row)) continue;
      const ActivateRun& line = first_layer();
      const QM31 wanted(p[0][row], p[1][row], p[2][row], p[3][row]);
      std::optional<M31> found;
      for (std::uint32_t r = 0; r < line.two_s && !found; ++r) {
        const QM31 rest = wanted - inverse(line.r_function, M31(r), M31());
        for (std::uint32_t q = 0; q < lut.size() && !found; ++q) {
          if (rest == inverse(line.q_function, M31(q), M31::from_signed(lut[q]))) {
            found = accumulator(M31(q), M31(r));
          }
        }
      }
      if (!found) return std::nullopt;
      acc.push_back(*found);
    }
    return acc;
  }

  /// The weights of the rows of `linear`, from b = sum_i t^(C-1-i) w_i in proofs with different t.
  [[nodiscard]] std::optional<Columns> weights_from_fingerprints() const {
    const std::size_t rows = arithmetisation_.rows().linear;
    std::vector<std::array<Vector, 4>> b;  // by proof, but those whose queries meet in a low table
    std::vector<Vector> powers(key_.lanes());
    for (const Seen& seen : seen_) {
      std::array<Vector, 4> coordinates;
      for (std::uint32_t c = 0; c < 4; ++c) {
        const auto column = recover(linear_table, Tree::fingerprints, index_of(linear::Fingerprint::b) + c,
                                    {-1, 0}, rows, std::span(&seen, 1));
        if (!column) break;
        coordinates[c] = *column;
      }
      if (coordinates[3].empty()) continue;
      b.push_back(coordinates);
      const auto of_t = descending_powers(seen.challenges.t, key_.lanes());
      for (std::uint32_t lane = 0; lane < key_.lanes(); ++lane) {
        append_coordinates(std::span(&of_t[lane], 1), powers[lane]);
      }
    }
    Columns weights(key_.lanes(), BaseColumn(rows, M31()));
    for (std::size_t row = 0; row < rows; ++row) {
      Vector wanted;
      for (const auto& coordinates : b) {
        for (const Vector& coordinate : coordinates) wanted.push_back(coordinate[row]);
      }
      const Solution solution(powers, wanted);
      if (!solution.x || solution.rank < key_.lanes()) return std::nullopt;
      for (std::uint32_t lane = 0; lane < key_.lanes(); ++lane) weights[lane][row] = (*solution.x)[lane];
    }
    return weights;
  }

  /// Of models that differ in one weight, those whose multiplicities give the claimed sum of `lut`.
  [[nodiscard]] std::vector<std::int32_t> guess_a_weight(Program known, std::int32_t magnitude) const {
    const ModelColumns columns = model_columns(known, arithmetisation_);
    std::vector<std::int32_t> found;
    for (std::int32_t guess = -magnitude; guess <= magnitude; ++guess) {
      circlet::testing::weights(known, 0)[0] = guess;
      const Trace execution = execute(known, seen_[0].proof.statement.tensors[0].values, 1);
      HonestTrace trace(arithmetisation_, columns, execution);
      trace.witness();
      trace.fingerprints(seen_[0].challenges);
      const auto logup = trace.logup(seen_[0].challenges);
      if (logup[lut_table].claimed_sum == seen_[0].proof.claimed_sums[lut_table]) found.push_back(guess);
    }
    return found;
  }

 private:
  struct Seen {
    Proof proof;
    Challenges challenges;
    OpenedAt at;
  };

  /// The first `rows` rows of a column that opens to what was seen, if it is the only one that is 0 after
  /// them.
  [[nodiscard]] std::optional<Vector> recover(std::size_t table, Tree tree, std::uint32_t column,
                                              const std::vector<int>& offsets, std::size_t rows,
                                              std::span<const Seen> proofs) const {
    const AirShape shape = air_shape(key_);
    std::uint32_t index = column;
    for (std::size_t before = 0; before < table; ++before) {
      index += table_layout(shape.instances[before]).width(tree);
    }
    std::vector<Vector> of_rows(rows);
    Vector opened;
    if (tree == Tree::weights) {
      const Pin pin{pin_points(Pinned::weights, key_.weights_root), key_.weights_pin};
      for (std::size_t i = 0; i < pin.points.size(); ++i) {
        const OpenedAt at{.height = key_.height(),
                          .log_blowup = key_.pcs.fri.log_blowup_factor,
                          .point = pin.points[i],
                          .positions = {}};
        const auto units = unit_openings(at, shape.instances[table].log_size, {0});
        for (std::size_t row = 0; row < rows; ++row) {
          of_rows[row].insert(of_rows[row].end(), units[row].begin(), units[row].end());
        }
        append_coordinates(pin.of(index).subspan(i, 1), opened);
      }
    }
    for (const Seen& seen : proofs) {
      const auto units = unit_openings(seen.at, shape.instances[table].log_size, offsets);
      for (std::size_t row = 0; row < rows; ++row) {
        of_rows[row].insert(of_rows[row].end(), units[row].begin(), units[row].end());
      }
      const auto t = static_cast<std::size_t>(tree);
      const Vector& values = seen.proof.stark.queried_values[t][index];
      opened.insert(opened.end(), values.begin(), values.end());
      append_coordinates(seen.proof.stark.sampled_values[t][index], opened);
    }
    const Solution solution(of_rows, opened);
    if (!solution.x || solution.rank < rows) return std::nullopt;
    return solution.x;
  }
  [[nodiscard]] const ActivateRun& first_layer() const {
    return *std::ranges::find_if(arithmetisation_.activate, is_first_layer);
  }
  [[nodiscard]] bool is_of_first_layer(std::size_t row) const {
    const std::size_t first = row_of_run(arithmetisation_, is_first_layer);
    return row >= first && row < first + first_layer().rows;
  }
  static bool is_first_layer(const ActivateRun& run) {
    return run.q.from == CellView::From::buffer && run.q.index == q_buffer;
  }
  [[nodiscard]] M31 accumulator(M31 q, M31 r) const {
    const ActivateRun& line = first_layer();
    return M31(line.two_s) * q + r - M31::from_signed(line.offset);
  }

  VerificationKey key_;
  Program structure_;
  Arithmetisation arithmetisation_;  // depends on the public part alone
  std::vector<Seen> seen_;
};

/// Whether the recovered columns are the weights, row by row; prints the first input's.
bool are_the_weights(const std::optional<Columns>& recovered, const Owner& owner) {
  if (!recovered) return false;
  const auto rows = owner.arithmetisation().rows().linear;
  std::ostringstream text;
  bool equal = true;
  for (std::size_t lane = 0; lane < recovered->size(); ++lane) {
    text << ' ' << (*recovered)[lane][0].centered();
    const auto real = std::span((*recovered)[lane]).first(rows);
    equal =
        equal && std::ranges::equal(real, std::span(owner.columns().weights[linear_table][lane]).first(rows));
  }
  MESSAGE("recovered " << rows << " rows of weights; of the first input:" << text.str());
  return equal;
}

bool is_the_first_layer(const std::optional<std::vector<Vector>>& recovered, const Owner& owner) {
  if (!recovered) return false;
  const Program& program = owner.program();
  std::ostringstream text;
  bool equal = true;
  for (std::size_t j = 0; j < hidden; ++j) {
    text << ' ' << (*recovered)[0][j].centered();
    for (std::size_t k = 0; k < inputs; ++k) {
      equal = equal && (*recovered)[k][j].centered() == weights(program, 0)[k * hidden + j];
    }
    equal = equal && (*recovered)[inputs][j].centered() == weights(program, 0, 1)[j];
  }
  MESSAGE("recovered " << inputs << " x " << hidden
                       << " weights and the bias; of the first input:" << text.str());
  return equal;
}

bool is_the_correlation(const std::optional<std::vector<Vector>>& recovered, const Owner& owner) {
  if (!recovered) return false;
  const Program& program = owner.program();
  const Op& op = program.ops[op_of(program, OpKind::correlation, 0)];
  bool equal = true;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t k = 0; k < channels; ++k) {
      equal = equal && (*recovered)[channel][k].centered() ==
                           program.constants[op.constants[0]].values[k * channels + channel];
    }
    equal = equal &&
            (*recovered)[channel][channels].centered() == program.constants[op.constants[1]].values[channel];
  }
  return equal;
}

}  // namespace

TEST_CASE("weights_are_solved_for_from_proofs_that_hide_nothing") {
  Owner owner(false, {});
  const std::size_t rows = owner.arithmetisation().rows().linear;
  Attacker attacker(owner);
  CHECK_FALSE(attacker.weights(rows).has_value());  // the pin's 8 equations for 24 rows
  attacker.take(owner.prove(1));
  CHECK(are_the_weights(attacker.weights(rows), owner));  // and 22 of one proof
  attacker.take(owner.prove(1));
  CHECK(are_the_weights(attacker.weights(rows), owner));
  // Every other way works too, from proofs whose queries are well apart.
  attacker.take(owner.prove(4 * inputs));
  CHECK(is_the_first_layer(attacker.first_layer(&Attacker::accumulators_from_witness), owner));
  CHECK(is_the_first_layer(attacker.first_layer(&Attacker::accumulators_from_logup), owner));
  CHECK(are_the_weights(attacker.weights_from_fingerprints(), owner));
  CHECK(attacker.guess_a_weight(owner.program(), 20) == std::vector{weights(owner.program(), 0)[0]});
}

TEST_CASE("zero_knowledge_proofs_withstand_every_attack_within_their_budget") {
  Owner owner(true, {}, inputs + 2);
  Attacker attacker(owner);
  attacker.take(owner.prove(inputs + 2));
  REQUIRE(owner.key().proof_budget >= inputs + 2);
  CHECK_FALSE(attacker.weights(owner.arithmetisation().rows().linear).has_value());
  const std::size_t all_rows = owner.columns().weights[linear_table][0].size();
  CHECK_FALSE(attacker.weights(all_rows).has_value());
  CHECK_FALSE(attacker.first_layer(&Attacker::accumulators_from_witness).has_value());
  CHECK_FALSE(attacker.first_layer(&Attacker::accumulators_from_logup).has_value());
  CHECK_FALSE(attacker.weights_from_fingerprints().has_value());
  CHECK(attacker.guess_a_weight(owner.program(), 20).empty());
}

TEST_CASE("weights_are_solved_for_when_they_alone_are_not_masked") {
  Owner owner(true, {.weights = true});
  Attacker attacker(owner);
  attacker.take(owner.prove(2));
  CHECK(are_the_weights(attacker.weights(owner.arithmetisation().rows().linear), owner));
}

TEST_CASE("weights_and_their_masks_are_solved_for_beyond_the_budget") {
  Owner owner(true, {});
  Attacker attacker(owner);
  const std::size_t all_rows = owner.columns().weights[linear_table][0].size();
  const std::size_t enough = (all_rows + 21) / 22 + 1;  // slots of a small table are opened more than once
  attacker.take(owner.prove(enough));
  MESSAGE("budget " << owner.key().proof_budget << ", " << enough << " proofs taken");
  CHECK(are_the_weights(attacker.weights(all_rows), owner));
}

TEST_CASE("two_copies_of_a_budget_of_4_give_every_weight_after_7_proofs") {
  Owner owner(true, {}, 4);
  REQUIRE(owner.key().proof_budget == 4);
  Attacker attacker(owner);
  attacker.take(owner.prove(4));  // one copy
  const std::size_t all_rows = owner.columns().weights[linear_table][0].size();
  CHECK_FALSE(attacker.weights(all_rows).has_value());
  attacker.take(owner.prove(3));  // the other
  CHECK(are_the_weights(attacker.weights(all_rows), owner));
}

TEST_CASE("weights_are_solved_for_from_accumulators_when_the_witness_is_not_masked") {
  Owner owner(true, {.witness = true});
  Attacker attacker(owner);
  attacker.take(owner.prove(inputs + 2));
  CHECK(is_the_first_layer(attacker.first_layer(&Attacker::accumulators_from_witness), owner));
}

/// A tile shows as many sums as it has places: two proofs are enough for two weights and a bias.
TEST_CASE("weights_are_solved_for_from_tiles_unless_they_are_masked") {
  for (const auto& [hides, weak] : {std::pair(false, false), std::pair(true, true), std::pair(true, false)}) {
    Owner owner(hides, {.witness = weak}, 4, tiles());
    Attacker attacker(owner);
    attacker.take(owner.prove(4));
    const auto found = attacker.correlation_from_tiles();
    CHECK(is_the_correlation(found, owner) == (!hides || weak));
    if (hides && !weak) CHECK_FALSE(found.has_value());
    CHECK(are_the_weights(attacker.weights(owner.arithmetisation().rows().linear), owner) == !hides);
  }
}

TEST_CASE("weights_are_solved_for_from_look_ups_when_live_is_1_everywhere") {
  Owner owner(true, {.live_everywhere = true});
  Attacker attacker(owner);
  attacker.take(owner.prove(inputs + 2));
  CHECK(is_the_first_layer(attacker.first_layer(&Attacker::accumulators_from_logup), owner));
}

TEST_CASE("weights_are_solved_for_from_fingerprints_that_are_not_masked") {
  Owner owner(true, {.fingerprints = true});
  Attacker attacker(owner);
  attacker.take(owner.prove(4));
  CHECK(are_the_weights(attacker.weights_from_fingerprints(), owner));
}

TEST_CASE("a_weight_is_guessed_from_a_claimed_sum_without_rho") {
  Owner owner(true, {.rho = true});
  Attacker attacker(owner);
  attacker.take(owner.prove(1));
  CHECK(attacker.guess_a_weight(owner.program(), 20) == std::vector{weights(owner.program(), 0)[0]});
}
