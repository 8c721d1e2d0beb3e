//! Pins (docs/protocol.md section 4): the values of a tree's columns, without salts, at two points that follow from its root. They come
//! from where the root comes from, a key or a statement, never from a proof; its samples of these columns stand after them in the
//! transcript.
use crate::blake2s::Hash;
use crate::channel::{ChannelTrait, Silent};
use crate::circle::{SecurePoint, point_from};
use crate::fields::QM31;
use crate::tape::secure_felts;

pub const POINTS: u32 = 2;
/// "pin", little-endian: of weights.
pub const WEIGHTS_TAG: u32 = 0x006e6970;
/// "data", little-endian: of committed values.
pub const DATA_TAG: u32 = 0x61746164;

#[derive(Copy, Drop)]
pub struct Pin {
    pub points: (SecurePoint, SecurePoint),
    /// Column after column the values at the two points: their coordinates, and as felts.
    pub words: Span<u32>,
    pub values: Span<QM31>,
}

/// The pin with these values, all below p, of the tree with this root.
pub fn pin(tag: u32, root: Hash, words: Span<u32>) -> Pin {
    let mut channel = ChannelTrait::new();
    let mut message = channel.start();
    message.append(tag);
    channel.mix_u32s::<Silent>(message);
    channel.mix_root::<Silent>(root);
    let (first, second) = channel.draw_secure_felts();
    Pin { points: (point_from(first), point_from(second)), words, values: secure_felts(words).span() }
}

/// Appends the next samples of as many columns as are pinned, four words each, every one after its pinned values.
pub fn append_pinned(ref words: Array<u32>, ref samples: Span<u32>, pin: @Pin) {
    let mut pinned = *pin.words;
    while !pinned.is_empty() {
        words.append_span(pinned.slice(0, 4 * POINTS));
        words.append_span(samples.slice(0, 4));
        pinned = pinned.slice(4 * POINTS, pinned.len() - 4 * POINTS);
        samples = samples.slice(4, samples.len() - 4);
    }
}
