#include "program/part.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"

namespace circlet {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::usage, why); }

/// As many integers as fill rows of `lut`: on the side that is nearer to 0, so that the greatest magnitude
/// stays as long as it can.
void fill_rows(Tensor& tensor) {
  while (!fills_rows(tensor)) {
    if (-tensor.min < tensor.max) {
      --tensor.min;
    } else {
      ++tensor.max;
    }
  }
}

/// Numbers the tensors and constants that a part keeps anew, in their order.
class Cut {
 public:
  Cut(const Program& whole, std::optional<TensorId> from, TensorId to)
      : whole_(whole),
        from_(from),
        to_(to),
        wanted_(whole.tensors.size(), false),
        kept_ops_(whole.ops.size(), false) {}

  Program run() {
    find_ops();
    Program part{.name = whole_.name, .has_weights = whole_.has_weights};
    add_inputs(part);
    for (OpId id = 0; id < whole_.ops.size(); ++id) {
      if (kept_ops_[id]) add_op(part, whole_.ops[id]);
    }
    const auto port = std::ranges::find(whole_.outputs, to_, &OutputPort::tensor);
    const bool is_output = port != whole_.outputs.end();
    part.outputs.push_back({.name = is_output ? port->name : whole_.tensors[to_].name,
                            .tensor = tensors_[to_].value(),
                            .predicate = {}});
    if (is_output && port == whole_.outputs.begin()) {
      part.postprocessing = whole_.postprocessing;
      part.class_labels = whole_.class_labels;
    }
    return part;
  }

 private:
  /// From the end to the beginning: an op is kept if something that is kept reads what it makes.
  void find_ops() {
    wanted_[to_] = true;
    for (OpId id = static_cast<OpId>(whole_.ops.size()); id-- > 0;) {
      const Op& op = whole_.ops[id];
      const auto makes_wanted = [&](TensorId made) { return wanted_[made] && made != from_; };
      if (std::ranges::none_of(op.outputs, makes_wanted)) continue;
      kept_ops_[id] = true;
      for (const TensorId input : op.inputs) wanted_[input] = true;
    }
    if (!from_) return;
    if (!wanted_[*from_] || *from_ == to_)
      refuse(in_quotes(whole_.tensors[to_].name) + " is not computed from " +
             in_quotes(whole_.tensors[*from_].name));
    for (const InputPort& port : whole_.inputs) {
      if (wanted_[port.tensor] && port.tensor != *from_) {
        refuse(in_quotes(whole_.tensors[to_].name) + " is computed from the input " + in_quotes(port.name) +
               " too, not from " + in_quotes(whole_.tensors[*from_].name) +
               " alone: begin the part elsewhere");
      }
    }
  }

  void add_inputs(Program& part) {
    tensors_.resize(whole_.tensors.size());
    constants_.resize(whole_.constants.size());
    if (!from_) {
      for (const InputPort& port : whole_.inputs) {
        if (!wanted_[port.tensor]) continue;
        part.inputs.push_back(port);
        part.inputs.back().tensor = add_tensor(part, port.tensor);
      }
      return;
    }
    const auto port = std::ranges::find(whole_.inputs, *from_, &InputPort::tensor);
    part.inputs.push_back(port != whole_.inputs.end() ? *port : InputPort{});
    if (port == whole_.inputs.end()) part.inputs[0].name = whole_.tensors[*from_].name;
    part.inputs[0].tensor = add_tensor(part, *from_);
    fill_rows(part.tensors[part.inputs[0].tensor]);
  }

  TensorId add_tensor(Program& part, TensorId id) {
    tensors_[id] = static_cast<TensorId>(part.tensors.size());
    part.tensors.push_back(whole_.tensors[id]);
    return *tensors_[id];
  }

  void add_op(Program& part, const Op& op) {
    Op added = op;
    for (TensorId& input : added.inputs) input = tensors_[input].value();
    for (ConstantId& constant : added.constants) {
      if (!constants_[constant]) {
        constants_[constant] = static_cast<ConstantId>(part.constants.size());
        part.constants.push_back(whole_.constants[constant]);
      }
      constant = *constants_[constant];
    }
    for (TensorId& output : added.outputs) output = add_tensor(part, output);
    if (op.kind == OpKind::gather) {
      // Its output has its input's range, which may have become longer.
      Tensor& gathered = part.tensors[added.outputs[0]];
      gathered.min = part.tensors[added.inputs[0]].min;
      gathered.max = part.tensors[added.inputs[0]].max;
    }
    part.ops.push_back(std::move(added));
  }

  const Program& whole_;
  const std::optional<TensorId> from_;
  const TensorId to_;
  std::vector<bool> wanted_;  // tensors that `to` is computed from
  std::vector<bool> kept_ops_;
  std::vector<std::optional<TensorId>> tensors_;  // of the part, by that of the whole
  std::vector<std::optional<ConstantId>> constants_;
};

}  // namespace

TensorId tensor_named(const Program& program, const std::string& name) {
  std::optional<TensorId> found;
  std::string names;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const Tensor& tensor = program.tensors[id];
    names += (id == 0 ? "" : ", ") + in_quotes(tensor.name);
    if (tensor.name != name) continue;
    if (found) refuse("two tensors are called " + in_quotes(name));
    found = id;
  }
  if (!found) refuse("no tensor is called " + in_quotes(name) + "; there are " + names);
  return *found;
}

Program part_of(const Program& program, const std::optional<std::string>& from,
                const std::optional<std::string>& to) {
  require(!has_predicate(program), ErrorKind::usage, "a part of a model whose output is a predicate");
  std::optional<TensorId> first;
  if (from) {
    first = tensor_named(program, *from);
    if (is_claim(program, *first)) {
      refuse(in_quotes(*from) +
             " holds sums, which are known all together alone: begin the part with what is "
             "looked up for them");
    }
  }
  const TensorId last = to ? tensor_named(program, *to) : only_output(program).tensor;
  Program part = Cut(program, first, last).run();
  try {
    check_program(part);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, std::string("this part is no model by itself: ") + error.what());
  }
  return part;
}

}  // namespace circlet
