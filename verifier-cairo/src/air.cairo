//! The composition polynomial at the out-of-domain point, from the sampled values: acc = acc rho + C for every constraint
//! of every instance in order.
use crate::fields::{QM31, ZERO};
use crate::generated::evaluator::constants;
use crate::generated::layout::{ACTIVATE, DATA, LANES, LINEAR, LUT, MAC, OWN_TREE, TREES};
use crate::generated::{activate, blinder, data, linear, lut, mac};
use crate::layout::{Instance, columns};

#[derive(Copy, Drop)]
pub struct Challenges {
    pub alpha: QM31,
    pub t: QM31,
    pub z: QM31,
    pub lambda: QM31,
}

/// The samples of an instance in a tree are a block of the tape: trees in order, in a tree the instances; then a block for each
/// tree of committed values.
fn blocks(mut samples: Span<QM31>, instances: Span<Instance>) -> Array<Span<QM31>> {
    let mut result = array![];
    for tree in 0..TREES {
        for instance in instances {
            result.append(next_block(ref samples, *instance.kind, tree));
        }
    }
    for instance in instances {
        if *instance.kind == DATA {
            result.append(next_block(ref samples, DATA, OWN_TREE));
        }
    }
    result
}

fn next_block(ref samples: Span<QM31>, kind: u32, tree: u32) -> Span<QM31> {
    let columns = columns(kind, tree);
    let count = columns.once + 2 * columns.twice;
    let block = samples.slice(0, count);
    samples = samples.slice(count, samples.len() - count);
    block
}

/// The constraints of all instances at the point, undivided.
pub fn constraints(
    samples: Span<QM31>, challenges: @Challenges, mut claimed: Span<QM31>, rho: QM31, instances: Span<Instance>,
) -> QM31 {
    let c = @constants(*challenges.t, *challenges.z, *challenges.lambda, LANES);
    let b = blocks(samples, instances).span();
    let n = instances.len();
    let (weights, witness, fingerprints, logup) = (n, 2 * n, 3 * n, 4 * n);
    let mut own = 5 * n;
    let mut acc = ZERO;
    for i in 0..n {
        let kind = *instances[i].kind;
        let structure = *b[i];
        // The blinder has none.
        let sum = match claimed.pop_front() {
            Some(sum) => *sum,
            None => ZERO,
        };
        acc =
            if kind == LINEAR {
                linear::evaluate(
                    structure, *b[weights + i], *b[fingerprints + i], *b[logup + i], c, sum, rho, acc,
                )
            } else if kind == ACTIVATE {
                activate::evaluate(
                    structure, *b[witness + i], *b[fingerprints + i], *b[logup + i], c, sum, rho, acc,
                )
            } else if kind == LUT {
                lut::evaluate(structure, *b[witness + i], *b[logup + i], c, sum, rho, acc)
            } else if kind == MAC {
                mac::evaluate(structure, *b[fingerprints + i], *b[logup + i], c, sum, rho, acc)
            } else if kind == DATA {
                own += 1;
                data::evaluate(structure, *b[fingerprints + i], *b[logup + i], *b[own - 1], c, sum, rho, acc)
            } else {
                blinder::evaluate(structure, *b[witness + i], c, sum, rho, acc)
            };
    }
    acc
}
