use crate::air::Challenges;
use crate::fields::{ONE, QM31, QM31Add, QM31Mul, QM31Sub, ZERO, qm31_scale};
use crate::key::read_key;
use crate::key::tests::{COMMITTED, PRIVATE, PUBLIC, key_with_tensors};
use crate::tape::{HashTapeTrait, ValueTapeTrait};
use super::{Stated, append_statement, commitments, message, read_statement};

const SHIFT: felt252 = 0x80000000;
/// Of a pin: 16 felts of eight digits.
const PIN_FELTS: u32 = 16;

/// A committed, a private and a public input; a public and a committed output.
fn tensors() -> Span<(u32, u32)> {
    array![(0, COMMITTED), (0, PRIVATE), (0, PUBLIC), (1, PUBLIC), (1, COMMITTED)].span()
}

/// A pin whose digits are `first`, `first` + 1, ..
fn append_pin(ref felts: Array<felt252>, first: felt252) {
    let mut digit = first;
    for _ in 0..PIN_FELTS {
        let mut felt = 0;
        let mut shift = 1;
        for _ in 0..8_u32 {
            felt += digit * shift;
            shift *= SHIFT;
            digit += 1;
        }
        felts.append(felt);
    }
}

/// Of `tensors`: the values 1, 0, 1 and 0, 1, 0.
fn values(second_pin: felt252) -> Array<felt252> {
    let mut felts = array![];
    append_pin(ref felts, 1000);
    felts.append(1 + SHIFT * SHIFT);
    felts.append(SHIFT);
    append_pin(ref felts, second_pin);
    felts
}

fn read(values: Span<felt252>) -> Span<Stated> {
    let key = read_key(key_with_tensors(tensors(), 2));
    let mut tape = ValueTapeTrait::new(values);
    // The hashes 5 and 6.
    let mut hashes = HashTapeTrait::new(array![0, 5, 6].span());
    let statement = read_statement(@key, ref tape, ref hashes);
    tape.finish();
    hashes.finish();
    statement
}

#[test]
fn a_statement_is_read_in_the_keys_order() {
    let felts = values(2000);
    let statement = read(felts.span());
    assert!(statement.len() == 5);
    for (i, n_values, n_felts, is_committed) in array![
        (0_u32, 0_u32, 0_u32, true), (1, 0, 0, false), (2, 3, 1, false), (3, 3, 1, false), (4, 0, 0, true),
    ] {
        let stated = statement[i];
        assert!((*stated.values).len() == n_values && (*stated.felts).len() == n_felts);
        assert!((*stated.commitment).is_some() == is_committed);
    }
    assert!(*statement[2].values == array![1, 0, 1].span() && *statement[3].values == array![0, 1, 0].span());
    assert!(*statement[2].felts == felts.span().slice(PIN_FELTS, 1));
    assert!(*statement[3].felts == felts.span().slice(PIN_FELTS + 1, 1));
    let committed = commitments(statement);
    assert!(committed.len() == 2);
    for (i, root, first) in array![(0_u32, 5, 1000), (1, 6, 2000)] {
        let commitment = *committed[i];
        assert!(commitment.root.unbox() == [root, 0, 0, 0, 0, 0, 0, 0]);
        assert!(commitment.pin.words.len() == 8 * PIN_FELTS && *commitment.pin.words[127] == first + 127);
    }
}

#[test]
fn a_statement_enters_the_transcript_in_the_keys_order() {
    let key = read_key(key_with_tensors(tensors(), 2));
    let mut words = array![];
    append_statement(ref words, @key, read(values(2000).span()));
    let mut expected = array![5, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0];
    for i in 0..128_u32 {
        expected.append(1000 + i);
    }
    expected.append_span(array![1, 0, 0, 3, 1, 0, 1, 0, 3, 0, 1, 0, 2, 0, 6, 0, 0, 0, 0, 0, 0, 0].span());
    for i in 0..128_u32 {
        expected.append(2000 + i);
    }
    assert!(words == expected);
}

#[test]
#[should_panic(expected: 'circlet: value beyond p')]
fn a_pin_is_below_p() {
    // The last of its digits is p.
    read(values(0x7fffffff - 127).span());
}

#[test]
#[should_panic(expected: 'circlet: public value range')]
fn a_public_value_is_within_its_range() {
    let felts = values(2000);
    let mut changed = array![];
    changed.append_span(felts.span().slice(0, PIN_FELTS));
    changed.append(2);
    changed.append_span(felts.span().slice(PIN_FELTS + 1, PIN_FELTS + 1));
    read(changed.span());
}

/// Challenges under which the message (id, value) = (16, e) has the denominator d.
fn challenges_with(denominator: QM31) -> (Challenges, QM31) {
    let lambda = QM31 { a: 2, b: 3, c: 5, d: 7 };
    let e = QM31 { a: 11, b: 13, c: 17, d: 19 };
    let z = ONE + qm31_scale(lambda, 16) + lambda * lambda * lambda * e + denominator;
    (Challenges { alpha: ZERO, t: ZERO, z, lambda }, e)
}

#[test]
fn a_public_message_is_its_count_over_its_denominator() {
    let d = QM31 { a: 1, b: 0, c: 4, d: 9 };
    let (challenges, e) = challenges_with(d);
    assert!(message(@challenges, 3, 16, e) * d == qm31_scale(ONE, 3));
}

#[test]
#[should_panic(expected: 'circlet: public denominator')]
fn a_public_message_has_an_inverse() {
    let (challenges, e) = challenges_with(ZERO);
    message(@challenges, 3, 16, e);
}
