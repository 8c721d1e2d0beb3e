#include "program/part.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"
#include "program/share_table.hpp"

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
    TensorId last = tensors_[to_].value();
    if (part.tensors[last].lanes != 1) last = add_values_of_tiles(part, last);
    part.outputs.push_back(
        {.name = is_output ? port->name : whole_.tensors[to_].name, .tensor = last, .predicate = {}});
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
    Tensor& input = part.tensors[part.inputs[0].tensor];
    fill_rows(input);
    if (input.lanes != 1) add_tiles_of_values(part);
  }

  /// The input becomes single values, and `from` the tiles of them.
  void add_tiles_of_values(Program& part) {
    const TensorId values = part.inputs[0].tensor;
    const Tensor tiles = part.tensors[values];
    part.tensors[values].lanes = 1;
    part.tensors[values].shape = {tiles.rows()};
    tensors_[*from_] = add_made(part, tiles);
    part.ops.push_back({.kind = OpKind::tile,
                        .name = tiles.name,
                        .inputs = {values},
                        .constants = {add_same_order(part, tiles.rows(), tiles.name)},
                        .outputs = {*tensors_[*from_]},
                        .attributes = {}});
  }

  /// Single values of tiles: their correlation with 1, and a look-up that gives each sum itself. The phases
  /// of an image stand as lines of their own.
  TensorId add_values_of_tiles(Program& part, TensorId tiles) {
    constexpr std::uint32_t one = 1;
    const Tensor source = part.tensors[tiles];
    if (source.shape.size() != 4) refuse(in_quotes(source.name) + " has tiles, and is no image");
    Tensor image = source;
    image.shape = {source.shape[0], source.shape[1] * source.shape[2], one, source.shape[3]};
    if (source.shape != image.shape) {
      const TensorId lines = add_made(part, image);
      part.ops.push_back({.kind = OpKind::gather,
                          .name = source.name,
                          .inputs = {tiles},
                          .constants = {add_same_order(part, source.wires(), source.name)},
                          .outputs = {lines},
                          .attributes = {}});
      tiles = lines;
    }
    image.lanes = one;
    // Beside an image stands 0.
    image.min = std::min<std::int64_t>(source.min, 0);
    image.max = std::max<std::int64_t>(source.max, 0);
    const std::uint32_t channels = image.shape[0];
    const auto weights = static_cast<ConstantId>(part.constants.size());
    part.constants.push_back({.kind = ConstantTensor::Kind::weights,
                              .name = source.name,
                              .shape = {one, one, channels, one, one},
                              .values = std::vector<std::int32_t>(part.has_weights ? channels : 0, 1)});
    const TensorId sums = add_made(part, image), values = add_made(part, image);
    // The pitch is a line's length: no coefficient lies between two lines.
    part.ops.push_back({.kind = OpKind::correlation,
                        .name = source.name,
                        .inputs = {tiles},
                        .constants = {weights},
                        .outputs = {sums},
                        .attributes = {image.shape[3], one, one, one, one, one, one, 0, 0, channels}});
    std::vector<std::int32_t> same(integers_of(image));
    std::iota(same.begin(), same.end(), static_cast<std::int32_t>(image.min));
    part.ops.push_back({.kind = OpKind::requantise,
                        .name = source.name,
                        .inputs = {sums},
                        .constants = {share_table(part, "Identity", std::move(same))},
                        .outputs = {values},
                        .attributes = {0, -image.min}});
    return values;
  }

  static TensorId add_made(Program& part, const Tensor& tensor) {
    part.tensors.push_back(tensor);
    return static_cast<TensorId>(part.tensors.size() - 1);
  }

  static ConstantId add_same_order(Program& part, std::uint32_t count, const std::string& name) {
    ConstantTensor order{.kind = ConstantTensor::Kind::indices, .name = name, .shape = {count}, .values = {}};
    order.values.resize(count);
    std::iota(order.values.begin(), order.values.end(), 0);
    part.constants.push_back(std::move(order));
    return static_cast<ConstantId>(part.constants.size() - 1);
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

Program part_of(const Program& program, std::optional<TensorId> from, std::optional<TensorId> to) {
  require(!has_predicate(program), ErrorKind::usage, "a part of a model whose output is a predicate");
  require(!program.audit, ErrorKind::usage, "a part of an audit: cut the model, and audit that");
  if (from && is_claim(program, *from)) {
    refuse(in_quotes(program.tensors[*from].name) +
           " holds sums, which are known all together alone: begin the part with what is looked up for them");
  }
  Program part = Cut(program, from, to ? *to : only_output(program).tensor).run();
  try {
    check_program(part);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, std::string("this part is no model by itself: ") + error.what());
  }
  return part;
}

Program part_of(const Program& program, const std::optional<std::string>& from,
                const std::optional<std::string>& to) {
  const auto named = [&](const std::optional<std::string>& name) {
    return name ? std::optional(tensor_named(program, *name)) : std::nullopt;
  };
  const std::optional<TensorId> first = named(from);
  return part_of(program, first, named(to));
}

namespace {

/// Whether both sides of a cut are models by themselves: the range of one that begins there may have become
/// longer than what reads it takes.
bool parts_are_models(const Program& program, TensorId cut) {
  try {
    part_of(program, std::nullopt, std::optional(cut));
    part_of(program, std::optional(cut), std::nullopt);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    return false;
  }
}

}  // namespace

std::vector<TensorId> cut_tensors(const Program& model) {
  const Program program = structure_of(model);
  // Ops stand in order: whatever a tensor is computed from is made before it, and if it alone is read later
  // on, all that follows is computed from it.
  const TensorId input = only_input(program).tensor, output = only_output(program).tensor;
  std::vector<OpId> last_read(program.tensors.size(), 0);
  for (OpId id = 0; id < program.ops.size(); ++id) {
    for (const TensorId read : program.ops[id].inputs) last_read[read] = id;
  }
  last_read[output] = static_cast<OpId>(program.ops.size());
  std::vector<TensorId> cuts;
  std::vector<TensorId> open = {input};
  for (OpId id = 0; id < program.ops.size(); ++id) {
    const auto& made = program.ops[id].outputs;
    open.insert(open.end(), made.begin(), made.end());
    std::erase_if(open, [&](TensorId tensor) { return last_read[tensor] <= id; });
    if (open.size() == 1 && open[0] != input && open[0] != output && !is_claim(program, open[0]) &&
        std::ranges::find(made, open[0]) != made.end()) {
      cuts.push_back(open[0]);
    }
  }
  std::erase_if(cuts, [&](TensorId cut) { return !parts_are_models(program, cut); });
  return cuts;
}

Program segment_of(const Program& program, const std::vector<TensorId>& cuts, std::size_t index) {
  return part_of(program, index == 0 ? std::nullopt : std::optional(cuts[index - 1]),
                 index == cuts.size() ? std::nullopt : std::optional(cuts[index]));
}

}  // namespace circlet
