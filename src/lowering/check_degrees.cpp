// The degrees of wires from the columns of a structure that is well formed otherwise.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "air/prover/trace.hpp"
#include "lowering/degrees.hpp"
#include "lowering/wire_bounds.hpp"

namespace circlet {
namespace {

/// One table, whose columns `Column` names.
template <class Column>
class RealRows {
 public:
  explicit RealRows(const StructureTable& table) : table_(table) {
    while (at(Column::real, count_) == M31(1)) ++count_;
  }
  [[nodiscard]] M31 at(Column column, std::size_t row) const { return table_.columns[index_of(column)][row]; }
  [[nodiscard]] bool bit(Column column, std::size_t row) const { return at(column, row) == M31(1); }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[noreturn]] void fail(std::size_t row, const std::string& rule) const {
    throw Error(ErrorKind::rejected,
                "structure: " + table_.name + " row " + std::to_string(row) + ": " + rule);
  }

 private:
  const StructureTable& table_;
  std::size_t count_ = 0;  // real ones
};

class Degrees {
 public:
  Degrees(const Structure& structure, const PublicWires& key, const LookUpFunctions& functions,
          std::size_t wire_count)
      : structure_(structure),
        key_(key),
        functions_(functions),
        linear_(structure[linear_table]),
        mac_table_(key.places().mac()),
        mac_(structure[mac_table_]),
        bounds_(wire_count),
        producers_(wire_count) {
    for (std::size_t table = activate_table; table < key.places().lut(); ++table)
      activates_.emplace_back(structure[table]);
  }

  void check(std::span<const std::uint32_t> order) {
    bound_of(M31(wires::one)) = {.magnitude = 1, .is_public = true, .polynomial = {{{}}}};
    if (key_.pair_reads) {
      bound_of(M31(wires::pair)) = {
          .degree = {1, 0}, .is_public = true, .polynomial = {{{}, {.degree = {1, 0}}}}};
    }
    bound_of(M31(wires::ones)) = {.degree = {key_.batch - 1, 0}, .magnitude = 1, .is_public = true};
    for_each_port(Direction::input,
                  [&](M31 claim, const Degree& degree) { bound_of(claim).degree = degree; });
    for (std::size_t place = 0; place < activates_.size(); ++place) bound_values(place);
    find_producers();
    for (const std::uint32_t wire : order) {
      const Producer& producer = producers_[wire];
      if (producer.table == linear_table) bounds_[wire] = sum_of_weights(producer);
      if (producer.table == mac_table_) bounds_[wire] = sum_of_products(producer);
    }
    check_assertions();
    check_total();
  }

 private:
  /// The rows first .. last of a table from which a wire is computed. On the last one it is yielded.
  struct Producer {
    std::size_t table = structure_end;
    std::size_t first = 0, last = 0;
  };
  static constexpr std::size_t structure_end = ~std::size_t{0};

  WireBound& bound_of(M31 wire) { return bounds_[wire.value()]; }

  /// Calls visit(wire, degree of the values as they are stated or committed) for each that has a claim.
  template <class Visitor>
  void for_each_port(Direction direction, const Visitor& visit) const {
    std::size_t data_table = key_.places().first_data();
    for (const PublicWires::Port& port : key_.ports) {
      const bool committed = port.visibility == Visibility::committed;
      const std::size_t table = data_table;
      if (committed) ++data_table;
      if (port.direction != direction || port.visibility == Visibility::hidden) continue;
      if (committed) {
        const RealRows<data::Structure> values(structure_[table]);
        visit(values.at(data::Structure::id, values.count() - 1),
              claim_degree(1, std::uint64_t{data::row_values} * values.count()));
      } else {
        visit(M31(port.claim), claim_degree(key_.batch, port.rows));
      }
    }
  }

  /// Of values, and of claims of values that are yielded. With one lane a row they are in M.
  void bound_values(std::size_t place) {
    using enum activate::Structure;
    const RealRows<activate::Structure>& activate = activates_[place];
    const TileWidth width = key_.of_activate(place);
    std::size_t first = 0;
    for (std::size_t row = 0; row < activate.count(); ++row) {
      if (!activate.bit(kt, row)) first = row;
      WireBound value{.degree = {width.lanes - 1, 0}};
      value.magnitude = functions_.at(activate.at(fnq, row).value()).magnitude;
      // Looked up for ONE.
      value.is_public =
          row == first && activate.at(nT, row) == M31(1) && activate.at(idT, row).value() == wires::one;
      if (value.is_public && place == 0) value.polynomial = constant_of(activate, row);
      bound_of(activate.at(idY, row)) = value;
      if (activate.at(nT, row).centered() >= 0) continue;
      WireBound claim{.degree = claim_degree(width, row - first + 1)};
      if (claim.is_in_m()) claim.magnitude = magnitude_of_digit(activate, row);
      bound_of(activate.at(idT, row)) = claim;
      if (row == first) tiles_.try_emplace(activate.at(idT, row).value(), Tile{width, row, place});
    }
  }
  /// The value looked up for ONE, where nothing is left of it: q + r - off = 1 with r = 0, as the split is
  /// unique. It matters to assertions alone, which are of one sample.
  [[nodiscard]] ShortPolynomial constant_of(const RealRows<activate::Structure>& activate,
                                            std::size_t row) const {
    using enum activate::Structure;
    if (activate.at(two_s, row) != M31(1)) return {};
    const LookUpFunction& function = functions_.at(activate.at(fnq, row).value());
    const std::uint32_t place = (activate.at(off, row) + M31(1)).value() - function.least;
    if (place >= function.first_values.size()) return {};
    return {{{.factor = function.first_values[place]}}};
  }
  /// The greatest |two_s q + r - off|.
  [[nodiscard]] std::uint64_t magnitude_of_digit(const RealRows<activate::Structure>& activate,
                                                 std::size_t row) const {
    using enum activate::Structure;
    const LookUpFunction& quotients = functions_.at(activate.at(fnq, row).value());
    const LookUpFunction& remainders = functions_.at(activate.at(fnr, row).value());
    const std::uint64_t step = activate.at(two_s, row).value();
    // q and r are below p, so that nothing wraps around.
    const auto least = static_cast<std::int64_t>(step * quotients.least);
    const auto most = static_cast<std::int64_t>(step * quotients.greatest + remainders.zeros.value_or(0) - 1);
    const std::int64_t offset = activate.at(off, row).centered();
    return static_cast<std::uint64_t>(
        std::min<std::int64_t>(std::max(std::abs(least - offset), std::abs(most - offset)), M31::modulus));
  }

  void find_producers() {
    using enum linear::Structure;
    for (std::size_t row = 0, first = 0; row < linear_.count(); ++row) {
      if (!linear_.bit(claim, row)) continue;
      producers_[linear_.at(id, row).value()] = {linear_table, first, row};
      first = row + 1;
    }
    for (std::size_t row = 0, first = 0; row < mac_.count(); ++row) {
      if (!carries(row)) first = row;
      if (mac_.at(mac::Structure::nY, row).is_zero()) continue;
      const bool asserts = mac_.at(mac::Structure::nY, row).centered() < 0;
      if (asserts) assertions_.push_back({mac_table_, first, row});
      if (!asserts) producers_[mac_.at(mac::Structure::idY, row).value()] = {mac_table_, first, row};
      first = row + 1;
    }
  }
  [[nodiscard]] bool carries(std::size_t row) const {
    return mac_.bit(mac::Structure::k1, row) || mac_.bit(mac::Structure::kt, row);
  }

  WireBound sum_of_weights(const Producer& op) {
    using enum linear::Structure;
    Degree operands;
    std::uint64_t input_rows = 0;
    bool reads_one_alone = true;
    for (std::size_t row = op.first; row < op.last; ++row) {
      if (!linear_.bit(f, row)) continue;
      const M31 wire = linear_.at(id, row);
      operands = greatest(operands, bound_of(wire).degree);
      reads_one_alone = reads_one_alone && wire.value() == wires::one;
      ++input_rows;
    }
    const std::uint64_t tiles = (op.last - op.first) / input_rows;
    // Weights in the padding are hidden like the others.
    return {.degree = operands + claim_degree(1, key_.lanes * tiles),
            .is_coefficient = reads_one_alone && tiles == 1};
  }

  WireBound sum_of_products(const Producer& op) {
    using enum mac::Structure;
    WireBound sum{.magnitude = 0, .is_public = true, .polynomial = {std::vector<Monomial>()}};
    // What is carried into the first row was yielded on the row before it.
    if (carries(op.first)) sum = bound_of(mac_.at(idY, op.first - 1));
    for (std::size_t row = op.first; row <= op.last; ++row) {
      const WireBound &a = bound_of(mac_.at(idA, row)), &b = bound_of(mac_.at(idB, row));
      const auto why = refused_product(a, b, key_.batch == 1);
      if (why) mac_.fail(row, *why);
      sum = (mac_.bit(kt, row) ? times_t(sum) : sum) + a * b;
    }
    return sum;
  }

  /// A tile whose values are read, or whose claim is read elsewhere too, has its lanes at powers where no
  /// other tile of its assertion has one: it is the coefficients there of the wire that is asserted, and of
  /// nothing else.
  void check_assertions() {
    using enum mac::Structure;
    for (const Producer& assertion : assertions_) {
      struct Lane {
        std::uint64_t t, alpha;
        bool is_read;
        auto operator<=>(const Lane&) const = default;
      };
      std::vector<Lane> lanes;
      std::uint64_t shift = 0;  // how often S is multiplied by t after the row
      for (std::size_t row = assertion.last + 1; row-- > assertion.first;) {
        const auto tile = tiles_.find(mac_.at(idA, row).value());
        if (tile == tiles_.end()) mac_.fail(row, "an asserted sum adds what is no tile");
        const std::optional<Degree> power = bound_of(mac_.at(idB, row)).polynomial.power();
        if (!power) mac_.fail(row, "a tile's place is no power of alpha and t");
        const auto& [width, of_activate, place] = tile->second;
        const bool is_read = !activates_[place].at(activate::Structure::nY, of_activate).is_zero() ||
                             activates_[place].at(activate::Structure::nT, of_activate) != -M31(1);
        for (std::uint32_t lane = 0; lane < width.lanes; ++lane) {
          lanes.push_back({power->t + shift, power->alpha + std::uint64_t{width.step} * lane, is_read});
        }
        if (mac_.bit(kt, row)) ++shift;
      }
      std::ranges::sort(lanes);
      for (std::size_t i = 1; i < lanes.size(); ++i) {
        const bool same = lanes[i].t == lanes[i - 1].t && lanes[i].alpha == lanes[i - 1].alpha;
        // Of lanes at one place those that are read come last.
        if (same && lanes[i].is_read)
          mac_.fail(assertion.last, "two tiles share a place, and the values of one are read");
      }
    }
  }

  /// Every claim that is read is shown to be that of the values.
  void check_total() {
    using enum activate::Structure;
    DegreeTotal total;
    for (std::size_t place = 0; place < activates_.size(); ++place) {
      const RealRows<activate::Structure>& activate = activates_[place];
      const TileWidth width = key_.of_activate(place);
      std::size_t first = 0;
      for (std::size_t row = 0; row < activate.count(); ++row) {
        if (!activate.bit(kt, row)) first = row;
        if (activate.at(nT, row) != M31(1)) continue;
        total.add_equality(bound_of(activate.at(idT, row)).degree, claim_degree(width, row - first + 1));
      }
    }
    for (const Producer& assertion : assertions_) {
      total.add_equality(bound_of(mac_.at(mac::Structure::idY, assertion.last)).degree,
                         sum_of_products(assertion).degree);
    }
    for_each_port(Direction::output, [&](M31 claim, const Degree& degree) {
      total.add_equality(bound_of(claim).degree, degree);
    });
    require(total.log2() <= max_log_degree, ErrorKind::rejected,
            "structure: the degrees of the claims add up to more than 2^26, which a random t does not tell "
            "apart");
    require(total.log2() == key_.log_degree, ErrorKind::rejected, [&] {
      return "structure: the degrees of the claims add up to 2^" + std::to_string(total.log2()) +
             ", the key says 2^" + std::to_string(key_.log_degree);
    });
  }

  const Structure& structure_;
  const PublicWires& key_;
  const LookUpFunctions& functions_;
  RealRows<linear::Structure> linear_;
  std::vector<RealRows<activate::Structure>> activates_;
  std::size_t mac_table_;
  RealRows<mac::Structure> mac_;
  std::vector<WireBound> bounds_;    // by id
  std::vector<Producer> producers_;  // by id, of the wires of linear and mac
  std::vector<Producer> assertions_;
  /// A row of activate whose claim is yielded.
  struct Tile {
    TileWidth width;
    std::size_t row = 0, place = 0;
  };
  std::map<std::uint32_t, Tile> tiles_;  // by the wire of the claim
};

}  // namespace

void check_degrees(const Structure& structure, const PublicWires& wires, const LookUpFunctions& functions,
                   std::span<const std::uint32_t> order) {
  Degrees(structure, wires, functions, order.size()).check(order);
}

}  // namespace circlet
