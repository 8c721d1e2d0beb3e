//! The two tapes of a proof (docs/calldata.md): `values`, eight M31 a felt in base 2^31, and `hashes`, first their top bytes,
//! 31 a felt, and then a felt a hash with its low 248 bits.
//! Lengths are the reader's: a tape says none.
#[feature("bounded-int-utils")]
use core::internal::bounded_int::{
    AddHelper, BoundedInt, DivRemHelper, MulHelper, UnitInt, add, div_rem, downcast, mul, upcast,
};
use crate::blake2s::Hash;
use crate::fields::{M31, QM31};
use crate::weighted::{Sum, add_eight};

type U128 = BoundedInt<0, 0xffffffffffffffffffffffffffffffff>;
type U120 = BoundedInt<0, 0xffffffffffffffffffffffffffffff>;
type U124 = BoundedInt<0, 0xfffffffffffffffffffffffffffffff>;
type U62 = BoundedInt<0, 0x3fffffffffffffff>;
type U4 = BoundedInt<0, 0xf>;
type U132 = BoundedInt<0, 0xfffffffffffffffffffffffffffffffff>;
type U70 = BoundedInt<0, 0x3fffffffffffffffff>;
type U39 = BoundedInt<0, 0x7fffffffff>;
type U64 = BoundedInt<0, 0xffffffffffffffff>;
type U32 = BoundedInt<0, 0xffffffff>;
type U24 = BoundedInt<0, 0xffffff>;
pub type Byte = BoundedInt<0, 0xff>;
/// A digit of base 2^31: a residue, or p, which stands for 0.
pub type Digit = BoundedInt<0, 0x7fffffff>;

impl SplitLow of DivRemHelper<U128, UnitInt<0x10000000000000000000000000000000>> {
    type DivT = U4;
    type RemT = U124;
}
impl SplitU124 of DivRemHelper<U124, UnitInt<0x4000000000000000>> {
    type DivT = U62;
    type RemT = U62;
}
impl SplitU62 of DivRemHelper<U62, UnitInt<0x80000000>> {
    type DivT = Digit;
    type RemT = Digit;
}
impl ShiftHigh of MulHelper<U128, UnitInt<16>> {
    type Result = BoundedInt<0, 0xffffffffffffffffffffffffffffffff0>;
}
impl AddCarry of AddHelper<BoundedInt<0, 0xffffffffffffffffffffffffffffffff0>, U4> {
    type Result = U132;
}
impl SplitU132 of DivRemHelper<U132, UnitInt<0x4000000000000000>> {
    type DivT = U70;
    type RemT = U62;
}
impl SplitU70 of DivRemHelper<U70, UnitInt<0x80000000>> {
    type DivT = U39;
    type RemT = Digit;
}
impl SplitU128 of DivRemHelper<U128, UnitInt<0x10000000000000000>> {
    type DivT = U64;
    type RemT = U64;
}
impl SplitU64 of DivRemHelper<U64, UnitInt<0x100000000>> {
    type DivT = U32;
    type RemT = U32;
}
impl ShiftByte of MulHelper<Byte, UnitInt<0x1000000>> {
    type Result = BoundedInt<0, 0xff000000>;
}
impl AddByte of AddHelper<U24, BoundedInt<0, 0xff000000>> {
    type Result = U32;
}
impl SplitByte of DivRemHelper<U128, UnitInt<0x100>> {
    type DivT = U120;
    type RemT = Byte;
}

const NZ_2_31: NonZero<UnitInt<0x80000000>> = 0x80000000;
const NZ_2_32: NonZero<UnitInt<0x100000000>> = 0x100000000;
const NZ_2_62: NonZero<UnitInt<0x4000000000000000>> = 0x4000000000000000;
const NZ_2_64: NonZero<UnitInt<0x10000000000000000>> = 0x10000000000000000;
const NZ_2_124: NonZero<UnitInt<0x10000000000000000000000000000000>> = 0x10000000000000000000000000000000;
const NZ_2_8: NonZero<UnitInt<0x100>> = 0x100;
const UNIT_16: UnitInt<16> = 16;
const UNIT_2_24: UnitInt<0x1000000> = 0x1000000;

/// The eight digits of a felt below 2^248, the least significant first.
pub fn unpack_digits(felt: felt252) -> [Digit; 8] {
    let felt: u256 = felt.into();
    let low: U128 = upcast(felt.low);
    let high: U128 = upcast(felt.high);
    let (carry, low) = div_rem(low, NZ_2_124);
    let (b, a) = div_rem(low, NZ_2_62);
    let (d1, d0) = div_rem(a, NZ_2_31);
    let (d3, d2) = div_rem(b, NZ_2_31);
    let (d, c) = div_rem(add(mul(high, UNIT_16), carry), NZ_2_62);
    let (d5, d4) = div_rem(c, NZ_2_31);
    let (d7, d6) = div_rem(d, NZ_2_31);
    [d0, d1, d2, d3, d4, d5, d6, downcast(d7).expect('circlet: felt beyond 2^248')]
}

/// The eight words of the hash whose low 248 bits are `felt` and whose top byte is `top`.
#[inline(always)]
fn unpack_hash(felt: felt252, top: Byte) -> [u32; 8] {
    let felt: u256 = felt.into();
    let low: U128 = upcast(felt.low);
    let high: U128 = upcast(felt.high);
    let (b, a) = div_rem(low, NZ_2_64);
    let (w1, w0) = div_rem(a, NZ_2_32);
    let (w3, w2) = div_rem(b, NZ_2_32);
    let (d, c) = div_rem(high, NZ_2_64);
    let (w5, w4) = div_rem(c, NZ_2_32);
    let (w7, w6) = div_rem(d, NZ_2_32);
    let w7: U24 = downcast(w7).expect('circlet: felt beyond 2^248');
    let w7 = add(w7, mul(top, UNIT_2_24));
    [
        upcast(w0), upcast(w1), upcast(w2), upcast(w3), upcast(w4), upcast(w5), upcast(w6), upcast(w7),
    ]
}

/// Appends the 31 bytes of a felt below 2^248, the least significant first.
fn append_bytes(ref bytes: Array<Byte>, felt: felt252) {
    let felt: u256 = felt.into();
    let rest = append_fifteen_bytes(ref bytes, upcast(felt.low));
    bytes.append(downcast(rest).unwrap());
    let rest = append_fifteen_bytes(ref bytes, upcast(felt.high));
    assert(rest == 0, 'circlet: felt beyond 2^248');
}

/// Returns what is left.
fn append_fifteen_bytes(ref bytes: Array<Byte>, value: U128) -> U120 {
    let (value, byte) = div_rem(value, NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    let (value, byte) = div_rem(upcast::<_, U128>(value), NZ_2_8);
    bytes.append(byte);
    value
}

/// A digit that is a residue below p.
#[inline(always)]
pub fn canonical(digit: u32) -> M31 {
    downcast(digit).expect('circlet: value beyond p')
}

/// The last `count` words are digits that a section does not use.
fn check_unused(mut words: Span<u32>, count: u32) {
    for _ in 0..count {
        assert(*words.pop_back().unwrap() == 0, 'circlet: unused digit');
    }
}

#[derive(Copy, Drop)]
pub struct ValueTape {
    rest: Span<felt252>,
}

#[generate_trait]
pub impl ValueTapeImpl of ValueTapeTrait {
    fn new(values: Span<felt252>) -> ValueTape {
        ValueTape { rest: values }
    }

    /// Appends the digits of one section of `count` digits to `words`, and zeros up to a multiple of eight.
    fn read(ref self: ValueTape, ref words: Array<u32>, count: u32) {
        if count == 0 {
            return;
        }
        let [d0, d1, d2, d3, d4, d5, d6, d7] = unpack_digits(self.next());
        words.append(upcast(d0));
        words.append(upcast(d1));
        words.append(upcast(d2));
        words.append(upcast(d3));
        words.append(upcast(d4));
        words.append(upcast(d5));
        words.append(upcast(d6));
        words.append(upcast(d7));
        if count >= 8 {
            self.read(ref words, count - 8)
        } else {
            check_unused(words.span(), 8 - count);
        }
    }

    /// Appends the digits of a section of `count` to `words`, and zeros up to a multiple of eight; returns `sum` plus the
    /// digits times their weights, of which there are as many.
    fn read_weighted(
        ref self: ValueTape, ref words: Array<u32>, count: u32, mut weights: Span<felt252>, sum: Sum,
    ) -> Sum {
        let eight = match weights.multi_pop_front::<16>() {
            Some(eight) => *eight,
            None => {
                check_unused(words.span(), words.len() - count);
                return sum;
            },
        };
        let [d0, d1, d2, d3, d4, d5, d6, d7] = unpack_digits(self.next());
        words.append(upcast(d0));
        words.append(upcast(d1));
        words.append(upcast(d2));
        words.append(upcast(d3));
        words.append(upcast(d4));
        words.append(upcast(d5));
        words.append(upcast(d6));
        words.append(upcast(d7));
        let sum = add_eight(
            sum,
            upcast(d0),
            upcast(d1),
            upcast(d2),
            upcast(d3),
            upcast(d4),
            upcast(d5),
            upcast(d6),
            upcast(d7),
            eight,
        );
        self.read_weighted(ref words, count, weights, sum)
    }

    /// A section of `count` felts of QM31, two a felt, all canonical.
    fn read_secure(ref self: ValueTape, count: u32) -> Span<QM31> {
        let mut felts = array![];
        self.append_secure(ref felts, count);
        felts.span()
    }

    fn append_secure(ref self: ValueTape, ref felts: Array<QM31>, count: u32) {
        if count == 0 {
            return;
        }
        let [d0, d1, d2, d3, d4, d5, d6, d7] = unpack_digits(self.next());
        felts.append(QM31 { a: residue(d0), b: residue(d1), c: residue(d2), d: residue(d3) });
        if count == 1 {
            assert(d4 == 0 && d5 == 0 && d6 == 0 && d7 == 0, 'circlet: unused digit');
            return;
        }
        felts.append(QM31 { a: residue(d4), b: residue(d5), c: residue(d6), d: residue(d7) });
        self.append_secure(ref felts, count - 2)
    }

    fn next(ref self: ValueTape) -> felt252 {
        *self.rest.pop_front().expect('circlet: values too short')
    }

    /// As `read`, but `words` gets the `count` digits alone.
    fn read_exactly(ref self: ValueTape, ref words: Array<u32>, count: u32) {
        let whole = count - count % 8;
        self.read(ref words, whole);
        if whole != count {
            let mut last = array![];
            self.read(ref last, count - whole);
            for digit in last.span().slice(0, count - whole) {
                words.append(*digit);
            }
        }
    }

    /// The felts taken since the tape was `before`.
    fn taken_since(self: @ValueTape, before: ValueTape) -> Span<felt252> {
        before.rest.slice(0, before.rest.len() - (*self.rest).len())
    }

    fn finish(self: ValueTape) {
        assert(self.rest.is_empty(), 'circlet: values too long');
    }
}

#[inline(always)]
fn residue(digit: Digit) -> M31 {
    downcast(digit).expect('circlet: value beyond p')
}

#[derive(Copy, Drop)]
pub struct HashTape {
    rest: Span<felt252>,
    tops: Span<Byte>,
}

#[generate_trait]
pub impl HashTapeImpl of HashTapeTrait {
    /// n hashes come as ceil(n / 31) felts of top bytes and n felts of the rest: ceil(length / 32) felts of top bytes.
    fn new(mut hashes: Span<felt252>) -> HashTape {
        let mut tops = array![];
        for _ in 0..(hashes.len() + 31) / 32 {
            append_bytes(ref tops, *hashes.pop_front().unwrap());
        }
        HashTape { rest: hashes, tops: tops.span() }
    }

    fn next(ref self: HashTape) -> Hash {
        BoxTrait::new(self.next_words())
    }

    #[inline(always)]
    fn next_words(ref self: HashTape) -> [u32; 8] {
        let felt = *self.rest.pop_front().expect('circlet: hashes too short');
        unpack_hash(felt, *self.tops.pop_front().unwrap())
    }

    fn finish(self: HashTape) {
        assert(self.rest.is_empty(), 'circlet: hashes too long');
        // A length of 32 k + 1 has a felt of top bytes for no hash.
        assert(self.tops.len() < 31, 'circlet: hashes too long');
        for top in self.tops {
            assert(upcast::<_, felt252>(*top) == 0, 'circlet: unused byte');
        }
    }
}

/// The felts whose coordinates are `words`, four each.
pub fn secure_felts(mut words: Span<u32>) -> Array<QM31> {
    let mut felts = array![];
    while let Some(coordinates) = words.multi_pop_front::<4>() {
        let [a, b, c, d] = (*coordinates).unbox();
        felts.append(QM31 { a: canonical(a), b: canonical(b), c: canonical(c), d: canonical(d) });
    }
    felts
}

#[cfg(test)]
mod tests;
