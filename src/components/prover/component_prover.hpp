// A component as the prover sees it: its constraints over a domain twice its size.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "components/component.hpp"
#include "compute/column.hpp"

namespace circlet {

/// A component's columns, evaluated on canonic(log_size + 1) in storage order.
struct DomainEvaluations {
  std::uint32_t log_size = 0;  // of the domain: component log size + 1
  /// columns[tree][i] are the 2^log_size values of column masks[tree][i].
  std::vector<std::vector<const std::uint32_t*>> columns;
  /// previous_slot[s]: the slot that holds the point one trace row (G of the trace domain) before slot s's.
  const std::uint32_t* previous_slot = nullptr;
  /// 1 / v at slot s is vanishing_inverses[s >> (log_size - 1)].
  std::array<M31, 2> vanishing_inverses;
};

class ComponentProver {
 public:
  virtual ~ComponentProver() = default;
  [[nodiscard]] virtual const Component& component() const = 0;
  /// For every slot s in [begin, end): out(s) += sum_j coefficients[j] * C_j(s) / v(s). `out` are the four
  /// coordinate columns of the accumulator. begin and end are multiples of 16, or 0 and the whole (small)
  /// domain. Called from several threads on disjoint ranges.
  virtual void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                          std::span<const QM31> coefficients,
                          const std::array<std::uint32_t*, 4>& out) const = 0;
};

}  // namespace circlet
