// Times of the tables: constraints over a domain (nanoseconds a trace row; the domain has two slots a row)
// and witness generation.
#include <benchmark/benchmark.h>

#include <random>

#include "air/evaluate/components.hpp"
#include "air/prover/component_provers.hpp"
#include "air/prover/witness.hpp"
#include "compute/parallel.hpp"
#include "core/circle.hpp"

using namespace circlet;

namespace {

const Challenges challenges = {QM31::from_u32(3, 1, 4, 1), QM31::from_u32(5, 9, 2, 6),
                               QM31::from_u32(5, 3, 5, 8), QM31::from_u32(9, 7, 9, 3)};

BaseColumn random_column(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  BaseColumn column(size);
  for (M31& value : column) value = M31::reduce(random());
  return column;
}

/// In storage order, a step of the trace is a step of the half coset forwards or backwards.
std::vector<std::uint32_t> previous_slots(std::uint32_t log_size) {
  const std::uint32_t half = 1U << (log_size - 1);
  std::vector<std::uint32_t> previous(2 * std::size_t{half});
  for (std::uint32_t s = 0; s < 2 * half; ++s) {
    const std::uint32_t natural = bit_reverse(s, log_size);
    const std::uint32_t i = natural % half;
    const std::uint32_t before = natural < half ? (i + half - 1) % half : half + (i + 1) % half;
    previous[s] = bit_reverse(before, log_size);
  }
  return previous;
}

void accumulate(benchmark::State& state, TableKind kind, std::uint32_t lanes) {
  const std::uint32_t log_size = 12;
  const AirShape shape{{{kind, lanes, log_size}, {TableKind::blinder, 0, log_size}}};
  const TableLayout layout = table_layout(kind, lanes);
  DomainEvaluations trace{log_size + 1, {}, nullptr, {M31(3), M31(5)}};
  const auto previous = previous_slots(log_size + 1);
  trace.previous_slot = previous.data();
  std::vector<BaseColumn> columns;
  columns.reserve(400);
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    trace.columns.emplace_back();
    for (std::uint32_t c = 0; c < layout.widths[tree]; ++c) {
      columns.push_back(random_column(std::size_t{2} << log_size, c));
      trace.columns[tree].push_back(words(columns.back()));
    }
  }
  const std::vector<QM31> claimed(1);
  const std::vector<QM31> coefficients(layout.constraints.size(), challenges.z);
  const auto provers = make_component_provers(shape, challenges, claimed);
  SecureColumn out(std::size_t{2} << log_size);
  for (auto& column : out.coordinates) std::fill(column.begin(), column.end(), M31());
  for (auto _ : state) {
    provers[0]->accumulate(trace, 0, 2U << log_size, coefficients,
                           {words(out.coordinates[0]), words(out.coordinates[1]), words(out.coordinates[2]),
                            words(out.coordinates[3])});
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(1U << log_size) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// linear of 2^15 rows and 80 weights a row, in ops of 512 input rows of 4 tiles.
void linear_witness(benchmark::State& state) {
  const LinearShape shape{80};
  const std::uint32_t log_size = 15;
  const std::size_t rows = std::size_t{1} << log_size;
  Columns structure = zero_columns(index_of(linear::Structure::count), log_size);
  const auto set = [&](linear::Structure column, std::size_t row, M31 value) {
    structure[index_of(column)][row] = value;
  };
  for (std::size_t row = 0; row < rows; ++row) {
    const bool real = row < rows - 64;
    set(linear::Structure::live, row, M31(1));
    set(linear::Structure::real, row, M31(real ? 1 : 0));
    set(linear::Structure::cont, row, M31(real && row % 4 != 0 ? 1 : 0));
    set(linear::Structure::f, row, M31(real && row % 4 == 3 ? 1 : 0));
    set(linear::Structure::n, row, M31(real && row % 4 == 3 ? 1 : 0));
    set(linear::Structure::keep, row, M31(real && row % 2048 != 0 ? 1 : 0));
    set(linear::Structure::keepr, row, M31(real && row != 0 ? 1 : 0));
    set(linear::Structure::id, row, M31(static_cast<std::uint32_t>(row)));
  }
  set(linear::Structure::fin, rows - 64, M31(1));
  Columns weights;
  for (std::uint32_t c = 0; c < shape.lanes; ++c) weights.push_back(random_column(rows, c));
  SecureColumn a(rows);
  for (std::uint32_t c = 0; c < 4; ++c) a.coordinates[c] = random_column(rows, c);
  TableTrace trace{log_size, {structure, weights, {}, {}, {}}};
  const bool logup = state.range(0) != 0;
  const SecureColumn combined = combine(trace.tree(Tree::weights), PowersOf::t, challenges);
  const auto fingerprints = [&] { return linear_fingerprints(shape, trace, combined, a, challenges); };
  trace.trees[static_cast<std::size_t>(Tree::fingerprints)] = fingerprints();
  for (auto _ : state) {
    if (logup) {
      benchmark::DoNotOptimize(generate_logup(TableKind::linear, shape.lanes, trace, challenges));
    } else {
      benchmark::DoNotOptimize(fingerprints());
    }
  }
}

/// LogUp of a lut of 2^14 rows.
void lut_logup(benchmark::State& state) {
  const std::uint32_t log_size = 14;
  Columns structure, witness;
  for (std::uint32_t c = 0; c < index_of(lut::Structure::count); ++c)
    structure.push_back(random_column(std::size_t{1} << log_size, c));
  for (std::uint32_t c = 0; c < index_of(lut::Witness::count); ++c)
    witness.push_back(random_column(std::size_t{1} << log_size, 20 + c));
  for (M31& live : structure[index_of(lut::Structure::live)]) live = M31(1);
  structure[LutShape::fin].back() = M31(1);
  const TableTrace trace{log_size, {structure, {}, witness, {}, {}}};
  for (auto _ : state)
    benchmark::DoNotOptimize(generate_logup(TableKind::lut, LutShape::lanes, trace, challenges));
}

BENCHMARK_CAPTURE(accumulate, linear_16, TableKind::linear, 16);
BENCHMARK_CAPTURE(accumulate, linear_80, TableKind::linear, 80);
BENCHMARK_CAPTURE(accumulate, activate_1, TableKind::activate, 1);
BENCHMARK_CAPTURE(accumulate, activate_16, TableKind::activate, 16);
BENCHMARK_CAPTURE(accumulate, lut, TableKind::lut, 4);
BENCHMARK_CAPTURE(accumulate, mac, TableKind::mac, 1);
BENCHMARK(linear_witness)->ArgName("logup")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(lut_logup)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
