//! The composition polynomial at the out-of-domain point, from the sampled values: acc = acc rho + C for every constraint
//! of every component in order.
use crate::fields::{QM31, ZERO};
use crate::generated::evaluator::constants;
use crate::generated::{activate, blinder, linear, lut, mac};
use crate::layout;

#[derive(Copy, Drop)]
pub struct Challenges {
    pub alpha: QM31,
    pub t: QM31,
    pub z: QM31,
    pub lambda: QM31,
}

const LANES: u32 = 16;

/// The samples of a component in a tree are a block of the tape: trees in order, in a tree the components.
fn blocks(mut samples: Span<QM31>) -> Array<Span<QM31>> {
    let mut result = array![];
    for tree in 0..layout::TREES {
        for component in 0..layout::COMPONENTS {
            let (once, twice) = layout::columns(tree, component);
            let count = once + 2 * twice;
            result.append(samples.slice(0, count));
            samples = samples.slice(count, samples.len() - count);
        }
    }
    result
}

/// The constraints of all components at the point, undivided.
pub fn constraints(samples: Span<QM31>, challenges: @Challenges, claimed: Span<QM31>, rho: QM31) -> QM31 {
    let c = @constants(*challenges.t, *challenges.z, *challenges.lambda, LANES);
    // Rows: structure, weights, witness, fingerprints, LogUp; columns: linear, activate, lut, mac, blinder.
    let b = blocks(samples).span();
    let acc = linear::evaluate(*b[0], *b[5], *b[15], *b[20], c, *claimed[0], rho, ZERO);
    let acc = activate::evaluate(*b[1], *b[11], *b[16], *b[21], c, *claimed[1], rho, acc);
    let acc = lut::evaluate(*b[2], *b[12], *b[22], c, *claimed[2], rho, acc);
    let acc = mac::evaluate(*b[3], *b[18], *b[23], c, *claimed[3], rho, acc);
    blinder::evaluate(*b[4], *b[14], c, ZERO, rho, acc)
}
