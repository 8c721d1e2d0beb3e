// ONNX files: protobuf bytes to the Graph, and on to the Program. The mutator changes fields of the parsed
// message, so that most inputs are models.
#include <google/protobuf/message.h>

#include <algorithm>
#include <cmath>

#include "frontend/calibrate.hpp"
#include "frontend/onnx/import.hpp"
#include "frontend/onnx/protobuf.hpp"
#include "program/executor.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const char* const operators[] = {"Add",
                                 "Sub",
                                 "Mul",
                                 "Div",
                                 "Relu",
                                 "Sigmoid",
                                 "Tanh",
                                 "Gemm",
                                 "MatMul",
                                 "Reshape",
                                 "Flatten",
                                 "Slice",
                                 "Split",
                                 "Concat",
                                 "Transpose",
                                 "Gather",
                                 "Squeeze",
                                 "Unsqueeze",
                                 "Shape",
                                 "Constant",
                                 "ConstantOfShape",
                                 "Cast",
                                 "Identity",
                                 "Dropout",
                                 "Softmax",
                                 "ArgMax",
                                 "Clip",
                                 "LeakyRelu",
                                 "Pow",
                                 "Exp",
                                 "Sqrt",
                                 "Erf",
                                 "Where",
                                 "Max",
                                 "Min",
                                 "Expand",
                                 "Neg",
                                 "Reciprocal",
                                 "BatchNormalization",
                                 "Scaler",
                                 "LinearClassifier",
                                 "Elu",
                                 "Selu",
                                 "HardSigmoid",
                                 "Softplus",
                                 "LinearRegressor",
                                 "Normalizer",
                                 "ZipMap",
                                 "CastLike",
                                 "Size",
                                 "Range",
                                 "EyeLike",
                                 "Tile",
                                 "OneHot",
                                 "Trilu",
                                 "Pad",
                                 "CenterCropPad",
                                 "DepthToSpace",
                                 "SpaceToDepth",
                                 "GatherElements",
                                 "GatherND",
                                 "ScatterElements",
                                 "ScatterND",
                                 "CumSum",
                                 "ReverseSequence",
                                 "Resize",
                                 "Upsample",
                                 "Equal",
                                 "Mod",
                                 "PRelu",
                                 "ReduceMin",
                                 "ReduceProd",
                                 "ReduceLogSumExp",
                                 "LpPool",
                                 "LRN",
                                 "LpNormalization",
                                 "LayerNormalization",
                                 "GroupNormalization",
                                 "InstanceNormalization",
                                 "Einsum",
                                 "ConvTranspose",
                                 "QuantizeLinear",
                                 "DequantizeLinear"};

/// Strings of a model, which refer to one another.
void collect_names(const onnx::ModelProto& model, std::vector<std::string>& names) {
  for (const auto& node : model.graph().node()) {
    names.insert(names.end(), node.output().begin(), node.output().end());
  }
  for (const auto& tensor : model.graph().initializer()) names.push_back(tensor.name());
  for (const auto& input : model.graph().input()) names.push_back(input.name());
}

class Mutator {
 public:
  Mutator(onnx::ModelProto& model, Random& random) : random_(random) {
    collect_names(model, names_);
    visit(model);
  }

  void change_one() {
    if (fields_.empty()) return;
    const auto [message, field] = fields_[below(random_, fields_.size())];
    if (field->is_repeated()) {
      change_list(*message, field);
    } else {
      change_value(*message, field);
    }
  }

 private:
  /// Every field that is set, and one in eight that is not.
  void visit(Message& message) {
    const Reflection& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      const bool set = field->is_repeated() ? reflection.FieldSize(message, field) > 0
                                            : reflection.HasField(message, field);
      if (set || below(random_, 8) == 0) fields_.emplace_back(&message, field);
      if (!set || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        visit(*reflection.MutableMessage(&message, field));
        continue;
      }
      for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
        visit(*reflection.MutableRepeatedMessage(&message, field, j));
      }
    }
  }

  std::string text(const std::string& old) {
    switch (below(random_, 4)) {
      case 0:
        return names_.empty() ? "" : names_[below(random_, names_.size())];
      case 1:
        return operators[below(random_, std::size(operators))];
      case 2: {
        const Bytes bytes = mutate_bytes(Bytes(old.begin(), old.end()), old.size() + 16);
        return {bytes.begin(), bytes.end()};
      }
      default:
        return old.substr(0, below(random_, old.size() + 1));
    }
  }
  double real(double old) {
    constexpr double values[] = {0, 1, -1, 1e-30, 1e30, 3.4e38, -1e300, INFINITY, NAN, 0.5};
    return below(random_, 2) == 0 ? old * 2 + 1 : values[below(random_, std::size(values))];
  }
  std::uint64_t integer(std::uint64_t old) {
    return below(random_, 2) == 0 ? below(random_, 18) - 4 : mutate_number(old, random_);
  }

  void change_value(Message& message, const FieldDescriptor* field) {
    const Reflection& r = *message.GetReflection();
    if (below(random_, 8) == 0) return r.ClearField(&message, field);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return r.SetString(&message, field, text(r.GetString(message, field)));
      case FieldDescriptor::CPPTYPE_INT64:
        return r.SetInt64(&message, field, static_cast<std::int64_t>(integer(r.GetInt64(message, field))));
      case FieldDescriptor::CPPTYPE_INT32:
        return r.SetInt32(&message, field, static_cast<std::int32_t>(integer(r.GetInt32(message, field))));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return r.SetFloat(&message, field, static_cast<float>(real(r.GetFloat(message, field))));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return r.SetDouble(&message, field, real(r.GetDouble(message, field)));
      case FieldDescriptor::CPPTYPE_ENUM:
        return r.SetEnumValue(&message, field, static_cast<int>(below(random_, 20)));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        r.MutableMessage(&message, field);
        return;
      default:
        return;
    }
  }

  void change_list(Message& message, const FieldDescriptor* field) {
    const Reflection& r = *message.GetReflection();
    const int size = r.FieldSize(message, field);
    const int at = size == 0 ? 0 : static_cast<int>(below(random_, static_cast<std::size_t>(size)));
    const std::size_t what = below(random_, 4);
    if (what == 0 && size > 0) return r.RemoveLast(&message, field);
    if (what == 1 && size > 0) return r.SwapElements(&message, field, at, size - 1);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (what == 2 || size == 0) return r.AddString(&message, field, text(""));
        return r.SetRepeatedString(&message, field, at, text(r.GetRepeatedString(message, field, at)));
      case FieldDescriptor::CPPTYPE_INT64:
        if (what == 2 || size == 0) return r.AddInt64(&message, field, static_cast<std::int64_t>(integer(0)));
        return r.SetRepeatedInt64(&message, field, at,
                                  static_cast<std::int64_t>(integer(r.GetRepeatedInt64(message, field, at))));
      case FieldDescriptor::CPPTYPE_INT32:
        if (what == 2 || size == 0) return r.AddInt32(&message, field, static_cast<std::int32_t>(integer(0)));
        return r.SetRepeatedInt32(&message, field, at,
                                  static_cast<std::int32_t>(integer(r.GetRepeatedInt32(message, field, at))));
      case FieldDescriptor::CPPTYPE_FLOAT:
        if (what == 2 || size == 0) return r.AddFloat(&message, field, static_cast<float>(real(0)));
        return r.SetRepeatedFloat(&message, field, at,
                                  static_cast<float>(real(r.GetRepeatedFloat(message, field, at))));
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message* added = r.AddMessage(&message, field);
        if (size > 0) added->CopyFrom(r.GetRepeatedMessage(message, field, at));
        return;
      }
      default:
        return;
    }
  }

  Random& random_;
  std::vector<std::string> names_;
  std::vector<std::pair<Message*, const FieldDescriptor*>> fields_;
};

/// Small enough that calibrating it takes little time.
bool is_small(const Graph& graph) {
  std::size_t rows = 0;
  for (const auto& tensor : graph.tensors) rows += tensor.rows;
  return rows <= 64;
}

void check_graph(const Graph& graph) {
  expect(!graph.layers.empty(), "an imported graph has a layer");
  expect(graph.features() > 0 && graph.outputs() > 0, "an imported graph has inputs and outputs");
  if (!is_small(graph)) return;
  const std::vector<double> samples(std::size_t{2} * graph.features(), 0.25);
  const auto values = evaluate(graph, samples);
  expect(values.back().y.size() == std::size_t{2} * graph.outputs(), "a graph gives its outputs");
  const auto model = attempt([&] { return calibrate(graph, samples, {.lut_bits = 6}); });
  if (!model) return;
  check_program(model->program);
  attempt([&] { return execute(model->program, quantise_input(model->program, samples), 2); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto graph = attempt([&] { return import_onnx(std::span(data, size)); })) check_graph(*graph);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  onnx::ModelProto model;
  if (below(random, 10) == 0 || !model.ParseFromArray(data, static_cast<int>(size))) {
    return LLVMFuzzerMutate(data, size, most);
  }
  for (std::size_t i = below(random, 4) + 1; i > 0; --i) Mutator(model, random).change_one();
  const std::string bytes = model.SerializeAsString();
  return replace(data, size, most, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}
