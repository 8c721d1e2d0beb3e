// A prover that changes cells of the columns it commits to, sums, public values and the model itself, and
// otherwise keeps to the protocol: what the verifier accepts is true. The first byte chooses the model, every
// eight more are a lie.
#include <algorithm>

#include "program/predicate.hpp"
#include "tests/adversary/forge/forge.hpp"
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

constexpr std::size_t lie_bytes = 8;

struct Lie {
  Where where;
  std::uint8_t table, column, how;
  std::uint16_t row, value;
};

std::vector<Lie> read_lies(std::span<const std::uint8_t> bytes) {
  std::vector<Lie> lies;
  for (; bytes.size() >= lie_bytes && lies.size() < 16; bytes = bytes.subspan(lie_bytes)) {
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
  const auto weights = constants_of(program, ConstantTensor::Kind::weights);
  change_value(program.constants[weights[(lie.table + lie.column) % weights.size()]].values, lie);
}

/// A true statement's input and output follow from each other.
bool is_true(const Honest& h, const Statement& statement) {
  const auto execution =
      attempt([&] { return execute(h.model.program, statement.tensors[0].values, h.model.key().batch()); });
  return execution && execution->output() == statement.tensors[1].values;
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

const Honest& honest(std::size_t index) {
  static const std::array<Honest, 5> all = {
      Honest(random_mlp(3, 4, 2, 1)), Honest(random_residual(2, 1)),
      Honest(with_predicate(random_mlp(3, 4, 3, 5), parse_predicate("argmax"))),
      Honest(with_predicate(random_mlp(3, 4, 2, 1), parse_predicate(">= 9"))),
      Honest(random_residual(2, 3), {.target = Target::offchain, .batch = 2, .lanes = 3})};
  static const bool all_accepted = std::ranges::all_of(all, [](const Honest& h) {
    LyingTrace truth(h.model, h.execution);
    return accepted(h, h.model.statement(h.execution), truth);
  });
  expect(all_accepted, "an honest proof is accepted");
  return all[index % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Honest& h = honest(data[0]);
  const auto lies = read_lies({data + 1, size - 1});
  if (lies.empty()) return 0;
  Program program = h.model.program;
  auto inputs = h.execution.inputs[0];
  for (const Lie& lie : lies) {
    if (lie.where == model) change_model(program, lie);
    if (lie.where == input) change_value(inputs, lie);
  }
  // What is no model or leaves its tables has no columns to lie about.
  const auto execution = attempt([&] {
    check_program(program);
    return execute(program, inputs, h.model.key().batch());
  });
  if (!execution) return 0;
  Statement statement = h.model.statement(*execution);
  for (const Lie& lie : lies) {
    if (lie.where == output) change_value(statement.tensors[1].values, lie);
    // The statement's input is not the one that was computed on.
    if (lie.where == input && lie.how >= 128) statement.tensors[0].values = h.execution.inputs[0];
  }

  LyingTrace trace(h.model, *execution);
  trace.on_witness = [&](TableColumns& columns) {
    for (const Lie& lie : lies) {
      if (lie.where == witness_cell) change_cell(columns[lie.table % h.model.columns.structure.size()], lie);
    }
  };
  trace.on_fingerprints = [&](TableColumns& columns, const Challenges&) {
    for (const Lie& lie : lies) {
      if (lie.where == fingerprint_cell)
        change_cell(columns[lie.table % h.model.columns.structure.size()], lie);
    }
  };
  trace.on_logup = [&](std::vector<LogUpTrace>& traces, const Challenges& challenges) {
    for (const Lie& lie : lies) {
      LogUpTrace& own = traces[lie.table % traces.size()];
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
  expect(!accepted(h, statement, trace) || is_true(h, statement), "what is accepted is true");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  random.discard(8);
  if (below(random, 8) == 0) return LLVMFuzzerMutate(data, size, most);
  Bytes bytes(data, data + size);
  if (bytes.empty() || below(random, 16) == 0) bytes.assign(1, static_cast<std::uint8_t>(random()));
  const std::size_t lies = (bytes.size() - 1) / lie_bytes;
  const auto lie = [&](std::size_t i) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(1 + lie_bytes * i);
  };
  if (lies == 0 || below(random, 4) == 0) {
    bytes.resize(1 + lie_bytes * (lies + 1));
    for (auto added = lie(lies); added != bytes.end(); ++added) *added = static_cast<std::uint8_t>(random());
    // Rows and values are often small.
    if (below(random, 2) == 0) bytes[bytes.size() - 1] = bytes[bytes.size() - 3] = 0;
  } else if (below(random, 4) == 0) {
    const auto at = lie(below(random, lies));
    bytes.erase(at, at + lie_bytes);
  } else {
    lie(below(random, lies))[static_cast<std::ptrdiff_t>(below(random, lie_bytes))] =
        static_cast<std::uint8_t>(random());
  }
  return replace(data, size, most, bytes);
}
