//! The recording channel against the golden chain of the crate's channel.

use circlet_oracle::channel::{RecordingChannel, RecordingMerkleChannel};
use serde_json::Value;
use stwo::core::channel::{Channel, MerkleChannel};
use stwo::core::fields::qm31::SecureField;
use stwo::core::fri::FriConfig;
use stwo::core::pcs::PcsConfig;
use stwo::core::vcs::blake2_hash::Blake2sHash;

fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|value| value.try_into().ok()).expect("a u32")
}

fn words(value: &Value) -> Vec<u32> {
    value.as_array().expect("an array").iter().map(number).collect()
}

fn felt(value: &Value) -> SecureField {
    let x = words(value);
    SecureField::from_u32_unchecked(x[0], x[1], x[2], x[3])
}

fn felts(value: &Value) -> Vec<SecureField> {
    value.as_array().expect("an array").iter().map(felt).collect()
}

#[test]
fn the_channel_follows_the_golden_chain_and_records_each_change() {
    let text = include_str!("../../golden/vectors.json");
    let vectors: Value = serde_json::from_str(text).expect("JSON");
    let mut channel = RecordingChannel::default();
    let mut changes = 0;
    for entry in vectors["channel"]["blake2s"].as_array().expect("an array") {
        let (operation, argument) =
            if entry[0].is_array() { (&entry[0][0], &entry[0][1]) } else { (&entry[0], &Value::Null) };
        let operation = operation.as_str().expect("a name");
        let expected = &entry[1];
        let recorded = match operation {
            "mix_felts" => {
                channel.mix_felts(&felts(argument));
                "mix_felts"
            }
            "mix_config" => {
                let get = |name: &str| number(&argument[name]);
                PcsConfig {
                    pow_bits: get("pow"),
                    fri_config: FriConfig::new(get("last"), get("blow"), get("nq") as usize, get("fold")),
                    lifting_log_size: argument["lift"].as_u64().map(|lifting| lifting as u32),
                }
                .mix_into(&mut channel);
                "mix_felts"
            }
            "mix_u64" => {
                let digits = argument.as_str().expect("digits").trim_start_matches("0x");
                channel.mix_u64(u64::from_str_radix(digits, 16).expect("a number"));
                "mix_u64"
            }
            "mix_u32s" => {
                channel.mix_u32s(&words(argument));
                "mix_u32s"
            }
            "mix_root" => {
                let root = Blake2sHash(std::array::from_fn(|i| i as u8));
                RecordingMerkleChannel::mix_root(&mut channel, root);
                "mix_root"
            }
            "draw_secure_felt" => {
                assert_eq!(channel.draw_secure_felt(), felt(expected));
                continue;
            }
            "draw_secure_felts" => {
                assert_eq!(channel.draw_secure_felts(number(argument) as usize), felts(expected));
                continue;
            }
            "draw_u32s" => {
                assert_eq!(channel.draw_u32s(), words(expected));
                continue;
            }
            "smallest_nonce" => {
                let bits = number(argument);
                let nonce = (0..).find(|&nonce| channel.verify_pow_nonce(bits, nonce));
                assert_eq!(nonce, expected.as_u64());
                continue;
            }
            _ => continue,
        };
        changes += 1;
        let expected = format!("{recorded} {}", expected.as_str().expect("a digest"));
        assert_eq!(channel.lines().last(), Some(&expected), "{operation} {argument}");
    }
    assert_eq!(channel.record.len(), changes);
    assert!(changes > 20);
}
