//! The composition polynomial at the out-of-domain point, from the sampled values: acc = acc rho + C for every constraint
//! of every component in order.
use crate::fields::{QM31, ZERO};
use crate::generated::evaluator::constants;
use crate::generated::{activate, blinder, data, linear, lut, mac};
use crate::layout;

#[derive(Copy, Drop)]
pub struct Challenges {
    pub alpha: QM31,
    pub t: QM31,
    pub z: QM31,
    pub lambda: QM31,
}

/// Weights a row of `linear`, and committed values a row.
const LANES: u32 = 16;

/// The samples of a component in a tree are a block of the tape: trees in order, in a tree the components. After the trees that every
/// proof has, there is one block for each tree of committed values.
fn blocks(mut samples: Span<QM31>, committed: u32) -> Array<Span<QM31>> {
    let mut result = array![];
    for tree in 0..layout::TREES {
        for component in 0..layout::components(committed) {
            let (once, twice) = layout::columns(tree, component, committed);
            let count = once + 2 * twice;
            result.append(samples.slice(0, count));
            samples = samples.slice(count, samples.len() - count);
        }
    }
    for i in 0..committed {
        result.append(samples.slice(i * layout::DATA_VALUES, layout::DATA_VALUES));
    }
    result
}

/// The constraints of all components at the point, undivided.
pub fn constraints(samples: Span<QM31>, challenges: @Challenges, claimed: Span<QM31>, rho: QM31, committed: u32) -> QM31 {
    let c = @constants(*challenges.t, *challenges.z, *challenges.lambda, LANES);
    let b = blocks(samples, committed).span();
    let n = layout::components(committed);
    let (structure, weights, witness, fingerprints, logup, data) = (0, n, 2 * n, 3 * n, 4 * n, 5 * n);
    let acc = linear::evaluate(
        *b[structure], *b[weights], *b[fingerprints], *b[logup], c, *claimed[0], rho, ZERO,
    );
    let acc = activate::evaluate(
        *b[structure + 1], *b[witness + 1], *b[fingerprints + 1], *b[logup + 1], c, *claimed[1], rho, acc,
    );
    let acc = lut::evaluate(*b[structure + 2], *b[witness + 2], *b[logup + 2], c, *claimed[2], rho, acc);
    let mut acc = mac::evaluate(*b[structure + 3], *b[fingerprints + 3], *b[logup + 3], c, *claimed[3], rho, acc);
    for i in 0..committed {
        let table = layout::TABLES + i;
        acc =
            data::evaluate(
                *b[structure + table],
                *b[fingerprints + table],
                *b[logup + table],
                *b[data + i],
                c,
                *claimed[table],
                rho,
                acc,
            );
    }
    blinder::evaluate(*b[structure + n - 1], *b[witness + n - 1], c, ZERO, rho, acc)
}
