//! A verification as the command line or a line of a batch names it: files for the key and the proof, values for the statement.

use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::channel::RecordingChannel;
use crate::key::Key;
use crate::proof::Proof;
use crate::statement::{parse_context, Statement};
use crate::verify::verify;
use crate::Rejection;

/// Either the path of a JSON file or the JSON itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Source {
    Path(String),
    Json(Value),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub vk: Source,
    pub proof: Source,
    #[serde(default)]
    pub context: Option<String>,
    /// None or empty if the input is private.
    #[serde(default)]
    pub inputs: Option<Vec<i64>>,
    pub outputs: Vec<i64>,
}

/// A job cannot be run, or its proof is not accepted.
pub enum Failure {
    Usage(String),
    Rejected(Rejection),
}

impl Source {
    fn load(&self) -> Result<Value, Failure> {
        match self {
            Source::Json(value) => Ok(value.clone()),
            Source::Path(path) => {
                let bytes = fs::read(path).map_err(|error| Failure::Usage(format!("{path}: {error}")))?;
                serde_json::from_slice(&bytes).map_err(|error| Failure::Rejected(format!("{path}: {error}")))
            }
        }
    }
}

/// The words of a key: an array of u32, or an object with that array as `words`, or a string of little-endian bytes in hexadecimal.
pub fn key_words(value: &Value) -> Result<Vec<u32>, String> {
    let value = value.get("words").unwrap_or(value);
    if let Some(text) = value.as_str() {
        let bytes = hex::decode(text.trim().trim_start_matches("0x")).map_err(|error| format!("key: {error}"))?;
        if bytes.len() % 4 != 0 {
            return Err("key: not a whole number of words".into());
        }
        return Ok(bytes
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")))
            .collect());
    }
    Vec::<u32>::deserialize(value).map_err(|error| format!("key: {error}"))
}

impl Job {
    pub fn run(&self, channel: &mut RecordingChannel) -> Result<(), Failure> {
        let words = key_words(&self.vk.load()?).map_err(Failure::Usage)?;
        let key = Key::from_words(&words).map_err(Failure::Rejected)?;
        let context = self.context.as_deref().unwrap_or("0");
        let statement = Statement {
            context: parse_context(context).map_err(Failure::Usage)?,
            inputs: self.inputs.clone().filter(|values| !values.is_empty()),
            outputs: self.outputs.clone(),
        };
        let proof = Proof::from_json(&self.proof.load()?).map_err(Failure::Rejected)?;
        verify(&key, &statement, proof, channel).map_err(Failure::Rejected)
    }
}
