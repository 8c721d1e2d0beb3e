// Operators that are linear, against their definitions: products over named axes, transposed convolutions,
// interpolation and the quantisation that a file states.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

using Dims = std::vector<std::int64_t>;
using Values = std::vector<double>;

std::size_t count_of(const Dims& dims) {
  return static_cast<std::size_t>(
      std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>()));
}

/// Small whole numbers, of which every sum of products is exact.
Values draw(std::mt19937& random, std::size_t count) {
  Values values(count);
  for (double& value : values) value = static_cast<double>(random() % 9) - 4;
  return values;
}

void add_tensor(ModelMaker& model, const std::string& name, const Dims& dims, const Values& values) {
  auto* tensor = model.graph().add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(::onnx::TensorProto::FLOAT);
  for (const std::int64_t dim : dims) tensor->add_dims(dim);
  for (const double value : values) tensor->add_float_data(static_cast<float>(value));
}

void add_shape(ModelMaker& model, const std::string& name, const Dims& dims) { model.integers(name, dims); }

/// A model input that is one sample, given its shape by a Reshape.
void add_computed(ModelMaker& model, const std::string& name, const Dims& dims) {
  model.input(name + "_flat", {static_cast<std::int64_t>(count_of(dims))});
  add_shape(model, name + "_dims", dims);
  model.node("Reshape", {name + "_flat", name + "_dims"}, name);
}

struct Operand {
  std::string letters;
  Dims dims;
};

/// By loops over every letter. A dimension of 1 meets any.
Values by_definition(const std::array<Operand, 2>& operands, const std::string& out, const Values& a,
                     const Values& b) {
  std::map<char, std::int64_t> sizes;
  for (const Operand& operand : operands) {
    for (std::size_t i = 0; i < operand.letters.size(); ++i)
      sizes[operand.letters[i]] = std::max(sizes[operand.letters[i]], operand.dims[i]);
  }
  std::map<char, std::int64_t> at;
  const auto place = [&](const std::string& letters, const Dims& dims) {
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < letters.size(); ++i)
      flat = flat * dims[i] + (dims[i] == 1 ? 0 : at[letters[i]]);
    return static_cast<std::size_t>(flat);
  };
  Dims out_dims;
  for (const char letter : out) out_dims.push_back(sizes[letter]);
  Values result(count_of(out_dims), 0.0);
  std::size_t all = 1;
  for (const auto& [letter, size] : sizes) all *= static_cast<std::size_t>(size);
  for (std::size_t i = 0; i < all; ++i) {
    auto rest = static_cast<std::int64_t>(i);
    for (const auto& [letter, size] : sizes) {
      at[letter] = rest % size;
      rest /= size;
    }
    result[place(out, out_dims)] +=
        a[place(operands[0].letters, operands[0].dims)] * b[place(operands[1].letters, operands[1].dims)];
  }
  return result;
}

void set_text(::onnx::NodeProto& node, const std::string& name, const std::string& value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

void set_ints(::onnx::NodeProto& node, const std::string& name, const Dims& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

}  // namespace

TEST_CASE("products_over_named_axes_equal_their_definition_whichever_side_is_computed") {
  std::mt19937 random(1);
  struct Case {
    std::array<Operand, 2> operands;
    std::string out;
  };
  const std::vector<Case> cases{
      {{{{"ij", {2, 3}}, {"jk", {3, 4}}}}, "ik"},
      {{{{"ij", {2, 3}}, {"jk", {3, 4}}}}, "ki"},
      {{{{"bij", {2, 2, 3}}, {"bjk", {2, 3, 2}}}}, "bik"},
      {{{{"bij", {1, 2, 3}}, {"bjk", {2, 3, 2}}}}, "bik"},
      {{{{"bij", {2, 2, 3}}, {"bjk", {1, 3, 2}}}}, "bik"},
      {{{{"i", {3}}, {"i", {3}}}}, ""},
      {{{{"i", {3}}, {"j", {2}}}}, "ij"},
      {{{{"ij", {2, 3}}, {"ij", {2, 3}}}}, "ji"},
      {{{{"ijl", {2, 3, 2}}, {"jkm", {3, 2, 2}}}}, "kil"},
      {{{{"ii", {3, 3}}, {"ij", {3, 2}}}}, "ij"},
      {{{{"abcd", {2, 2, 3, 2}}, {"aecd", {2, 3, 3, 2}}}}, "aceb"},
  };
  for (const Case& c : cases) {
    const std::string equation = c.operands[0].letters + "," + c.operands[1].letters + "->" + c.out;
    CAPTURE(equation);
    const Values a = draw(random, count_of(c.operands[0].dims)),
                 b = draw(random, count_of(c.operands[1].dims));
    const Values expected = by_definition(c.operands, c.out, a, b);
    for (const int computed : {1, 2, 3}) {  // bits: the first, the second
      CAPTURE(computed);
      ModelMaker model;
      model.output("y");
      Values sample;
      for (const int side : {0, 1}) {
        const std::string name = side == 0 ? "a" : "b";
        const Values& values = side == 0 ? a : b;
        if ((computed >> side & 1) != 0) {
          add_computed(model, name, c.operands[static_cast<std::size_t>(side)].dims);
          sample.insert(sample.end(), values.begin(), values.end());
        } else {
          add_tensor(model, name, c.operands[static_cast<std::size_t>(side)].dims, values);
        }
      }
      set_text(model.node("Einsum", {"a", "b"}, "y"), "equation", equation);
      CHECK(outputs_of(model.import(), sample) == expected);
    }
  }
}

TEST_CASE("a_matrix_product_with_samples_leaves_them_apart") {
  ModelMaker model;
  model.input("x", {-1, 2, 2}).output("y").constant("w", {1, 2, 2}, {1, 2, 3, 4});
  model.node("Transpose", {"x"}, "unused");
  model.node("MatMul", {"w", "x"}, "y");
  // w x, of x = ((5, 6), (7, 8))
  CHECK(outputs_of(model.import(), {5, 6, 7, 8}) == Values{19, 22, 43, 50});
}

TEST_CASE("a_transposed_convolution_is_the_transpose_of_the_convolution") {
  // <transposed(x), y> = <x, convolution(y)> for all x and y, with the same kernel and attributes.
  std::mt19937 random(2);
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random() % static_cast<unsigned>(most - least + 1));
  };
  for (int trial = 0; trial < 60; ++trial) {
    const std::int64_t groups = between(1, 2), stride = between(1, 3), dilation = between(1, 2),
                       kernel = between(1, 3), before = between(0, 2), after = between(0, 2),
                       source = between(1, 4);
    const std::int64_t of_group = between(1, 2), channels = 2 * groups, outputs = of_group * groups;
    const std::int64_t more = between(0, stride - 1);
    const std::int64_t size = stride * (source - 1) + more + dilation * (kernel - 1) + 1 - before - after;
    if (size < 1) continue;
    CAPTURE(trial);
    const Values weights = draw(random, static_cast<std::size_t>(channels * of_group * kernel));
    const auto attributes = [&](::onnx::NodeProto& node) {
      set_int(node, "group", groups);
      set_ints(node, "strides", {stride});
      set_ints(node, "dilations", {dilation});
      set_ints(node, "pads", {before, after});
    };
    ModelMaker transposed;
    transposed.input("x", {1, channels, source}).output("z");
    add_tensor(transposed, "w", {channels, of_group, kernel}, weights);
    auto& node = transposed.node("ConvTranspose", {"x", "w"}, "z");
    attributes(node);
    set_ints(node, "output_padding", {more});
    const Values x = draw(random, static_cast<std::size_t>(channels * source)),
                 y = draw(random, static_cast<std::size_t>(outputs * size));
    const Values image = outputs_of(transposed.import(), x);
    REQUIRE(image.size() == y.size());
    // The convolution of y, by its definition.
    Values back(x.size(), 0.0);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t m = 0; m < of_group; ++m) {
        for (std::int64_t i = 0; i < source; ++i) {
          for (std::int64_t k = 0; k < kernel; ++k) {
            const std::int64_t at = i * stride + k * dilation - before,
                               o = c / (channels / groups) * of_group + m;
            if (at < 0 || at >= size) continue;
            back[static_cast<std::size_t>(c * source + i)] +=
                weights[static_cast<std::size_t>((c * of_group + m) * kernel + k)] *
                y[static_cast<std::size_t>(o * size + at)];
          }
        }
      }
    }
    CHECK(std::inner_product(image.begin(), image.end(), y.begin(), 0.0) ==
          std::inner_product(x.begin(), x.end(), back.begin(), 0.0));
  }
}

TEST_CASE("interpolation_leaves_a_constant_image_and_a_straight_line_as_they_are") {
  for (const std::string mode : {"linear", "cubic", "nearest"}) {
    for (const bool antialias : {false, true}) {
      if (antialias && mode == "nearest") continue;
      for (const float scale : {0.5F, 0.75F, 1.5F, 2.0F}) {
        CAPTURE(mode);
        CAPTURE(scale);
        ModelMaker model(19);
        model.input("x", {-1, 1, 8}).output("y").constant("s", {3}, {1, 1, scale});
        auto& node = model.node("Resize", {"x", "", "s"}, "y");
        set_text(node, "mode", mode);
        if (antialias) set_int(node, "antialias", 1);
        const Graph graph = model.import();
        for (const double value : outputs_of(graph, Values(8, 5))) CHECK(value == doctest::Approx(5));
        if (mode == "nearest") continue;
        const Values line = outputs_of(graph, {0, 1, 2, 3, 4, 5, 6, 7});
        const std::size_t middle = line.size() / 2;
        CHECK(line[middle] ==
              doctest::Approx((static_cast<double>(middle) + 0.5) / scale - 0.5).epsilon(0.05));
      }
    }
  }
}

TEST_CASE("stated_quantisation_rounds_halves_to_even_and_saturates") {
  ModelMaker model(13);
  model.input("x", {-1, 6}).output("y").constant("s", {}, {0.5});
  auto* zero = model.graph().add_initializer();
  zero->set_name("z");
  zero->set_data_type(::onnx::TensorProto::INT8);
  zero->add_int32_data(-1);
  model.node("QuantizeLinear", {"x", "s", "z"}, "q");
  model.node("DequantizeLinear", {"q", "s", "z"}, "y");
  CHECK(outputs_of(model.import(), {0.25, 0.75, -0.25, 0.9, 1000, -1000}) == Values{0, 1, 0, 1, 64, -63.5});
}

TEST_CASE("a_quantised_convolution_pads_with_its_zero_point") {
  const auto tensor = [](ModelMaker& model, const std::string& name, ::onnx::TensorProto::DataType type,
                         const Dims& dims, const std::vector<int>& values) {
    auto* added = model.graph().add_initializer();
    added->set_name(name);
    added->set_data_type(type);
    for (const std::int64_t dim : dims) added->add_dims(dim);
    for (const int value : values) added->add_int32_data(value);
  };
  ModelMaker model(13);
  model.input("x", {-1, 1, 3})
      .output("y")
      .constant("xs", {}, {0.5})
      .constant("ws", {1}, {2})
      .constant("ys", {}, {4});
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      ::onnx::TensorProto::UINT8);
  tensor(model, "xz", ::onnx::TensorProto::UINT8, {}, {10});
  tensor(model, "w", ::onnx::TensorProto::INT8, {1, 1, 3}, {1, 2, 3});
  tensor(model, "wz", ::onnx::TensorProto::INT8, {1}, {1});
  tensor(model, "yz", ::onnx::TensorProto::UINT8, {}, {100});
  tensor(model, "b", ::onnx::TensorProto::INT32, {1}, {8});
  auto& node = model.node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, "y");
  set_ints(node, "pads", {1, 1});
  // x - 10 = (1, 2, 4), kernel (0, 1, 2): sums (5, 10, 4) and 8, times 0.5 * 2 / 4
  CHECK(outputs_of(model.import(), {11, 12, 14}) == Values{103, 104, 103});
}

TEST_CASE("weights_that_are_stated_as_integers_take_the_scale_of_their_channel") {
  ModelMaker model(13);
  model.input("x", {-1, 2}).output("y").constant("s", {2}, {0.5, 2});
  auto* weights = model.graph().add_initializer();
  weights->set_name("w");
  weights->set_data_type(::onnx::TensorProto::INT8);
  for (const int dim : {2, 2}) weights->add_dims(dim);
  for (const int value : {1, 2, 3, 4}) weights->add_int32_data(value);
  set_int(model.node("DequantizeLinear", {"w", "s"}, "d"), "axis", 1);
  model.node("MatMul", {"x", "d"}, "y");
  // ((0.5, 4), (1.5, 8))
  CHECK(outputs_of(model.import(), {1, 10}) == Values{15.5, 84});
}

TEST_CASE("normalisation_written_out_equals_its_definition") {
  ModelMaker model(17);
  model.input("x", {-1, 2, 3}).output("y").constant("g", {3}, {1, 2, 3}).constant("b", {3}, {0, 0, 1});
  set_float(model.node("LayerNormalization", {"x", "g", "b"}, "y"), "epsilon", 0.5F);
  const Values x{1, 2, 6, -1, 0, 1};
  const Values y = outputs_of(model.import(), x);
  for (std::size_t row : {0U, 1U}) {
    const double mean = (x[3 * row] + x[3 * row + 1] + x[3 * row + 2]) / 3;
    double variance = 0;
    for (std::size_t i = 0; i < 3; ++i) variance += std::pow(x[3 * row + i] - mean, 2) / 3;
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected =
          (x[3 * row + i] - mean) / std::sqrt(variance + 0.5) * (static_cast<double>(i) + 1) +
          (i == 2 ? 1 : 0);
      CHECK(y[3 * row + i] == doctest::Approx(expected));
    }
  }
}

TEST_CASE("products_of_a_row_take_every_value_once") {
  for (const std::int64_t count : {1, 2, 3, 5, 8}) {
    ModelMaker model;
    model.input("x", {1, 2, count}).output("y").integers("axes", {2});
    model.node("ReduceProd", {"x", "axes"}, "y");
    set_int(*model.graph().mutable_node(0), "keepdims", 0);
    Values sample, expected(2, 1.0);
    for (std::int64_t i = 0; i < 2 * count; ++i) {
      sample.push_back(static_cast<double>(i % 3) + 1 + (i == 0 ? 4 : 0));
      expected[static_cast<std::size_t>(i / count)] *= sample.back();
    }
    CHECK(outputs_of(model.import(), sample) == expected);
  }
}
