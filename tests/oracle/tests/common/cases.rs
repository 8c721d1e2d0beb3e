//! What oracle-export wrote, in the folders of $CIRCLET_ORACLE_PROOFS; scripts/test-oracle sets it.

use std::fs;
use std::path::PathBuf;

use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::job::{Failure, Job, Source};
use serde_json::Value;

pub struct Case {
    pub folder: PathBuf,
    pub name: String,
    pub vk: Value,
    pub proof: Value,
}

/// Of the verification of `proof` for what it says of its statement; None if it says nothing of the right form.
pub fn job_of(vk: &Value, proof: &Value) -> Option<Job> {
    let statement = &proof["statement"];
    Some(Job {
        vk: Source::Json(vk.clone()),
        proof: Source::Json(proof.clone()),
        context: Some(statement["context"].as_str()?.into()),
        tensors: serde_json::from_value(statement["tensors"].clone()).ok()?,
    })
}

pub fn cases() -> Vec<Case> {
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
            Case { name: folder.display().to_string(), folder, vk, proof }
        })
        .collect()
}

pub fn run(job: &Job, channel: &mut RecordingChannel) -> Result<(), String> {
    job.run(channel).map_err(|failure| match failure {
        Failure::Rejected(why) | Failure::Usage(why) => why,
    })
}
