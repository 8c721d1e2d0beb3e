//! Which columns a proof has. Components in order: the tables linear, activate, lut and mac; then the blinder. A
//! component's columns in a tree are first those sampled at z alone, then those sampled at z - G too, then salts, which are
//! never sampled: only the blinder has any.
//! In a Merkle leaf the columns stand by ascending log size, ties in component order. No component is taller than the
//! blinder, so its columns are a leaf's last.

/// What takes part in the bus and has a claimed sum.
pub const TABLES: u32 = 4;
pub const COMPONENTS: u32 = 5;
/// Trees before the composition: structure, weights, witness, fingerprints, LogUp.
pub const TREES: u32 = 5;
/// Columns of the composition tree.
pub const COMPOSITION_COLUMNS: u32 = 8;

/// Sampled columns of a component in a tree, (once, twice); row by row the trees, in a row the components.
const COLUMNS: [(u32, u32); 25] = [
    (10, 0), (13, 0), (10, 0), (10, 0), (1, 0), // structure
    (16, 0), (0, 0), (0, 0), (0, 0), (0, 0), // weights
    (0, 0), (3, 0), (4, 0), (0, 0), (4, 4), // witness
    (4, 8), (0, 4), (0, 0), (8, 4), (0, 0), // fingerprints
    (0, 4), (8, 4), (8, 4), (4, 4), (0, 0) // LogUp
];

/// Columns of each tree, five salts in each but the first and the last, the composition's.
const TREE_COLUMNS: [u32; 6] = [44, 21, 20, 33, 41, 8];

/// Values sampled in all trees.
pub const SAMPLES: u32 = 183;

pub fn columns(tree: u32, component: u32) -> (u32, u32) {
    *COLUMNS.span()[tree * COMPONENTS + component]
}

pub fn tree_columns(tree: u32) -> u32 {
    *TREE_COLUMNS.span()[tree]
}

/// The components by ascending log size, ties in component order.
pub fn leaf_order(log_sizes: Span<u32>) -> Array<u32> {
    let mut order = array![];
    for component in 0..COMPONENTS {
        let mut next = array![];
        let mut placed = false;
        for other in order.span() {
            if !placed && *log_sizes[component] < *log_sizes[*other] {
                next.append(component);
                placed = true;
            }
            next.append(*other);
        }
        if !placed {
            next.append(component);
        }
        order = next;
    }
    order
}

#[cfg(test)]
mod tests;
