// JSON output.
#include "frontend/json.hpp"

#include <nlohmann/json.hpp>

#include "program/predicate.hpp"

namespace circlet {

namespace {

nlohmann::json digits_json(const std::vector<Digit>& digits) {
  nlohmann::json list = nlohmann::json::array();
  for (const Digit& digit : digits) {
    list.push_back({{"function", digit.function}, {"shift", digit.shift}, {"step", digit.step}});
  }
  return list;
}

}  // namespace

nlohmann::json to_json(const Program& program) {
  nlohmann::json json{{"name", program.name},
                      {"input", program.input},
                      {"centres", program.centres},
                      {"output", program.output},
                      {"class_labels", program.class_labels},
                      {"predicate", to_text(program.predicate)},
                      {"has_weights", program.has_weights}};
  for (const TensorInfo& tensor : program.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"rows", tensor.rows},
                               {"min", tensor.min},
                               {"max", tensor.max},
                               {"scales", tensor.scales}});
  }
  json["luts"] = nlohmann::json::array();
  for (const Lut& lut : program.luts) json["luts"].push_back({{"name", lut.name}, {"values", lut.values}});
  for (const Layer& layer : program.layers) {
    nlohmann::json item{{"name", layer.name}, {"rows", layer.rows}, {"output", layer.output}};
    item["dense"] = nlohmann::json::array();
    for (const DenseTerm& term : layer.dense) {
      nlohmann::json dense{{"input", term.input}, {"inputs", term.inputs}, {"outputs", term.outputs}};
      if (program.has_weights) dense["weights"] = term.weights;
      item["dense"].push_back(std::move(dense));
    }
    item["scaled"] = nlohmann::json::array();
    for (const ScaledTerm& term : layer.scaled) {
      nlohmann::json scaled{{"input", term.input}, {"size", term.coefficients.size()}};
      if (program.has_weights) scaled["coefficients"] = term.coefficients;
      item["scaled"].push_back(std::move(scaled));
    }
    item["has_bias"] = !layer.bias.empty();
    if (program.has_weights) item["bias"] = layer.bias;
    if (layer.split) {
      item["split"] = {
          {"shift", layer.split->shift}, {"offset", layer.split->offset}, {"lut", layer.split->lut}};
      if (!layer.split->digits.empty()) {
        item["split"]["width"] = width(program, layer.split->digits);
        item["split"]["digits"] = digits_json(layer.split->digits);
      }
    }
    json["layers"].push_back(std::move(item));
  }
  if (!program.argmax_digits.empty()) {
    json["argmax"] = {{"scores", scores(program)}, {"digits", digits_json(program.argmax_digits)}};
  }
  json["postprocessing"] = nlohmann::json::array();
  for (const PostStep& step : program.postprocessing) {
    json["postprocessing"].push_back({{"kind", to_string(step.kind)}, {"node", step.node}});
  }
  json["lut_entries"] = lut_entries(program);
  return json;
}

nlohmann::json to_json(const AccuracyReport& report) {
  nlohmann::json json{{"chosen_on", report.chosen_on},
                      {"samples", report.samples},
                      {"unseen", report.unseen},
                      {"clipped", report.clipped},
                      {"refused", report.refused},
                      {"outputs", report.outputs},
                      {"classifier", report.classifier},
                      {"disagreements", report.disagreements},
                      {"agreement", report.agreement()},
                      {"max_error", report.max_error},
                      {"mean_error", report.mean_error},
                      {"rms_error", report.rms_error},
                      {"relative_error", report.relative_error()},
                      {"lut_entries", report.lut_entries},
                      {"goal_met", report.goal_met},
                      {"weakest", report.weakest}};
  for (const LayerAccuracy& layer : report.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"function", layer.function},
                              {"rows", layer.rows},
                              {"least", layer.least},
                              {"greatest", layer.greatest},
                              {"bound", layer.bound},
                              {"reached", layer.reached},
                              {"lut_size", layer.lut_size},
                              {"q_least", layer.q_least},
                              {"q_greatest", layer.q_greatest},
                              {"max_error", layer.max_error},
                              {"relative_error", layer.relative_error}});
  }
  return json;
}

}  // namespace circlet
