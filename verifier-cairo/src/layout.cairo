//! Which columns a proof has, by the key's list of table instances.
//! Trees in order: structure, weights, witness, fingerprints, LogUp; one for each instance of committed values; the composition.
//! In a tree the columns stand instance after instance: of each first those sampled at z alone, then those sampled at z - G too,
//! then salts, which are never sampled.
//! In a Merkle leaf the columns stand by ascending log size, ties in the order of the instances. Committed values are as tall as
//! the blinder, and no table is taller, so their columns and the blinder's are a leaf's last.
use crate::generated::layout::{COLUMNS, DATA, OWN_TREE, TREES, WEIGHTS_TREE};
use crate::pin::POINTS;

/// One of the tables of a key.
#[derive(Copy, Drop, PartialEq, Debug)]
pub struct Instance {
    pub kind: u32,
    pub log_size: u32,
}

/// Columns of an instance in a tree.
#[derive(Copy, Drop, PartialEq, Debug)]
pub struct Columns {
    /// Sampled at z alone; in the trees of weights and of committed values at the points of a pin, too.
    pub once: u32,
    /// Sampled at z and at z - G.
    pub twice: u32,
    pub salts: u32,
}

/// Columns of the composition tree.
pub const COMPOSITION_COLUMNS: u32 = 8;

/// Columns of a table of this kind in one of the first trees, or in its own (OWN_TREE).
pub fn columns(kind: u32, tree: u32) -> Columns {
    let (once, twice, salts) = *COLUMNS.span()[(kind - 1) * (TREES + 1) + tree];
    Columns { once, twice, salts }
}

/// Whether a tree's columns sampled at z alone are pinned.
pub fn is_pinned(tree: u32) -> bool {
    tree == WEIGHTS_TREE || tree == OWN_TREE
}

/// All columns of an instance in a tree.
fn width(columns: Columns) -> u32 {
    columns.once + columns.twice + columns.salts
}

/// Instances that are less tall than the blinder may be: they come before those of committed values.
pub fn tables(instances: Span<Instance>) -> u32 {
    let mut count = 0;
    for instance in instances {
        if *instance.kind < DATA {
            count += 1;
        }
    }
    count
}

/// Instances of committed values.
pub fn committed(instances: Span<Instance>) -> u32 {
    instances.len() - tables(instances) - 1
}

/// Columns of each tree.
pub fn tree_columns(instances: Span<Instance>) -> Span<u32> {
    let mut widths = array![];
    for tree in 0..TREES {
        let mut sum = 0;
        for instance in instances {
            sum += width(columns(*instance.kind, tree));
        }
        widths.append(sum);
    }
    for _ in 0..committed(instances) {
        widths.append(width(columns(DATA, OWN_TREE)));
    }
    widths.append(COMPOSITION_COLUMNS);
    widths.span()
}

/// Values sampled in one of the first trees; pinned ones (pin.cairo) are not among them.
pub fn samples_of_tree(instances: Span<Instance>, tree: u32) -> u32 {
    let mut count = 0;
    for instance in instances {
        let columns = columns(*instance.kind, tree);
        count += columns.once + 2 * columns.twice;
    }
    count
}

/// Values sampled in all trees.
pub fn samples(instances: Span<Instance>) -> u32 {
    let mut count = committed(instances) * columns(DATA, OWN_TREE).once + COMPOSITION_COLUMNS;
    for tree in 0..TREES {
        count += samples_of_tree(instances, tree);
    }
    count
}

/// DEEP quotients (deep.cairo): one a column sampled at z alone, three a column sampled twice, and one more for each point of a pin.
pub fn quotients(instances: Span<Instance>) -> u32 {
    let mut count = COMPOSITION_COLUMNS;
    for instance in instances {
        for tree in 0..TREES + 1 {
            let columns = columns(*instance.kind, tree);
            let of_pin = if is_pinned(tree) {
                POINTS
            } else {
                0
            };
            count += columns.once * (1 + of_pin) + 3 * columns.twice;
        }
    }
    count
}

/// The instances in the order of a leaf.
pub fn leaf_order(instances: Span<Instance>) -> Array<u32> {
    let mut order = array![];
    for i in 0..tables(instances) {
        let mut next = array![];
        let mut placed = false;
        for other in order.span() {
            if !placed && *instances[i].log_size < *instances[*other].log_size {
                next.append(i);
                placed = true;
            }
            next.append(*other);
        }
        if !placed {
            next.append(i);
        }
        order = next;
    }
    for i in order.len()..instances.len() {
        order.append(i);
    }
    order
}

#[cfg(test)]
pub mod tests;
