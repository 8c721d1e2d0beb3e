// The evaluator of sixteen slots of a domain. Included by kernel files only, after compute/simd/lanes.hpp.
#pragma once

#include "air/prover/packed_constants.hpp"
#include "air/tables/constraints.hpp"

namespace circlet::CIRCLET_LANES {

/// Even lanes of a, odd lanes of b.
inline PackedU32 even_odd(const PackedU32& a, const PackedU32& b) {
#ifdef CIRCLET_AVX512
  return {_mm512_mask_blend_epi32(0xAAAA, a.v, b.v)};
#else
  return PackedU32::make([&](std::size_t i) { return i % 2 == 0 ? a.v[i] : b.v[i]; });
#endif
}

/// The slots one trace row before those at slot..slot+15. In storage order a step of the trace moves whole
/// blocks: the even lanes come from one block and the odd lanes from another, lane by lane, but for the two
/// blocks in which the step wraps around.
class PreviousBlock {
 public:
  PreviousBlock(const std::uint32_t* previous_slot, std::uint32_t slot)
      : slots_(previous_slot + slot), even_(slots_[0]), odd_(slots_[1] - 1) {
    static constexpr std::array<std::uint32_t, 16> lanes = {0, 1, 2,  3,  4,  5,  6,  7,
                                                            8, 9, 10, 11, 12, 13, 14, 15};
    const PackedU32 expected =
        even_odd(PackedU32::broadcast(even_), PackedU32::broadcast(odd_)) + PackedU32::load(lanes.data());
    whole_blocks_ = expected == PackedU32::load(slots_);
  }
  [[nodiscard]] PackedM31 load(const std::uint32_t* column) const {
    if (whole_blocks_) [[likely]] {
      return {even_odd(PackedU32::load(column + even_), PackedU32::load(column + odd_))};
    }
    return PackedM31::gather(column, slots_);
  }

 private:
  const std::uint32_t* slots_;
  std::uint32_t even_, odd_;
  bool whole_blocks_;
};

/// The sixteen values at p, of one of many columns that are read from end to end: more than the processor
/// follows by itself.
inline PackedM31 stream(const std::uint32_t* p) {
  constexpr std::size_t ahead = 4 * lane_count;
  __builtin_prefetch(p + ahead);
  return PackedM31::load(p);
}

class DomainEvaluator : public PackedConstants {
 public:
  struct BaseRange {
    const std::uint32_t* const* columns;
    std::uint32_t slot;
    Base operator[](std::uint32_t i) const { return stream(columns[i] + slot); }
  };
  struct SecureRange {
    const std::uint32_t* const* columns;
    std::uint32_t slot;
    Secure operator[](std::uint32_t i) const { return load(columns + 4 * std::size_t{i}, slot); }
  };

  DomainEvaluator(const AccumulateJob& job, std::uint32_t slot)
      : PackedConstants(job.constants), job_(job), slot_(slot), previous_(job.trace.previous_slot, slot) {
    for (std::size_t tree = 0; tree < tree_count; ++tree)
      next_[tree] = job.trace.columns[job.positions[tree]].data();
  }
  /// sum_j coefficients[j] C_j
  [[nodiscard]] PackedQM31 sum() const { return sum_.reduce(); }

  Base structure(ColumnName, std::string_view) { return PackedM31::load(*take(Tree::structure, 1) + slot_); }
  Base witness(ColumnName, std::string_view) { return PackedM31::load(*take(Tree::witness, 1) + slot_); }
  WithPrevious<Base> witness_with_previous(ColumnName, std::string_view) {
    const std::uint32_t* column = *take(Tree::witness, 1);
    return {previous_.load(column), PackedM31::load(column + slot_)};
  }
  void salts(Tree tree, std::uint32_t n) { take(tree, n); }
  BaseRange weight_range(ColumnName, std::uint32_t n, std::string_view) {
    return {take(Tree::weights, n), slot_};
  }
  BaseRange witness_range(ColumnName, std::uint32_t n, std::string_view) {
    return {take(Tree::witness, n), slot_};
  }
  BaseRange data_range(ColumnName, std::uint32_t n, std::string_view) { return {take(Tree::data, n), slot_}; }
  Secure fingerprint(ColumnName, std::string_view) { return load(take(Tree::fingerprints, 4), slot_); }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName, std::string_view) {
    return with_previous(Tree::fingerprints);
  }
  Secure logup(ColumnName, std::string_view) { return load(take(Tree::logup, 4), slot_); }
  WithPrevious<Secure> logup_with_previous(ColumnName, std::string_view) {
    return with_previous(Tree::logup);
  }
  SecureRange logup_range(ColumnName, std::uint32_t n, std::string_view) {
    return {take(Tree::logup, 4 * n), slot_};
  }

  Secure from_coordinates(const Base& a, const Base& b, const Base& c, const Base& d) const {
    return {a, b, c, d};
  }
  template <class F>
  Secure sum(std::uint32_t n, F&& f) const {
    Secure result = PackedQM31::zero();
    for (std::uint32_t i = 0; i < n; ++i) result += f(i);
    return result;
  }
  template <class F>
  void each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = 0; i < n; ++i) f(i);
  }
  void constraint(std::string_view, const Secure& value) {
    sum_.fold();
    sum_.add(job_.coefficients[constraint_++], value);
  }
  void constraint(std::string_view, const Base& value) {
    sum_.fold();
    sum_.add(job_.coefficients[constraint_++].value(), value);
  }
  template <class Value>
  void constraint(std::string_view name, std::uint32_t, const Value& value) {
    constraint(name, value);
  }

 private:
  static Secure load(const std::uint32_t* const* columns, std::uint32_t slot) {
    return {PackedM31::load(columns[0] + slot), PackedM31::load(columns[1] + slot),
            PackedM31::load(columns[2] + slot), PackedM31::load(columns[3] + slot)};
  }
  WithPrevious<Secure> with_previous(Tree tree) {
    const std::uint32_t* const* columns = take(tree, 4);
    return {{previous_.load(columns[0]), previous_.load(columns[1]), previous_.load(columns[2]),
             previous_.load(columns[3])},
            load(columns, slot_)};
  }
  const std::uint32_t* const* take(Tree tree, std::uint32_t n) {
    return std::exchange(next_[static_cast<std::size_t>(tree)], next_[static_cast<std::size_t>(tree)] + n);
  }

  const AccumulateJob& job_;
  std::uint32_t slot_;
  PreviousBlock previous_;
  ConstantProducts sum_;
  std::uint32_t constraint_ = 0;
  std::array<const std::uint32_t* const*, tree_count> next_{};
};

template <class Shape>
void accumulate_domain(const AccumulateJob& job) {
  const Shape shape = shape_with_lanes<Shape>(job.lanes);
  for (std::uint32_t slot = job.begin; slot < job.end; slot += lane_count) {
    DomainEvaluator eval(job, slot);
    constraints(eval, shape);
    (PackedQM31::load(job.out, slot) + eval.sum()).store(job.out, slot);
  }
}

}  // namespace circlet::CIRCLET_LANES
