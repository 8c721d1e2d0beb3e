//! Verifies Circlet proofs with the stwo crate, independently of the C++ code: written from docs/protocol.md, sharing with it only the
//! generated evaluators. The crate checks the STARK; this library checks what a caller of the crate must.

pub mod channel;
pub mod evaluator;
pub mod fixture;
pub mod generated;
pub mod job;
pub mod key;
pub mod pin;
pub mod proof;
pub mod statement;
pub mod tables;
pub mod verify;

/// Why a proof is not accepted.
pub type Rejection = String;

pub(crate) fn require(condition: bool, why: impl FnOnce() -> Rejection) -> Result<(), Rejection> {
    if condition {
        Ok(())
    } else {
        Err(why())
    }
}
