//! Proves Circlet's own tables on the crate: the same columns, the same transcript, the crate's `prove`. The framework's SIMD evaluator
//! takes four trees only, so the loop over the domain is written here, on the crate's packed types.

use std::fs;
use std::path::Path;
use std::time::Instant;

use circlet_oracle::evaluator::MOST_TREES;
use circlet_oracle::job::{key_words, Failure, Job, Source};
use circlet_oracle::key::Key;
use circlet_oracle::pin::PinnedTable;
use circlet_oracle::proof::Proof;
use circlet_oracle::statement::{hash_words, Challenges, Statement};
use circlet_oracle::tables::{components, pins, trace_trees, Table};
#[cfg(feature = "parallel")]
use rayon::prelude::*;
use serde_json::{json, Value};
use stwo::core::air::accumulation::PointEvaluationAccumulator;
use stwo::core::air::Component;
use stwo::core::channel::{Blake2sChannel, Channel};
use stwo::core::circle::CirclePoint;
use stwo::core::constraints::coset_vanishing;
use stwo::core::fields::m31::{BaseField, M31};
use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo::core::pcs::TreeVec;
use stwo::core::poly::circle::CanonicCoset;
use stwo::core::utils::{bit_reverse, offset_bit_reversed_circle_domain_index};
use stwo::core::ColumnVec;
use stwo::prover::backend::simd::column::VeryPackedSecureColumnByCoords;
use stwo::prover::backend::simd::m31::LOG_N_LANES;
use stwo::prover::backend::simd::very_packed_m31::{
    VeryPackedBaseField, VeryPackedSecureField, LOG_N_VERY_PACKED_ELEMS,
};
use stwo::prover::backend::simd::SimdBackend;
use stwo::prover::poly::circle::PolyOps;
use stwo::prover::{prove, ComponentProver, DomainEvaluationAccumulator, EvaluationMode, Trace};
use stwo_constraint_framework::preprocessed_columns::PreProcessedColumnId;
use stwo_constraint_framework::EvalAtRow;

use crate::plain::{twiddles, Scheme};
use crate::rows::{evaluation, Evaluation};

const LOG_BLOCK: u32 = LOG_N_LANES + LOG_N_VERY_PACKED_ELEMS;
const BLOCK: usize = 1 << LOG_BLOCK;

/// A block of consecutive slots of the evaluation domain.
struct DomainEvaluator<'a> {
    trees: &'a [Vec<&'a [M31]>],
    next_column: [usize; MOST_TREES],
    first: usize,
    /// The slot one trace row before each slot of the block.
    previous: &'a [usize; BLOCK],
    coefficients: &'a [SecureField],
    constraint: usize,
    sum: VeryPackedSecureField,
}

impl DomainEvaluator<'_> {
    fn next(&mut self, tree: usize) -> &'_ [M31] {
        let column = self.trees[tree][self.next_column[tree]];
        self.next_column[tree] += 1;
        column
    }
}

impl EvalAtRow for DomainEvaluator<'_> {
    type F = VeryPackedBaseField;
    type EF = VeryPackedSecureField;

    fn next_interaction_mask<const N: usize>(&mut self, tree: usize, offsets: [isize; N]) -> [Self::F; N] {
        let (first, previous) = (self.first, self.previous);
        let column = self.next(tree);
        offsets.map(|offset| {
            VeryPackedBaseField::from_array(match offset {
                0 => column[first..first + BLOCK].try_into().expect("a block"),
                _ => previous.map(|slot| column[slot]),
            })
        })
    }
    fn get_preprocessed_column(&mut self, _: PreProcessedColumnId) -> Self::F {
        let [current] = self.next_interaction_mask(0, [0]);
        current
    }
    fn add_constraint<G>(&mut self, constraint: G)
    where
        Self::EF: std::ops::Mul<G, Output = Self::EF> + From<G>,
    {
        self.sum += VeryPackedSecureField::broadcast(self.coefficients[self.constraint]) * constraint;
        self.constraint += 1;
    }
    fn combine_ef(values: [Self::F; SECURE_EXTENSION_DEGREE]) -> Self::EF {
        VeryPackedSecureField::from_very_packed_m31s(values)
    }
}

/// A table as the crate's prover wants it.
struct TableProver(PinnedTable);

impl Component for TableProver {
    fn n_constraints(&self) -> usize {
        self.0.n_constraints()
    }
    fn max_constraint_log_degree_bound(&self) -> u32 {
        self.0.max_constraint_log_degree_bound()
    }
    fn trace_log_degree_bounds(&self) -> TreeVec<ColumnVec<u32>> {
        self.0.trace_log_degree_bounds()
    }
    fn mask_points(
        &self,
        point: CirclePoint<SecureField>,
        max_log_degree_bound: u32,
    ) -> TreeVec<ColumnVec<Vec<CirclePoint<SecureField>>>> {
        self.0.mask_points(point, max_log_degree_bound)
    }
    fn preprocessed_column_indices(&self) -> ColumnVec<usize> {
        self.0.preprocessed_column_indices()
    }
    fn evaluate_constraint_quotients_at_point(
        &self,
        point: CirclePoint<SecureField>,
        mask: &TreeVec<ColumnVec<Vec<SecureField>>>,
        evaluation_accumulator: &mut PointEvaluationAccumulator,
        max_log_degree_bound: u32,
    ) {
        self.0.evaluate_constraint_quotients_at_point(point, mask, evaluation_accumulator, max_log_degree_bound);
    }
}

impl ComponentProver<SimdBackend> for TableProver {
    fn evaluate_constraint_quotients_on_domain(
        &self,
        trace: &Trace<'_, SimdBackend>,
        evaluation_accumulator: &mut DomainEvaluationAccumulator<SimdBackend>,
    ) {
        let mut table: Table = (*self.0.table).clone();
        table.constants.instance = None;
        let log_size = table.log_size;
        let eval_log_size = log_size + 1;

        // The committed evaluations cover the domain if all tables have the same expansion; otherwise coefficients are needed.
        let mut columns = trace.polys.sub_tree(self.0.table.trace_locations());
        columns[0] = self.0.preprocessed_column_indices().iter().map(|&index| &trace.polys[0][index]).collect();
        let mode = evaluation_accumulator.evaluation_mode();
        let (eval_domain, extended) = match mode {
            EvaluationMode::SubDomain { log_expansion } => {
                let committed = CanonicCoset::new(eval_log_size + log_expansion).circle_domain();
                (committed.split(log_expansion).0, None)
            }
            EvaluationMode::ExtendToEvalDomain => {
                let domain = CanonicCoset::new(eval_log_size).circle_domain();
                let twiddles = SimdBackend::precompute_twiddles(domain.half_coset);
                let extended: Vec<Vec<Evaluation>> = columns
                    .iter()
                    .map(|tree| tree.iter().map(|poly| poly.get_evaluation_on_domain(domain, &twiddles)).collect())
                    .collect();
                (domain, Some(extended))
            }
        };
        let trees: Vec<Vec<&[M31]>> = match &extended {
            None => columns.iter().map(|tree| tree.iter().map(|poly| poly.evals.values.as_slice()).collect()).collect(),
            Some(extended) => {
                extended.iter().map(|tree| tree.iter().map(|column| column.values.as_slice()).collect()).collect()
            }
        };

        let trace_coset = CanonicCoset::new(log_size).coset();
        let mut inverses: Vec<BaseField> =
            (0..2).map(|i| coset_vanishing(trace_coset, eval_domain.at(i)).inverse()).collect();
        bit_reverse(&mut inverses);

        let [mut accumulator] = evaluation_accumulator.columns([(eval_log_size, self.n_constraints())]);
        accumulator.random_coeff_powers.reverse();
        let coefficients = &accumulator.random_coeff_powers;
        // Safety: the view is as long as the column, two packed elements to one.
        let column = unsafe { VeryPackedSecureColumnByCoords::transform_under_mut(accumulator.col) };
        let blocks = 0..1_usize << (eval_log_size - LOG_BLOCK);
        #[cfg(feature = "parallel")]
        let blocks = blocks.into_par_iter().zip(column.chunks_mut(1));
        #[cfg(not(feature = "parallel"))]
        let blocks = blocks.zip(column.chunks_mut(1));

        blocks.for_each(|(block, mut out)| {
            let first = block << LOG_BLOCK;
            let previous = std::array::from_fn(|i| {
                offset_bit_reversed_circle_domain_index(first + i, log_size, eval_log_size, -1)
            });
            let mut evaluator = DomainEvaluator {
                trees: &trees,
                next_column: [0; MOST_TREES],
                first,
                previous: &previous,
                coefficients,
                constraint: 0,
                sum: num_traits::Zero::zero(),
            };
            table.evaluate_row(&mut evaluator);
            let inverse = VeryPackedBaseField::from_array(std::array::from_fn(|i| inverses[(first + i) >> log_size]));
            // Safety: every chunk holds one packed element.
            unsafe { out.set_packed(0, out.packed_at(0) + evaluator.sum * inverse) };
        });
    }
}

/// Reads the columns of the trees before the composition (format: README.md).
fn read_columns(path: &Path, n_trees: usize) -> Result<Vec<Vec<Vec<M31>>>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let malformed = || format!("{}: malformed", path.display());
    let (magic, rest) = bytes.split_at_checked(8).ok_or_else(malformed)?;
    if magic != b"CIRCCOLS" || rest.len() % 4 != 0 {
        return Err(malformed());
    }
    let mut words = rest.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")));
    let mut next = || words.next().ok_or_else(malformed);
    let mut trees = Vec::new();
    for _ in 0..next()? {
        let mut columns = Vec::new();
        for _ in 0..next()? {
            let log_size = next()?;
            if log_size > 30 {
                return Err(malformed());
            }
            columns.push((0..1_u32 << log_size).map(|_| next().map(M31)).collect::<Result<Vec<_>, _>>()?);
        }
        trees.push(columns);
    }
    if next().is_ok() || trees.len() != n_trees {
        return Err(malformed());
    }
    Ok(trees)
}

fn read_json(path: &Path) -> Result<Value, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Proves the tables in `folder` and compares the proof with proof.json there. Returns a report.
pub fn prove_tables(folder: &Path, keep_coefficients: bool, repetitions: usize) -> Result<Value, String> {
    let key = Key::from_words(&key_words(&read_json(&folder.join("vk.json"))?)?)?;
    let theirs = read_json(&folder.join("proof.json"))?;
    let job = Job::of_public(Source::Json(Value::Null), Source::Json(Value::Null), &theirs["statement"])?;
    let statement = job.statement().map_err(|(Failure::Usage(why) | Failure::Rejected(why))| why)?;
    statement.check(&key)?;
    let Proof { claimed_sums, mut stark } = Proof::from_json(&theirs)?;
    for pin in pins(&key, &statement)? {
        pin.insert(&mut stark)?;
    }
    let columns = read_columns(&folder.join("columns.bin"), trace_trees(&key))?;
    let mut best: Option<Value> = None;
    for _ in 0..repetitions {
        let (commit_model, prove, proof) = run(&key, &statement, &claimed_sums, &columns, keep_coefficients)?;
        let report = json!({
            "setup_seconds": commit_model,
            "prove_seconds": prove,
            "kept_coefficients": keep_coefficients,
            "pow_bits": key.config.pow_bits,
            "identical": serde_json::to_value(&proof).ok() == serde_json::to_value(&stark).ok(),
            "stark_proof": proof,
        });
        if best.as_ref().is_none_or(|best| prove < best["prove_seconds"].as_f64().expect("a number")) {
            best = Some(report);
        }
    }
    best.ok_or_else(|| "no repetition".into())
}

type Timed = (f64, f64, stwo::core::proof::StarkProof<stwo::core::vcs_lifted::blake2_merkle::Blake2sMerkleHasher>);

/// Seconds for the two trees of the model, seconds for the rest, the proof.
fn run(
    key: &Key,
    statement: &Statement,
    claimed_sums: &[SecureField],
    columns: &[Vec<Vec<M31>>],
    keep_coefficients: bool,
) -> Result<Timed, String> {
    let twiddles = twiddles(key.height(), &key.config);
    let mut columns = columns.iter().map(|tree| tree.iter().cloned().map(evaluation).collect::<Vec<Evaluation>>());
    let mut scheme = Scheme::new(key.config, &twiddles);
    if keep_coefficients {
        scheme.set_store_polynomials_coefficients();
    }
    let channel = &mut Blake2sChannel::default();
    channel.mix_u32s(&hash_words(&key.digest));
    key.config.mix_into(channel);
    let mut seconds = 0.0;
    let mut commit = |scheme: &mut Scheme<'_>, channel: &mut Blake2sChannel| {
        let columns = columns.next().expect("a tree");
        let start = Instant::now();
        let mut tree = scheme.tree_builder();
        tree.extend_evals(columns);
        tree.commit(channel);
        seconds += start.elapsed().as_secs_f64();
        seconds
    };
    commit(&mut scheme, channel);
    let setup = commit(&mut scheme, channel);
    if scheme.roots()[0] != key.structure_root || scheme.roots()[1] != key.weights_root {
        return Err("columns.bin: the trees of the model have other roots than the key".into());
    }
    channel.mix_u32s(&statement.words());
    commit(&mut scheme, channel);
    let first = channel.draw_secure_felts(2);
    commit(&mut scheme, channel);
    let second = channel.draw_secure_felts(2);
    let challenges = Challenges { alpha: first[0], t: first[1], z: second[0], lambda: second[1] };
    channel.mix_felts(claimed_sums);
    let mut committed = commit(&mut scheme, channel);
    for _ in statement.commitments() {
        committed = commit(&mut scheme, channel);
    }

    let pins = pins(key, statement)?;
    let tables: Vec<TableProver> =
        components(key, &pins, &challenges, claimed_sums).into_iter().map(TableProver).collect();
    let tables: Vec<&dyn ComponentProver<SimdBackend>> = tables.iter().map(|table| table as _).collect();
    let start = Instant::now();
    let proof = prove(&tables, channel, scheme).map_err(|error| error.to_string())?;
    Ok((setup, committed - setup + start.elapsed().as_secs_f64(), proof))
}
