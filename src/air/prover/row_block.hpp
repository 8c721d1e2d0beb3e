// Sixteen rows of a trace, and the values of their messages. Included by kernel files only, after
// compute/simd/lanes.hpp.
#pragma once

#include "air/prover/packed_constants.hpp"
#include "air/tables/constraints.hpp"

namespace circlet::CIRCLET_LANES {

/// The columns of sixteen rows, in the order in which a table asks for them. Knows no rows but these: what a
/// table sends does not depend on the row before.
class RowBlock : public PackedConstants {
 public:
  struct BaseRange {
    const std::uint32_t* const* columns;
    std::size_t row;
    Base operator[](std::uint32_t i) const { return PackedM31::load(columns[i] + row); }
  };

  RowBlock(const RowJob& job, std::size_t row)
      : PackedConstants(job.constants), next_(job.columns), row_(row) {}

  Base structure(ColumnName, std::string_view) { return PackedM31::load(*take(Tree::structure, 1) + row_); }
  Base witness(ColumnName, std::string_view) { return PackedM31::load(*take(Tree::witness, 1) + row_); }
  void salts(Tree tree, std::uint32_t n) { take(tree, n); }
  BaseRange weight_range(ColumnName, std::uint32_t n, std::string_view) {
    return {take(Tree::weights, n), row_};
  }
  BaseRange witness_range(ColumnName, std::uint32_t n, std::string_view) {
    return {take(Tree::witness, n), row_};
  }
  BaseRange data_range(ColumnName, std::uint32_t n, std::string_view) { return {take(Tree::data, n), row_}; }
  Secure fingerprint(ColumnName, std::string_view) {
    const std::uint32_t* const* columns = take(Tree::fingerprints, 4);
    if (columns == nullptr) return PackedQM31::zero();
    return {PackedM31::load(columns[0] + row_), PackedM31::load(columns[1] + row_),
            PackedM31::load(columns[2] + row_), PackedM31::load(columns[3] + row_)};
  }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName name, std::string_view meaning) {
    return {PackedQM31::zero(), fingerprint(name, meaning)};
  }

 private:
  /// Null in a tree that the job does not have.
  const std::uint32_t* const* take(Tree tree, std::uint32_t n) {
    auto& next = next_[static_cast<std::size_t>(tree)];
    return next == nullptr ? nullptr : std::exchange(next, next + n);
  }

  std::array<const std::uint32_t* const*, tree_count> next_;
  std::size_t row_;
};

inline PackedM31 inverse(const PackedM31& x) {  // x^(p-2)
  PackedM31 result = PackedM31::broadcast(M31(1));
  PackedM31 power = x;
  for (std::uint32_t exponent = M31::modulus - 2; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= power;
    power = power.square();
  }
  return result;
}

/// 1 / (A + Bu) = (A - Bu) / (A^2 - (2 + i)B^2), and 1 / (r + si) = (r - si) / (r^2 + s^2).
inline PackedQM31 inverse(const PackedQM31& x) {
  const PackedM31 square = x.c.square() - x.d.square();  // re B^2
  const PackedM31 cross = (x.c * x.d).doubled();         // im B^2
  const PackedM31 r = x.a.square() - x.b.square() - square.doubled() + cross;
  const PackedM31 s = (x.a * x.b).doubled() - square - cross.doubled();
  const PackedM31 norm = inverse(r.square() + s.square());
  const PackedM31 real = r * norm;
  const PackedM31 imag = -(s * norm);
  return {x.a * real - x.b * imag, x.a * imag + x.b * real, x.d * imag - x.c * real,
          -(x.c * imag + x.d * real)};
}

/// emit(numerator, denominator) for every column of LogUp before R in order, and for the message that is left
/// over.
template <class Shape, class Columns, class Emit>
void fractions(RowBlock& eval, const Shape& shape, const Columns& c, Emit&& emit) {
  const PackedQM31 zero = PackedQM31::zero();
  const auto pair = [&](const auto& first, const auto& second) {
    const PackedQM31 d = denominator(eval, c.live, first.message),
                     d_second = denominator(eval, c.live, second.message);
    emit(-less_pair(zero, c.real, first, d, second, d_second), d * d_second);
  };
  if constexpr (has_lane_pairs<Shape>) {
    for (std::uint32_t i = 0; i < shape.lanes; ++i) {
      const auto [first, second] = lane_messages(eval, shape, c, i);
      pair(first, second);
    }
  }
  const auto list = messages(eval, shape, c);
  constexpr std::size_t count = std::tuple_size_v<decltype(list)>;
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (pair(std::get<2 * i>(list), std::get<2 * i + 1>(list)), ...);
  }(std::make_index_sequence<count / 2>{});
  if constexpr (count % 2 == 1) {
    const auto& last = std::get<count - 1>(list);
    emit(-less(zero, c.real, last), denominator(eval, c.live, last.message));
  }
}

/// Every fraction of rows [begin, end), all inverted together. Fraction j is column j of LogUp as far as
/// there is one before R; R gets the sum of the row's fractions.
template <class Shape>
void evaluate_fractions(const FractionJob& job) {
  struct Fraction {
    PackedQM31 numerator, denominator, product_before;
  };
  const Shape shape = shape_with_lanes<Shape>(job.rows.lanes);
  // GCC 12 has std::allocator ignore the alignment of the lane types.
  std::vector<Fraction, AlignedAllocator<Fraction>> all;
  all.reserve((job.end - job.begin) / lane_count * (job.stored + 1));
  std::size_t per_row = 0;
  PackedQM31 product = PackedQM31::broadcast(QM31(M31(1)));
  for (std::size_t row = job.begin; row < job.end; row += lane_count) {
    RowBlock rows(job.rows, row);
    const auto c = columns(rows, shape);
    const PackedM31 dead = PackedM31::broadcast(M31(1)) - c.live;
    const std::size_t before = all.size();
    fractions(rows, shape, c, [&](const PackedQM31& numerator, const PackedQM31& denominator) {
      const PackedQM31 invertible = denominator * c.live + dead;
      all.push_back({numerator, invertible, product});
      product = product * invertible;
    });
    per_row = all.size() - before;
  }

  PackedQM31 inverted = inverse(product);
  job.all_inverted = product * inverted == PackedQM31::broadcast(QM31(M31(1)));
  for (std::size_t row = job.end, last = all.size(); row > job.begin; last -= per_row) {
    row -= lane_count;
    PackedQM31 sum = PackedQM31::zero();
    for (std::size_t j = per_row; j-- > 0;) {
      const Fraction& fraction = all[last - per_row + j];
      const PackedQM31 value = fraction.numerator * (inverted * fraction.product_before);
      inverted = inverted * fraction.denominator;
      sum += value;
      if (j < job.stored) {
        value.store({job.logup[4 * j], job.logup[4 * j + 1], job.logup[4 * j + 2], job.logup[4 * j + 3]},
                    row);
      }
    }
    const std::size_t r = 4 * std::size_t{job.stored};
    sum.store({job.logup[r], job.logup[r + 1], job.logup[r + 2], job.logup[r + 3]}, row);
  }
}

/// out = sum_i constants[i] columns[i] on rows [begin, end).
inline void combine_columns(const WeighingJob& job) {
  for (std::size_t row = job.begin; row < job.end; row += lane_count) {
    const PackedConstants constants(job.constants);
    constants
        .horner(job.powers, job.columns_count,
                [&](std::uint32_t i) { return PackedM31::load(job.columns[i] + row); })
        .store(job.out, row);
  }
}

/// out = F(acc) on rows [begin, end) of activate.
inline void fingerprint_accumulators(const RowJob& job, std::size_t begin, std::size_t end,
                                     const std::array<std::uint32_t*, 4>& out) {
  for (std::size_t row = begin; row < end; row += lane_count) {
    RowBlock rows(job, row);
    const ActivateShape shape{job.lanes};
    accumulator_fingerprint(rows, shape, columns(rows, shape)).store(out, row);
  }
}

}  // namespace circlet::CIRCLET_LANES
