// Parses the protobuf, orders the nodes that the outputs need, runs their operators and gathers every
// refusal.
#include "frontend/onnx/import.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/external_data.hpp"
#include "frontend/onnx/node.hpp"
#include "frontend/onnx/protobuf.hpp"
#include "frontend/onnx/resumed.hpp"
#include "frontend/onnx/spelled_out.hpp"
#include "frontend/row_order.hpp"

namespace circlet {
namespace {

using namespace onnx_import;
using ::onnx::GraphProto;
using ::onnx::ModelProto;
using ::onnx::NodeProto;
using ::onnx::ValueInfoProto;

[[noreturn]] void bad(const std::string& why) { throw Error(ErrorKind::bad_input, "ONNX model: " + why); }

ModelProto parse(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) bad("larger than 2 GiB");
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream stream(&array);
  ModelProto model;
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage() || !model.has_graph()) {
    bad("this is no ONNX file (or a truncated one)");
  }
  return model;
}

struct Refusal {
  std::string node, type, reason;
};

class Importer {
 public:
  Importer(const ModelProto& model, const ImportChoices& choices)
      : model_(model),
        graph_(model.graph()),
        shapes_(choices.shapes),
        output_(choices.output),
        one_sample_(choices.one_sample) {}

  Graph run() {
    read_opsets();
    read_initializers();
    const std::uint32_t features = count_features();
    Builder builder(features, least_budget + budget_a_constant * constants_);
    make_inputs(builder);
    index_nodes();
    for (const std::size_t index : order()) {
      const NodeProto& node = graph_.node(static_cast<int>(index));
      evaluate(builder, spelled_softmax(node, spelled_out()).value_or(node));
    }
    throw_refusals();
    return finish(builder);
  }

 private:
  void read_opsets() {
    for (const auto& opset : model_.opset_import()) {
      const std::string domain = opset.domain() == "ai.onnx" ? "" : opset.domain();
      opsets_[domain] = opset.version();
      if (domain.empty() && opset.version() < 8) {
        throw Error(ErrorKind::unsupported, "ONNX model: opset " + std::to_string(opset.version()) +
                                                " is older than 8. Convert it with onnx.version_converter");
      }
    }
    if (!opsets_.contains("")) opsets_[""] = 1000;  // only ai.onnx.ml declared: the newest rules
  }

  void define(const std::string& name, Value value) {
    if (!values_.emplace(name, std::move(value)).second) bad("two values are called " + in_quotes(name));
  }

  void read_initializers() {
    for (const auto& tensor : graph_.initializer()) {
      Constant constant = read_constant(tensor);
      constants_ += constant.values.size();
      define(tensor.name(), std::move(constant));
    }
    for (const NodeProto& node : graph_.node()) constants_ += node.ByteSizeLong() / sizeof(float);
    if (graph_.sparse_initializer_size() > 0) {
      throw Error(ErrorKind::unsupported, "ONNX model: sparse initializers");
    }
  }

  struct Input {
    std::string name;
    std::vector<std::int64_t> dims;
    bool batched;
    std::uint32_t first, count;
    bool integers;
  };

  /// Whether an RNN, GRU or LSTM reads an input whose first dimension counts steps, and its second samples.
  bool is_sequence(const std::string& name) const {
    return std::ranges::any_of(graph_.node(), [&](const NodeProto& node) {
      const std::string& type = node.op_type();
      return (type == "RNN" || type == "GRU" || type == "LSTM") && node.input_size() > 0 &&
             node.input(0) == name && std::ranges::none_of(node.attribute(), [](const auto& attribute) {
               return attribute.name() == "layout" && attribute.i() != 0;
             });
    });
  }

  Input read_input(const ValueInfoProto& info, std::uint64_t first) const {
    const std::string what = "input " + in_quotes(info.name());
    if (!info.type().has_tensor_type()) bad(what + " is no tensor");
    const auto& type = info.type().tensor_type();
    if (type.elem_type() == ::onnx::TensorProto::STRING) bad(what + " holds strings");
    Input input{.name = info.name(),
                .dims = {},
                .batched = false,
                .first = 0,
                .count = 0,
                .integers = is_integer_type(type.elem_type())};
    for (const auto& dim : type.shape().dim())
      input.dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
    const bool steps_first = input.dims.size() == 3 && is_sequence(info.name());
    const auto given = shapes_.find(info.name());
    if (given != shapes_.end()) {
      input.dims = type.has_shape() ? fixed(input.dims, given->second, what, steps_first) : given->second;
    } else if (!type.has_shape()) {
      bad(what + " has no shape: give it, --shape " + shell_quoted(info.name() + "=1,FEATURES"));
    }
    if (input.dims.empty() || input.dims.size() > 16)
      bad(what + " has " + std::to_string(input.dims.size()) + " dimensions");
    input.batched = input.dims.size() > 1 && !steps_first;
    if (steps_first && input.dims[1] <= 0) input.dims[1] = 1;
    if (input.batched && input.dims[0] <= 0) input.dims[0] = one_sample_ ? 1 : -1;
    std::vector<std::int64_t> sample(input.dims.begin() + (input.batched ? 1 : 0), input.dims.end());
    if (std::ranges::any_of(sample, [](std::int64_t dim) { return dim <= 0; })) {
      bad(what + " has a dimension of unknown size besides the batch: give it, --shape " +
          shell_quoted(info.name() + "=" + open_shape(type.shape())));
    }
    const std::size_t count = element_count(sample, what);
    if (count + first > max_rows) bad(what + " has more than 2^24 values a sample");
    input.first = static_cast<std::uint32_t>(first);
    input.count = static_cast<std::uint32_t>(count);
    return input;
  }

  /// What the file says, and for the dimensions that it leaves open what the user does.
  static std::vector<std::int64_t> fixed(std::vector<std::int64_t> dims,
                                         const std::vector<std::int64_t>& given, const std::string& what,
                                         bool steps_first) {
    const auto refuse = [&](const std::string& why) {
      throw Error(ErrorKind::usage, "--shape: " + what + " " + why);
    };
    if (dims.size() != given.size()) {
      refuse("has " + std::to_string(dims.size()) + " dimensions, and " + std::to_string(given.size()) +
             " are given");
    }
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const std::string which = "dimension " + std::to_string(i);
      if (i == 0 && dims.size() > 1 && !steps_first) {
        if (given[0] != 1 && given[0] != dims[0]) refuse(which + " counts samples: give 1");
        if (dims[0] <= 0) dims[0] = given[0];  // each sample is a batch, of which all is known
      } else if (dims[i] > 0 && dims[i] != given[i]) {
        refuse(which + " is " + std::to_string(dims[i]) + ", and " + std::to_string(given[i]) + " is given");
      } else {
        dims[i] = given[i];
      }
    }
    return dims;
  }

  /// "1,3,height,width": what is missing of a shape.
  static std::string open_shape(const ::onnx::TensorShapeProto& shape) {
    std::string text = shape.dim_size() > 1 ? "1" : "";
    for (int i = shape.dim_size() > 1 ? 1 : 0; i < shape.dim_size(); ++i) {
      const auto& dim = shape.dim(i);
      text += text.empty() ? "" : ",";
      if (dim.has_dim_value() && dim.dim_value() > 0) {
        text += std::to_string(dim.dim_value());
      } else {
        text += dim.dim_param().empty() ? "SIZE" : printable(dim.dim_param());
      }
    }
    return text;
  }

  std::uint32_t count_features() {
    std::uint64_t features = 0;
    for (const auto& info : graph_.input()) {
      if (values_.contains(info.name())) continue;  // an initializer with a default
      inputs_.push_back(read_input(info, features));
      features += inputs_.back().count;
    }
    if (features == 0) bad("it has no inputs");
    for (const auto& [name, dims] : shapes_) {
      if (std::ranges::find(inputs_, name, &Input::name) != inputs_.end()) continue;
      std::string names;
      for (const Input& input : inputs_) names += (names.empty() ? "" : ", ") + in_quotes(input.name);
      throw Error(ErrorKind::usage,
                  "--shape: the model has the input " + names + " and no " + in_quotes(name));
    }
    return static_cast<std::uint32_t>(features);
  }

  void make_inputs(Builder& builder) {
    for (const Input& input : inputs_) {
      Variable value = builder.variable(builder.input_slice(input.first, input.count), input.dims,
                                        input.batched, input.name);
      value.integers = input.integers;
      define(input.name, std::move(value));
    }
  }

  void index_nodes() {
    for (int i = 0; i < graph_.node_size(); ++i) {
      for (const std::string& output : graph_.node(i).output()) {
        if (output.empty()) continue;
        if (values_.contains(output) || !producer_.emplace(output, static_cast<std::size_t>(i)).second) {
          bad("two values are called " + in_quotes(output));
        }
      }
    }
    if (graph_.output_size() == 0) bad("it has no outputs");
    for (const auto& output : graph_.output()) {
      if (output.name().empty()) bad("an output has no name");
      if (output_.empty() || output.name() == output_) outputs_.push_back(output.name());
    }
    require(!outputs_.empty(), ErrorKind::usage, [&] {
      std::string names;
      for (const auto& output : graph_.output())
        names += (names.empty() ? "" : ", ") + in_quotes(output.name());
      return "--prove: the model has no output " + in_quotes(output_) + "; it has " + names;
    });
  }

  /// The nodes that the outputs need, each after those it reads (depth first, without recursion).
  std::vector<std::size_t> order() const {
    enum class State : std::uint8_t { unseen, open, done };
    std::vector<State> state(static_cast<std::size_t>(graph_.node_size()), State::unseen);
    std::vector<std::size_t> result;
    std::vector<std::pair<std::size_t, int>> stack;  // node, next input to follow
    auto visit = [&](const std::string& name, const std::string& reader) {
      if (name.empty() || values_.contains(name)) return;
      const auto found = producer_.find(name);
      if (found == producer_.end()) bad(reader + " reads " + in_quotes(name) + ", which nothing makes");
      if (state[found->second] == State::open) bad("the graph has a cycle through " + in_quotes(name));
      if (state[found->second] == State::done) return;
      state[found->second] = State::open;
      stack.emplace_back(found->second, 0);
    };
    for (const std::string& output : outputs_) {
      visit(output, "the model's output");
      while (!stack.empty()) {
        auto& [index, next] = stack.back();
        const NodeProto& node = graph_.node(static_cast<int>(index));
        if (next < node.input_size()) {
          const int input = next++;
          visit(node.input(input), "node " + in_quotes(node.name()) + " (" + printable(node.op_type()) + ")");
        } else {
          state[index] = State::done;
          result.push_back(index);
          stack.pop_back();
        }
      }
    }
    return result;
  }

  /// What recognising nodes that spell an operator asks of the graph.
  SpelledOut spelled_out() const {
    return {.maker =
                [this](const std::string& value) {
                  const auto found = producer_.find(value);
                  return found == producer_.end() ? nullptr : &graph_.node(static_cast<int>(found->second));
                },
            .value =
                [this](const std::string& name) {
                  const auto found = values_.find(name);
                  return found == values_.end() ? nullptr : &found->second;
                },
            .is_read =
                [this](const std::string& value) {
                  return std::ranges::any_of(graph_.node(), [&](const NodeProto& node) {
                    return std::ranges::find(node.input(), value) != node.input().end();
                  });
                }};
  }

  static Operator find_operator(const std::string& type) {
    for (const OperatorTable* table : {&attention_operators(),
                                       &cast_operators(),
                                       &comparison_operators(),
                                       &convolution_operators(),
                                       &convolution_transpose_operators(),
                                       &elementwise_operators(),
                                       &encoder_operators(),
                                       &join_operators(),
                                       &linear_operators(),
                                       &literal_operators(),
                                       &normalisation_operators(),
                                       &one_hot_operators(),
                                       &output_operators(),
                                       &pooling_operators(),
                                       &product_operators(),
                                       &quantisation_operators(),
                                       &recurrent_operators(),
                                       &reduction_operators(),
                                       &resize_operators(),
                                       &rotary_embedding_operators(),
                                       &scatter_operators(),
                                       &selection_operators(),
                                       &shape_operators(),
                                       &support_vector_operators(),
                                       &tree_operators()}) {
      if (const auto found = table->find(type); found != table->end()) return found->second;
    }
    return nullptr;
  }

  void evaluate(Builder& builder, const NodeProto& proto) {
    static const Value absent = std::monostate{};
    std::vector<const Value*> inputs;
    const Refused* refused = nullptr;
    for (const std::string& name : proto.input()) {
      inputs.push_back(name.empty() ? &absent : &values_.at(name));
      if (refused == nullptr) refused = std::get_if<Refused>(inputs.back());
    }
    const std::string domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
    const auto opset = opsets_.find(domain);
    const Node node(proto, std::move(inputs), opset == opsets_.end() ? 1 : opset->second, builder);
    std::vector<Value> outputs;
    const Operator import = find_operator(node.type());
    if (import == nullptr) {
      refusals_.push_back({node.name(), printable(node.type()), "the operator is not supported"});
    } else if (refused == nullptr) {
      try {
        if (std::optional<Value> variance = spelled_variance(node, spelled_out())) {
          outputs = {std::move(*variance)};
        } else {
          outputs = imported(import, node);
        }
        keep_integers(node, outputs);
        for (const Value& output : outputs) {
          if (const auto* constant = std::get_if<Constant>(&output)) builder.spend(constant->values.size());
        }
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unsupported) {
          throw Error(error.kind(), "node " + in_quotes(node.name()) + " (" + printable(node.type()) +
                                        "): " + error.what());
        }
        refusals_.push_back({node.name(), printable(node.type()), error.what()});
        outputs.clear();
      }
    }
    for (int i = 0; i < proto.output_size(); ++i) {
      if (proto.output(i).empty()) continue;
      const auto position = static_cast<std::size_t>(i);
      define(proto.output(i), position < outputs.size() ? std::move(outputs[position])
                              : refused != nullptr      ? Value{*refused}
                                                        : Value{Refused{}});
    }
  }

  /// Steps that were left to postprocessing become part of the model if the operator needs them there.
  static std::vector<Value> imported(Operator import, const Node& node) {
    std::vector<Value> inputs;
    bool may_resume = false;
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      inputs.push_back(node.has_input(i) ? node.input(i) : Value{});
      may_resume = may_resume || std::holds_alternative<Postprocessed>(inputs.back());
    }
    if (!may_resume) return import(node);
    try {
      return import(node);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unsupported) throw;
      std::vector<const Value*> read;
      for (Value& input : inputs) {
        if (const auto* processed = std::get_if<Postprocessed>(&input)) {
          std::optional<Value> value = resumed(node, *processed);
          if (!value) throw;
          input = std::move(*value);
        }
        read.push_back(&input);
      }
      return import(Node(node.proto, std::move(read), node.opset, node.builder));
    }
  }

  /// What is computed from integers alone is integers, unless the node says its element type itself.
  static void keep_integers(const Node& node, std::vector<Value>& outputs) {
    static const std::set<std::string, std::less<>> say_it = {"And",
                                                              "Cast",
                                                              "CastLike",
                                                              "Constant",
                                                              "ConstantOfShape",
                                                              "Equal",
                                                              "EyeLike",
                                                              "Greater",
                                                              "GreaterOrEqual",
                                                              "Less",
                                                              "LessOrEqual",
                                                              "Not",
                                                              "OneHot",
                                                              "Or",
                                                              "QuantizeLinear",
                                                              "Shape",
                                                              "Size",
                                                              "Xor",
                                                              "ai.onnx.ml.LabelEncoder"};
    if (say_it.contains(node.type())) return;
    if (node.type().starts_with("ai.onnx.ml.") && node.type() != "ai.onnx.ml.ArrayFeatureExtractor")
      return mark(outputs, false);
    static const std::set<std::string, std::less<>> as_the_first = {"Pow", "Resize", "Upsample"};
    const std::size_t count = as_the_first.contains(node.type()) ? 1 : node.input_count();
    bool integers = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!node.has_input(i)) continue;
      const auto* constant = std::get_if<Constant>(&node.input(i));
      const auto* variable = std::get_if<Variable>(&node.input(i));
      if (constant == nullptr && variable == nullptr) return;
      if (!(constant != nullptr ? constant->integers : variable->integers)) return mark(outputs, false);
      integers = true;
    }
    mark(outputs, integers);
  }
  static void mark(std::vector<Value>& outputs, bool integers) {
    for (Value& output : outputs) {
      if (auto* constant = std::get_if<Constant>(&output)) constant->integers = integers;
      if (auto* variable = std::get_if<Variable>(&output)) variable->integers = integers;
    }
  }

  void throw_refusals() const {
    if (refusals_.empty()) return;
    std::string message = "ONNX model: " + std::to_string(refusals_.size()) +
                          (refusals_.size() == 1 ? " node is not supported:" : " nodes are not supported:");
    for (const Refusal& refusal : refusals_) {
      message += "\n  node '" + refusal.node + "' (" + refusal.type + "): " + refusal.reason;
    }
    throw Error(ErrorKind::unsupported, message);
  }

  /// An output of the file: what is proved of it, the steps after that, and its labels.
  struct FileOutput {
    std::string name;
    Postprocessed value;
    std::optional<PostStep> label;  // the arg max that ends it
    [[nodiscard]] bool shares_base(const FileOutput& other) const {
      return value.base.base == other.value.base.base && value.base.expression == other.value.base.expression;
    }
  };

  FileOutput file_output(const std::string& name) const {
    FileOutput output{.name = name, .value = {}, .label = {}};
    const Value& value = values_.at(name);
    if (const auto* variable = std::get_if<Variable>(&value)) {
      output.value.base = *variable;
    } else if (const auto* processed = std::get_if<Postprocessed>(&value)) {
      output.value = *processed;
    } else if (std::holds_alternative<Constant>(value)) {
      bad("the output " + in_quotes(name) + " does not depend on the input");
    } else {
      const auto* refused = std::get_if<Refused>(&value);
      throw Error(ErrorKind::unsupported,
                  "ONNX model: the output " + in_quotes(name) +
                      (refused == nullptr || refused->reason.empty() ? " is the mask of a Dropout"
                                                                     : " needs " + refused->reason));
    }
    std::vector<PostStep>& steps = output.value.steps;
    if (!steps.empty() && steps.back().kind == PostStep::Kind::argmax) {
      output.label = steps.back();
      steps.pop_back();
    }
    return output;
  }

  /// One computed value is proved; outputs that are made of it alone are postprocessing. Of outputs that are
  /// computed separately it is the one that decides the label.
  Graph finish(Builder& builder) const {
    std::vector<FileOutput> outputs;
    std::vector<std::string> left_out;
    // Of a node whose other results can be computed, with the reason.
    const auto is_refused = [&](const std::string& name) {
      const auto* refused = std::get_if<Refused>(&values_.at(name));
      return refused != nullptr && !refused->reason.empty();
    };
    const bool all_refused = std::ranges::all_of(outputs_, is_refused);
    for (const std::string& name : outputs_) {
      if (is_refused(name) && !all_refused) {
        left_out.push_back(name);
      } else {
        outputs.push_back(file_output(name));
      }
    }
    auto proved = std::ranges::find_if(outputs, [](const FileOutput& o) { return o.label.has_value(); });
    if (proved == outputs.end()) proved = outputs.begin();
    FileOutput result = *proved;
    for (const FileOutput& own : outputs) {
      if (!own.shares_base(result)) {
        left_out.push_back(own.name);
        continue;
      }
      if (own.value.steps.size() > result.value.steps.size()) result.value.steps = own.value.steps;
      if (result.value.labels.empty()) result.value.labels = own.value.labels;
    }
    if (!left_out.empty() && !result.label) {
      throw Error(ErrorKind::unsupported,
                  "ONNX model: the outputs " + in_quotes(result.name) + " and " + in_quotes(left_out[0]) +
                      " are computed separately; one output can be proved: choose it, --prove " +
                      shell_quoted(left_out[0]));
    }
    Graph graph = builder.finish(result.value.base);
    graph.name = printable(graph_.name());
    graph.postprocessing = result.value.steps;
    if (result.label) graph.postprocessing.push_back(*result.label);
    graph.class_labels = result.value.labels;
    graph.left_out = std::move(left_out);
    graph.tensors[graph.input].name = inputs_.size() == 1 ? printable(inputs_[0].name) : "inputs";
    check_finite(graph);
    return with_images_in_order(std::move(graph));
  }

  static void check_finite(const Graph& graph) {
    auto check = [](const GraphLayer& layer, const std::vector<double>& values) {
      if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
        bad("layer '" + layer.name + "' has a weight or bias that is not a finite number");
      }
    };
    for (const GraphLayer& layer : graph.layers) {
      for (const GraphDense& term : layer.dense) check(layer, term.weights->values);
      for (const GraphScaled& term : layer.scaled) check(layer, term.coefficients);
      for (const GraphConvolution& term : layer.convolutions) check(layer, term.kernels->values);
      check(layer, layer.bias);
    }
  }

  /// Values that the import may hold: some for any model, and as many for each constant as a long chain of
  /// nodes makes of it.
  static constexpr std::uint64_t least_budget = std::uint64_t{1} << 25;
  static constexpr std::uint64_t budget_a_constant = 32;

  const ModelProto& model_;
  const GraphProto& graph_;
  const InputShapes& shapes_;
  const std::string& output_;
  const bool one_sample_;
  std::vector<std::string> outputs_;  // that are imported
  std::map<std::string, std::int64_t> opsets_;
  std::unordered_map<std::string, Value> values_;
  std::unordered_map<std::string, std::size_t> producer_;
  std::vector<Input> inputs_;
  std::vector<Refusal> refusals_;
  std::uint64_t constants_ = 0;  // about how many values the file holds
};

}  // namespace

Graph import_onnx(std::span<const std::uint8_t> bytes, const ImportChoices& choices) {
  const ModelProto model = parse(bytes);
  return Importer(model, choices).run();
}

Graph import_onnx(const std::filesystem::path& path, const ImportChoices& choices) {
  Graph graph = [&] {
    const Bytes bytes = read_file(path, std::uint64_t{1} << 31);
    try {
      ModelProto model = parse(bytes);
      read_external_data(model, path.parent_path());
      return Importer(model, choices).run();
    } catch (const Error& error) {
      throw Error(error.kind(), path.string() + ": " + error.what());
    }
  }();
  if (graph.name.empty()) graph.name = path.stem().string();
  return graph;
}

}  // namespace circlet
