//! DEEP quotients: the value of FRI's first layer at a queried position, from the committed values there and the
//! sampled values.
//!
//! With gamma^j the weight of the j-th entry, an entry at the point p with value v, and f the column's value at the domain
//! point D, the codeword is sum_j gamma^j (c f - a D.y - b)/d, where a = conj(v) - v, c = conj(p.y) - p.y, b = v c - a p.y
//! and d = (Re p.x - D.x) Im p.y - (Re p.y - D.y) Im p.x. As a = -2 u Im v and c = -2 u Im p.y, a point's entries sum to
//!     -2 u (Im p.y S - Y D.y - K)/d,    S = sum gamma^j f, Y = sum gamma^j Im v, K = Im p.y sum gamma^j v - Y p.y.
//!
//! A column sampled once is an entry at z. One sampled twice has three: its value at z again at z + T, which shows that
//! the column repeats with its table's period; its previous value at z - G; its value at z. So one weight a column and one sum
//! S a table give the sums of all points.
use crate::circle::{Point, SecurePoint, add_base, domain_point, generator};
use crate::fields::{
    CM31, M31, P, QM31, QM31Add, QM31Mul, ZERO, cm31_inverse, qm31_scale, reduce,
};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::layout;

/// gamma^j as c0 + c1 2^128, c2 + c3 2^128.
#[derive(Copy, Drop)]
struct Weight {
    low: felt252,
    high: felt252,
}

/// A sum of weights times M31, in the same form; below 2^128 in each part.
#[derive(Copy, Drop)]
struct Sum {
    low: felt252,
    high: felt252,
}

/// sum gamma^j Re v and sum gamma^j Im v.
#[derive(Copy, Drop)]
struct SampleSum {
    re: QM31,
    im: QM31,
}

/// What the numerators and denominators at one point share.
#[derive(Copy, Drop)]
struct Quotient {
    point_im_x: CM31,
    point_im_y: CM31,
    /// Re p.x Im p.y - Re p.y Im p.x
    denominator: CM31,
    y: QM31,
    k: QM31,
}

#[derive(Drop)]
pub struct Deep {
    log_domain: u32,
    /// Tables in the order of their columns in a leaf.
    order: Span<u32>,
    /// Weights of a tree's columns in leaf order, pad's left out.
    weights: Array<Span<Weight>>,
    gamma: QM31,
    at_z: Quotient,
    at_previous: Quotient,
    /// At z + T, for each table.
    at_period: Span<Quotient>,
}

const P_SQUARED: felt252 = P * P;

fn weight(power: QM31) -> Weight {
    const SHIFT: felt252 = 0x100000000000000000000000000000000;
    Weight {
        low: power.a.into() + power.b.into() * SHIFT, high: power.c.into() + power.d.into() * SHIFT,
    }
}

fn re(x: QM31) -> CM31 {
    CM31 { a: x.a, b: x.b }
}

fn im(x: QM31) -> CM31 {
    CM31 { a: x.c, b: x.d }
}

fn scale_cm31(x: QM31, s: CM31) -> QM31 {
    x * QM31 { a: s.a, b: s.b, c: 0, d: 0 }
}

fn add_sample(sum: SampleSum, power: QM31, v: QM31) -> SampleSum {
    SampleSum { re: sum.re + scale_cm31(power, re(v)), im: sum.im + scale_cm31(power, im(v)) }
}

fn add_sums(x: SampleSum, y: SampleSum) -> SampleSum {
    SampleSum { re: x.re + y.re, im: x.im + y.im }
}

fn scale_sum(x: SampleSum, s: QM31) -> SampleSum {
    SampleSum { re: x.re * s, im: x.im * s }
}

const U: QM31 = QM31 { a: 0, b: 0, c: 1, d: 0 };
const MINUS_2_U: QM31 = QM31 { a: 0, b: 0, c: 0x7ffffffd, d: 0 };

fn quotient(point: SecurePoint, sum: SampleSum) -> Quotient {
    let (re_x, re_y) = (re(point.x), re(point.y));
    let (im_x, im_y) = (im(point.x), im(point.y));
    let v = sum.re + sum.im * U;
    let x = crate::fields::cm31_mul(re_x, im_y);
    let y = crate::fields::cm31_mul(re_y, im_x);
    Quotient {
        point_im_x: im_x,
        point_im_y: im_y,
        denominator: CM31 { a: crate::fields::m31_sub(x.a, y.a), b: crate::fields::m31_sub(x.b, y.b) },
        y: sum.im,
        k: scale_cm31(v, im_y) - sum.im * point.y,
    }
}

const NO_SUM: SampleSum = SampleSum { re: ZERO, im: ZERO };

/// `samples` in the order of the tape; `z` the out-of-domain point.
pub fn prepare(
    log_sizes: Span<u32>, log_size: u32, log_blowup: u32, mut samples: Span<QM31>, z: SecurePoint, gamma: QM31,
) -> Deep {
    let order = layout::leaf_order(log_sizes).span();
    let gamma_2 = gamma * gamma;
    let gamma_3 = gamma_2 * gamma;
    let mut power = crate::fields::ONE;
    let mut once = NO_SUM;
    let mut previous = NO_SUM;
    let mut current: Array<SampleSum> = array![NO_SUM, NO_SUM, NO_SUM, NO_SUM];
    let mut weights = array![];
    for tree in 0..layout::TREES {
        let mut blocks: Array<Span<Weight>> = array![];
        let mut next_current = array![];
        for table in 0..layout::TABLES {
            let (n_once, n_twice) = layout::columns(tree, table);
            let mut block = array![];
            for _ in 0..n_once {
                block.append(weight(power));
                once = add_sample(once, power, *samples.pop_front().unwrap());
                power = power * gamma;
            }
            let mut table_current = *current[table];
            for _ in 0..n_twice {
                block.append(weight(power));
                previous = add_sample(previous, power, *samples.pop_front().unwrap());
                table_current = add_sample(table_current, power, *samples.pop_front().unwrap());
                power = power * gamma_3;
            }
            next_current.append(table_current);
            blocks.append(block.span());
        }
        current = next_current;
        let mut in_order = array![];
        for table in order {
            in_order.append_span(*blocks[*table]);
        }
        weights.append(in_order.span());
    }
    let mut block = array![];
    for _ in 0..layout::COMPOSITION_COLUMNS {
        block.append(weight(power));
        once = add_sample(once, power, *samples.pop_front().unwrap());
        power = power * gamma;
    }
    weights.append(block.span());
    let all_current = add_sums(
        add_sums(*current[0], *current[1]), add_sums(*current[2], *current[3]),
    );
    let mut at_period = array![];
    for table in 0..layout::TABLES {
        let period = generator(log_size - *log_sizes[table]);
        at_period.append(quotient(add_base(z, period), *current[table]));
    }
    let step = generator(log_size);
    let back = Point { x: step.x, y: crate::fields::m31_neg(step.y) };
    Deep {
        log_domain: log_size + log_blowup,
        order,
        weights,
        gamma,
        at_z: quotient(z, add_sums(once, scale_sum(all_current, gamma_2))),
        at_previous: quotient(add_base(z, back), scale_sum(previous, gamma)),
        at_period: at_period.span(),
    }
}

/// The sums S of one position as its leaves come in.
#[derive(Drop)]
pub struct Sums {
    once: Sum,
    linear: Sum,
    activate: Sum,
    lut: Sum,
    mac: Sum,
}

const EMPTY: Sum = Sum { low: 0, high: 0 };

pub fn no_sums() -> Sums {
    Sums { once: EMPTY, linear: EMPTY, activate: EMPTY, lut: EMPTY, mac: EMPTY }
}

fn add_columns(sum: Sum, n: u32, ref leaf: Span<u32>, ref weights: Span<Weight>) -> Sum {
    if n == 0 {
        return sum;
    }
    let value: felt252 = (*leaf.pop_front().unwrap()).into();
    let weight = *weights.pop_front().unwrap();
    add_columns(
        Sum { low: sum.low + value * weight.low, high: sum.high + value * weight.high },
        n - 1,
        ref leaf,
        ref weights,
    )
}

/// Adds a leaf of a tree before the composition.
pub fn add_leaf(self: @Deep, ref sums: Sums, tree: u32, mut leaf: Span<u32>) {
    let mut weights = *self.weights[tree];
    for table in *self.order {
        let (n_once, n_twice) = layout::columns(tree, *table);
        sums.once = add_columns(sums.once, n_once, ref leaf, ref weights);
        if n_twice != 0 {
            if *table == 0 {
                sums.linear = add_columns(sums.linear, n_twice, ref leaf, ref weights);
            } else if *table == 1 {
                sums.activate = add_columns(sums.activate, n_twice, ref leaf, ref weights);
            } else if *table == 2 {
                sums.lut = add_columns(sums.lut, n_twice, ref leaf, ref weights);
            } else {
                sums.mac = add_columns(sums.mac, n_twice, ref leaf, ref weights);
            }
        }
    }
}

/// Adds a leaf of the composition tree.
pub fn add_composition_leaf(self: @Deep, ref sums: Sums, mut leaf: Span<u32>) {
    let mut weights = *self.weights[layout::TREES];
    sums.once = add_columns(sums.once, layout::COMPOSITION_COLUMNS, ref leaf, ref weights);
}

fn reduced(sum: Sum) -> QM31 {
    let low: u256 = sum.low.into();
    let high: u256 = sum.high.into();
    QM31 {
        a: reduce(low.low.into()),
        b: reduce(low.high.into()),
        c: reduce(high.low.into()),
        d: reduce(high.high.into()),
    }
}

/// (Im p.y S - Y D.y - K)/d
fn evaluate(quotient: @Quotient, point: Point, s: QM31) -> QM31 {
    let (x, y): (felt252, felt252) = (point.x.into(), point.y.into());
    let q = quotient;
    let denominator = CM31 {
        a: reduce(
            (*q.denominator.a).into()
                - x * (*q.point_im_y.a).into()
                + y * (*q.point_im_x.a).into()
                + P_SQUARED,
        ),
        b: reduce(
            (*q.denominator.b).into()
                - x * (*q.point_im_y.b).into()
                + y * (*q.point_im_x.b).into()
                + P_SQUARED,
        ),
    };
    let numerator = scale_cm31(s, *q.point_im_y) - qm31_scale(*q.y, point.y) - *q.k;
    scale_cm31(numerator, cm31_inverse(denominator))
}

/// The codeword at a position of the domain.
pub fn codeword(self: @Deep, sums: Sums, position: u32) -> QM31 {
    let point = domain_point(position, *self.log_domain);
    let (linear, activate) = (reduced(sums.linear), reduced(sums.activate));
    let (lut, mac) = (reduced(sums.lut), reduced(sums.mac));
    let twice = (linear + activate + lut + mac) * *self.gamma;
    let z = reduced(sums.once) + twice * *self.gamma;
    let periods = *self.at_period;
    MINUS_2_U
        * (evaluate(self.at_z, point, z)
            + evaluate(self.at_previous, point, twice)
            + evaluate(periods[0], point, linear)
            + evaluate(periods[1], point, activate)
            + evaluate(periods[2], point, lut)
            + evaluate(periods[3], point, mac))
}
