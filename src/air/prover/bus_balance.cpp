#include "air/prover/bus_balance.hpp"

#include "air/tables/constraints.hpp"
#include "air/tables/registry.hpp"

namespace circlet {

QM31 BusMessage::denominator(const Challenges& challenges) const {
  return denominator_of(challenges, tag, a, b, c);
}

std::string BusMessage::to_string() const {
  const auto x = c.coordinates();
  const bool in_base_field = x[1].is_zero() && x[2].is_zero() && x[3].is_zero();
  const std::string value =
      in_base_field ? std::to_string(x[0].centered())
                    : "(" + std::to_string(x[0].value()) + ", " + std::to_string(x[1].value()) + ", " +
                          std::to_string(x[2].value()) + ", " + std::to_string(x[3].value()) + ")";
  if (tag == BusTag::wire) return "wire " + std::to_string(a.value()) + " = " + value;
  return "look-up of function " + std::to_string(a.value()) + " at " + std::to_string(b.centered()) + " = " +
         value;
}

void BusBalance::add(M31 count, const BusMessage& message) {
  if (count.is_zero()) return;
  const auto c = message.c.coordinates();
  Entry& entry = entries_[{static_cast<std::uint32_t>(message.tag), message.a.value(), message.b.value(),
                           c[0].value(), c[1].value(), c[2].value(), c[3].value()}];
  entry.message = message;
  entry.count += count;
  entry.senders[sender_] += count.centered();
}

void BusBalance::add_table(TableKind kind, std::uint32_t lanes, const TableTrace& trace) {
  for_each_table([&]<class Shape>(auto k, Shape) {
    if (k == kind) add_rows(shape_with_lanes<Shape>(lanes), trace);
  });
}

std::vector<std::pair<BusMessage, M31>> BusBalance::unbalanced() const {
  std::vector<std::pair<BusMessage, M31>> left;
  for (const auto& [key, entry] : entries_) {
    if (!entry.count.is_zero()) left.emplace_back(entry.message, entry.count);
  }
  return left;
}

std::string BusBalance::explain(std::size_t limit) const {
  std::string text;
  std::size_t lines = 0, left_out = 0;
  for (const auto& [key, entry] : entries_) {
    if (entry.count.is_zero()) continue;
    if (lines++ >= limit) {
      ++left_out;
      continue;
    }
    text +=
        entry.message.to_string() + ": uses minus yields is " + std::to_string(entry.count.centered()) + " (";
    std::string separator;
    for (const auto& [sender, count] : entry.senders) {
      text += separator + sender + " " + (count > 0 ? "+" : "") + std::to_string(count);
      separator = ", ";
    }
    text += ")\n";
  }
  if (left_out != 0) text += "and " + std::to_string(left_out) + " more\n";
  return text;
}

}  // namespace circlet
