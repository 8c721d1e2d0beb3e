//! Proves the test AIRs with the crate's SimdBackend, transcript and columns as in the golden fixtures.

use std::time::{Duration, Instant};

use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::fixture::{Fixture, TestAir, TestLookup};
use num_traits::Zero;
use stwo::core::channel::{Blake2sChannel, Channel};
use stwo::core::fields::qm31::SecureField;
use stwo::core::pcs::PcsConfig;
use stwo::core::poly::circle::CanonicCoset;
use stwo::core::proof::StarkProof;
use stwo::core::vcs_lifted::blake2_merkle::{Blake2sMerkleChannel, Blake2sMerkleHasher};
use stwo::prover::backend::simd::SimdBackend;
use stwo::prover::poly::circle::PolyOps;
use stwo::prover::poly::twiddles::TwiddleTree;
use stwo::prover::{prove_ex, CommitmentSchemeProver, ComponentProver};
use stwo_constraint_framework::logup::LookupElements;
use stwo_constraint_framework::FrameworkComponent;

use crate::rows::{interaction_columns, main_columns, preprocessed_columns};

pub type Proof = StarkProof<Blake2sMerkleHasher>;
pub type Scheme<'a> = CommitmentSchemeProver<'a, SimdBackend, Blake2sMerkleChannel>;

/// Twiddles for all domains of a proof with columns of up to `log_size`.
pub fn twiddles(log_size: u32, config: &PcsConfig) -> TwiddleTree<SimdBackend> {
    let largest = (log_size + config.fri_config.log_blowup_factor).max(config.lifting_log_size.unwrap_or(0));
    SimdBackend::precompute_twiddles(CanonicCoset::new(largest).circle_domain().half_coset)
}

pub struct Proved {
    pub claimed: Vec<SecureField>,
    pub proof: Proof,
    /// Commitments and proof, without the rows and the twiddles.
    pub time: Duration,
}

/// With `keep_coefficients` the crate evaluates out of domain from coefficients, which some shapes need.
pub fn prove(fixture: &Fixture, config: PcsConfig, keep_coefficients: bool) -> Result<Proved, String> {
    fixture.check()?;
    let log_size = fixture.pp.iter().map(|&(_, log_size)| log_size).max().unwrap_or(0).max(fixture.height());
    let twiddles = twiddles(log_size, &config);
    let preprocessed = preprocessed_columns(fixture);
    let main = main_columns(fixture);

    let start = Instant::now();
    let mut rows_time = Duration::ZERO;
    let channel = &mut Blake2sChannel::default();
    let mut scheme = Scheme::new(config, &twiddles);
    if keep_coefficients {
        scheme.set_store_polynomials_coefficients();
    }
    config.mix_into(channel);
    let commit = |scheme: &mut Scheme<'_>, columns, channel: &mut Blake2sChannel| {
        let mut tree = scheme.tree_builder();
        tree.extend_evals(columns);
        tree.commit(channel);
    };
    commit(&mut scheme, preprocessed, channel);
    channel.mix_u32s(&fixture.component_words());
    commit(&mut scheme, main, channel);
    let mut lookup = TestLookup(LookupElements::dummy());
    let mut claimed = vec![SecureField::zero(); fixture.comps.len()];
    if fixture.has_logup() {
        lookup = TestLookup::draw(channel);
        let rows_start = Instant::now();
        let columns;
        (columns, claimed) = interaction_columns(fixture, &lookup);
        rows_time = rows_start.elapsed();
        channel.mix_felts(&claimed);
        commit(&mut scheme, columns, channel);
    }
    let components = fixture.components(&lookup, &claimed);
    let components: Vec<&dyn ComponentProver<SimdBackend>> =
        components.iter().map(|component: &FrameworkComponent<TestAir>| component as _).collect();
    let extended = prove_ex(&components, channel, scheme, fixture.all_pp).map_err(|error| error.to_string())?;
    Ok(Proved { claimed, proof: extended.proof, time: start.elapsed() - rows_time })
}

/// The crate's verdict on a fixture: "ok" or its reason.
pub fn verdict(fixture: &Fixture) -> String {
    fixture.verify(&mut RecordingChannel::default()).map_or_else(|why| why, |()| "ok".into())
}
