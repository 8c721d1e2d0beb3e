// Components with constraints left out, for tests of what a constraint is there for: both sides of a proof
// take those that are named as zero.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "air/evaluate/components.hpp"
#include "components/prover/component_prover.hpp"

namespace circlet::testing {

/// Stems of constraint names: "activate.P".
using DeletedConstraints = std::set<std::string, std::less<>>;

/// As make_components.
std::vector<std::unique_ptr<Component>> deleting_components(const AirShape& shape,
                                                            const Challenges& challenges,
                                                            std::span<const QM31> claimed_sums,
                                                            const DeletedConstraints& deleted);
/// As make_component_provers.
std::vector<std::unique_ptr<ComponentProver>> deleting_provers(const AirShape& shape,
                                                               const Challenges& challenges,
                                                               std::span<const QM31> claimed_sums,
                                                               const DeletedConstraints& deleted);

}  // namespace circlet::testing
