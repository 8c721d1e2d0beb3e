use crate::circle::{Point, SecurePoint};
use crate::fields::{CM31, M31, QM31, ZERO, base, qm31_inverse};
use crate::layout::tests::four_tables;
use super::{NO_SUM, Quotient, add_quotient, column_start, fill, no_quotients, quotient, sums_of};

const TOP: M31 = 0x7ffffffe;
const MINUS_2_U: QM31 = QM31 { a: 0, b: 0, c: 0x7ffffffd, d: 0 };

fn secure(x: CM31) -> QM31 {
    QM31 { a: x.a, b: x.b, c: 0, d: 0 }
}

/// -2 u (Im p.y S - Y D.y - K)/d in the field.
fn expected(q: Quotient, point: Point, s: QM31) -> QM31 {
    let denominator = secure(q.denominator)
        - base(point.x) * secure(q.point_im_y)
        + base(point.y) * secure(q.point_im_x);
    MINUS_2_U * (secure(q.point_im_y) * s - q.y * base(point.y) - q.k) * qm31_inverse(denominator)
}

#[test]
fn quotients_at_the_ends_of_the_range() {
    let full = QM31 { a: TOP, b: TOP, c: TOP, d: TOP };
    let top = CM31 { a: TOP, b: TOP };
    let zero = CM31 { a: 0, b: 0 };
    let mixed = CM31 { a: TOP, b: 0 };
    let elements = array![full, ZERO, QM31 { a: TOP, b: 0, c: TOP, d: 0 }, QM31 { a: 0, b: TOP, c: 0, d: TOP }];
    let points = array![Point { x: TOP, y: TOP }, Point { x: 0, y: TOP }, Point { x: TOP, y: 0 }];
    for s in elements.span() {
        for y in elements.span() {
            for point in points.span() {
                let mut quotients = no_quotients();
                let mut sum = ZERO;
                let parts = array![
                    (top, zero, full), (top, zero, ZERO), (mixed, top, full), (mixed, top, ZERO), (top, top, full),
                    (top, mixed, ZERO), (zero, top, full), (zero, top, ZERO),
                ];
                // z, z - G, the tables' periods and the two points of a pin.
                assert!(parts.len() == 4 + 4);
                let count = parts.len();
                for (im_x, im_y, k) in parts {
                    let denominator = CM31 { a: 3, b: TOP };
                    let q = Quotient { point_im_x: im_x, point_im_y: im_y, denominator, y: *y, k };
                    add_quotient(ref quotients, @q, *point, *s);
                    sum = sum + expected(q, *point, *s);
                }
                assert!(sums_of(quotients, count) == array![sum]);
            }
        }
    }
}

#[test]
#[should_panic(expected: 'circlet: sample point')]
fn no_quotient_is_a_constant() {
    // y = 1 + i, and x a multiple of u: the line through p and its conjugate has one y.
    let y = QM31 { a: 1, b: 1, c: 0, d: 0 };
    let x = QM31 { a: 0, b: 0, c: 32768, d: 2147450879 };
    assert!(x * x + y * y == base(1));
    quotient(SecurePoint { x, y }, NO_SUM, base(1));
}

#[test]
fn columns_start_after_those_of_earlier_tables() {
    // In the fingerprint tree linear has 12 columns, activate 4, lut none and mac 12.
    let tables = four_tables(array![7, 5, 6, 4], 0);
    let order = array![3, 1, 2, 0, 4].span();
    assert!(column_start(3, 3, tables, order) == 0);
    assert!(column_start(3, 1, tables, order) == 12);
    assert!(column_start(3, 2, tables, order) == 16);
    assert!(column_start(3, 0, tables, order) == 16);
    // In the witness tree the blinder comes after three columns of activate and four of lut.
    assert!(column_start(2, 4, tables, order) == 7);
}

#[test]
fn committed_values_start_after_all_tables() {
    let tables = four_tables(array![7, 5, 6, 4], 2);
    let order = array![3, 1, 2, 0, 4, 5, 6].span();
    // Their fingerprints have four columns each; their structure has seven, after 43 of the tables.
    assert!(column_start(3, 4, tables, order) == 28);
    assert!(column_start(3, 5, tables, order) == 32);
    assert!(column_start(0, 5, tables, order) == 50);
    assert!(column_start(0, 6, tables, order) == 57);
}

#[test]
fn salts_weigh_nothing() {
    let mut weights = array![];
    for _ in 0..32_u32 {
        weights.append(1);
    }
    // 16 columns and five salts are three felts of eight digits.
    fill(ref weights, 21);
    assert!(weights.len() == 48);
    for i in 32..48_u32 {
        assert!(*weights[i] == 0);
    }
    // A felt that is full already is left.
    fill(ref weights, 24);
    assert!(weights.len() == 48);
}
