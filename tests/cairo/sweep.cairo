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

/// The contract must refuse each of the changed calldata, with one of the errors expected of it. A case is its name, its changes
/// and the errors: lists, each after its length, of short strings; of (position, felts removed there, list of felts
/// put there), the last position first; and of errors.
pub fn assert_all_refused(calldata: Span<felt252>, mut cases: Span<felt252>) {
    while !cases.is_empty() {
        let name = next_list(ref cases);
        let changed = next_changed(ref cases, calldata);
        let errors = next_list(ref cases);
        assert_refused(name, changed, errors);
    }
}

fn next(ref cases: Span<felt252>) -> u32 {
    (*cases.pop_front().unwrap()).try_into().unwrap()
}

fn next_list(ref cases: Span<felt252>) -> Span<felt252> {
    let length = next(ref cases);
    let list = cases.slice(0, length);
    cases = cases.slice(length, cases.len() - length);
    list
}

fn next_changed(ref cases: Span<felt252>, mut calldata: Span<felt252>) -> Span<felt252> {
    for _ in 0..next(ref cases) {
        let at = next(ref cases);
        let removed = next(ref cases);
        let mut changed = array![];
        changed.append_span(calldata.slice(0, at));
        changed.append_span(next_list(ref cases));
        changed.append_span(calldata.slice(at + removed, calldata.len() - at - removed));
        calldata = changed.span();
    }
    calldata
}

fn assert_refused(name: Span<felt252>, calldata: Span<felt252>, errors: Span<felt252>) {
    let said = match verify(calldata) {
        Ok(_) => 'accepted',
        Err(data) => *data[0],
    };
    for error in errors {
        if said == *error {
            return;
        }
    }
    let mut message: ByteArray = "";
    for part in name {
        append_short_string(ref message, (*part).into());
    }
    message.append_byte(':');
    message.append_byte(' ');
    append_short_string(ref message, said.into());
    panic!("{message}")
}
