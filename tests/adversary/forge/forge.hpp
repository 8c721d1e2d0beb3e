// The tools of a cheating prover: a model any part of which can be falsified, witnesses that lie, and the
// prover for a weakened verifier.
#pragma once

#include <functional>
#include <optional>

#include "air/prover/blinder.hpp"
#include "air/prover/bus_balance.hpp"
#include "air/prover/component_provers.hpp"
#include "air/tables/constraints.hpp"
#include "components/prover/prove_components.hpp"
#include "components/verify_components.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "tests/adversary/forge/late_steps.hpp"
#include "tests/adversary/forge/weak_party.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"
#include "tests/support/small_key.hpp"
#include "tests/support/table_rows.hpp"

namespace circlet::testing {

enum : std::size_t { linear_at, activate_at, lut_at, mac_at };

/// Whether the table at this place, of those that setup makes, holds committed values.
constexpr bool is_data(std::size_t table) { return table >= first_data_table; }

/// Calls f(place, Shape{}, name) for the tables that setup makes, committed values as input and output.
template <class F>
void for_each_place(F&& f) {
  for_each_table([&]<class Shape>(auto kind, Shape shape) {
    if constexpr (kind == TableKind::data) {
      f(std::size_t{first_data_table}, shape, std::string("input"));
      f(std::size_t{first_data_table + 1}, shape, std::string("output"));
    } else {
      f(kind_index(kind), shape, std::string(Shape::table));
    }
  });
}

/// Few queries and little work: forgeries here do not rest on luck in them.
inline constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 2}};

/// What a forger does beyond choosing columns.
struct Forgery {
  Weakness weak;                  // the verifier that the transcript is for
  std::optional<PcsConfig> pcs;   // other parameters than the key's
  std::optional<AirShape> shape;  // other table sizes than the key's
  CommittedValues data;           // the trees of committed values
  /// Called with the composition coefficient when the claimed sums are not mixed: they may depend on it.
  std::function<void(std::vector<QM31>&, const QM31&, const Challenges&)> late_sums;
  /// The same for the LogUp columns, when their root is not mixed.
  std::function<void(TableColumns&, const QM31&, const Challenges&)> late_logup;
  /// Changes the blinder's columns of a tree.
  std::function<void(Tree, Columns&)> on_blinder;
  /// Changes what is committed of a tree, whatever the polynomials are that are sampled.
  std::function<void(Tree, WordTree&)> on_words;
  /// What follows the LogUp columns.
  std::optional<LateSteps> late;
};

/// The transcript of prove_trace, less what `forgery.weak` leaves out.
Proof forge(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
            const Forgery& forgery);

/// A model as its prover holds it. Change `columns` and `key()`, then call `recommit`.
struct ForgedModel {
  Program program;
  Arithmetisation arithmetisation;
  ModelColumns columns;
  ProvingKey proving_key;

  /// A liar needs no masks, but for the attacks that go through mask rows.
  explicit ForgedModel(Program model, SetupOptions options = {}, bool hides = false);
  [[nodiscard]] VerificationKey& key() { return proving_key.key; }
  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }

  /// Commits to the columns as they are, and puts the roots into the key.
  void recommit();
  /// Takes columns of other rows, and perhaps another length, for those of a table.
  void replace(std::size_t table, Columns structure_columns);
  /// The key's sizes are those of the columns, which may name wires that the model does not have.
  void take_sizes();
  [[nodiscard]] std::uint32_t log_size(std::size_t table) const;
  [[nodiscard]] std::size_t real_rows(std::size_t table) const;
  [[nodiscard]] BaseColumn& structure(std::size_t table, std::string_view column);
  /// The structure as anyone rebuilds it from the columns.
  [[nodiscard]] Structure rebuilt() const;
  [[nodiscard]] std::vector<std::int32_t> random_input() const;
  [[nodiscard]] Trace honest() const { return execute(program, random_input(), key().batch()); }
  [[nodiscard]] Statement statement(const Trace& execution) const;
};

/// The columns that follow from an execution, true or not, and then whatever the hooks make of them.
class LyingTrace : public HonestTrace {
 public:
  LyingTrace(const ForgedModel& model, const Trace& execution, const CommittedValues& data = {})
      : HonestTrace(model.arithmetisation, model.columns, execution, nullptr, data) {}

  std::function<void(TableColumns&)> on_witness;
  std::function<void(TableColumns&, const Challenges&)> on_fingerprints;
  std::function<void(std::vector<LogUpTrace>&, const Challenges&)> on_logup;

  TableColumns witness() override;
  TableColumns fingerprints(const Challenges& challenges) override;
  std::vector<LogUpTrace> logup(const Challenges& challenges) override;

  /// What the claimed sums lack to balance the bus, as the columns stand now.
  [[nodiscard]] QM31 missing(const VerificationKey& key, const Statement& statement,
                             const Challenges& challenges);
  /// Puts `value` where row `row` of linear reads its wire, and computes the claims anew.
  void set_linear_operand(std::size_t row, const QM31& value, const Challenges& challenges);
  void set_mac_operand(std::size_t row, const QM31& value, const Challenges& challenges);
};

/// First coordinate of R, the last column of LogUp.
inline std::uint32_t running_sum(const Columns& logup) {
  return static_cast<std::uint32_t>(logup.size()) - 4;
}

/// First of the blinder's columns in a tree.
std::size_t blinder_column(const AirShape& shape, Tree tree);

/// The value for which the wire `id` has denominator `d`.
QM31 value_with_denominator(const Challenges& challenges, std::uint32_t id, const QM31& d);
QM31 wire_denominator(const Challenges& challenges, std::uint32_t id, const QM31& value);

/// A model, and a statement about it with another output than the model's. Public values, or committed ones.
struct FalseStatement {
  ForgedModel model;
  Trace execution = model.honest();
  std::optional<DataCommitment> input, output;
  Statement statement = model.statement(execution);

  explicit FalseStatement(const Program& program, bool committed, SetupOptions options = {},
                          bool hides = false);
  [[nodiscard]] CommittedValues data() const {
    if (!input) return {};
    return {&*input, &*output};
  }
};

/// `program` with the accumulator of row `row` of a layer `delta` higher: what a liar executes.
Program with_higher_bias(Program program, std::size_t layer, std::size_t row, std::int32_t delta);

}  // namespace circlet::testing
