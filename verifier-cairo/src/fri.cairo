//! FRI: every folded coset of a queried position opens against its layer's root, and folds into the next layer.
//! A fold of a pair is (v0 + v1) + alpha (v0 - v1)/t, with t the y of the pair's points on the circle and then their x
//! on a line; the k-th fold of a layer, counted from 0, uses alpha^(2^k). Two folds are done before reducing.
use crate::blake2s::{Hash, hash_block, hash_pair};
use crate::circle::{Point, add, coset_point, double, generator};
use crate::fields::{
    M31, P, QM31, Wide, batch_inverse, m31_mul, m31_neg, qm31_scale, reduce, wide_add, wide_mul, wide_reduce, wide_sub, widen,
};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::merkle::{Step, root_of, same};
use crate::tape::{HashTape, ValueTape, ValueTapeTrait};

/// A layer's value at a queried position.
#[derive(Copy, Drop)]
pub struct Evaluation {
    pub position: u32,
    pub value: QM31,
}

#[derive(Copy, Drop)]
pub struct Layer {
    pub root: Hash,
    pub alpha: QM31,
    /// Of the layer's domain.
    pub log_size: u32,
    /// Folds by 2^step.
    pub step: u32,
    /// The first layer's domain is a circle, of which the first fold makes a line.
    pub circle: bool,
}

/// The evaluations that a layer's become in the next layer; `plan` is that of Merkle trees over the cosets.
pub fn fold_layer(
    layer: Layer,
    mut evaluations: Span<Evaluation>,
    plan: Span<Span<Step>>,
    ref values: ValueTape,
    ref hashes: HashTape,
) -> Array<Evaluation> {
    let width = power_of_two(layer.step);
    let positions = coset_positions(evaluations, width);
    let witness_count = positions.len() * width - evaluations.len();
    let mut witness = values.read_secure(witness_count);
    let alphas = powers(layer);
    let mut twiddles = coset_twiddles(layer, positions);
    let mut folded = array![];
    let mut nodes = array![];
    for position in positions {
        let position = *position;
        let coset = coset_values(position * width, width, ref evaluations, ref witness).span();
        nodes.append(subtree(coset, layer.step > 1));
        folded.append(Evaluation { position, value: fold_coset(layer, coset, alphas, *twiddles.pop_front().unwrap()) });
    }
    let root = root_of(nodes.span(), plan, ref hashes);
    assert(same(root, layer.root), 'circlet: FRI layer root');
    folded
}

pub fn power_of_two(n: u32) -> u32 {
    if n == 0 {
        1
    } else {
        2 * power_of_two(n - 1)
    }
}

/// alpha, alpha^2, alpha^4, ..., one a fold.
pub fn powers(layer: Layer) -> Span<QM31> {
    let mut alpha = layer.alpha;
    let mut result = array![alpha];
    for _ in 1..layer.step {
        alpha = alpha * alpha;
        result.append(alpha);
    }
    result.span()
}

/// The cosets of `width` positions that hold the evaluations, ascending.
fn coset_positions(evaluations: Span<Evaluation>, width: u32) -> Span<u32> {
    let mut positions = array![];
    let mut end = 0;
    for evaluation in evaluations {
        if *evaluation.position >= end {
            let position = *evaluation.position / width;
            positions.append(position);
            end = (position + 1) * width;
        }
    }
    positions.span()
}

/// The values at `start`, ..., `start + width - 1`: a queried one from `evaluations`, another from the witness.
fn coset_values(
    start: u32, width: u32, ref evaluations: Span<Evaluation>, ref witness: Span<QM31>,
) -> Array<QM31> {
    let mut coset = array![];
    for position in start..start + width {
        match evaluations.get(0) {
            Some(evaluation) => {
                let evaluation = evaluation.unbox();
                if *evaluation.position == position {
                    let _ = evaluations.pop_front();
                    coset.append(*evaluation.value);
                    continue;
                }
            },
            None => {},
        }
        coset.append(*witness.pop_front().unwrap());
    }
    coset
}

/// The Merkle node over a coset. A leaf holds four values if the layer folds more than once, one otherwise.
fn subtree(mut values: Span<QM31>, packed: bool) -> Hash {
    let n = values.len();
    if n == 1 {
        let v = *values[0];
        let block = [
            upcast(v.a), upcast(v.b), upcast(v.c), upcast(v.d), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        return hash_block(BoxTrait::new(block), 16);
    }
    if packed && n == 4 {
        let [v, w, x, y] = (*values.multi_pop_front::<4>().unwrap()).unbox();
        let block = [
            upcast(v.a), upcast(v.b), upcast(v.c), upcast(v.d), upcast(w.a), upcast(w.b), upcast(w.c), upcast(w.d),
            upcast(x.a), upcast(x.b), upcast(x.c), upcast(x.d), upcast(y.a), upcast(y.b), upcast(y.c), upcast(y.d),
        ];
        return hash_block(BoxTrait::new(block), 64);
    }
    let half = n / 2;
    hash_pair(subtree(values.slice(0, half), packed), subtree(values.slice(half, half), packed))
}

/// The inverses of the coordinates of a point R. A pair of the line has the x of R or of R a quarter turn further, (R.y,
/// -R.x).
#[derive(Copy, Drop)]
pub struct Twiddle {
    pub x: M31,
    pub y: M31,
}

/// For each coset the twiddles of its line folds, from the last fold (a pair, so only x counts) to the first.
pub fn coset_twiddles(layer: Layer, positions: Span<u32>) -> Span<Span<Twiddle>> {
    // The points R, 2 R, ..., Q of the line folds; a circle layer has one less, and y for the first fold of R.
    let doublings = if layer.circle && layer.step > 1 {
        layer.step - 2
    } else {
        layer.step - 1
    };
    let (log_order, log_first) = if layer.circle {
        (layer.log_size + 1, layer.step)
    } else {
        (layer.log_size + 2, layer.step + 1)
    };
    let mut chains = array![];
    let mut products = array![];
    for position in positions {
        let mut point = coset_point(*position, log_order, log_first);
        let mut chain = array![point];
        for _ in 0..doublings {
            point = double(point);
            chain.append(point);
        }
        products.append(m31_mul(point.x, point.y));
        chains.append(chain.span());
    }
    let mut inverses = batch_inverse(products.span());
    let mut result = array![];
    for chain in chains {
        let mut chain = chain;
        let inverse = *inverses.pop_front().unwrap();
        let last = *chain.pop_back().unwrap();
        result.append(halve(last, m31_mul(last.y, inverse), m31_mul(last.x, inverse), chain));
    }
    result.span()
}

/// The twiddles of Q, given, and of the points that double to it: `chain` holds one for each earlier fold, the first fold's
/// first. Half of Q is a point H or its opposite, and as Q.y = 2 H.x H.y, 1/H.x = 2 H.y/Q.y. Two folds earlier
/// there are also H + G_8 and so on, the halves of Q a quarter turn further.
fn halve(point: Point, inverse_x: M31, inverse_y: M31, mut chain: Span<Point>) -> Span<Twiddle> {
    let mut twiddles = array![Twiddle { x: inverse_x, y: inverse_y }];
    if let Some(half) = chain.pop_back() {
        let first = half_twiddle(*half, inverse_y);
        twiddles.append(first);
        if let Some(quarter) = chain.pop_back() {
            let eighth = add(*quarter, generator(3));
            let quarter_first = half_twiddle(*quarter, first.y);
            let quarter_second = half_twiddle(eighth, m31_neg(first.x));
            twiddles.append(quarter_first);
            twiddles.append(quarter_second);
            if let Some(start) = chain.pop_back() {
                twiddles.append(half_twiddle(*start, quarter_first.y));
                twiddles.append(half_twiddle(add(*start, generator(3)), m31_neg(quarter_first.x)));
                let sixteenth = add(*start, generator(4));
                twiddles.append(half_twiddle(sixteenth, quarter_second.y));
                twiddles.append(half_twiddle(add(sixteenth, generator(3)), m31_neg(quarter_second.x)));
            }
        }
    }
    twiddles.span()
}

/// The twiddle of H from 1/(2 H).y.
#[inline(always)]
fn half_twiddle(half: Point, inverse: M31) -> Twiddle {
    let twice: felt252 = 2 * inverse.into();
    Twiddle { x: reduce(half.y.into() * twice), y: reduce(half.x.into() * twice) }
}

/// A multiple of p above what two folds reach below 0: 2^7 p^3 and less.
const FOLDS_OFFSET: felt252 = P * 0x400000000000000000;

/// (v0 + v1) + (v0 - v1) b
#[inline(always)]
fn fold_wide(v0: Wide, v1: Wide, b: QM31) -> Wide {
    wide_add(wide_add(v0, v1), wide_mul(wide_sub(v0, v1), b))
}

fn fold_two(v0: QM31, v1: QM31, b: QM31) -> QM31 {
    wide_reduce(fold_wide(widen(v0), widen(v1), b), FOLDS_OFFSET)
}

/// Folds v0, v1 by b and v2, v3 by c, and the results by d.
fn fold_four(v0: QM31, v1: QM31, v2: QM31, v3: QM31, b: QM31, c: QM31, d: QM31) -> QM31 {
    let first = fold_wide(widen(v0), widen(v1), b);
    let second = fold_wide(widen(v2), widen(v3), c);
    wide_reduce(fold_wide(first, second, d), FOLDS_OFFSET)
}

/// The coset's values folded to one.
pub fn fold_coset(layer: Layer, mut values: Span<QM31>, alphas: Span<QM31>, mut twiddles: Span<Twiddle>) -> QM31 {
    if layer.step == 1 {
        let twiddle = *twiddles[0];
        let inverse = if layer.circle {
            twiddle.y
        } else {
            twiddle.x
        };
        return fold_two(*values[0], *values[1], qm31_scale(*alphas[0], inverse));
    }
    let fours = if layer.circle {
        fold_circle_fours(values, *alphas[0], *alphas[1], twiddles)
    } else {
        fold_line_fours(values, *alphas[0], *alphas[1], twiddles)
    };
    if layer.step == 2 {
        return *fours[0];
    }
    let last = *twiddles[0];
    if layer.step == 3 {
        return fold_two(*fours[0], *fours[1], qm31_scale(*alphas[2], last.x));
    }
    let before = *twiddles[1];
    let alpha = *alphas[2];
    fold_four(
        *fours[0],
        *fours[1],
        *fours[2],
        *fours[3],
        qm31_scale(alpha, before.x),
        qm31_scale(alpha, before.y),
        qm31_scale(*alphas[3], last.x),
    )
}

/// Every four values of a line folded twice. The pairs of a four have the x of a point R and of R a quarter turn further;
/// then their point is 2 R, and for the next four that a quarter turn further.
fn fold_line_fours(
    mut values: Span<QM31>, alpha: QM31, alpha_2: QM31, twiddles: Span<Twiddle>,
) -> Span<QM31> {
    let n = values.len() / 4;
    let mut result = array![];
    for k in 0..n {
        let [v0, v1, v2, v3] = (*values.multi_pop_front::<4>().unwrap()).unbox();
        let first = *twiddles[n + k];
        let doubled = *twiddles[(n + k) / 2];
        let second = if k % 2 == 0 {
            doubled.x
        } else {
            doubled.y
        };
        result
            .append(
                fold_four(
                    v0,
                    v1,
                    v2,
                    v3,
                    qm31_scale(alpha, first.x),
                    qm31_scale(alpha, first.y),
                    qm31_scale(alpha_2, second),
                ),
            );
    }
    result.span()
}

/// Every four values of a circle folded twice. The pairs of a four have the y of a point R and of its opposite, and then the x
/// of R; the next four has R a quarter turn further, (R.y, -R.x).
fn fold_circle_fours(
    mut values: Span<QM31>, alpha: QM31, alpha_2: QM31, mut twiddles: Span<Twiddle>,
) -> Span<QM31> {
    let mut result = array![];
    // The twiddles of the first line fold come last: one for two fours.
    let used = (values.len() + 7) / 8;
    twiddles = twiddles.slice(twiddles.len() - used, used);
    for twiddle in twiddles {
        let [v0, v1, v2, v3] = (*values.multi_pop_front::<4>().unwrap()).unbox();
        let by_y = qm31_scale(alpha, *twiddle.y);
        result.append(fold_four(v0, v1, v3, v2, by_y, by_y, qm31_scale(alpha_2, *twiddle.x)));
        if let Some(next) = values.multi_pop_front::<4>() {
            let [v0, v1, v2, v3] = (*next).unbox();
            let by_x = qm31_scale(alpha, *twiddle.x);
            result.append(fold_four(v1, v0, v2, v3, by_x, by_x, qm31_scale(alpha_2, *twiddle.y)));
        }
    }
    result.span()
}

#[cfg(test)]
mod tests;
