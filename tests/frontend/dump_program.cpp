// A developer's tool for the Python tests: imports a model, evaluates it in double precision, calibrates it,
// executes it and writes everything as JSON. The user's commands are in src/cli.
//   dump_program MODEL.onnx INPUTS reference              float outputs, before and after postprocessing
//   dump_program MODEL.onnx CALIBRATION program INPUTS [OUTPUT]
//                                                         the program with OUTPUT as its output (public), its
//                                                         report, and integer outputs on INPUTS
//   dump_program MODEL.onnx CALIBRATION classes INPUTS    the report; for each sample of INPUTS what `circlet
//                                                         run` says: the values after the graph's own steps,
//                                                         class and label
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "frontend/calibrate.hpp"
#include "frontend/inputs.hpp"
#include "frontend/json.hpp"
#include "frontend/onnx/import.hpp"
#include "program/executor.hpp"
#include "program/predicate.hpp"

namespace {

using namespace circlet;

nlohmann::json rows_of(const std::vector<double>& values, std::size_t width) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < values.size(); i += width) {
    rows.push_back(std::vector<double>(values.begin() + static_cast<long>(i),
                                       values.begin() + static_cast<long>(i + width)));
  }
  return rows;
}

nlohmann::json processed(const std::vector<PostStep>& steps, const std::vector<double>& values,
                         std::size_t width) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < values.size(); i += width) {
    rows.push_back(postprocess(
        steps, {values.begin() + static_cast<long>(i), values.begin() + static_cast<long>(i + width)}));
  }
  return rows;
}

nlohmann::json reference(const Graph& graph, const std::string& inputs) {
  const auto layers = evaluate(graph, read_inputs(inputs, graph.features()));
  // An arg max hides the probabilities it is taken of: compare those.
  std::vector<PostStep> steps = graph.postprocessing;
  if (!steps.empty() && steps.back().kind == PostStep::Kind::argmax) steps.pop_back();
  return {{"proved", rows_of(layers.back().y, graph.outputs())},
          {"outputs", processed(steps, layers.back().y, graph.outputs())},
          {"class_labels", graph.class_labels}};
}

nlohmann::json program(const Graph& graph, const std::string& calibration, const std::string& inputs,
                       const std::string& output) {
  // CIRCLET_TILES=1: images on tiles, whatever their size.
  const bool tiles = std::getenv("CIRCLET_TILES") != nullptr;
  const Model model = calibrate(graph, read_inputs(calibration, graph.features()),
                                {.layout = tiles ? Layout::tiles : Layout::automatic});
  const std::vector<double> real = read_inputs(inputs, graph.features());
  const auto samples = static_cast<std::uint32_t>(real.size() / graph.features());
  const std::vector<std::int32_t> integers = quantise_input(model.program, real);
  const Program decided = with_predicate(model.program, parse_predicate(output));
  const Trace trace = execute(decided, integers, samples);
  std::cerr << to_text(model.report);
  const Tensor& info = decided.tensors[decided.outputs[0].tensor];
  return {{"program", to_json(decided)},
          {"report", to_json(model.report)},
          {"input", integers},
          {"output", trace.output()},
          {"real_output", rows_of(to_real(info, trace.output()), info.rows())},
          {"float_output", rows_of(evaluate(graph, real).back().y, graph.outputs())}};
}

nlohmann::json classes(const Graph& graph, const std::string& calibration, const std::string& inputs) {
  const Model model = calibrate(graph, read_inputs(calibration, graph.features()));
  const Program& program = model.program;
  const std::vector<double> real = read_inputs(inputs, graph.features());
  nlohmann::json samples = nlohmann::json::array();
  for (std::size_t first = 0; first < real.size(); first += graph.features()) {
    nlohmann::json sample;
    Clipped clipped;
    const auto integers = quantise_input(program, std::span(real).subspan(first, graph.features()), &clipped);
    const Trace trace = execute(program, integers, 1);
    sample["clipped"] = clipped.values;
    sample["saturated"] = std::accumulate(trace.saturated.begin(), trace.saturated.end(), std::uint64_t{0});
    const auto outputs = to_real(program.tensors[program.outputs[0].tensor], trace.output());
    sample["values"] = class_scores(program.postprocessing, outputs);
    if (const auto decided = decide(program.postprocessing, outputs)) {
      sample["class"] = *decided;
      if (*decided < program.class_labels.size()) sample["label"] = program.class_labels[*decided];
    }
    samples.push_back(std::move(sample));
  }
  const auto saturating = std::ranges::count(program.ops, OpKind::saturate, &Op::kind);
  return {{"report", to_json(model.report)}, {"samples", samples}, {"saturating_layers", saturating}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 3 && arguments[2] == "reference") {
      std::cout << reference(import_onnx(std::filesystem::path(arguments[0])), arguments[1]) << "\n";
    } else if ((arguments.size() == 4 || arguments.size() == 5) && arguments[2] == "program") {
      const std::string output = arguments.size() == 5 ? arguments[4] : "public";
      std::cout << program(import_onnx(std::filesystem::path(arguments[0])), arguments[1], arguments[3],
                           output)
                << "\n";
    } else if (arguments.size() == 4 && arguments[2] == "classes") {
      std::cout << classes(import_onnx(std::filesystem::path(arguments[0])), arguments[1], arguments[3])
                << "\n";
    } else {
      std::cerr
          << "dump_program MODEL.onnx INPUTS reference | MODEL.onnx CALIBRATION program INPUTS [OUTPUT] | "
             "MODEL.onnx CALIBRATION classes INPUTS\n";
      return 2;
    }
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 3;
  }
  return 0;
}
