use crate::fields::{M31, QM31, qm31_scale};
use super::{Layer, coset_twiddles, coset_values, fold_coset, fold_four, powers, Evaluation};

const TOP: M31 = 0x7ffffffe;

fn fold(v0: QM31, v1: QM31, b: QM31) -> QM31 {
    v0 + v1 + (v0 - v1) * b
}

fn element(i: u32) -> QM31 {
    let bit = |k: u32| -> M31 {
        if (i / k) % 2 == 1 {
            TOP
        } else {
            0
        }
    };
    QM31 { a: bit(1), b: bit(2), c: bit(4), d: bit(8) }
}

#[test]
fn folds_at_the_ends_of_the_range() {
    for i in 0..16_u32 {
        for j in 0..16_u32 {
            let (x, y) = (element(i), element(j));
            let (v, w) = (element(15 - i), element(15 - j));
            assert!(fold_four(x, v, v, x, y, w, y) == fold(fold(x, v, y), fold(v, x, w), y));
            assert!(fold_four(x, v, y, w, y, w, y) == fold(fold(x, v, y), fold(y, w, w), y));
        }
    }
}

#[test]
fn a_coset_takes_its_queried_values_in_place() {
    let value = |i: M31| -> QM31 {
        QM31 { a: i, b: 0, c: 0, d: 0 }
    };
    let mut evaluations = array![
        Evaluation { position: 5, value: value(50) },
        Evaluation { position: 7, value: value(70) },
        Evaluation { position: 9, value: value(90) },
    ]
        .span();
    let mut witness = array![value(40), value(60), value(80)].span();
    let coset = coset_values(4, 4, ref evaluations, ref witness);
    assert!(coset == array![value(40), value(50), value(60), value(70)]);
    assert!(evaluations.len() == 1);
    assert!(witness.len() == 1);
}

/// A layer that folds 2^step values at once gives what `step` layers of one fold give.
fn check_steps(circle: bool, step: u32) {
    let alpha = QM31 { a: 123456789, b: TOP, c: 5, d: 987654321 };
    let log_size = 6;
    let layer = Layer { root: BoxTrait::new([0; 8]), alpha, log_size, step, circle };
    let width = super::power_of_two(step);
    let n = super::power_of_two(log_size);
    let mut values = array![];
    let mut positions = array![];
    let mut x: M31 = 1;
    for i in 0..n {
        x = crate::fields::m31_mul(x, 1268011823);
        values.append(QM31 { a: x, b: crate::fields::m31_mul(x, x), c: crate::fields::m31_neg(x), d: 0 });
        if i < n / width {
            positions.append(i);
        }
    }
    let alphas = powers(layer);
    let mut expected = values.span();
    for k in 0..step {
        let single = Layer {
            root: BoxTrait::new([0; 8]),
            alpha: *alphas[k],
            log_size: log_size - k,
            step: 1,
            circle: circle && k == 0,
        };
        let mut indices = array![];
        for i in 0..expected.len() / 2 {
            indices.append(i);
        }
        let twiddles = coset_twiddles(single, indices.span());
        let mut next = array![];
        for i in 0..expected.len() / 2 {
            next.append(fold_coset(single, expected.slice(2 * i, 2), powers(single), *twiddles[i]));
        }
        expected = next.span();
    }
    let twiddles = coset_twiddles(layer, positions.span());
    for i in 0..n / width {
        let coset = values.span().slice(i * width, width);
        assert!(fold_coset(layer, coset, alphas, *twiddles[i]) == *expected[i]);
    }
    assert!(qm31_scale(alpha, 1) == alpha);
}

#[test]
fn circle_folds_compose() {
    check_steps(true, 2);
    check_steps(true, 3);
    check_steps(true, 4);
}

#[test]
fn line_folds_compose() {
    check_steps(false, 2);
    check_steps(false, 3);
    check_steps(false, 4);
}
