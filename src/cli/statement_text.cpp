#include "cli/statement_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace circlet::cli {
namespace {

/// Sample `sample` of values laid out sample after sample.
std::vector<std::int32_t> sample_of(const std::vector<std::int32_t>& values, std::size_t rows,
                                    std::size_t sample) {
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(sample * rows);
  return {first, first + static_cast<std::ptrdiff_t>(rows)};
}

std::vector<double> real_values(const PublicTensor& tensor, const std::vector<std::int32_t>& integers) {
  std::vector<double> reals;
  for (std::size_t row = 0; row < integers.size(); ++row) reals.push_back(integers[row] * tensor.scale(row));
  return reals;
}

}  // namespace

std::size_t greatest_index(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

std::string values_text(const std::vector<std::int32_t>& integers, const std::vector<double>& reals) {
  constexpr std::size_t shown = 32;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(shown, integers.size()); ++i) {
    parts.push_back(fmt::format("{} ({:.4g})", integers[i], reals[i]));
  }
  if (integers.size() > shown) parts.push_back(fmt::format("and {} more", integers.size() - shown));
  return fmt::format("{}; greatest: {}", fmt::join(parts, ", "), greatest_index(reals));
}

std::string hidden_text(const VerificationKey& key) {
  if (!key.zero_knowledge) return "nothing (--no-zk): a proof tells of weights and values";
  return fmt::format("the weights{} and all that lies between; not the shapes, scales and look-up tables",
                     key.input_public ? "" : ", the input");
}

nlohmann::ordered_json statement_json(const VerificationKey& key, const Statement& statement) {
  nlohmann::ordered_json json = {{"model_id", key.digest().to_hex()}, {"context", to_hex(statement.context)}};
  if (key.input_public) {
    json["inputs"] = statement.inputs;
  } else {
    json["inputs"] = "private";
  }
  json["zero_knowledge"] = key.zero_knowledge;
  json["outputs"] = statement.outputs;
  auto reals = nlohmann::ordered_json::array();
  auto greatest = nlohmann::ordered_json::array();
  for (std::size_t sample = 0; sample < key.batch; ++sample) {
    const auto real = real_values(key.output, sample_of(statement.outputs, key.output.rows, sample));
    reals.push_back(real);
    greatest.push_back(greatest_index(real));
  }
  json["real_outputs"] = reals;
  json["argmax"] = greatest;
  return json;
}

std::string statement_text(const VerificationKey& key, const Statement& statement) {
  std::string text =
      fmt::format("model    {}\ncontext  {}\n", key.digest().to_hex(), to_hex(statement.context));
  for (std::size_t sample = 0; sample < key.batch; ++sample) {
    if (key.input_public) {
      const auto integers = sample_of(statement.inputs, key.input.rows, sample);
      text += fmt::format("input    {}\n", fmt::join(integers, " "));
    } else {
      text += fmt::format("input    private, {} values in {}..{}\n", key.input.rows, key.input.min,
                          key.input.max);
    }
    const auto integers = sample_of(statement.outputs, key.output.rows, sample);
    text += fmt::format("output   {}\n", values_text(integers, real_values(key.output, integers)));
  }
  return text + fmt::format("hides    {}\n", hidden_text(key));
}

std::string structure_text(const Program& structure) {
  std::string text = fmt::format("model '{}': {} inputs, {} layers, {} outputs\n", structure.name,
                                 structure.tensors[structure.input].rows, structure.layers.size(),
                                 structure.tensors[structure.output].rows);
  for (const auto& layer : structure.layers) {
    std::vector<std::string> terms;
    for (const auto& dense : layer.dense) {
      terms.push_back(fmt::format("{}x{} weights on {}", dense.inputs, dense.outputs,
                                  structure.tensors[dense.input].name));
    }
    for (const auto& scaled : layer.scaled) {
      terms.push_back(fmt::format("{} coefficients on {}", scaled.coefficients.size(),
                                  structure.tensors[scaled.input].name));
    }
    if (!layer.bias.empty()) terms.push_back("bias");
    text += fmt::format("  {}: {} rows = {}", layer.name, layer.rows, fmt::join(terms, " + "));
    if (layer.split) {
      const auto& lut = structure.luts[layer.split->lut];
      text += fmt::format("; shift {}, look-up '{}' of {} entries", layer.split->shift, lut.name,
                          lut.values.size());
    }
    text += "\n";
  }
  for (const auto& step : structure.postprocessing) {
    text += fmt::format("  {}: computed outside the proof\n", step.node);
  }
  return text;
}

}  // namespace circlet::cli
