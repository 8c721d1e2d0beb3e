// Strided, padded and dilated convolutions, as ONNX defines them, against full ones of phases.
#include "frontend/convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;
using circlet::testing::refusal;

namespace {

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  std::uint32_t operator()(std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(random_);
  }
  std::vector<double> integers(std::size_t count) {
    std::vector<double> values(count);
    for (double& value : values) value = static_cast<double>((*this)(0, 18)) - 9;
    return values;
  }

 private:
  std::mt19937 random_;
};

WindowAxis random_axis(Draw& draw, std::optional<std::uint32_t> outputs) {
  for (;;) {
    WindowAxis axis{
        .size = draw(1, 9), .outputs = 1, .kernel = draw(1, 4), .stride = draw(1, 4), .dilation = draw(1, 3)};
    axis.pad = draw(0, 4);
    const std::int64_t room = axis.size + axis.pad + draw(0, 4) - axis.dilation * (axis.kernel - 1) - 1;
    if (room < 0) continue;
    axis.outputs = static_cast<std::uint32_t>(room / axis.stride) + 1;
    bool reads = true;
    for (std::int64_t y = 0; y < axis.outputs; ++y) {
      bool any = false;
      for (std::int64_t k = 0; k < axis.kernel; ++k) any = any || axis.holds(axis.position(y, k));
      reads = reads && any;
    }
    if (reads && (!outputs || axis.outputs == *outputs)) return axis;
  }
}

/// The sums of one layer, as ONNX defines a convolution.
std::vector<double> by_definition(const GraphLayer& layer, const std::vector<std::vector<double>>& tensors) {
  const WindowShape& made = layer.shape();
  std::vector<double> places;
  for (std::size_t o = 0; o < made.outputs; ++o) {
    for (std::int64_t y = 0; y < made.y.outputs; ++y) {
      for (std::int64_t x = 0; x < made.x.outputs; ++x) {
        double sum = layer.bias.empty() ? 0 : layer.bias[o];
        for (const GraphConvolution& term : layer.convolutions) {
          const WindowShape& shape = term.kernels->shape;
          const std::size_t inputs = shape.channels / shape.groups, outputs = shape.outputs / shape.groups;
          for (std::size_t c = 0; c < inputs; ++c) {
            for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
              for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
                const std::int64_t at_y = y * shape.y.stride + p * shape.y.dilation - shape.y.pad;
                const std::int64_t at_x = x * shape.x.stride + q * shape.x.dilation - shape.x.pad;
                if (at_y < 0 || at_y >= shape.y.size || at_x < 0 || at_x >= shape.x.size) continue;
                const std::size_t place = (o / outputs * inputs + c) * shape.plane() +
                                          static_cast<std::size_t>(at_y * shape.x.size + at_x);
                sum += term.kernels->values[((o * inputs + c) * shape.y.kernel + p) * shape.x.kernel + q] *
                       tensors[term.input][term.index.empty() ? place : term.index[place]];
              }
            }
          }
        }
        places.push_back(sum);
      }
    }
  }
  std::vector<double> rows;
  for (std::size_t j = 0; j < layer.rows; ++j)
    rows.push_back(places[layer.order.empty() ? j : layer.order[j]]);
  return rows;
}

/// The same by its plan; `sizes` says whether all of each full convolution is within the sums.
std::vector<double> by_plan(const GraphLayer& layer, const std::vector<std::vector<double>>& tensors) {
  const ConvolutionPlan plan = plan_convolution(layer);
  const WindowShape& made = layer.shape();
  std::vector<double> acc(std::size_t{made.outputs} * plan.height * plan.width, 0);
  for (std::size_t i = 0; i < acc.size(); ++i) {
    if (!layer.bias.empty()) acc[i] = layer.bias[i / (std::size_t{plan.height} * plan.width)];
  }
  for (const FullConvolution& part : plan.parts) {
    const GraphConvolution& term = layer.convolutions[part.term];
    const WindowShape& shape = term.kernels->shape;
    const std::size_t inputs = shape.channels / shape.groups, outputs = shape.outputs / shape.groups;
    CHECK(part.dy + part.kernel_height + part.height - 1 <= plan.height);
    CHECK(part.dx + part.kernel_width + part.width - 1 <= plan.width);
    REQUIRE(part.index.size() == std::size_t{shape.channels} * part.height * part.width);
    REQUIRE(part.weights.size() == part.kernel_height * shape.outputs * inputs * part.kernel_width);
    for (std::size_t o = 0; o < shape.outputs; ++o) {
      for (std::size_t c = 0; c < inputs; ++c) {
        for (std::size_t p = 0; p < part.kernel_height; ++p) {
          for (std::size_t q = 0; q < part.kernel_width; ++q) {
            const double weight =
                part.weights[((p * shape.outputs + o) * inputs + c) * part.kernel_width + q];
            for (std::size_t y = 0; y < part.height; ++y) {
              for (std::size_t x = 0; x < part.width; ++x) {
                const std::size_t from = ((o / outputs * inputs + c) * part.height + y) * part.width + x;
                acc[(o * plan.height + part.dy + p + y) * plan.width + part.dx + q + x] +=
                    weight * tensors[term.input][part.index[from]];
              }
            }
          }
        }
      }
    }
  }
  std::vector<double> rows;
  for (const std::uint32_t place : plan.outputs) rows.push_back(acc[place]);
  return rows;
}

}  // namespace

TEST_CASE("full_convolutions_of_phases_are_the_convolution") {
  Draw draw(1);
  for (int round = 0; round < 1000; ++round) {
    GraphLayer layer{.name = "c"};
    std::vector<std::vector<double>> tensors;
    std::optional<std::uint32_t> height, width;
    const std::uint32_t outputs = 2 * draw(1, 2);
    for (std::uint32_t i = draw(1, 10) == 1 ? 2 : 1; i > 0; --i) {
      const std::uint32_t groups = draw(1, 2);
      WindowShape shape{.channels = groups * draw(1, 2),
                        .outputs = outputs,
                        .groups = groups,
                        .y = random_axis(draw, height),
                        .x = random_axis(draw, width)};
      height = shape.y.outputs;
      width = shape.x.outputs;
      const std::size_t places = shape.channels * shape.plane();
      GraphConvolution term{.input = static_cast<TensorId>(tensors.size())};
      for (std::size_t k = 0; k < places && round % 3 == 0; ++k) {
        term.index.push_back(draw(0, static_cast<std::uint32_t>(places) - 1));
      }
      term.kernels = std::make_shared<const Kernels>(
          Kernels{shape, draw.integers(shape.outputs * shape.channels / shape.groups * shape.taps())});
      layer.convolutions.push_back(std::move(term));
      tensors.push_back(draw.integers(places));
    }
    layer.rows = static_cast<std::uint32_t>(outputs * layer.shape().made_plane());
    if (round % 2 == 0) layer.bias = draw.integers(outputs);
    if (round % 5 == 0) {
      for (std::uint32_t j = layer.rows; j > 0; --j) layer.order.push_back(j - 1);
    }
    CHECK(by_plan(layer, tensors) == by_definition(layer, tensors));
    if (tensors.size() > 1) continue;
    const Graph graph{.tensors = {{.name = "x", .rows = static_cast<std::uint32_t>(tensors[0].size())},
                                  {.name = "y", .rows = layer.rows}},
                      .layers = {[&] {
                        layer.output = 1;
                        return layer;
                      }()}};
    CHECK(evaluate(graph, tensors[0]).back().y == by_definition(layer, tensors));
  }
}

TEST_CASE("a_plan_is_no_larger_than_a_full_convolution") {
  const auto sized = [](const WindowAxis& axis) { return plan_axis({axis}).size; };
  CHECK(sized({.size = 28, .outputs = 26, .kernel = 3}) == 30);
  CHECK(sized({.size = 28, .outputs = 28, .kernel = 3, .pad = 1}) == 30);
  CHECK(sized({.size = 28, .outputs = 14, .kernel = 3, .stride = 2, .pad = 1}) == 15);
  CHECK(sized({.size = 28, .outputs = 14, .kernel = 1, .stride = 2}) == 14);
  CHECK(sized({.size = 28, .outputs = 28, .kernel = 1}) == 28);
  // What no output reads is left out.
  const AxisPlan plan = plan_axis({{.size = 28, .outputs = 2, .kernel = 2}});
  CHECK(plan.phases[0][0].places == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(plan.size == 4);
}

namespace {

/// A node over an image of 2 channels, 3 high and 4 wide, with a kernel or weights `k` of these dimensions.
struct WindowModel {
  ModelMaker model;
  ::onnx::NodeProto* node = nullptr;
  WindowModel(const std::string& type, std::initializer_list<std::int64_t> kernel) {
    model.input("x", {-1, 2, 3, 4}).output("y");
    std::size_t count = 1;
    for (const std::int64_t dim : kernel) count *= static_cast<std::size_t>(dim);
    if (kernel.size() != 0) model.constant("k", kernel, std::vector<float>(count, 0.5F));
    node = kernel.size() != 0 ? &model.node(type, {"x", "k"}, "y") : &model.node(type, {"x"}, "y");
  }
  WindowModel& with(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute->add_ints(value);
    return *this;
  }
  [[nodiscard]] std::string failure(ErrorKind kind) const {
    return refusal(kind, [&] { (void)model.import(); });
  }
};

}  // namespace

TEST_CASE("convolutions_that_are_not_supported_are_refused_by_name") {
  CHECK(WindowModel("Conv", {4, 2, 3, 3}).failure(ErrorKind::unsupported) == "accepted");
  using enum ErrorKind;
  CHECK(contains(WindowModel("Conv", {4, 2, 4, 3}).failure(bad_input), "larger than the padded image"));
  CHECK(contains(WindowModel("Conv", {4, 2, 3}).failure(bad_input), "has not the dimensions"));
  CHECK(contains(WindowModel("Conv", {4, 1, 3, 3}).failure(bad_input), "meets an image of 2"));
  CHECK(contains(WindowModel("Conv", {4, 2, 3, 3}).with("strides", {0, 1}).failure(unsupported),
                 "strides = 0"));
  CHECK(contains(WindowModel("Conv", {4, 2, 3, 3}).with("strides", {1}).failure(bad_input),
                 "one number an axis"));
  CHECK(contains(WindowModel("Conv", {4, 2, 3, 3}).with("pads", {-1, 0, 0, 0}).failure(unsupported),
                 "pads = -1"));
  CHECK(contains(WindowModel("Conv", {4, 2, 3, 3}).with("dilations", {1 << 25, 1}).failure(unsupported),
                 "dilations"));
  CHECK(
      contains(WindowModel("Conv", {4, 2, 3, 3}).with("other", {1}).failure(unsupported), "attribute other"));
  CHECK(contains(WindowModel("Conv", {4, 2, 1, 1}).with("pads", {1, 0, 0, 0}).failure(unsupported),
                 "nothing but padding"));
}

TEST_CASE("pooling_that_is_not_supported_is_refused_by_name") {
  using enum ErrorKind;
  CHECK(WindowModel("MaxPool", {}).with("kernel_shape", {2, 2}).failure(unsupported) == "accepted");
  WindowModel indices("MaxPool", {});
  indices.with("kernel_shape", {2, 2}).node->add_output("indices");
  CHECK(contains(indices.failure(unsupported), "indices"));
  CHECK(
      contains(WindowModel("MaxPool", {}).with("kernel_shape", {2}).failure(bad_input), "one size an axis"));
  CHECK(contains(WindowModel("MaxPool", {}).with("kernel_shape", {0, 2}).failure(unsupported),
                 "a kernel of 0"));
  CHECK(contains(WindowModel("ReduceMean", {}).with("axes", {0}).failure(unsupported), "reduces the batch"));
}

TEST_CASE("a_block_is_one_layer") {
  ModelMaker model;
  model.input("x", {-1, 2, 3, 4}).output("y");
  model.constant("k", {2, 2, 3, 3}, std::vector<float>(36, 0.5F));
  model.constant("v", {2}, {1, 2});
  auto& node = model.node("Conv", {"x", "k"}, "c");
  auto* attribute = node.add_attribute();
  attribute->set_name("pads");
  attribute->set_type(::onnx::AttributeProto::INTS);
  for (int i = 0; i < 4; ++i) attribute->add_ints(1);
  model.node("BatchNormalization", {"c", "v", "v", "v", "v"}, "n");
  model.node("Add", {"n", "x"}, "s");
  model.node("Relu", {"s"}, "h");
  model.node("GlobalAveragePool", {"h"}, "y");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);  // the block, the average, and the output
  CHECK(graph.layers[0].convolutions.size() == 2);
  CHECK(graph.layers[0].bias.size() == 2);
  CHECK(graph.layers[1].pooling.has_value());
}
