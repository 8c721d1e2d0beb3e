#include "lowering/witness.hpp"

#include "air/prover/trace.hpp"
#include "air/tables/activate/columns.hpp"
#include "compute/parallel.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t grain = 256;  // operands a task

/// The weights of all operands of a run, `outputs` each.
std::span<const std::int32_t> weights_of(const Program& program, const LinearRun& run) {
  const auto& layer = program.layers[run.weights.layer];
  const std::size_t first = std::size_t{run.weights.first_row} * run.outputs;
  const std::size_t count = std::size_t{run.operands.count} * run.outputs;
  switch (run.weights.kind) {
    case WeightsSource::Kind::dense:
      return std::span(layer.dense[run.weights.term].weights).subspan(first, count);
    case WeightsSource::Kind::bias:
      return layer.bias;
    case WeightsSource::Kind::coefficient:
      return std::span(layer.scaled[run.weights.term].coefficients).subspan(first, count);
  }
  throw Error(ErrorKind::internal, "unknown source of weights");
}

/// q and r of one lane of a row.
struct Quotient {
  std::uint32_t q = 0, r = 0;
};

Quotient quotient_of(const Program& program, const Trace& trace, const ActivateRun& run, std::uint32_t j,
                     std::size_t lane) {
  using enum ActivateRun::Source;
  const std::uint32_t row = run.first_row + j;
  const auto digit = [&](const std::vector<DigitTrace>& digits, std::size_t at) {
    return Quotient{digits[run.digit].q[at], digits[run.digit].r[at]};
  };
  switch (run.source) {
    case input: {
      const auto& info = program.tensors[program.input];
      const std::int64_t y = trace.input[lane * info.rows + row] - centre(program, row);
      return {static_cast<std::uint32_t>(y - info.min), 0};
    }
    case layer: {
      const auto& out = trace.layers[run.layer];
      const std::size_t at = lane * program.layers[run.layer].rows + row;
      // A remainder with digits stands in them, not in r.
      return {out.q[at], out.digits.empty() ? out.r[at] : 0};
    }
    case remainder_digit:
      return digit(trace.layers[run.layer].digits, lane * program.layers[run.layer].rows + row);
    case argmax_mark:
      return {0, trace.argmax->index[lane] == static_cast<std::int32_t>(row) ? 0U : 1U};
    case argmax_difference:
      return digit(trace.argmax->differences, lane * program.tensors[scores(program)].rows + row);
    case argmax_headroom:
      return digit(trace.argmax->headroom, lane);
    case zero:
      return {};
  }
  throw Error(ErrorKind::internal, "unknown source of a split");
}

}  // namespace

std::vector<BaseColumn> build_weights(const Program& program, const Arithmetisation& arithmetisation) {
  const std::size_t lanes = arithmetisation.shape.lanes;
  auto columns = zero_columns(lanes, arithmetisation.log_sizes.linear);
  std::size_t first = 0;
  for (const LinearRun& run : arithmetisation.linear) {
    const auto weights = weights_of(program, run);
    const std::size_t tiles = run.tiles(arithmetisation.shape.lanes);
    // The weights of an operand fill whole tiles: zeros stand before the first.
    const std::size_t padding = tiles * lanes - run.outputs;
    parallel_for_ranges(0, run.operands.count, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        for (std::size_t k = begin; k < end; ++k) {
          const auto of_operand = weights.subspan(k * run.outputs, run.outputs);
          for (std::size_t tile = 0; tile < tiles; ++tile) {
            const std::size_t at = tile * lanes + lane;
            if (at >= padding) columns[lane][first + k * tiles + tile] = M31::from_signed(of_operand[at - padding]);
          }
        }
      }
    });
    first += run.rows(arithmetisation.shape.lanes);
  }
  return columns;
}

std::vector<BaseColumn> build_activate_witness(const Program& program, const Arithmetisation& arithmetisation,
                                               const Trace& trace) {
  const std::size_t lanes = arithmetisation.shape.batch;
  auto columns = zero_columns(3 * lanes, arithmetisation.log_sizes.activate);
  std::size_t row = 0;
  for (const ActivateRun& run : arithmetisation.activate) {
    const auto& looked_up = arithmetisation.lut[run.q_function - 1].values;
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto [q, r] = quotient_of(program, trace, run, j, lane);
        columns[lane][row] = M31(q);
        columns[lanes + lane][row] = M31(r);
        columns[2 * lanes + lane][row] = M31::from_signed(looked_up[q]);
      }
    }
  }
  return columns;
}

std::vector<BaseColumn> count_look_ups(const Arithmetisation& arithmetisation,
                                       const std::vector<BaseColumn>& activate_witness) {
  const std::size_t lanes = arithmetisation.shape.batch;
  auto columns = zero_columns(lut_row_entries, arithmetisation.log_sizes.lut);
  std::vector<std::size_t> first_rows;  // of the functions
  std::size_t rows = 0;
  for (const LutRun& run : arithmetisation.lut) {
    first_rows.push_back(rows);
    rows += run.values.size() / lut_row_entries;
  }
  std::size_t row = 0;
  for (const ActivateRun& run : arithmetisation.activate) {
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      for (std::size_t column = 0; column < 2 * lanes; ++column) {
        const std::uint32_t function = column < lanes ? run.q_function : run.r_function;
        const std::uint32_t argument = activate_witness[column][row].value();
        columns[argument % lut_row_entries][first_rows[function - 1] + argument / lut_row_entries] += M31(1);
      }
    }
  }
  return columns;
}

}  // namespace circlet
