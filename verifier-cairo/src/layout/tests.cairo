use super::{
    COMPOSITION_COLUMNS, DATA_VALUES, TABLES, TREES, WEIGHTS, claims, columns, components, leaf_order, quotients, samples, tree_columns,
};

#[test]
fn ties_keep_the_order_of_the_components() {
    assert!(leaf_order(array![7, 5, 7, 5].span(), 0) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(array![26, 4, 26, 4].span(), 0) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(array![4, 4, 4, 4].span(), 0) == array![0, 1, 2, 3, 4]);
}

#[test]
fn committed_values_and_the_blinder_are_last() {
    assert!(leaf_order(array![7, 6, 5, 4].span(), 0) == array![3, 2, 1, 0, 4]);
    assert!(leaf_order(array![7, 6, 5, 4].span(), 1) == array![3, 2, 1, 0, 4, 5]);
    assert!(leaf_order(array![5, 8, 7, 8].span(), 2) == array![0, 2, 1, 3, 4, 5, 6]);
}

#[test]
fn counts_add_up() {
    let salts = array![0, 5, 5, 5, 5].span();
    for committed in 0..3_u32 {
        let mut sampled = COMPOSITION_COLUMNS;
        let mut quotient_count = COMPOSITION_COLUMNS + crate::pin::POINTS * WEIGHTS;
        let mut widths = tree_columns(committed);
        assert!(widths.len() == TREES + committed + 1);
        for tree in 0..TREES {
            let mut count = *salts[tree];
            for component in 0..components(committed) {
                let (once, twice) = columns(tree, component, committed);
                count += once + twice;
                sampled += once + 2 * twice;
                quotient_count += once + 3 * twice;
            }
            assert!(count == *widths.pop_front().unwrap());
        }
        for _ in 0..committed {
            assert!(*widths.pop_front().unwrap() == DATA_VALUES + 5);
            sampled += DATA_VALUES;
            quotient_count += DATA_VALUES;
        }
        assert!(*widths.pop_front().unwrap() == COMPOSITION_COLUMNS);
        assert!(sampled == samples(committed));
        assert!(quotient_count == quotients(committed));
        assert!(components(committed) == claims(committed) + 1);
    }
}

#[test]
fn tables_have_their_columns_whatever_is_committed() {
    for tree in 0..TREES {
        for table in 0..TABLES {
            assert!(columns(tree, table, 0) == columns(tree, table, 2));
        }
        assert!(columns(tree, 4, 2) == columns(tree, 5, 2));
        assert!(columns(tree, 4, 0) == columns(tree, 6, 2));
    }
}
