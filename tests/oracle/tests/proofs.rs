//! Proofs of the C++ prover, in the folders of $CIRCLET_ORACLE_PROOFS (written by oracle-export; scripts/test-oracle sets it).

#[path = "common/cases.rs"]
mod cases;
#[path = "common/changes.rs"]
mod changes;

use std::fs;

use cases::{cases, job_of, run, Case};
use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::job::{Job, Source, StatedJson};
use num_traits::One;
use serde_json::Value;
use stwo::core::fields::qm31::SecureField;

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

fn is_committed(case: &Case) -> bool {
    job(case).tensors.iter().any(|tensor| matches!(tensor, StatedJson::Commitment { .. }))
}

#[test]
fn every_change_of_a_proof_is_rejected_for_a_reason_and_without_a_panic() {
    std::panic::set_hook(Box::new(|_| ()));
    let mut cases = cases();
    cases.sort_by_key(|case| case.proof.to_string().len());
    let (smallest, rest) = cases.split_at(2);
    let committed = rest.iter().find(|case| is_committed(case)).expect("committed");
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
        let tensors = job(case).tensors;
        let refused_list = |tensors: Vec<StatedJson>, change: &str| {
            assert_rejected(&Job { tensors, ..job(case) }, &format!("{}: {change}", case.name));
        };
        refused_list(tensors[1..].to_vec(), "a tensor less");
        refused_list([&tensors[..], &tensors[..1]].concat(), "a tensor more");
        for (i, stated) in tensors.iter().enumerate() {
            let refused = |stated: StatedJson, change: &str| {
                let mut tensors = tensors.clone();
                tensors[i] = stated;
                refused_list(tensors, &format!("tensor {i}: {change}"));
            };
            let of_values = |values: &[i64]| StatedJson::Values { values: values.to_vec() };
            if let StatedJson::Commitment { root, pin } = stated {
                let of_root = |root: &str| StatedJson::Commitment { root: root.into(), pin: pin.clone() };
                let of_pin = |pin: Vec<SecureField>| StatedJson::Commitment { root: root.clone(), pin };
                refused(StatedJson::Nothing {}, "a commitment left out");
                refused(of_values(&[0]), "values instead of a commitment");
                for i in [0, 31] {
                    let mut bytes = hex::decode(root).unwrap();
                    bytes[i] ^= 1;
                    refused(of_root(&hex::encode(bytes)), "another root");
                    let mut other = pin.clone();
                    other[i] += SecureField::one();
                    refused(of_pin(other), "another pin");
                }
                refused(of_root(&root[2..]), "a root of 31 bytes");
                refused(of_pin(pin[1..].to_vec()), "a shorter pin");
                refused(of_pin([&pin[..], &pin[..1]].concat()), "a longer pin");
                let mut beyond = pin.clone();
                beyond[0].0 .0 .0 += P as u32;
                refused(of_pin(beyond), "a pin beyond p");
                continue;
            }
            let commitment = StatedJson::Commitment { root: "00".repeat(32), pin: vec![One::one(); 32] };
            refused(commitment, "a commitment to what is not committed");
            let StatedJson::Values { values } = stated else {
                refused(of_values(&[0]), "a private input given");
                refused(of_values(&[]), "no values given of a private input");
                continue;
            };
            refused(StatedJson::Nothing {}, "values left out");
            refused(of_values(&[]), "no values");
            for i in [0, values.len() - 1] {
                for difference in [1, -1, P, -P, 1 << 32] {
                    let mut changed = values.clone();
                    changed[i] += difference;
                    refused(of_values(&changed), &format!("value {i} plus {difference}"));
                }
            }
            refused(of_values(&values[1..]), "a value less");
            refused(of_values(&[&values[..], &[0]].concat()), "a value more");
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
        if !is_committed(case) {
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
