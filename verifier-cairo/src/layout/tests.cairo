use crate::generated::layout::{ACTIVATE, BLINDER, COLUMNS, DATA, LINEAR, LUT, MAC, OWN_TREE, TREES};
use super::{Columns, Instance, columns, committed, leaf_order, quotients, samples, tables, tree_columns};

/// The four tables with these log sizes, so many instances of committed values and the blinder.
pub fn four_tables(log_sizes: Array<u32>, committed: u32) -> Span<Instance> {
    let mut instances = array![];
    let mut kind = LINEAR;
    for log_size in log_sizes {
        instances.append(Instance { kind, log_size });
        kind += 1;
    }
    for _ in 0..committed {
        instances.append(Instance { kind: DATA, log_size: 26 });
    }
    instances.append(Instance { kind: BLINDER, log_size: 26 });
    instances.span()
}

#[test]
fn ties_keep_the_order_of_the_instances() {
    assert!(leaf_order(four_tables(array![7, 5, 7, 5], 0)) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(four_tables(array![26, 4, 26, 4], 0)) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(four_tables(array![4, 4, 4, 4], 0)) == array![0, 1, 2, 3, 4]);
}

#[test]
fn committed_values_and_the_blinder_are_last() {
    assert!(leaf_order(four_tables(array![7, 6, 5, 4], 0)) == array![3, 2, 1, 0, 4]);
    assert!(leaf_order(four_tables(array![7, 6, 5, 4], 1)) == array![3, 2, 1, 0, 4, 5]);
    assert!(leaf_order(four_tables(array![5, 8, 7, 8], 2)) == array![0, 2, 1, 3, 4, 5, 6]);
    assert!(leaf_order(four_tables(array![9, 8], 3)) == array![1, 0, 2, 3, 4, 5]);
}

/// Columns and samples of the tables that `setup` makes, counted by hand (docs/calldata.md).
#[test]
fn today_s_keys_have_these_columns() {
    for (data, columns) in array![
        (0_u32, array![44, 21, 20, 33, 41, 8]), (1, array![51, 21, 20, 37, 45, 21, 8]),
        (2, array![58, 21, 20, 41, 49, 21, 21, 8]),
    ] {
        let instances = four_tables(array![7, 6, 8, 4], data);
        assert!(tree_columns(instances) == columns.span());
        assert!(samples(instances) == 183 + 39 * data);
        assert!(quotients(instances) == 251 + 79 * data);
        assert!(tables(instances) == 4 && committed(instances) == data);
    }
}

#[test]
fn an_absent_table_has_no_columns() {
    let instances = array![Instance { kind: ACTIVATE, log_size: 4 }, Instance { kind: BLINDER, log_size: 4 }].span();
    assert!(tree_columns(instances) == array![14, 5, 16, 9, 17, 8].span());
    // 16 columns of activate are sampled once, and 8 twice; of the blinder five and four.
    assert!(samples(instances) == 13 + 3 + 8 + 2 * 8 + 1 + 4 + 2 * 4 + 8);
    assert!(quotients(instances) == 13 + 3 + 8 + 3 * 8 + 1 + 4 + 3 * 4 + 8);
}

#[test]
fn a_kind_has_its_row_of_columns() {
    let of_kinds = array![(LINEAR, 10), (ACTIVATE, 13), (LUT, 10), (MAC, 10), (DATA, 7), (BLINDER, 1)];
    assert!(COLUMNS.span().len() == of_kinds.len() * (TREES + 1));
    for (kind, of_structure) in of_kinds {
        assert!(columns(kind, 0) == Columns { once: of_structure, twice: 0, salts: 0 });
        assert!((columns(kind, OWN_TREE).once != 0) == (kind == DATA));
    }
}
