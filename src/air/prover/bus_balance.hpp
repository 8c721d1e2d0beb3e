// The bus in the clear: every message of every table with its uses minus its yields. Says which wires and
// look-ups do not cancel when the claimed sums of a proof do not.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "air/dsl/challenges.hpp"
#include "air/prover/trace.hpp"

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
  /// All messages of table `index`, from its first four trees.
  void add_table(std::size_t index, std::uint32_t lanes, const TableTrace& trace);
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

}  // namespace circlet
