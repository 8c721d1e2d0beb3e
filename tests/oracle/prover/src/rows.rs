//! The traces of the test AIRs, a formula a column, and their LogUp columns.

use circlet_oracle::fixture::{Fixture, TestLookup};
use num_traits::{One, Zero};
use stwo::core::fields::m31::M31;
use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo::core::fields::FieldExpOps;
use stwo::core::poly::circle::CanonicCoset;
use stwo::core::utils::bit_reverse_coset_to_circle_domain_order;
use stwo::prover::backend::simd::column::BaseColumn;
use stwo::prover::backend::simd::SimdBackend;
use stwo::prover::poly::circle::CircleEvaluation;
use stwo::prover::poly::BitReversedOrder;
use stwo_constraint_framework::Relation;

pub type Evaluation = CircleEvaluation<SimdBackend, M31, BitReversedOrder>;
type Rows = Vec<M31>;

/// A column whose values are in storage order.
pub fn evaluation(values: Vec<M31>) -> Evaluation {
    let domain = CanonicCoset::new(values.len().ilog2()).circle_domain();
    CircleEvaluation::new(domain, BaseColumn::from_cpu(&values))
}

fn from_rows(mut rows: Rows) -> Evaluation {
    bit_reverse_coset_to_circle_domain_order(&mut rows);
    evaluation(rows)
}

fn preprocessed_rows(id: &str, log_size: u32) -> Rows {
    let value = |row: u64| match id.split('_').next() {
        Some("isf") => u64::from(row == 0),
        Some("pp") => 3 * row + 7,
        _ => row * row + 11,
    };
    (0..1 << log_size).map(|row| M31::reduce(value(row))).collect()
}

fn main_rows(kind: u32, log_size: u32, columns: u32) -> Vec<Rows> {
    let n = 1_usize << log_size;
    let p = preprocessed_rows("pp", log_size);
    let linear = |a: u64, b: u64| -> Rows { (0..n as u64).map(|row| M31::reduce(a * row + b)).collect() };
    match kind {
        0 => {
            let mut trace = vec![vec![M31::one(); n], linear(5, 1)];
            for column in 2..columns as usize {
                let next = (0..n).map(|row| trace[column - 2][row].square() + trace[column - 1][row].square());
                let next = next.collect();
                trace.push(next);
            }
            trace
        }
        1 => {
            let mut a = vec![M31(5)];
            for &p in &p[1..] {
                a.push(a[a.len() - 1].square() + p);
            }
            let b = (0..n).map(|row| a[row] * a[(row + n - 1) % n] + p[row]).collect();
            vec![a, b]
        }
        2 => {
            let v = linear(17, 1000);
            let w = v.iter().map(M31::square).collect();
            vec![v, w, (0..n as u32).map(|row| M31(row % 5)).collect()]
        }
        _ => {
            let v = linear(31, 77);
            let multiplicity = v.iter().zip(&p).map(|(&v, &p)| v * p).collect();
            vec![v, multiplicity]
        }
    }
}

pub fn preprocessed_columns(fixture: &Fixture) -> Vec<Evaluation> {
    fixture.pp.iter().map(|(id, log_size)| from_rows(preprocessed_rows(id, *log_size))).collect()
}

pub fn main_columns(fixture: &Fixture) -> Vec<Evaluation> {
    fixture
        .comps
        .iter()
        .flat_map(|&(kind, log_size, columns)| main_rows(kind, log_size, columns))
        .map(from_rows)
        .collect()
}

/// The LogUp columns of all components and their claimed sums: the last column is a running sum from which each row takes
/// an equal share of the claimed sum.
pub fn interaction_columns(fixture: &Fixture, lookup: &TestLookup) -> (Vec<Evaluation>, Vec<SecureField>) {
    let mut columns = Vec::new();
    let mut claimed = Vec::new();
    for &(kind, log_size, width) in &fixture.comps {
        if kind < 2 {
            claimed.push(SecureField::zero());
            continue;
        }
        let main = main_rows(kind, log_size, width);
        let p = preprocessed_rows("pp", log_size);
        let inverse = |values: &[M31]| -> SecureField {
            let denominator: SecureField = lookup.combine(values);
            denominator.inverse()
        };
        let (first, total): (Vec<SecureField>, Vec<SecureField>) = (0..1 << log_size)
            .map(|row: usize| {
                let v = main[0][row];
                let (first, second) = if kind == 2 {
                    let (w, multiplicity) = (main[1][row], main[2][row]);
                    (inverse(&[v, w]) + inverse(&[w, v]), -(inverse(&[v]) * multiplicity))
                } else {
                    (inverse(&[v]) * main[1][row], -inverse(&[p[row], v]))
                };
                (first, first + second)
            })
            .unzip();
        let sum = total.iter().fold(SecureField::zero(), |sum, &value| sum + value);
        let shift = sum * M31(1 << log_size).inverse();
        let mut running = SecureField::zero();
        let running: Vec<SecureField> = total
            .iter()
            .map(|&value| {
                running += value - shift;
                running
            })
            .collect();
        for column in [first, running] {
            for coordinate in 0..SECURE_EXTENSION_DEGREE {
                columns.push(from_rows(column.iter().map(|value| value.to_m31_array()[coordinate]).collect()));
            }
        }
        claimed.push(sum);
    }
    (columns, claimed)
}
