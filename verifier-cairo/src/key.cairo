//! The verification key (docs/protocol.md section 4): all that the verifier trusts. Its words come seven a felt in base
//! 2^32, and must be the canonical encoding of a key within the limits below.
#[feature("bounded-int-utils")]
use core::internal::bounded_int::{BoundedInt, DivRemHelper, UnitInt, div_rem, downcast, upcast};
use core::poseidon::poseidon_hash_span;
use crate::blake2s::{Hash, append_hash, hash_words};
use crate::fields::M31;
use crate::generated::layout::{BLINDER, DATA, LINEAR, PARAMETERS, WEIGHTS_TREE};
use crate::layout::{Instance, columns, committed};
use crate::pin::POINTS;

const FORMAT_VERSION: u32 = 5;
const AIR_ID: u32 = 4;
const HASH_ID: u32 = 1;
// Limits of sizes. With one instance of a table, eleven of committed values, 2^26 rows each and 2^28 reads of each wire of the
// verifier, no tuple of the bus is used 2^31 times.
const MAX_INSTANCES: u32 = 16;
const MIN_LOG_SIZE: u32 = 4;
const MAX_LOG_SIZE: u32 = 26;
const MAX_TENSORS: u32 = 16;
/// Of the degrees of all claims in the challenges together.
const MAX_LOG_DEGREE: u32 = 26;
const MAX_ROWS: u32 = 0x1000000;
const MAX_READS: u32 = 0x10000000;
const FIRST_MODEL_WIRE: u32 = 16;
/// Forms of outputs (contracts/prediction.cairo).
const GREATEST_FORM: u32 = 3;

#[derive(Copy, Drop, PartialEq, Debug)]
pub enum Direction {
    Input,
    Output,
}

/// Who knows a tensor's values: everybody; nobody but the prover; or whoever holds the opening of a commitment.
#[derive(Copy, Drop, PartialEq, Debug)]
pub enum Visibility {
    Public,
    Private,
    Committed,
}

/// An input or an output of the model.
#[derive(Copy, Drop)]
pub struct Tensor {
    pub direction: Direction,
    pub visibility: Visibility,
    pub form: u32,
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
    /// The words before the weights root.
    pub stem: Span<u32>,
    pub instances: Span<Instance>,
    /// Of committed values and the blinder: no table is taller.
    pub log_size: u32,
    pub pow_bits: u32,
    pub log_blowup: u32,
    pub n_queries: u32,
    pub fold_step: u32,
    /// Reads of the wires 1, 2, .. whose value is 1.
    pub constant_reads: Span<M31>,
    pub tensors: Span<Tensor>,
    pub structure_root: Hash,
    pub weights_root: Hash,
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

#[inline(never)]
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

/// The tables, and the greatest log size. Kinds ascend; as each has one parameter here, none stands twice but committed values. These
/// and the blinder, which is the last, have the greatest size.
fn next_instances(ref words: Span<u32>) -> (Span<Instance>, u32) {
    let mut instances = array![];
    let mut log_size = 0;
    let mut previous = 0;
    for _ in 0..next_within(ref words, 2, MAX_INSTANCES, 'circlet: key instances') {
        let kind = next_within(ref words, LINEAR, BLINDER, 'circlet: key kind');
        let parameter = *PARAMETERS.span()[kind - 1];
        next_within(ref words, parameter, parameter, 'circlet: key parameter');
        assert(previous < kind || (kind == previous && kind == DATA), 'circlet: key instance order');
        let size = next_within(ref words, MIN_LOG_SIZE, MAX_LOG_SIZE, 'circlet: key log size');
        if kind >= DATA {
            assert(log_size == size || (log_size < size && previous < DATA), 'circlet: key log size');
        }
        log_size = core::cmp::max(log_size, size);
        previous = kind;
        instances.append(Instance { kind, log_size: size });
    }
    assert(previous == BLINDER, 'circlet: key blinder');
    (instances.span(), log_size)
}

/// The reads of the wires whose value is 1: one or two, as wires of other values have more lanes than here.
fn next_constant_reads(ref words: Span<u32>) -> Span<M31> {
    let mut reads = array![];
    for _ in 0..next_within(ref words, 1, 2, 'circlet: key constants') {
        next_within(ref words, 1, 1, 'circlet: key lanes');
        reads.append(downcast(next_within(ref words, 0, MAX_READS, 'circlet: key reads')).unwrap());
    }
    reads.span()
}

fn next_direction(ref words: Span<u32>) -> Direction {
    match next(ref words) {
        0 => Direction::Input,
        1 => Direction::Output,
        _ => core::panic_with_felt252('circlet: key direction'),
    }
}

fn next_visibility(ref words: Span<u32>) -> Visibility {
    match next(ref words) {
        0 => Visibility::Public,
        1 => Visibility::Private,
        2 => Visibility::Committed,
        _ => core::panic_with_felt252('circlet: key visibility'),
    }
}

/// As it stands in a key.
pub fn visibility_word(visibility: Visibility) -> u32 {
    match visibility {
        Visibility::Public => 0,
        Visibility::Private => 1,
        Visibility::Committed => 2,
    }
}

fn next_tensor(ref words: Span<u32>) -> Tensor {
    let direction = next_direction(ref words);
    let visibility = next_visibility(ref words);
    let greatest_form = match direction {
        Direction::Input => 0,
        Direction::Output => {
            assert(visibility != Visibility::Private, 'circlet: key private output');
            GREATEST_FORM
        },
    };
    let form = next_within(ref words, 0, greatest_form, 'circlet: key form');
    next_within(ref words, 1, 1, 'circlet: key lanes');
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
    let scales = next_scales(ref words, rows);
    Tensor { direction, visibility, form, wire, rows, least, greatest, scales }
}

/// Positive finite binary64 numbers, the low word first; one, or one a row.
fn next_scales(ref words: Span<u32>, rows: u32) -> Span<u32> {
    let from_here = words;
    let count = next(ref words);
    assert(count == 1 || count == rows, 'circlet: key scales');
    for _ in 0..count {
        let low = next(ref words);
        let high = next(ref words);
        assert(high < 0x7ff00000 && (low != 0 || high != 0), 'circlet: key scales');
    }
    from_here.slice(0, from_here.len() - words.len())
}

/// Inputs, then at least one output; `committed` of them are committed.
fn next_tensors(ref words: Span<u32>, committed: u32) -> Span<Tensor> {
    let mut tensors = array![];
    let mut direction = Direction::Input;
    let mut found = 0;
    for _ in 0..next_within(ref words, 1, MAX_TENSORS, 'circlet: key tensors') {
        let tensor = next_tensor(ref words);
        assert(direction == Direction::Input || tensor.direction == direction, 'circlet: key tensor order');
        direction = tensor.direction;
        if tensor.visibility == Visibility::Committed {
            found += 1;
        }
        tensors.append(tensor);
    }
    assert(direction == Direction::Output, 'circlet: key output');
    assert(found == committed, 'circlet: key committed');
    tensors.span()
}

pub fn read_key(felts: Span<felt252>) -> Key {
    let words = unpack_words(felts).span();
    let mut rest = words;
    next_within(ref rest, FORMAT_VERSION, FORMAT_VERSION, 'circlet: key version');
    next_within(ref rest, AIR_ID, AIR_ID, 'circlet: key AIR');
    next_within(ref rest, HASH_ID, HASH_ID, 'circlet: key hash');
    let (instances, log_size) = next_instances(ref rest);
    let pow_bits = next_within(ref rest, 0, 32, 'circlet: key proof of work');
    let log_blowup = next_within(ref rest, 1, 4, 'circlet: key blow-up');
    next_within(ref rest, 0, 0, 'circlet: key last layer');
    let n_queries = next_within(ref rest, 1, 1024, 'circlet: key queries');
    // No table is lower than 2^4.
    let fold_step = next_within(ref rest, 1, 4, 'circlet: key fold step');
    // Zero knowledge, and with it public weights: the prover's promises to himself.
    let flags = next_within(ref rest, 0, 3, 'circlet: key flags');
    assert(flags != 2, 'circlet: key flags');
    // Claims of a greater degree are told apart with fewer than 98 bits.
    next_within(ref rest, 0, MAX_LOG_DEGREE, 'circlet: key log degree');
    let constant_reads = next_constant_reads(ref rest);
    let tensors = next_tensors(ref rest, committed(instances));
    // What the model means is compared by whoever has its public structure.
    let _ = next_hash(ref rest);
    let structure_root = next_hash(ref rest);
    let stem = words.slice(0, words.len() - rest.len());
    let weights_root = next_hash(ref rest);
    let weights_pin = next_pin(ref rest, instances);
    let unused = rest.len();
    assert(unused < 7, 'circlet: key too long');
    for word in rest {
        assert(*word == 0, 'circlet: key unused word');
    }
    let mut message = array![];
    message.append_span(words.slice(0, words.len() - unused));
    Key {
        digest: hash_words(message),
        stem,
        instances,
        log_size,
        pow_bits,
        log_blowup,
        n_queries,
        fold_step,
        constant_reads,
        tensors,
        structure_root,
        weights_root,
        weights_pin,
    }
}

/// A felt of QM31 for each column of weights and each point.
fn next_pin(ref words: Span<u32>, instances: Span<Instance>) -> Span<u32> {
    let from_here = words;
    for instance in instances {
        for _ in 0..4 * POINTS * columns(*instance.kind, WEIGHTS_TREE).once {
            next_residue(ref words, 'circlet: key pin');
        }
    }
    from_here.slice(0, from_here.len() - words.len())
}

/// The id of the values of `tensor`, one of the key's, that a tree with this root and pin stands for: the hash of the two, their
/// number, the tree's sizes and the scales. The root alone would be other values' under a key that reads its tree otherwise, and might
/// be several values' without the pin.
pub fn commitment_id(key: @Key, tensor: @Tensor, root: Hash, pin: Span<u32>) -> Hash {
    let mut message = array![];
    append_hash(ref message, root);
    message.append_span(pin);
    message.append(*tensor.rows);
    message.append(*key.log_size);
    message.append(*key.log_blowup);
    message.append_span(*tensor.scales);
    hash_words(message)
}

/// What a key says of its model apart from the commitment to the weights: Poseidon of the words before the weights root. Keys that
/// agree in it differ in the weights root and its pin alone, and may be of one family (contracts/model_registry.cairo).
pub fn stem(key: @Key) -> felt252 {
    let mut preimage = array![];
    for word in *key.stem {
        preimage.append((*word).into());
    }
    poseidon_hash_span(preimage.span())
}

#[cfg(test)]
pub mod tests;
