//! Which columns a proof has. Components in order: the tables linear, activate, lut and mac; the tables of committed values,
//! those of the input before those of the output, if the key commits to them; then the blinder. Trees in order: structure, weights,
//! witness, fingerprints, LogUp; one for each table of committed values; the composition. The tables of committed values are
//! alike, so what a proof has follows from their number, `committed`.
//! A component's columns in a tree are first those sampled at z alone, then those sampled at z - G too, then salts, which are
//! never sampled: those of the blinder, and of committed values in their own tree.
//! In a Merkle leaf the columns stand by ascending log size, ties in component order. Committed values are as tall as the
//! blinder, and no table is taller, so their columns and the blinder's are a leaf's last.

/// The tables that every proof has. They take part in the bus, as committed values do, and have a claimed sum each.
pub const TABLES: u32 = 4;
/// The trees that every proof has before the composition.
pub const TREES: u32 = 5;
/// The tree of the weights, which has columns of the first table alone, and how many these are.
pub const WEIGHTS_TREE: u32 = 1;
pub const WEIGHTS: u32 = 16;
/// Committed values of a row.
pub const DATA_VALUES: u32 = 16;
/// Columns of the composition tree.
pub const COMPOSITION_COLUMNS: u32 = 8;

const COLUMN_KINDS: u32 = 6;
/// Sampled columns of a component in a tree, (once, twice); row by row the trees, in a row the tables, committed values and the
/// blinder.
const COLUMNS: [(u32, u32); 30] = [
    (10, 0), (13, 0), (10, 0), (10, 0), (7, 0), (1, 0), // structure
    (16, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), // weights
    (0, 0), (3, 0), (4, 0), (0, 0), (0, 0), (4, 4), // witness
    (4, 8), (0, 4), (0, 0), (8, 4), (0, 4), (0, 0), // fingerprints
    (0, 4), (8, 4), (8, 4), (4, 4), (0, 4), (0, 0) // LogUp
];

/// Sampled columns of a component in one of the first trees, and of committed values in their own tree.
pub fn columns(tree: u32, component: u32, committed: u32) -> (u32, u32) {
    let kind = if component < TABLES {
        component
    } else if component < TABLES + committed {
        TABLES
    } else {
        TABLES + 1
    };
    *COLUMNS.span()[tree * COLUMN_KINDS + kind]
}

/// Claimed sums.
pub fn claims(committed: u32) -> u32 {
    TABLES + committed
}

pub fn components(committed: u32) -> u32 {
    TABLES + committed + 1
}

/// Columns of each tree, five salts in each but the first and the last.
pub fn tree_columns(committed: u32) -> Span<u32> {
    let mut columns = array![44 + 7 * committed, 21, 20, 33 + 4 * committed, 41 + 4 * committed];
    for _ in 0..committed {
        columns.append(21);
    }
    columns.append(COMPOSITION_COLUMNS);
    columns.span()
}

/// Values sampled in all trees; pinned ones (pin.cairo) are not among them.
pub fn samples(committed: u32) -> u32 {
    183 + 39 * committed
}

/// DEEP quotients (deep.cairo): one a column sampled at z alone, three a column sampled twice; two more a column of weights, which
/// is pinned at two points.
pub fn quotients(committed: u32) -> u32 {
    251 + 47 * committed
}

/// The components in the order of a leaf, given the log sizes of the tables that every proof has.
pub fn leaf_order(log_sizes: Span<u32>, committed: u32) -> Array<u32> {
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
    for component in TABLES..components(committed) {
        order.append(component);
    }
    order
}

#[cfg(test)]
mod tests;
