#include "tests/support/random_program.hpp"

#include <algorithm>
#include <numeric>

#include "operators/convolution/meaning.hpp"
#include "operators/maximum/meaning.hpp"
#include "operators/product/meaning.hpp"
#include "operators/sum/meaning.hpp"
#include "operators/total/meaning.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"

namespace circlet::testing {

ProgramBuilder::ProgramBuilder(std::uint32_t inputs, std::int32_t min, std::int32_t max, std::uint32_t seed)
    : random_(seed) {
  program_.name = "random";
  add_input("input", inputs, min, max);
}

TensorId ProgramBuilder::add_input(const std::string& name, std::uint32_t rows, std::int64_t min,
                                   std::int64_t max) {
  const TensorId tensor = add_tensor(name, rows, min, max);
  program_.inputs.push_back({.name = name, .tensor = tensor, .centres = {}});
  return tensor;
}

std::int32_t ProgramBuilder::draw(std::int32_t magnitude) {
  return static_cast<std::int32_t>(random_() % static_cast<std::uint32_t>(2 * magnitude + 1)) - magnitude;
}

DenseTerm ProgramBuilder::dense(TensorId from, std::uint32_t outputs, std::int32_t magnitude) {
  DenseTerm term{.input = from, .outputs = outputs, .inputs = program_.tensors[from].rows(), .weights = {}};
  term.weights.resize(std::size_t{term.inputs} * outputs);
  for (auto& w : term.weights) w = draw(magnitude);
  return term;
}

std::vector<std::int32_t> ProgramBuilder::bias(std::uint32_t rows, std::int32_t magnitude) {
  std::vector<std::int32_t> values(rows);
  for (auto& b : values) b = draw(magnitude);
  return values;
}

TensorId ProgramBuilder::add_sums(const LayerSums& layer) {
  const std::string name = "layer " + std::to_string(layers_++);
  const TensorId tensor = add_tensor(name, layer.rows, 0, 0);
  Op op{.kind = OpKind::affine, .name = name, .outputs = {tensor}};
  for (const DenseTerm& term : layer.dense) {
    op.inputs.push_back(term.input);
    op.constants.push_back(add_weights(name, {term.inputs, term.outputs}, term.weights));
  }
  for (const ScaledTerm& term : layer.scaled) {
    op.inputs.push_back(term.input);
    op.constants.push_back(
        add_weights(name, {static_cast<std::uint32_t>(term.coefficients.size())}, term.coefficients));
  }
  if (!layer.bias.empty()) op.constants.push_back(add_weights(name, {layer.rows}, layer.bias));
  program_.tensors[tensor].max = affine::accumulator_bound(program_, op);
  program_.tensors[tensor].min = -program_.tensors[tensor].max;
  program_.ops.push_back(std::move(op));
  return tensor;
}

TensorId ProgramBuilder::add_product(TensorId a, TensorId b) {
  const std::string name = "product " + std::to_string(layers_++);
  const auto [least, greatest] = product::range_of(program_.tensors[a], program_.tensors[b]);
  const TensorId tensor = add_tensor(name, program_.tensors[a].rows(), least, greatest);
  program_.tensors[tensor].shape = program_.tensors[a].shape;
  program_.tensors[tensor].lanes = program_.tensors[a].lanes;
  program_.ops.push_back({.kind = OpKind::product, .name = name, .inputs = {a, b}, .outputs = {tensor}});
  return tensor;
}

TensorId ProgramBuilder::add_saturation(TensorId sums, const Cells& cells) {
  const std::string name = program_.ops.back().name;
  const TensorId tensor = add_tensor(name + " saturated", program_.tensors[sums].rows(),
                                     cells.first * cells.width() - cells.offset,
                                     (cells.last + 1) * cells.width() - 1 - cells.offset);
  program_.tensors[tensor].shape = program_.tensors[sums].shape;
  program_.tensors[tensor].lanes = program_.tensors[sums].lanes;
  const ConstantId table = add_table("saturation", table_of(cells, program_.tensors[sums].max));
  program_.ops.push_back({.kind = OpKind::saturate,
                          .name = name,
                          .inputs = {sums},
                          .constants = {table},
                          .outputs = {tensor},
                          .attributes = attributes_of(cells)});
  return tensor;
}

TensorId ProgramBuilder::add_gather(TensorId x, const std::vector<std::int32_t>& indices) {
  const std::string name = "gather " + std::to_string(layers_++);
  const Tensor from = program_.tensors[x];
  const auto count = static_cast<std::uint32_t>(indices.size());
  const TensorId tensor = add_tensor(name, count * from.lanes, from.min, from.max);
  program_.tensors[tensor].lanes = from.lanes;
  const ConstantId constant = add_constant(
      {.kind = ConstantTensor::Kind::indices, .name = name, .shape = {count}, .values = indices});
  program_.ops.push_back(
      {.kind = OpKind::gather, .name = name, .inputs = {x}, .constants = {constant}, .outputs = {tensor}});
  return tensor;
}

TensorId ProgramBuilder::add_relu(TensorId sums, std::uint32_t shift) {
  const std::int64_t bound = magnitude(program_.tensors[sums]);
  // q runs over 0..2*half, y = max(q - half, 0).
  const std::int64_t half = (bound >> shift) + 1;
  std::vector<std::int32_t> values;
  for (std::int64_t q = 0; q <= 2 * half; ++q) {
    values.push_back(static_cast<std::int32_t>(std::max<std::int64_t>(q - half, 0)));
  }
  const std::int64_t greatest = std::ranges::max(values);
  const ConstantId table =
      share_table(program_, "relu " + std::to_string(program_.constants.size()), std::move(values));
  const std::string name = program_.ops.back().name;
  const TensorId output = add_tensor(name + " relu", 0, 0, greatest);
  reshape(output, program_.tensors[sums].shape);
  program_.tensors[output].lanes = program_.tensors[sums].lanes;
  program_.ops.push_back(
      {.kind = OpKind::requantise,
       .name = name,
       .inputs = {sums},
       .constants = {table},
       .outputs = {output},
       .attributes = attributes_of({.shift = shift, .offset = half << shift, .digits = {}})});
  return output;
}

TensorId ProgramBuilder::add_convolution(const std::vector<ConvolutionTerm>& terms, std::uint32_t outputs,
                                         std::int32_t magnitude) {
  const std::string name = "convolution " + std::to_string(layers_++);
  Op op{.kind = OpKind::convolution, .name = name};
  std::uint32_t height = 1, width = 1;
  for (const ConvolutionTerm& term : terms) {
    const std::vector<std::uint32_t> x = program_.tensors[term.input].shape;
    height = std::max(height, term.dy + term.kernel_height + x[1] - 1);
    width = std::max(width, term.dx + term.kernel_width + x[2] - 1);
    const std::vector<std::uint32_t> shape{term.kernel_height, outputs, x[0] / term.groups,
                                           term.kernel_width};
    op.inputs.push_back(term.input);
    op.constants.push_back(
        add_weights(name, shape, bias(shape[0] * shape[1] * shape[2] * shape[3], magnitude)));
    op.attributes.insert(op.attributes.end(), {term.dy, term.dx, term.groups});
  }
  op.constants.push_back(add_weights(name, {outputs}, bias(outputs, magnitude)));
  const TensorId tensor = add_tensor(name, outputs * height * width, 0, 0);
  reshape(tensor, {outputs, height, width});
  op.outputs = {tensor};
  program_.tensors[tensor].max = convolution::accumulator_bound(program_, op);
  program_.tensors[tensor].min = -program_.tensors[tensor].max;
  program_.ops.push_back(std::move(op));
  return tensor;
}

TensorId ProgramBuilder::add_tile(TensorId x, const std::vector<std::int32_t>& indices,
                                  std::vector<std::uint32_t> shape, std::uint32_t lanes) {
  const std::string name = "tiles " + std::to_string(layers_++);
  const ConstantId constant = add_constant({.kind = ConstantTensor::Kind::indices,
                                            .name = name,
                                            .shape = {static_cast<std::uint32_t>(indices.size())},
                                            .values = indices});
  const TensorId made = add_tensor(name, 0, program_.tensors[x].min, program_.tensors[x].max);
  reshape(made, std::move(shape));
  program_.tensors[made].lanes = lanes;
  program_.ops.push_back(
      {.kind = OpKind::tile, .name = name, .inputs = {x}, .constants = {constant}, .outputs = {made}});
  return made;
}

TensorId ProgramBuilder::add_correlation(const std::vector<CorrelationTerm>& terms,
                                         const CorrelationShape& shape, std::int32_t magnitude) {
  const std::string name = "correlation " + std::to_string(layers_++);
  Op op{.kind = OpKind::correlation,
        .name = name,
        .attributes = {shape.pitch, shape.wide, shape.narrow, shape.upright}};
  for (const CorrelationTerm& term : terms) {
    const std::vector<std::uint32_t> x = program_.tensors[term.input].shape;
    const std::vector<std::uint32_t> weights{term.kernel_height, term.kernel_width, term.groups,
                                             x[0] / term.groups, shape.outputs / term.groups};
    const std::uint32_t count = weights[0] * weights[1] * weights[2] * weights[3] * weights[4];
    op.inputs.push_back(term.input);
    op.constants.push_back(term.adds_windows ? add_constant({.kind = ConstantTensor::Kind::indices,
                                                             .name = name,
                                                             .shape = weights,
                                                             .values = std::vector<std::int32_t>(count, 1)})
                                             : add_weights(name, weights, bias(count, magnitude)));
    op.attributes.insert(op.attributes.end(),
                         {term.stride, term.dilation_y, term.dilation_x, term.top, term.left, term.groups});
  }
  op.constants.push_back(add_weights(name, {shape.outputs}, bias(shape.outputs, magnitude)));
  const TensorId tensor = add_tensor(name, 0, 0, 0);
  reshape(tensor, {shape.outputs, shape.lines, shape.phases, shape.width});
  program_.tensors[tensor].lanes = shape.lanes;
  op.outputs = {tensor};
  const auto [least, greatest] = sums_of(program_, op);
  program_.tensors[tensor].max = greatest;
  program_.tensors[tensor].min = least;
  program_.ops.push_back(std::move(op));
  return tensor;
}

TensorId ProgramBuilder::add_sum(const std::vector<ChosenRows>& terms, std::uint32_t rows) {
  const std::string name = "sum " + std::to_string(layers_++);
  Op op{.kind = OpKind::sum, .name = name};
  for (const ChosenRows& term : terms) {
    const auto count = static_cast<std::uint32_t>(term.indices.size());
    op.inputs.push_back(term.input);
    op.constants.push_back(add_constant({.kind = ConstantTensor::Kind::indices,
                                         .name = name,
                                         .shape = {rows, count / rows},
                                         .values = term.indices}));
    op.attributes.push_back(term.sign);
  }
  op.outputs = {add_tensor(name, rows, 0, 0)};
  const auto [least, greatest] = sum::range_of(program_, op);
  program_.tensors[op.outputs[0]].min = least;
  program_.tensors[op.outputs[0]].max = greatest;
  program_.ops.push_back(std::move(op));
  return program_.ops.back().outputs[0];
}

TensorId ProgramBuilder::add_total(TensorId x, const std::vector<std::int32_t>& indices, std::uint32_t rows) {
  const std::string name = "total " + std::to_string(layers_++);
  const Tensor from = program_.tensors[x];
  const auto terms = static_cast<std::uint32_t>(indices.size()) / rows;
  const auto [least, greatest] = total::range_of(from, terms);
  const ConstantId constant = add_constant(
      {.kind = ConstantTensor::Kind::indices, .name = name, .shape = {rows, terms}, .values = indices});
  const TensorId made = add_tensor(name, rows * from.lanes, least, greatest);
  program_.tensors[made].lanes = from.lanes;
  program_.ops.push_back(
      {.kind = OpKind::total, .name = name, .inputs = {x}, .constants = {constant}, .outputs = {made}});
  return made;
}

TensorId ProgramBuilder::add_maximum(TensorId a, TensorId b, bool lesser) {
  const std::string name = "maximum " + std::to_string(layers_++);
  const Tensor &of_a = program_.tensors[a], &of_b = program_.tensors[b];
  const auto [least, greatest] = maximum::range_of(of_a, of_b, lesser);
  const std::int64_t lowest = maximum::lowest_difference(of_a, of_b);
  std::vector<std::int32_t> values;
  for (std::int64_t d = 0; d < maximum::entries_of(of_a, of_b); ++d) {
    const std::int64_t difference = d + lowest;
    values.push_back(static_cast<std::int32_t>((difference < 0) == lesser ? difference : 0));
  }
  const Tensor like = of_a;
  const ConstantId table = share_table(program_, name, values);
  const TensorId tensor = add_tensor(name, like.rows(), least, greatest);
  program_.tensors[tensor].lanes = like.lanes;
  program_.ops.push_back({.kind = OpKind::maximum,
                          .name = name,
                          .inputs = {a, b},
                          .constants = {table},
                          .outputs = {tensor},
                          .attributes = {lesser ? 1 : 0}});
  return tensor;
}

void ProgramBuilder::add_output(const std::string& name, TensorId tensor) {
  program_.outputs.push_back({.name = name, .tensor = tensor, .predicate = {}});
}

Program ProgramBuilder::finish(const LayerSums& layer) {
  add_sums(layer);
  return finish();
}

Program ProgramBuilder::finish() {
  if (program_.outputs.empty()) add_output("output", program_.ops.back().outputs[0]);
  return std::move(program_);
}

std::vector<std::int32_t> ProgramBuilder::random_input(std::uint32_t lanes) {
  const Tensor& info = program_.tensors[input()];
  return random_input(info, lanes);
}

std::vector<std::int32_t> ProgramBuilder::random_input(const Tensor& info, std::uint32_t lanes) {
  std::vector<std::int32_t> values(std::size_t{info.rows()} * lanes);
  for (auto& x : values) {
    x = static_cast<std::int32_t>(info.min +
                                  static_cast<std::int64_t>(random_() % (info.max - info.min + 1)));
  }
  return values;
}

TensorId ProgramBuilder::add_tensor(const std::string& name, std::uint32_t rows, std::int64_t min,
                                    std::int64_t max) {
  program_.tensors.push_back({.name = name, .shape = {rows}, .min = min, .max = max, .scales = {1.0}});
  return static_cast<TensorId>(program_.tensors.size() - 1);
}

ConstantId ProgramBuilder::add_weights(const std::string& name, std::vector<std::uint32_t> shape,
                                       std::vector<std::int32_t> values) {
  return add_constant({.kind = ConstantTensor::Kind::weights,
                       .name = name,
                       .shape = std::move(shape),
                       .values = std::move(values)});
}

ConstantId ProgramBuilder::add_table(const std::string& name, std::vector<std::int32_t> values) {
  const auto size = static_cast<std::uint32_t>(values.size());
  return add_constant(
      {.kind = ConstantTensor::Kind::table, .name = name, .shape = {size}, .values = std::move(values)});
}

ConstantId ProgramBuilder::add_constant(ConstantTensor constant) {
  program_.constants.push_back(std::move(constant));
  return static_cast<ConstantId>(program_.constants.size() - 1);
}

Program random_mlp(std::uint32_t inputs, std::uint32_t hidden, std::uint32_t outputs, std::uint32_t seed) {
  ProgramBuilder builder(inputs, 0, 15, seed);
  const auto h = builder.add_relu({.rows = hidden,
                                   .dense = {builder.dense(builder.input(), hidden, 20)},
                                   .bias = builder.bias(hidden, 100)},
                                  4);
  return builder.finish(
      {.rows = outputs, .dense = {builder.dense(h, outputs, 50)}, .bias = builder.bias(outputs, 100)});
}

Program random_residual(std::uint32_t width, std::uint32_t seed) {
  ProgramBuilder builder(width, -8, 7, seed);
  const auto h =
      builder.add_relu({.rows = width,
                        .dense = {builder.dense(builder.input(), width, 20)},
                        .scaled = {{builder.input(), {3}}, {builder.input(), builder.bias(width, 9)}},
                        .bias = builder.bias(width, 50)},
                       3);
  builder.add_relu({.rows = width, .scaled = {{builder.input(), {5}}, {h, {-2}}}}, 2);
  return builder.finish();
}

Program random_gated(std::uint32_t inputs, std::uint32_t width, std::uint32_t outputs, std::uint32_t seed) {
  ProgramBuilder builder(inputs, 0, 15, seed);
  const auto h = builder.add_relu({.rows = width, .dense = {builder.dense(builder.input(), width, 20)}}, 4);
  const auto g = builder.add_relu(
      {.rows = width, .dense = {builder.dense(builder.input(), width, 20)}, .bias = builder.bias(width, 100)},
      3);
  std::vector<std::int32_t> order(width, 0);
  for (std::uint32_t j = 1; j < width; ++j) order[j] = static_cast<std::int32_t>(width - j);
  const auto gate = builder.add_relu(builder.add_product(h, builder.add_gather(g, order)), 6);
  return builder.finish(
      {.rows = outputs, .dense = {builder.dense(gate, outputs, 9)}, .bias = builder.bias(outputs, 100)});
}

Program random_tiles(std::uint32_t seed) {
  ProgramBuilder builder(2 * 5 * 8, -8, 7, seed);
  std::vector<std::int32_t> lines(80);
  std::iota(lines.begin(), lines.end(), 0);
  const auto image = builder.add_tile(builder.input(), lines, {2, 5, 1, 8}, 4);
  // "Same" padding; of its lines, even and odd columns apart. Between them four places are free.
  const auto h =
      builder.add_relu(builder.add_correlation(
                           {{.input = image, .kernel_height = 3, .kernel_width = 5, .top = 1, .left = 2}},
                           {.outputs = 2, .lines = 5, .phases = 2, .width = 4, .lanes = 4, .pitch = 12}, 5),
                       4);
  // A stride of two, by groups, and the image again, at its even places.
  std::vector<std::int32_t> even, odd;
  for (std::int32_t line = 0; line < 10; ++line) {
    even.push_back(2 * line);
    odd.push_back(2 * line + 1);
  }
  const auto greatest = builder.add_maximum(builder.add_gather(h, even), builder.add_gather(h, odd));
  builder.reshape(greatest, {2, 5, 1, 4});
  const auto y = builder.add_relu(
      builder.add_correlation(
          {{.input = h, .kernel_height = 3, .kernel_width = 2, .stride = 2, .top = 1, .groups = 2},
           {.input = greatest, .kernel_width = 3, .stride = 2, .dilation_x = 2, .left = 2}},
          {.outputs = 2, .lines = 3, .phases = 1, .width = 4, .lanes = 1, .pitch = 6}, 5),
      4);
  return builder.finish({.rows = 3, .dense = {builder.dense(y, 3, 9)}});
}

Program random_squeezed(std::uint32_t seed) {
  ProgramBuilder builder(2 * 3 * 4, -8, 7, seed);
  std::vector<std::int32_t> lines(24);
  std::iota(lines.begin(), lines.end(), 0);
  const auto image = builder.add_tile(builder.input(), lines, {2, 3, 1, 4}, 4);
  const auto h = builder.add_relu(
      builder.add_correlation({{.input = image, .kernel_height = 3, .kernel_width = 3, .top = 1, .left = 1}},
                              {.outputs = 2, .lines = 3, .width = 4, .lanes = 4, .pitch = 5}, 5),
      4);
  const auto line = builder.add_total(h, {0, 1, 2, 3, 4, 5}, 2);
  builder.reshape(line, {2, 1, 1, 4});
  const auto mean = builder.add_relu(
      builder.add_correlation({{.input = line, .kernel_width = 4, .groups = 2, .adds_windows = true}},
                              {.outputs = 2, .pitch = 4}, 5),
      3);
  const auto factors = builder.add_relu({.rows = 2, .dense = {builder.dense(mean, 2, 5)}}, 3);
  const auto scaled =
      builder.add_relu(builder.add_product(h, builder.add_gather(factors, {0, 0, 0, 1, 1, 1})), 5);
  const auto y = builder.add_relu(
      builder.add_correlation({{.input = scaled, .kernel_height = 2, .kernel_width = 2, .stride = 2}},
                              {.outputs = 1, .lines = 2, .width = 4, .lanes = 1, .pitch = 5}, 5),
      4);
  return builder.finish({.rows = 3, .dense = {builder.dense(y, 3, 9)}});
}

Program random_convolutions(std::uint32_t seed) {
  ProgramBuilder builder(24, 0, 15, seed);
  builder.reshape(builder.input(), {2, 4, 3});
  const auto h = builder.add_relu(builder.add_convolution({{builder.input(), 2, 3}}, 2, 9), 4);  // [2, 5, 5]
  // Two by two, the last row and column being left out.
  std::vector<std::int32_t> corners[4], windows;
  for (std::int32_t c = 0; c < 2; ++c) {
    for (std::int32_t y = 0; y < 4; y += 2) {
      for (std::int32_t x = 0; x < 4; x += 2) {
        for (std::int32_t i = 0; i < 4; ++i) {
          const std::int32_t at = c * 25 + (y + i / 2) * 5 + x + i % 2;
          corners[i].push_back(at);
          windows.push_back(i == 3 && y == 0 ? -1 : at);
        }
      }
    }
  }
  const auto greatest = builder.add_maximum(
      builder.add_maximum(builder.add_gather(h, corners[0]), builder.add_gather(h, corners[1])),
      builder.add_maximum(builder.add_gather(h, corners[2]), builder.add_gather(h, corners[3])));
  const auto mean = builder.add_relu(builder.add_sum({{h, windows}}, 8), 2);
  builder.reshape(greatest, {2, 2, 2});
  builder.reshape(mean, {2, 2, 2});
  builder.add_convolution({{greatest, 2, 2}, {mean, 1, 2, 1, 0, 2}}, 2, 9);
  return builder.finish();
}

}  // namespace circlet::testing
