//! Verifies Circlet proofs on Starknet: docs/protocol.md is the protocol, docs/calldata.md the encoding.
pub mod fields;
