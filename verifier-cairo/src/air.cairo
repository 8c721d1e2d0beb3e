//! The composition polynomial at the out-of-domain point, from the sampled values: acc = acc rho + C for every constraint
//! of every table in order.
use crate::fields::{ONE, QM31, QM31Add, QM31Mul, QM31Sub, ZERO, base, from_partial_evals};
use crate::layout;

#[derive(Copy, Drop)]
pub struct Challenges {
    pub alpha: QM31,
    pub t: QM31,
    pub z: QM31,
    pub lambda: QM31,
}

fn secure(ref s: Span<QM31>) -> QM31 {
    let [a, b, c, d] = (*s.multi_pop_front::<4>().unwrap()).unbox();
    from_partial_evals(a, b, c, d)
}

fn secure_with_previous(ref s: Span<QM31>) -> (QM31, QM31) {
    let [a, b, c, d, e, f, g, h] = (*s.multi_pop_front::<8>().unwrap()).unbox();
    (from_partial_evals(a, c, e, g), from_partial_evals(b, d, f, h))
}

fn wire(c: @Challenges, live: QM31, id: QM31, value: QM31) -> QM31 {
    let l = *c.lambda;
    live * (*c.z - base(1)) - l * id - l * l * l * value
}

fn look_up(c: @Challenges, live: QM31, f: QM31, q: QM31, y: QM31) -> QM31 {
    let l = *c.lambda;
    live * (*c.z - base(2)) - l * f - l * l * q - l * l * l * y
}

/// The constraints of all tables at the point, undivided.
pub fn constraints(samples: Span<QM31>, c: @Challenges, claimed: Span<QM31>, rho: QM31) -> QM31 {
    let mut slices: Array<Span<QM31>> = array![];
    let mut rest = samples;
    for tree in 0..layout::TREES {
        for table in 0..layout::TABLES {
            let (once, twice) = layout::columns(tree, table);
            let n = once + 2 * twice;
            slices.append(rest.slice(0, n));
            rest = rest.slice(n, rest.len() - n);
        }
    }
    let mut acc = ZERO;
    let t = *c.t;
    // linear
    let s = *slices[0];
    let (live, real, cont, f, keep) = (*s[0], *s[1], *s[2], *s[3], *s[4]);
    let (claim, keepr, n, id, fin) = (*s[5], *s[6], *s[7], *s[8], *s[9]);
    let mut tile = ZERO;
    let mut t16 = ONE;
    for w in *slices[4] {
        tile = tile * t + *w;
        t16 = t16 * t;
    }
    let mut s = *slices[12];
    let A = secure(ref s);
    let (b_, b) = secure_with_previous(ref s);
    let (S_, S) = secure_with_previous(ref s);
    let mut s = *slices[16];
    let (R_, R) = secure_with_previous(ref s);
    acc = acc * rho + (real * b - cont * t16 * b_ - real * tile);
    acc = acc * rho + (real * S - keep * S_ - f * A * b);
    acc = acc * rho + claim * (A - S);
    acc = acc * rho + ((real * R - keepr * R_) * wire(c, live, id, A) - n);
    acc = acc * rho + fin * (R_ + S - *claimed[0]);
    // activate
    let s = *slices[1];
    let (live, real, kt, two_s, off, fnq, fnr) = (*s[0], *s[1], *s[2], *s[3], *s[4], *s[5], *s[6]);
    let (idY, nY, idT, nT, keepr, fin) = (*s[7], *s[8], *s[9], *s[10], *s[11], *s[12]);
    let s = *slices[9];
    let (q, r, y) = (*s[0], *s[1], *s[2]);
    let mut s = *slices[13];
    let (T_, T) = secure_with_previous(ref s);
    let mut s = *slices[17];
    let P = secure(ref s);
    let W = secure(ref s);
    let (R_, R) = secure_with_previous(ref s);
    acc = acc * rho + (real * T - kt * t * T_ - (two_s * q + real * r - off));
    let dq = look_up(c, live, fnq, q, y);
    let dr = look_up(c, live, fnr, r, ZERO);
    acc = acc * rho + (P * dq * dr - real * (dq + dr));
    let dY = wire(c, live, idY, y);
    let dT = wire(c, live, idT, T);
    acc = acc * rho + (W * dY * dT - (nT * dY - nY * dT));
    acc = acc * rho + (real * (R - P - W) - keepr * R_);
    acc = acc * rho + fin * (R_ + T - *claimed[1]);
    // lut
    let s = *slices[2];
    let (live, real, keepr, fin, f, q) = (*s[0], *s[1], *s[2], *s[3], *s[4], *s[5]);
    let d0 = look_up(c, live, f, q, *s[6]);
    let d1 = look_up(c, live, f, q + live, *s[7]);
    let d2 = look_up(c, live, f, q + live + live, *s[8]);
    let d3 = look_up(c, live, f, q + live + live + live, *s[9]);
    let s = *slices[10];
    let (m0, m1, m2, m3) = (*s[0], *s[1], *s[2], *s[3]);
    let mut s = *slices[18];
    let P0 = secure(ref s);
    let P1 = secure(ref s);
    let (R_, R) = secure_with_previous(ref s);
    acc = acc * rho + (P0 * d0 * d1 + m0 * d1 + m1 * d0);
    acc = acc * rho + (P1 * d2 * d3 + m2 * d3 + m3 * d2);
    acc = acc * rho + (real * (R - P0 - P1) - keepr * R_);
    acc = acc * rho + fin * (R_ + from_partial_evals(m0, m1, m2, m3) - *claimed[2]);
    // mac
    let s = *slices[3];
    let (live, real, k1, kt, idA) = (*s[0], *s[1], *s[2], *s[3], *s[4]);
    let (idB, idY, nY, keepr, fin) = (*s[5], *s[6], *s[7], *s[8], *s[9]);
    let mut s = *slices[15];
    let A = secure(ref s);
    let B = secure(ref s);
    let (S_, S) = secure_with_previous(ref s);
    let mut s = *slices[19];
    let P = secure(ref s);
    let (R_, R) = secure_with_previous(ref s);
    acc = acc * rho + (real * S - S_ * (k1 + kt * t) - real * A * B);
    let dA = wire(c, live, idA, A);
    let dB = wire(c, live, idB, B);
    acc = acc * rho + (P * dA * dB - real * (dA + dB));
    acc = acc * rho + ((real * R - keepr * R_ - real * P) * wire(c, live, idY, S) + nY);
    acc = acc * rho + fin * (R_ + S - *claimed[3]);
    acc
}
