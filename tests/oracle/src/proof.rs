//! A proof from its JSON, with the checks that the crate's deserialiser and verifier leave to their caller.

use serde::Deserialize;
use serde_json::Value;
use stwo::core::fields::m31::P;
use stwo::core::fields::qm31::SecureField;
use stwo::core::pcs::PcsConfig;
use stwo::core::proof::StarkProof;
use stwo::core::vcs_lifted::blake2_merkle::Blake2sMerkleHasher;

use crate::{require, Rejection};

pub type Stark = StarkProof<Blake2sMerkleHasher>;

pub struct Proof {
    pub claimed_sums: Vec<SecureField>,
    pub stark: Stark,
}

/// How many samples each column of each tree has.
pub type SampleCounts = Vec<Vec<usize>>;

pub fn canonical(name: &str, values: &[SecureField]) -> Result<(), Rejection> {
    let coordinates = values.iter().flat_map(|value| value.to_m31_array());
    require(coordinates.into_iter().all(|x| x.0 < P), || format!("{name}: a value is not below p"))
}

/// A StarkProof in the crate's own serialisation, nothing left out or added, all values canonical.
pub fn parse_stark(value: &Value) -> Result<Stark, Rejection> {
    let stark = Stark::deserialize(value).map_err(|error| format!("stark_proof: {error}"))?;
    let again = serde_json::to_value(&stark).map_err(|error| format!("stark_proof: {error}"))?;
    require(again == *value, || "stark_proof: not in the crate's own form".into())?;
    for column in stark.sampled_values.iter().flatten() {
        canonical("sampled_values", column)?;
    }
    for value in stark.queried_values.iter().flatten().flatten() {
        require(value.0 < P, || "queried_values: a value is not below p".into())?;
    }
    canonical("first_layer.fri_witness", &stark.fri_proof.first_layer.fri_witness)?;
    for (i, layer) in stark.fri_proof.inner_layers.iter().enumerate() {
        canonical(&format!("inner_layers[{i}].fri_witness"), &layer.fri_witness)?;
    }
    canonical("last_layer_poly", &stark.fri_proof.last_layer_poly)?;
    let log_size = &value["fri_proof"]["last_layer_poly"]["log_size"];
    require(
        log_size
            .as_u64()
            .is_some_and(|log_size| log_size < 32 && stark.fri_proof.last_layer_poly.len() == 1 << log_size),
        || "last_layer_poly: log_size and coeffs disagree".into(),
    )?;
    Ok(stark)
}

impl Proof {
    /// Reads `claimed_sums` and `stark_proof`; what the proof says of its statement is not looked at.
    pub fn from_json(value: &Value) -> Result<Self, Rejection> {
        let claimed_sums = Vec::<SecureField>::deserialize(&value["claimed_sums"])
            .map_err(|error| format!("claimed_sums: {error}"))?;
        canonical("claimed_sums", &claimed_sums)?;
        Ok(Self { claimed_sums, stark: parse_stark(&value["stark_proof"])? })
    }
}

/// Number of FRI layers between the first and the last.
pub fn inner_layers(config: &PcsConfig, height: u32) -> u32 {
    let fri = &config.fri_config;
    (height - fri.fold_step - fri.log_last_layer_degree_bound).div_ceil(fri.fold_step)
}

/// The shape of an honest proof, as far as it does not depend on the query positions: the crate panics on some others, and accepts
/// some. `counts` has an entry for every tree, the composition included.
pub fn check_shape(stark: &Stark, config: &PcsConfig, height: u32, counts: &SampleCounts) -> Result<(), Rejection> {
    require(stark.config == *config, || "config: not the key's".into())?;
    let trees = counts.len();
    for (name, found) in [
        ("commitments", stark.commitments.len()),
        ("sampled_values", stark.sampled_values.len()),
        ("decommitments", stark.decommitments.len()),
        ("queried_values", stark.queried_values.len()),
    ] {
        require(found == trees, || format!("{name}: {found} trees instead of {trees}"))?;
    }
    let queries = stark.queried_values[trees - 1].first().map_or(0, Vec::len);
    let limit = config.fri_config.n_queries;
    require((1..=limit).contains(&queries), || format!("queried_values: {queries} queries, not 1 to {limit}"))?;
    for (tree, columns) in counts.iter().enumerate() {
        let found: Vec<usize> = stark.sampled_values[tree].iter().map(Vec::len).collect();
        require(found == *columns, || format!("sampled_values[{tree}]: not the samples that the tables read"))?;
        let queried = &stark.queried_values[tree];
        require(queried.len() == columns.len(), || {
            format!("queried_values[{tree}]: {} columns instead of {}", queried.len(), columns.len())
        })?;
        require(queried.iter().all(|values| values.len() == queries), || {
            format!("queried_values[{tree}]: columns of different lengths")
        })?;
    }
    let (found, expected) = (stark.fri_proof.inner_layers.len(), inner_layers(config, height) as usize);
    require(found == expected, || format!("fri_proof: {found} inner layers instead of {expected}"))?;
    let (found, expected) = (stark.fri_proof.last_layer_poly.len(), 1 << config.fri_config.log_last_layer_degree_bound);
    require(found == expected, || format!("last_layer_poly: {found} coefficients instead of {expected}"))
}
