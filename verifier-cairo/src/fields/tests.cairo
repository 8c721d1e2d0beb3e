use super::{
    CM31, M31, ONE, QM31, ZERO, base, batch_inverse, cm31_inverse, cm31_mul, from_partial_evals, m31_add, m31_inverse,
    m31_mul, m31_neg, m31_sub, qm31_inverse, qm31_scale, reduce,
};

const TOP: M31 = 0x7ffffffe;

#[test]
fn reduction_covers_its_whole_range() {
    assert!(reduce(0) == 0);
    assert!(reduce(0x7ffffffe) == TOP);
    assert!(reduce(0x7fffffff) == 0);
    assert!(reduce(0xffffffffffffffffffffffffffffffff) == 15);
}

#[test]
#[should_panic(expected: 'circlet: reduction')]
fn reduction_refuses_2_to_128() {
    reduce(0x100000000000000000000000000000000);
}

#[test]
#[should_panic(expected: 'circlet: reduction')]
fn reduction_refuses_a_negative_value() {
    reduce(-1);
}

#[test]
fn m31_edges() {
    assert!(m31_mul(TOP, TOP) == 1);
    assert!(m31_mul(TOP, 0) == 0);
    assert!(m31_add(TOP, TOP) == 0x7ffffffd);
    assert!(m31_add(TOP, 1) == 0);
    assert!(m31_add(TOP, 0) == TOP);
    assert!(m31_sub(0, TOP) == 1);
    assert!(m31_sub(TOP, 0) == TOP);
    assert!(m31_sub(0, 0) == 0);
    assert!(m31_neg(0) == 0);
    assert!(m31_neg(1) == TOP);
    assert!(m31_inverse(TOP) == TOP);
    assert!(m31_inverse(2) == 0x40000000);
}

#[test]
fn cm31_inverse_is_inverse() {
    for x in array![CM31 { a: 0, b: TOP }, CM31 { a: TOP, b: 0 }, CM31 { a: 123456789, b: 2000000000 }] {
        assert!(cm31_mul(x, cm31_inverse(x)) == CM31 { a: 1, b: 0 });
    }
}

#[test]
fn qm31_extremes_do_not_overflow() {
    // Each choice of coordinates 0 or p - 1 on both sides, against the product by coordinates with -1 for p - 1.
    for i in 0_u32..256 {
        let bit = |k: u32| -> M31 {
            if (i / k) % 2 == 1 {
                TOP
            } else {
                0
            }
        };
        let x = QM31 { a: bit(1), b: bit(2), c: bit(4), d: bit(8) };
        let y = QM31 { a: bit(16), b: bit(32), c: bit(64), d: bit(128) };
        assert!(x * y == (-x) * (-y));
    }
}

#[test]
fn qm31_vectors() {
    assert!(
        QM31 { a: 1, b: 2, c: 3, d: 2147483646 } * QM31 { a: 10, b: 65, c: 3000012, d: 2147483643 } == QM31 { a: 20999968, b: 3000069, c: 3000115, d: 6000205 },
    );
    assert!(
        QM31 { a: 4, b: 9, c: 1000006, d: 2147483645 } * QM31 { a: 13, b: 114, c: 4000015, d: 2147483642 } == QM31 { a: 714414171, b: 1398449819, c: 29000411, d: 150000773 },
    );
    assert!(
        QM31 { a: 7, b: 30, c: 2000009, d: 2147483644 } * QM31 { a: 16, b: 177, c: 5000018, d: 2147483646 } == QM31 { a: 663790672, b: 1363141320, c: 67000831, d: 504002078 },
    );
    assert!(
        QM31 { a: 10, b: 65, c: 3000012, d: 2147483643 } * QM31 { a: 19, b: 254, c: 6000021, d: 2147483645 } == QM31 { a: 2031609615, b: 2014558296, c: 117001584, d: 1152004317 },
    );
    assert!(
        QM31 { a: 13, b: 114, c: 4000015, d: 2147483642 } * QM31 { a: 22, b: 345, c: 7000024, d: 2147483644 } == QM31 { a: 517898992, b: 1215217422, c: 179002709, d: 30524115 },
    );
    assert!(
        QM31 { a: 16, b: 177, c: 5000018, d: 2147483646 } * QM31 { a: 25, b: 450, c: 8000027, d: 2147483643 } == QM31 { a: 377620122, b: 1192602887, c: 253002040, d: 1518529143 },
    );
    assert!(
        qm31_inverse(QM31 { a: 1, b: 2, c: 3, d: 2147483646 }) == QM31 { a: 719983632, b: 1776582988, c: 1234257655, d: 1511653946 },
    );
    assert!(
        qm31_inverse(QM31 { a: 4, b: 9, c: 1000006, d: 2147483645 }) == QM31 { a: 2037473690, b: 65604501, c: 1918091164, d: 1180696231 },
    );
    assert!(
        qm31_inverse(QM31 { a: 7, b: 30, c: 2000009, d: 2147483644 }) == QM31 { a: 2071241482, b: 2049770965, c: 1960629296, d: 1208708218 },
    );
    assert!(
        qm31_inverse(QM31 { a: 10, b: 65, c: 3000012, d: 2147483643 }) == QM31 { a: 1964038639, b: 1487076692, c: 810927961, d: 1645472976 },
    );
}

#[test]
fn qm31_ring_edges() {
    let x = QM31 { a: TOP, b: 0, c: 1, d: TOP };
    assert!(x + (-x) == ZERO);
    assert!(x - x == ZERO);
    assert!(x * ONE == x);
    assert!(qm31_scale(x, TOP) == -x);
    assert!(base(TOP) * x == -x);
    assert!(x * qm31_inverse(x) == ONE);
}

#[test]
fn partial_evaluations_combine_by_the_basis() {
    let i = QM31 { a: 0, b: 1, c: 0, d: 0 };
    let u = QM31 { a: 0, b: 0, c: 1, d: 0 };
    let e0 = QM31 { a: 1, b: TOP, c: 3, d: 4 };
    let e1 = QM31 { a: TOP, b: TOP, c: TOP, d: TOP };
    let e2 = QM31 { a: 9, b: 10, c: TOP, d: 12 };
    let e3 = QM31 { a: TOP, b: 14, c: 15, d: TOP };
    assert!(from_partial_evals(e0, e1, e2, e3) == e0 + e1 * i + e2 * u + e3 * i * u);
    assert!(from_partial_evals(e1, e1, e1, e1) == e1 + e1 * i + e1 * u + e1 * i * u);
}

#[test]
fn inverses_in_a_batch_are_those_of_each() {
    let values = array![1, 2, TOP, 12345];
    let inverses = batch_inverse(values.span());
    for (i, value) in values.into_iter().enumerate() {
        assert!(*inverses[i] == m31_inverse(value));
    }
}

#[test]
#[should_panic(expected: 'circlet: inverse of zero')]
fn no_batch_with_a_zero_is_inverted() {
    batch_inverse(array![1, 0, 2].span());
}
