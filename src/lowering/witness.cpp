#include "lowering/witness.hpp"

#include <algorithm>

#include "air/prover/trace.hpp"
#include "air/tables/activate/columns.hpp"
#include "air/tables/lut/columns.hpp"
#include "compute/parallel.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t weights_per_task = std::size_t{1} << 14;

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

/// One lane of a row.
struct ActivateCells {
  std::uint32_t q = 0, r = 0;
  std::int32_t y = 0;
};

ActivateCells cells_of(const Program& program, const Trace& trace, const ActivateRun& run,
                       const LutRun& function, std::uint32_t j, std::size_t lane) {
  using enum ActivateRun::Source;
  const std::uint32_t row = run.first_row + j;
  // A row of digits and the like reads its y off the table.
  const auto looked_up = [&](std::uint32_t q, std::uint32_t r) {
    return ActivateCells{q, r, function.values[q]};
  };
  const auto digit = [&](const std::vector<DigitTrace>& digits, std::size_t at) {
    return looked_up(digits[run.digit].q[at], digits[run.digit].r[at]);
  };
  switch (run.source) {
    case input: {
      const auto& info = program.tensors[program.input];
      const std::int64_t y = trace.input[lane * info.rows + row] - centre(program, row);
      return {static_cast<std::uint32_t>(y - info.min), 0, static_cast<std::int32_t>(y)};
    }
    case layer: {
      const auto& out = trace.layers[run.layer];
      const std::size_t at = lane * program.layers[run.layer].rows + row;
      // A remainder with digits stands in them, not in r.
      return {out.q[at], out.digits.empty() ? out.r[at] : 0, out.y[at]};
    }
    case remainder_digit:
      return digit(trace.layers[run.layer].digits, lane * program.layers[run.layer].rows + row);
    case argmax_mark:
      return looked_up(0, trace.argmax->index[lane] == static_cast<std::int32_t>(row) ? 0 : 1);
    case argmax_difference:
      return digit(trace.argmax->differences, lane * program.tensors[scores(program)].rows + row);
    case argmax_headroom:
      return digit(trace.argmax->headroom, lane);
    case zero:
      return looked_up(0, 0);
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
    parallel_for_ranges(0, run.operands.count, std::max<std::size_t>(1, weights_per_task / run.outputs),
                        [&](std::size_t begin, std::size_t end) {
                          for (std::size_t lane = 0; lane < lanes; ++lane) {
                            for (std::size_t k = begin; k < end; ++k) {
                              const auto of_operand = weights.subspan(k * run.outputs, run.outputs);
                              for (std::size_t tile = 0; tile < tiles; ++tile) {
                                const std::size_t at = tile * lanes + lane;
                                if (at >= padding)
                                  columns[lane][first + k * tiles + tile] =
                                      M31::from_int32(of_operand[at - padding]);
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
    const LutRun& function = arithmetisation.lut[run.q_function - 1];
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto [q, r, y] = cells_of(program, trace, run, function, j, lane);
        columns[lane][row] = M31(q);
        columns[lanes + lane][row] = M31(r);
        columns[2 * lanes + lane][row] = M31::from_signed(y);
      }
    }
  }
  return columns;
}

std::vector<BaseColumn> count_look_ups(const ColumnViews& activate, const ColumnViews& lut,
                                       const std::vector<BaseColumn>& activate_witness) {
  const std::size_t lanes = activate_witness.size() / 3;
  auto columns = zero_columns(lut_row_entries, log2_exact(lut[0].size()));
  const auto& functions = column_of(lut, lut::Structure::fn);
  std::vector<std::size_t> first_rows;  // by function
  for (std::size_t row = fin_row(column_of(lut, lut::Structure::fin)); row-- > 0;) {
    const std::uint32_t function = functions[row].value();
    if (function >= first_rows.size()) first_rows.resize(function + 1);
    first_rows[function] = row;
  }
  const std::size_t rows = fin_row(column_of(activate, activate::Structure::fin));
  for (std::size_t column = 0; column < 2 * lanes; ++column) {
    const auto& of_row =
        column_of(activate, column < lanes ? activate::Structure::fnq : activate::Structure::fnr);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t argument = activate_witness[column][row].value();
      const std::size_t row_of_lut = first_rows[of_row[row].value()] + argument / lut_row_entries;
      columns[argument % lut_row_entries][row_of_lut] += M31(1);
    }
  }
  return columns;
}

}  // namespace circlet
