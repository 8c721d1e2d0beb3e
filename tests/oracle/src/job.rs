//! A verification as the command line or a line of a batch names it: files for the key and the proof, values for the statement.

use std::fs;

use serde::Deserialize;
use serde_json::Value;
use stwo::core::fields::qm31::SecureField;

use crate::channel::RecordingChannel;
use crate::key::Key;
use crate::proof::{canonical, Proof};
use crate::statement::{parse_context, parse_root, Commitment, Stated, Statement};
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
    /// In the order of the key.
    #[serde(default)]
    pub tensors: Vec<StatedJson>,
}

/// What a job states of an input or output.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum StatedJson {
    Values {
        values: Vec<i64>,
    },
    Commitment {
        /// In hexadecimal.
        root: String,
        pin: Vec<SecureField>,
    },
    Nothing {},
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

impl StatedJson {
    fn stated(&self) -> Result<Stated, Failure> {
        match self {
            StatedJson::Values { values } => Ok(Stated::Values(values.clone())),
            StatedJson::Commitment { root, pin } => {
                canonical("pin", pin).map_err(Failure::Rejected)?;
                let root = parse_root(root).map_err(Failure::Usage)?;
                Ok(Stated::Commitment(Commitment { root, pin: pin.clone() }))
            }
            StatedJson::Nothing {} => Ok(Stated::Nothing),
        }
    }
}

impl Job {
    /// `public` has the other fields.
    pub fn of_public(vk: Source, proof: Source, public: &Value) -> Result<Self, String> {
        let mut fields = public.as_object().ok_or("the statement is no object")?.clone();
        for name in ["vk", "proof"] {
            if fields.insert(name.into(), Value::Null).is_some() {
                return Err(format!("'{name}' is no part of a statement"));
            }
        }
        let job: Self = serde_json::from_value(fields.into()).map_err(|error| error.to_string())?;
        Ok(Self { vk, proof, ..job })
    }

    pub fn run(&self, channel: &mut RecordingChannel) -> Result<(), Failure> {
        let words = key_words(&self.vk.load()?).map_err(Failure::Usage)?;
        let key = Key::from_words(&words).map_err(Failure::Rejected)?;
        let statement = self.statement()?;
        let proof = Proof::from_json(&self.proof.load()?).map_err(Failure::Rejected)?;
        verify(&key, &statement, proof, channel).map_err(Failure::Rejected)
    }

    pub fn statement(&self) -> Result<Statement, Failure> {
        Ok(Statement {
            context: parse_context(self.context.as_deref().unwrap_or("0")).map_err(Failure::Usage)?,
            tensors: self.tensors.iter().map(StatedJson::stated).collect::<Result<_, _>>()?,
        })
    }
}
