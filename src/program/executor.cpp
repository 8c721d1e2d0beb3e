// Exact integer execution of a Program (program/program.hpp states the equations).
#include "program/executor.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/printable.hpp"

namespace circlet {
namespace {

std::string feature_range(std::int64_t least, std::int64_t greatest, double scale) {
  return "[" + std::to_string(static_cast<double>(least) * scale) + ", " +
         std::to_string(static_cast<double>(greatest) * scale) + "]";
}

/// acc_j of one sample. Every partial sum is at most the row's bound < 2^29 in magnitude, so 32 bits are
/// exact.
void accumulate(const std::vector<const std::int32_t*>& tensors, const Layer& layer, std::size_t lane,
                std::span<std::int32_t> acc) {
  if (!layer.bias.empty()) std::copy(layer.bias.begin(), layer.bias.end(), acc.begin());
  for (const DenseTerm& term : layer.dense) {
    const std::int32_t* x = tensors[term.input] + lane * term.inputs;
    for (std::size_t k = 0; k < term.inputs; ++k) {
      if (x[k] == 0) continue;
      const std::int32_t* weights = term.weights.data() + k * term.outputs;
      for (std::size_t j = 0; j < term.outputs; ++j) acc[j] += weights[j] * x[k];
    }
  }
  for (const ScaledTerm& term : layer.scaled) {
    const std::int32_t* x = tensors[term.input] + lane * layer.rows;
    const bool uniform = term.coefficients.size() == 1;
    for (std::size_t j = 0; j < layer.rows; ++j) acc[j] += term.coefficients[uniform ? 0 : j] * x[j];
  }
}

std::int64_t floor_quotient(std::int64_t numerator, std::int64_t positive) {
  const std::int64_t quotient = numerator / positive;
  return numerator % positive < 0 ? quotient - 1 : quotient;
}

void split_and_look_up(const Program& program, const Layer& layer, LayerTrace& out) {
  const Split& split = *layer.split;
  const auto& values = program.luts[split.lut].values;
  const std::size_t count = out.acc.size();
  out.q.resize(count);
  out.r.resize(count);
  out.y.resize(count);
  out.digits.resize(split.digits.size());
  const std::int64_t radix =
      split.digits.empty() ? std::int64_t{1} << split.shift : width(program, split.digits);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t shifted = out.acc[i] + split.offset;
    const std::int64_t q = floor_quotient(shifted, radix);
    if (q < 0 || q >= static_cast<std::int64_t>(values.size())) [[unlikely]] {
      throw Error(
          ErrorKind::bad_input,
          "layer " + in_quotes(layer.name) + ", neuron " + std::to_string(i % layer.rows) + ", sample " +
              std::to_string(i / layer.rows) +
              ": the value before the activation needs a LUT entry outside [0, " +
              std::to_string(values.size()) +
              "). The input drives this layer beyond what calibration saw: calibrate again with inputs "
              "like this one, or with a larger margin");
    }
    out.q[i] = static_cast<std::uint32_t>(q);
    const std::int64_t r = shifted - q * radix;
    out.r[i] = static_cast<std::uint32_t>(r);
    append_digits(program, split.digits, radix - 1 - r, out.digits);
    out.y[i] = values[static_cast<std::size_t>(q)];
  }
}

ArgmaxTrace first_greatest(const Program& program, const std::vector<std::int32_t>& values,
                           std::uint32_t lanes) {
  const TensorInfo& info = program.tensors[scores(program)];
  const std::size_t digits = program.argmax_digits.size();
  ArgmaxTrace out{.index = {}, .differences = std::vector<DigitTrace>(digits), .headroom = {}};
  out.headroom.resize(digits);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto x = std::span(values).subspan(lane * info.rows, info.rows);
    const auto winner = static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
    out.index.push_back(static_cast<std::int32_t>(winner));
    for (std::size_t j = 0; j < x.size(); ++j) {
      const std::int64_t difference = std::int64_t{x[winner]} - x[j] - (j < winner ? 1 : 0);
      append_digits(program, program.argmax_digits, difference, out.differences);
    }
    append_digits(program, program.argmax_digits, info.max - x[winner], out.headroom);
  }
  return out;
}

}  // namespace

void append_digits(const Program& program, const std::vector<Digit>& digits, std::int64_t value,
                   std::vector<DigitTrace>& out) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    const std::int64_t most = digit_arguments(program, digits[i].function) - 1;
    const std::int64_t q = std::min(value / digits[i].step, most);
    value -= q * digits[i].step;
    out[i].q.push_back(static_cast<std::uint32_t>(q));
    out[i].r.push_back(i == 0 ? static_cast<std::uint32_t>(value) : 0);
  }
}

const std::vector<std::int32_t>& tensor_values(const Program& program, const Trace& trace, TensorId tensor) {
  if (tensor == program.input) return trace.centred.empty() ? trace.input : trace.centred;
  if (trace.argmax && tensor == program.output) return trace.argmax->index;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].output == tensor) return trace.layers.at(i).y;
  }
  throw Error(ErrorKind::internal, "tensor_values: no such tensor");
}

Trace execute(const Program& program, std::span<const std::int32_t> input, std::uint32_t lanes) {
  const TensorInfo& info = program.tensors.at(program.input);
  require(program.has_weights, ErrorKind::usage, "execute: the program has no weights (it is a structure)");
  require(lanes > 0 && input.size() == std::size_t{lanes} * info.rows, ErrorKind::bad_input, [&] {
    return "input: " + std::to_string(input.size()) + " values for " + std::to_string(lanes) +
           " samples of " + std::to_string(info.rows) + " features";
  });
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::int64_t c = centre(program, i % info.rows);
    require(input[i] >= info.min + c && input[i] <= info.max + c, ErrorKind::bad_input, [&] {
      return "input sample " + std::to_string(i / info.rows) + ", feature " + std::to_string(i % info.rows) +
             ": its integer is outside [" + std::to_string(info.min + c) + ", " +
             std::to_string(info.max + c) + "]";
    });
  }
  Trace trace{
      .lanes = lanes, .input = {input.begin(), input.end()}, .centred = {}, .layers = {}, .argmax = {}};
  if (!program.centres.empty()) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      trace.centred.push_back(input[i] - program.centres[i % info.rows]);
    }
  }
  trace.layers.reserve(program.layers.size());
  std::vector<const std::int32_t*> tensors(program.tensors.size(), nullptr);
  tensors[program.input] = tensor_values(program, trace, program.input).data();
  for (const Layer& layer : program.layers) {
    LayerTrace out;
    out.acc.assign(std::size_t{lanes} * layer.rows, 0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      accumulate(tensors, layer, lane, std::span(out.acc).subspan(lane * layer.rows, layer.rows));
    }
    if (layer.split) {
      split_and_look_up(program, layer, out);
    } else {
      out.y = out.acc;
    }
    trace.layers.push_back(std::move(out));
    tensors[layer.output] = trace.layers.back().y.data();
  }
  if (program.predicate.kind == Predicate::Kind::argmax) {
    trace.argmax = first_greatest(program, trace.layers.back().y, lanes);
  }
  return trace;
}

namespace {

/// `centre(row)` moves the range of a row.
template <class Centre>
std::vector<std::int32_t> quantise_about(const TensorInfo& info, std::span<const double> real, Centre centre,
                                         Clipped* clipped) {
  require(real.size() % info.rows == 0, ErrorKind::bad_input, [&] {
    return "input: " + std::to_string(real.size()) + " values are no multiple of the model's " +
           std::to_string(info.rows) + " features";
  });
  std::vector<std::int32_t> integers(real.size());
  for (std::size_t i = 0; i < real.size(); ++i) {
    const std::size_t row = i % info.rows;
    const std::int64_t least = info.min + centre(row), greatest = info.max + centre(row);
    double rounded = std::nearbyint(real[i] / info.scale(row));
    if (clipped != nullptr &&
        (rounded < static_cast<double>(least) || rounded > static_cast<double>(greatest))) {
      ++clipped->values;
      clipped->features.insert(row);
      rounded = static_cast<double>(rounded < static_cast<double>(least) ? least : greatest);
    }
    // Written so that NaN fails too.
    require(rounded >= static_cast<double>(least) && rounded <= static_cast<double>(greatest),
            ErrorKind::bad_input, [&] {
              return "input sample " + std::to_string(i / info.rows) + ", feature " + std::to_string(row) +
                     ": the value is outside the range " + feature_range(least, greatest, info.scale(row)) +
                     " that the model was calibrated for. Calibrate again with inputs that cover it";
            });
    integers[i] = static_cast<std::int32_t>(rounded);
  }
  return integers;
}

}  // namespace

std::vector<std::int32_t> quantise(const TensorInfo& info, std::span<const double> real) {
  return quantise_about(
      info, real, [](std::size_t) { return 0; }, nullptr);
}

std::vector<std::int32_t> quantise_input(const Program& program, std::span<const double> real,
                                         Clipped* clipped) {
  return quantise_about(
      program.tensors.at(program.input), real, [&](std::size_t row) { return centre(program, row); },
      clipped);
}

std::string to_text(const Clipped& clipped) {
  if (clipped.values == 0) return "";
  constexpr std::size_t shown = 8;
  std::string names;
  std::size_t count = 0;
  for (const std::size_t feature : clipped.features) {
    if (count++ == shown) {
      names += " and " + std::to_string(clipped.features.size() - shown) + " more";
      break;
    }
    names += (names.empty() ? "" : ", ") + std::to_string(feature);
  }
  return std::to_string(clipped.values) + (clipped.values == 1 ? " input value" : " input values") +
         " (features " + names + ") beyond the range that the model was calibrated for, clipped to its ends";
}

std::vector<double> to_real(const TensorInfo& tensor, std::span<const std::int32_t> values) {
  std::vector<double> real(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) real[i] = values[i] * tensor.scale(i % tensor.rows);
  return real;
}

}  // namespace circlet
