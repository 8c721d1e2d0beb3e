//! Verifies Circlet proofs on Starknet: docs/protocol.md is the protocol, docs/calldata.md the encoding.
pub mod air;
pub mod blake2s;
pub mod channel;
pub mod contracts;
pub mod circle;
pub mod deep;
pub mod fields;
pub mod fri;
pub mod generated;
pub mod key;
pub mod layout;
pub mod merkle;
pub mod pin;
pub mod statement;
pub mod tape;
pub mod verifier;
pub mod weighted;
