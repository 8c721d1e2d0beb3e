// Exact integer execution of a Program, op by op (the equations are in src/operators).
#include "program/executor.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/floor_quotient.hpp"
#include "core/printable.hpp"
#include "program/meaning.hpp"

namespace circlet {
namespace {

std::string feature_range(std::int64_t least, std::int64_t greatest, double scale) {
  return "[" + std::to_string(static_cast<double>(least) * scale) + ", " +
         std::to_string(static_cast<double>(greatest) * scale) + "]";
}

/// Throws unless the values are those of the port's tensor, in range.
void check_input(const Program& program, const InputPort& port, const Buffer& input, std::uint32_t lanes) {
  const Tensor& info = program.tensors[port.tensor];
  const std::size_t rows = info.rows();
  require(lanes > 0 && input.size() == std::size_t{lanes} * rows, ErrorKind::bad_input, [&] {
    return "input: " + std::to_string(input.size()) + " values for " + std::to_string(lanes) +
           " samples of " + std::to_string(rows) + " features";
  });
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::int64_t c = centre(port, i % rows);
    require(input[i] >= info.min + c && input[i] <= info.max + c, ErrorKind::bad_input, [&] {
      return "input sample " + std::to_string(i / rows) + ", feature " + std::to_string(i % rows) +
             ": its integer is outside [" + std::to_string(info.min + c) + ", " +
             std::to_string(info.max + c) + "]";
    });
  }
}

}  // namespace

void one_by_one(std::size_t count, const std::function<void(std::size_t)>& f) {
  for (std::size_t i = 0; i < count; ++i) f(i);
}

void copy_indexed(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const auto& indices = program.constants[op.constants[0]].values;
  const Buffer& x = trace.tensors[op.inputs[0]];
  Buffer& y = trace.tensors[op.outputs[0]];
  const std::size_t rows = x.size() / trace.lanes, tile = program.tensors[op.inputs[0]].lanes;
  for (std::size_t sample = 0; sample < trace.lanes; ++sample) {
    for (std::size_t j = 0; j < indices.size(); ++j) {
      const std::size_t from = sample * rows + tile * static_cast<std::size_t>(indices[j]),
                        to = (sample * indices.size() + j) * tile;
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(from), tile,
                  y.begin() + static_cast<std::ptrdiff_t>(to));
    }
  }
}

Trace execute(const Program& program, std::span<const Buffer> inputs, std::uint32_t lanes,
              const ForEach& for_each) {
  require(program.has_weights, ErrorKind::usage, "execute: the program has no weights (it is a structure)");
  require(inputs.size() == program.inputs.size(), ErrorKind::bad_input, [&] {
    return std::to_string(inputs.size()) + " inputs are given; the model has " +
           std::to_string(program.inputs.size());
  });
  Trace trace;
  trace.lanes = lanes;
  trace.for_each = for_each;
  trace.inputs.assign(inputs.begin(), inputs.end());
  for (std::size_t port = 0; port < inputs.size(); ++port) {
    check_input(program, program.inputs[port], inputs[port], lanes);
  }
  for (const Tensor& tensor : program.tensors)
    trace.tensors.emplace_back(std::size_t{lanes} * tensor.rows(), 0);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const InputPort& port = program.inputs[i];
    Buffer& values = trace.tensors[port.tensor];
    const std::size_t rows = values.size() / lanes;
    for (std::size_t at = 0; at < values.size(); ++at) {
      values[at] = static_cast<std::int32_t>(inputs[i][at] - centre(port, at % rows));
    }
  }
  trace.saturated.assign(program.ops.size(), 0);
  for (OpId id = 0; id < program.ops.size(); ++id) {
    const Meaning& meaning = meaning_of(program.ops[id].kind);
    trace.buffers.emplace_back(meaning.buffers(program.ops[id]));
    meaning.execute(program, id, trace);
  }
  for (const OutputPort& port : program.outputs) trace.outputs.push_back(port.tensor);
  return trace;
}

Trace execute(const Program& program, const Buffer& input, std::uint32_t lanes) {
  return execute(program, std::span(&input, 1), lanes);
}

namespace {

/// round(real[i] / scale), in [least, greatest] or clipped to it.
std::int64_t quantise_feature(double real, const FeatureIntegers& range, const char* what, std::size_t sample,
                              std::size_t feature, Clipped* clipped) {
  const auto least = static_cast<double>(range.min), greatest = static_cast<double>(range.max);
  double rounded = std::nearbyint(real / range.scale);
  if (clipped != nullptr && (rounded < least || rounded > greatest)) {
    ++clipped->values;
    clipped->features.insert(feature);
    rounded = rounded < least ? least : greatest;
  }
  // Written so that NaN fails too.
  require(rounded >= least && rounded <= greatest, ErrorKind::bad_input, [&] {
    return std::string("input ") + what + " " + std::to_string(sample) + ", feature " +
           std::to_string(feature) + ": the value is outside the range " +
           feature_range(range.min, range.max, range.scale) +
           " that the model was calibrated for. Calibrate again with inputs that cover it";
  });
  return static_cast<std::int64_t>(rounded);
}

void check_count(std::size_t values, std::size_t features) {
  require(values % features == 0, ErrorKind::bad_input, [&] {
    return "input: " + std::to_string(values) + " values are no multiple of the model's " +
           std::to_string(features) + " features";
  });
}

}  // namespace

std::vector<std::int32_t> quantise(const Tensor& info, std::span<const double> real) {
  const std::size_t rows = info.rows();
  check_count(real.size(), rows);
  std::vector<std::int32_t> integers(real.size());
  for (std::size_t i = 0; i < real.size(); ++i) {
    const FeatureIntegers range{info.scale(i % rows), info.min, info.max};
    integers[i] =
        static_cast<std::int32_t>(quantise_feature(real[i], range, "sample", i / rows, i % rows, nullptr));
  }
  return integers;
}

std::vector<std::int32_t> quantise_input(const Program& program, const InputPort& port,
                                         std::span<const double> real, Clipped* clipped) {
  const Tensor& info = program.tensors.at(port.tensor);
  const std::size_t features = features_of(program, port);
  check_count(real.size(), features);
  std::vector<std::int32_t> integers;
  integers.reserve(real.size() / features * info.rows());
  // Columns beside what a model reads, its labels, are whole numbers as they are.
  const std::size_t width = features / port.records,
                    read = width - (program.audit ? program.audit->columns.size() : 0);
  for (std::size_t i = 0; i < real.size(); ++i) {
    const std::size_t record = i / width, k = i % width;
    require(k < read || real[i] == std::nearbyint(real[i]), ErrorKind::bad_input, [&] {
      return "record " + std::to_string(record) + ", column " + in_quotes(program.audit->columns[k - read]) +
             ": " + std::to_string(real[i]) + " is no whole number";
    });
    const std::int64_t n =
        quantise_feature(real[i], integers_of_feature(program, port, k), program.audit ? "record" : "sample",
                         record, k, k < read ? clipped : nullptr);
    if (!port.in_digits) {
      integers.push_back(static_cast<std::int32_t>(n));
      continue;
    }
    const auto base = static_cast<std::int64_t>(integers_of(info));
    const std::int64_t high = floor_quotient(n, base);
    integers.push_back(static_cast<std::int32_t>(high));
    integers.push_back(static_cast<std::int32_t>(n - high * base));
  }
  return integers;
}

std::vector<std::int32_t> quantise_input(const Program& program, std::span<const double> real,
                                         Clipped* clipped) {
  return quantise_input(program, only_input(program), real, clipped);
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

std::string saturated_text(const Program& program, const Trace& trace) {
  std::string text;
  for (OpId id = 0; id < trace.saturated.size(); ++id) {
    const std::uint64_t count = trace.saturated[id];
    if (count == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(count) + (count == 1 ? " value" : " values") +
            " of layer " + in_quotes(program.ops[id].name);
  }
  if (text.empty()) return text;
  return text +
         " beyond what calibration saw by more than the margin, taken as the ends of the look-up table";
}

std::vector<double> to_real(const Tensor& tensor, std::span<const std::int32_t> values) {
  const std::size_t rows = tensor.rows();
  std::vector<double> real(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) real[i] = values[i] * tensor.scale(i % rows);
  return real;
}

}  // namespace circlet
