// affine: an op of `linear` over its matrices and the bias; with coefficients, a run of `mac` that adds to
// its claim.
#include "lowering/rows.hpp"

#include "operators/affine/meaning.hpp"

namespace circlet::affine {
namespace {

/// The claim of matrices and bias, if there are any.
std::optional<std::uint32_t> add_matrices(Lowering& lowering, const Op& op, const std::vector<Term>& terms) {
  const std::uint32_t rows = lowering.program().tensors[op.outputs[0]].rows();
  bool first = true;
  for (const Term& term : terms) {
    if (!term.is_matrix) continue;
    lowering.add_weights(lowering.rows_of(term.input), rows, {.constant = term.weights, .first = 0}, first);
    first = false;
  }
  if (const auto bias = bias_of(op)) {
    lowering.add_weights({wires::ones}, rows, {.constant = *bias, .first = 0}, first);
    first = false;
  }
  if (first) return std::nullopt;
  return lowering.add_claim();
}

/// S = S t + x_j c for the first coefficients of row j, S = S + x_j c for the others, and at last the claim
/// of the matrices. A coefficient is the claim of the op "c times ONE".
std::uint32_t add_coefficients(Lowering& lowering, const Op& op, const std::vector<Term>& terms,
                               const std::optional<std::uint32_t>& matrices) {
  const Program& program = lowering.program();
  const std::uint32_t rows = program.tensors[op.outputs[0]].rows();
  MacRun run;
  for (const Term& term : terms) {
    if (term.is_matrix) continue;
    const auto entries = static_cast<std::uint32_t>(program.constants[term.weights].size());
    std::uint32_t first = 0;
    for (std::uint32_t entry = 0; entry < entries; ++entry) {
      lowering.add_weights({wires::one}, 1, {.constant = term.weights, .first = entry}, true);
      const std::uint32_t wire = lowering.add_claim();
      if (entry == 0) first = wire;
    }
    run.terms.push_back({lowering.rows_of(term.input), {first, rows, entries == 1}});
  }
  lowering.add_products(std::move(run));
  if (matrices) lowering.add(Lowering::Carry::same, *matrices);
  return lowering.yield_sum();
}

void write(Lowering& lowering, OpId id) {
  const Op& op = lowering.program().ops[id];
  const std::vector<Term> terms = terms_of(lowering.program(), op);
  const auto matrices = add_matrices(lowering, op, terms);
  const bool coefficients = !terms.empty() && !terms.back().is_matrix;
  lowering.set_claim(op.outputs[0],
                     coefficients ? add_coefficients(lowering, op, terms, matrices) : *matrices);
}

void count(const Program& program, const Op& op, std::uint32_t lanes, RowCounts& counts) {
  const std::uint64_t rows = program.tensors[op.outputs[0]].rows();
  const std::uint64_t tiles = (rows + lanes - 1) / lanes;
  for (const Term& term : terms_of(program, op)) {
    if (term.is_matrix) {
      counts.linear += program.tensors[term.input].rows() * tiles;
    } else {
      counts.linear += 2 * program.constants[term.weights].size();
      counts.mac += rows;
    }
  }
  counts.linear += (bias_of(op) ? tiles : 0) + 1;
  counts.mac += 1;
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::affine
