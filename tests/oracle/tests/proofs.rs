//! Proofs of the C++ prover, in the folders of $CIRCLET_ORACLE_PROOFS (written by oracle-export; scripts/test-oracle sets it).

mod common;

use std::fs;
use std::path::PathBuf;

use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::job::{Failure, Job, Source};
use serde_json::Value;

struct Case {
    name: String,
    vk: Value,
    proof: Value,
    transcript: String,
    job: Job,
}

fn cases() -> Vec<Case> {
    let folder = std::env::var("CIRCLET_ORACLE_PROOFS").expect("CIRCLET_ORACLE_PROOFS: run scripts/test-oracle");
    let mut folders: Vec<PathBuf> = fs::read_dir(&folder).expect(&folder).map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
        .into_iter()
        .map(|folder| {
            let json = |name: &str| -> Value {
                serde_json::from_slice(&fs::read(folder.join(name)).expect(name)).expect(name)
            };
            let (vk, proof) = (json("vk.json"), json("proof.json"));
            let statement = &proof["statement"];
            let values = |name: &str| serde_json::from_value(statement[name].clone()).expect(name);
            let job = Job {
                vk: Source::Json(vk.clone()),
                proof: Source::Json(proof.clone()),
                context: statement["context"].as_str().map(String::from),
                inputs: Some(values("inputs")),
                outputs: values("outputs"),
            };
            let transcript = fs::read_to_string(folder.join("transcript.txt")).expect("transcript.txt");
            Case { name: folder.display().to_string(), vk, proof, transcript, job }
        })
        .collect()
}

fn verify(job: &Job) -> Result<(), String> {
    job.run(&mut RecordingChannel::default()).map_err(|failure| match failure {
        Failure::Rejected(why) | Failure::Usage(why) => why,
    })
}

/// Rejected, with a reason that is not a panic of the crate.
fn assert_rejected(job: &Job, what: &str) {
    let why = verify(job).expect_err(&format!("{what}: accepted"));
    assert!(!why.is_empty() && !why.contains("panicked"), "{what}: {why}");
}

#[test]
fn the_crate_accepts_the_proofs_of_the_cpp_prover_and_sees_its_transcript() {
    for case in cases() {
        let mut channel = RecordingChannel::default();
        assert!(case.job.run(&mut channel).is_ok(), "{}: {:?}", case.name, verify(&case.job));
        assert_eq!(channel.lines().join("\n"), case.transcript.trim_end(), "{}", case.name);
    }
}

#[test]
fn what_a_proof_says_of_its_statement_is_not_believed() {
    for case in cases() {
        let mut proof = case.proof.clone();
        proof["statement"] = Value::Null;
        let job = Job { proof: Source::Json(proof), ..case.job.clone() };
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
        let count = common::for_each_change(&claims_and_stark, |place, proof| {
            // Keys beside the two that are read mean nothing.
            let fields = ["claimed_sums", "stark_proof"];
            if fields.iter().all(|&field| proof.get(field) == claims_and_stark.get(field)) {
                return;
            }
            let job = Job { proof: Source::Json(proof.clone()), ..case.job.clone() };
            assert_rejected(&job, &format!("{}: {place}", case.name));
        });
        assert!(count > 500);
    }
}

#[test]
fn every_word_of_the_key_binds() {
    std::panic::set_hook(Box::new(|_| ()));
    for case in cases() {
        for i in 0..case.vk.as_array().unwrap().len() {
            for change in [|word: u32| word ^ 1, |word: u32| word.wrapping_sub(1), |word: u32| word | 1 << 31] {
                let mut vk = case.vk.clone();
                let word = u32::try_from(vk[i].as_u64().unwrap()).unwrap();
                if change(word) == word {
                    continue;
                }
                vk[i] = change(word).into();
                let job = Job { vk: Source::Json(vk), ..case.job.clone() };
                assert_rejected(&job, &format!("{}: word {i} of the key", case.name));
            }
        }
    }
}

#[test]
fn another_statement_is_rejected() {
    const P: i64 = (1 << 31) - 1;
    for case in cases() {
        let outputs = &case.job.outputs;
        for i in [0, outputs.len() - 1] {
            for difference in [1, -1, P, -P, 1 << 32] {
                let mut changed = outputs.clone();
                changed[i] += difference;
                let job = Job { outputs: changed, ..case.job.clone() };
                assert_rejected(&job, &format!("{}: output {i} plus {difference}", case.name));
            }
        }
        let shorter = Job { outputs: outputs[1..].to_vec(), ..case.job.clone() };
        assert_rejected(&shorter, "an output less");
        let longer = Job { outputs: [&outputs[..], &[0]].concat(), ..case.job.clone() };
        assert_rejected(&longer, "an output more");
        assert_rejected(&Job { context: Some("0x1".into()), ..case.job.clone() }, "another context");

        let inputs = case.job.inputs.clone().unwrap();
        if inputs.is_empty() {
            assert_rejected(&Job { inputs: Some(vec![0]), ..case.job.clone() }, "a private input given");
            continue;
        }
        assert_rejected(&Job { inputs: None, ..case.job.clone() }, "a public input left out");
        for difference in [1, -1, P, -P] {
            let mut changed = inputs.clone();
            changed[0] += difference;
            assert_rejected(&Job { inputs: Some(changed), ..case.job.clone() }, "another input");
        }
    }
}
