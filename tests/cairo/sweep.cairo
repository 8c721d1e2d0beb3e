//! What the Verifier contract says to changed calldata.
use circlet_verifier::contracts::verifier::Verifier;
use starknet::syscalls::library_call_syscall;
use starknet::{ClassHash, SyscallResult};
use crate::printing::append_short_string;

fn verify(calldata: Span<felt252>) -> SyscallResult<Span<felt252>> {
    let class_hash: ClassHash = Verifier::TEST_CLASS_HASH.try_into().unwrap();
    library_call_syscall(class_hash, selector!("verify"), calldata)
}

pub fn assert_accepted(calldata: Span<felt252>) {
    assert!(verify(calldata).is_ok());
}

/// The contract must panic with one of `errors`. A change is (at, removed, inserted): so many felts from `at` on give way to
/// others; the last change comes first.
pub fn assert_refused(
    name: ByteArray, mut calldata: Span<felt252>, changes: Span<(u32, u32, Span<felt252>)>, errors: Span<felt252>,
) {
    for change in changes {
        let (at, removed, inserted) = *change;
        let mut changed = array![];
        changed.append_span(calldata.slice(0, at));
        changed.append_span(inserted);
        changed.append_span(calldata.slice(at + removed, calldata.len() - at - removed));
        calldata = changed.span();
    }
    match verify(calldata) {
        Ok(_) => panic!("{name}: accepted"),
        Err(data) => {
            let error = *data[0];
            for expected in errors {
                if error == *expected {
                    return;
                }
            }
            let mut message: ByteArray = "";
            append_short_string(ref message, error.into());
            panic!("{name}: {message}")
        },
    }
}
