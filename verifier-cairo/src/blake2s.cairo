//! Blake2s-256, unkeyed (RFC 7693), over whole words: message words are little-endian u32.
use core::blake::{blake2s_compress, blake2s_finalize};

/// 32 bytes; word i is the little-endian u32 at byte 4 i.
pub type Hash = Box<[u32; 8]>;

/// The initial state: IV with the parameter block of a 32-byte digest without a key.
#[inline(always)]
pub fn initial_state() -> Hash {
    BoxTrait::new(
        [
            0x6b08e647, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
        ],
    )
}

/// The hash of at most 64 bytes: a block padded with zeros, and its length in bytes.
#[inline(always)]
pub fn hash_block(block: Box<[u32; 16]>, bytes: u32) -> Hash {
    blake2s_finalize(initial_state(), bytes, block)
}

/// H(left || right).
#[inline(always)]
pub fn hash_pair(left: Hash, right: Hash) -> Hash {
    let [a, b, c, d, e, f, g, h] = left.unbox();
    let [i, j, k, l, m, n, o, p] = right.unbox();
    hash_block(BoxTrait::new([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), 64)
}

/// The hash of `words`, at least one.
pub fn hash_words(mut words: Array<u32>) -> Hash {
    let bytes = words.len() * 4;
    append_zeros(ref words, (16 - words.len() % 16) % 16);
    hash_padded(words.span(), bytes)
}

pub fn append_zeros(ref words: Array<u32>, count: u32) {
    for _ in 0..count {
        words.append(0);
    }
}

/// The hash of the first `bytes` bytes of `words`, whole blocks of which the last is padded with zeros.
pub fn hash_padded(words: Span<u32>, bytes: u32) -> Hash {
    hash_blocks(initial_state(), 64, words, bytes)
}

fn hash_blocks(state: Hash, counted: u32, mut words: Span<u32>, bytes: u32) -> Hash {
    let block = *words.multi_pop_front::<16>().expect('circlet: blake block');
    if words.is_empty() {
        blake2s_finalize(state, bytes, block)
    } else {
        hash_blocks(blake2s_compress(state, counted, block), counted + 64, words, bytes)
    }
}

/// The low and the high 128 bits of the 32 bytes as a little-endian integer.
pub fn halves(hash: Hash) -> (felt252, felt252) {
    let [a, b, c, d, e, f, g, h] = hash.unbox();
    (felt_of([a, b, c, d]), felt_of([e, f, g, h]))
}

fn felt_of(words: [u32; 4]) -> felt252 {
    let [a, b, c, d] = words;
    let (a, b, c, d): (felt252, felt252, felt252, felt252) = (a.into(), b.into(), c.into(), d.into());
    ((d * 0x100000000 + c) * 0x100000000 + b) * 0x100000000 + a
}

pub fn append_hash(ref words: Array<u32>, hash: Hash) {
    for word in hash.unbox().span() {
        words.append(*word);
    }
}
