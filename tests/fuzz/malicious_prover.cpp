// A prover that changes cells of the columns it commits to, sums, public values and the model itself, and
// otherwise keeps to the protocol: what the verifier accepts is true. The first byte chooses the model, every
// eight more are a lie.
#include "frontend/predicate.hpp"
#include "tests/adversary/forge.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;
using namespace circlet::testing;

namespace {

/// An execution of the model, which is true; the input is public, so that every statement is true or false.
struct Honest {
  ForgedModel model;
  Trace execution;

  explicit Honest(const Program& program, SetupOptions options = {})
      : model(program, options), execution(model.honest()) {}
};

const Honest& honest(std::size_t index) {
  static const std::array<Honest, 5> all = {
      Honest(random_mlp(3, 4, 2, 1)), Honest(random_residual(2, 1)),
      Honest(with_predicate(random_mlp(3, 4, 3, 5), parse_predicate("argmax"))),
      Honest(with_predicate(random_mlp(3, 4, 2, 1), parse_predicate(">= 9"))),
      Honest(random_residual(2, 3), {.target = Target::offchain, .batch = 2, .lanes = 3})};
  return all[index % all.size()];
}

enum Where : std::uint8_t {
  witness_cell,
  fingerprint_cell,
  logup_cell,
  claimed_sum,
  balance,
  output,
  input,
  model,
  wheres
};

struct Lie {
  Where where;
  std::uint8_t table, column, how;
  std::uint16_t row, value;
};

std::vector<Lie> read_lies(std::span<const std::uint8_t> bytes) {
  std::vector<Lie> lies;
  for (; bytes.size() >= 8 && lies.size() < 16; bytes = bytes.subspan(8)) {
    const auto word = [&](std::size_t at) {
      return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
    };
    lies.push_back({static_cast<Where>(bytes[0] % wheres), bytes[1], bytes[2], bytes[3], word(4), word(6)});
  }
  return lies;
}

M31 changed(const BaseColumn& cells, std::size_t row, const Lie& lie) {
  switch (lie.how % 4) {
    case 0:
      return cells[row] + M31(lie.value);
    case 1:
      return cells[row] - M31(lie.value);
    case 2:
      return M31(lie.value);
    default:
      return cells[lie.value % cells.size()];
  }
}

void change_cell(Columns& columns, const Lie& lie) {
  if (columns.empty()) return;
  BaseColumn& cells = columns[lie.column % columns.size()];
  const std::size_t row = lie.row % cells.size();
  cells[row] = changed(cells, row, lie);
}

void change_value(std::vector<std::int32_t>& values, const Lie& lie) {
  if (values.empty()) return;
  auto& value = values[lie.row % values.size()];
  const auto by = static_cast<std::int32_t>(lie.value % 64U);
  value = lie.how % 2 == 0 ? value + by : value - by;
}

/// Another model of the same structure.
void change_model(Program& program, const Lie& lie) {
  Layer& layer = program.layers[lie.table % program.layers.size()];
  if (lie.column % 2 == 0 || layer.dense.empty()) return change_value(layer.bias, lie);
  change_value(layer.dense[lie.column / 2U % layer.dense.size()].weights, lie);
}

/// A true statement's input and output follow from each other.
bool is_true(const Honest& h, const Statement& statement) {
  const auto execution =
      attempt([&] { return execute(h.model.program, statement.inputs, h.model.key().batch); });
  return execution && execution->output() == statement.outputs;
}

/// The prover himself finds that constraints do not hold, as the verifier would, by the same sample.
bool accepted(const Honest& h, const Statement& statement, TraceSource& trace) {
  try {
    verify(h.model.key(), prove_trace(h.model.proving_key, statement, trace));
    return true;
  } catch (const Error& error) {
    const bool unsatisfied =
        std::string_view(error.what()).find("does not satisfy") != std::string_view::npos;
    expect(unsatisfied || error.kind() == ErrorKind::rejected, "a false proof is rejected");
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Honest& h = honest(data[0]);
  const auto lies = read_lies({data + 1, size - 1});
  Program program = h.model.program;
  auto inputs = h.execution.input;
  for (const Lie& lie : lies) {
    if (lie.where == model) change_model(program, lie);
    if (lie.where == input) change_value(inputs, lie);
  }
  const auto execution = attempt([&] { return execute(program, inputs, h.model.key().batch); });
  if (!execution) return 0;
  Statement statement = h.model.statement(*execution);
  for (const Lie& lie : lies) {
    if (lie.where == output) change_value(statement.outputs, lie);
    // The statement's input is not the one that was computed on.
    if (lie.where == input && lie.how >= 128) statement.inputs = h.execution.input;
  }

  LyingTrace trace(h.model, *execution);
  trace.on_witness = [&](TableColumns& columns) {
    for (const Lie& lie : lies) {
      if (lie.where == witness_cell) change_cell(columns[lie.table % table_count], lie);
    }
  };
  trace.on_fingerprints = [&](TableColumns& columns, const Challenges&) {
    for (const Lie& lie : lies) {
      if (lie.where == fingerprint_cell) change_cell(columns[lie.table % table_count], lie);
    }
  };
  trace.on_logup = [&](std::array<LogUpTrace, table_count>& traces, const Challenges& challenges) {
    for (const Lie& lie : lies) {
      LogUpTrace& own = traces[lie.table % table_count];
      if (lie.where == logup_cell) change_cell(own.columns, lie);
      if (lie.where == claimed_sum) own.claimed_sum += QM31(M31(lie.value), M31(lie.row), M31(), M31());
      if (lie.where == balance) {
        const auto balanced = attempt([&] { return -public_messages(h.model.key(), statement, challenges); });
        if (!balanced) continue;
        QM31 sum;
        for (const LogUpTrace& each : traces) sum += each.claimed_sum;
        own.claimed_sum += *balanced - sum;
      }
    }
  };
  const bool verdict = accepted(h, statement, trace);
  expect(verdict || !lies.empty(), "an honest proof is accepted");
  expect(!verdict || is_true(h, statement), "what is accepted is true");
  return 0;
}
