//! What a proof states, and how the public values enter the bus (docs/protocol.md section 5).
use crate::air::Challenges;
use crate::fields::{M31, ONE, QM31, QM31Add, QM31Mul, QM31Sub, ZERO, base, m31_neg, qm31_inverse, qm31_scale};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::blake2s::{Hash, append_hash};
use crate::generated::layout::{DATA, OWN_TREE};
use crate::key::{Direction, Key, Tensor, Visibility, visibility_word};
use crate::layout::columns;
use crate::pin::{DATA_TAG, POINTS, Pin, pin};
use crate::tape::{HashTape, HashTapeTrait, ValueTape, ValueTapeTrait, canonical};
use crate::weighted::{EMPTY, add_eight, append_weight, reduced};

const MODULUS: u32 = 0x7fffffff;

/// What a proof states of a tensor of the key: its values if they are public, the root and the pin of their tree if they are committed.
#[derive(Copy, Drop)]
pub struct Stated {
    pub values: Span<u32>,
    /// The values as they came, eight a felt.
    pub felts: Span<felt252>,
    pub commitment: Option<Commitment>,
}

#[derive(Copy, Drop)]
pub struct Commitment {
    pub root: Hash,
    pub pin: Pin,
}

/// Takes what the proof states of the key's tensors, in order, from the tapes.
pub fn read_statement(key: @Key, ref tape: ValueTape, ref hashes: HashTape) -> Span<Stated> {
    let mut statement = array![];
    for tensor in *key.tensors {
        statement.append(read_stated(tensor, ref tape, ref hashes));
    }
    statement.span()
}

fn read_stated(tensor: @Tensor, ref tape: ValueTape, ref hashes: HashTape) -> Stated {
    let mut words = array![];
    let before = tape;
    match tensor.visibility {
        Visibility::Public => {
            tape.read_exactly(ref words, *tensor.rows);
            let values = words.span();
            check_values(values, tensor);
            Stated { values, felts: tape.taken_since(before), commitment: None }
        },
        Visibility::Private => Stated { values: words.span(), felts: array![].span(), commitment: None },
        Visibility::Committed => {
            let root = hashes.next();
            tape.read_exactly(ref words, 4 * POINTS * columns(DATA, OWN_TREE).once);
            let pin = pin(DATA_TAG, root, words.span());
            Stated { values: array![].span(), felts: array![].span(), commitment: Some(Commitment { root, pin }) }
        },
    }
}

/// The words that enter the transcript: after the number of tensors, of each its visibility, the number of its public values and
/// these, or the root and the pin.
pub fn append_statement(ref words: Array<u32>, key: @Key, mut statement: Span<Stated>) {
    words.append(statement.len());
    for tensor in *key.tensors {
        let stated = statement.pop_front().unwrap();
        words.append(visibility_word(*tensor.visibility));
        words.append((*stated.values).len());
        words.append_span(*stated.values);
        if let Some(commitment) = *stated.commitment {
            append_hash(ref words, commitment.root);
            words.append_span(commitment.pin.words);
        }
    }
}

/// The commitments of a statement, in order.
pub fn commitments(statement: Span<Stated>) -> Span<Commitment> {
    let mut result = array![];
    for stated in statement {
        if let Some(commitment) = *stated.commitment {
            result.append(commitment);
        }
    }
    result.span()
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

/// The public messages of the bus: yields of the constant wires, which the values 1 are on, and of public inputs' claims, and reads of
/// public outputs'.
pub fn public_messages(key: @Key, mut statement: Span<Stated>, challenges: @Challenges) -> QM31 {
    let mut sum = ZERO;
    let mut id = 1;
    for reads in *key.constant_reads {
        sum = sum + message(challenges, m31_neg(*reads), canonical(id), ONE);
        id += 1;
    }
    for tensor in *key.tensors {
        let stated = statement.pop_front().unwrap();
        if *tensor.visibility == Visibility::Public {
            let count = match tensor.direction {
                Direction::Input => m31_neg(1),
                Direction::Output => 1,
            };
            sum = sum + message(challenges, count, *tensor.wire, claim_of(*stated.values, *challenges.t));
        }
    }
    sum
}

#[cfg(test)]
mod tests;
