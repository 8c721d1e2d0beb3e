// Attention, written out: softmax(scale Q K^T + bias) V of each head, where the bias says what may be seen.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/normalisation.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

constexpr double never = -std::numeric_limits<double>::infinity();

/// [batch, heads, places, features]; a value of three dimensions has the heads' features beside one another.
Value of_heads(const Node& node, const Value& x, const char* heads_of) {
  const Dims dims = dims_of(x);
  if (dims.size() == 4) return x;
  require(dims.size() == 3, ErrorKind::bad_input, "Q, K and V must have three or four dimensions");
  const std::int64_t heads = node.integer(heads_of, 0);
  require(heads >= 1 && dims[2] % heads == 0, ErrorKind::bad_input,
          [&] { return std::string(heads_of) + " does not divide the features"; });
  const std::int64_t features = dims[2] / heads;
  return regrouped(node, x, {dims[0], dims[1], heads, features}, {0, 2, 1, 3},
                   {dims[0], heads, dims[1], features});
}

/// Each head so many times, beside itself.
Value repeated_heads(const Node& node, const Value& x, std::int64_t times) {
  if (times == 1) return x;
  return chosen_along_axes(node, x, [&](auto& axes) {
    std::vector<std::size_t> heads;
    for (const std::size_t head : axes[1]) heads.insert(heads.end(), static_cast<std::size_t>(times), head);
    axes[1] = std::move(heads);
  });
}

/// How many places of each sample of the batch hold something; all of `length` if the node does not say.
std::vector<std::int64_t> filled_places(const Node& node, std::int64_t batch, std::int64_t length) {
  if (!node.has_input(6)) return std::vector<std::int64_t>(static_cast<std::size_t>(batch), length);
  const std::vector<std::int64_t> counts = integers(node.constant(6, "nonpad_kv_seqlen"));
  require(std::ssize(counts) == batch, ErrorKind::bad_input, "nonpad_kv_seqlen is not one number a sample");
  return counts;
}

/// 0 where a query may see a key, and minus infinity elsewhere: [batch or 1, 1, queries, keys].
struct Sight {
  std::int64_t queries = 0, keys = 0, past = 0;
  bool causal = false;
  std::int64_t before = -1, after = -1;  // keys about a query that it sees; -1: all
  bool padded = false;                   // by sample
};
Constant sight_of(const Node& node, const Sight& sight, const std::vector<std::int64_t>& filled) {
  const std::int64_t samples = sight.padded ? std::ssize(filled) : 1;
  Constant bias{.dims = {samples, 1, sight.queries, sight.keys}, .values = {}, .strings = {}};
  bias.values.reserve(make_room(node, bias.dims));
  for (std::int64_t n = 0; n < samples; ++n) {
    const std::int64_t count = filled[static_cast<std::size_t>(n)];
    const std::int64_t offset = sight.padded ? count - sight.queries : sight.past;
    for (std::int64_t query = offset; query < offset + sight.queries; ++query) {
      for (std::int64_t key = 0; key < sight.keys; ++key) {
        const bool sees = (!sight.causal || key <= query) &&
                          (sight.before < 0 || query - key <= sight.before) &&
                          (sight.after < 0 || key - query <= sight.after) && (!sight.padded || key < count);
        bias.values.push_back(sees ? 0 : never);
      }
    }
  }
  return bias;
}

/// The mask as a summand, for all keys: those that it says nothing of are not seen.
Value summand_of(const Node& node, const Value& mask, std::int64_t keys) {
  Value bias = mask;
  if (is_integral(mask)) {
    auto* truth = std::get_if<Constant>(&bias);
    if (truth == nullptr) refuse("a mask of truth values that are computed");
    for (double& value : truth->values) value = value != 0 ? 0 : never;
    truth->integers = false;
  }
  const Dims dims = dims_of(bias);
  require(!dims.empty(), ErrorKind::bad_input, "a mask of no dimension");
  if (dims.back() >= keys || dims.back() == 1) return bias;
  Dims rest = dims;
  rest.back() = keys - dims.back();
  const Constant unseen{
      .dims = rest, .values = std::vector<double>(make_room(node, rest), never), .strings = {}};
  const Value others = unseen;
  return joined(node, {&bias, &others}, dims.size() - 1);
}

std::vector<Value> import_attention(const Node& node) {
  node.expect_attributes({"is_causal", "kv_num_heads", "left_window_size", "q_num_heads",
                          "qk_matmul_output_mode", "right_window_size", "scale", "softcap",
                          "softmax_precision"});
  const bool flat = dims_of(node.operand(0)).size() == 3;
  const Value q = of_heads(node, node.operand(0), "q_num_heads");
  Value k = of_heads(node, node.operand(1), "kv_num_heads"),
        v = of_heads(node, node.operand(2), "kv_num_heads");
  std::int64_t past = 0;
  require(node.has_input(4) == node.has_input(5), ErrorKind::bad_input, "past keys without past values");
  require(!node.has_input(4) || !node.has_input(6), ErrorKind::bad_input,
          "past keys and nonpad_kv_seqlen at once");
  if (node.has_input(4)) {
    const Value &keys = node.operand(4), &values = node.operand(5);
    require(dims_of(keys).size() == 4 && dims_of(values).size() == 4, ErrorKind::bad_input,
            "past keys and values must have four dimensions");
    past = dims_of(keys)[2];
    k = joined(node, {&keys, &k}, 2);
    v = joined(node, {&values, &v}, 2);
  }
  const Dims of_q = dims_of(q), of_k = dims_of(k), of_v = dims_of(v);
  require(of_k[1] >= 1 && of_q[1] % of_k[1] == 0 && of_v[1] == of_k[1] && of_v[2] == of_k[2] &&
              of_q[3] == of_k[3],
          ErrorKind::bad_input, "Q, K and V of shapes that do not fit");
  const Value present_k = k, present_v = v;
  k = repeated_heads(node, k, of_q[1] / of_k[1]);
  v = repeated_heads(node, v, of_q[1] / of_k[1]);

  enum : int { sample, head, query, key, feature };
  const double scale =
      node.has_attribute("scale") ? node.real("scale", 1) : 1 / std::sqrt(static_cast<double>(of_q[3]));
  Value scores = combine(node, ScalarOp::mul,
                         contract(node, q, {sample, head, query, feature}, k, {sample, head, key, feature},
                                  {sample, head, query, key}),
                         scalar_constant(scale));
  if (const double cap = node.real("softcap", 0); cap > 0) {
    scores = mapped(node, scores, "Softcap", [cap](Expressions& e, Id x) {
      const Id inner = e.unary(ScalarOp::tanh, e.binary(ScalarOp::mul, x, e.constant(1 / cap)));
      return e.binary(ScalarOp::mul, e.constant(cap), inner);
    });
  }
  Value seen = scores;
  if (node.has_input(3))
    seen = combine(node, ScalarOp::add, seen, summand_of(node, node.operand(3), of_k[2]));
  const Sight sight{.queries = of_q[2],
                    .keys = of_k[2],
                    .past = past,
                    .causal = node.integer("is_causal", 0) != 0,
                    .before = node.integer("left_window_size", -1),
                    .after = node.integer("right_window_size", -1),
                    .padded = node.has_input(6)};
  if (sight.causal || sight.before >= 0 || sight.after >= 0 || sight.padded)
    seen = combine(node, ScalarOp::add, seen, sight_of(node, sight, filled_places(node, of_k[0], of_k[2])));
  const Value shares = softmax_along(node, seen, 3, false, true);
  Value y = contract(node, shares, {sample, head, query, key}, v, {sample, head, key, feature},
                     {sample, head, query, feature});
  if (flat) {
    const Dims of_y = dims_of(y);
    y = regrouped(node, y, of_y, {0, 2, 1, 3}, {of_y[0], of_y[2], of_y[1] * of_y[3]});
  }
  const std::int64_t mode = node.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) refuse("qk_matmul_output_mode = " + std::to_string(mode));
  return {y, present_k, present_v, mode == 3 ? shares : mode == 2 ? seen : scores};
}

}  // namespace

const OperatorTable& attention_operators() {
  static const OperatorTable table{{"Attention", import_attention}};
  return table;
}

}  // namespace circlet::onnx_import
