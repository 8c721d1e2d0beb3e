#include "frontend/published.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <string_view>

#include "frontend/forest_ops.hpp"
#include "program/audit.hpp"
#include "program/meaning.hpp"

namespace circlet {
namespace {

/// 2^(i/4), rounded: powers of two aside, every scale on the grid is one of these times a power of two.
constexpr std::array<double, 4> fractions = {1.0, 0x1.306fe0a31b715p+0, 0x1.6a09e667f3bcdp+0,
                                             0x1.ae89f995ad3adp+0};

/// Whether every operator of a look-up's function, "Relu+Sigmoid", is one without constants of the model.
bool is_parameter_free(std::string_view name) {
  static const std::set<std::string_view> operators = {
      "Abs",      "Acos",     "Acosh",      "Asin",  "Asinh", "Atan",        "Atanh",      "Ceil",    "Cos",
      "Cosh",     "Erf",      "Exp",        "Floor", "Gelu",  "HardSwish",   "Identity",   "Log",     "Mish",
      "Neg",      "Not",      "Reciprocal", "Relu",  "Round", "Sigmoid",     "Sign",       "Sin",     "Sinh",
      "Softplus", "Softsign", "Sqrt",       "Tan",   "Tanh",  greater_table, square_table, step_table};
  while (true) {
    const std::size_t plus = name.find('+');
    if (!operators.contains(name.substr(0, plus))) return false;
    if (plus == std::string_view::npos) return true;
    name.remove_prefix(plus + 1);
  }
}

/// The ops that read a table.
std::string readers_of(const Program& program, ConstantId table) {
  std::string names;
  std::set<std::string_view> named;
  for (const Op& op : program.ops) {
    if (std::ranges::count(op.constants, table) == 0 || !named.insert(op.name).second) continue;
    names += (names.empty() ? "'" : ", '") + op.name + "'";
  }
  return names;
}

/// Whether a tensor's scale is another's times what the architecture says: the windows of an average.
bool has_scale_of_another(const Program& program, TensorId tensor) {
  const Op* producer = producer_of(program, tensor);
  while (producer != nullptr &&
         (producer->kind == OpKind::requantise || producer->kind == OpKind::saturate)) {
    producer = producer_of(program, producer->inputs[0]);
    if (producer != nullptr && producer->kind == OpKind::gather) return false;
  }
  return producer != nullptr && (producer->kind == OpKind::sum || producer->kind == OpKind::gather ||
                                 producer->kind == OpKind::maximum || producer->kind == OpKind::correlation ||
                                 producer->kind == OpKind::tile);
}

/// Of thresholds and an input: their range tells of the input's alone.
bool are_differences(const Program& program, const Op& op) {
  const TensorId sums = op.outputs[0];
  return op.kind == OpKind::affine && op.inputs.size() == 1 &&
         program.tensors[sums].max == reach_of_differences(program, op.inputs[0]) &&
         std::ranges::all_of(program.ops, [&](const Op& reader) {
           return std::ranges::count(reader.inputs, sums) == 0 ||
                  (reader.kind == OpKind::requantise &&
                   program.constants[reader.constants[0]].name == step_table);
         });
}

}  // namespace

double scale_on_grid(double scale) {
  int exponent = 0;
  const double mantissa = std::frexp(scale, &exponent);  // scale = mantissa 2^exponent, in [1/2, 1)
  const double doubled = 2 * mantissa;
  const auto found = std::ranges::lower_bound(fractions, doubled);
  return found == fractions.end() ? std::ldexp(1.0, exponent) : std::ldexp(*found, exponent - 1);
}

double product_of_scales(double a, double b) {
  constexpr double rounding = 1e-12;
  const double product = a * b, near = scale_on_grid(product * (1 - rounding));
  return std::fabs(near - product) <= rounding * product ? near : product;
}

std::int64_t coarse_end(std::int64_t end) {
  const auto magnitude = static_cast<std::uint64_t>(std::abs(end));
  if (magnitude == 0 || std::has_single_bit(magnitude) || std::has_single_bit(magnitude + 1)) return end;
  const auto above = static_cast<std::int64_t>(std::bit_ceil(magnitude)) - 1;
  return end > 0 ? above : -above;
}

std::int64_t published_end(std::int64_t end) {
  if (end <= 1) return std::max<std::int64_t>(end, 0);
  // Rounded up, a power of more than end - 1 is at least end.
  const double above = std::nextafter(static_cast<double>(end - 1), static_cast<double>(end));
  return std::min(raw_range, static_cast<std::int64_t>(std::ceil(scale_on_grid(above))));
}

std::int64_t coarse_reach(std::int64_t reach) {
  for (std::int64_t coarse = std::int64_t{1} << 9; coarse < raw_range; coarse <<= 4) {
    if (reach <= coarse) return coarse;
  }
  return raw_range;
}

std::vector<std::string> disclosures(const Program& program) {
  if (program.audit) return disclosures(program.audit->model);
  std::vector<std::string> lines;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const Tensor& tensor = program.tensors[id];
    if (has_scale_of_another(program, id)) continue;
    const auto off_grid = [](double scale) { return scale != scale_on_grid(scale); };
    const auto found = std::ranges::find_if(tensor.scales, off_grid);
    if (found != tensor.scales.end()) {
      lines.push_back(fmt::format("the scale {} of '{}' is not a power of 2^(1/4)", *found, tensor.name));
    }
  }
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const Tensor& tensor = program.tensors[id];
    const Op* producer = producer_of(program, id);
    if (producer == nullptr || meaning_of(producer->kind).reach == nullptr ||
        tensor.max == coarse_reach(tensor.max) || are_differences(program, *producer) ||
        (producer->kind == OpKind::correlation && tensor.max == published_end(tensor.max) &&
         -tensor.min == published_end(-tensor.min)))
      continue;
    lines.push_back(
        fmt::format("the range of layer '{}' is {}, a figure about its weights", producer->name, tensor.max));
  }
  for (const ConstantId id : constants_of(program, ConstantTensor::Kind::table)) {
    const std::string& name = program.constants[id].name;
    if (name == saturation_name || is_parameter_free(name)) continue;
    lines.push_back(
        fmt::format("the table '{}' of layer {} shows the constants of its function, learned ones too", name,
                    readers_of(program, id)));
  }
  return lines;
}

}  // namespace circlet
