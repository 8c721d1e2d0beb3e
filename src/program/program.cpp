// The checks that make a graph provable, on data that may come from anyone.
#include "program/program.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/audit.hpp"
#include "program/digits.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"

namespace circlet {
namespace {

/// Entries of tables, once for each op that reads them.
constexpr std::uint64_t max_table_reads = std::uint64_t{1} << 26;

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::bad_input, where + ": " + why);
}

std::string at(const char* what, std::size_t index, const std::string& name) {
  return what + (" " + std::to_string(index)) + " " + in_quotes(name);
}

/// The product of a shape, at most `most`.
std::uint64_t size_of(const std::vector<std::uint32_t>& shape, std::uint64_t most) {
  std::uint64_t result = 1;
  for (const std::uint64_t dimension : shape) {
    if (dimension == 0) return 0;
    result = result > most / dimension ? most : result * dimension;
  }
  return result;
}

void check_tensor(const Tensor& tensor, std::size_t index) {
  const std::string name = at("tensor", index, tensor.name);
  const std::uint32_t rows = tensor.rows();
  if (tensor.shape.size() > max_rank) fail(name, "has more than " + std::to_string(max_rank) + " dimensions");
  if (rows == 0) fail(name, "has no rows");
  if (tensor.lanes < 1 || tensor.lanes > max_tile) {
    fail(name, "has tiles of " + std::to_string(tensor.lanes) + " values: 1 to " + std::to_string(max_tile));
  }
  if (rows % tensor.lanes != 0) fail(name, "is no whole number of tiles");
  if (tensor.min > tensor.max || tensor.min < -int32_max || tensor.max > int32_max) {
    fail(name,
         "has the impossible range [" + std::to_string(tensor.min) + ", " + std::to_string(tensor.max) + "]");
  }
  if (tensor.scales.empty() || rows % tensor.scales.size() != 0) {
    fail(name, std::to_string(tensor.scales.size()) + " scales for " + std::to_string(rows) + " rows");
  }
  for (const double scale : tensor.scales) {
    if (!std::isfinite(scale) || scale <= 0) fail(name, "has a scale that is not a positive number");
  }
}

void check_tensors(const Program& program) {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    check_tensor(program.tensors[i], i);
    rows += program.tensors[i].rows();
  }
  if (rows > max_rows) fail("model", "has more than " + std::to_string(max_rows) + " tensor rows");
}

void check_constants(const Program& program) {
  std::uint64_t weights = 0;
  std::set<std::vector<std::int32_t>> distinct;
  for (std::size_t i = 0; i < program.constants.size(); ++i) {
    const ConstantTensor& constant = program.constants[i];
    const bool is_weights = constant.kind == ConstantTensor::Kind::weights;
    const std::string name = at(kind_name(constant.kind), i, constant.name);
    if (constant.shape.size() > max_rank)
      fail(name, "has more than " + std::to_string(max_rank) + " dimensions");
    const std::uint64_t size = constant.size();
    if (size == 0) fail(name, "is empty");
    if (constant.values.size() != (is_weights && !program.has_weights ? 0 : size)) {
      fail(name, "has not as many values as its shape says");
    }
    if (is_weights) {
      weights += size;
      if (weights > max_weights) fail(name, "more than " + std::to_string(max_weights) + " weights in all");
    }
    if (constant.kind != ConstantTensor::Kind::table) continue;
    if (constant.shape.size() != 1) fail(name, "a table has one dimension");
    for (const std::int32_t value : constant.values) {
      if (value < -int32_max) fail(name, "holds a value below -(2^31 - 1)");
    }
    if (!distinct.insert(constant.values).second) fail(name, "has the values of another table");
  }
  if (weights == 0) fail("model", "has no weights: there would be nothing to commit to");
}

void check_counts(const Program& program) {
  if (program.ops.empty()) fail("model", "has no ops");
  const auto at_most = [](std::size_t most, std::size_t count, const char* what) {
    if (count > most) {
      fail("model", "has " + std::to_string(count) + " " + what + ", and may have " + std::to_string(most) +
                        " at most");
    }
  };
  at_most(max_ops, program.ops.size(), "ops");
  at_most(max_tensors, program.tensors.size(), "tensors");
  at_most(max_constants, program.constants.size(), "constants");
  at_most(max_labels, program.class_labels.size(), "class labels");
  at_most(max_steps, program.postprocessing.size(), "steps of post-processing");
  if (program.inputs.size() + program.outputs.size() > max_ports)
    fail("model", "has more than " + std::to_string(max_ports) + " inputs and outputs");
}

void check_names(const Program& program) {
  const auto check = [](const std::string& name) {
    if (name.size() > max_name) {
      fail(in_quotes(name), "is a name of " + std::to_string(name.size()) + " bytes, and may have " +
                                std::to_string(max_name) + " at most");
    }
  };
  const auto check_all = [&](const auto& items) {
    for (const auto& item : items) check(item.name);
  };
  check(program.name);
  check_all(program.tensors);
  check_all(program.constants);
  check_all(program.ops);
  check_all(program.inputs);
  check_all(program.outputs);
  for (const PostStep& step : program.postprocessing) check(step.node);
  for (const std::string& label : program.class_labels) check(label);
}

void check_centres(const InputPort& port, const Tensor& tensor, const std::string& name) {
  if (!port.centres.empty() && tensor.rows() % port.centres.size() != 0)
    fail(name, "has not one centre a row, or a column");
  for (const std::int64_t c : port.centres) {
    if (tensor.min + c < -max_input || tensor.max + c > max_input) {
      fail(name, "the centre " + std::to_string(c) + " puts it beyond 2^30");
    }
  }
}

void check_digits(const InputPort& port, const Tensor& tensor, const std::string& name) {
  if (!port.in_digits) return;
  const std::size_t base = integers_of(tensor);
  if (tensor.min != 0 || !std::has_single_bit(base) || base > max_digit_base)
    fail(name, "the range of its digits is not 0 .. B - 1, with B a power of two, 2^14 at most");
  if (tensor.rows() % 2 != 0) fail(name, "has not two digits a feature");
  for (std::size_t high = 0; high < tensor.rows(); high += 2) {
    if (tensor.scale(high) != static_cast<double>(base) * tensor.scale(high + 1))
      fail(name, "the scale of a high digit is not B times that of the low one");
    if (centre(port, high + 1) != 0) fail(name, "a low digit has a centre");
  }
}

/// The ops in order, each tensor and constant as it comes up.
class GraphCheck {
 public:
  explicit GraphCheck(const Program& program)
      : program_(program),
        made_(program.tensors.size(), false),
        read_(program.tensors.size(), false),
        uses_(program.tensors.size()),
        readers_(program.constants.size(), 0) {
    for (const Op& op : program.ops) {
      for (const TensorId input : op.inputs) {
        if (input < uses_.size()) uses_[input].readers.push_back(&op);
      }
    }
  }

  void run() {
    check_inputs();
    for (OpId id = 0; id < program_.ops.size(); ++id) check_op(id);
    check_outputs();
    for (std::size_t i = 0; i < made_.size(); ++i) {
      const std::string name = at("tensor", i, program_.tensors[i].name);
      if (!made_[i]) fail(name, "is neither an input nor made by an op");
      if (!read_[i]) fail(name, "is read by no op and is no output: leave it out");
    }
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (readers_[i] == 0) fail(at("constant", i, program_.constants[i].name), "is not used");
    }
  }

 private:
  void check_inputs() {
    if (program_.inputs.empty()) fail("model", "has no input");
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
      const InputPort& port = program_.inputs[i];
      const std::string name = at("input", i, port.name);
      if (port.tensor >= made_.size()) fail(name, "is no tensor");
      if (made_[port.tensor]) fail(name, "is another input's tensor");
      made_[port.tensor] = true;
      if (program_.tensors[port.tensor].lanes != 1) fail(name, "has tiles");
      if (!fills_rows(program_.tensors[port.tensor])) {
        fail(name,
             "the number of integers in its range is no multiple of " + std::to_string(lut_row_entries));
      }
      check_centres(port, program_.tensors[port.tensor], name);
      check_digits(port, program_.tensors[port.tensor], name);
    }
  }

  void check_op(OpId id) {
    const Op& op = program_.ops[id];
    OpCheck check(program_, id, uses_);
    for (const TensorId input : op.inputs) {
      if (input >= made_.size()) check.fail("reads a tensor that does not exist");
      if (!made_[input]) check.fail("reads a tensor that no earlier op makes");
      if (is_predicate(input)) check.fail("reads a predicate, which ends the model");
      read_[input] = true;
    }
    for (const ConstantId constant : op.constants) {
      if (constant >= readers_.size()) check.fail("reads a constant that does not exist");
      // Each op goes through its tables, which a file holds once for many.
      if (program_.constants[constant].kind == ConstantTensor::Kind::table)
        table_reads_ += program_.constants[constant].values.size();
      if (table_reads_ > max_table_reads)
        check.fail("more than " + std::to_string(max_table_reads) + " reads of table entries in all");
      // Each reader has committed rows of its own, and nothing says that two of them hold the same weights.
      if (++readers_[constant] > 1 && program_.constants[constant].kind == ConstantTensor::Kind::weights) {
        check.fail("reads the weights " + in_quotes(program_.constants[constant].name) +
                   ", which are another reader's: give it a copy");
      }
    }
    for (const TensorId output : op.outputs) {
      if (output >= made_.size()) check.fail("writes a tensor that does not exist");
      if (made_[output]) check.fail("writes a tensor that something else makes");
    }
    const Meaning& meaning = meaning_of(op.kind);
    if (!meaning.takes_tiles) check_no_tiles(check);
    meaning.check(check);
    if (meaning.makes_claims) check_sums(check);
    reads_ += check.reads;
    // A term of a few bytes may read a whole tensor.
    if (reads_ > max_reads)
      check.fail("more than " + std::to_string(max_reads) + " reads of tensor rows in all");
    for (const TensorId output : op.outputs) {
      made_[output] = true;
      uses_[output].maker = &op;
    }
  }

  void check_no_tiles(const OpCheck& check) const {
    for (const auto* tensors : {&check.op.inputs, &check.op.outputs}) {
      for (const TensorId tensor : *tensors) {
        if (program_.tensors[tensor].lanes != 1) check.fail("takes single values, and a tensor has tiles");
      }
    }
  }

  /// Who reads sums counts on it.
  void check_sums(const OpCheck& check) const {
    for (const TensorId output : check.op.outputs) {
      const Tensor& sums = program_.tensors[output];
      if (sums.max >= accumulator_limit || sums.min <= -accumulator_limit) {
        check.fail("the range of its output is not below 2^29");
      }
    }
  }

  [[nodiscard]] bool is_predicate(TensorId tensor) const {
    return std::ranges::any_of(program_.outputs, [&](const OutputPort& port) {
      return port.tensor == tensor && port.predicate.kind != Predicate::Kind::values;
    });
  }

  void check_outputs() {
    if (program_.outputs.empty()) fail("model", "has no output");
    if (program_.outputs.size() > 1 && has_predicate(program_))
      fail("model", "has several outputs: a predicate is of the only one");
    for (std::size_t i = 0; i < program_.outputs.size(); ++i) {
      const OutputPort& port = program_.outputs[i];
      const std::string name = at("output", i, port.name);
      if (port.tensor >= made_.size()) fail(name, "is no tensor");
      if (!made_[port.tensor]) fail(name, "is made by no op");
      if (program_.tensors[port.tensor].lanes != 1) fail(name, "has tiles");
      read_[port.tensor] = true;
    }
  }

  const Program& program_;
  std::vector<bool> made_, read_;       // by tensor
  std::vector<TensorUse> uses_;         // the same
  std::vector<std::uint32_t> readers_;  // by constant
  std::uint64_t reads_ = 0, table_reads_ = 0;
};

}  // namespace

std::uint32_t Tensor::rows() const {
  return static_cast<std::uint32_t>(size_of(shape, std::numeric_limits<std::uint32_t>::max()));
}

std::uint64_t ConstantTensor::size() const {
  return size_of(shape, std::numeric_limits<std::uint64_t>::max());
}

std::optional<ConstantId> bias_of(const Op& op) {
  if (op.constants.size() == op.inputs.size()) return std::nullopt;
  return op.constants.back();
}

const char* kind_name(ConstantTensor::Kind kind) {
  switch (kind) {
    case ConstantTensor::Kind::weights:
      return "weights";
    case ConstantTensor::Kind::table:
      return "table";
    case ConstantTensor::Kind::indices:
      return "indices";
  }
  return "of unknown kind";
}

FeatureIntegers integers_of_feature(const Program& program, const InputPort& port, std::size_t feature) {
  const Tensor& info = program.tensors.at(port.tensor);
  if (!port.in_digits) {
    const std::int64_t c = centre(port, feature);
    return {info.scale(feature), info.min + c, info.max + c};
  }
  const auto base = static_cast<std::int64_t>(integers_of(info));
  const std::int64_t least = centre(port, 2 * feature) * base;
  return {info.scale(2 * feature + 1), least, least + base * base - 1};
}

Tensor stated_input(const Program& program, const InputPort& port) {
  Tensor input = program.tensors[port.tensor];
  if (port.centres.empty()) return input;
  const auto [least, greatest] = std::ranges::minmax(port.centres);
  input.min += least;
  input.max += greatest;
  return input;
}

const InputPort& only_input(const Program& program) {
  require(program.inputs.size() == 1, ErrorKind::unsupported, "the model has several inputs");
  return program.inputs[0];
}

const OutputPort& only_output(const Program& program) {
  require(program.outputs.size() == 1, ErrorKind::unsupported, "the model has several outputs");
  return program.outputs[0];
}

const Op* producer_of(const Program& program, TensorId tensor) {
  for (const Op& op : program.ops) {
    if (std::ranges::find(op.outputs, tensor) != op.outputs.end()) return &op;
  }
  return nullptr;
}

std::vector<ConstantId> constants_of(const Program& program, ConstantTensor::Kind kind) {
  std::vector<ConstantId> ids;
  for (ConstantId id = 0; id < program.constants.size(); ++id) {
    if (program.constants[id].kind == kind) ids.push_back(id);
  }
  return ids;
}

std::vector<InputRange> input_ranges(const Program& program) {
  std::vector<InputRange> ranges;
  for (const InputPort& port : program.inputs) {
    const Tensor& tensor = program.tensors[port.tensor];
    const InputRange range{tensor.min, tensor.max};
    if (std::ranges::find(ranges, range) == ranges.end()) ranges.push_back(range);
  }
  return ranges;
}

std::uint64_t lut_entries(const Program& program) {
  std::uint64_t entries = 0;
  for (const ConstantTensor& constant : program.constants) {
    if (constant.kind == ConstantTensor::Kind::table) entries += constant.values.size();
  }
  for (const InputRange& range : input_ranges(program)) {
    entries += static_cast<std::uint64_t>(range.max - range.min) + 1;
  }
  std::set<std::uint32_t> shifts{0};  // inputs are split with shift 0
  for (const Op& op : program.ops)
    shifts.merge([&] {
      const auto list = meaning_of(op.kind).shifts(op);
      return std::set<std::uint32_t>(list.begin(), list.end());
    }());
  for (const std::uint32_t shift : shifts) entries += std::uint64_t{1} << shift;
  if (std::ranges::any_of(program.ops, [](const Op& op) { return meaning_of(op.kind).subtracts(op); })) {
    entries += lut_row_entries;
  }
  return entries;
}

void check_program(const Program& program) {
  check_counts(program);
  check_names(program);
  check_tensors(program);
  check_constants(program);
  GraphCheck(program).run();
  if (lut_entries(program) > max_lut_entries) {
    fail("model", "needs more than " + std::to_string(max_lut_entries) + " table entries");
  }
}

AuditPart::AuditPart(Audit audit) : audit_(std::make_shared<const Audit>(std::move(audit))) {}

bool operator==(const AuditPart& a, const AuditPart& b) {
  return a.audit_ == b.audit_ || (a.audit_ && b.audit_ && *a.audit_ == *b.audit_);
}

Program structure_of(const Program& program) {
  // Field by field, as weights may be gigabytes. Of another field this line asks what becomes of it.
  const auto& [name, tensors, constants, ops, inputs, outputs, postprocessing, class_labels, has_weights,
               audit] = program;
  Program structure{.name = name,
                    .tensors = tensors,
                    .constants = {},
                    .ops = ops,
                    .inputs = inputs,
                    .outputs = outputs,
                    .postprocessing = postprocessing,
                    .class_labels = class_labels,
                    .has_weights = false};
  if (audit) {
    structure.audit = AuditPart({.model = structure_of(audit->model),
                                 .records = audit->records,
                                 .columns = audit->columns,
                                 .counts = audit->counts});
  }
  for (const ConstantTensor& constant : constants) {
    const bool shown = constant.kind != ConstantTensor::Kind::weights;
    structure.constants.push_back({.kind = constant.kind,
                                   .name = constant.name,
                                   .shape = constant.shape,
                                   .values = shown ? constant.values : std::vector<std::int32_t>{}});
  }
  return structure;
}

}  // namespace circlet
