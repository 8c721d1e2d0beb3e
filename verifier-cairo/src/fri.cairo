//! FRI: every folded coset of a queried position opens against its layer's root, and folds into the next layer.
//! A fold of a pair is (v0 + v1) + alpha (v0 - v1)/t, with t the y of the pair's points on the circle and then their x
//! on a line; the k-th fold of a layer, counted from 0, uses alpha^(2^k).
use crate::blake2s::{Hash, hash_block, hash_pair};
use crate::circle::{Point, coset_point, double, generator};
use crate::fields::{M31, QM31, m31_inverse, m31_mul, m31_neg, qm31_scale, reduce};
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::merkle::{Node, root_of, same};
use crate::tape::{HashTape, ValueTape, ValueTapeTrait, secure_felts};

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

/// The evaluations that a layer's become in the next layer.
pub fn fold_layer(
    layer: Layer, mut evaluations: Span<Evaluation>, ref values: ValueTape, ref hashes: HashTape,
) -> Array<Evaluation> {
    let width = power_of_two(layer.step);
    let alphas = powers(layer);
    let witness_count = count_cosets(evaluations, width) * width - evaluations.len();
    let mut words = array![];
    values.read_exactly(ref words, 4 * witness_count);
    let witness = secure_felts(words.span());
    let mut witness = witness.span();
    let mut folded = array![];
    let mut nodes = array![];
    while let Some(first) = evaluations.get(0) {
        let position = *first.unbox().position / width;
        let coset = coset_values(position * width, width, ref evaluations, ref witness).span();
        nodes.append(Node { position, hash: subtree(coset, layer.step > 1) });
        folded.append(Evaluation { position, value: fold_coset(layer, position, coset, alphas) });
    }
    let root = root_of(nodes.span(), layer.log_size - layer.step, ref hashes);
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
fn powers(layer: Layer) -> Span<QM31> {
    let mut alpha = layer.alpha;
    let mut result = array![alpha];
    for _ in 1..layer.step {
        alpha = alpha * alpha;
        result.append(alpha);
    }
    result.span()
}

fn count_cosets(evaluations: Span<Evaluation>, width: u32) -> u32 {
    let mut count = 0;
    let mut end = 0;
    for evaluation in evaluations {
        if *evaluation.position >= end {
            count += 1;
            end = (*evaluation.position / width + 1) * width;
        }
    }
    count
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

fn fold_pair(v0: QM31, v1: QM31, inverse: M31, alpha: QM31) -> QM31 {
    (v0 + v1) + alpha * qm31_scale(v0 - v1, inverse)
}

/// The coset of 2^step slots at `position`, folded to one value.
fn fold_coset(layer: Layer, position: u32, values: Span<QM31>, alphas: Span<QM31>) -> QM31 {
    if layer.circle {
        let point = coset_point(position, layer.log_size + 1, layer.step);
        if layer.step == 1 {
            return fold_pair(*values[0], *values[1], m31_inverse(point.y), *alphas[0]);
        }
        fold_line(layer, point, layer.step - 2, values, alphas)
    } else {
        let point = coset_point(position, layer.log_size + 2, layer.step + 1);
        fold_line(layer, point, layer.step - 1, values, alphas)
    }
}

fn fold_line(layer: Layer, point: Point, level: u32, values: Span<QM31>, alphas: Span<QM31>) -> QM31 {
    let mut doubles = array![point];
    let mut last = point;
    for _ in 0..level {
        last = double(last);
        doubles.append(last);
    }
    let inverse = m31_inverse(m31_mul(last.x, last.y));
    fold_node(
        layer.circle, doubles.span(), level, m31_mul(last.y, inverse), m31_mul(last.x, inverse), values, alphas,
    )
}

/// Folds the 2^(level + 1) line values whose last pair has the point Q = 2^level R, given R, 2 R, ..., Q in `doubles`
/// and the inverses of Q's coordinates. Half of Q is R' = 2^(level - 1) R or a quarter turn further, (y, -x), and Q.y =
/// 2 R'.x R'.y, so that 1/R'.x = 2 R'.y/Q.y: one inversion serves the whole coset. In a circle layer each line value is
/// itself the fold of two.
fn fold_node(
    circle: bool,
    doubles: Span<Point>,
    level: u32,
    inverse_x: M31,
    inverse_y: M31,
    mut values: Span<QM31>,
    alphas: Span<QM31>,
) -> QM31 {
    if level == 0 {
        if circle {
            let [c0, c1, c2, c3] = (*values.multi_pop_front::<4>().unwrap()).unbox();
            let alpha = *alphas[0];
            return fold_pair(
                fold_pair(c0, c1, inverse_y, alpha),
                fold_pair(c2, c3, m31_neg(inverse_y), alpha),
                inverse_x,
                *alphas[1],
            );
        }
        return fold_pair(*values[0], *values[1], inverse_x, *alphas[0]);
    }
    let half = *doubles[level - 1];
    let twice: felt252 = 2 * inverse_y.into();
    let half_inverse_x = reduce(half.y.into() * twice);
    let half_inverse_y = reduce(half.x.into() * twice);
    let n = values.len() / 2;
    let left = fold_node(
        circle, doubles, level - 1, half_inverse_x, half_inverse_y, values.slice(0, n), alphas,
    );
    let mut turned = array![];
    for i in 0..level {
        turned.append(crate::circle::add(*doubles[i], generator(level + 1 - i)));
    }
    let right = fold_node(
        circle,
        turned.span(),
        level - 1,
        half_inverse_y,
        m31_neg(half_inverse_x),
        values.slice(n, n),
        alphas,
    );
    fold_pair(left, right, inverse_x, *alphas[if circle {
        level + 1
    } else {
        level
    }])
}
