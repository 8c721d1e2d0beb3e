// Images of other sizes: each axis for itself, nearest places as a choice and interpolation as a matrix.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

/// One axis: from `size` places to `outputs`.
struct Scaling {
  std::int64_t size = 1, outputs = 1;
  double scale = 1;
};

/// Where an output lies between the places of the source.
using Coordinate = double (*)(double x, const Scaling& axis);

const std::map<std::string, Coordinate>& coordinates() {
  static const std::map<std::string, Coordinate> known{
      {"half_pixel", [](double x, const Scaling& a) { return (x + 0.5) / a.scale - 0.5; }},
      {"half_pixel_symmetric",
       [](double x, const Scaling& a) {
         const auto size = static_cast<double>(a.size);
         const double adjustment = static_cast<double>(a.outputs) / (a.scale * size);
         return size / 2 * (1 - adjustment) + (x + 0.5) / a.scale - 0.5;
       }},
      {"pytorch_half_pixel",
       [](double x, const Scaling& a) { return a.outputs > 1 ? (x + 0.5) / a.scale - 0.5 : 0.0; }},
      {"align_corners",
       [](double x, const Scaling& a) {
         return a.outputs > 1 ? x * static_cast<double>(a.size - 1) / static_cast<double>(a.outputs - 1)
                              : 0.0;
       }},
      {"asymmetric", [](double x, const Scaling& a) { return x / a.scale; }},
  };
  return known;
}

using Rounding = double (*)(double x, const Scaling& axis);

const std::map<std::string, Rounding>& roundings() {
  static const std::map<std::string, Rounding> known{
      {"round_prefer_floor", [](double x, const Scaling&) { return std::ceil(x - 0.5); }},
      {"round_prefer_ceil", [](double x, const Scaling&) { return std::floor(x + 0.5); }},
      {"floor", [](double x, const Scaling&) { return std::floor(x); }},
      {"ceil", [](double x, const Scaling&) { return std::ceil(x); }},
      // Of Upsample, and of Resize before opset 11.
      {"simple", [](double x, const Scaling& a) { return a.scale < 1 ? std::ceil(x) : std::floor(x); }},
  };
  return known;
}

double linear(double distance) { return std::max(0.0, 1 - std::fabs(distance)); }

double cubic(double distance, double a) {
  const double x = std::fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

struct Interpolation {
  std::function<double(double)> weight;  // of a place, by its distance
  double reach = 1;                      // where the weight has become 0
  bool antialias = false;                // a smaller image takes all places that its pixels cover
  bool exclude_outside = false;          // else places outside are those at the edge
};

/// Of [place of the source][output].
Constant matrix_of(const Node& node, const Scaling& axis, Coordinate coordinate, const Interpolation& kind) {
  const Dims dims{axis.size, axis.outputs};
  Constant matrix{.dims = dims, .values = std::vector<double>(make_room(node, dims), 0.0), .strings = {}};
  const double stretch = kind.antialias ? std::min(1.0, axis.scale) : 1.0;
  const double reach = kind.reach / stretch;
  if (reach > 1 << 16) refuse("an image made smaller by more than 2^16");
  node.builder.spend(static_cast<std::uint64_t>(axis.outputs) * static_cast<std::uint64_t>(2 * reach + 2));
  for (std::int64_t o = 0; o < axis.outputs; ++o) {
    const double at = coordinate(static_cast<double>(o), axis);
    double sum = 0;
    const auto visit = [&](const auto& with) {
      for (auto p = static_cast<std::int64_t>(std::floor(at - reach)) + 1;
           static_cast<double>(p) < at + reach; ++p) {
        const bool outside = p < 0 || p >= axis.size;
        if (!(outside && kind.exclude_outside)) with(p, kind.weight((static_cast<double>(p) - at) * stretch));
      }
    };
    visit([&](std::int64_t, double weight) { sum += weight; });
    const bool normalised = kind.antialias || kind.exclude_outside;
    visit([&](std::int64_t p, double weight) {
      const std::int64_t from = std::clamp<std::int64_t>(p, 0, axis.size - 1);
      matrix.values[static_cast<std::size_t>(from * axis.outputs + o)] += normalised ? weight / sum : weight;
    });
  }
  return matrix;
}

/// All axes that change.
Value resized(const Node& node, const Value& x, const std::vector<Scaling>& axes, const std::string& mode,
              const std::string& coordinate_mode, const std::string& nearest_mode) {
  const auto coordinate = coordinates().find(coordinate_mode);
  if (coordinate == coordinates().end())
    refuse("coordinate_transformation_mode = " + in_quotes(coordinate_mode));
  for (const Scaling& axis : axes) {
    // ONNX says the size before it is rounded, ONNX Runtime takes the rounded one.
    if (axis.scale * static_cast<double>(axis.size) != static_cast<double>(axis.outputs) &&
        (coordinate_mode == "align_corners" || coordinate_mode == "pytorch_half_pixel"))
      refuse("a scale that gives no whole number of places, with " + in_quotes(coordinate_mode) +
             ": export the model with sizes");
  }
  const auto changes = [](const Scaling& axis) { return axis.scale != 1 || axis.outputs != axis.size; };
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (changes(axes[a])) expect_within_sample(x, a);
    require(axes[a].size > 0 && axes[a].outputs > 0, ErrorKind::unsupported, "an empty value");
  }
  if (mode == "nearest") {
    const auto rounding = roundings().find(nearest_mode);
    if (rounding == roundings().end()) refuse("nearest_mode = " + in_quotes(nearest_mode));
    return chosen_along_axes(node, x, [&](std::vector<std::vector<std::size_t>>& all) {
      for (std::size_t a = 0; a < axes.size(); ++a) {
        if (!changes(axes[a])) continue;
        std::vector<std::size_t> positions;
        for (std::int64_t o = 0; o < axes[a].outputs; ++o) {
          const double at = rounding->second(coordinate->second(static_cast<double>(o), axes[a]), axes[a]);
          const double last = static_cast<double>(axes[a].size - 1);
          positions.push_back(all[a][static_cast<std::size_t>(std::clamp(at, 0.0, last))]);
        }
        all[a] = std::move(positions);
      }
    });
  }
  if (is_integral(x)) refuse("interpolation of integers: cast them to float before it");
  Interpolation kind{.weight = linear, .reach = 1};
  if (mode == "cubic") {
    const double a = node.real("cubic_coeff_a", -0.75);
    kind = {.weight = [a](double distance) { return cubic(distance, a); }, .reach = 2};
  } else if (mode != "linear") {
    refuse("mode = " + in_quotes(mode));
  }
  kind.antialias = node.integer("antialias", 0) != 0;
  kind.exclude_outside = node.integer("exclude_outside", 0) != 0;
  Value result = x;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (changes(axes[a]))
      result = multiply_along(node, result, a, matrix_of(node, axes[a], coordinate->second, kind));
  }
  return result;
}

/// The axes that scales and sizes are of.
std::vector<std::size_t> resized_axes(const Node& node, std::size_t rank) {
  std::vector<std::size_t> axes;
  if (!node.has_attribute("axes")) {
    for (std::size_t a = 0; a < rank; ++a) axes.push_back(a);
  }
  for (const std::int64_t axis : node.integers("axes")) axes.push_back(normalise_axis(axis, rank));
  return axes;
}

std::vector<Scaling> unscaled(const Dims& dims) {
  std::vector<Scaling> result;
  for (const std::int64_t dim : dims) result.push_back({.size = dim, .outputs = dim});
  return result;
}

void set_scales(std::vector<Scaling>& axes, const std::vector<std::size_t>& which,
                const std::vector<double>& scales) {
  require(scales.size() == which.size(), ErrorKind::bad_input, "not one scale an axis");
  for (std::size_t i = 0; i < scales.size(); ++i) {
    Scaling& axis = axes[which[i]];
    if (!(scales[i] > 0 && scales[i] <= 1 << 24)) refuse("scale = " + std::to_string(scales[i]));
    const double outputs = std::floor(static_cast<double>(axis.size) * scales[i]);
    if (outputs > 1 << 24) refuse("more than 2^24 values");
    axis.scale = scales[i];
    axis.outputs = static_cast<std::int64_t>(outputs);
  }
}

void set_sizes(const Node& node, const Value& x, std::vector<Scaling>& axes,
               const std::vector<std::size_t>& which, const Constant& sizes) {
  const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    refuse("keep_aspect_ratio_policy = " + in_quotes(policy));
  require(sizes.values.size() == which.size(), ErrorKind::bad_input, "not one size an axis");
  std::optional<double> common;
  for (std::size_t i = 0; i < which.size(); ++i) {
    Scaling& axis = axes[which[i]];
    const Batch batch = batch_of(x);
    const double given = sizes.values[i];
    if (which[i] == 0 && batch.kept && (std::isnan(given) || given == static_cast<double>(batch.size)))
      continue;
    if (!(given >= 1 && given <= 1 << 24)) refuse("size = " + std::to_string(given));
    require(axis.size > 0, ErrorKind::unsupported, "an empty value");
    axis.outputs = static_cast<std::int64_t>(given);
    axis.scale = given / static_cast<double>(axis.size);
    if (!common) common = axis.scale;
    common = policy == "not_larger" ? std::min(*common, axis.scale) : std::max(*common, axis.scale);
  }
  if (policy == "stretch" || !common) return;
  for (const std::size_t a : which) {
    if (a == 0 && batch_of(x).kept) continue;
    axes[a].scale = *common;
    axes[a].outputs =
        static_cast<std::int64_t>(std::floor(*common * static_cast<double>(axes[a].size) + 0.5));
    if (axes[a].outputs > 1 << 24) refuse("more than 2^24 values");
  }
}

std::vector<Value> import_resize(const Node& node) {
  node.expect_attributes({"antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a",
                          "exclude_outside", "extrapolation_value", "keep_aspect_ratio_policy", "mode",
                          "nearest_mode"});
  const Value& x = node.operand(0);
  std::vector<Scaling> axes = unscaled(dims_of(x));
  const std::vector<std::size_t> which = resized_axes(node, axes.size());
  const std::string mode = node.text("mode", "nearest");
  if (node.opset < 11) {
    set_scales(axes, which, node.constant(1, "the scales").values);
    return {resized(node, x, axes, mode, "asymmetric", "simple")};
  }
  const bool has_sizes = node.has_input(3) && !node.constant(3, "the sizes").values.empty();
  if (has_sizes) {
    set_sizes(node, x, axes, which, node.constant(3, "the sizes"));
  } else {
    set_scales(axes, which, node.constant(2, "the scales").values);
  }
  return {resized(node, x, axes, mode, node.text("coordinate_transformation_mode", "half_pixel"),
                  node.text("nearest_mode", "round_prefer_floor"))};
}

std::vector<Value> import_upsample(const Node& node) {
  node.expect_attributes({"mode", "scales"});
  const Value& x = node.operand(0);
  std::vector<Scaling> axes = unscaled(dims_of(x));
  set_scales(axes, resized_axes(node, axes.size()),
             node.has_input(1) ? node.constant(1, "the scales").values : node.reals("scales"));
  return {resized(node, x, axes, node.text("mode", "nearest"), "asymmetric", "simple")};
}

}  // namespace

const OperatorTable& resize_operators() {
  static const OperatorTable table{{"Resize", import_resize}, {"Upsample", import_upsample}};
  return table;
}

}  // namespace circlet::onnx_import
