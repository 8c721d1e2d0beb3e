//! What a proof states, and how the public values enter the bus (docs/protocol.md section 5).
use crate::air::Challenges;
use crate::fields::{M31, ONE, QM31, QM31Add, QM31Mul, QM31Sub, ZERO, base, m31_neg, qm31_inverse, qm31_scale};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::blake2s::{Hash, append_hash};
use crate::key::{Key, Tensor, Visibility};
use crate::tape::{HashTape, HashTapeTrait, ValueTape, ValueTapeTrait, canonical};
use crate::weighted::{EMPTY, add_eight, append_weight, reduced};

const MODULUS: u32 = 0x7fffffff;
const WIRE_ONE: M31 = 1;
const WIRE_ONES: M31 = 2;

/// What a proof states of the input or the output: its values if they are public, the root of their tree if they are committed.
#[derive(Copy, Drop)]
pub struct Stated {
    pub values: Span<u32>,
    pub root: Option<Hash>,
}

/// Takes what the proof states of `tensor` from the tapes.
pub fn read_stated(tensor: @Tensor, ref tape: ValueTape, ref hashes: HashTape) -> Stated {
    let mut values = array![];
    let mut root = None;
    match tensor.visibility {
        Visibility::Public => tape.read_exactly(ref values, *tensor.rows),
        Visibility::Private => (),
        Visibility::Committed => root = Some(hashes.next()),
    }
    check_values(values.span(), tensor);
    Stated { values: values.span(), root }
}

/// The words that enter the transcript.
pub fn append_stated(ref words: Array<u32>, stated: @Stated) {
    words.append((*stated.values).len());
    words.append_span(*stated.values);
    if let Some(root) = *stated.root {
        append_hash(ref words, root);
    }
}

/// Every value is below p and within the key's range. A range that reaches below 0 has residues 0 to `greatest` and
/// `least` to p - 1.
fn check_values(values: Span<u32>, tensor: @Tensor) {
    let (least, greatest): (u32, u32) = (upcast(*tensor.least), upcast(*tensor.greatest));
    if least <= greatest {
        for value in values {
            assert(least <= *value && *value <= greatest, 'circlet: public value range');
        }
    } else {
        for value in values {
            assert(
                *value <= greatest || (least <= *value && *value < MODULUS), 'circlet: public value range',
            );
        }
    }
}

/// T = sum_j t^(N-1-j) value_j: eight values at a time, T = t^8 T + sum_{i<8} t^(7-i) value_i.
fn claim_of(mut values: Span<u32>, t: QM31) -> QM31 {
    let mut powers = array![ONE];
    let mut power = ONE;
    for _ in 0..8_u32 {
        power = power * t;
        powers.append(power);
    }
    let mut weights = array![];
    for i in 0..8_u32 {
        append_weight(ref weights, *powers[7 - i]);
    }
    let mut weights = weights.span();
    let weights = *weights.multi_pop_front::<16>().unwrap();
    let mut claim = ZERO;
    while let Some(eight) = values.multi_pop_front::<8>() {
        let [a, b, c, d, e, f, g, h] = (*eight).unbox();
        let sum = add_eight(
            EMPTY, a.into(), b.into(), c.into(), d.into(), e.into(), f.into(), g.into(), h.into(), weights,
        );
        claim = claim * power + reduced(sum);
    }
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

/// The public messages of the bus: yields of ONE, ONES and of a public input's claim, and the read of a public output's.
pub fn public_messages(key: @Key, inputs: Span<u32>, outputs: Span<u32>, challenges: @Challenges) -> QM31 {
    let t = *challenges.t;
    let mut sum = message(challenges, m31_neg(*key.one_reads), WIRE_ONE, ONE)
        + message(challenges, m31_neg(*key.ones_reads), WIRE_ONES, ONE);
    if *key.output.visibility == Visibility::Public {
        sum = sum + message(challenges, 1, *key.output.wire, claim_of(outputs, t));
    }
    if *key.input.visibility == Visibility::Public {
        sum = sum - message(challenges, 1, *key.input.wire, claim_of(inputs, t));
    }
    sum
}
