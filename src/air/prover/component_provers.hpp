// The components of a proof as the prover sees them, and the search for the rows on which a trace breaks a
// constraint.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "air/evaluate/components.hpp"
#include "air/prover/trace.hpp"
#include "components/prover/component_prover.hpp"

namespace circlet {

/// As make_components.
std::vector<std::unique_ptr<ComponentProver>> make_component_provers(const AirShape& shape,
                                                                     const Challenges& challenges,
                                                                     std::span<const QM31> claimed_sums);

/// A constraint that does not hold on a row of a trace.
struct Violation {
  std::string table;
  std::size_t row = 0;
  std::string constraint;
  friend bool operator==(const Violation&, const Violation&) = default;
};

/// Every violated constraint of a table, in row order, or the first `limit` of them. `trace` has
/// all trees that the component has columns in.
std::vector<Violation> find_violations(TableKind kind, std::uint32_t lanes, const TableTrace& trace,
                                       const Challenges& challenges, const QM31& claimed_sum,
                                       std::size_t limit = SIZE_MAX);

}  // namespace circlet
