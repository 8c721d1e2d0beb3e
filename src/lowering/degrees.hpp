// How far the claims of a model tell right from wrong: the degrees of all its wires in the challenges alpha
// and t, added up over the equalities that a proof shows (docs/soundness.md, "Degrees"). Twice: from the
// runs, for setup, and from the columns alone, for whoever checks a key.
#pragma once

#include <span>

#include "lowering/look_up_functions.hpp"
#include "lowering/structure.hpp"

namespace circlet {

/// ceil(log2) of the sum, of runs with so many weights a row of `linear`.
std::uint32_t log_degree(const Arithmetisation& arithmetisation, std::uint32_t lanes);

/// Refuses products that samples or powers would mix, and a sum of degrees that is not the key's. Part of
/// check_structure, which has checked everything else before; `order` has every wire after those that it is
/// computed from.
void check_degrees(const Structure& structure, const PublicWires& wires, const LookUpFunctions& functions,
                   std::span<const std::uint32_t> order);

}  // namespace circlet
