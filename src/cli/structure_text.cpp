#include "cli/structure_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/describe.hpp"
#include "cli/statement_text.hpp"
#include "core/printable.hpp"
#include "program/flow.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"

namespace circlet::cli {
namespace {

std::string tensor_name(const Program& program, TensorId id) {
  return fmt::format("tensor {} {}", id, in_quotes(program.tensors[id].name));
}

std::string op_name(const Program& program, OpId id) {
  const Op& op = program.ops[id];
  return fmt::format("op {} {} {}", id, meaning_of(op.kind).name, in_quotes(op.name));
}

/// ", the input", or ", input 1 'name'" for each that the tensor is, in the order of statements, where there
/// are several.
template <class Port>
std::string role(const std::vector<Port>& ports, TensorId tensor, const char* direction) {
  std::string text;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].tensor != tensor) continue;
    text += ports.size() == 1 ? fmt::format(", the {}", direction)
                              : fmt::format(", {} {} {}", direction, i, in_quotes(ports[i].name));
  }
  return text;
}

std::string scales_text(const std::vector<double>& scales) {
  const auto [least, greatest] = std::ranges::minmax(scales);
  if (least == greatest) return fmt::format("scale {:.6g}", least);
  return fmt::format("scales {:.6g}..{:.6g}", least, greatest);
}

/// What is computed from what; through an op of one value nothing passes.
std::vector<Flow> flows_of(const Program& program, bool through_constants) {
  std::vector<Flow> flows;
  for (const Op& op : program.ops) {
    if (!through_constants && describe(program, op).constant) continue;
    for (const TensorId from : op.inputs) {
      for (const TensorId to : op.outputs) flows.push_back({.from = from, .to = to});
    }
  }
  return flows;
}

template <class Port>
std::string rows_of(const Program& program, const std::vector<Port>& ports) {
  std::vector<std::string> rows;
  for (const Port& port : ports) rows.push_back(std::to_string(program.tensors[port.tensor].rows()));
  return fmt::format("{}", fmt::join(rows, " + "));
}

std::string digits_text(const Program& program, const InputPort& port) {
  if (!port.in_digits) return "";
  return fmt::format("  rows 2k and 2k + 1 of tensor {} are feature k, in two digits to the base {}\n",
                     port.tensor, program.tensors[port.tensor].max + 1);
}

std::string centres_text(const Program& program, const InputPort& port) {
  if (port.centres.empty()) return "";
  const Tensor& tensor = program.tensors[port.tensor];
  const auto [least, greatest] = std::ranges::minmax(port.centres);
  return fmt::format("  of row j of tensor {} ops read x - c_j, in {}..{}; centres c_j in {}..{}\n",
                     port.tensor, tensor.min, tensor.max, least, greatest);
}

std::string threshold_text(const Program& program, const OutputPort& port) {
  const Predicate& predicate = port.predicate;
  if (predicate.kind != Predicate::Kind::at_least && predicate.kind != Predicate::Kind::below) return "";
  if (!predicate.class_name.empty())
    return fmt::format("  output: whether {}, as its score decides\n", cli::predicate_text(predicate));
  const double scale = program.tensors[port.tensor].scale(0);
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
  std::vector<TensorId> inputs;
  for (const InputPort& port : structure.inputs) inputs.push_back(port.tensor);
  const auto reached = reached_from(inputs, flows_of(structure, false), tensors);
  const auto read = read_by_something(flows_of(structure, true), tensors);
  for (const OutputPort& port : structure.outputs) {
    if (reached[port.tensor]) continue;
    warnings.push_back(structure.outputs.size() == 1
                           ? "the output depends on no input"
                           : fmt::format("output {} depends on no input", in_quotes(port.name)));
  }
  for (TensorId id = 0; id < tensors; ++id) {
    const bool is_output = role(structure.outputs, id, "output") != "";
    if (!is_output && !read[id]) warnings.push_back("nothing reads " + tensor_name(structure, id));
  }
  for (OpId id = 0; id < structure.ops.size(); ++id) {
    if (const auto constant = describe(structure, structure.ops[id]).constant) {
      warnings.push_back(fmt::format("{} gives {}, whatever it is given", op_name(structure, id), *constant));
    }
  }
  return warnings;
}

nlohmann::ordered_json ops_json(const Program& structure) {
  auto list = nlohmann::ordered_json::array();
  for (const Op& op : structure.ops) {
    auto& item = list.emplace_back(nlohmann::ordered_json{{"operator", meaning_of(op.kind).name}});
    const Description found = describe(structure, op);
    if (!found.facts.is_null()) item.update(found.facts);
  }
  return list;
}

std::string structure_text(const Program& structure) {
  std::string text = fmt::format("model {}: {} inputs, {} ops, {} outputs\n", in_quotes(structure.name),
                                 rows_of(structure, structure.inputs), structure.ops.size(),
                                 rows_of(structure, structure.outputs));
  for (TensorId id = 0; id < structure.tensors.size(); ++id) {
    const Tensor& tensor = structure.tensors[id];
    text += fmt::format("  {}{}{}: {} values in {}..{}, {}\n", tensor_name(structure, id),
                        role(structure.inputs, id, "input"), role(structure.outputs, id, "output"),
                        tensor.rows(), tensor.min, tensor.max, scales_text(tensor.scales));
  }
  for (const InputPort& port : structure.inputs)
    text += digits_text(structure, port) + centres_text(structure, port);
  for (OpId id = 0; id < structure.ops.size(); ++id) {
    const Op& op = structure.ops[id];
    text += fmt::format("  {}: tensor {} = {}\n", op_name(structure, id), fmt::join(op.outputs, ", "),
                        describe(structure, op).text);
  }
  for (const OutputPort& port : structure.outputs) text += threshold_text(structure, port);
  text += labels_text(structure);
  for (const PostStep& step : structure.postprocessing) {
    text += fmt::format("  {}: computed outside the proof\n", in_quotes(step.node));
  }
  for (const std::string& warning : warnings_of(structure)) text += "  WARNING: " + warning + "\n";
  return text;
}

}  // namespace circlet::cli
