use crate::generated::layout::{ACTIVATE, BLINDER, DATA, LINEAR, LUT, MAC};
use crate::layout::Instance;
use super::{Direction, Visibility, centred, commitment_id, read_key, stem, unpack_words};

// As they stand in a key.
pub const PUBLIC: u32 = 0;
pub const PRIVATE: u32 = 1;
pub const COMMITTED: u32 = 2;

// Where the parts of the first key below stand.
const INSTANCES: u32 = 3;
const BLINDERS_LOG_SIZE: u32 = 18;
const POW_BITS: u32 = 19;
const LOG_BLOWUP: u32 = 20;
const LAST_LAYER: u32 = 21;
const QUERIES: u32 = 22;
const FOLD_STEP: u32 = 23;
const FLAGS: u32 = 24;
const LOG_DEGREE: u32 = 25;
const CONSTANTS: u32 = 26;
const TENSORS: u32 = 31;
const INPUT: u32 = 32;
const OUTPUT: u32 = 43;
const MEANING: u32 = 54;
const STRUCTURE_ROOT: u32 = 62;
const WEIGHTS_ROOT: u32 = 70;
const PIN: u32 = 78;
// In an instance, and in a tensor.
const PARAMETER: u32 = 1;
const VISIBILITY: u32 = 1;
const FORM: u32 = 2;
const LANES: u32 = 3;
const WIRE: u32 = 4;
const ROWS: u32 = 5;
const GREATEST: u32 = 7;
const SCALES: u32 = 8;

/// What tests vary of a key.
#[derive(Copy, Drop)]
pub struct Form {
    pub input: u32,
    pub output: u32,
    /// Of the blinder and of committed values.
    pub log_size: u32,
    pub pow_bits: u32,
    pub log_blowup: u32,
    pub n_queries: u32,
    /// A word of the meaning.
    pub meaning: u32,
    /// Two words of the structure root and of the weights root.
    pub structure: u32,
    pub weights: u32,
}

/// Of the first key.
pub const FORM_OF_KEY: Form = Form {
    input: PUBLIC, output: PUBLIC, log_size: 9, pow_bits: 24, log_blowup: 4, n_queries: 18, meaning: 0, structure: 0, weights: 8,
};

pub fn committed_form(input: bool, output: bool) -> Form {
    let visibility = |committed| {
        if committed {
            COMMITTED
        } else {
            PUBLIC
        }
    };
    Form { input: visibility(input), output: visibility(output), ..FORM_OF_KEY }
}

fn append_instances(ref words: Array<u32>, form: Form) {
    let mut instances = array![(LINEAR, 16, 7), (ACTIVATE, 1, 6), (LUT, 0, 8), (MAC, 0, 4)];
    for visibility in array![form.input, form.output] {
        if visibility == COMMITTED {
            instances.append((DATA, 0, form.log_size));
        }
    }
    instances.append((BLINDER, 0, form.log_size));
    words.append(instances.len());
    for (kind, parameter, log_size) in instances {
        words.append_span(array![kind, parameter, log_size].span());
    }
}

/// `wire` if it is public; one scale, 1.0.
fn append_tensor(
    ref words: Array<u32>, direction: u32, visibility: u32, wire: u32, rows: u32, least: u32, greatest: u32,
) {
    let wire = if visibility == PUBLIC {
        wire
    } else {
        0
    };
    words.append_span(array![direction, visibility, 0, 1, wire, rows, least, greatest, 1, 0, 0x3ff00000].span());
}

pub fn words_of(form: Form) -> Array<u32> {
    let mut words = array![5, 4, 1];
    append_instances(ref words, form);
    words.append_span(array![form.pow_bits, form.log_blowup, 0, form.n_queries, 4, 0, 9].span());
    words.append_span(array![2, 1, 64, 1, 0].span());
    words.append(2);
    append_tensor(ref words, 0, form.input, 16, 64, 0, 255);
    append_tensor(ref words, 1, form.output, 17, 10, 0x7ffffffe, 5);
    for first in array![form.meaning, form.structure, form.weights] {
        for i in 0..8_u32 {
            words.append(first + i);
        }
    }
    for i in 16..144_u32 {
        words.append(i);
    }
    words
}

pub fn key_of(form: Form) -> Span<felt252> {
    packed(words_of(form))
}

/// The first key.
pub fn key() -> Span<felt252> {
    key_of(FORM_OF_KEY)
}

/// The first key with word `index` changed.
fn key_with(index: u32, value: u32) -> Span<felt252> {
    key_with_changes(array![(index, value)].span())
}

fn key_with_changes(changes: Span<(u32, u32)>) -> Span<felt252> {
    let mut changed = array![];
    for (i, word) in words_of(FORM_OF_KEY).into_iter().enumerate() {
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

/// The first key with the words from `start` to `end` replaced.
fn key_with_part(start: u32, end: u32, part: Span<u32>) -> Span<felt252> {
    packed(spliced(words_of(FORM_OF_KEY).span(), start, end, part))
}

fn spliced(words: Span<u32>, start: u32, end: u32, part: Span<u32>) -> Array<u32> {
    let mut changed = array![];
    changed.append_span(words.slice(0, start));
    changed.append_span(part);
    changed.append_span(words.slice(end, words.len() - end));
    changed
}

/// The first key with other instances, each (kind, parameter, log size), and pins to fit them.
fn key_with_instances(instances: Array<(u32, u32, u32)>) -> Span<felt252> {
    let mut part = array![instances.len()];
    for (kind, parameter, log_size) in instances {
        part.append_span(array![kind, parameter, log_size].span());
    }
    key_with_part(INSTANCES, POW_BITS, part.span())
}

/// The first key with `rows` outputs, each with a scale of its own.
pub fn key_with_scales(rows: u32) -> Span<felt252> {
    let mut part = array![rows, 0x7ffffffe, 5, rows];
    for i in 0..rows {
        part.append(i);
        part.append(0x3ff00000);
    }
    key_with_part(OUTPUT + ROWS, MEANING, part.span())
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

fn instance(kind: u32, log_size: u32) -> Instance {
    Instance { kind, log_size }
}

#[test]
fn a_key_is_read() {
    let key = read_key(key());
    let tables = array![
        instance(LINEAR, 7), instance(ACTIVATE, 6), instance(LUT, 8), instance(MAC, 4), instance(BLINDER, 9),
    ];
    assert!(key.instances == tables.span());
    assert!(key.log_size == 9);
    assert!(key.structure_root.unbox() == [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(key.weights_root.unbox() == [8, 9, 10, 11, 12, 13, 14, 15]);
    assert!(key.weights_pin.len() == 128 && *key.weights_pin[0] == 16 && *key.weights_pin[127] == 143);
    assert!(key.pow_bits == 24 && key.log_blowup == 4 && key.n_queries == 18 && key.fold_step == 4);
    assert!(key.constant_reads == array![64, 0].span());
    assert!(key.tensors.len() == 2);
    for tensor in key.tensors {
        assert!(*tensor.visibility == Visibility::Public && *tensor.form == 0);
    }
    assert!(*key.tensors[0].direction == Direction::Input && *key.tensors[1].direction == Direction::Output);
    assert!(*key.tensors[0].wire == 16 && *key.tensors[1].wire == 17);
    assert!(*key.tensors[0].rows == 64 && *key.tensors[1].rows == 10);
    assert!(key.stem.len() == WEIGHTS_ROOT);
}

/// The id is the C++ library's (tests/unit/stark/data_commitment_test.cpp).
#[test]
fn the_id_of_a_commitment_follows_from_the_root_the_pin_and_the_key() {
    let key = read_key(key());
    let root = BoxTrait::new([100, 101, 102, 103, 104, 105, 106, 107]);
    let mut pin = array![];
    for i in 200..328_u32 {
        pin.append(i);
    }
    let pin = pin.span();
    let (input, output) = (key.tensors[0], key.tensors[1]);
    assert!(
        commitment_id(@key, input, root, pin)
            .unbox() == [
                0xff7e0c67, 0x1254d256, 0x69302ede, 0x45874236, 0xa229adce, 0xf54b3ee2, 0x02c0a8d1, 0x60998ac8,
            ],
    );
    assert!(commitment_id(@key, output, root, pin).unbox() != commitment_id(@key, input, root, pin).unbox());
    assert!(commitment_id(@key, input, root, pin.slice(0, 127)).unbox() != commitment_id(@key, input, root, pin).unbox());
}

#[test]
fn a_stem_is_all_of_a_key_before_its_weights_root() {
    let stem_of = |felts| stem(@read_key(felts));
    // Words that may have any value: the queries, reads, a row count, scales, the meaning, the roots and the pin.
    for i in array![QUERIES, CONSTANTS + 2, INPUT + ROWS, OUTPUT + SCALES + 1] {
        assert!(stem_of(key_with(i, 777)) != stem_of(key()));
    }
    for i in MEANING..PIN + 128 {
        assert!((stem_of(key_with(i, 12345)) == stem_of(key())) == (i >= WEIGHTS_ROOT));
    }
}

#[test]
#[should_panic(expected: 'circlet: key pin')]
fn a_pin_is_of_residues() {
    read_key(key_with(PIN + 127, 0x7fffffff));
}

#[test]
#[should_panic(expected: 'circlet: key too short')]
fn a_key_has_a_pin() {
    let felts = key();
    read_key(felts.slice(0, felts.len() - 1));
}

#[test]
#[should_panic(expected: 'circlet: key version')]
fn a_key_of_the_last_format_is_refused() {
    read_key(key_with(0, 4));
}

#[test]
#[should_panic(expected: 'circlet: key AIR')]
fn a_key_of_other_tables_is_refused() {
    read_key(key_with(1, 3));
}

#[test]
#[should_panic(expected: 'circlet: key hash')]
fn a_key_has_the_one_hash() {
    read_key(key_with(2, 2));
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
fn tables_may_be_absent() {
    let key = read_key(key_with_instances(array![(LINEAR, 16, 7), (LUT, 0, 9), (BLINDER, 0, 9)]));
    assert!(key.instances == array![instance(LINEAR, 7), instance(LUT, 9), instance(BLINDER, 9)].span());
    assert!(key.weights_pin.len() == 128);
}

#[test]
fn without_weights_there_is_no_pin() {
    let words = words_of(FORM_OF_KEY);
    let words = spliced(words.span(), PIN, PIN + 128, array![].span());
    let part = array![2, ACTIVATE, 1, 5, BLINDER, 0, 5].span();
    let key = read_key(packed(spliced(words.span(), INSTANCES, POW_BITS, part)));
    assert!(key.instances == array![instance(ACTIVATE, 5), instance(BLINDER, 5)].span());
    assert!(key.weights_pin.is_empty());
}

#[test]
#[should_panic(expected: 'circlet: key instances')]
fn a_key_has_a_table_besides_the_blinder() {
    read_key(key_with_instances(array![(BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key instances')]
fn a_key_has_a_greatest_number_of_instances() {
    read_key(key_with(INSTANCES, 17));
}

#[test]
#[should_panic(expected: 'circlet: key kind')]
fn the_kinds_begin_with_linear() {
    read_key(key_with_instances(array![(0, 0, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key kind')]
fn the_kinds_end_with_the_blinder() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (7, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key parameter')]
fn linear_has_sixteen_weights_a_row() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (LINEAR, 32, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key parameter')]
fn activate_has_one_sample() {
    read_key(key_with_instances(array![(ACTIVATE, 2, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key parameter')]
fn claims_of_activate_have_no_step() {
    read_key(key_with_instances(array![(ACTIVATE, 257, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key parameter')]
fn no_table_of_tiles_stands_beside_activate() {
    read_key(key_with_instances(array![(ACTIVATE, 1, 7), (ACTIVATE, 4, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key parameter')]
fn other_kinds_have_no_parameter() {
    read_key(key_with_instances(array![(MAC, 1, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key instance order')]
fn kinds_ascend() {
    read_key(key_with_instances(array![(ACTIVATE, 1, 7), (LINEAR, 16, 7), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key instance order')]
fn a_table_stands_once() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (LINEAR, 16, 8), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key instance order')]
fn a_blinder_stands_once() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (BLINDER, 0, 9), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key blinder')]
fn a_key_has_a_blinder() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (MAC, 0, 9)]));
}

#[test]
fn the_blinder_may_be_as_tall_as_the_tallest_table() {
    assert!(read_key(key_with(BLINDERS_LOG_SIZE, 8)).log_size == 8);
    assert!(read_key(key_with(BLINDERS_LOG_SIZE, 26)).log_size == 26);
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn no_table_is_taller_than_the_blinder() {
    read_key(key_with(BLINDERS_LOG_SIZE, 7));
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn the_blinder_has_a_greatest_size() {
    read_key(key_with(BLINDERS_LOG_SIZE, 27));
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn a_table_has_a_least_size() {
    read_key(key_with_instances(array![(LINEAR, 16, 3), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn committed_values_are_as_tall_as_the_blinder() {
    read_key(key_with_instances(array![(LINEAR, 16, 7), (DATA, 0, 8), (BLINDER, 0, 9)]));
}

#[test]
#[should_panic(expected: 'circlet: key log size')]
fn no_table_is_taller_than_committed_values() {
    read_key(key_with_instances(array![(LINEAR, 16, 9), (DATA, 0, 8), (BLINDER, 0, 8)]));
}

#[test]
#[should_panic(expected: 'circlet: key proof of work')]
fn work_has_a_limit() {
    read_key(key_with(POW_BITS, 33));
}

#[test]
#[should_panic(expected: 'circlet: key blow-up')]
fn blow_up_has_a_limit() {
    read_key(key_with(LOG_BLOWUP, 5));
}

#[test]
#[should_panic(expected: 'circlet: key last layer')]
fn the_last_layer_is_constant() {
    read_key(key_with(LAST_LAYER, 1));
}

#[test]
#[should_panic(expected: 'circlet: key queries')]
fn there_are_queries() {
    read_key(key_with(QUERIES, 0));
}

#[test]
#[should_panic(expected: 'circlet: key fold step')]
fn a_fold_step_has_a_limit() {
    read_key(key_with(FOLD_STEP, 5));
}

#[test]
fn zero_knowledge_is_read() {
    for flags in array![0_u32, 1, 3] {
        read_key(key_with(FLAGS, flags));
    }
}

#[test]
#[should_panic(expected: 'circlet: key flags')]
fn a_key_that_hides_nothing_does_not_call_its_weights_public() {
    read_key(key_with(FLAGS, 2));
}

#[test]
#[should_panic(expected: 'circlet: key flags')]
fn a_flag_is_known() {
    read_key(key_with(FLAGS, 4));
}

#[test]
fn the_degrees_of_claims_add_up_to_2_26_at_most() {
    for log_degree in array![0_u32, 26] {
        read_key(key_with(LOG_DEGREE, log_degree));
    }
}

#[test]
#[should_panic(expected: 'circlet: key log degree')]
fn the_degrees_of_claims_do_not_add_up_to_2_27() {
    read_key(key_with(LOG_DEGREE, 27));
}

#[test]
fn the_second_constant_wire_may_be_absent() {
    let key = read_key(key_with_part(CONSTANTS, TENSORS, array![1, 1, 7].span()));
    assert!(key.constant_reads == array![7].span());
}

#[test]
#[should_panic(expected: 'circlet: key constants')]
fn there_is_a_constant_wire() {
    read_key(key_with_part(CONSTANTS, TENSORS, array![0].span()));
}

#[test]
#[should_panic(expected: 'circlet: key constants')]
fn there_are_two_constant_wires_of_one_lane() {
    read_key(key_with_part(CONSTANTS, TENSORS, array![3, 1, 7, 1, 7, 1, 7].span()));
}

#[test]
#[should_panic(expected: 'circlet: key lanes')]
fn a_constant_wire_has_one_lane() {
    read_key(key_with(CONSTANTS + 3, 2));
}

#[test]
#[should_panic(expected: 'circlet: key reads')]
fn reads_have_a_limit() {
    read_key(key_with(CONSTANTS + 2, 0x10000001));
}

/// The words of a tensor.
fn tensor(direction: u32, visibility: u32) -> Array<u32> {
    let mut words = array![];
    append_tensor(ref words, direction, visibility, 20, 3, 0, 1);
    words
}

/// The first key with other tensors of three values 0 or 1, each (direction, visibility), and as many instances of committed values.
pub fn key_with_tensors(tensors: Span<(u32, u32)>, committed: u32) -> Span<felt252> {
    let mut part = array![tensors.len()];
    for (direction, visibility) in tensors {
        part.append_span(tensor(*direction, *visibility).span());
    }
    let words = spliced(words_of(FORM_OF_KEY).span(), TENSORS, MEANING, part.span());
    let mut part = array![2 + committed, LINEAR, 16, 7];
    for _ in 0..committed {
        part.append_span(array![DATA, 0, 9].span());
    }
    part.append_span(array![BLINDER, 0, 9].span());
    packed(spliced(words.span(), INSTANCES, POW_BITS, part.span()))
}

#[test]
fn several_inputs_and_outputs_are_read() {
    let tensors = array![(0, COMMITTED), (0, PRIVATE), (0, PUBLIC), (1, COMMITTED), (1, PUBLIC)];
    let key = read_key(key_with_tensors(tensors.span(), 2));
    assert!(key.tensors.len() == 5);
    let mut read = key.tensors;
    for (direction, visibility) in tensors {
        let tensor = read.pop_front().unwrap();
        assert!((*tensor.direction == Direction::Output) == (direction == 1));
        let expected = match visibility {
            0 => Visibility::Public,
            1 => Visibility::Private,
            _ => Visibility::Committed,
        };
        assert!(*tensor.visibility == expected);
        assert!((*tensor.wire == 20) == (visibility == PUBLIC));
    }
}

#[test]
fn sixteen_tensors_are_read() {
    let mut tensors = array![(0, PRIVATE)];
    for _ in 0..14_u32 {
        tensors.append((1, COMMITTED));
    }
    // As many instances as there may be.
    assert!(read_key(key_with_tensors(tensors.span(), 14)).instances.len() == 16);
    tensors.append((1, PUBLIC));
    assert!(read_key(key_with_tensors(tensors.span(), 14)).tensors.len() == 16);
}

#[test]
#[should_panic(expected: 'circlet: key tensors')]
fn there_are_not_more_tensors() {
    read_key(key_with(TENSORS, 17));
}

#[test]
#[should_panic(expected: 'circlet: key tensors')]
fn there_are_tensors() {
    read_key(key_with_tensors(array![].span(), 0));
}

#[test]
#[should_panic(expected: 'circlet: key output')]
fn there_is_an_output() {
    read_key(key_with_tensors(array![(0, PUBLIC)].span(), 0));
}

#[test]
#[should_panic(expected: 'circlet: key tensor order')]
fn inputs_come_first() {
    read_key(key_with_tensors(array![(0, PUBLIC), (1, PUBLIC), (0, PUBLIC), (1, PUBLIC)].span(), 0));
}

#[test]
#[should_panic(expected: 'circlet: key committed')]
fn committed_values_have_a_table() {
    read_key(key_with_tensors(array![(0, COMMITTED), (1, COMMITTED)].span(), 1));
}

#[test]
#[should_panic(expected: 'circlet: key committed')]
fn a_table_of_committed_values_has_a_tensor() {
    read_key(key_with_tensors(array![(0, PUBLIC), (1, COMMITTED)].span(), 2));
}

#[test]
fn committed_values_are_read() {
    for (input, output) in array![(true, false), (false, true), (true, true)] {
        let key = read_key(key_of(committed_form(input, output)));
        assert!((*key.tensors[0].visibility == Visibility::Committed) == input);
        assert!((*key.tensors[1].visibility == Visibility::Committed) == output);
        assert!((*key.tensors[0].wire == 0) == input && (*key.tensors[1].wire == 0) == output);
    }
}

#[test]
fn the_form_of_an_output_is_read() {
    for form in array![0, 1, 2, 3_u32] {
        assert!(*read_key(key_with(OUTPUT + FORM, form)).tensors[1].form == form);
    }
}

#[test]
#[should_panic(expected: 'circlet: key form')]
fn a_form_of_an_output_is_known() {
    read_key(key_with(OUTPUT + FORM, 4));
}

#[test]
#[should_panic(expected: 'circlet: key form')]
fn an_input_has_no_form() {
    read_key(key_with(INPUT + FORM, 1));
}

#[test]
#[should_panic(expected: 'circlet: key direction')]
fn a_direction_is_known() {
    read_key(key_with(OUTPUT, 2));
}

#[test]
#[should_panic(expected: 'circlet: key private output')]
fn an_output_is_not_private() {
    read_key(key_of(Form { output: PRIVATE, ..FORM_OF_KEY }));
}

#[test]
#[should_panic(expected: 'circlet: key visibility')]
fn a_visibility_is_known() {
    read_key(key_of(Form { input: 3, ..FORM_OF_KEY }));
}

#[test]
#[should_panic(expected: 'circlet: key lanes')]
fn a_tensor_has_one_sample() {
    read_key(key_with(INPUT + LANES, 2));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_claim_has_a_model_wire() {
    read_key(key_with(INPUT + WIRE, 15));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_wire_is_a_residue() {
    read_key(key_with(INPUT + WIRE, 0x7fffffff));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_private_input_has_no_claim() {
    read_key(key_with(INPUT + VISIBILITY, PRIVATE));
}

#[test]
#[should_panic(expected: 'circlet: key wire')]
fn a_committed_output_has_no_claim_by_the_verifier() {
    read_key(key_with(OUTPUT + VISIBILITY, COMMITTED));
}

#[test]
#[should_panic(expected: 'circlet: key rows')]
fn a_tensor_has_rows() {
    read_key(key_with(INPUT + ROWS, 0));
}

#[test]
#[should_panic(expected: 'circlet: key rows')]
fn rows_have_a_limit() {
    read_key(key_with(INPUT + ROWS, 0x1000001));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn a_scale_is_positive() {
    read_key(key_with(INPUT + SCALES + 2, 0xbff00000));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn a_scale_is_not_zero() {
    read_key(key_with(INPUT + SCALES + 2, 0));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn a_scale_is_finite() {
    read_key(key_with(INPUT + SCALES + 2, 0x7ff00000));
}

#[test]
#[should_panic(expected: 'circlet: key scales')]
fn there_is_one_scale_or_one_a_row() {
    read_key(key_with(INPUT + SCALES, 2));
}

#[test]
#[should_panic(expected: 'circlet: key range')]
fn a_range_is_of_residues() {
    read_key(key_with(INPUT + GREATEST, 0x7fffffff));
}

#[test]
#[should_panic(expected: 'circlet: key range')]
fn a_range_is_not_empty() {
    // -1 is less than 0.
    read_key(key_with(INPUT + GREATEST, 0x7ffffffe));
}

#[test]
#[should_panic(expected: 'circlet: key too long')]
fn a_key_ends_with_its_pin() {
    let mut felts = array![];
    felts.append_span(key());
    felts.append(0);
    read_key(felts.span());
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
