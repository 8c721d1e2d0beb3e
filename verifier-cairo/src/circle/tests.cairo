use super::{Point, add, conjugate, domain_point, double, double_x, generator, point_from};
use crate::fields::{M31, ONE, QM31, m31_add, m31_mul};

const TOP: M31 = 0x7ffffffe;

#[test]
fn generators_double_into_each_other() {
    assert!(generator(31) == Point { x: 2, y: 1268011823 });
    assert!(generator(0) == Point { x: 1, y: 0 });
    for k in 0..31_u32 {
        let next = generator(k + 1);
        assert!(double(next) == generator(k));
        assert!(add(next, next) == generator(k));
    }
}

#[test]
fn points_stay_on_the_circle() {
    let mut point = generator(31);
    for _ in 0..20_u32 {
        point = add(double(point), generator(29));
        assert!(m31_add(m31_mul(point.x, point.x), m31_mul(point.y, point.y)) == 1);
    }
    assert!(add(point, conjugate(point)) == generator(0));
}

#[test]
fn the_domain_of_eight_points_in_storage_order() {
    let (a, b) = (590768354, 978592373);
    let (c, d) = (1556715293, 1168891274);
    let expected: Array<(M31, M31)> = array![(a, b), (a, d), (c, d), (c, b), (b, c), (b, a), (d, a), (d, c)];
    for (i, (x, y)) in expected.into_iter().enumerate() {
        assert!(domain_point(i, 3) == Point { x, y });
    }
}

#[test]
fn a_secure_point_is_on_the_circle() {
    let point = point_from(QM31 { a: TOP, b: 3, c: 0, d: 99 });
    assert!(point.x * point.x + point.y * point.y == ONE);
    let doubled = super::double_x(point.x);
    assert!(doubled == point.x * point.x - point.y * point.y);
    assert!(double_x(ONE) == ONE);
}

#[test]
#[should_panic(expected: 'circlet: out-of-domain point')]
fn a_root_of_minus_one_gives_no_point() {
    point_from(QM31 { a: 0, b: 1, c: 0, d: 0 });
}
