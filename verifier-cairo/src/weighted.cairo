//! Sums of weights in QM31 times values below 2^32, not reduced on the way: a weight is two felts, c0 + c1 2^128 and
//! c2 + c3 2^128, and so is a sum, each of whose parts stays in its place for up to 2^60 terms.
use crate::fields::{QM31, reduce_u128};

const SHIFT: felt252 = 0x100000000000000000000000000000000;

#[derive(Copy, Drop)]
pub struct Sum {
    pub low: felt252,
    pub high: felt252,
}

pub const EMPTY: Sum = Sum { low: 0, high: 0 };

/// The two felts of a weight.
#[inline(always)]
pub fn append_weight(ref weights: Array<felt252>, weight: QM31) {
    weights.append(weight.a.into() + weight.b.into() * SHIFT);
    weights.append(weight.c.into() + weight.d.into() * SHIFT);
}

/// sum + sum_i weight_i value_i over eight values.
#[inline(always)]
pub fn add_eight(
    sum: Sum,
    v0: felt252,
    v1: felt252,
    v2: felt252,
    v3: felt252,
    v4: felt252,
    v5: felt252,
    v6: felt252,
    v7: felt252,
    weights: Box<[felt252; 16]>,
) -> Sum {
    let [l0, h0, l1, h1, l2, h2, l3, h3, l4, h4, l5, h5, l6, h6, l7, h7] = weights.unbox();
    Sum {
        low: sum.low + v0 * l0 + v1 * l1 + v2 * l2 + v3 * l3 + v4 * l4 + v5 * l5 + v6 * l6 + v7 * l7,
        high: sum.high + v0 * h0 + v1 * h1 + v2 * h2 + v3 * h3 + v4 * h4 + v5 * h5 + v6 * h6 + v7 * h7,
    }
}

/// sum + sum_i weight_i value_i over fours of values.
pub fn add_fours(sum: Sum, mut values: Span<u32>, mut weights: Span<felt252>) -> Sum {
    match values.multi_pop_front::<4>() {
        Some(four) => {
            let [v0, v1, v2, v3] = (*four).unbox();
            let [l0, h0, l1, h1, l2, h2, l3, h3] = (*weights.multi_pop_front::<8>().unwrap()).unbox();
            let (v0, v1, v2, v3): (felt252, felt252, felt252, felt252) = (
                v0.into(), v1.into(), v2.into(), v3.into(),
            );
            add_fours(
                Sum {
                    low: sum.low + v0 * l0 + v1 * l1 + v2 * l2 + v3 * l3,
                    high: sum.high + v0 * h0 + v1 * h1 + v2 * h2 + v3 * h3,
                },
                values,
                weights,
            )
        },
        None => sum,
    }
}

/// The sum's value.
pub fn reduced(sum: Sum) -> QM31 {
    let low: u256 = sum.low.into();
    let high: u256 = sum.high.into();
    QM31 {
        a: reduce_u128(low.low), b: reduce_u128(low.high), c: reduce_u128(high.low), d: reduce_u128(high.high),
    }
}

#[cfg(test)]
mod tests;
