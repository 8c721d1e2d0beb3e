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
    let (smallest, rest) = cases.split_at(2);
    let committed = rest.iter().find(|case| case.proof["statement"].get("output_root").is_some()).expect("committed");
    for case in smallest.iter().chain([committed]) {
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
        assert_rejected(&Job { context: Some("0x1".into()), ..job(case) }, "another context");
        type Set = fn(Job, Option<Vec<i64>>, Option<String>) -> Job;
        let input: Set = |job, inputs, input_root| Job { inputs, input_root, ..job };
        let output: Set = |job, outputs, output_root| Job { outputs, output_root, ..job };
        let Job { inputs, input_root, outputs, output_root, .. } = job(case);
        for (what, values, root, set) in
            [("input", inputs, input_root, input), ("output", outputs, output_root, output)]
        {
            let refused = |values: &[i64], root: Option<String>, change: &str| {
                let job = set(job(case), Some(values.to_vec()), root);
                assert_rejected(&job, &format!("{}: {what}: {change}", case.name));
            };
            let values = values.unwrap();
            if let Some(root) = root {
                refused(&[], None, "a root left out");
                refused(&[0], Some(root.clone()), "values beside a root");
                refused(&[0], None, "values instead of a root");
                for i in [0, 31] {
                    let mut bytes = hex::decode(&root).unwrap();
                    bytes[i] ^= 1;
                    refused(&[], Some(hex::encode(bytes)), "another root");
                }
                refused(&[], Some(root[2..].into()), "a root of 31 bytes");
                continue;
            }
            refused(&values, Some("00".repeat(32)), "a root of what is not committed");
            if values.is_empty() {
                refused(&[0], None, "a private input given");
                continue;
            }
            refused(&[], None, "values left out");
            for i in [0, values.len() - 1] {
                for difference in [1, -1, P, -P, 1 << 32] {
                    let mut changed = values.clone();
                    changed[i] += difference;
                    refused(&changed, None, &format!("value {i} plus {difference}"));
                }
            }
            refused(&values[1..], None, "a value less");
            refused(&[&values[..], &[0]].concat(), None, "a value more");
        }
    }
}

/// In two proofs under one key, each about its own committed values.
#[test]
fn a_proof_is_about_the_root_that_is_stated() {
    for case in &cases() {
        let other = fs::read(case.folder.join("other.json")).expect("other.json");
        let other: Value = serde_json::from_slice(&other).expect("other.json");
        let theirs = job_of(&case.vk, &other).expect("a statement");
        if theirs.input_root.is_none() && theirs.output_root.is_none() {
            continue;
        }
        assert_eq!(verify(&theirs), Ok(()), "{}", case.name);
        let swapped = Job { proof: Source::Json(case.proof.clone()), ..theirs };
        assert_rejected(&swapped, &format!("{}: the roots of another proof", case.name));
        // The proof's own trees with it.
        let mut moved = case.proof.clone();
        for i in 5..other["stark_proof"]["commitments"].as_array().unwrap().len() - 1 {
            for list in ["commitments", "sampled_values", "decommitments", "queried_values"] {
                moved["stark_proof"][list][i] = other["stark_proof"][list][i].clone();
            }
        }
        assert_rejected(&Job { proof: Source::Json(moved), ..swapped }, &format!("{}: other trees", case.name));
    }
}
