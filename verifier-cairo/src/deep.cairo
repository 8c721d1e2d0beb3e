//! DEEP quotients: the value of FRI's first layer at the queried positions, from the committed values there and the
//! sampled values.
//!
//! With gamma^j the weight of the j-th entry, an entry at the point p with value v, and f the column's value at the domain
//! point D, the codeword is sum_j gamma^j (c f - a D.y - b)/d, where a = conj(v) - v, c = conj(p.y) - p.y, b = v c - a p.y
//! and d = (Re p.x - D.x) Im p.y - (Re p.y - D.y) Im p.x. As a = -2 u Im v and c = -2 u Im p.y, a point's entries sum to
//!     -2 u (Im p.y S - Y D.y - K)/d,    S = sum gamma^j f, Y = sum gamma^j Im v, K = Im p.y sum gamma^j v - Y p.y.
//!
//! A column sampled once is an entry at z. One sampled twice has three: its value at z again at z + T, which shows that
//! the column repeats with its table's period; its previous value at z - G; its value at z. With U the sum gamma^j f over
//! a table's columns that are sampled twice and j their first entries, S is U at the table's z + T, and gamma times
//! all U at z - G. Committed values and the blinder have full height, T = 0, and so their entries at z + T are entries at z.
//!
//! A column of weights or of committed values has three entries, too: at the two points of its pin (pin.cairo), with the values of the
//! key or the statement, and at z. With V the sum gamma^j f over the columns of a pin and j their first entries, S is V at the first
//! point, and gamma V at the second.
use crate::circle::{Point, SecurePoint, add_base, domain_point, generator};
use crate::fields::{
    CM31, M31, P, QM31, QM31Add, QM31Mul, Wide, batch_inverse, cm31_mul, cm31_norm, m31_mul, m31_neg, m31_sub, reduce,
    wide_add, wide_reduce, wide_scale, wide_sub, widen,
};
use crate::generated::layout::{DATA, TREES};
use crate::key::Key;
use crate::layout;
use crate::layout::Instance;
use crate::pin::{POINTS, Pin};
use crate::weighted::{EMPTY, Sum, add_fours, append_weight, reduced};

const P_SQUARED: felt252 = P * P;
/// Multiples of p above what their sums can reach below 0.
const SAMPLES_OFFSET: felt252 = P * 0x40000000000;
const CODEWORD_OFFSET: felt252 = P * 0x1000000000000000000;

/// sum gamma^j Re v and sum gamma^j Im v.
#[derive(Copy, Drop)]
struct SampleSum {
    re: Wide,
    im: Wide,
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

/// Columns of an instance that are sampled elsewhere than at z, too: `count` of them from column `start` of a leaf of a tree.
#[derive(Copy, Drop)]
struct Part {
    tree: u32,
    start: u32,
    count: u32,
    weights: Span<felt252>,
}

#[derive(Drop)]
pub struct Deep {
    log_domain: u32,
    /// Weights at z of a tree's columns in leaf order; those of salts are 0, and so is what fills up the last felt.
    pub leaf_weights: Array<Span<felt252>>,
    /// Columns sampled twice, by table; then of committed values and the blinder together.
    twice: Array<Array<Part>>,
    /// The columns of each pin, with the weights of their first entries.
    pinned: Array<Part>,
    gamma: QM31,
    /// At z, z - G, z + T for each table, and the two points of each pin.
    quotients: Span<Quotient>,
}

const NO_SUM: SampleSum = SampleSum {
    re: Wide { a: 0, b: 0, c: 0, d: 0 }, im: Wide { a: 0, b: 0, c: 0, d: 0 },
};

#[inline(always)]
fn add_sample(sum: SampleSum, weight: QM31, v: QM31) -> SampleSum {
    let weight = widen(weight);
    SampleSum {
        re: wide_add(sum.re, wide_scale(weight, v.a.into(), v.b.into())),
        im: wide_add(sum.im, wide_scale(weight, v.c.into(), v.d.into())),
    }
}

fn scale_cm31(x: QM31, s: CM31) -> QM31 {
    x * QM31 { a: s.a, b: s.b, c: 0, d: 0 }
}

/// `scale` multiplies all weights.
fn quotient(point: SecurePoint, sum: SampleSum, scale: QM31) -> Quotient {
    // With Im p.y = 0 the quotient is a constant, whatever the columns are. A prover can look for such points: one in 2^62 is.
    assert(point.y.c != 0 || point.y.d != 0, 'circlet: sample point');
    let (re_x, im_x) = (CM31 { a: point.x.a, b: point.x.b }, CM31 { a: point.x.c, b: point.x.d });
    let (re_y, im_y) = (CM31 { a: point.y.a, b: point.y.b }, CM31 { a: point.y.c, b: point.y.d });
    let re = wide_reduce(sum.re, SAMPLES_OFFSET) * scale;
    let im = wide_reduce(sum.im, SAMPLES_OFFSET) * scale;
    let v = re + im * QM31 { a: 0, b: 0, c: 1, d: 0 };
    let (x, y) = (cm31_mul(re_x, im_y), cm31_mul(re_y, im_x));
    Quotient {
        point_im_x: im_x,
        point_im_y: im_y,
        denominator: CM31 { a: m31_sub(x.a, y.a), b: m31_sub(x.b, y.b) },
        y: im,
        k: scale_cm31(v, im_y) - im * point.y,
    }
}

/// The entries made so far, in the order of the tape.
#[derive(Drop)]
struct Entries {
    /// What is left of them.
    samples: Span<QM31>,
    gamma: QM31,
    gamma_2: QM31,
    /// Of the next entry.
    power: QM31,
    at_z: SampleSum,
    at_previous: SampleSum,
}

/// The columns of a pin, and their sums at its points.
#[derive(Drop)]
struct Pinned {
    part: Part,
    at_first: SampleSum,
    at_second: SampleSum,
}

#[generate_trait]
impl EntriesImpl of EntriesTrait {
    /// The next `count` columns, sampled at z alone; appends their weights at z.
    #[inline(never)]
    fn once(ref self: Entries, ref block: Array<felt252>, count: u32) {
        for _ in 0..count {
            append_weight(ref block, self.power);
            self.at_z = add_sample(self.at_z, self.power, *self.samples.pop_front().unwrap());
            self.power = self.power * self.gamma;
        }
    }

    /// The next columns, those of a pin, the first ones of a leaf of `tree`.
    #[inline(never)]
    fn pinned(ref self: Entries, ref block: Array<felt252>, tree: u32, pin: @Pin) -> Pinned {
        let mut values = *pin.values;
        let count = values.len() / POINTS;
        let mut weights = array![];
        let mut at_first = NO_SUM;
        let mut at_second = NO_SUM;
        while let Some(two) = values.multi_pop_front::<2>() {
            let [first, second] = (*two).unbox();
            append_weight(ref weights, self.power);
            at_first = add_sample(at_first, self.power, first);
            at_second = add_sample(at_second, self.power, second);
            self.power = self.power * self.gamma_2;
            self.once(ref block, 1);
        }
        Pinned { part: Part { tree, start: 0, count, weights: weights.span() }, at_first, at_second }
    }

    /// The next `count` columns, sampled at z - G, too. Those of a table have `period`, their sum at its z + T, and get a new one.
    #[inline(never)]
    fn twice(
        ref self: Entries, ref block: Array<felt252>, count: u32, period: Option<SampleSum>,
    ) -> (Span<felt252>, SampleSum) {
        let mut weights = array![];
        let (is_table, mut sum) = match period {
            Some(sum) => (true, sum),
            None => (false, NO_SUM),
        };
        for _ in 0..count {
            let previous = *self.samples.pop_front().unwrap();
            let current = *self.samples.pop_front().unwrap();
            append_weight(ref weights, self.power);
            self.at_previous = add_sample(self.at_previous, self.power, previous);
            let mut power_at_z = self.power * self.gamma_2;
            let next_power = power_at_z * self.gamma;
            if is_table {
                sum = add_sample(sum, self.power, current);
            } else {
                power_at_z = power_at_z + self.power;
            }
            append_weight(ref block, power_at_z);
            self.at_z = add_sample(self.at_z, power_at_z, current);
            self.power = next_power;
        }
        (weights.span(), sum)
    }
}

/// `samples` in the order of the tape; `pins` of the weights and of committed values; `z` the out-of-domain point.
pub fn prepare(key: @Key, samples: Span<QM31>, mut pins: Span<Pin>, z: SecurePoint, gamma: QM31) -> Deep {
    let (log_size, instances) = (*key.log_size, *key.instances);
    let order = layout::leaf_order(instances).span();
    let mut widths = layout::tree_columns(instances);
    let mut entries = Entries {
        samples, gamma, gamma_2: gamma * gamma, power: crate::fields::ONE, at_z: NO_SUM, at_previous: NO_SUM,
    };
    // By table: every round over the tables brings the first one back to the front.
    let mut at_period: Array<SampleSum> = array![];
    let mut twice: Array<Array<Part>> = array![];
    for _ in 0..layout::tables(instances) {
        at_period.append(NO_SUM);
        twice.append(array![]);
    }
    let mut twice_of_others = array![];
    let mut leaf_weights = array![];
    let mut pinned = array![];
    let mut pin_points = pins;
    for tree in 0..TREES {
        let mut blocks: Array<Span<felt252>> = array![];
        for i in 0..instances.len() {
            let kind = *instances[i].kind;
            let columns = layout::columns(kind, tree);
            let mut block = array![];
            if layout::is_pinned(tree) && columns.once != 0 {
                pinned.append(entries.pinned(ref block, tree, pins.pop_front().unwrap()));
            } else {
                entries.once(ref block, columns.once);
            }
            let start = column_start(tree, i, instances, order) + columns.once;
            if kind < DATA {
                let period = Some(at_period.pop_front().unwrap());
                let (weights, period) = entries.twice(ref block, columns.twice, period);
                at_period.append(period);
                let mut parts = twice.pop_front().unwrap();
                append_part(ref parts, Part { tree, start, count: columns.twice, weights });
                twice.append(parts);
            } else {
                let (weights, _) = entries.twice(ref block, columns.twice, None);
                append_part(ref twice_of_others, Part { tree, start, count: columns.twice, weights });
            }
            blocks.append(block.span());
        }
        let mut in_order = array![];
        for i in order {
            in_order.append_span(*blocks[*i]);
        }
        fill(ref in_order, *widths.pop_front().unwrap());
        leaf_weights.append(in_order.span());
    }
    twice.append(twice_of_others);
    // The trees of committed values, and the composition.
    for pin in pins {
        let mut block = array![];
        pinned.append(entries.pinned(ref block, leaf_weights.len(), pin));
        fill(ref block, *widths.pop_front().unwrap());
        leaf_weights.append(block.span());
    }
    let mut block = array![];
    entries.once(ref block, layout::COMPOSITION_COLUMNS);
    leaf_weights.append(block.span());
    let step = generator(log_size);
    let back = Point { x: step.x, y: m31_neg(step.y) };
    let mut quotients = array![
        quotient(z, entries.at_z, crate::fields::ONE), quotient(add_base(z, back), entries.at_previous, gamma),
    ];
    let mut tables = instances;
    for sum in at_period {
        let period = generator(log_size - *tables.pop_front().unwrap().log_size);
        quotients.append(quotient(add_base(z, period), sum, crate::fields::ONE));
    }
    let mut parts = array![];
    for columns in pinned {
        let (first, second) = *pin_points.pop_front().unwrap().points;
        quotients.append(quotient(first, columns.at_first, crate::fields::ONE));
        quotients.append(quotient(second, columns.at_second, gamma));
        parts.append(columns.part);
    }
    Deep { log_domain: log_size + *key.log_blowup, leaf_weights, twice, pinned: parts, gamma, quotients: quotients.span() }
}

fn append_part(ref parts: Array<Part>, part: Part) {
    if part.count != 0 {
        parts.append(part);
    }
}

/// The column of a leaf where those of instance `i` begin.
fn column_start(tree: u32, i: u32, instances: Span<Instance>, mut order: Span<u32>) -> u32 {
    let next = *order.pop_front().unwrap();
    if next == i {
        return 0;
    }
    let columns = layout::columns(*instances[next].kind, tree);
    columns.once + columns.twice + column_start(tree, i, instances, order)
}

/// Zeros up to a weight for each of `columns`, and to a multiple of eight weights.
fn fill(ref weights: Array<felt252>, columns: u32) {
    while weights.len() < 2 * columns || weights.len() % 16 != 0 {
        weights.append(0);
    }
}

/// Numerators and denominators of the quotients at the queried positions, until all are in and inverted together.
#[derive(Drop)]
pub struct Quotients {
    numerators: Array<Wide>,
    denominators: Array<CM31>,
    norms: Array<M31>,
}

pub fn no_quotients() -> Quotients {
    Quotients { numerators: array![], denominators: array![], norms: array![] }
}

/// Adds a position, given its weighted sum of all columns at z and its leaves by tree.
pub fn add_position(
    self: @Deep, ref quotients: Quotients, position: u32, at_z: Sum, leaves: Span<Span<u32>>,
) {
    let point = domain_point(position, *self.log_domain);
    let mut sums = array![];
    let mut all = EMPTY;
    for component in self.twice.span() {
        let mut sum = EMPTY;
        for part in component.span() {
            let leaf = *leaves[*part.tree];
            sum = add_fours(sum, leaf.slice(*part.start, *part.count), *part.weights);
        }
        all = Sum { low: all.low + sum.low, high: all.high + sum.high };
        sums.append(sum);
    }
    let mut rest = *self.quotients;
    add_quotient(ref quotients, rest.pop_front().unwrap(), point, reduced(at_z));
    add_quotient(ref quotients, rest.pop_front().unwrap(), point, reduced(all) * *self.gamma);
    // The last one's sum has no quotient of its own.
    for _ in 1..self.twice.len() {
        add_quotient(ref quotients, rest.pop_front().unwrap(), point, reduced(sums.pop_front().unwrap()));
    }
    for pinned in self.pinned.span() {
        let leaf = *leaves[*pinned.tree];
        let s = reduced(add_fours(EMPTY, leaf.slice(*pinned.start, *pinned.count), *pinned.weights));
        add_quotient(ref quotients, rest.pop_front().unwrap(), point, s);
        add_quotient(ref quotients, rest.pop_front().unwrap(), point, s * *self.gamma);
    }
}

/// Im p.y S - Y D.y - K, and d.
fn add_quotient(ref quotients: Quotients, quotient: @Quotient, point: Point, s: QM31) {
    let q = *quotient;
    let (x, y): (felt252, felt252) = (point.x.into(), point.y.into());
    let (im_x_re, im_x_im): (felt252, felt252) = (q.point_im_x.a.into(), q.point_im_x.b.into());
    let (im_y_re, im_y_im): (felt252, felt252) = (q.point_im_y.a.into(), q.point_im_y.b.into());
    let denominator = CM31 {
        a: reduce(q.denominator.a.into() - x * im_y_re + y * im_x_re + P_SQUARED),
        b: reduce(q.denominator.b.into() - x * im_y_im + y * im_x_im + P_SQUARED),
    };
    let numerator = wide_sub(
        wide_sub(wide_scale(widen(s), im_y_re, im_y_im), wide_scale(widen(q.y), y, 0)), widen(q.k),
    );
    quotients.numerators.append(numerator);
    quotients.denominators.append(denominator);
    quotients.norms.append(cm31_norm(denominator));
}

/// The codeword at each of the positions added.
pub fn codewords(self: @Deep, quotients: Quotients) -> Array<QM31> {
    sums_of(quotients, (*self.quotients).len())
}

/// The sum of every `count` quotients.
fn sums_of(quotients: Quotients, count: u32) -> Array<QM31> {
    let Quotients { numerators, denominators, norms } = quotients;
    let mut inverses = batch_inverse(norms.span());
    let mut numerators = numerators.span();
    let mut denominators = denominators.span();
    let mut result = array![];
    while !numerators.is_empty() {
        let mut sum = Wide { a: 0, b: 0, c: 0, d: 0 };
        for _ in 0..count {
            let inverse = *inverses.pop_front().unwrap();
            let denominator = *denominators.pop_front().unwrap();
            // 1/d = conj(d)/|d|^2
            let re: felt252 = m31_mul(denominator.a, inverse).into();
            let im: felt252 = m31_mul(denominator.b, inverse).into();
            sum = wide_add(sum, wide_scale(*numerators.pop_front().unwrap(), re, -im));
        }
        // (A + B u)(-2 u) = -2 ((2 + i) B + A u)
        let product = Wide {
            a: 2 * sum.d - 4 * sum.c, b: -2 * sum.c - 4 * sum.d, c: -2 * sum.a, d: -2 * sum.b,
        };
        result.append(wide_reduce(product, CODEWORD_OFFSET));
    }
    result
}

#[cfg(test)]
mod tests;
