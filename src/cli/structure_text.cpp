#include "cli/structure_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/printable.hpp"
#include "program/flow.hpp"
#include "program/lut_kind.hpp"
#include "program/predicate.hpp"

namespace circlet::cli {
namespace {

/// What is known of a layer's look-up.
struct LookUp {
  LutKind kind = LutKind::constant;
  std::int32_t least = 0, greatest = 0;
  unsigned bits = 0;
};

/// The number in the middle of the accumulators that each entry is for.
std::vector<std::int32_t> arguments_of(const Program& program, const Split& split) {
  const std::int64_t cell =
      split.digits.empty() ? std::int64_t{1} << split.shift : width(program, split.digits);
  std::vector<std::int32_t> arguments;
  for (std::size_t q = 0; q < program.luts[split.lut].values.size(); ++q) {
    arguments.push_back(
        static_cast<std::int32_t>(static_cast<std::int64_t>(q) * cell - split.offset + cell / 2));
  }
  return arguments;
}

LookUp look_up(const Program& program, const Layer& layer) {
  const std::vector<std::int32_t>& values = program.luts[layer.split->lut].values;
  const auto [least, greatest] = std::ranges::minmax(values);
  const double scale = program.tensors[layer.output].scale(0);
  return {.kind = lut_kind(values, arguments_of(program, *layer.split), scale),
          .least = least,
          .greatest = greatest,
          .bits = lut_bits(values)};
}

std::string tensor_name(const Program& program, TensorId id) {
  return fmt::format("tensor {} {}", id, in_quotes(program.tensors[id].name));
}

std::string scales_text(const std::vector<double>& scales) {
  const auto [least, greatest] = std::ranges::minmax(scales);
  if (least == greatest) return fmt::format("scale {:.6g}", least);
  return fmt::format("scales {:.6g}..{:.6g}", least, greatest);
}

/// What is computed from what; through a look-up of one value nothing passes.
std::vector<Flow> flows_of(const Program& program, bool through_constants) {
  std::vector<Flow> flows;
  for (const Layer& layer : program.layers) {
    const bool constant = layer.split && look_up(program, layer).kind == LutKind::constant;
    if (constant && !through_constants) continue;
    for (const DenseTerm& term : layer.dense) flows.push_back({.from = term.input, .to = layer.output});
    for (const ScaledTerm& term : layer.scaled) flows.push_back({.from = term.input, .to = layer.output});
  }
  if (program.output != scores(program)) flows.push_back({.from = scores(program), .to = program.output});
  return flows;
}

std::string terms_text(const Program& program, const Layer& layer) {
  std::vector<std::string> terms;
  for (const DenseTerm& dense : layer.dense) {
    terms.push_back(fmt::format("{}x{} weights on tensor {}", dense.inputs, dense.outputs, dense.input));
  }
  for (const ScaledTerm& scaled : layer.scaled) {
    terms.push_back(fmt::format("{} coefficients on tensor {}", scaled.coefficients.size(), scaled.input));
  }
  if (!layer.bias.empty()) terms.push_back("bias");
  std::string text = fmt::format("{}", fmt::join(terms, " + "));
  if (!layer.split) return text;
  text += layer.split->digits.empty()
              ? fmt::format("; shift {}", layer.split->shift)
              : fmt::format("; divided by {}, the remainder in {} digits",
                            width(program, layer.split->digits), layer.split->digits.size());
  const LookUp found = look_up(program, layer);
  const Lut& lut = program.luts[layer.split->lut];
  return text + fmt::format("; look-up {} {} of {} entries: {}, {} bits, {}..{}", layer.split->lut,
                            in_quotes(lut.name), lut.values.size(), lut_kind_name(found.kind), found.bits,
                            found.least, found.greatest);
}

std::string predicate_text(const Program& program) {
  const Predicate& predicate = program.predicate;
  if (predicate.kind == Predicate::Kind::values) return "";
  if (predicate.kind == Predicate::Kind::argmax) {
    return fmt::format("  argmax: the first index of the greatest of {} rows\n",
                       program.tensors[scores(program)].rows);
  }
  const double scale = program.tensors[program.output].scale(0);
  return fmt::format("  output: whether each score is {}, that is, its integer {} {}\n", to_text(predicate),
                     predicate.kind == Predicate::Kind::below ? "below" : "at least",
                     first_integer(predicate.threshold, scale));
}

std::string labels_text(const Program& program) {
  constexpr std::size_t shown = 16;
  if (program.class_labels.empty()) return "";
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < std::min(shown, program.class_labels.size()); ++i) {
    labels.push_back(in_quotes(program.class_labels[i]));
  }
  if (program.class_labels.size() > shown) {
    labels.push_back(fmt::format("and {} more", program.class_labels.size() - shown));
  }
  return fmt::format("  labels: {}\n", fmt::join(labels, ", "));
}

}  // namespace

std::vector<std::string> warnings_of(const Program& structure) {
  std::vector<std::string> warnings;
  const std::size_t tensors = structure.tensors.size();
  const std::vector<TensorId> inputs = {structure.input};
  const auto reached = reached_from(inputs, flows_of(structure, false), tensors);
  const auto read = read_by_something(flows_of(structure, true), tensors);
  if (!reached[structure.output]) warnings.emplace_back("the output depends on no input");
  for (TensorId id = 0; id < tensors; ++id) {
    if (id != structure.output && !read[id]) {
      warnings.push_back("nothing reads " + tensor_name(structure, id));
    }
  }
  for (std::size_t i = 0; i < structure.layers.size(); ++i) {
    const Layer& layer = structure.layers[i];
    if (!layer.split) continue;
    const LookUp found = look_up(structure, layer);
    if (found.kind == LutKind::constant) {
      warnings.push_back(
          fmt::format("layer {} {} gives {}, whatever it is given", i, in_quotes(layer.name), found.least));
    }
  }
  return warnings;
}

nlohmann::ordered_json lookups_json(const Program& structure) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < structure.layers.size(); ++i) {
    if (!structure.layers[i].split) continue;
    const LookUp found = look_up(structure, structure.layers[i]);
    list.push_back({{"layer", i},
                    {"lut", structure.layers[i].split->lut},
                    {"kind", lut_kind_name(found.kind)},
                    {"least", found.least},
                    {"greatest", found.greatest},
                    {"bits", found.bits}});
  }
  return list;
}

std::string structure_text(const Program& structure) {
  std::string text = fmt::format("model {}: {} inputs, {} layers, {} outputs\n", in_quotes(structure.name),
                                 structure.tensors[structure.input].rows, structure.layers.size(),
                                 structure.tensors[structure.output].rows);
  for (TensorId id = 0; id < structure.tensors.size(); ++id) {
    const TensorInfo& tensor = structure.tensors[id];
    text += fmt::format("  {}{}: {} values in {}..{}, {}\n", tensor_name(structure, id),
                        id == structure.input    ? ", the input"
                        : id == structure.output ? ", the output"
                                                 : "",
                        tensor.rows, tensor.min, tensor.max, scales_text(tensor.scales));
  }
  if (!structure.centres.empty()) {
    const auto [least, greatest] = std::ranges::minmax(structure.centres);
    text += fmt::format("  of input j layers read x - c_j, in {}..{}; centres c_j in {}..{}\n",
                        structure.tensors[structure.input].min, structure.tensors[structure.input].max, least,
                        greatest);
  }
  for (std::size_t i = 0; i < structure.layers.size(); ++i) {
    const Layer& layer = structure.layers[i];
    text += fmt::format("  layer {} {}: tensor {}, {} rows = {}\n", i, in_quotes(layer.name), layer.output,
                        layer.rows, terms_text(structure, layer));
  }
  text += predicate_text(structure) + labels_text(structure);
  for (const PostStep& step : structure.postprocessing) {
    text += fmt::format("  {}: computed outside the proof\n", in_quotes(step.node));
  }
  for (const std::string& warning : warnings_of(structure)) text += "  WARNING: " + warning + "\n";
  return text;
}

}  // namespace circlet::cli
