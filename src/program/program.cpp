// The checks that make a Program provable, on data that may come from anyone.
#include "program/program.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "core/error.hpp"
#include "core/printable.hpp"

namespace circlet {
namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t modulus = (std::int64_t{1} << 31) - 1;  // of the field of a proof
constexpr std::uint32_t no_layer = ~0U;

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::bad_input, where + ": " + why);
}

std::string where(const Layer& layer, std::size_t index) {
  return "layer " + std::to_string(index) + " " + in_quotes(layer.name);
}

std::int64_t magnitude(const TensorInfo& tensor) {
  return std::max(std::abs(tensor.min), std::abs(tensor.max));
}

/// Accumulates the bounds of rows, which saturate, so that they cannot overflow.
class RowBounds {
 public:
  explicit RowBounds(std::size_t rows) : bounds_(rows, 0) {}
  /// `coefficients`: the sum of their magnitudes.
  void add(std::size_t row, std::uint64_t coefficients, std::int64_t greatest) {
    const auto factor = static_cast<std::uint64_t>(greatest), room = saturated - bounds_[row];
    bounds_[row] =
        factor != 0 && coefficients > room / factor ? saturated : bounds_[row] + coefficients * factor;
  }
  [[nodiscard]] std::int64_t greatest() const {
    return bounds_.empty() ? 0 : static_cast<std::int64_t>(*std::ranges::max_element(bounds_));
  }

 private:
  static constexpr std::uint64_t saturated = std::uint64_t{1} << 61;
  std::vector<std::uint64_t> bounds_;
};

void check_tensor(const TensorInfo& tensor, std::size_t index) {
  const std::string name = "tensor " + std::to_string(index) + " " + in_quotes(tensor.name);
  if (tensor.rows == 0) fail(name, "has no rows");
  if (tensor.min > tensor.max || tensor.min < -int32_max || tensor.max > int32_max) {
    fail(name,
         "has the impossible range [" + std::to_string(tensor.min) + ", " + std::to_string(tensor.max) + "]");
  }
  if (tensor.scales.size() != 1 && tensor.scales.size() != tensor.rows) {
    fail(name, std::to_string(tensor.scales.size()) + " scales for " + std::to_string(tensor.rows) + " rows");
  }
  for (const double scale : tensor.scales) {
    if (!std::isfinite(scale) || scale <= 0) fail(name, "has a scale that is not a positive number");
  }
}

void check_digits(const Program& program, const std::vector<Digit>& digits, const std::string& name) {
  if (digits.size() > max_digits) fail(name, "has more than " + std::to_string(max_digits) + " digits");
  std::int64_t reached = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const Digit& digit = digits[i];
    if (digit.function > digit_functions(program).unit) fail(name, "a digit's function does not exist");
    if (i == 0 ? digit.shift > 30 || digit.step != std::int64_t{1} << digit.shift : digit.shift != 0) {
      fail(name, "only the first digit has a remainder, and its step is the remainder's range");
    }
    if (i != 0 && (digit.step < 1 || digit.step > reached)) fail(name, "its digits leave gaps");
    const std::int64_t most = digit_arguments(program, digit.function) - 1;
    if (digit.step > split_limit / (most + 1)) fail(name, "its digits reach beyond 2^30");
    reached += digit.step * most + (i == 0 ? digit.step - 1 : 0);
    if (reached > split_limit) fail(name, "its digits reach beyond 2^30");
  }
}

void check_sizes(const Program& program) {
  if (program.layers.empty()) fail("model", "has no layers");
  if (program.layers.size() > max_layers)
    fail("model", "has more than " + std::to_string(max_layers) + " layers");
  const bool argmax = program.predicate.kind == Predicate::Kind::argmax;
  if (program.tensors.size() != program.layers.size() + (argmax ? 2 : 1)) {
    fail("model", "every tensor must be the input or the output of one layer, or of an arg max");
  }
  if (program.input >= program.tensors.size()) fail("model", "the input is no tensor");
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    check_tensor(program.tensors[i], i);
    rows += program.tensors[i].rows;
  }
  if (rows > max_rows) fail("model", "has more than " + std::to_string(max_rows) + " tensor rows");
  const TensorInfo& input = program.tensors[program.input];
  if (!program.centres.empty() && program.centres.size() != input.rows)
    fail("input", "has not one centre a row");
  for (const std::int64_t c : program.centres) {
    if (input.min + c < -max_input || input.max + c > max_input) {
      fail("input", "the centre " + std::to_string(c) + " puts it beyond 2^30");
    }
  }
  for (const Lut& lut : program.luts) {
    if (lut.values.empty()) fail("LUT " + in_quotes(lut.name), "is empty");
    for (const std::int32_t value : lut.values) {
      if (value < -int32_max) fail("LUT " + in_quotes(lut.name), "holds a value below -(2^31 - 1)");
    }
  }
  std::set<std::vector<std::int32_t>> distinct;
  for (const Lut& lut : program.luts) {
    if (!distinct.insert(lut.values).second)
      fail("LUT " + in_quotes(lut.name), "has the values of another LUT");
  }
  for (const Layer& layer : program.layers) {
    if (!layer.split) continue;
    if (layer.split->shift > 30) fail("layer " + in_quotes(layer.name), "has a shift above 30");
    check_digits(program, layer.split->digits, "layer " + in_quotes(layer.name));
  }
  check_digits(program, program.argmax_digits, "arg max");
  if (lut_entries(program) > max_lut_entries) {
    fail("model", "needs more than " + std::to_string(max_lut_entries) + " LUT entries");
  }
}

void check_terms(const Program& program, const Layer& layer, const std::string& name,
                 const std::vector<std::uint32_t>& producer, std::uint64_t& weights, std::uint64_t& reads) {
  auto available = [&](TensorId input) {
    if (input >= program.tensors.size()) fail(name, "reads a tensor that does not exist");
    if (input != program.input && producer[input] == no_layer) {
      fail(name, "reads a tensor that no earlier layer makes");
    }
  };
  if (layer.dense.empty() && layer.scaled.empty() && layer.bias.empty()) fail(name, "computes nothing");
  for (const DenseTerm& term : layer.dense) {
    available(term.input);
    if (term.outputs != layer.rows || term.inputs != program.tensors[term.input].rows) {
      fail(name, "a dense term has the wrong shape");
    }
    const std::uint64_t count = std::uint64_t{term.inputs} * term.outputs;
    weights += count;
    if (weights > max_weights) fail(name, "more than " + std::to_string(max_weights) + " weights in all");
    if (term.weights.size() != (program.has_weights ? count : 0))
      fail(name, "a dense term has the wrong size");
    reads += term.inputs;
  }
  for (const ScaledTerm& term : layer.scaled) {
    available(term.input);
    if (program.tensors[term.input].rows != layer.rows) fail(name, "a scaled term has the wrong shape");
    if (term.coefficients.size() != 1 && term.coefficients.size() != layer.rows) {
      fail(name, "a scaled term has the wrong number of coefficients");
    }
    reads += layer.rows;
  }
  // A term of a few bytes may read a whole tensor.
  if (reads > max_reads)
    fail(name, "more than " + std::to_string(max_reads) + " reads of tensor rows in all");
  if (!layer.bias.empty() && layer.bias.size() != layer.rows) fail(name, "the bias has the wrong size");
}

void check_split(const Program& program, const Layer& layer, const std::string& name) {
  const Split& split = *layer.split;
  if (split.lut >= program.luts.size()) fail(name, "looks up in a LUT that does not exist");
  const auto& values = program.luts[split.lut].values;
  const auto wrong_offset = [&] {
    fail(name,
         "the offset " + std::to_string(split.offset) + " is out of range: the split would not be unique");
  };
  if (split.digits.empty()) {
    if (static_cast<std::int64_t>(values.size()) > (split_limit >> split.shift)) {
      fail(name, "LUT size times 2^shift exceeds 2^30: the split would not be unique");
    }
    if (split.offset <= -accumulator_limit || split.offset >= split_limit) wrong_offset();
  } else {
    if (split.shift != 0) fail(name, "has a shift and digits");
    const std::int64_t arguments = digit_arguments(program, split.lut);
    const std::int64_t radix = width(program, split.digits);
    if (radix > modulus / arguments) fail(name, "its digits reach so far that the split would not be unique");
    // q W + r - offset and an accumulator differ by less than p.
    const std::int64_t room = modulus - accumulator_limit;
    if (split.offset > room || arguments * radix - split.offset > room) wrong_offset();
  }
  const auto [least, greatest] = std::ranges::minmax(values);
  const TensorInfo& output = program.tensors[layer.output];
  if (output.min != least || output.max != greatest) {
    fail(name, "the output range is [" + std::to_string(output.min) + ", " + std::to_string(output.max) +
                   "] but its LUT gives [" + std::to_string(least) + ", " + std::to_string(greatest) + "]");
  }
}

void check_raw(const Program& program, const Layer& layer, const std::string& name) {
  const TensorInfo& output = program.tensors[layer.output];
  if (output.max >= accumulator_limit || output.min != -output.max) {
    fail(name, "the range of an output without a LUT must be [-b, b] with b < 2^29");
  }
  if (!program.has_weights) return;
  const std::int64_t bound = accumulator_bound(program, layer);
  if (bound > output.max) {
    fail(name, "accumulators can reach " + std::to_string(bound) + ", beyond the output range of " +
                   std::to_string(output.max));
  }
}

/// The output is that of the last layer, or of the arg max of it.
void check_output(const Program& program, const std::vector<std::uint32_t>& producer) {
  if (program.predicate.kind != Predicate::Kind::argmax) {
    if (scores(program) != program.output) fail("model", "the output is not that of the last layer");
    if (!program.argmax_digits.empty()) fail("model", "has the digits of an arg max and none");
    return;
  }
  const TensorInfo& last = program.tensors[scores(program)];
  if (program.output >= program.tensors.size() || program.output == program.input ||
      producer[program.output] != no_layer) {
    fail("arg max", "writes a tensor that something else makes");
  }
  const TensorInfo& index = program.tensors[program.output];
  if (last.rows < 2 || index.rows != 1 || index.min != 0 || index.max != last.rows - 1) {
    fail("arg max", "its output is not an index of two or more scores");
  }
  const std::int64_t reach = width(program, program.argmax_digits);
  if (reach <= last.max - last.min) fail("arg max", "its digits do not reach the greatest difference");
  if (reach > difference_limit) fail("arg max", "its digits reach 2^30: a difference could be two");
}

}  // namespace

TensorInfo stated_input(const Program& program) {
  TensorInfo input = program.tensors[program.input];
  if (program.centres.empty()) return input;
  const auto [least, greatest] = std::ranges::minmax(program.centres);
  input.min += least;
  input.max += greatest;
  return input;
}

DigitFunctions digit_functions(const Program& program) {
  const auto luts = static_cast<std::uint32_t>(program.luts.size());
  return {.input = luts, .unit = luts + 1};
}

std::int64_t digit_arguments(const Program& program, std::uint32_t function) {
  const TensorInfo& input = program.tensors[program.input];
  const std::int64_t entries = function < program.luts.size()
                                   ? static_cast<std::int64_t>(program.luts[function].values.size())
                               : function == digit_functions(program).input ? input.max - input.min + 1
                                                                            : 1;
  return (entries + lut_row_entries - 1) / lut_row_entries * lut_row_entries;
}

std::int64_t width(const Program& program, const std::vector<Digit>& digits) {
  std::int64_t result = 1;
  for (const Digit& digit : digits) {
    result += digit.step * (digit_arguments(program, digit.function) - 1);
    result += (std::int64_t{1} << digit.shift) - 1;
  }
  return result;
}

std::int64_t accumulator_bound(const Program& program, const Layer& layer) {
  const auto size_of = [](std::int32_t coefficient) {
    return static_cast<std::uint64_t>(std::abs(std::int64_t{coefficient}));
  };
  RowBounds bounds(layer.rows);
  for (const DenseTerm& term : layer.dense) {
    // At most 2^30 weights of at most 2^31.
    std::vector<std::uint64_t> sums(term.outputs, 0);
    for (std::size_t k = 0; k < term.inputs; ++k) {
      const std::int32_t* weights = term.weights.data() + k * term.outputs;
      for (std::size_t j = 0; j < term.outputs; ++j) sums[j] += size_of(weights[j]);
    }
    for (std::size_t j = 0; j < term.outputs; ++j) {
      bounds.add(j, sums[j], magnitude(program.tensors[term.input]));
    }
  }
  for (const ScaledTerm& term : layer.scaled) {
    const std::int64_t greatest = magnitude(program.tensors[term.input]);
    for (std::size_t j = 0; j < layer.rows; ++j) {
      bounds.add(j, size_of(term.coefficients[term.coefficients.size() == 1 ? 0 : j]), greatest);
    }
  }
  for (std::size_t j = 0; j < layer.bias.size(); ++j) bounds.add(j, size_of(layer.bias[j]), 1);
  return bounds.greatest();
}

std::uint64_t lut_entries(const Program& program) {
  const TensorInfo& input = program.tensors[program.input];
  std::uint64_t entries = static_cast<std::uint64_t>(input.max - input.min) + 1;
  std::set<std::uint32_t> shifts{0};  // the input is split with shift 0
  for (const Lut& lut : program.luts) entries += lut.values.size();
  const auto add = [&](const std::vector<Digit>& digits) {
    for (const Digit& digit : digits) shifts.insert(digit.shift);
  };
  for (const Layer& layer : program.layers) {
    if (!layer.split) continue;
    shifts.insert(layer.split->shift);
    add(layer.split->digits);
  }
  add(program.argmax_digits);
  if (program.predicate.kind == Predicate::Kind::argmax) shifts.insert(1);  // its marks are 0 or -1
  for (const std::uint32_t shift : shifts) entries += std::uint64_t{1} << shift;
  return entries;
}

void check_program(const Program& program) {
  check_sizes(program);
  std::vector<std::uint32_t> producer(program.tensors.size(), no_layer);
  std::vector<bool> looked_up(program.luts.size(), false);
  std::uint64_t weights = 0, reads = 0;
  for (std::uint32_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    const std::string name = where(layer, i);
    if (layer.output >= program.tensors.size()) fail(name, "writes a tensor that does not exist");
    if (layer.output == program.input || producer[layer.output] != no_layer) {
      fail(name, "writes a tensor that something else makes");
    }
    if (program.tensors[layer.output].rows != layer.rows) fail(name, "and its output differ in rows");
    check_terms(program, layer, name, producer, weights, reads);
    const bool last = i + 1 == program.layers.size();
    if (!layer.split && !last) fail(name, "only the last layer may end without a LUT");
    if (program.has_weights) {
      const std::int64_t bound = accumulator_bound(program, layer);
      if (bound >= accumulator_limit) {
        fail(name, "accumulators can reach " + std::to_string(bound) + ", which is not below 2^29");
      }
    }
    if (layer.split) {
      check_split(program, layer, name);
      looked_up[layer.split->lut] = true;
    } else {
      check_raw(program, layer, name);
    }
    producer[layer.output] = i;
  }
  check_output(program, producer);
  for (std::size_t i = 0; i < looked_up.size(); ++i) {
    if (!looked_up[i]) fail("LUT " + in_quotes(program.luts[i].name), "is not used");
  }
  if (!program.class_labels.empty() && program.class_labels.size() > max_rows)
    fail("model", "too many labels");
}

Program structure_of(const Program& program) {
  Program structure;
  structure.name = program.name;
  structure.tensors = program.tensors;
  structure.input = program.input;
  structure.centres = program.centres;
  structure.luts = program.luts;
  structure.output = program.output;
  structure.postprocessing = program.postprocessing;
  structure.class_labels = program.class_labels;
  structure.predicate = program.predicate;
  structure.argmax_digits = program.argmax_digits;
  structure.has_weights = false;
  for (const Layer& layer : program.layers) {
    Layer copy{.name = layer.name, .rows = layer.rows, .split = layer.split, .output = layer.output};
    for (const DenseTerm& term : layer.dense) {
      copy.dense.push_back(
          {.input = term.input, .outputs = term.outputs, .inputs = term.inputs, .weights = {}});
    }
    for (const ScaledTerm& term : layer.scaled) {
      copy.scaled.push_back(
          {.input = term.input, .coefficients = std::vector<std::int32_t>(term.coefficients.size(), 0)});
    }
    copy.bias.assign(layer.bias.size(), 0);
    structure.layers.push_back(std::move(copy));
  }
  return structure;
}

}  // namespace circlet
