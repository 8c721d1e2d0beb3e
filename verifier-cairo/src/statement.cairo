//! What a proof states, and how the public values enter the bus (docs/protocol.md section 5).
use crate::air::Challenges;
use crate::fields::{M31, ONE, QM31, QM31Add, QM31Mul, QM31Sub, ZERO, base, m31_neg, m31_sub, qm31_inverse, qm31_scale};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::key::{Key, Tensor};
use crate::tape::canonical;

const WIRE_ONE: M31 = 1;
const WIRE_ONES: M31 = 2;

/// Every value is below p and within the key's range.
pub fn check_values(values: Span<u32>, tensor: @Tensor) {
    for value in values {
        let above = m31_sub(canonical(*value), *tensor.least);
        assert(upcast::<_, u32>(above) <= *tensor.span, 'circlet: public value range');
    }
}

/// T = sum_j t^(N-1-j) value_j
fn claim_of(values: Span<u32>, t: QM31) -> QM31 {
    let mut claim = ZERO;
    for value in values {
        claim = claim * t + base(canonical(*value));
    }
    claim
}

/// count/d with d = (z - 1) - lambda id - lambda^3 value
fn message(challenges: @Challenges, count: M31, id: M31, value: QM31) -> QM31 {
    let lambda = *challenges.lambda;
    let denominator = *challenges.z - ONE - qm31_scale(lambda, id) - lambda * lambda * lambda * value;
    assert(denominator != ZERO, 'circlet: public denominator');
    qm31_scale(qm31_inverse(denominator), count)
}

/// The public messages of the bus: yields of ONE, ONES and of a public input's claim, and the read of the output's
/// claim.
pub fn public_messages(key: @Key, inputs: Span<u32>, outputs: Span<u32>, challenges: @Challenges) -> QM31 {
    let t = *challenges.t;
    let mut sum = message(challenges, m31_neg(*key.one_reads), WIRE_ONE, ONE)
        + message(challenges, m31_neg(*key.ones_reads), WIRE_ONES, ONE)
        + message(challenges, 1, *key.output.wire, claim_of(outputs, t));
    if *key.input_public {
        sum = sum - message(challenges, 1, *key.input.wire, claim_of(inputs, t));
    }
    sum
}
