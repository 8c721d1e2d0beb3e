//! The circle x^2 + y^2 = 1 as a group: (x0, y0) + (x1, y1) = (x0 x1 - y0 y1, x0 y1 + y0 x1).
//! Positions of committed values are in bit-reversed order.
use crate::fields::{M31, ONE, P, QM31, QM31Mul, ZERO, base, m31_neg, qm31_inverse, reduce};

const P_SQUARED: felt252 = P * P;

#[derive(Copy, Drop, PartialEq, Debug)]
pub struct Point {
    pub x: M31,
    pub y: M31,
}

#[derive(Copy, Drop)]
pub struct SecurePoint {
    pub x: QM31,
    pub y: QM31,
}

/// Generators of the subgroups of order 2^k, k = 0 to 31; each is the double of the next.
const GENERATORS: [Point; 32] = [
    Point { x: 1, y: 0 },
    Point { x: 2147483646, y: 0 },
    Point { x: 0, y: 2147483646 },
    Point { x: 32768, y: 2147450879 },
    Point { x: 590768354, y: 978592373 },
    Point { x: 1179735656, y: 1241207368 },
    Point { x: 579625837, y: 1690787918 },
    Point { x: 838195206, y: 1774253895 },
    Point { x: 785043271, y: 1260750973 },
    Point { x: 13610297, y: 1064696601 },
    Point { x: 1434706457, y: 1835793811 },
    Point { x: 996212859, y: 1140996376 },
    Point { x: 2015554631, y: 1088093947 },
    Point { x: 1420207432, y: 2023238517 },
    Point { x: 1330239767, y: 1446369578 },
    Point { x: 1543902459, y: 1632329423 },
    Point { x: 1389168750, y: 838891026 },
    Point { x: 438833264, y: 1327019128 },
    Point { x: 1799120754, y: 343598868 },
    Point { x: 595037635, y: 2111542451 },
    Point { x: 1633461177, y: 574296567 },
    Point { x: 1022251061, y: 788094511 },
    Point { x: 6346213, y: 905523693 },
    Point { x: 421007138, y: 256177860 },
    Point { x: 212706801, y: 1223819887 },
    Point { x: 2042371533, y: 1362265296 },
    Point { x: 334835419, y: 1444967316 },
    Point { x: 708158977, y: 683185920 },
    Point { x: 18817, y: 1720333214 },
    Point { x: 97, y: 141701737 },
    Point { x: 7, y: 777079998 },
    Point { x: 2, y: 1268011823 },
];

/// The generator of order 2^log_order.
pub fn generator(log_order: u32) -> Point {
    *GENERATORS.span()[log_order]
}

#[inline(always)]
pub fn add(a: Point, b: Point) -> Point {
    let (x0, y0): (felt252, felt252) = (a.x.into(), a.y.into());
    let (x1, y1): (felt252, felt252) = (b.x.into(), b.y.into());
    Point { x: reduce(x0 * x1 - y0 * y1 + P_SQUARED), y: reduce(x0 * y1 + y0 * x1) }
}

/// The doubled point: (2 x^2 - 1, 2 x y).
#[inline(always)]
pub fn double(a: Point) -> Point {
    let (x, y): (felt252, felt252) = (a.x.into(), a.y.into());
    Point { x: reduce(2 * x * x + P - 1), y: reduce(2 * x * y) }
}

pub fn conjugate(a: Point) -> Point {
    Point { x: a.x, y: m31_neg(a.y) }
}

/// A point with coordinates in QM31 plus one with coordinates in M31.
pub fn add_base(a: SecurePoint, b: Point) -> SecurePoint {
    let (x, y) = (base(b.x), base(b.y));
    SecurePoint { x: a.x * x - a.y * y, y: a.x * y + a.y * x }
}

/// The point ((1 - t^2)/(1 + t^2), 2 t/(1 + t^2)).
pub fn point_from(t: QM31) -> SecurePoint {
    let square = t * t;
    let divisor = ONE + square;
    assert(divisor != ZERO, 'circlet: out-of-domain point');
    let inverse = qm31_inverse(divisor);
    SecurePoint { x: (ONE - square) * inverse, y: (t + t) * inverse }
}

/// 2 x^2 - 1: the x of the doubled point.
pub fn double_x(x: QM31) -> QM31 {
    let square = x * x;
    square + square - ONE
}

/// The first point of the `position`-th coset of 2^log_fold slots of a domain of 2^log_size points, circle or line.
/// The domain's first point is the generator of order 2^log_order; bit b of the position, counted from the lowest,
/// adds the generator of order 2^(log_first + b): bit reversal makes this independent of the domain's size.
pub fn coset_point(position: u32, log_order: u32, log_first: u32) -> Point {
    let mut point = generator(log_order);
    let mut generators = GENERATORS.span().slice(log_first, 32 - log_first);
    let mut rest = position;
    while rest != 0 {
        let (half, bit) = DivRem::div_rem(rest, 2);
        let generator = *generators.pop_front().unwrap();
        if bit == 1 {
            point = add(point, generator);
        }
        rest = half;
    }
    point
}

/// The point at a slot of the canonic circle domain of 2^log_size points.
pub fn domain_point(position: u32, log_size: u32) -> Point {
    let (pair, side) = DivRem::div_rem(position, 2);
    let point = coset_point(pair, log_size + 1, 1);
    if side == 1 {
        conjugate(point)
    } else {
        point
    }
}

#[cfg(test)]
mod tests;
