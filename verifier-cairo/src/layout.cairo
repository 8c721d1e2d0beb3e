//! Which columns a proof has. Tables in component order: linear, activate, lut, mac; then pad, one column a tree that
//! is never sampled. A table's columns in a tree are first those sampled at z alone, then those sampled at z - G too.
//! In a Merkle leaf the columns stand by ascending log size, ties in component order.

pub const TABLES: u32 = 4;
/// Trees before the composition: structure, weights, witness, fingerprints, LogUp.
pub const TREES: u32 = 5;
/// Columns of the composition tree.
pub const COMPOSITION_COLUMNS: u32 = 8;

/// Columns of a table in a tree, (sampled once, sampled twice); row by row the trees, in a row the tables.
const COLUMNS: [(u32, u32); 20] = [
    (10, 0), (13, 0), (10, 0), (10, 0), // structure
    (16, 0), (0, 0), (0, 0), (0, 0), // weights
    (0, 0), (3, 0), (4, 0), (0, 0), // witness
    (4, 8), (0, 4), (0, 0), (8, 4), // fingerprints
    (0, 4), (8, 4), (8, 4), (4, 4) // LogUp
];

/// Columns of each tree, pad's included; the composition's is last.
const TREE_COLUMNS: [u32; 6] = [44, 17, 8, 29, 37, 8];

/// Values sampled in all trees.
pub const SAMPLES: u32 = 170;

pub fn columns(tree: u32, table: u32) -> (u32, u32) {
    *COLUMNS.span()[tree * TABLES + table]
}

pub fn tree_columns(tree: u32) -> u32 {
    *TREE_COLUMNS.span()[tree]
}

/// The tables by ascending log size, ties in component order.
pub fn leaf_order(log_sizes: Span<u32>) -> Array<u32> {
    let mut order = array![];
    for table in 0..TABLES {
        let mut next = array![];
        let mut placed = false;
        for other in order.span() {
            if !placed && *log_sizes[table] < *log_sizes[*other] {
                next.append(table);
                placed = true;
            }
            next.append(*other);
        }
        if !placed {
            next.append(table);
        }
        order = next;
    }
    order
}
