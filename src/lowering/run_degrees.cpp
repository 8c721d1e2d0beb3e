// The degrees of wires from the runs. These are in an order in which every wire is yielded before it is read,
// but for those of `activate`, whose degrees depend on no other.
#include "lowering/degrees.hpp"
#include "lowering/wire_bounds.hpp"

namespace circlet {
namespace {

class RunDegrees {
 public:
  RunDegrees(const Arithmetisation& arithmetisation, std::uint32_t lanes)
      : a_(arithmetisation), lanes_(lanes), degrees_(arithmetisation.reads.size()) {}

  std::uint32_t log_degree() {
    yield(wires::one, {});
    yield(wires::ones, {a_.shape.batch - 1, 0});
    yield(wires::pair, {1, 0});
    for (const PortRuns& input : a_.inputs) {
      if (input.claim != 0) yield(input.claim, of_port(input));  // of a hidden one there is none
    }
    yield_values();
    for (const Segment& segment : a_.segments) {
      for (std::size_t run = segment.first; run <= segment.last; ++run) {
        if (segment.table == TableKind::linear) yield_sum_of_weights(a_.linear[run]);
        if (segment.table == TableKind::mac) yield_sums_of_products(a_.mac[run]);
      }
    }
    DegreeTotal total;
    for (const ActivateRun& run : a_.activate) {
      if (run.claims == ActivateRun::Claim::read) total.add_equality(of(run.claim), of_claim(run));
    }
    for (const auto& [wire, degree] : asserted_) total.add_equality(of(wire), degree);
    for (const PortRuns& output : a_.outputs) total.add_equality(of(output.claim), of_port(output));
    return total.log2();
  }

 private:
  [[nodiscard]] Degree of_claim(std::uint64_t rows) const { return claim_degree(a_.shape.batch, rows); }
  [[nodiscard]] TileWidth width_of(const ActivateRun& run) const {
    return is_tiled(run) ? run.width : TileWidth{a_.shape.batch};
  }
  [[nodiscard]] Degree of_claim(const ActivateRun& run) const {
    const bool of_one_row = run.claims == ActivateRun::Claim::each_yielded;
    return claim_degree(width_of(run), of_one_row ? 1 : run.rows);
  }
  /// Of the values as they are stated or committed.
  [[nodiscard]] Degree of_port(const PortRuns& port) const {
    return port.data_rows == 0 ? of_claim(port.rows)
                               : claim_degree(1, std::uint64_t{data::row_values} * port.data_rows);
  }
  void yield(std::uint32_t wire, const Degree& degree) { degrees_[wire] = degree; }
  [[nodiscard]] Degree of(std::uint32_t wire) const {
    require(degrees_[wire].has_value(), ErrorKind::internal, "a run reads a wire that a later one yields");
    return *degrees_[wire];
  }
  [[nodiscard]] Degree greatest_of(const WireList& list) const {
    Degree result;
    for (std::uint32_t i = 0; i < (list.repeats ? 1 : list.count); ++i)
      result = greatest(result, of(list[i]));
    return result;
  }

  void yield_values() {
    for (const ActivateRun& run : a_.activate) {
      for (std::uint32_t j = 0; j < run.rows; ++j) {
        yield(run.first_value + j, {width_of(run).lanes - 1, 0});
        if (run.claims == ActivateRun::Claim::each_yielded) yield(run.claim + j, of_claim(run));
      }
      if (run.claims == ActivateRun::Claim::yielded) yield(run.claim, of_claim(run));
    }
  }
  void yield_sum_of_weights(const LinearRun& run) {
    operands_ = greatest(run.first_of_op ? Degree{} : operands_, greatest_of(run.operands));
    // What stands in the padding is hidden too.
    if (run.claim != 0)
      yield(run.claim, operands_ + claim_degree(1, std::uint64_t{lanes_} * run.tiles(lanes_)));
  }
  void yield_sums_of_products(const MacRun& run) {
    for (std::uint32_t i = 0; i < run.count(); ++i) {
      for (std::size_t term = 0; term < run.terms.size(); ++term) {
        const auto carry = term != 0 ? MacRun::Carry::same : i != 0 ? run.later : run.first;
        if (carry == MacRun::Carry::none) sum_ = {};
        if (carry == MacRun::Carry::times_t) sum_ = sum_ + Degree{0, 1};
        sum_ = greatest(sum_, of(run.terms[term].a[i]) + of(run.terms[term].b[i]));
      }
      if (run.yielded(i) != 0) yield(run.yielded(i), sum_);
    }
    if (run.asserted != 0) asserted_.emplace_back(run.asserted, sum_);
  }

  const Arithmetisation& a_;
  std::uint32_t lanes_;
  std::vector<std::optional<Degree>> degrees_;              // by id
  std::vector<std::pair<std::uint32_t, Degree>> asserted_;  // wires, and the degrees of what they equal
  Degree operands_, sum_;  // of the op of `linear`, and of the sum of `mac`, so far
};

}  // namespace

std::uint32_t log_degree(const Arithmetisation& arithmetisation, std::uint32_t lanes) {
  return RunDegrees(arithmetisation, lanes).log_degree();
}

}  // namespace circlet
