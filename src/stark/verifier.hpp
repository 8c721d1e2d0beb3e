// Verification of a Circlet proof against a verification key: the inverse half of prover.hpp, which it never
// includes.
#pragma once

#include "stark/proof.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

/// Returns if the proof's statement holds for the model of `key`; throws Error(rejected) naming the step that
/// failed. Only `key` is trusted. `observer` sees every change of the transcript.
void verify(const VerificationKey& key, const Proof& proof, Blake2sChannel::Observer observer = {});

}  // namespace circlet
