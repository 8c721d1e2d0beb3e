use crate::fields::{M31, QM31, ZERO, base};
use super::{EMPTY, Sum, add_eight, add_fours, append_weight, reduced};

const TOP: M31 = 0x7ffffffe;

fn weights() -> (Array<QM31>, Array<felt252>) {
    let elements = array![
        QM31 { a: TOP, b: TOP, c: TOP, d: TOP },
        QM31 { a: 0, b: TOP, c: 0, d: TOP },
        QM31 { a: 1, b: 2, c: 3, d: 4 },
        ZERO,
        QM31 { a: TOP, b: 0, c: TOP, d: 0 },
        QM31 { a: 5, b: TOP, c: 6, d: TOP },
        QM31 { a: TOP, b: TOP, c: TOP, d: TOP },
        QM31 { a: 7, b: 8, c: 9, d: 10 },
    ];
    let mut felts = array![];
    for element in elements.span() {
        append_weight(ref felts, *element);
    }
    (elements, felts)
}

#[test]
fn sums_agree_with_the_field() {
    let (elements, felts) = weights();
    let values: Array<M31> = array![TOP, TOP, TOP, TOP, 1, 2, TOP, 0];
    let mut expected = ZERO;
    for i in 0..8_u32 {
        expected = expected + *elements[i] * base(*values[i]);
    }
    let mut span = felts.span();
    let box = *span.multi_pop_front::<16>().unwrap();
    let top: felt252 = 0x7ffffffe;
    let once = add_eight(EMPTY, top, top, top, top, 1, 2, top, 0, box);
    assert!(reduced(once) == expected);
    assert!(reduced(add_eight(once, top, top, top, top, 1, 2, top, 0, box)) == expected + expected);
    let words = array![0x7ffffffe, 0x7ffffffe, 0x7ffffffe, 0x7ffffffe, 1, 2, 0x7ffffffe, 0];
    assert!(reduced(add_fours(EMPTY, words.span(), felts.span())) == expected);
}

#[test]
fn p_stands_for_zero() {
    let (_, felts) = weights();
    let mut span = felts.span();
    let box = *span.multi_pop_front::<16>().unwrap();
    let p: felt252 = 0x7fffffff;
    assert!(reduced(add_eight(EMPTY, p, p, p, p, p, p, p, p, box)) == ZERO);
}

#[test]
fn parts_reduce_at_their_greatest() {
    let part: felt252 = 0xffffffffffffffffffffffffffffffff;
    // 2^128 - 1 = 15 modulo p
    let sum = Sum { low: part, high: part };
    assert!(reduced(sum) == QM31 { a: 15, b: 0, c: 15, d: 0 });
}
