//! Verification: the transcript up to the LogUp tree (docs/protocol.md section 5, steps 1 to 5), the sum of the bus, then the crate.

use std::panic::{catch_unwind, AssertUnwindSafe};

use num_traits::Zero;
use stwo::core::air::Component;
use stwo::core::channel::{Channel, MerkleChannel};
use stwo::core::circle::CirclePoint;
use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo::core::pcs::{CommitmentSchemeVerifier, PcsConfig};
use stwo::core::queries::{draw_queries, Queries};

use crate::channel::{RecordingChannel, RecordingMerkleChannel};
use crate::evaluator::TRACE_TREES;
use crate::key::Key;
use crate::proof::{check_shape, Proof, SampleCounts, Stark};
use crate::statement::{hash_words, Challenges, Statement};
use crate::tables::{claiming_tables, column_log_sizes, components, pins};
use crate::{require, Rejection};

/// Samples of every column, the composition's eight included.
pub fn sample_counts(components: &[&dyn Component], column_log_sizes: &[Vec<u32>], height: u32) -> SampleCounts {
    let mut counts: SampleCounts = column_log_sizes.iter().map(|_| Vec::new()).collect();
    counts[0] = vec![0; column_log_sizes[0].len()];
    for component in components {
        for index in component.preprocessed_column_indices() {
            counts[0][index] = 1;
        }
        let points = component.mask_points(CirclePoint::zero(), height);
        for (tree, columns) in points.0.into_iter().enumerate().skip(1) {
            counts[tree].extend(columns.iter().map(Vec::len));
        }
    }
    counts.push(vec![1; 2 * SECURE_EXTENSION_DEGREE]);
    counts
}

/// Accepts if the statement holds for the model of `key`. `channel` is a fresh channel; its record is complete up to the step that
/// failed.
pub fn verify(key: &Key, statement: &Statement, proof: Proof, channel: &mut RecordingChannel) -> Result<(), Rejection> {
    statement.check(key)?;
    let Proof { claimed_sums, mut stark } = proof;
    let column_log_sizes = column_log_sizes(key);
    let (found, expected) = (claimed_sums.len(), claiming_tables(key));
    require(found == expected, || format!("claimed_sums: {found} instead of {expected}"))?;
    let (found, expected) = (stark.commitments.len(), column_log_sizes.len() + 1);
    require(found == expected, || format!("commitments: {found} trees instead of {expected}"))?;
    require(stark.commitments[0] == key.structure_root, || "the structure root is not the key's".into())?;
    require(stark.commitments[1] == key.weights_root, || "the weights root is not the key's".into())?;
    let data_roots: Vec<_> = statement.commitments().iter().map(|commitment| commitment.root).collect();
    for (i, (root, commitment)) in data_roots.iter().zip(&stark.commitments[TRACE_TREES..]).enumerate() {
        require(root == commitment, || format!("the root of committed values {i} is not the statement's"))?;
    }

    let mut scheme = CommitmentSchemeVerifier::<RecordingMerkleChannel>::new(key.config);
    channel.mix_u32s(&hash_words(&key.digest));
    key.config.mix_into(channel);
    scheme.commit(key.structure_root, &column_log_sizes[0], channel);
    scheme.commit(key.weights_root, &column_log_sizes[1], channel);
    channel.mix_u32s(&statement.words());
    scheme.commit(stark.commitments[2], &column_log_sizes[2], channel);
    let [alpha, t] = draw_two(channel);
    scheme.commit(stark.commitments[3], &column_log_sizes[3], channel);
    let [z, lambda] = draw_two(channel);
    let challenges = Challenges { alpha, t, z, lambda };
    channel.mix_felts(&claimed_sums);
    scheme.commit(stark.commitments[4], &column_log_sizes[4], channel);
    for (root, log_sizes) in data_roots.iter().zip(&column_log_sizes[TRACE_TREES..]) {
        scheme.commit(*root, log_sizes, channel);
    }

    let sum = claimed_sums.iter().fold(statement.public_messages(key, &challenges)?, |sum, &claimed| sum + claimed);
    require(sum.is_zero(), || "the claimed sums and the public messages do not cancel".into())?;

    let pins = pins(key, statement)?;
    for pin in &pins {
        pin.insert(&mut stark)?;
    }
    let components = components(key, &pins, &challenges, &claimed_sums);
    let components: Vec<&dyn Component> = components.iter().map(|component| component as &dyn Component).collect();
    check_shape(&stark, &key.config, key.height(), &sample_counts(&components, &column_log_sizes, key.height()))?;
    verify_stark(&components, channel, &mut scheme, stark, key.height(), false)
}

fn draw_two(channel: &mut RecordingChannel) -> [SecureField; 2] {
    channel.draw_secure_felts(2).try_into().expect("two elements")
}

/// The crate's verifier on a proof of checked shape. The crate panics where queried values do not match the queries.
pub fn verify_stark(
    components: &[&dyn Component],
    channel: &mut RecordingChannel,
    scheme: &mut CommitmentSchemeVerifier<RecordingMerkleChannel>,
    stark: Stark,
    height: u32,
    all_structure_sampled: bool,
) -> Result<(), Rejection> {
    let config = scheme.config;
    let before = channel.clone();
    let copy = stark.clone();
    let run = || stwo::core::verifier::verify_ex(components, channel, scheme, stark, all_structure_sampled);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(panic) => {
            let queries = distinct_queries(before, &copy, &config, height);
            let found = copy.queried_values.last().and_then(|tree| tree.first()).map_or(0, Vec::len);
            require(found == queries, || {
                format!("queried_values: {found} queries; the transcript draws {queries} distinct ones")
            })?;
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(format!("the crate panicked: {}", message.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
    }
}

/// Number of distinct query positions of a proof whose transcript before the generic part is `channel`.
fn distinct_queries(mut channel: RecordingChannel, stark: &Stark, config: &PcsConfig, height: u32) -> usize {
    type M = RecordingMerkleChannel;
    let fri = &stark.fri_proof;
    channel.draw_secure_felt();
    M::mix_root(&mut channel, *stark.commitments.last().expect("checked"));
    channel.draw_secure_felt();
    channel.mix_felts(&stark.sampled_values.clone().flatten_cols());
    channel.draw_secure_felt();
    for layer in std::iter::once(&fri.first_layer).chain(&fri.inner_layers) {
        M::mix_root(&mut channel, layer.commitment);
        channel.draw_secure_felt();
    }
    channel.mix_felts(&fri.last_layer_poly);
    channel.mix_u64(stark.proof_of_work);
    let log_domain_size = height + config.fri_config.log_blowup_factor;
    let drawn = draw_queries(&mut channel, log_domain_size, config.fri_config.n_queries);
    Queries::new(&drawn, log_domain_size).positions.len()
}
