#include "program/side_by_side.hpp"

#include <utility>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"

namespace circlet {

SideBySide::SideBySide(Program& program, TileOps& tiles, const Program& model, TensorId input)
    : program_(program), tiles_(tiles), model_(model) {
  made_[model.inputs[0].tensor] = input;
}

TensorId SideBySide::run() {
  for (const Op& op : model_.ops) {
    const Meaning& meaning = meaning_of(op.kind);
    require(meaning.of_records != nullptr, ErrorKind::unsupported, [&] {
      return "op " + in_quotes(op.name) + ", " + meaning.name +
             ": values of many records are put side by side in models that are dense or of trees, not with "
             "convolutions, tiles or products of computed values";
    });
    meaning.of_records(*this, op);
  }
  return made_.at(model_.outputs[0].tensor);
}

TensorId SideBySide::make(TensorId id) {
  const Tensor& tensor = model_.tensors[id];
  return made_[id] = tiles_.add_tensor(tensor.name, tensor.rows(), tensor.min, tensor.max);
}

void SideBySide::add_copy(const Op& op, std::vector<std::int64_t> attributes,
                          std::vector<ConstantId> constants) {
  std::vector<TensorId> inputs;
  for (const TensorId input : op.inputs) inputs.push_back(made_.at(input));
  tiles_.add_op(op.kind, op.name, std::move(inputs), std::move(constants), make(op.outputs[0]),
                std::move(attributes));
}

ConstantId SideBySide::add_table(const std::string& name, std::vector<std::int32_t> values) {
  return share_table(program_, name, std::move(values));
}
ConstantId SideBySide::table(ConstantId id) {
  return add_table(model_.constants[id].name, model_.constants[id].values);
}

ConstantId SideBySide::indices(ConstantId id, std::uint32_t terms) {
  const ConstantTensor& constant = model_.constants[id];
  std::vector<std::uint32_t> shape = {static_cast<std::uint32_t>(constant.size() / terms) * tiles_.tiles()};
  if (constant.shape.size() > 1) shape.push_back(terms);
  return tiles_.add_indices(constant.name, std::move(shape), tiles_.tiles_of(constant.values, terms));
}

ConstantId SideBySide::add_weights(ConstantTensor constant) {
  program_.constants.push_back(std::move(constant));
  return static_cast<ConstantId>(program_.constants.size() - 1);
}

}  // namespace circlet
