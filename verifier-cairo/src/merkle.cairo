//! Merkle multiproofs: the root over the leaves at some positions, the other nodes taken from the hash tape
//! bottom-up, in ascending position.
use crate::blake2s::{Hash, hash_pair};
use crate::tape::{HashTape, HashTapeTrait};

#[derive(Copy, Drop)]
pub struct Node {
    pub position: u32,
    pub hash: Hash,
}

/// The root of a tree of `height` from nodes at its bottom, by ascending position, at least one.
pub fn root_of(nodes: Span<Node>, height: u32, ref witness: HashTape) -> Hash {
    if height == 0 {
        return *nodes[0].hash;
    }
    root_of(parents(nodes, ref witness).span(), height - 1, ref witness)
}

fn parents(mut nodes: Span<Node>, ref witness: HashTape) -> Array<Node> {
    let mut result = array![];
    while let Some(node) = nodes.pop_front() {
        let (position, side) = DivRem::div_rem(*node.position, 2);
        let hash = if side == 1 {
            hash_pair(witness.next(), *node.hash)
        } else {
            let right = match nodes.get(0) {
                Some(next) => {
                    let next = next.unbox();
                    if *next.position == *node.position + 1 {
                        let _ = nodes.pop_front();
                        *next.hash
                    } else {
                        witness.next()
                    }
                },
                None => witness.next(),
            };
            hash_pair(*node.hash, right)
        };
        result.append(Node { position, hash });
    }
    result
}

pub fn same(a: Hash, b: Hash) -> bool {
    a.unbox() == b.unbox()
}
