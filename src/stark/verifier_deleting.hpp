// For tests of what each constraint is there for: the verifier with some constraints taken as zero. Nothing
// but tests includes this.
#pragma once

#include "air/evaluate/components.hpp"
#include "stark/verifier.hpp"

namespace circlet {

/// `verify` without the constraints that `deleted` names; it accepts false statements unless that is empty.
void verify_deleting(const VerificationKey& key, const Proof& proof, const DeletedConstraints& deleted,
                     Blake2sChannel::Observer observer = {});

}  // namespace circlet
