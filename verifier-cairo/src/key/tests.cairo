use super::{Visibility, centred, commitment_id, read_key, stem, unpack_words};

const VISIBILITY: u32 = 23;
const INPUT_WIRE: u32 = 24;
const OUTPUT_WIRE: u32 = 28;
const OUTPUT_ROWS: u32 = 29;
/// The word that counts the scales of the output.
const OUTPUT_SCALES: u32 = 37;
/// Where the scales end.
const WEIGHTS_ROOT: u32 = 40;

/// A key's words: logs 7, 6, 8, 4, and 9 of the blinder; one scale each.
pub fn words() -> Array<u32> {
    let mut words = array![4, 3, 1, 16, 1, 7, 6, 8, 4, 9];
    for i in 0..8_u32 {
        words.append(i);
    }
    words.append_span(array![24, 4, 0, 18, 4, 0].span());
    words.append_span(array![16, 64, 0, 255, 17, 10, 0x7ffffffe, 5, 1, 0].span());
    words.append_span(array![1, 0, 0x3ff00000, 1, 0, 0x3ff00000].span());
    for i in 8..144_u32 {
        words.append(i);
    }
    words
}

/// The words with word `index` changed, seven a felt.
pub fn key_with(index: u32, value: u32) -> Span<felt252> {
    key_of(array![(index, value)].span())
}

/// The words with several of them changed.
pub fn key_of(changes: Span<(u32, u32)>) -> Span<felt252> {
    let mut changed = array![];
    for (i, word) in words().into_iter().enumerate() {
        let mut word = word;
        for (index, value) in changes {
            if i == *index {
                word = *value;
            }
        }
        changed.append(word);
    }
    packed(changed)
}

/// A key with `rows` outputs, each with a scale of its own.
pub fn key_with_scales(rows: u32) -> Span<felt252> {
    let mut changed = array![];
    for (i, word) in words().into_iter().enumerate() {
        if i == OUTPUT_ROWS || i == OUTPUT_SCALES {
            changed.append(rows);
        } else if i < OUTPUT_SCALES {
            changed.append(word);
        }
    }
    for i in 0..rows {
        changed.append(i);
        changed.append(0x3ff00000);
    }
    changed.append_span(words().span().slice(WEIGHTS_ROOT, 136));
    packed(changed)
}

fn packed(words: Array<u32>) -> Span<felt252> {
    let mut felts = array![];
    let mut felt = 0;
    let mut shift = 1;
    for (i, word) in words.into_iter().enumerate() {
        felt += word.into() * shift;
        shift *= 0x100000000;
        if i % 7 == 6 {
            felts.append(felt);
            felt = 0;
            shift = 1;
        }
    }
    if shift != 1 {
        felts.append(felt);
    }
    felts.span()
}

/// With a committed input, a committed output, or both.
pub fn committed_key(input: bool, output: bool) -> Span<felt252> {
    committed_key_of(input, output, array![])
}

/// The same, with other words changed too.
pub fn committed_key_of(input: bool, output: bool, mut changes: Array<(u32, u32)>) -> Span<felt252> {
    let mut word = 0;
    if input {
        word += 2;
        changes.append((INPUT_WIRE, 0));
    }
    if output {
        word += 8;
        changes.append((OUTPUT_WIRE, 0));
    }
    changes.append((VISIBILITY, word));
    key_of(changes.span())
}

pub fn key() -> Span<felt252> {
    key_with(1000, 0)
}

#[test]
fn a_key_is_read() {
    let key = read_key(key());
    assert!(key.log_sizes == array![7, 6, 8, 4].span());
    assert!(key.log_size == 9);
    assert!(key.structure_root.unbox() == [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(key.weights_root.unbox() == [8, 9, 10, 11, 12, 13, 14, 15]);
    assert!(key.weights_pin.len() == 128 && *key.weights_pin[0] == 16 && *key.weights_pin[127] == 143);
    assert!(key.pow_bits == 24 && key.log_blowup == 4 && key.n_queries == 18 && key.fold_step == 4);
    assert!(key.committed == 0);
    assert!(key.input.visibility == Visibility::Public && key.output.visibility == Visibility::Public);
    assert!(key.input.rows == 64 && key.output.rows == 10);
}

/// The id is the C++ library's (tests/unit/stark/data_commitment_test.cpp).
#[test]
fn the_id_of_a_commitment_follows_from_the_root_and_the_key() {
    let key = read_key(key());
    let root = BoxTrait::new([100, 101, 102, 103, 104, 105, 106, 107]);
    assert!(
        commitment_id(@key, @key.input, root)
            .unbox() == [
                0x4257f791, 0xf1a04be9, 0xa72dae62, 0x48ef98e0, 0x7214bd23, 0xeb3762c4, 0x92a6efe6, 0xe7766d61,
            ],
    );
    assert!(commitment_id(@key, @key.output, root).unbox() != commitment_id(@key, @key.input, root).unbox());
}

#[test]
fn a_stem_is_all_of_a_key_before_its_weights_root() {
    let count = words().len();
    for i in 0..count {
        // Another number of scales moves the weights root.
        let value = if i == 34 || i == 37 {
            0
        } else {
            12345
        };
        assert!((stem(key_with(i, value)) == stem(key())) == (i >= WEIGHTS_ROOT));
    }
}

#[test]
#[should_panic(expected: 'circlet: key pin')]
fn a_pin_is_of_residues() {
    read_key(key_with(WEIGHTS_ROOT + 8 + 127, 0x7fffffff));
}

#[test]
#[should_panic(expected: 'circlet: key too short')]
fn a_key_has_a_pin() {
    let felts = key();
    read_key(felts.slice(0, felts.len() - 1));
}

#[test]
#[should_panic(expected: 'circlet: key version')]
fn a_key_of_the_format_without_a_pin_is_refused() {
    read_key(key_with(0, 3));
}

#[test]
fn words_at_both_ends_of_their_range() {
    let felt = 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    assert!(
        unpack_words(array![felt].span()) == array![0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff],
    );
}

#[test]
#[should_panic(expected: 'circlet: key felt')]
fn a_key_felt_has_seven_words() {
    unpack_words(array![0x100000000000000000000000000000000000000000000000000000000].span());
}

#[test]
fn residues_order_as_integers() {
    assert!(centred(0x40000000) < centred(0x7ffffffe));
    assert!(centred(0x7ffffffe) < centred(0));
    assert!(centred(0) < centred(0x3fffffff));
}

#[test]
fn the_blinder_may_be_as_tall_as_the_tallest_table() {
    assert!(read_key(key_with(9, 8)).log_size == 8);
    assert!(read_key(key_with(9, 26)).log_size == 26);
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn no_table_is_taller_than_the_blinder() {
    read_key(key_with(9, 7));
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn the_blinder_has_a_greatest_size() {
    read_key(key_with(9, 27));
}

#[test]
fn zero_knowledge_and_the_form_of_the_output_are_read() {
    for (word, form) in array![(0, 0), (0x10, 0), (0x30, 0), (0x100, 1), (0x210, 2), (0x310, 3)] {
        let key = read_key(key_with(VISIBILITY, word));
        assert!(key.input.visibility == Visibility::Public && key.output_form == form);
    }
}

#[test]
fn committed_values_are_read() {
    for (input, output, committed) in array![(true, false, 1), (false, true, 1), (true, true, 2)] {
        let key = read_key(committed_key(input, output));
        assert!(key.committed == committed);
        assert!((key.input.visibility == Visibility::Committed) == input);
        assert!((key.output.visibility == Visibility::Committed) == output);
        assert!((key.input.wire == 0) == input && (key.output.wire == 0) == output);
    }
}

#[test]
fn a_private_input_is_read() {
    let key = read_key(key_of(array![(VISIBILITY, 1), (INPUT_WIRE, 0)].span()));
    assert!(key.input.visibility == Visibility::Private && key.committed == 0);
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn an_output_is_not_private() {
    read_key(key_of(array![(VISIBILITY, 4), (OUTPUT_WIRE, 0)].span()));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn an_input_has_a_known_visibility() {
    read_key(key_of(array![(VISIBILITY, 3), (INPUT_WIRE, 0)].span()));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn an_output_has_a_known_visibility() {
    read_key(key_of(array![(VISIBILITY, 12), (OUTPUT_WIRE, 0)].span()));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn a_key_that_hides_nothing_does_not_call_its_weights_public() {
    read_key(key_with(VISIBILITY, 0x20));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn a_flag_of_visibility_is_known() {
    read_key(key_with(VISIBILITY, 0x40));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn a_form_of_the_output_is_known() {
    read_key(key_with(VISIBILITY, 0x400));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_claim_has_a_model_wire() {
    read_key(key_with(INPUT_WIRE, 15));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_private_input_has_no_claim() {
    read_key(key_with(VISIBILITY, 1));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_committed_input_has_no_claim_by_the_verifier() {
    read_key(key_with(VISIBILITY, 2));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_committed_output_has_no_claim_by_the_verifier() {
    read_key(key_with(VISIBILITY, 8));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn a_scale_is_positive() {
    read_key(key_with(36, 0xbff00000));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn a_scale_is_finite() {
    read_key(key_with(36, 0x7ff00000));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn there_is_one_scale_or_one_a_row() {
    read_key(key_with(34, 2));
}

#[test]
#[should_panic(expected: 'circlet: key range')]
fn a_range_is_of_residues() {
    read_key(key_with(27, 0x7fffffff));
}

#[test]
#[should_panic(expected: 'circlet: key unused word')]
fn the_last_felt_is_filled_with_zeros() {
    let mut felts = array![];
    let mut rest = key();
    let last = *rest.pop_back().unwrap();
    felts.append_span(rest);
    felts.append(last + 0x1000000000000000000000000000000000000000000000000);
    read_key(felts.span());
}
