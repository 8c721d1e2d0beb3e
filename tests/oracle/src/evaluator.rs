//! What the generated evaluators (src/generated) are written in: the columns of a table on the stwo crate's `EvalAtRow`.
//!
//! A generated file holds one function
//!     pub fn evaluate<E: EvalAtRow>(eval: &mut E, lanes: usize, constants: &TableConstants)
//! that first asks for the table's columns in commitment order and then adds its constraints in composition order, and the
//! constants `NAME: &str` and `STRUCTURE: &[&str]`, the names of its structure columns.

use std::ops::Add;

use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo_constraint_framework::preprocessed_columns::PreProcessedColumnId;
pub use stwo_constraint_framework::EvalAtRow;

pub const STRUCTURE_TREE: usize = 0;
pub const WEIGHTS_TREE: usize = 1;
pub const WITNESS_TREE: usize = 2;
pub const FINGERPRINTS_TREE: usize = 3;
pub const LOGUP_TREE: usize = 4;
/// Before the composition, without those of committed values.
pub const TRACE_TREES: usize = 5;
/// With those of committed values, at most: a key has sixteen instances, one of them the blinder.
pub const MOST_TREES: usize = TRACE_TREES + 15;

/// The constants of one table, as in src/air/dsl/challenges.hpp.
#[derive(Clone, Debug)]
pub struct TableConstants {
    /// The instance's place in the key, or None if the evaluator finds structure columns by position.
    pub instance: Option<usize>,
    /// The table's own tree, if it is one of committed values.
    pub data_tree: usize,
    pub t: SecureField,
    /// t^lanes
    pub t_to_the_lanes: SecureField,
    /// z - 1
    pub z_minus_wire: SecureField,
    /// z - 2
    pub z_minus_look_up: SecureField,
    pub minus_lambda: SecureField,
    pub minus_lambda_2: SecureField,
    pub minus_lambda_3: SecureField,
    pub claimed_sum: SecureField,
    /// alpha^(lanes - 1 - i)
    pub alpha_powers: Vec<SecureField>,
    /// t^(lanes - 1 - i)
    pub t_powers: Vec<SecureField>,
    /// (alpha^step)^(lanes - 1 - i)
    pub step_powers: Vec<SecureField>,
}

/// The id of a structure column in the framework. Naming allocates, which the prover's inner loop cannot afford.
pub fn structure_id(instance: Option<usize>, column: &str) -> PreProcessedColumnId {
    PreProcessedColumnId { id: instance.map_or_else(String::new, |instance| format!("{instance}.{column}")) }
}

pub fn structure<E: EvalAtRow>(eval: &mut E, constants: &TableConstants, column: &str) -> E::F {
    eval.get_preprocessed_column(structure_id(constants.instance, column))
}

pub fn base<E: EvalAtRow>(eval: &mut E, tree: usize) -> E::F {
    let [current] = eval.next_interaction_mask(tree, [0]);
    current
}

/// [previous, current]
pub fn base_with_previous<E: EvalAtRow>(eval: &mut E, tree: usize) -> [E::F; 2] {
    eval.next_interaction_mask(tree, [-1, 0])
}

/// A column that is committed and never sampled.
pub fn unsampled<E: EvalAtRow>(eval: &mut E, tree: usize) {
    eval.next_interaction_mask(tree, []);
}

pub fn base_range<E: EvalAtRow>(eval: &mut E, tree: usize, n: usize) -> Vec<E::F> {
    (0..n).map(|_| base(eval, tree)).collect()
}

/// The element of F with these coordinates, four columns.
pub fn secure<E: EvalAtRow>(eval: &mut E, tree: usize) -> E::EF {
    let [current] = eval.next_extension_interaction_mask(tree, [0]);
    current
}

pub fn secure_range<E: EvalAtRow>(eval: &mut E, tree: usize, n: usize) -> Vec<E::EF> {
    (0..n).map(|_| secure(eval, tree)).collect()
}

/// [previous, current]
pub fn secure_with_previous<E: EvalAtRow>(eval: &mut E, tree: usize) -> [E::EF; 2] {
    eval.next_extension_interaction_mask(tree, [-1, 0])
}

pub fn from_coordinates<E: EvalAtRow>(coordinates: [E::F; SECURE_EXTENSION_DEGREE]) -> E::EF {
    E::combine_ef(coordinates)
}

/// sum_i powers[i] f(i), with powers[i] = c^(n-1-i)
pub fn horner<E: EvalAtRow>(powers: &[SecureField], f: impl Fn(usize) -> E::F) -> E::EF {
    sum(powers.len(), |i| f(i) * powers[i])
}

/// f(0) + ... + f(n-1), n at least 1
pub fn sum<T: Add<Output = T>>(n: usize, f: impl Fn(usize) -> T) -> T {
    (1..n).fold(f(0), |total, i| total + f(i))
}
