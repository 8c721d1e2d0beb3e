#include "fri/prover/circle_fft.hpp"

#include <algorithm>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "fri/prover/circle_fft_kernels.hpp"
#include "fri/prover/codeword_kernels.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t smallest_vector_block = 5;
// A block of 2^15 values stays in the second-level cache; larger ones are split, three layers a memory pass.
constexpr std::uint32_t largest_cached_block = 15;
constexpr std::size_t split_grain = 4096;

// The factor of a pair in a small block: y at slot start + 2j for the circle layer, the table's entry above.
M31 factor(std::uint32_t k, std::size_t start, std::uint32_t layer, std::size_t i) {
  if (layer == 0) {
    return CanonicDomain{k}.index_at_slot(static_cast<std::uint32_t>(start + i)).to_point().y;
  }
  return twiddle_table(k - layer + 1).x[(start + i) >> (layer + 1)];
}

template <class Butterfly>
void small_layer(std::span<M31> values, std::uint32_t layer, const Butterfly& butterfly) {
  const std::size_t half = std::size_t{1} << layer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((i & half) == 0) butterfly(values[i], values[i + half], i);
  }
}

void fft_small(std::span<M31> values, std::uint32_t k, std::size_t start) {
  for (std::uint32_t layer = log2_exact(values.size()); layer-- > 0;) {
    small_layer(values, layer, [&](M31& v0, M31& v1, std::size_t i) {
      const M31 product = v1 * factor(k, start, layer, i);
      v1 = v0 - product;
      v0 += product;
    });
  }
}

void ifft_small(std::span<M31> values, std::uint32_t k) {
  for (std::uint32_t layer = 0; layer < log2_exact(values.size()); ++layer) {
    small_layer(values, layer, [&](M31& v0, M31& v1, std::size_t i) {
      const M31 difference = v0 - v1;
      v0 += v1;
      v1 = difference * factor(k, 0, layer, i).inverse();
    });
  }
  const M31 scale = M31(static_cast<std::uint32_t>(values.size())).inverse();
  for (M31& value : values) value *= scale;
}

// All layers on the block of 2^b values that starts at slot `start` of canonic(k).
void fft_block(std::span<M31> values, std::uint32_t k, std::size_t start) {
  const std::uint32_t b = log2_exact(values.size());
  if (b < smallest_vector_block) return fft_small(values, k, start);
  const LayerTwiddles twiddles = layer_twiddles(k, start, b);
  if (b <= largest_cached_block) return circle_fft_kernels().fft_block(words(values), b, twiddles);
  const std::size_t eighth = values.size() / 8;
  parallel_for_ranges(0, eighth, split_grain, [&](std::size_t begin, std::size_t end) {
    circle_fft_kernels().fft_three_layers(words(values), b - 1, twiddles, begin, end);
  });
  parallel_for(0, 8,
               [&](std::size_t i) { fft_block(values.subspan(i * eighth, eighth), k, start + i * eighth); });
}

void ifft_block(std::span<M31> values, std::uint32_t k, std::size_t start, std::uint32_t rotation) {
  const std::uint32_t b = log2_exact(values.size());
  const LayerTwiddles twiddles = inverse_layer_twiddles(k, start, b);
  if (b <= largest_cached_block) return circle_fft_kernels().ifft_block(words(values), b, twiddles, rotation);
  const std::size_t eighth = values.size() / 8;
  parallel_for(0, 8, [&](std::size_t i) {
    ifft_block(values.subspan(i * eighth, eighth), k, start + i * eighth, rotation);
  });
  parallel_for_ranges(0, eighth, split_grain, [&](std::size_t begin, std::size_t end) {
    circle_fft_kernels().ifft_three_layers(words(values), b - 1, twiddles, begin, end);
  });
}

}  // namespace

void circle_ifft_prefix(std::span<M31> values, std::uint32_t k) {
  const std::uint32_t b = log2_exact(values.size());
  require(b >= 1 && b <= k && values.size() == std::size_t{1} << b, ErrorKind::internal,
          "a circle FFT takes 2^b values, b >= 1");
  if (b < smallest_vector_block) return ifft_small(values, k);
  // 2^-b = 2^(31-b)
  ifft_block(values, k, 0, 31 - b);
}

void circle_ifft(std::span<M31> values) { circle_ifft_prefix(values, log2_exact(values.size())); }

void circle_fft(std::span<M31> coefficients) { low_degree_extension(coefficients, coefficients); }

void low_degree_extension(std::span<const M31> coefficients, std::span<M31> evaluations) {
  low_degree_extension_part(coefficients, log2_exact(evaluations.size()), 0, evaluations);
}

void low_degree_extension_part(std::span<const M31> coefficients, std::uint32_t log_domain, std::size_t start,
                               std::span<M31> evaluations) {
  const std::size_t n = coefficients.size();
  require(n >= 2 && n == std::size_t{1} << log2_exact(n) && start % n == 0 && evaluations.size() % n == 0 &&
              start + evaluations.size() <= std::size_t{1} << log_domain,
          ErrorKind::internal, "a circle FFT takes 2^k values, k >= 1");
  // The layers above log n meet zeros in their second half: they copy the coefficients into every block.
  parallel_for(0, evaluations.size() / n, [&](std::size_t block) {
    const auto values = evaluations.subspan(block * n, n);
    if (values.data() != coefficients.data())
      std::copy(coefficients.begin(), coefficients.end(), values.begin());
    fft_block(values, log_domain, start + block * n);
  });
}

PointEvaluator::PointEvaluator(const CirclePoint<QM31>& point, std::uint32_t k) {
  constexpr std::uint32_t low_bits = 10;
  std::vector<QM31> factors = {point.y};
  for (QM31 x = point.x; factors.size() < k; x = double_x(x)) factors.push_back(x);
  const auto products = [](std::span<const QM31> bits) {
    std::vector<QM31> all = {M31(1)};
    for (const QM31& bit : bits) {
      const std::size_t count = all.size();
      for (std::size_t i = 0; i < count; ++i) all.push_back(all[i] * bit);
    }
    return all;
  };
  const std::uint32_t t = std::min(k, low_bits);
  const auto low = products(std::span(factors).first(t));
  high_ = products(std::span(factors).subspan(t));
  low_ = SecureColumn(low.size());
  for (std::size_t i = 0; i < low.size(); ++i) low_.set(i, low[i]);
}

QM31 PointEvaluator::evaluate(std::span<const M31> coefficients) const {
  const std::size_t n = low_.size();
  require(coefficients.size() == n * high_.size(), ErrorKind::internal,
          "the point evaluator was made for polynomials of another size");
  QM31 value;
  if (n < 16) {
    for (std::size_t i = 0; i < n; ++i) value += low_.at(i) * coefficients[i];
    return value;
  }
  const std::array<const std::uint32_t*, 4> weights = {words(low_.coordinates[0]), words(low_.coordinates[1]),
                                                       words(low_.coordinates[2]),
                                                       words(low_.coordinates[3])};
  for (std::size_t block = 0; block < high_.size(); block += 2) {
    const std::array<const std::uint32_t*, 2> chunks = {words(coefficients) + block * n,
                                                        words(coefficients) + (block + 1) * n};
    std::array<QM31, 2> sums;
    const std::size_t count = std::min<std::size_t>(2, high_.size() - block);
    circle_fft_kernels().dot_secure(chunks.data(), count, weights, n, sums.data());
    for (std::size_t i = 0; i < count; ++i) value += sums[i] * high_[block + i];
  }
  return value;
}

BlockEvaluator::BlockEvaluator(std::vector<std::size_t> blocks, std::uint32_t k, std::uint32_t log_domain)
    : blocks_(std::move(blocks)), log_domain_(log_domain) {
  const std::uint32_t lowest = log_block(k);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (i % 4 == 0) weights_.emplace_back(std::size_t{1} << (k - lowest));
    // Layer l keeps v0 - f v1 of each pair where bit l of the slot is set, else v0 + f v1.
    std::vector<M31> products = {M31(1)};
    const std::size_t start = blocks_[i] << lowest;
    for (std::uint32_t l = lowest; l < k; ++l) {
      const M31 f = twiddle_table(log_domain - l + 1).x[start >> (l + 1)];
      const M31 signed_f = (start >> l & 1) != 0 ? -f : f;
      const std::size_t count = products.size();
      for (std::size_t h = 0; h < count; ++h) products.push_back(products[h] * signed_f);
    }
    for (std::size_t h = 0; h < products.size(); ++h) {
      auto coordinates = weights_.back()[h].coordinates();
      coordinates[i % 4] = products[h];
      weights_.back()[h] = {coordinates[0], coordinates[1], coordinates[2], coordinates[3]};
    }
  }
}

BaseColumn BlockEvaluator::evaluate(std::span<const M31> coefficients) const {
  const std::uint32_t b = log_block(log2_exact(coefficients.size()));
  const std::size_t size = std::size_t{1} << b;
  BaseColumn values(blocks_.size() * size);
  if (blocks_.empty()) return values;
  std::vector<const std::uint32_t*> parts;
  for (std::size_t first = 0; first < coefficients.size(); first += size) {
    parts.push_back(words(coefficients) + first);
  }
  SecureColumn sums(size);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::span<M31> block = std::span(values).subspan(i * size, size);
    if (parts.size() == 1) {
      std::ranges::copy(coefficients, block.begin());
    } else {
      if (i % 4 == 0) {
        codeword_kernels().combine_columns(parts.data(), weights_[i / 4].data(), parts.size(), words(sums), 0,
                                           size);
      }
      std::ranges::copy(sums.coordinates[i % 4], block.begin());
    }
    fft_block(block, log_domain_, blocks_[i] << b);
  }
  return values;
}

}  // namespace circlet
