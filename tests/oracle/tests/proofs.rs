//! Proofs of the C++ prover, in the folders of $CIRCLET_ORACLE_PROOFS (written by oracle-export; scripts/test-oracle sets it).

#[path = "common/cases.rs"]
mod cases;
#[path = "common/changes.rs"]
mod changes;

use std::fs;

use cases::{cases, job_of, run, Case};
use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::job::{Job, Source};
use serde_json::Value;

fn job(case: &Case) -> Job {
    job_of(&case.vk, &case.proof).expect("a statement")
}

fn verify(job: &Job) -> Result<(), String> {
    run(job, &mut RecordingChannel::default())
}

/// Rejected, with a reason that is not a panic of the crate.
fn assert_rejected(job: &Job, what: &str) {
    let why = verify(job).expect_err(&format!("{what}: accepted"));
    assert!(!why.is_empty() && !why.contains("panicked"), "{what}: {why}");
}

#[test]
fn the_crate_accepts_the_proofs_of_the_cpp_prover_and_sees_its_transcript() {
    for case in &cases() {
        let mut channel = RecordingChannel::default();
        assert_eq!(run(&job(case), &mut channel), Ok(()), "{}", case.name);
        let transcript = fs::read_to_string(case.folder.join("transcript.txt")).expect("transcript.txt");
        assert_eq!(channel.lines().join("\n"), transcript.trim_end(), "{}", case.name);
    }
}

#[test]
fn what_a_proof_says_of_its_statement_is_not_believed() {
    for case in &cases() {
        let mut proof = case.proof.clone();
        proof["statement"] = Value::Null;
        let job = Job { proof: Source::Json(proof), ..job(case) };
        assert_eq!(verify(&job), Ok(()), "{}", case.name);
    }
}

#[test]
fn every_change_of_a_proof_is_rejected_for_a_reason_and_without_a_panic() {
    std::panic::set_hook(Box::new(|_| ()));
    let mut cases = cases();
    cases.sort_by_key(|case| case.proof.to_string().len());
    for case in &cases[..2] {
        let mut claims_and_stark = case.proof.clone();
        claims_and_stark.as_object_mut().unwrap().shift_remove("statement");
        let count = changes::for_each_change(&claims_and_stark, |place, proof| {
            // Keys beside the two that are read mean nothing.
            let fields = ["claimed_sums", "stark_proof"];
            if fields.iter().all(|&field| proof.get(field) == claims_and_stark.get(field)) {
                return;
            }
            let job = Job { proof: Source::Json(proof.clone()), ..job(case) };
            assert_rejected(&job, &format!("{}: {place}", case.name));
        });
        assert!(count > 500);
    }
}

#[test]
fn every_word_of_the_key_binds() {
    std::panic::set_hook(Box::new(|_| ()));
    for case in &cases() {
        for i in 0..case.vk.as_array().unwrap().len() {
            for change in [|word: u32| word ^ 1, |word: u32| word.wrapping_sub(1), |word: u32| word | 1 << 31] {
                let mut vk = case.vk.clone();
                let word = u32::try_from(vk[i].as_u64().unwrap()).unwrap();
                if change(word) == word {
                    continue;
                }
                vk[i] = change(word).into();
                let job = Job { vk: Source::Json(vk), ..job(case) };
                assert_rejected(&job, &format!("{}: word {i} of the key", case.name));
            }
        }
    }
}

#[test]
fn another_statement_is_rejected() {
    const P: i64 = (1 << 31) - 1;
    for case in &cases() {
        let outputs = job(case).outputs;
        for i in [0, outputs.len() - 1] {
            for difference in [1, -1, P, -P, 1 << 32] {
                let mut changed = outputs.clone();
                changed[i] += difference;
                let job = Job { outputs: changed, ..job(case) };
                assert_rejected(&job, &format!("{}: output {i} plus {difference}", case.name));
            }
        }
        let shorter = Job { outputs: outputs[1..].to_vec(), ..job(case) };
        assert_rejected(&shorter, "an output less");
        let longer = Job { outputs: [&outputs[..], &[0]].concat(), ..job(case) };
        assert_rejected(&longer, "an output more");
        assert_rejected(&Job { context: Some("0x1".into()), ..job(case) }, "another context");

        let inputs = job(case).inputs.unwrap();
        if inputs.is_empty() {
            assert_rejected(&Job { inputs: Some(vec![0]), ..job(case) }, "a private input given");
            continue;
        }
        assert_rejected(&Job { inputs: None, ..job(case) }, "a public input left out");
        for difference in [1, -1, P, -P] {
            let mut changed = inputs.clone();
            changed[0] += difference;
            assert_rejected(&Job { inputs: Some(changed), ..job(case) }, "another input");
        }
    }
}
