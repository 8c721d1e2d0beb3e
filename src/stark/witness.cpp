#include "stark/witness.hpp"

#include "air/trace.hpp"

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
  const auto& input = program.tensors[program.input];
  for (std::size_t i = 0; i < arithmetisation.activate.size(); ++i) {
    const auto& row = arithmetisation.activate[i];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      auto& q = columns[lane][i];
      auto& r = columns[lanes + lane][i];
      auto& y = columns[2 * lanes + lane][i];
      if (row.layer == ActivateRow::input_layer) {
        const std::int64_t x = trace.input[lane * input.rows + row.row];
        q = M31::from_signed(x - input.min);
        y = M31::from_signed(x);
        continue;
      }
      const auto& layer = trace.layers[row.layer];
      const std::size_t at = lane * program.layers[row.layer].rows + row.row;
      q = M31(layer.q[at]);
      r = M31(layer.r[at]);
      y = M31::from_signed(layer.y[at]);
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
