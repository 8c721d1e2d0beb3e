// Small Programs with seeded random weights, for tests of everything after the front end.
#pragma once

#include <random>

#include "operators/saturate/meaning.hpp"
#include "tests/support/program_parts.hpp"

namespace circlet::testing {

/// acc_j += sum_k weights[k * outputs + j] x_k.
struct DenseTerm {
  TensorId input = 0;
  std::uint32_t outputs = 0;
  std::uint32_t inputs = 0;
  std::vector<std::int32_t> weights;
};

/// acc_j += c_j x_j.
struct ScaledTerm {
  TensorId input = 0;
  std::vector<std::int32_t> coefficients;
};

/// A term of a convolution on an input of shape [C, h, w].
struct ConvolutionTerm {
  TensorId input = 0;
  std::uint32_t kernel_height = 1, kernel_width = 1;
  std::uint32_t dy = 0, dx = 0, groups = 1;
};

/// A term of a correlation on an input of shape [channels, lines, phases, n].
struct CorrelationTerm {
  TensorId input = 0;
  std::uint32_t kernel_height = 1, kernel_width = 1;
  std::uint32_t stride = 1, dilation_y = 1, dilation_x = 1;
  std::int32_t top = 0, left = 0;
  std::uint32_t groups = 1;
  bool adds_windows = false;  // with public ones, each channel alone
};

/// What a correlation makes, of shape [outputs, lines, phases, n] in tiles.
struct CorrelationShape {
  std::uint32_t outputs = 1, lines = 1, phases = 1, width = 1, lanes = 1;
  std::uint32_t pitch = 1;
  std::uint32_t wide = 4, narrow = 2, upright = 1;  // lanes of free tiles
};

/// The sums of a layer.
struct LayerSums {
  std::uint32_t rows = 0;
  std::vector<DenseTerm> dense;
  std::vector<ScaledTerm> scaled;
  std::vector<std::int32_t> bias;
};

/// Builds layer after layer; splits are sized so that every input in range can be executed.
class ProgramBuilder {
 public:
  ProgramBuilder(std::uint32_t inputs, std::int32_t min, std::int32_t max, std::uint32_t seed);

  TensorId add_input(const std::string& name, std::uint32_t rows, std::int64_t min, std::int64_t max);
  [[nodiscard]] TensorId input() const { return program_.inputs[0].tensor; }
  [[nodiscard]] const Program& program() const { return program_; }

  std::int32_t draw(std::int32_t magnitude);

  DenseTerm dense(TensorId from, std::uint32_t outputs, std::int32_t magnitude);
  std::vector<std::int32_t> bias(std::uint32_t rows, std::int32_t magnitude);

  /// The sums alone, of the range that they can reach.
  TensorId add_sums(const LayerSums& layer);

  /// a_j b_j, of which only the sums' readers know; of tiles a_j with a single value b a tile.
  TensorId add_product(TensorId a, TensorId b);

  TensorId add_saturation(TensorId sums, const Cells& cells);

  /// x_(i_j)
  TensorId add_gather(TensorId x, const std::vector<std::int32_t>& indices);

  /// Adds a layer followed by a ReLU look-up with remainder range [0, 2^shift).
  TensorId add_relu(const LayerSums& layer, std::uint32_t shift) { return add_relu(add_sums(layer), shift); }
  /// The look-up alone, of what the op before has made.
  TensorId add_relu(TensorId sums, std::uint32_t shift);

  /// A convolution, of random weights and biases up to `magnitude`, that needs no room beyond its inputs.
  TensorId add_convolution(const std::vector<ConvolutionTerm>& terms, std::uint32_t outputs,
                           std::int32_t magnitude);
  /// Sums of rows, each input added or subtracted; rows of the output stand one after the other in `indices`.
  struct ChosenRows {
    TensorId input = 0;
    std::vector<std::int32_t> indices;
    std::int64_t sign = 1;
  };
  TensorId add_sum(const std::vector<ChosenRows>& terms, std::uint32_t rows);
  /// x_(i_k) in tiles of `lanes`, with other dimensions.
  TensorId add_tile(TensorId x, const std::vector<std::int32_t>& indices, std::vector<std::uint32_t> shape,
                    std::uint32_t lanes);
  /// A correlation of random weights and biases up to `magnitude`.
  TensorId add_correlation(const std::vector<CorrelationTerm>& terms, const CorrelationShape& shape,
                           std::int32_t magnitude);
  TensorId add_maximum(TensorId a, TensorId b, bool lesser = false);
  /// Sums of rows, or tiles, as values; those of the output stand one after the other in `indices`.
  TensorId add_total(TensorId x, const std::vector<std::int32_t>& indices, std::uint32_t rows);
  /// The same values with other dimensions.
  void reshape(TensorId tensor, std::vector<std::uint32_t> shape) {
    program_.tensors[tensor].shape = std::move(shape);
  }

  void add_output(const std::string& name, TensorId tensor);

  /// Adds a last layer whose accumulators are the output.
  Program finish(const LayerSums& layer);
  Program finish();

  /// The integer program itself, for what no function here builds.
  [[nodiscard]] Program& change() { return program_; }

  std::vector<std::int32_t> random_input(std::uint32_t lanes);
  std::vector<std::int32_t> random_input(const Tensor& info, std::uint32_t lanes);

 private:
  TensorId add_tensor(const std::string& name, std::uint32_t rows, std::int64_t min, std::int64_t max);
  ConstantId add_weights(const std::string& name, std::vector<std::uint32_t> shape,
                         std::vector<std::int32_t> values);
  ConstantId add_table(const std::string& name, std::vector<std::int32_t> values);
  ConstantId add_constant(ConstantTensor constant);

  Program program_;
  std::mt19937 random_;
  std::size_t layers_ = 0;
};

/// inputs-hidden-outputs with biases and one ReLU.
Program random_mlp(std::uint32_t inputs, std::uint32_t hidden, std::uint32_t outputs, std::uint32_t seed);

/// A residual layer: y = relu(W x + 3 x + v * x), a second one with only scaled terms, and a split output.
Program random_residual(std::uint32_t width, std::uint32_t seed);

/// A gate: h = relu(W x), g = relu(V x) with its rows in another order and the first one twice, and a layer
/// of relu(h_j g_j). Values times values, and wires by other names.
Program random_gated(std::uint32_t inputs, std::uint32_t width, std::uint32_t outputs, std::uint32_t seed);

/// A small convolutional network in tiles: two strided correlations, the second of groups and of phases, a
/// maximum of tiles, and a dense layer of single values.
Program random_tiles(std::uint32_t seed);

/// Squeeze and excitation in tiles: the channels of an image, convolved, times what a layer makes of their
/// averages, and convolved again.
Program random_squeezed(std::uint32_t seed);

/// A small convolutional network: two channels of 4 x 3, convolved, pooled by maxima and by sums, and
/// convolved in two terms, one of them by groups.
Program random_convolutions(std::uint32_t seed);

}  // namespace circlet::testing
