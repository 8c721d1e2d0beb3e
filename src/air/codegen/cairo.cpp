// Evaluators in Cairo for one shape. A table with one lane has its ranges as single columns and its loops
// once; more lanes are summed by a loop over a span.
#include "air/codegen/generate.hpp"
#include "air/codegen/printer.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

class CairoPrinter : public Printer {
 public:
  CairoPrinter(const SymbolicTable& table, std::uint32_t lanes) : Printer(table), lanes_(lanes) {}

 protected:
  std::string column(const Expression& e) const override {
    require(lanes_ == 1 || !table().columns[e.column].range, ErrorKind::internal,
            "a range outside of a sum in Cairo");
    return variable(table().columns[e.column].name) + (e.previous ? "_" : "");
  }
  std::string constant(Constant c) const override {
    return c == Constant::claimed_sum ? "claimed_sum" : "*c." + std::string(constant_name(c));
  }
  /// The denominators of the bus are calls of shared functions.
  std::string combination(const Expression& e) const override {
    using enum Constant;
    static const std::map<std::vector<Constant>, const char*> functions = {
        {{z_minus_wire, minus_lambda, minus_lambda_3}, "wire"},
        {{z_minus_look_up, minus_lambda, minus_lambda_2, minus_lambda_3}, "look_up"},
        {{z_minus_look_up, minus_lambda, minus_lambda_2}, "in_range"}};
    if (const auto function = functions.find(e.constants); function != functions.end()) {
      return std::string(function->second) + "(c, " + list(e.operands) + ")";
    }
    std::string text;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
      text += (i == 0 ? "" : " + ") + print(*e.operands[i], Precedence::product) + " * " +
              constant(e.constants[i]);
    }
    return text;
  }
  bool combination_is_call(const Expression& e) const override { return e.operands.size() > 1; }
  std::string from_coordinates(const Expression& e) const override {
    return "from_partial_evals(" + list(e.operands) + ")";
  }
  std::string horner(const Expression& e) const override {
    if (lanes_ == 1) return print(*e.operands[0], Precedence::product);
    require(e.operands[0]->kind == Expression::Kind::column && e.powers == PowersOf::t, ErrorKind::internal,
            "Cairo sums whole columns by powers of t only");
    return "horner(" + variable(table().columns[e.operands[0]->column].name) + ", *c.t)";
  }
  std::string sum(const Expression& e) const override {
    require(lanes_ == 1, ErrorKind::internal, "a sum over lanes in Cairo");
    return print(*e.operands[0], Precedence::product);
  }

 private:
  std::uint32_t lanes_;
};

/// `let [live, real] = ...` for the columns of M of a tree, or one statement a column of F.
std::string bind_columns(const SymbolicTable& table, Tree tree, const std::string& span,
                         std::uint32_t lanes) {
  std::string names, text;
  std::uint32_t count = 0;
  const auto name_of = [&](std::uint32_t i, bool previous) {
    const SymbolicColumn& column = table.columns[i];
    if (!column.secure && !is_read(table, i, previous)) return std::string("_");
    return variable(column.name) + (previous ? "_" : "");
  };
  for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
    const SymbolicColumn& column = table.columns[i];
    if (column.tree != tree || !column.sampled) continue;
    const std::string name = name_of(i, false);
    if (!column.secure && column.with_previous) {
      names += (count == 0 ? "" : ", ") + name_of(i, true) + ", " + name;
      count += 2;
    } else if (column.secure && column.with_previous) {
      text += "    let (" + name + "_, " + name + ") = secure_with_previous(ref " + span + ");\n";
    } else if (column.secure) {
      text += "    let " + name + " = secure(ref " + span + ");\n";
    } else if (column.range && lanes != 1) {
      text += "    let " + name + " = " + span + ";\n";
    } else {
      names += (count++ == 0 ? "" : ", ") + name;
    }
  }
  if (count != 0) {
    text += "    let [" + names + "] = (*" + span + ".multi_pop_front::<" + std::to_string(count) +
            ">().unwrap()).unbox();\n";
  }
  return text;
}

}  // namespace

std::string cairo_evaluator(const SymbolicTable& table, std::uint32_t lanes) {
  static constexpr std::pair<Tree, const char*> trees[] = {
      {Tree::structure, "structure"},       {Tree::weights, "weights"}, {Tree::witness, "witness"},
      {Tree::fingerprints, "fingerprints"}, {Tree::logup, "logup"},     {Tree::data, "data"}};
  std::string columns, parameters;
  for (const auto& [tree, name] : trees) {
    const std::string bound = bind_columns(table, tree, name, lanes);
    if (bound.empty()) continue;
    const bool popped =
        bound.find("ref ") != std::string::npos || bound.find("multi_pop") != std::string::npos;
    parameters += std::string("    ") + (popped ? "mut " : "") + name + ": Span<QM31>,\n";
    columns += bound;
  }
  std::string body;
  CairoPrinter printer(table, lanes);
  for (const Statement& statement : printer.statements()) {
    body += statement.constraint.empty()
                ? "    let " + statement.name + " = " + statement.text + ";\n"
                : "    // " + statement.constraint + "\n    acc = acc * rho + (" + statement.text + ");\n";
  }
  std::string imports = "Constants";
  for (const char* helper : {"horner", "in_range", "look_up", "secure", "secure_with_previous", "wire"}) {
    if ((body + columns).find(" " + std::string(helper) + "(") != std::string::npos)
      imports += std::string(", ") + helper;
  }
  const std::string partial_evals =
      body.find("from_partial_evals") != std::string::npos ? ", from_partial_evals" : "";
  return "//! Generated by circlet-codegen from src/air/tables/" + table.name +
         "/constraints.hpp; do not edit.\nuse crate::fields::{QM31, QM31Add, QM31Mul, QM31Sub" +
         partial_evals + "};\nuse super::evaluator::{" + imports +
         "};\n\n/// acc = acc rho + C for every constraint C of the table; the spans hold its sampled "
         "values, "
         "tree by tree.\npub fn evaluate(\n" +
         parameters +
         "    c: @Constants,\n    claimed_sum: QM31,\n    rho: QM31,\n    mut acc: QM31,\n) -> QM31 {\n" +
         columns + "\n" + body + "    acc\n}\n";
}

std::string cairo_helpers() {
  return R"(//! Generated by circlet-codegen; do not edit. What the evaluators of the tables share.
use crate::fields::{ONE, QM31, QM31Add, QM31Mul, QM31Neg, QM31Sub, ZERO, base, from_partial_evals};

/// Values that are the same on every row, derived from the challenges.
#[derive(Copy, Drop)]
pub struct Constants {
    pub t: QM31,
    pub t_to_the_lanes: QM31,
    pub z_minus_wire: QM31,
    pub z_minus_look_up: QM31,
    pub minus_lambda: QM31,
    pub minus_lambda_2: QM31,
    pub minus_lambda_3: QM31,
}

pub fn constants(t: QM31, z: QM31, lambda: QM31, lanes: u32) -> Constants {
    let mut t_to_the_lanes = ONE;
    for _ in 0..lanes {
        t_to_the_lanes = t_to_the_lanes * t;
    }
    let minus_lambda = -lambda;
    let minus_lambda_2 = minus_lambda * lambda;
    Constants {
        t,
        t_to_the_lanes,
        z_minus_wire: z - base(1),
        z_minus_look_up: z - base(2),
        minus_lambda,
        minus_lambda_2,
        minus_lambda_3: minus_lambda_2 * lambda,
    }
}

/// The value of the next column of F.
pub fn secure(ref s: Span<QM31>) -> QM31 {
    let [a, b, c, d] = (*s.multi_pop_front::<4>().unwrap()).unbox();
    from_partial_evals(a, b, c, d)
}

/// The values of the next column of F one row earlier and on the row.
pub fn secure_with_previous(ref s: Span<QM31>) -> (QM31, QM31) {
    let [a, b, c, d, e, f, g, h] = (*s.multi_pop_front::<8>().unwrap()).unbox();
    (from_partial_evals(a, c, e, g), from_partial_evals(b, d, f, h))
}

/// sum_i x^(n-1-i) values_i
#[inline(never)]
pub fn horner(values: Span<QM31>, x: QM31) -> QM31 {
    let mut sum = ZERO;
    for value in values {
        sum = sum * x + *value;
    }
    sum
}

/// live (z - 1) - lambda id - lambda^3 value
#[inline(never)]
pub fn wire(c: @Constants, live: QM31, id: QM31, value: QM31) -> QM31 {
    live * *c.z_minus_wire + id * *c.minus_lambda + value * *c.minus_lambda_3
}

/// live (z - 2) - lambda f - lambda^2 q
#[inline(never)]
pub fn in_range(c: @Constants, live: QM31, f: QM31, q: QM31) -> QM31 {
    live * *c.z_minus_look_up + f * *c.minus_lambda + q * *c.minus_lambda_2
}

/// live (z - 2) - lambda f - lambda^2 q - lambda^3 y
#[inline(never)]
pub fn look_up(c: @Constants, live: QM31, f: QM31, q: QM31, y: QM31) -> QM31 {
    in_range(c, live, f, q) + y * *c.minus_lambda_3
}
)";
}

}  // namespace circlet
