//! Random changes of proofs in JSON that keep more of a proof's form than changes of single places do: parallel lists change
//! together, and values come from other places of their class or from another proof of the same key.

use serde_json::{json, Value};

use crate::changes::{at, collect, variants, Path};

const P: u64 = (1 << 31) - 1;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The lists of a STARK proof that have an item a tree.
const BY_TREE: [&str; 4] = ["commitments", "sampled_values", "decommitments", "queried_values"];

#[derive(Clone, Copy)]
enum Edit {
    Remove,
    Repeat,
    Swap,
    Rotate,
    Move,
}

/// Two places of a list that is to be edited, as fractions of its length: the same for parallel lists.
#[derive(Clone, Copy)]
struct ListEdit {
    edit: Edit,
    from: u64,
    to: u64,
}

impl ListEdit {
    fn random(random: &mut Random) -> Self {
        let edit = *random.pick(&[Edit::Remove, Edit::Repeat, Edit::Swap, Edit::Rotate, Edit::Move]);
        Self { edit, from: random.next(), to: random.next() }
    }
    fn apply(self, list: &mut Value) {
        let Some(list) = list.as_array_mut().filter(|list| !list.is_empty()) else { return };
        let place = |number: u64| (number % list.len() as u64) as usize;
        let (from, to) = (place(self.from), place(self.to));
        match self.edit {
            Edit::Remove => drop(list.remove(from)),
            Edit::Repeat => list.insert(to, list[from].clone()),
            Edit::Swap => list.swap(from, to),
            Edit::Rotate => list.rotate_left(from),
            Edit::Move => {
                let item = list.remove(from);
                list.insert(to, item);
            }
        }
    }
}

pub struct Mutator<'a> {
    honest: &'a Value,
    /// Another proof of the same key.
    other: &'a Value,
    classes: Vec<(String, Vec<Path>)>,
    pub random: Random,
}

impl<'a> Mutator<'a> {
    pub fn new(honest: &'a Value, other: &'a Value, seed: u64) -> Self {
        Self { honest, other, classes: collect(honest).into_iter().collect(), random: Random(seed) }
    }

    /// A changed proof, and what was done to it.
    pub fn next(&mut self) -> (String, Value) {
        let mut proof = self.honest.clone();
        let mut done = Vec::new();
        let least = 1 + self.random.below(4) / 2;
        while done.len() < least || proof == *self.honest {
            done.push(match self.random.below(4) {
                0 => self.change_lists_together(&mut proof),
                1 => self.splice(&mut proof),
                _ => self.change_one_place(&mut proof),
            });
        }
        (done.join(", "), proof)
    }

    /// Copies a value from the same class of places here or in the other proof.
    fn splice(&mut self, proof: &mut Value) -> String {
        let (class, paths) = self.random.pick(&self.classes);
        let (class, from, to) = (class.clone(), self.random.pick(paths).clone(), self.random.pick(paths).clone());
        let other = self.random.below(2) == 0;
        let to = if other && self.random.below(2) == 0 { from.clone() } else { to };
        let source = if other { self.other } else { self.honest };
        if let (Some(value), Some(place)) = (at(&mut source.clone(), &from).cloned(), at(proof, &to)) {
            *place = value;
        }
        format!("splice {class}{}", if other { " of the other proof" } else { "" })
    }

    fn change_one_place(&mut self, proof: &mut Value) -> String {
        let (class, paths) = self.random.pick(&self.classes);
        let (class, path) = (class.clone(), self.random.pick(paths).clone());
        let edit = ListEdit::random(&mut self.random);
        if let Some(place) = at(proof, &path) {
            match place {
                Value::Array(_) if self.random.below(4) != 0 => edit.apply(place),
                Value::Number(number) if self.random.below(2) == 0 => {
                    let number = number.as_u64().unwrap_or_default();
                    let flipped = number ^ 1 << self.random.below(40);
                    let numbers = [flipped, edit.from % P, P - number % P, number.wrapping_add(P)];
                    *place = json!(*self.random.pick(&numbers));
                }
                _ => *place = self.random.pick(&variants(place)).clone(),
            }
        }
        format!("change {class}")
    }

    fn change_lists_together(&mut self, proof: &mut Value) -> String {
        let edit = ListEdit::random(&mut self.random);
        let number = self.random.next() % P;
        let trees = self.honest["stark_proof"]["commitments"].as_array().map_or(1, Vec::len);
        let tables = self.honest["claimed_sums"].as_array().map_or(1, Vec::len);
        let tree = self.random.below(trees);
        let tensors = self.honest["statement"]["tensors"].as_array().map_or(0, Vec::len);
        let choice = self.random.below(10);
        let mut edit_at = |pointer: String| {
            if let Some(list) = proof.pointer_mut(&pointer) {
                edit.apply(list);
            }
        };
        let what = match choice {
            0 => {
                BY_TREE.iter().for_each(|list| edit_at(format!("/stark_proof/{list}")));
                "trees"
            }
            1 => {
                ["sampled", "queried"].iter().for_each(|list| edit_at(format!("/stark_proof/{list}_values/{tree}")));
                "columns"
            }
            2 => {
                let trees = proof.pointer_mut("/stark_proof/queried_values").and_then(Value::as_array_mut);
                let columns = trees.into_iter().flatten().filter_map(Value::as_array_mut).flatten();
                columns.for_each(|column| edit.apply(column));
                "queries"
            }
            3 => {
                edit_at("/stark_proof/fri_proof/inner_layers".into());
                "FRI layers"
            }
            4 => {
                for tensor in 0..tensors {
                    edit_at(format!("/statement/tensors/{tensor}/values"));
                }
                "public values"
            }
            5 => {
                if let Some(last) = proof.pointer_mut("/stark_proof/fri_proof/last_layer_poly") {
                    pad_last_layer(last);
                }
                "zeros in the last layer"
            }
            6 => {
                if let Some(nonce) = proof.pointer_mut("/stark_proof/proof_of_work") {
                    *nonce = json!(number % 1000);
                }
                "small nonce"
            }
            7 => {
                // The roots of committed values are the commitments after the five of every proof.
                let mut tree = 5;
                for tensor in 0..tensors {
                    let theirs = &self.other["statement"]["tensors"][tensor];
                    if theirs.get("root").is_none() {
                        continue;
                    }
                    if let Some(place) = proof.pointer_mut(&format!("/statement/tensors/{tensor}")) {
                        *place = theirs.clone();
                    }
                    if let Some(place) = proof.pointer_mut(&format!("/stark_proof/commitments/{tree}")) {
                        *place = self.other["stark_proof"]["commitments"][tree].clone();
                    }
                    tree += 1;
                }
                "the committed values of the other proof"
            }
            8 => {
                edit_at("/statement/tensors".into());
                "tensors"
            }
            _ => {
                for (table, difference) in [(tree % tables, number), ((tree + 1) % tables, P - number)] {
                    if let Some(coordinate) = proof.pointer_mut(&format!("/claimed_sums/{table}/0/0")) {
                        *coordinate = json!((coordinate.as_u64().unwrap_or_default() % P + difference) % P);
                    }
                }
                "claimed sums of the same total"
            }
        };
        what.into()
    }
}

/// Twice as many coefficients of the same polynomial.
fn pad_last_layer(last: &mut Value) {
    let (Some(log_size), Some(coefficients)) = (last["log_size"].as_u64(), last["coeffs"].as_array()) else { return };
    let zeros = coefficients.iter().map(|_| json!([[0, 0], [0, 0]]));
    let coefficients: Value = coefficients.iter().cloned().chain(zeros).collect();
    *last = json!({ "coeffs": coefficients, "log_size": log_size.wrapping_add(1) });
}
