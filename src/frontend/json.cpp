// JSON output.
#include "frontend/json.hpp"

#include <nlohmann/json.hpp>

#include "program/meaning.hpp"
#include "program/predicate.hpp"

namespace circlet {

nlohmann::json to_json(const Program& program) {
  nlohmann::json json{
      {"name", program.name}, {"class_labels", program.class_labels}, {"has_weights", program.has_weights}};
  for (const Tensor& tensor : program.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"shape", tensor.shape},
                               {"lanes", tensor.lanes},
                               {"min", tensor.min},
                               {"max", tensor.max},
                               {"scales", tensor.scales}});
  }
  json["constants"] = nlohmann::json::array();
  for (const ConstantTensor& constant : program.constants) {
    nlohmann::json item{
        {"kind", kind_name(constant.kind)}, {"name", constant.name}, {"shape", constant.shape}};
    if (constant.kind != ConstantTensor::Kind::weights || program.has_weights)
      item["values"] = constant.values;
    json["constants"].push_back(std::move(item));
  }
  for (const Op& op : program.ops) {
    json["ops"].push_back({{"kind", meaning_of(op.kind).name},
                           {"name", op.name},
                           {"inputs", op.inputs},
                           {"constants", op.constants},
                           {"outputs", op.outputs},
                           {"attributes", op.attributes}});
  }
  for (const InputPort& port : program.inputs) {
    json["inputs"].push_back({{"name", port.name},
                              {"tensor", port.tensor},
                              {"centres", port.centres},
                              {"in_digits", port.in_digits}});
  }
  for (const OutputPort& port : program.outputs) {
    json["outputs"].push_back(
        {{"name", port.name}, {"tensor", port.tensor}, {"predicate", to_text(port.predicate)}});
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
                      {"saturated", report.saturated},
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
