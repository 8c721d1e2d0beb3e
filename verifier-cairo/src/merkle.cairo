//! Merkle multiproofs: the root over the leaves at some positions, the other nodes taken from the hash tape
//! bottom-up, in ascending position.
use crate::blake2s::{Hash, hash_block, hash_pair};
use crate::tape::{HashTape, HashTapeTrait};

/// How the next parent of a level comes about: from the next node and a sibling on its right or left that the tape
/// gives, or from the next two nodes.
#[derive(Copy, Drop, PartialEq, Debug)]
pub enum Step {
    WitnessRight,
    WitnessLeft,
    Pair,
}

/// The steps of every level, from the leaves to the root, of a tree of `height` opened at `positions`, ascending and distinct. All
/// trees of a height share them, and a tree over cosets of 2^k positions has those from level k on.
pub fn plan(positions: Span<u32>, height: u32) -> Span<Span<Step>> {
    let mut levels = array![];
    let mut positions = positions;
    for _ in 0..height {
        let mut steps = array![];
        let mut parents = array![];
        plan_level(ref steps, ref parents, positions);
        levels.append(steps.span());
        positions = parents.span();
    }
    levels.span()
}

fn plan_level(ref steps: Array<Step>, ref parents: Array<u32>, mut positions: Span<u32>) {
    let position = match positions.pop_front() {
        Some(position) => *position,
        None => { return; },
    };
    let (parent, side) = DivRem::div_rem(position, 2);
    parents.append(parent);
    if side == 1 {
        steps.append(Step::WitnessLeft);
    } else if next_is(positions, position + 1) {
        let _ = positions.pop_front();
        steps.append(Step::Pair);
    } else {
        steps.append(Step::WitnessRight);
    }
    plan_level(ref steps, ref parents, positions)
}

fn next_is(mut positions: Span<u32>, position: u32) -> bool {
    match positions.pop_front() {
        Some(next) => *next == position,
        None => false,
    }
}

/// The root, from the nodes at the bottom of `levels`, at least one.
pub fn root_of(nodes: Span<Hash>, mut levels: Span<Span<Step>>, ref witness: HashTape) -> Hash {
    match levels.pop_front() {
        Some(steps) => {
            let mut parents = array![];
            climb(*steps, nodes, ref parents, ref witness);
            root_of(parents.span(), levels, ref witness)
        },
        None => *nodes[0],
    }
}

fn climb(mut steps: Span<Step>, mut nodes: Span<Hash>, ref parents: Array<Hash>, ref witness: HashTape) {
    let step = match steps.pop_front() {
        Some(step) => *step,
        None => { return; },
    };
    let node = *nodes.pop_front().unwrap();
    match step {
        Step::WitnessRight => {
            let [a, b, c, d, e, f, g, h] = node.unbox();
            let [i, j, k, l, m, n, o, p] = witness.next_words();
            parents.append(hash_block(BoxTrait::new([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), 64));
        },
        Step::WitnessLeft => {
            let [i, j, k, l, m, n, o, p] = node.unbox();
            let [a, b, c, d, e, f, g, h] = witness.next_words();
            parents.append(hash_block(BoxTrait::new([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), 64));
        },
        Step::Pair => parents.append(hash_pair(node, *nodes.pop_front().unwrap())),
    }
    climb(steps, nodes, ref parents, ref witness)
}

pub fn same(a: Hash, b: Hash) -> bool {
    a.unbox() == b.unbox()
}

#[cfg(test)]
mod tests;
