//! The Fiat-Shamir channel over Blake2s: a digest and the number of draws since it last changed.
#[feature("bounded-int-utils")]
use core::internal::bounded_int::{BoundedInt, DivRemHelper, UnitInt, div_rem};
use core::num::traits::Pow;
use crate::blake2s::{Hash, append_hash, hash_block, hash_words};
use crate::fields::{M31, QM31};

/// Sees every change of the digest. The contracts use `Silent`; tests print, to compare with the other
/// verifiers.
pub trait Observer {
    fn changed(operation: felt252, digest: Hash);
}

pub impl Silent of Observer {
    #[inline(always)]
    fn changed(operation: felt252, digest: Hash) {}
}

#[derive(Copy, Drop)]
pub struct Channel {
    pub digest: Hash,
    n_draws: u32,
}

/// A word of a draw: below 2 p, so that it is uniform modulo p.
const TWICE_P: u32 = 0xfffffffe;

impl ReduceU32 of DivRemHelper<u32, UnitInt<0x7fffffff>> {
    type DivT = BoundedInt<0, 2>;
    type RemT = M31;
}

fn reduce_u32(word: u32) -> M31 {
    let (_, r) = div_rem::<_, UnitInt<0x7fffffff>>(word, 0x7fffffff);
    r
}

#[generate_trait]
pub impl ChannelImpl of ChannelTrait {
    fn new() -> Channel {
        Channel { digest: BoxTrait::new([0; 8]), n_draws: 0 }
    }

    #[inline(never)]
    fn mix_root<impl O: Observer>(ref self: Channel, root: Hash) {
        self.update::<O>('mix_root', crate::blake2s::hash_pair(self.digest, root));
    }

    /// Mixes `words`, appended to `start()`.
    fn mix_u32s<impl O: Observer>(ref self: Channel, words: Array<u32>) {
        self.update::<O>('mix_u32s', hash_words(words));
    }

    /// Mixes felts given by their coordinates, appended to `start()`.
    fn mix_felts<impl O: Observer>(ref self: Channel, words: Array<u32>) {
        self.update::<O>('mix_felts', hash_words(words));
    }

    fn mix_u64<impl O: Observer>(ref self: Channel, low: u32, high: u32) {
        let mut words = self.start();
        words.append(low);
        words.append(high);
        self.update::<O>('mix_u64', hash_words(words));
    }

    /// The beginning of a message to mix.
    fn start(self: @Channel) -> Array<u32> {
        let mut words = array![];
        append_hash(ref words, *self.digest);
        words
    }

    fn draw_u32s(ref self: Channel) -> [u32; 8] {
        let [a, b, c, d, e, f, g, h] = self.digest.unbox();
        let block = [a, b, c, d, e, f, g, h, self.n_draws, 0, 0, 0, 0, 0, 0, 0];
        self.n_draws += 1;
        hash_block(BoxTrait::new(block), 37).unbox()
    }

    /// Two felts from one draw.
    fn draw_secure_felts(ref self: Channel) -> (QM31, QM31) {
        let [a, b, c, d, e, f, g, h] = self.draw_u32s();
        if a < TWICE_P
            && b < TWICE_P
            && c < TWICE_P
            && d < TWICE_P
            && e < TWICE_P
            && f < TWICE_P
            && g < TWICE_P
            && h < TWICE_P {
            (
                QM31 { a: reduce_u32(a), b: reduce_u32(b), c: reduce_u32(c), d: reduce_u32(d) },
                QM31 { a: reduce_u32(e), b: reduce_u32(f), c: reduce_u32(g), d: reduce_u32(h) },
            )
        } else {
            self.draw_secure_felts()
        }
    }

    fn draw_secure_felt(ref self: Channel) -> QM31 {
        let (felt, _) = self.draw_secure_felts();
        felt
    }

    /// Whether the nonce solves the proof of work of `bits` bits at this digest: the low bits of the first word of
    /// H(H(0x12345678, 0, 0, 0, digest, bits), nonce) are 0.
    fn verify_pow(self: @Channel, bits: u32, low: u32, high: u32) -> bool {
        let [a, b, c, d, e, f, g, h] = (*self.digest).unbox();
        let prefix = hash_block(
            BoxTrait::new([0x12345678, 0, 0, 0, a, b, c, d, e, f, g, h, bits, 0, 0, 0]), 52,
        );
        let [a, b, c, d, e, f, g, h] = prefix.unbox();
        let [word, _, _, _, _, _, _, _] = hash_block(
            BoxTrait::new([a, b, c, d, e, f, g, h, low, high, 0, 0, 0, 0, 0, 0]), 40,
        )
            .unbox();
        word.into() % 2_u64.pow(bits) == 0
    }

    fn update<impl O: Observer>(ref self: Channel, operation: felt252, digest: Hash) {
        O::changed(operation, digest);
        self.digest = digest;
        self.n_draws = 0;
    }
}
