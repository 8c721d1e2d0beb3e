// Sixteen rows of a trace, and the values of their messages. Included by kernel files only, after
// compute/simd/lanes.hpp.
#pragma once

#include "air/prover/packed_constants.hpp"
#include "air/prover/tables.hpp"

namespace circlet::CIRCLET_LANES {

class RowBlock : public PackedConstants {
 public:
  RowBlock(const RowJob& job, std::size_t row) : PackedConstants(job.constants), job_(job), row_(row) {}

  /// Every table's first structure column.
  [[nodiscard]] PackedM31 live() const { return load(Tree::structure, 0); }
  template <class Column>
  [[nodiscard]] PackedM31 structure(Column column) const {
    return load(Tree::structure, static_cast<std::size_t>(column));
  }
  template <class Column>
  [[nodiscard]] PackedM31 witness(Column column) const {
    return load(Tree::witness, static_cast<std::size_t>(column));
  }
  template <class Column>
  [[nodiscard]] PackedQM31 fingerprint(Column column) const {
    const auto first = static_cast<std::size_t>(column);
    return {load(Tree::fingerprints, first), load(Tree::fingerprints, first + 1),
            load(Tree::fingerprints, first + 2), load(Tree::fingerprints, first + 3)};
  }

 private:
  [[nodiscard]] PackedM31 load(Tree tree, std::size_t column) const {
    return PackedM31::load(job_.columns[static_cast<std::size_t>(tree)][column] + row_);
  }

  const RowJob& job_;
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
    const RowBlock rows(job.rows, row);
    const PackedM31 live = rows.live();
    const PackedM31 dead = PackedM31::broadcast(M31(1)) - live;
    const std::size_t before = all.size();
    fractions(rows, shape, [&](const auto& numerator, const auto& denominator) {
      const PackedQM31 invertible = denominator * live + dead;
      all.push_back({PackedQM31::zero() + numerator, invertible, product});
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
inline void weigh_columns(const WeighingJob& job) {
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
    const RowBlock rows(job, row);
    accumulator_fingerprint(rows, ActivateShape{job.lanes}).store(out, row);
  }
}

}  // namespace circlet::CIRCLET_LANES
