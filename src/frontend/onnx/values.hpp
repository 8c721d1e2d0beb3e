// Symbolic values of an import. A computed ONNX value is g(z), elementwise, with z an affine map of tensors
// and g a scalar function; linear operators compose maps, elementwise operators compose functions, and only
// where a function must end (its result enters a matrix product, say) does a layer come into being.
// A convolution composes with what is one factor or one summand a channel, with other sums of its shape and
// with a change of order; all else reads its result in a layer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "frontend/graph.hpp"
#include "frontend/scalar_function.hpp"

namespace circlet::onnx_import {

/// Row j gets coefficients[j] * x[index[j]] of tensor x; coefficient 0 where it gets nothing.
struct Selection {
  TensorId tensor = 0;
  std::vector<std::uint32_t> index;
  std::vector<double> coefficients;
};

struct Product {
  TensorId tensor = 0;
  std::shared_ptr<const Matrix> matrix;
};

struct Convolution {
  TensorId tensor = 0;
  std::vector<std::uint32_t> index;  // of the image's places; empty: the tensor's rows as they are
  std::shared_ptr<const Kernels> kernels;
};

/// One sample's z: a sum of selections, products and convolutions of tensors, and a bias. All convolutions
/// make an image of one shape, and row j is its place order[j] (place j, if that is empty): each place once.
struct Affine {
  std::vector<Selection> selections;
  std::vector<Product> products;
  std::vector<Convolution> convolutions;
  std::vector<std::uint32_t> order;
  std::vector<double> bias;  // one a row
  [[nodiscard]] std::size_t rows() const { return bias.size(); }
  [[nodiscard]] bool is_image() const { return !convolutions.empty(); }
  /// Where there are convolutions.
  [[nodiscard]] const WindowShape& shape() const { return convolutions[0].kernels->shape; }
  [[nodiscard]] std::size_t place(std::size_t row) const { return order.empty() ? row : order[row]; }
  [[nodiscard]] std::size_t channel(std::size_t row) const { return place(row) / shape().made_plane(); }
};

/// A tree with what its leaves are worth: [leaf][target].
struct ValuedTree {
  DecisionTree tree;
  std::vector<double> values;
};

/// g(z) with the dimensions that ONNX gives it.
struct Variable {
  std::vector<std::int64_t> dims;  // the first is the batch's if `batched`: -1 when symbolic
  bool batched = true;
  std::uint32_t base = 0;                // of z in the Builder
  ScalarExpressions::Id expression = 0;  // of g
  std::string operators;                 // what g is made of, for people
  std::string node;                      // the node that made the value
  bool integers = false;                 // of an integer element type, as far as is known

  /// Dimensions of one sample.
  [[nodiscard]] std::vector<std::int64_t> sample_dims() const {
    return {dims.begin() + (batched ? 1 : 0), dims.end()};
  }
  [[nodiscard]] std::int64_t batch() const { return batched ? dims[0] : 1; }
};

/// Makes values and the layers of the Graph that they need.
class Builder {
 public:
  /// `budget` bounds the values that the import may hold, whatever a small file makes of its constants.
  Builder(std::uint32_t features, std::uint64_t budget);

  /// Counts values about to be made; Error(unsupported) once the budget is spent.
  void spend(std::uint64_t values);

  ScalarExpressions expressions;

  /// The model's input features [first, first + count).
  [[nodiscard]] Affine input_slice(std::uint32_t first, std::uint32_t count) const;
  [[nodiscard]] std::size_t rows(const Variable& value) const { return bases_[value.base].rows(); }
  [[nodiscard]] bool is_affine(const Variable& value) const {
    return expressions.affine_form(value.expression).has_value();
  }
  /// The variable z itself, with g = identity.
  Variable variable(Affine affine, std::vector<std::int64_t> dims, bool batched, std::string node);

  /// The value as an affine map; makes the layer that computes g if g is not affine.
  Affine affine(const Variable& value);
  Affine scale_rows(Affine a, const std::vector<double>& factors);
  Affine add(Affine a, const Affine& b, double factor);
  /// Row j of the result is row index[j] of the value, or 0 for no_row (frontend/graph.hpp).
  Affine gather(const Variable& value, const std::vector<std::uint32_t>& index);
  /// z W + bias, with bias empty for none.
  Affine multiply(const Variable& value, const Matrix& weights, const std::vector<double>& bias);

  /// The convolutions of the image whose place k is row image[k] of the value (row k, if that is empty), and
  /// a bias a channel, empty for none.
  Affine convolve(const Variable& value, std::vector<std::uint32_t> image, Kernels kernels,
                  const std::vector<double>& bias);
  /// Of each row, whether it is known to be 0, whatever the inputs are.
  [[nodiscard]] std::vector<bool> zeros(const Variable& value) const;
  /// Row j is row index[j] of either value, one times the other.
  Affine product(const Variable& a, std::vector<std::uint32_t> index_a, const Variable& b,
                 std::vector<std::uint32_t> index_b, const std::string& node);
  /// Each window's sum times a factor, or its maximum. Each window of a maximum holds a place of the image; a
  /// place of a sum may be no_row, which adds nothing.
  Affine pool(const Variable& value, std::vector<std::uint32_t> image, const WindowShape& shape, bool maximum,
              double factor, const std::string& node);

  /// For each target its base and the sum of the values of the leaves that the value, a record, reaches.
  Affine forest(const Variable& value, bool is_float32, std::vector<ValuedTree> trees,
                std::vector<double> base, const std::string& node);

  /// Ends the graph with `output` as the model's output, and drops rows that it does not need.
  Graph finish(const Variable& output);

 private:
  TensorId materialise(const Affine& affine, std::optional<ScalarFunction> function, const std::string& name,
                       const std::vector<std::int64_t>& dims = {});
  TensorId materialise_image(Affine affine, ScalarFunction function, const std::string& name);
  TensorId add_layer(GraphLayer layer);
  /// The map's values as a tensor of their own.
  Affine apart(const Affine& affine, const std::string& name);
  /// The value as an affine map without convolutions.
  Affine rowwise(const Variable& value);
  Affine whole(const Variable& value);
  static std::optional<std::vector<double>> by_channel(const Affine& image, const std::vector<double>& rows);
  /// A tensor of which the value is chosen rows times a factor; the value itself in a layer, if it is not.
  struct Chosen {
    TensorId tensor = 0;
    std::vector<std::uint32_t> index;
    double factor = 1;
  };
  Chosen chosen(const Variable& value, const std::vector<std::uint32_t>& index);
  Affine gathered(const Affine& a, const std::vector<std::uint32_t>& index);
  ScalarFunction identity();

  /// What an image takes of one tensor: some of its channels, each with one factor.
  struct Part {
    TensorId tensor = 0;
    std::vector<std::uint32_t> channels;
    std::vector<double> factors;       // by channel of `channels`
    std::vector<std::uint32_t> index;  // of the places of these channels
  };
  struct Image {
    std::vector<Part> parts;
    std::vector<double> bias;  // by channel
  };
  /// Nothing if the map is not of this form.
  std::optional<Image> image_of(const Affine& affine, const std::vector<std::uint32_t>& places,
                                std::size_t channels) const;
  std::string unique_name(const std::string& wanted);
  TensorId tensor_of(const Variable& value);
  static Affine slice(TensorId tensor, std::uint32_t first, std::uint32_t count);
  Affine whole_tensor(TensorId tensor) const;
  /// The tensor that the map copies unchanged, if it is that simple.
  [[nodiscard]] std::optional<TensorId> as_tensor(const Affine& affine) const;
  Affine through_product(const Affine& a, const Matrix& weights);
  Matrix zero_matrix(std::uint64_t inputs, std::uint64_t outputs);

  std::uint64_t budget_;
  Graph graph_;
  std::set<std::string> names_{"input"};  // of tensors
  std::vector<Affine> bases_;
  std::map<std::pair<std::uint32_t, ScalarExpressions::Id>, TensorId> made_;
  std::multimap<std::pair<std::uint32_t, std::vector<TensorId>>, std::size_t> layers_;  // by rows and inputs
};

}  // namespace circlet::onnx_import
