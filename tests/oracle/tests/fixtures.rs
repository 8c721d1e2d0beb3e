//! The golden proofs of the crate, and each of them changed.

#[path = "common/changes.rs"]
mod changes;

use std::fs;

use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::fixture::Fixture;
use serde_json::Value;

fn fixtures() -> Vec<Fixture> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../golden/fixtures");
    let fixtures: Vec<Fixture> = fs::read_dir(folder)
        .expect(folder)
        .map(|entry| fs::read(entry.expect(folder).path()).expect(folder))
        .map(|bytes| serde_json::from_slice(&bytes).expect("a fixture"))
        .filter(|fixture: &Fixture| fixture.channel == "blake2s")
        .collect();
    assert!(fixtures.len() > 5);
    fixtures
}

fn verify(fixture: &Fixture) -> Result<(), String> {
    fixture.verify(&mut RecordingChannel::default())
}

#[test]
fn the_verdict_on_every_golden_proof_is_the_crates() {
    for fixture in fixtures() {
        assert_eq!(verify(&fixture).is_ok(), fixture.crate_verdict == "ok", "{}", fixture.name);
    }
}

#[test]
fn every_change_of_a_golden_proof_is_rejected_for_a_reason_and_without_a_panic() {
    std::panic::set_hook(Box::new(|_| ()));
    for fixture in fixtures() {
        if fixture.crate_verdict != "ok" || !fixture.name.starts_with("blake_f1") {
            continue;
        }
        let config = fixture.proof["config"].clone();
        let count = changes::for_each_change(&fixture.proof, |place, proof: &Value| {
            // A fixture is verified for the configuration that it carries; the transcript alone tells another one.
            if proof["config"] != config {
                return;
            }
            let changed = Fixture { proof: proof.clone(), ..fixture.clone() };
            let why = verify(&changed).expect_err(&format!("{}: {place} changed, and accepted", fixture.name));
            assert!(!why.is_empty() && !why.contains("panicked"), "{}: {place}: {why}", fixture.name);
        });
        assert!(count > 500);
    }
}
