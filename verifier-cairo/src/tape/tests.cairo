#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use super::{HashTapeTrait, ValueTapeTrait, secure_felts, unpack_digits};

const TOP: felt252 = 0x7fffffff;
const SHIFT: felt252 = 0x80000000;
const LIMIT: felt252 = 0x100000000000000000000000000000000000000000000000000000000000000; // 2^248

fn digits(felt: felt252) -> Array<felt252> {
    let mut result = array![];
    for digit in unpack_digits(felt).span() {
        result.append(upcast(*digit));
    }
    result
}

#[test]
fn digits_at_both_ends_of_their_range() {
    assert!(digits(0) == array![0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(digits(LIMIT - 1) == array![TOP, TOP, TOP, TOP, TOP, TOP, TOP, TOP]);
}

#[test]
fn each_digit_stands_alone() {
    let mut felt = TOP;
    for i in 0..8_u32 {
        for (j, digit) in digits(felt).into_iter().enumerate() {
            assert!(digit == if i == j {
                TOP
            } else {
                0
            });
        }
        felt *= SHIFT;
    }
}

#[test]
#[should_panic(expected: 'circlet: felt beyond 2^248')]
fn digits_refuse_2_to_248() {
    unpack_digits(LIMIT);
}

#[test]
#[should_panic(expected: 'circlet: felt beyond 2^248')]
fn digits_refuse_the_greatest_felt() {
    unpack_digits(-1);
}

#[test]
fn a_section_ends_its_felt() {
    let mut tape = ValueTapeTrait::new(array![1 + 2 * SHIFT + 3 * SHIFT * SHIFT, 4].span());
    let mut words = array![];
    tape.read_exactly(ref words, 3);
    tape.read_exactly(ref words, 1);
    tape.finish();
    assert!(words == array![1, 2, 3, 4]);
}

#[test]
fn a_padded_section_has_whole_felts() {
    let mut tape = ValueTapeTrait::new(array![7, 8].span());
    let mut words = array![];
    tape.read(ref words, 9);
    assert!(words == array![7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
#[should_panic(expected: 'circlet: unused digit')]
fn a_section_refuses_an_unused_digit() {
    let mut words = array![];
    let mut tape = ValueTapeTrait::new(array![1 + 2 * SHIFT].span());
    tape.read_exactly(ref words, 1);
}

#[test]
#[should_panic(expected: 'circlet: unused digit')]
fn secure_felts_refuse_an_unused_digit() {
    let mut tape = ValueTapeTrait::new(array![SHIFT * SHIFT * SHIFT * SHIFT].span());
    tape.read_secure(1);
}

#[test]
#[should_panic(expected: 'circlet: value beyond p')]
fn secure_felts_are_canonical() {
    let mut tape = ValueTapeTrait::new(array![TOP].span());
    tape.read_secure(1);
}

#[test]
#[should_panic(expected: 'circlet: value beyond p')]
fn coordinates_are_canonical() {
    secure_felts(array![0, 0, 0, 0x7fffffff].span());
}

#[test]
#[should_panic(expected: 'circlet: values too short')]
fn values_end() {
    let mut words = array![];
    let mut tape = ValueTapeTrait::new(array![].span());
    tape.read_exactly(ref words, 1);
}

#[test]
fn hashes_at_both_ends_of_their_range() {
    let mut tape = HashTapeTrait::new(array![0xff00, 0, LIMIT - 1].span());
    assert!(tape.next().unbox() == [0, 0, 0, 0, 0, 0, 0, 0]);
    let word = 0xffffffff;
    assert!(tape.next().unbox() == [word, word, word, word, word, word, word, word]);
    tape.finish();
}

#[test]
fn hash_words_are_little_endian() {
    let felt = 0x5050505040404040303030302020202010101010ffffffff00000000_felt252;
    let mut tape = HashTapeTrait::new(array![0x07, felt].span());
    assert!(
        tape
            .next()
            .unbox() == [
                0x00000000, 0xffffffff, 0x10101010, 0x20202020, 0x30303030, 0x40404040, 0x50505050, 0x07000000,
            ],
    );
}

#[test]
fn top_bytes_fill_felts_of_31() {
    let mut felts = array![LIMIT - 1, 0x1];
    for i in 0..32_u32 {
        felts.append(i.into());
    }
    let mut tape = HashTapeTrait::new(felts.span());
    for i in 0..32_u32 {
        let top = if i == 31 {
            0x01000000
        } else {
            0xff000000
        };
        assert!(tape.next().unbox() == [i, 0, 0, 0, 0, 0, 0, top]);
    }
    tape.finish();
}

#[test]
#[should_panic(expected: 'circlet: unused byte')]
fn hashes_refuse_an_unused_byte() {
    let mut tape = HashTapeTrait::new(array![0x100, 5].span());
    let _ = tape.next();
    tape.finish();
}

#[test]
#[should_panic(expected: 'circlet: felt beyond 2^248')]
fn hashes_refuse_2_to_248() {
    let mut tape = HashTapeTrait::new(array![0, LIMIT].span());
    let _ = tape.next();
}

#[test]
#[should_panic(expected: 'circlet: felt beyond 2^248')]
fn top_bytes_refuse_2_to_248() {
    HashTapeTrait::new(array![LIMIT, 0].span());
}

#[test]
#[should_panic(expected: 'circlet: hashes too long')]
fn hashes_left_over() {
    HashTapeTrait::new(array![0, 0].span()).finish();
}

#[test]
#[should_panic(expected: 'circlet: hashes too long')]
fn hashes_refuse_a_felt_of_top_bytes_for_none() {
    let mut felts = array![LIMIT - 1, 0];
    for i in 0..31_u32 {
        felts.append(i.into());
    }
    let mut tape = HashTapeTrait::new(felts.span());
    for _ in 0..31_u32 {
        let _ = tape.next();
    }
    tape.finish();
}
