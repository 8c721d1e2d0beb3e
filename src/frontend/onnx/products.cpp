// Matrix products and Einsum.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

std::vector<Value> import_matmul(const Node& node) {
  node.expect_attributes({});
  return {matrix_product(node, node.operand(0), node.operand(1))};
}

Value scaled(const Node& node, const Value& x, double factor) {
  return factor == 1 ? x : combine(node, ScalarOp::mul, x, scalar_constant(factor));
}

/// alpha A B + beta C
std::vector<Value> import_gemm(const Node& node) {
  node.expect_attributes({"alpha", "beta", "transA", "transB"});
  const Value &a = node.operand(0), &b = node.operand(1);
  require(dims_of(a).size() == 2 && dims_of(b).size() == 2, ErrorKind::bad_input,
          "A and B must have two dimensions");
  const bool turned_a = node.integer("transA", 0) != 0, turned_b = node.integer("transB", 0) != 0;
  const Labels labels_a = turned_a ? Labels{1, 0} : Labels{0, 1},
               labels_b = turned_b ? Labels{2, 1} : Labels{1, 2};
  Value y = scaled(node, contract(node, a, labels_a, b, labels_b, {0, 2}), node.real("alpha", 1.0));
  if (!node.has_input(2)) return {y};
  return {combine(node, ScalarOp::add, y, scaled(node, node.operand(2), node.real("beta", 1.0)))};
}

struct Equation {
  std::vector<Labels> operands;
  Labels out;
};

constexpr int of_ellipsis = 256;  // and above: the axes of "...", from the last

Labels read_term(const std::string& text, std::size_t ellipsis_rank) {
  Labels labels;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "...") == 0) {
      for (std::size_t k = ellipsis_rank; k-- > 0;) labels.push_back(of_ellipsis + static_cast<int>(k));
      i += 2;
    } else {
      require(std::isalpha(static_cast<unsigned char>(text[i])) != 0, ErrorKind::bad_input,
              "the equation has a name that is no letter");
      labels.push_back(static_cast<unsigned char>(text[i]));
    }
  }
  return labels;
}

/// "ij,jk->ik". Without a result: "..." and then, by the alphabet, the axes that are named once.
Equation read_equation(const Node& node) {
  std::string text = node.text("equation", "");
  std::erase(text, ' ');
  if (text.size() > 256) refuse("an equation of more than 256 letters");
  const std::size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  std::vector<std::string> terms{""};
  for (const char c : inputs) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  require(terms.size() == node.input_count(), ErrorKind::bad_input,
          "the equation has not one term an operand");
  Equation result;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::size_t rank = dims_of(node.operand(i)).size();
    const bool has_ellipsis = terms[i].find("...") != std::string::npos;
    const std::size_t letters = terms[i].size() - (has_ellipsis ? 3 : 0);
    require(has_ellipsis ? letters <= rank : letters == rank, ErrorKind::bad_input,
            "an operand has not as many dimensions as the equation says");
    longest = std::max(longest, has_ellipsis ? rank - letters : 0);
    result.operands.push_back(read_term(terms[i], has_ellipsis ? rank - letters : 0));
    require(result.operands.back().size() == rank, ErrorKind::bad_input, "an operand with several '...'");
  }
  if (arrow != std::string::npos) {
    result.out = read_term(text.substr(arrow + 2), longest);
    return result;
  }
  std::map<int, int> found;
  for (const Labels& labels : result.operands) {
    for (const int label : labels) ++found[label];
  }
  for (std::size_t k = longest; k-- > 0;) result.out.push_back(of_ellipsis + static_cast<int>(k));
  for (const auto& [label, count] : found) {
    if (label < of_ellipsis && count == 1) result.out.push_back(label);
  }
  return result;
}

/// Operands one after the other; an axis is summed once no later one has it.
std::vector<Value> import_einsum(const Node& node) {
  node.expect_attributes({"equation"});
  const Equation equation = read_equation(node);
  Value result = node.operand(0);
  Labels labels = equation.operands[0];
  if (equation.operands.size() == 1)
    return {contract(node, result, labels, scalar_constant(1), {}, equation.out)};
  for (std::size_t i = 1; i < equation.operands.size(); ++i) {
    const Labels& own = equation.operands[i];
    Labels left;
    if (i + 1 == equation.operands.size()) {
      left = equation.out;
    } else {
      std::set<int> wanted(equation.out.begin(), equation.out.end());
      for (std::size_t later = i + 1; later < equation.operands.size(); ++later)
        wanted.insert(equation.operands[later].begin(), equation.operands[later].end());
      left = labels;
      left.insert(left.end(), own.begin(), own.end());
      std::erase_if(left, [&](int label) { return wanted.erase(label) == 0; });  // each once
    }
    result = contract(node, result, labels, node.operand(i), own, left);
    labels = std::move(left);
  }
  return {result};
}

}  // namespace

const OperatorTable& product_operators() {
  static const OperatorTable table{
      {"Einsum", import_einsum},
      {"Gemm", import_gemm},
      {"MatMul", import_matmul},
  };
  return table;
}

}  // namespace circlet::onnx_import
