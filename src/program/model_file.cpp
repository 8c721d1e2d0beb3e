// Encoding of Programs and reports. Order and widths of fields are those of the structs.
#include "program/model_file.hpp"

#include <bit>
#include <cmath>

#include "core/artefact.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t least_string = 4;  // bytes of an empty string or list: its count

class Writer {
 public:
  Bytes take() { return bytes_.take(); }

  void program(const Program& program) {
    bytes_.write(static_cast<std::uint8_t>(program.has_weights));
    bytes_.write_string(program.name);
    count(program.tensors.size());
    for (const TensorInfo& tensor : program.tensors) {
      bytes_.write_string(tensor.name);
      bytes_.write(tensor.rows);
      bytes_.write(tensor.min);
      bytes_.write(tensor.max);
      bytes_.write_counted(std::span<const double>(tensor.scales));
    }
    bytes_.write(program.input);
    bytes_.write_counted(std::span<const std::int32_t>(program.centres));
    count(program.luts.size());
    for (const Lut& lut : program.luts) {
      bytes_.write_string(lut.name);
      bytes_.write_counted(std::span<const std::int32_t>(lut.values));
    }
    count(program.layers.size());
    for (const Layer& item : program.layers) layer(item, program.has_weights);
    bytes_.write(program.output);
    count(program.postprocessing.size());
    for (const PostStep& step : program.postprocessing) {
      bytes_.write(static_cast<std::uint8_t>(step.kind));
      bytes_.write_string(step.node);
    }
    count(program.class_labels.size());
    for (const std::string& label : program.class_labels) bytes_.write_string(label);
  }

  void predicate(const Predicate& predicate) {
    bytes_.write(static_cast<std::uint8_t>(predicate.kind));
    bytes_.write(predicate.threshold);
  }

  void digits(const std::vector<Digit>& digits) {
    count(digits.size());
    for (const Digit& digit : digits) {
      bytes_.write(digit.function);
      bytes_.write(digit.shift);
      bytes_.write(digit.step);
    }
  }

  void report(const AccuracyReport& report) {
    bytes_.write(report.chosen_on);
    bytes_.write(report.samples);
    bytes_.write(static_cast<std::uint8_t>(report.unseen));
    bytes_.write(report.clipped);
    bytes_.write(report.refused);
    bytes_.write(report.outputs);
    bytes_.write(static_cast<std::uint8_t>(report.classifier));
    bytes_.write(report.disagreements);
    for (const double value :
         {report.max_error, report.mean_error, report.rms_error, report.output_deviation}) {
      bytes_.write(value);
    }
    bytes_.write(report.lut_entries);
    bytes_.write(static_cast<std::uint8_t>(report.goal_met));
    bytes_.write_string(report.weakest);
    count(report.layers.size());
    for (const LayerAccuracy& layer : report.layers) {
      bytes_.write_string(layer.name);
      bytes_.write_string(layer.function);
      bytes_.write(layer.rows);
      bytes_.write(layer.least);
      bytes_.write(layer.greatest);
      bytes_.write(layer.bound);
      bytes_.write(layer.reached);
      bytes_.write(layer.lut_size);
      bytes_.write(layer.q_least);
      bytes_.write(layer.q_greatest);
      bytes_.write(layer.max_error);
      bytes_.write(layer.relative_error);
    }
  }

 private:
  void count(std::size_t items) { bytes_.write(static_cast<std::uint32_t>(items)); }

  void layer(const Layer& layer, bool has_weights) {
    bytes_.write_string(layer.name);
    bytes_.write(layer.rows);
    count(layer.dense.size());
    for (const DenseTerm& term : layer.dense) {
      bytes_.write(term.input);
      bytes_.write(term.outputs);
      bytes_.write(term.inputs);
      if (has_weights) bytes_.write_array(std::span<const std::int32_t>(term.weights));
    }
    count(layer.scaled.size());
    for (const ScaledTerm& term : layer.scaled) {
      bytes_.write(term.input);
      bytes_.write(static_cast<std::uint8_t>(term.coefficients.size() == 1));
      if (has_weights) bytes_.write_array(std::span<const std::int32_t>(term.coefficients));
    }
    bytes_.write(static_cast<std::uint8_t>(!layer.bias.empty()));
    if (has_weights) bytes_.write_array(std::span<const std::int32_t>(layer.bias));
    bytes_.write(static_cast<std::uint8_t>(layer.split.has_value()));
    if (layer.split) {
      bytes_.write(layer.split->shift);
      bytes_.write(layer.split->offset);
      bytes_.write(layer.split->lut);
    }
    bytes_.write(layer.output);
  }

  ByteWriter bytes_;
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> payload, const char* what) : bytes_(payload, what) {}

  void expect_end() const { bytes_.expect_end(); }

  Program program(bool wants_weights) {
    Program program;
    program.has_weights = flag("has_weights");
    if (program.has_weights != wants_weights)
      bytes_.fail("has_weights", "a model has weights and a structure has none");
    program.name = bytes_.read_string("name");
    program.tensors.resize(bytes_.read_count(2 * least_string + 20, "tensors"));
    for (TensorInfo& tensor : program.tensors) {
      tensor.name = bytes_.read_string("tensor name");
      tensor.rows = rows();
      tensor.min = bytes_.read<std::int64_t>("tensor min");
      tensor.max = bytes_.read<std::int64_t>("tensor max");
      tensor.scales = bytes_.read_counted<double>("tensor scales");
    }
    program.input = bytes_.read<std::uint32_t>("input");
    program.centres = bytes_.read_counted<std::int32_t>("centres");
    program.luts.resize(bytes_.read_count(2 * least_string, "luts"));
    for (Lut& lut : program.luts) {
      lut.name = bytes_.read_string("LUT name");
      lut.values = bytes_.read_counted<std::int32_t>("LUT values");
    }
    program.layers.resize(bytes_.read_count(3 * least_string + 10, "layers"));
    for (Layer& item : program.layers) item = layer(program.has_weights);
    program.output = bytes_.read<std::uint32_t>("output");
    program.postprocessing.resize(bytes_.read_count(least_string + 1, "postprocessing"));
    for (PostStep& step : program.postprocessing) {
      const auto kind = bytes_.read<std::uint8_t>("postprocessing");
      if (kind > static_cast<std::uint8_t>(PostStep::Kind::normalise_max))
        bytes_.fail("postprocessing", "unknown step");
      step.kind = static_cast<PostStep::Kind>(kind);
      step.node = bytes_.read_string("postprocessing node");
    }
    program.class_labels.resize(bytes_.read_count(least_string, "class labels"));
    for (std::string& label : program.class_labels) label = bytes_.read_string("class label");
    return program;
  }

  Predicate predicate() {
    Predicate predicate;
    const auto kind = bytes_.read<std::uint8_t>("predicate");
    if (kind > static_cast<std::uint8_t>(Predicate::Kind::below)) bytes_.fail("predicate", "unknown kind");
    predicate.kind = static_cast<Predicate::Kind>(kind);
    predicate.threshold = bytes_.read<double>("threshold");
    const bool compares =
        predicate.kind == Predicate::Kind::at_least || predicate.kind == Predicate::Kind::below;
    if (compares ? !std::isfinite(predicate.threshold)
                 : std::bit_cast<std::uint64_t>(predicate.threshold) != 0) {
      bytes_.fail("threshold", "not a number, or one that nothing is compared with");
    }
    return predicate;
  }

  AccuracyReport report() {
    AccuracyReport report;
    report.chosen_on = bytes_.read<std::uint32_t>("samples");
    report.samples = bytes_.read<std::uint32_t>("samples");
    report.unseen = flag("unseen");
    report.clipped = bytes_.read<std::uint32_t>("samples");
    report.refused = bytes_.read<std::uint32_t>("samples");
    if (report.refused > report.samples) bytes_.fail("samples", "more refused than there are");
    report.outputs = bytes_.read<std::uint32_t>("outputs");
    report.classifier = flag("classifier");
    report.disagreements = bytes_.read<std::uint32_t>("disagreements");
    for (double* value :
         {&report.max_error, &report.mean_error, &report.rms_error, &report.output_deviation}) {
      *value = bytes_.read<double>("errors");
    }
    report.lut_entries = bytes_.read<std::uint64_t>("LUT entries");
    report.goal_met = flag("goal_met");
    report.weakest = bytes_.read_string("weakest");
    report.layers.resize(bytes_.read_count(2 * least_string + 64, "report layers"));
    for (LayerAccuracy& layer : report.layers) {
      layer.name = bytes_.read_string("report layer");
      layer.function = bytes_.read_string("report function");
      layer.rows = bytes_.read<std::uint32_t>("report layer");
      layer.least = bytes_.read<double>("report layer");
      layer.greatest = bytes_.read<double>("report layer");
      layer.bound = bytes_.read<std::int64_t>("report layer");
      layer.reached = bytes_.read<std::int64_t>("report layer");
      layer.lut_size = bytes_.read<std::uint32_t>("report layer");
      layer.q_least = bytes_.read<std::uint32_t>("report layer");
      layer.q_greatest = bytes_.read<std::uint32_t>("report layer");
      layer.max_error = bytes_.read<double>("report layer");
      layer.relative_error = bytes_.read<double>("report layer");
    }
    return report;
  }

 private:
  bool flag(const char* field) {
    const auto value = bytes_.read<std::uint8_t>(field);
    if (value > 1) bytes_.fail(field, "a flag is 0 or 1");
    return value == 1;
  }

  /// A structure says sizes without holding the data: they are bounded in all before anything is allocated.
  std::uint32_t rows() {
    const auto count = bytes_.read<std::uint32_t>("rows");
    total_rows_ += count;
    if (total_rows_ > most_implied_rows) bytes_.fail("rows", "more rows than a model may have");
    return count;
  }

  Layer layer(bool has_weights) {
    Layer layer;
    layer.name = bytes_.read_string("layer name");
    layer.rows = rows();
    layer.dense.resize(bytes_.read_count(std::size_t{3} * 4, "dense terms"));
    for (DenseTerm& term : layer.dense) {
      term.input = bytes_.read<std::uint32_t>("dense term");
      term.outputs = bytes_.read<std::uint32_t>("dense term");
      term.inputs = bytes_.read<std::uint32_t>("dense term");
      const std::uint64_t count = std::uint64_t{term.inputs} * term.outputs;
      if (has_weights) term.weights = bytes_.read_array<std::int32_t>(count, "weights");
    }
    layer.scaled.resize(bytes_.read_count(4 + 1, "scaled terms"));
    for (ScaledTerm& term : layer.scaled) {
      term.input = bytes_.read<std::uint32_t>("scaled term");
      const bool uniform = flag("scaled term");
      if (!uniform && layer.rows == 1) bytes_.fail("scaled term", "one coefficient is a uniform one");
      const std::uint32_t count = uniform ? 1 : layer.rows;
      term.coefficients = integers(has_weights, count, "coefficients");
    }
    if (flag("bias")) {
      layer.bias = integers(has_weights, layer.rows, "bias");
      if (layer.bias.empty()) bytes_.fail("bias", "a layer without rows");
    }
    if (flag("split")) {
      layer.split = Split{.shift = bytes_.read<std::uint32_t>("shift"),
                          .offset = bytes_.read<std::int64_t>("offset"),
                          .lut = bytes_.read<std::uint32_t>("LUT index"),
                          .digits = {}};
    }
    layer.output = bytes_.read<std::uint32_t>("layer output");
    return layer;
  }

  /// The values, or in a structure as many zeros.
  std::vector<std::int32_t> integers(bool has_weights, std::uint32_t count, const char* field) {
    if (has_weights) return bytes_.read_array<std::int32_t>(count, field);
    total_rows_ += count;
    if (total_rows_ > most_implied_rows) bytes_.fail(field, "more rows than a model may have");
    return std::vector<std::int32_t>(count, 0);
  }

  /// Rows of tensors and layers, and coefficients and biases of a structure.
  static constexpr std::uint64_t most_implied_rows = 8 * max_rows;
  ByteReader bytes_;
  std::uint64_t total_rows_ = 0;
};

}  // namespace

Bytes write_model(const Model& model) {
  Writer writer;
  writer.program(model.program);
  writer.report(model.report);
  return writer.take();
}

Model read_model(std::span<const std::uint8_t> payload) {
  Reader reader(payload, "model");
  Model model;
  model.program = reader.program(true);
  model.report = reader.report();
  reader.expect_end();
  check_program(model.program);
  return model;
}

Bytes write_structure(const Program& imported, const Predicate& predicate) {
  require(imported.predicate.kind == Predicate::Kind::values, ErrorKind::internal,
          "write_structure: the program has its predicate already");
  Writer writer;
  writer.program(structure_of(imported));
  writer.predicate(predicate);
  return writer.take();
}

PublicModel read_structure(std::span<const std::uint8_t> payload) {
  Reader reader(payload, "structure");
  PublicModel model;
  model.imported = reader.program(false);
  model.predicate = reader.predicate();
  reader.expect_end();
  check_program(model.imported);
  return model;
}

Bytes write_public_part(const Program& program) {
  Writer writer;
  writer.program(structure_of(program));
  writer.predicate(program.predicate);
  for (const Layer& layer : program.layers) {
    if (layer.split) writer.digits(layer.split->digits);
  }
  writer.digits(program.argmax_digits);
  return writer.take();
}

void save_model(const Model& model, const std::filesystem::path& path) {
  write_file(path, seal_artefact(ArtefactKind::model, model_format_version, write_model(model)), true);
}

Model load_model(const std::filesystem::path& path) {
  const Bytes file = read_file(path);
  return read_model(open_artefact(ArtefactKind::model, model_format_version, file, path.string()));
}

void save_structure(const Program& imported, const Predicate& predicate, const std::filesystem::path& path) {
  write_file(path, seal_artefact(ArtefactKind::structure, structure_format_version,
                                 write_structure(imported, predicate)));
}

PublicModel load_structure(const std::filesystem::path& path) {
  const Bytes file = read_file(path);
  return read_structure(
      open_artefact(ArtefactKind::structure, structure_format_version, file, path.string()));
}

}  // namespace circlet
