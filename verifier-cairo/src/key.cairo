//! The verification key (docs/protocol.md section 4): all that the verifier trusts. Its words come seven a felt in base
//! 2^32, and must be the canonical encoding of a key within the limits below.
#[feature("bounded-int-utils")]
use core::internal::bounded_int::{BoundedInt, DivRemHelper, UnitInt, div_rem, downcast, upcast};
use core::poseidon::poseidon_hash_span;
use crate::blake2s::{Hash, append_hash, hash_words};
use crate::fields::M31;

const FORMAT_VERSION: u32 = 4;
const AIR_ID: u32 = 3;
const HASH_ID: u32 = 1;
const LANES: u32 = 16;
const BATCH: u32 = 1;
// Limits of sizes. With at most 2^26 rows a table, 8 uses a row in all tables together, and 2^28 reads of each wire of the
// verifier, no tuple of the bus is used 2^31 times.
const MIN_LOG_SIZE: u32 = 4;
const MAX_LOG_SIZE: u32 = 26;
const MAX_ROWS: u32 = 0x1000000;
const MAX_READS: u32 = 0x10000000;
const FIRST_MODEL_WIRE: u32 = 16;
/// The word that counts the scales of the input; the output's come next, and then the weights root and its pin.
const SCALES: u32 = 34;
/// Words: a felt of QM31 for each column of weights and each point.
const WEIGHTS_PIN: u32 = 4 * crate::pin::POINTS * LANES;
const OUTPUT_FORMS: u32 = 4;

/// Who knows the input or the output: everybody; nobody but the prover; or whoever holds the opening of a commitment.
#[derive(Copy, Drop, PartialEq, Debug)]
pub enum Visibility {
    Public,
    Private,
    Committed,
}

#[derive(Copy, Drop)]
pub struct Tensor {
    pub visibility: Visibility,
    /// Id of the wire that carries its claim; 0 unless it is public.
    pub wire: M31,
    pub rows: u32,
    /// Least and greatest integer, as residues.
    pub least: M31,
    pub greatest: M31,
    /// Words: how many real numbers an integer stands for, one or one a row; and these, two words each.
    pub scales: Span<u32>,
}

#[derive(Copy, Drop)]
pub struct Key {
    pub digest: Hash,
    /// Of linear, activate, lut and mac.
    pub log_sizes: Span<u32>,
    /// Of committed values and the blinder: no table is taller.
    pub log_size: u32,
    pub structure_root: Hash,
    pub weights_root: Hash,
    pub pow_bits: u32,
    pub log_blowup: u32,
    pub n_queries: u32,
    pub fold_step: u32,
    pub output_form: u32,
    pub input: Tensor,
    pub output: Tensor,
    /// How many of the two are committed.
    pub committed: u32,
    pub one_reads: M31,
    pub ones_reads: M31,
    /// Coordinates of the weights' columns at the points of their root (pin.cairo).
    pub weights_pin: Span<u32>,
}

type U128 = BoundedInt<0, 0xffffffffffffffffffffffffffffffff>;
impl SplitWord of DivRemHelper<U128, UnitInt<0x100000000>> {
    type DivT = BoundedInt<0, 0xffffffffffffffffffffffff>;
    type RemT = BoundedInt<0, 0xffffffff>;
}

pub fn append_words(ref words: Array<u32>, value: u128, count: u32) -> u128 {
    if count == 0 {
        return value;
    }
    let value: U128 = upcast(value);
    let (rest, word) = div_rem::<_, UnitInt<0x100000000>>(value, 0x100000000);
    words.append(upcast(word));
    append_words(ref words, upcast(rest), count - 1)
}

/// The words of `felts`, seven each.
pub fn unpack_words(felts: Span<felt252>) -> Array<u32> {
    let mut words = array![];
    for felt in felts {
        let felt: u256 = (*felt).into();
        append_words(ref words, felt.low, 4);
        let rest = append_words(ref words, felt.high, 3);
        assert(rest == 0, 'circlet: key felt');
    }
    words
}

fn within(word: u32, least: u32, greatest: u32, error: felt252) -> u32 {
    assert(least <= word && word <= greatest, error);
    word
}

fn next(ref words: Span<u32>) -> u32 {
    *words.pop_front().expect('circlet: key too short')
}

fn next_within(ref words: Span<u32>, least: u32, greatest: u32, error: felt252) -> u32 {
    within(next(ref words), least, greatest, error)
}

fn next_residue(ref words: Span<u32>, error: felt252) -> M31 {
    downcast(next(ref words)).expect(error)
}

fn next_hash(ref words: Span<u32>) -> Hash {
    *words.multi_pop_front::<8>().expect('circlet: key too short')
}

/// x as an integer above -p/2: -2^30 + 1 for (p + 1)/2, returned plus 2^30.
pub fn centred(x: M31) -> u32 {
    let x: u32 = upcast(x);
    if x > 0x3fffffff {
        x - 0x3fffffff
    } else {
        x + 0x40000000
    }
}

fn next_tensor(ref words: Span<u32>, visibility: Visibility) -> Tensor {
    let wire = next_residue(ref words, 'circlet: key wire');
    if visibility == Visibility::Public {
        assert(upcast::<_, u32>(wire) >= FIRST_MODEL_WIRE, 'circlet: key wire');
    } else {
        assert(wire == 0, 'circlet: key wire');
    }
    let rows = next_within(ref words, 1, MAX_ROWS, 'circlet: key rows');
    let least = next_residue(ref words, 'circlet: key range');
    let greatest = next_residue(ref words, 'circlet: key range');
    assert(centred(least) <= centred(greatest), 'circlet: key range');
    Tensor { visibility, wire, rows, least, greatest, scales: array![].span() }
}

/// `tensor` with its scales: positive finite binary64 numbers, the low word first; one, or one a row.
fn with_next_scales(tensor: Tensor, ref words: Span<u32>) -> Tensor {
    let from_here = words;
    let count = next(ref words);
    assert(count == 1 || count == tensor.rows, 'circlet: key scales');
    for _ in 0..count {
        let low = next(ref words);
        let high = next(ref words);
        assert(high < 0x7ff00000 && (low != 0 || high != 0), 'circlet: key scales');
    }
    Tensor { scales: from_here.slice(0, from_here.len() - words.len()), ..tensor }
}

fn visibility(bits: u32) -> Visibility {
    match bits {
        0 => Visibility::Public,
        1 => Visibility::Private,
        2 => Visibility::Committed,
        _ => core::panic_with_felt252('circlet: key visibility'),
    }
}

/// Of the input and of the output, which is never private, and the form of the output (contracts/prediction.cairo). What else the
/// prover hides, two bits between them, makes no difference here: zero knowledge, and with it public weights.
fn next_visibility(ref words: Span<u32>) -> (Visibility, Visibility, u32) {
    let (form, flags) = DivRem::div_rem(next(ref words), 0x100);
    assert(form < OUTPUT_FORMS, 'circlet: key visibility');
    let (hiding, bits) = DivRem::div_rem(flags, 0x10);
    assert(hiding < 4 && hiding != 2, 'circlet: key visibility');
    let (output, input) = DivRem::div_rem(bits, 4);
    let output = visibility(output);
    assert(output != Visibility::Private, 'circlet: key visibility');
    (visibility(input), output, form)
}

fn is_committed(tensor: @Tensor) -> u32 {
    if *tensor.visibility == Visibility::Committed {
        1
    } else {
        0
    }
}

pub fn read_key(felts: Span<felt252>) -> Key {
    let words = unpack_words(felts);
    let mut rest = words.span();
    next_within(ref rest, FORMAT_VERSION, FORMAT_VERSION, 'circlet: key version');
    next_within(ref rest, AIR_ID, AIR_ID, 'circlet: key AIR');
    next_within(ref rest, HASH_ID, HASH_ID, 'circlet: key hash');
    next_within(ref rest, LANES, LANES, 'circlet: key lanes');
    next_within(ref rest, BATCH, BATCH, 'circlet: key batch');
    let mut log_sizes = array![];
    let mut log_size = 0;
    for _ in 0..crate::layout::TABLES {
        let size = next_within(ref rest, MIN_LOG_SIZE, MAX_LOG_SIZE, 'circlet: key log size');
        log_size = core::cmp::max(log_size, size);
        log_sizes.append(size);
    }
    let log_size = next_within(ref rest, log_size, MAX_LOG_SIZE, 'circlet: key log size');
    let structure_root = next_hash(ref rest);
    let pow_bits = next_within(ref rest, 0, 32, 'circlet: key proof of work');
    let log_blowup = next_within(ref rest, 1, 4, 'circlet: key blow-up');
    next_within(ref rest, 0, 0, 'circlet: key last layer');
    let n_queries = next_within(ref rest, 1, 1024, 'circlet: key queries');
    let fold_step = next_within(ref rest, 1, 4, 'circlet: key fold step');
    assert(fold_step <= log_size, 'circlet: key fold step');
    let (of_input, of_output, output_form) = next_visibility(ref rest);
    let input = next_tensor(ref rest, of_input);
    let output = next_tensor(ref rest, of_output);
    let one_reads = next_within(ref rest, 0, MAX_READS, 'circlet: key reads');
    let ones_reads = next_within(ref rest, 0, MAX_READS, 'circlet: key reads');
    let input = with_next_scales(input, ref rest);
    let output = with_next_scales(output, ref rest);
    let weights_root = next_hash(ref rest);
    let weights_pin = rest;
    for _ in 0..WEIGHTS_PIN {
        next_residue(ref rest, 'circlet: key pin');
    }
    let weights_pin = weights_pin.slice(0, WEIGHTS_PIN);
    let unused = rest.len();
    assert(unused < 7, 'circlet: key too long');
    for word in rest {
        assert(*word == 0, 'circlet: key unused word');
    }
    let mut message = array![];
    for word in words.span().slice(0, words.len() - unused) {
        message.append(*word);
    }
    Key {
        digest: hash_words(message),
        log_sizes: log_sizes.span(),
        log_size,
        structure_root,
        weights_root,
        pow_bits,
        log_blowup,
        n_queries,
        fold_step,
        output_form,
        input,
        output,
        committed: is_committed(@input) + is_committed(@output),
        one_reads: downcast(one_reads).unwrap(),
        ones_reads: downcast(ones_reads).unwrap(),
        weights_pin,
    }
}

/// The id of the values of `tensor`, the key's input or output, that a tree with this root stands for: the hash of the root, their
/// number, the tree's sizes and the scales. The root alone would be other values' under a key that reads its tree otherwise.
pub fn commitment_id(key: @Key, tensor: @Tensor, root: Hash) -> Hash {
    let mut message = array![];
    append_hash(ref message, root);
    message.append(*tensor.rows);
    message.append(*key.log_size);
    message.append(*key.log_blowup);
    message.append_span(*tensor.scales);
    hash_words(message)
}

/// What a key says of its model apart from the commitment to the weights: Poseidon of the words before the weights root. Keys that
/// agree in it differ in the weights root and its pin alone, if they are well formed, and may be of one family
/// (contracts/model_registry.cairo).
pub fn stem(felts: Span<felt252>) -> felt252 {
    let words = unpack_words(felts);
    let words = words.span();
    let outputs = SCALES + 1 + 2 * *words[SCALES];
    let weights = outputs + 1 + 2 * *words[outputs];
    let mut preimage = array![];
    for word in words.slice(0, weights) {
        preimage.append((*word).into());
    }
    poseidon_hash_span(preimage.span())
}

#[cfg(test)]
pub mod tests;
