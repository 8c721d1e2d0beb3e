#include "fri/prover/fri_folding.hpp"

#include "compute/parallel.hpp"
#include "core/circle.hpp"
#include "core/error.hpp"
#include "fri/prover/codeword_kernels.hpp"
#include "fri/prover/twiddles.hpp"

namespace circlet {
namespace {

constexpr std::size_t folds_per_task = 2048;

using FoldKernel = void (*)(const ConstSecureWords&, const std::uint32_t*, const QM31&, const SecureWords&,
                            std::size_t, std::size_t);

template <class InverseTwiddle>
SecureColumn fold(const SecureColumn& codeword, const QM31& alpha, std::uint32_t table, FoldKernel kernel,
                  const InverseTwiddle& small_inverse_twiddle) {
  const std::size_t size = codeword.size() / 2;
  SecureColumn folded(size);
  if (size < kernel_lanes) {
    for (std::uint32_t j = 0; j < size; ++j) {
      const std::size_t pair = 2 * std::size_t{j};
      const QM31 v0 = codeword.at(pair), v1 = codeword.at(pair + 1);
      folded.set(j, v0 + v1 + alpha * ((v0 - v1) * small_inverse_twiddle(j)));
    }
    return folded;
  }
  const std::uint32_t* const twiddles = words(twiddle_table(table).inverse);
  parallel_for_ranges(0, size, folds_per_task, [&](std::size_t begin, std::size_t end) {
    kernel(words(codeword), twiddles, alpha, words(folded), begin, end);
  });
  return folded;
}

}  // namespace

SecureColumn fold_circle_codeword(const SecureColumn& codeword, const QM31& alpha) {
  const std::uint32_t k = log2_exact(codeword.size());
  return fold(codeword, alpha, k, codeword_kernels().fold_circle,
              [&](std::uint32_t j) { return CanonicDomain{k}.index_at_slot(2 * j).to_point().y.inverse(); });
}

SecureColumn fold_line_codeword(const SecureColumn& codeword, const QM31& alpha) {
  // line(k) is the half coset of canonic(k + 1): the pair at 2j has the x of slot 4j there.
  const std::uint32_t table = log2_exact(codeword.size()) + 1;
  return fold(codeword, alpha, table, codeword_kernels().fold_line,
              [&](std::uint32_t j) { return twiddle_table(table).inverse[j]; });
}

std::vector<BaseColumn> pack_leaves(const SecureColumn& codeword, std::uint32_t log_leaf_size) {
  if (log_leaf_size == 0) return {codeword.coordinates.begin(), codeword.coordinates.end()};
  require(log_leaf_size == 2, ErrorKind::internal, "FRI: a leaf holds one or four values");
  const std::size_t size = codeword.size() / 4;
  std::vector<BaseColumn> columns(16);
  for (auto& column : columns) column.resize(size);
  for (std::size_t c = 0; c < 4; ++c) {
    const std::uint32_t* const in = words(codeword.coordinates[c]);
    const SecureWords out = {words(columns[c]), words(columns[4 + c]), words(columns[8 + c]),
                             words(columns[12 + c])};
    if (size < kernel_lanes) {
      for (std::size_t i = 0; i < codeword.size(); ++i) out[i % 4][i / 4] = in[i];
      continue;
    }
    parallel_for_ranges(0, size, folds_per_task, [&](std::size_t begin, std::size_t end) {
      codeword_kernels().split_in_four(in, out, begin, end);
    });
  }
  return columns;
}

std::vector<QM31> interpolate_last_layer(const SecureColumn& codeword, std::uint32_t log_degree_bound) {
  const std::uint32_t k = log2_exact(codeword.size());
  std::vector<QM31> values;
  for (std::size_t i = 0; i < codeword.size(); ++i) values.push_back(codeword.at(i));
  for (std::uint32_t layer = 0; layer < k; ++layer) {
    const std::size_t half = std::size_t{1} << layer;
    const BaseColumn& inverse = twiddle_table(k + 1 - layer).inverse;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if ((i & half) != 0) continue;
      const QM31 difference = values[i] - values[i + half];
      values[i] += values[i + half];
      values[i + half] = difference * inverse[i >> (layer + 1)];
    }
  }
  const M31 scale = M31(static_cast<std::uint32_t>(values.size())).inverse();
  const std::size_t bound = std::size_t{1} << log_degree_bound;
  std::vector<QM31> coefficients(bound);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i < bound) {
      coefficients[bit_reverse(static_cast<std::uint32_t>(i), log_degree_bound)] = values[i] * scale;
    } else {
      require(values[i].is_zero(), ErrorKind::internal, "FRI: the last layer exceeds its degree bound");
    }
  }
  return coefficients;
}

}  // namespace circlet
