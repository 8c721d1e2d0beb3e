//! The fields M31, CM31 = M31[i]/(i^2 + 1) and QM31 = CM31[u]/(u^2 - 2 - i).
//!
//! Elements are stored reduced. Sums of products are formed in felt252, where they cannot overflow, and
//! reduced once: `reduce` takes any value below 2^128.
#[feature("bounded-int-utils")]
use core::internal::bounded_int::{
    self, AddHelper, BoundedInt, ConstrainHelper, DivRemHelper, MulHelper, SubHelper, UnitInt, upcast,
};

pub const P: felt252 = 0x7fffffff;
/// Multiples of p that make a difference of products nonnegative: 4 p^2 covers four products.
const P_SQUARED_4: felt252 = 4 * 0x7fffffff * 0x7fffffff;

/// A residue 0 to p - 1.
pub type M31 = BoundedInt<0, 0x7ffffffe>;
type U128 = BoundedInt<0, 0xffffffffffffffffffffffffffffffff>;
type Product = BoundedInt<0, 0x3ffffffe00000004>;
type Sum = BoundedInt<0, 0xfffffffc>;

impl MulM31 of MulHelper<M31, M31> {
    type Result = Product;
}
impl AddM31 of AddHelper<M31, M31> {
    type Result = Sum;
}
impl ReduceProduct of DivRemHelper<Product, UnitInt<0x7fffffff>> {
    type DivT = BoundedInt<0, 0x7ffffffd>;
    type RemT = M31;
}
impl ReduceU128 of DivRemHelper<U128, UnitInt<0x7fffffff>> {
    type DivT = BoundedInt<0, 0x2000000040000000800000010>;
    type RemT = M31;
}
impl SplitSum of ConstrainHelper<Sum, 0x7fffffff> {
    type LowT = M31;
    type HighT = BoundedInt<0x7fffffff, 0xfffffffc>;
}
impl SubtractP of SubHelper<BoundedInt<0x7fffffff, 0xfffffffc>, UnitInt<0x7fffffff>> {
    type Result = BoundedInt<0, 0x7ffffffd>;
}
const NONZERO_P: NonZero<UnitInt<0x7fffffff>> = 0x7fffffff;
const UNIT_P: UnitInt<0x7fffffff> = 0x7fffffff;

#[inline(always)]
pub fn reduce_u128(x: u128) -> M31 {
    let x: U128 = upcast(x);
    let (_, r) = bounded_int::div_rem(x, NONZERO_P);
    r
}

/// x mod p for 0 <= x < 2^128; panics beyond.
#[inline(always)]
pub fn reduce(x: felt252) -> M31 {
    reduce_u128(x.try_into().expect('circlet: reduction'))
}

#[inline(always)]
pub fn m31_mul(a: M31, b: M31) -> M31 {
    let (_, r) = bounded_int::div_rem(bounded_int::mul(a, b), NONZERO_P);
    r
}

#[inline(always)]
pub fn m31_add(a: M31, b: M31) -> M31 {
    match bounded_int::constrain::<_, 0x7fffffff>(bounded_int::add(a, b)) {
        Ok(low) => low,
        Err(high) => upcast(bounded_int::sub(high, UNIT_P)),
    }
}

#[inline(always)]
pub fn m31_sub(a: M31, b: M31) -> M31 {
    reduce(a.into() - b.into() + P)
}

#[inline(always)]
pub fn m31_neg(a: M31) -> M31 {
    reduce(P - a.into())
}

fn m31_square_times(mut a: M31, n: u8) -> M31 {
    for _ in 0..n {
        a = m31_mul(a, a);
    }
    a
}

/// a^(p - 2) for a nonzero; p - 2 = 2^31 - 3.
pub fn m31_inverse(a: M31) -> M31 {
    let a2 = m31_mul(m31_mul(a, a), a); // a^(2^2 - 1)
    let a4 = m31_mul(m31_square_times(a2, 2), a2);
    let a8 = m31_mul(m31_square_times(a4, 4), a4);
    let a16 = m31_mul(m31_square_times(a8, 8), a8);
    let a24 = m31_mul(m31_square_times(a16, 8), a8);
    let a28 = m31_mul(m31_square_times(a24, 4), a4);
    let a29 = m31_mul(m31_mul(a28, a28), a); // a^(2^29 - 1)
    m31_mul(m31_square_times(a29, 2), a)
}

/// The inverses of the values, for one inversion and three products each; panics if one is 0.
pub fn batch_inverse(values: Span<M31>) -> Span<M31> {
    // prefix[i] = product of the values before i
    let mut prefix = array![];
    let mut product: M31 = 1;
    for value in values {
        prefix.append(product);
        product = m31_mul(product, *value);
    }
    assert(product != 0, 'circlet: inverse of zero');
    let mut reversed = array![];
    append_inverses(ref reversed, values, prefix.span(), m31_inverse(product));
    let mut inverses = array![];
    let mut rest = reversed.span();
    while let Some(inverse) = rest.pop_back() {
        inverses.append(*inverse);
    }
    inverses.span()
}

/// Appends the inverses of `values` from the last to the first; `inverse` is that of their product.
fn append_inverses(ref reversed: Array<M31>, mut values: Span<M31>, mut prefix: Span<M31>, inverse: M31) {
    if let Some(value) = values.pop_back() {
        reversed.append(m31_mul(inverse, *prefix.pop_back().unwrap()));
        append_inverses(ref reversed, values, prefix, m31_mul(inverse, *value));
    }
}

/// a + b i
#[derive(Copy, Drop, PartialEq, Debug)]
pub struct CM31 {
    pub a: M31,
    pub b: M31,
}

#[inline(always)]
pub fn cm31_mul(x: CM31, y: CM31) -> CM31 {
    let (a, b): (felt252, felt252) = (x.a.into(), x.b.into());
    let (c, d): (felt252, felt252) = (y.a.into(), y.b.into());
    CM31 { a: reduce(a * c - b * d + P_SQUARED_4), b: reduce(a * d + b * c) }
}

/// The squared absolute value a^2 + b^2 of a + b i; zero only for zero.
#[inline(always)]
pub fn cm31_norm(x: CM31) -> M31 {
    let (a, b): (felt252, felt252) = (x.a.into(), x.b.into());
    reduce(a * a + b * b)
}

pub fn cm31_inverse(x: CM31) -> CM31 {
    let n = m31_inverse(cm31_norm(x));
    CM31 { a: m31_mul(x.a, n), b: m31_neg(m31_mul(x.b, n)) }
}

/// (a + b i) + (c + d i) u
#[derive(Copy, Drop, PartialEq, Debug)]
pub struct QM31 {
    pub a: M31,
    pub b: M31,
    pub c: M31,
    pub d: M31,
}

pub const ZERO: QM31 = QM31 { a: 0, b: 0, c: 0, d: 0 };
pub const ONE: QM31 = QM31 { a: 1, b: 0, c: 0, d: 0 };

/// An element of the base field as one of QM31.
#[inline(always)]
pub fn base(a: M31) -> QM31 {
    QM31 { a, b: 0, c: 0, d: 0 }
}

impl QM31Add of Add<QM31> {
    fn add(lhs: QM31, rhs: QM31) -> QM31 {
        QM31 {
            a: m31_add(lhs.a, rhs.a),
            b: m31_add(lhs.b, rhs.b),
            c: m31_add(lhs.c, rhs.c),
            d: m31_add(lhs.d, rhs.d),
        }
    }
}

impl QM31Sub of Sub<QM31> {
    fn sub(lhs: QM31, rhs: QM31) -> QM31 {
        QM31 {
            a: m31_sub(lhs.a, rhs.a),
            b: m31_sub(lhs.b, rhs.b),
            c: m31_sub(lhs.c, rhs.c),
            d: m31_sub(lhs.d, rhs.d),
        }
    }
}

impl QM31Neg of Neg<QM31> {
    fn neg(a: QM31) -> QM31 {
        ZERO - a
    }
}

impl QM31Mul of Mul<QM31> {
    fn mul(lhs: QM31, rhs: QM31) -> QM31 {
        wide_reduce(wide_mul(widen(lhs), rhs), 2 * P_SQUARED_4)
    }
}

/// An element that is not reduced: its coordinates are integers of either sign.
#[derive(Copy, Drop)]
pub struct Wide {
    pub a: felt252,
    pub b: felt252,
    pub c: felt252,
    pub d: felt252,
}

#[inline(always)]
pub fn widen(x: QM31) -> Wide {
    Wide { a: x.a.into(), b: x.b.into(), c: x.c.into(), d: x.d.into() }
}

/// (A + B u)(C + D u) = A C + (2 + i) B D + (A D + B C) u; at most 8 p as large as x in each coordinate.
#[inline(always)]
pub fn wide_mul(x: Wide, y: QM31) -> Wide {
    let (a, b, c, d) = (x.a, x.b, x.c, x.d);
    let (e, f): (felt252, felt252) = (y.a.into(), y.b.into());
    let (g, h): (felt252, felt252) = (y.c.into(), y.d.into());
    let re = c * g - d * h;
    let im = c * h + d * g;
    Wide {
        a: a * e - b * f + re + re - im,
        b: a * f + b * e + re + im + im,
        c: a * g - b * h + c * e - d * f,
        d: a * h + b * g + c * f + d * e,
    }
}

/// The element; `offset` is a multiple of p that makes every coordinate lie between 0 and 2^128.
#[inline(always)]
pub fn wide_reduce(x: Wide, offset: felt252) -> QM31 {
    QM31 {
        a: reduce(x.a + offset), b: reduce(x.b + offset), c: reduce(x.c + offset), d: reduce(x.d + offset),
    }
}

#[inline(always)]
pub fn wide_add(x: Wide, y: Wide) -> Wide {
    Wide { a: x.a + y.a, b: x.b + y.b, c: x.c + y.c, d: x.d + y.d }
}

#[inline(always)]
pub fn wide_sub(x: Wide, y: Wide) -> Wide {
    Wide { a: x.a - y.a, b: x.b - y.b, c: x.c - y.c, d: x.d - y.d }
}

/// x (re + im i)
#[inline(always)]
pub fn wide_scale(x: Wide, re: felt252, im: felt252) -> Wide {
    Wide {
        a: x.a * re - x.b * im, b: x.a * im + x.b * re, c: x.c * re - x.d * im, d: x.c * im + x.d * re,
    }
}

/// 1/(A + B u) = (A - B u)/(A^2 - (2 + i) B^2)
pub fn qm31_inverse(x: QM31) -> QM31 {
    let (a, b): (felt252, felt252) = (x.a.into(), x.b.into());
    let (c, d): (felt252, felt252) = (x.c.into(), x.d.into());
    let re = c * c - d * d;
    let im = 2 * c * d;
    let n = cm31_inverse(
        CM31 {
            a: reduce(a * a - b * b - re - re + im + 2 * P_SQUARED_4),
            b: reduce(2 * a * b - re - im - im + 2 * P_SQUARED_4),
        },
    );
    let x0 = cm31_mul(CM31 { a: x.a, b: x.b }, n);
    let x1 = cm31_mul(CM31 { a: x.c, b: x.d }, n);
    QM31 { a: x0.a, b: x0.b, c: m31_neg(x1.a), d: m31_neg(x1.b) }
}

/// The scalar s in the base field times x.
pub fn qm31_scale(x: QM31, s: M31) -> QM31 {
    QM31 { a: m31_mul(x.a, s), b: m31_mul(x.b, s), c: m31_mul(x.c, s), d: m31_mul(x.d, s) }
}

/// e0 + e1 i + e2 u + e3 i u: an element from the values of its four coordinate columns.
pub fn from_partial_evals(e0: QM31, e1: QM31, e2: QM31, e3: QM31) -> QM31 {
    let (a, b): (felt252, felt252) = (e0.a.into(), e0.b.into());
    let (c, d): (felt252, felt252) = (e0.c.into(), e0.d.into());
    let (e, f): (felt252, felt252) = (e1.a.into(), e1.b.into());
    let (g, h): (felt252, felt252) = (e1.c.into(), e1.d.into());
    let (k, l): (felt252, felt252) = (e2.a.into(), e2.b.into());
    let (m, n): (felt252, felt252) = (e2.c.into(), e2.d.into());
    let (o, p): (felt252, felt252) = (e3.a.into(), e3.b.into());
    let (q, r): (felt252, felt252) = (e3.c.into(), e3.d.into());
    // e1 i = (-f + e i) + (-h + g i) u; (m + n i + (q + r i) i) u^2 with u^2 = 2 + i
    let re = m - r;
    let im = n + q;
    QM31 {
        a: reduce(a - f + re + re - im + P_SQUARED_4),
        b: reduce(b + e + re + im + im + P_SQUARED_4),
        c: reduce(c - h + k - p + P_SQUARED_4),
        d: reduce(d + g + l + o),
    }
}

#[cfg(test)]
mod tests;
