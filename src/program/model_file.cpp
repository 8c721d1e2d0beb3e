// Encoding of Programs and reports. Order and widths of fields are those of the structs.
#include "program/model_file.hpp"

#include <bit>
#include <cmath>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "program/audit.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"

namespace circlet {
namespace {

constexpr std::size_t least_list = 4;  // bytes of an empty string or list: its count

class Writer {
 public:
  Bytes take() { return bytes_.take(); }

  /// Of an audit the model, and what makes the audit of it.
  void program(const Program& program) {
    bytes_.write(static_cast<std::uint8_t>(program.audit ? 1 : 0));
    if (program.audit) {
      const Audit& audit = *program.audit;
      bytes_.write(audit.records);
      names(audit.columns);
      names(audit.counts);
      return model(audit.model);
    }
    model(program);
  }

  void model(const Program& program) {
    bytes_.write(static_cast<std::uint8_t>(program.has_weights));
    bytes_.write_string(program.name);
    count(program.tensors.size());
    for (const Tensor& tensor : program.tensors) {
      bytes_.write_string(tensor.name);
      numbers(tensor.shape);
      bytes_.write(tensor.min);
      bytes_.write(tensor.max);
      bytes_.write_counted(std::span<const double>(tensor.scales));
      bytes_.write(tensor.lanes);
    }
    count(program.constants.size());
    for (const ConstantTensor& constant : program.constants) {
      bytes_.write(static_cast<std::uint8_t>(constant.kind));
      bytes_.write_string(constant.name);
      numbers(constant.shape);
      bytes_.write_array(std::span<const std::int32_t>(constant.values));
    }
    count(program.ops.size());
    for (const Op& op : program.ops) {
      bytes_.write(static_cast<std::uint8_t>(op.kind));
      bytes_.write_string(op.name);
      numbers(op.inputs);
      numbers(op.constants);
      numbers(op.outputs);
      bytes_.write_counted(std::span<const std::int64_t>(op.attributes));
    }
    count(program.inputs.size());
    for (const InputPort& port : program.inputs) {
      bytes_.write_string(port.name);
      bytes_.write(port.tensor);
      bytes_.write_counted(std::span<const std::int32_t>(port.centres));
      bytes_.write(static_cast<std::uint8_t>(port.in_digits ? 1 : 0));
    }
    count(program.outputs.size());
    for (const OutputPort& port : program.outputs) {
      bytes_.write_string(port.name);
      bytes_.write(port.tensor);
    }
    count(program.postprocessing.size());
    for (const PostStep& step : program.postprocessing) {
      bytes_.write(static_cast<std::uint8_t>(step.kind));
      bytes_.write_string(step.node);
    }
    names(program.class_labels);
  }

  void predicate(const Predicate& predicate) {
    bytes_.write(static_cast<std::uint8_t>(predicate.kind));
    bytes_.write(predicate.threshold);
    bytes_.write_string(predicate.class_name);
  }

  void report(const AccuracyReport& report) {
    bytes_.write(report.chosen_on);
    bytes_.write(report.samples);
    bytes_.write(static_cast<std::uint8_t>(report.unseen));
    bytes_.write(report.clipped);
    bytes_.write(report.saturated);
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

  void names(const std::vector<std::string>& list) {
    count(list.size());
    for (const std::string& name : list) bytes_.write_string(name);
  }

  void numbers(const std::vector<std::uint32_t>& list) {
    bytes_.write_counted(std::span<const std::uint32_t>(list));
  }

  ByteWriter bytes_;
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> payload, const std::string& what)
      : what_(what), bytes_(payload, what) {}

  void expect_end() const { bytes_.expect_end(); }

  /// Which has passed check_program.
  Program program(bool wants_weights) {
    const bool is_audit = flag("audit");
    Audit audit;
    if (is_audit) {
      audit.records = bytes_.read<std::uint32_t>("records");
      audit.columns = names(max_columns, "column");
      audit.counts = names(max_counts, "count");
    }
    Program program = model(wants_weights);
    checked([&] { check_program(program); });
    if (!is_audit) return program;
    audit.model = std::move(program);
    checked([&] { program = with_audit(std::move(audit)); });
    return program;
  }

  Program model(bool wants_weights) {
    Program program;
    program.has_weights = flag("has_weights");
    if (program.has_weights != wants_weights)
      bytes_.fail("has_weights", "a model has weights and a structure has none");
    program.name = name("name");
    program.tensors.resize(count_within(max_tensors, 3 * least_list + 20, "tensors"));
    for (Tensor& tensor : program.tensors) {
      tensor.name = name("tensor name");
      tensor.shape = bytes_.read_counted<std::uint32_t>("tensor shape");
      tensor.min = bytes_.read<std::int64_t>("tensor min");
      tensor.max = bytes_.read<std::int64_t>("tensor max");
      tensor.scales = bytes_.read_counted<double>("tensor scales");
      tensor.lanes = bytes_.read<std::uint32_t>("tensor lanes");
    }
    program.constants.resize(count_within(max_constants, 2 * least_list + 1, "constants"));
    for (ConstantTensor& item : program.constants) item = constant(program.has_weights);
    program.ops.resize(count_within(max_ops, 5 * least_list + 1, "ops"));
    for (Op& item : program.ops) item = op();
    program.inputs.resize(count_within(max_ports, 2 * least_list + 5, "inputs"));
    for (InputPort& port : program.inputs) {
      port.name = name("input name");
      port.tensor = bytes_.read<std::uint32_t>("input tensor");
      port.centres = bytes_.read_counted<std::int32_t>("centres");
      port.in_digits = flag("in digits");
    }
    program.outputs.resize(count_within(max_ports, least_list + 4, "outputs"));
    for (OutputPort& port : program.outputs) {
      port.name = name("output name");
      port.tensor = bytes_.read<std::uint32_t>("output tensor");
    }
    program.postprocessing.resize(count_within(max_steps, least_list + 1, "postprocessing"));
    for (PostStep& step : program.postprocessing) {
      const auto kind = bytes_.read<std::uint8_t>("postprocessing");
      if (kind > static_cast<std::uint8_t>(PostStep::Kind::sigmoid))
        bytes_.fail("postprocessing", "unknown step");
      step.kind = static_cast<PostStep::Kind>(kind);
      step.node = name("postprocessing node");
    }
    program.class_labels = names(max_labels, "class label");
    return program;
  }

  Predicate predicate() {
    Predicate predicate;
    const auto kind = bytes_.read<std::uint8_t>("predicate");
    if (kind > static_cast<std::uint8_t>(Predicate::Kind::below)) bytes_.fail("predicate", "unknown kind");
    predicate.kind = static_cast<Predicate::Kind>(kind);
    predicate.threshold = bytes_.read<double>("threshold");
    if (has_threshold(predicate.kind) ? !std::isfinite(predicate.threshold)
                                      : std::bit_cast<std::uint64_t>(predicate.threshold) != 0) {
      bytes_.fail("threshold", "not a number, or one that nothing is compared with");
    }
    predicate.class_name = name("class of the predicate");
    if (!predicate.class_name.empty() && !has_threshold(predicate.kind))
      bytes_.fail("class of the predicate", "one that nothing is compared with");
    return predicate;
  }

  AccuracyReport report() {
    AccuracyReport report;
    report.chosen_on = bytes_.read<std::uint32_t>("samples");
    report.samples = bytes_.read<std::uint32_t>("samples");
    report.unseen = flag("unseen");
    for (std::uint32_t* part : {&report.clipped, &report.saturated}) {
      *part = bytes_.read<std::uint32_t>("samples");
      if (*part > report.samples) bytes_.fail("samples", "a part of them is more than all");
    }
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
    report.layers.resize(bytes_.read_count(2 * least_list + 64, "report layers"));
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
  /// What is wrong with a program is wrong with its file.
  template <class Check>
  void checked(const Check& check) const {
    try {
      check();
    } catch (const Error& error) {
      throw Error(ErrorKind::bad_input, what_ + ": " + error.what());
    }
  }

  bool flag(const char* field) {
    const auto value = bytes_.read<std::uint8_t>(field);
    if (value > 1) bytes_.fail(field, "a flag is 0 or 1");
    return value == 1;
  }

  /// Of a list whose items take many times their bytes: bounded before they are made.
  std::size_t count_within(std::size_t most, std::size_t least_item, const char* field) {
    const std::size_t count = bytes_.read_count(least_item, field);
    if (count > most) {
      bytes_.fail(field, std::to_string(count) + " of them; there are at most " + std::to_string(most));
    }
    return count;
  }

  std::vector<std::string> names(std::size_t most, const char* field) {
    std::vector<std::string> list(count_within(most, least_list, field));
    for (std::string& item : list) item = name(field);
    return list;
  }

  std::string name(const char* field) {
    std::string text = bytes_.read_string(field);
    if (text.size() > max_name) {
      bytes_.fail(field,
                  std::to_string(text.size()) + " bytes; there are at most " + std::to_string(max_name));
    }
    return text;
  }

  /// A structure says the shape of weights without holding them.
  ConstantTensor constant(bool has_weights) {
    ConstantTensor constant;
    const auto kind = bytes_.read<std::uint8_t>("constant kind");
    if (kind > static_cast<std::uint8_t>(ConstantTensor::Kind::indices))
      bytes_.fail("constant kind", "unknown kind");
    constant.kind = static_cast<ConstantTensor::Kind>(kind);
    constant.name = name("constant name");
    constant.shape = bytes_.read_counted<std::uint32_t>("constant shape");
    if (has_weights || constant.kind != ConstantTensor::Kind::weights) {
      constant.values = bytes_.read_array<std::int32_t>(constant.size(), "constant values");
    }
    return constant;
  }

  Op op() {
    Op op;
    const auto kind = bytes_.read<std::uint8_t>("op kind");
    if (!is_operator(kind)) bytes_.fail("op kind", "unknown operator");
    op.kind = static_cast<OpKind>(kind);
    op.name = name("op name");
    op.inputs = bytes_.read_counted<std::uint32_t>("op inputs");
    op.constants = bytes_.read_counted<std::uint32_t>("op constants");
    op.outputs = bytes_.read_counted<std::uint32_t>("op outputs");
    op.attributes = bytes_.read_counted<std::int64_t>("op attributes");
    return op;
  }

  const std::string what_;
  ByteReader bytes_;
};

}  // namespace

Bytes write_model(const Model& model) {
  Writer writer;
  writer.program(model.program);
  writer.report(model.report);
  return writer.take();
}

Model read_model(std::span<const std::uint8_t> payload, const std::string& what) {
  Reader reader(payload, what);
  Model model;
  model.program = reader.program(true);
  model.report = reader.report();
  reader.expect_end();
  return model;
}

Bytes write_structure(const Program& imported, const Predicate& predicate) {
  require(!has_predicate(imported), ErrorKind::internal,
          "write_structure: the program has its predicate already");
  Writer writer;
  writer.program(structure_of(imported));
  writer.predicate(predicate);
  return writer.take();
}

bool holds_audit(std::span<const std::uint8_t> structure) { return !structure.empty() && structure[0] == 1; }

PublicModel read_structure(std::span<const std::uint8_t> payload, const std::string& what) {
  Reader reader(payload, what);
  PublicModel model;
  model.imported = reader.program(false);
  model.predicate = reader.predicate();
  reader.expect_end();
  return model;
}

Bytes write_public_part(const Program& program) {
  Writer writer;
  writer.program(structure_of(program));
  for (const OutputPort& port : program.outputs) writer.predicate(port.predicate);
  return writer.take();
}

void save_model(const Model& model, const std::filesystem::path& path) {
  write_file(path, seal_artefact(ArtefactKind::model, model_format_version, write_model(model)), true);
}

Model load_model(const std::filesystem::path& path) {
  const MappedFile file(path);
  return read_model(open_artefact(ArtefactKind::model, model_format_version, file.bytes(), path.string()),
                    path.string());
}

void save_structure(const Program& imported, const Predicate& predicate, const std::filesystem::path& path) {
  const Bytes file =
      seal_artefact(ArtefactKind::structure, structure_format_version, write_structure(imported, predicate));
  require(file.size() <= most_structure_bytes, ErrorKind::unsupported, [&] {
    return path.string() + " would have " + std::to_string(file.size()) + " bytes, and may have " +
           std::to_string(most_structure_bytes) + " at most: the model's tables and indices are too many";
  });
  write_file(path, file);
}

PublicModel load_structure(const std::filesystem::path& path) {
  const Bytes file = read_file(path, most_structure_bytes);
  return read_structure(open_artefact(ArtefactKind::structure, structure_format_version, file, path.string()),
                        path.string());
}

}  // namespace circlet
