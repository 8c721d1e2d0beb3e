use super::{COMPONENTS, COMPOSITION_COLUMNS, SAMPLES, TREES, columns, leaf_order, tree_columns};

#[test]
fn ties_keep_the_order_of_the_components() {
    assert!(leaf_order(array![7, 5, 7, 5, 7].span()) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(array![26, 4, 26, 4, 26].span()) == array![1, 3, 0, 2, 4]);
    assert!(leaf_order(array![4, 4, 4, 4, 4].span()) == array![0, 1, 2, 3, 4]);
}

#[test]
fn the_blinder_is_last() {
    assert!(leaf_order(array![7, 6, 5, 4, 8].span()) == array![3, 2, 1, 0, 4]);
    assert!(leaf_order(array![5, 6, 7, 8, 8].span()) == array![0, 1, 2, 3, 4]);
}

#[test]
fn counts_add_up() {
    let salts = array![0, 5, 5, 5, 5].span();
    let mut samples = COMPOSITION_COLUMNS;
    for tree in 0..TREES {
        let mut count = *salts[tree];
        for component in 0..COMPONENTS {
            let (once, twice) = columns(tree, component);
            count += once + twice;
            samples += once + 2 * twice;
        }
        assert!(count == tree_columns(tree));
    }
    assert!(samples == SAMPLES);
    assert!(tree_columns(TREES) == COMPOSITION_COLUMNS);
}
