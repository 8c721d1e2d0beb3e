// The bus in the clear: every message of every table with its uses minus its yields. Says which wires and
// look-ups do not cancel when the claimed sums of a proof do not.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "air/dsl/bus.hpp"
#include "air/dsl/challenges.hpp"
#include "air/evaluate/scalar_evaluator.hpp"
#include "air/prover/trace.hpp"
#include "air/tables/registry.hpp"

namespace circlet {

/// A message without its multiplicity: (id, index, value) of a wire or (fn, q, y) of a look-up.
struct BusMessage {
  BusTag tag = BusTag::wire;
  M31 a, b;
  QM31 c;

  [[nodiscard]] QM31 denominator(const Challenges& challenges) const;
  [[nodiscard]] std::string to_string() const;
};

class BusBalance {
 public:
  explicit BusBalance(const Challenges& challenges) : challenges_(challenges) {}

  /// Uses count +1, a yield of multiplicity n counts -n. Nothing is added if count is 0.
  void wire(M31 count, M31 id, const QM31& value) { add(count, {BusTag::wire, id, M31(), value}); }
  void look_up(M31 count, M31 fn, M31 q, M31 y) { add(count, {BusTag::look_up, fn, q, y}); }
  /// All messages of the rows of a table, from its first four trees; and the same of a table of this kind.
  template <class Shape>
  void add_rows(const Shape& shape, const TableTrace& trace);
  void add_table(TableKind kind, std::uint32_t lanes, const TableTrace& trace);
  [[nodiscard]] const Challenges& challenges() const { return challenges_; }

  /// Messages whose counts do not cancel, with what is left.
  [[nodiscard]] std::vector<std::pair<BusMessage, M31>> unbalanced() const;
  /// One line a message that does not cancel, with the tables that sent it; at most `limit` of them. Empty if
  /// the bus balances.
  [[nodiscard]] std::string explain(std::size_t limit = 20) const;

 private:
  struct Entry {
    BusMessage message;
    M31 count;
    std::map<std::string, std::int64_t> senders;  // signed counts by table, "public" for the statement's
  };
  void add(M31 count, const BusMessage& message);

  Challenges challenges_;
  std::string sender_ = "public";
  std::map<std::array<std::uint32_t, 7>, Entry> entries_;
};

namespace detail {

/// One row of a trace; trees that are not there yet are zero.
struct MessageSource {
  const TableTrace& trace;
  std::size_t row;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    const auto columns = trace.tree(tree);
    if (columns.empty()) return {};
    return columns[column][previous ? (row + trace.rows() - 1) % trace.rows() : row];
  }
};
struct NoConstraints {
  void operator()(std::string_view, std::uint32_t, const QM31&) const {}
};

inline BusMessage in_the_clear(const Wire<M31, QM31>& m) { return {BusTag::wire, m.id, M31(), m.value}; }
inline BusMessage in_the_clear(const LookUp<M31>& m) {
  return {BusTag::look_up, m.function, m.argument, m.value};
}
inline BusMessage in_the_clear(const InRange<M31>& m) {
  return {BusTag::look_up, m.function, m.argument, {}};
}

}  // namespace detail

template <class Shape>
void BusBalance::add_rows(const Shape& shape, const TableTrace& trace) {
  sender_ = Shape::table;
  const TableConstants constants(challenges_, {}, shape.lanes);
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    const detail::MessageSource source{trace, row};
    detail::NoConstraints sink;
    ScalarEvaluator<M31, detail::MessageSource, detail::NoConstraints> eval(source, constants, sink);
    const auto c = columns(eval, shape);
    const auto add_entry = [&](const auto& entry) {
      // The running sum takes what real rows send, and nothing else.
      const QM31 count = -less(QM31(), c.real, entry) * c.real;
      add(count.coordinates()[0], detail::in_the_clear(entry.message));
    };
    const auto add_all = [&](const auto& list) {
      std::apply([&](const auto&... entry) { (add_entry(entry), ...); }, list);
    };
    if constexpr (has_lane_pairs<Shape>) {
      for (std::uint32_t i = 0; i < shape.lanes; ++i) add_all(lane_messages(eval, shape, c, i));
    }
    add_all(messages(eval, shape, c));
  }
  sender_ = "public";
}

}  // namespace circlet
