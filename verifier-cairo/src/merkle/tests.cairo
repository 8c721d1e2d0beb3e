use crate::blake2s::{Hash, hash_pair};
use crate::tape::HashTapeTrait;
use super::{Step, plan, root_of, same};

fn hash(i: u32) -> Hash {
    BoxTrait::new([i, 0, 0, 0, 0, 0, 0, 0])
}

#[test]
fn a_plan_pairs_neighbours() {
    let levels = plan(array![0, 1, 3, 6].span(), 3);
    assert!(*levels[0] == array![Step::Pair, Step::WitnessLeft, Step::WitnessRight].span());
    assert!(*levels[1] == array![Step::Pair, Step::WitnessLeft].span());
    assert!(*levels[2] == array![Step::Pair].span());
}

#[test]
fn positions_1_and_2_are_no_pair() {
    let levels = plan(array![1, 2].span(), 2);
    assert!(*levels[0] == array![Step::WitnessLeft, Step::WitnessRight].span());
    assert!(*levels[1] == array![Step::Pair].span());
}

#[test]
fn the_root_over_some_leaves() {
    let pair = |i: u32, j: u32| -> Hash {
        hash_pair(hash(i), hash(j))
    };
    let left = hash_pair(pair(10, 11), pair(12, 13));
    let right = hash_pair(pair(14, 15), pair(16, 17));
    // Leaves 0, 1, 3, 6 are opened: the tape gives leaf 2, leaf 7 and the node over leaves 4 and 5.
    let [a, b, c, d, e, f, g, h] = pair(14, 15).unbox();
    let word = |w: u32| -> felt252 {
        w.into()
    };
    let mut felt = 0;
    for w in array![h % 0x1000000, g, f, e, d, c, b, a] {
        felt = felt * 0x100000000 + word(w);
    }
    let top: felt252 = (h / 0x1000000).into();
    let mut tape = HashTapeTrait::new(array![top * 0x10000, 12, 17, felt].span());
    let levels = plan(array![0, 1, 3, 6].span(), 3);
    let nodes = array![hash(10), hash(11), hash(13), hash(16)];
    assert!(same(root_of(nodes.span(), levels, ref tape), hash_pair(left, right)));
    tape.finish();
    // A tree over cosets of two leaves has the levels from 1 on.
    let [i, j, k] = [pair(10, 11), pair(12, 13), pair(16, 17)];
    let mut tape = HashTapeTrait::new(array![top, felt].span());
    assert!(same(root_of(array![i, j, k].span(), levels.slice(1, 2), ref tape), hash_pair(left, right)));
    tape.finish();
}

#[test]
fn equality_looks_at_every_word() {
    let mut i = 0_u32;
    while i != 8 {
        let mut words = array![];
        for j in 0..8_u32 {
            words.append(if j == i {
                1
            } else {
                0
            });
        }
        let mut span = words.span();
        assert!(!same(*span.multi_pop_front::<8>().unwrap(), hash(0)));
        i += 1;
    }
    assert!(same(hash(3), hash(3)));
}
