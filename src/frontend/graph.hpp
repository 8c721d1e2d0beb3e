// The float model as imported: the same layers as a Program (program/program.hpp), in real numbers. A layer
// is a map of tensors, optionally followed by one scalar function, y = f(z), where z is one of
//
//   affine       sum_k W[k][j] x_k + sum c_j x_(i_j) + bias_j
//   convolution  sum of convolutions of images, and a bias for each of its channels
//   pooling      the sum of each of an image's windows, times a factor, or their greatest values
//   product      of two rows each
//   forest       1 for each tree's leaf that a record reaches, else 0 (frontend/forest.hpp)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/forest.hpp"
#include "frontend/scalar_function.hpp"
#include "program/program.hpp"

namespace circlet {

struct Matrix {
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  std::vector<double> values;  // [input k][output j]
  friend bool operator==(const Matrix&, const Matrix&) = default;
};

struct GraphTensor {
  std::string name;
  std::uint32_t rows = 0;
};

struct GraphDense {
  TensorId input = 0;
  std::shared_ptr<const Matrix> weights;
};

struct GraphScaled {
  TensorId input = 0;
  std::vector<double> coefficients;  // one, or one a row
  std::vector<std::uint32_t> index;  // row j reads index[j]; empty: row j
  [[nodiscard]] double coefficient(std::size_t row) const {
    return coefficients[coefficients.size() == 1 ? 0 : row];
  }
  [[nodiscard]] std::size_t source(std::size_t row) const { return index.empty() ? row : index[row]; }
  friend bool operator==(const GraphScaled&, const GraphScaled&) = default;
};

/// One axis of a window that moves over an image: output y sees x = stride y + dilation k - pad for each k of
/// the kernel; what is outside of [0, size) is no part of the image.
struct WindowAxis {
  std::uint32_t size = 1, outputs = 1, kernel = 1, stride = 1, dilation = 1;
  std::int64_t pad = 0;  // before the first
  [[nodiscard]] std::int64_t position(std::int64_t output, std::int64_t tap) const {
    return output * stride + tap * dilation - pad;
  }
  [[nodiscard]] bool holds(std::int64_t at) const { return at >= 0 && at < std::int64_t{size}; }
  friend bool operator==(const WindowAxis&, const WindowAxis&) = default;
};

/// Of an image [channels][y][x] to one [outputs][y][x].
struct WindowShape {
  std::uint32_t channels = 1, outputs = 1, groups = 1;
  WindowAxis y, x;
  [[nodiscard]] std::size_t plane() const { return std::size_t{y.size} * x.size; }
  [[nodiscard]] std::size_t made_plane() const { return std::size_t{y.outputs} * x.outputs; }
  [[nodiscard]] std::size_t taps() const { return std::size_t{y.kernel} * x.kernel; }
  friend bool operator==(const WindowShape&, const WindowShape&) = default;
};

struct Kernels {
  WindowShape shape;
  std::vector<double> values;  // [output][channel of its group][tap y][tap x]
  friend bool operator==(const Kernels&, const Kernels&) = default;
};

struct GraphConvolution {
  TensorId input = 0;
  std::vector<std::uint32_t> index;  // of the image's places; empty: the tensor's rows as they are
  std::shared_ptr<const Kernels> kernels;
};

/// No row of a tensor, where an index says so.
inline constexpr std::uint32_t no_row = ~0U;

struct GraphPooling {
  TensorId input = 0;
  std::vector<std::uint32_t> index;  // as of a convolution; of a sum, no_row is a place of 0
  WindowShape shape;                 // as many outputs as channels, each of its own
  bool maximum = false;              // of each window, which holds a place of the image; else its sum
  double factor = 1;                 // of the sum
  friend bool operator==(const GraphPooling&, const GraphPooling&) = default;
};

/// Row j is the product of row index[j] of either input; empty: row j.
struct GraphProduct {
  std::array<TensorId, 2> inputs{};
  std::array<std::vector<std::uint32_t>, 2> index;
  [[nodiscard]] std::size_t source(std::size_t side, std::size_t row) const {
    return index[side].empty() ? row : index[side][row];
  }
  friend bool operator==(const GraphProduct&, const GraphProduct&) = default;
};

struct GraphLayer {
  std::string name;
  std::uint32_t rows = 0;
  std::vector<GraphDense> dense;
  std::vector<GraphScaled> scaled;
  std::vector<GraphConvolution> convolutions;  // then there are no dense and no scaled terms
  std::vector<std::uint32_t> order;            // row j of a convolution is place order[j]; empty: place j
  std::optional<GraphPooling> pooling;         // then there is nothing else
  std::optional<GraphProduct> product;         // then there is nothing else
  std::shared_ptr<const GraphForest> forest;   // then there is nothing else, and no function
  std::vector<double> bias;                    // empty or `rows` entries, of a convolution one a channel
  std::optional<ScalarFunction> function;
  TensorId output = 0;

  [[nodiscard]] bool is_maximum() const { return pooling && pooling->maximum; }
  /// The image that convolutions make.
  [[nodiscard]] const WindowShape& shape() const { return convolutions[0].kernels->shape; }
};

/// The tensors that a layer reads, one a term.
std::vector<TensorId> inputs_of(const GraphLayer& layer);

/// Whether two layers compute the same, whatever their names and outputs are.
bool compute_alike(const GraphLayer& a, const GraphLayer& b);

struct Graph {
  std::string name;
  std::vector<GraphTensor> tensors;
  TensorId input = 0;  // the model's inputs, flattened and one after the other
  std::vector<GraphLayer> layers;
  std::vector<PostStep> postprocessing;
  std::vector<std::string> left_out;  // outputs of the file that are computed separately, and not proved
  std::vector<std::string> class_labels;

  [[nodiscard]] std::uint32_t features() const { return tensors[input].rows; }
  [[nodiscard]] TensorId output() const { return layers.back().output; }
  [[nodiscard]] std::uint32_t outputs() const { return tensors[output()].rows; }
  /// Whether some layer has windows over the model's inputs, or multiplies them: then these have one scale,
  /// and 0 is 0.
  [[nodiscard]] bool has_image_input() const;
};

struct GraphLayerValues {
  std::vector<double> z;  // before the function, [lane][row]
  std::vector<double> y;  // after it
};

/// Every layer's values on samples [lane][feature], in double precision. The last layer's y is the model's
/// output.
std::vector<GraphLayerValues> evaluate(const Graph& graph, std::span<const double> inputs);

/// What follows the proved output: softmax, arg max and the like, applied to one sample's real outputs in
/// turn.
std::vector<double> postprocess(const std::vector<PostStep>& steps, std::vector<double> values);

/// What a class is the arg max of: the values after all steps but an arg max that they end in.
std::vector<double> class_scores(std::vector<PostStep> steps, std::vector<double> values);

/// The class of one sample's real outputs, an index of the class labels: the first greatest of the class
/// scores. Nothing where there is a single score and the graph takes no arg max of it: a regressor.
std::optional<std::size_t> decide(const std::vector<PostStep>& steps, const std::vector<double>& values);

/// "softmax", "arg max", ... for reports.
std::string to_string(PostStep::Kind kind);

}  // namespace circlet
