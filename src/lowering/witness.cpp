#include "lowering/witness.hpp"

#include "air/prover/trace.hpp"

namespace circlet {
namespace {

/// The `outputs` weights of one input row, padded with zeros in front to whole tiles.
std::span<const std::int32_t> source_row(const Program& program, const WeightsSource& source) {
  const auto& layer = program.layers[source.layer];
  switch (source.kind) {
    case WeightsSource::Kind::none:
      return {};
    case WeightsSource::Kind::dense: {
      const auto& dense = layer.dense[source.term];
      return std::span(dense.weights).subspan(std::size_t{source.row} * dense.outputs, dense.outputs);
    }
    case WeightsSource::Kind::bias:
      return layer.bias;
    case WeightsSource::Kind::coefficient:
      return std::span(layer.scaled[source.term].coefficients).subspan(source.row, 1);
  }
  throw Error(ErrorKind::internal, "unknown source of weights");
}

struct ActivateCells {
  std::uint32_t q = 0, r = 0;
  std::int64_t y = 0;
};

/// One lane of a row of `activate`.
ActivateCells cells_of(const Program& program, const Arithmetisation& arithmetisation, const Trace& trace,
                       const ActivateRow& row, std::size_t lane) {
  using enum ActivateRow::Source;
  // A row of digits and the like reads its y off the table.
  const auto looked_up = [&](std::uint32_t q, std::uint32_t r) {
    const auto& entries =
        arithmetisation.lut[arithmetisation.first_lut_row[row.q_function - 1] + q / lut_row_entries];
    return ActivateCells{q, r, entries.y[q % lut_row_entries]};
  };
  const auto digit = [&](const std::vector<DigitTrace>& digits, std::size_t at) {
    return looked_up(digits[row.digit].q[at], digits[row.digit].r[at]);
  };
  const std::size_t scores_at = lane * program.tensors[scores(program)].rows + row.row;
  switch (row.source) {
    case input: {
      const auto& info = program.tensors[program.input];
      const std::int64_t y = trace.input[lane * info.rows + row.row] - centre(program, row.row);
      return {static_cast<std::uint32_t>(y - info.min), 0, y};
    }
    case layer: {
      const auto& out = trace.layers[row.layer];
      const std::size_t at = lane * program.layers[row.layer].rows + row.row;
      // A remainder with digits stands in them, not in r.
      return {out.q[at], out.digits.empty() ? out.r[at] : 0, out.y[at]};
    }
    case remainder_digit:
      return digit(trace.layers[row.layer].digits, lane * program.layers[row.layer].rows + row.row);
    case argmax_mark:
      return looked_up(0, trace.argmax->index[lane] == static_cast<std::int32_t>(row.row) ? 0 : 1);
    case argmax_difference:
      return digit(trace.argmax->differences, scores_at);
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
  for (std::size_t row = 0; row < arithmetisation.linear.size(); ++row) {
    const auto& source = arithmetisation.linear[row].weights;
    const auto weights = source_row(program, source);
    if (weights.empty()) continue;
    const std::size_t padding = (lanes - weights.size() % lanes) % lanes;
    const std::size_t first = std::size_t{source.tile} * lanes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (first + lane < padding) continue;
      columns[lane][row] = M31::from_signed(weights[first + lane - padding]);
    }
  }
  return columns;
}

std::vector<BaseColumn> build_activate_witness(const Program& program, const Arithmetisation& arithmetisation,
                                               const Trace& trace) {
  const std::size_t lanes = arithmetisation.shape.batch;
  auto columns = zero_columns(3 * lanes, arithmetisation.log_sizes.activate);
  for (std::size_t i = 0; i < arithmetisation.activate.size(); ++i) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto [q, r, y] = cells_of(program, arithmetisation, trace, arithmetisation.activate[i], lane);
      columns[lane][i] = M31(q);
      columns[lanes + lane][i] = M31(r);
      columns[2 * lanes + lane][i] = M31::from_signed(y);
    }
  }
  return columns;
}

std::vector<BaseColumn> count_look_ups(const Arithmetisation& arithmetisation,
                                       const std::vector<BaseColumn>& activate_witness) {
  const std::size_t lanes = arithmetisation.shape.batch;
  auto columns = zero_columns(4, arithmetisation.log_sizes.lut);
  const auto use = [&](std::uint32_t function, M31 argument) {
    const std::size_t row = arithmetisation.first_lut_row[function - 1] + argument.value() / 4;
    columns[argument.value() % 4][row] += M31(1);
  };
  for (std::size_t i = 0; i < arithmetisation.activate.size(); ++i) {
    const auto& row = arithmetisation.activate[i];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      use(row.q_function, activate_witness[lane][i]);
      use(row.r_function, activate_witness[lanes + lane][i]);
    }
  }
  return columns;
}

}  // namespace circlet
