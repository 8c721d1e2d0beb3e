//! The Blake2s channel of the crate, recording its digest after every operation that changes it.

use stwo::core::channel::{Blake2sChannel, Channel, MerkleChannel};
use stwo::core::fields::qm31::SecureField;
use stwo::core::vcs::blake2_hash::Blake2sHash;
use stwo::core::vcs_lifted::blake2_merkle::{Blake2sMerkleChannel, Blake2sMerkleHasher};

#[derive(Clone, Debug, Default)]
pub struct RecordingChannel {
    channel: Blake2sChannel,
    pub record: Vec<(&'static str, Blake2sHash)>,
}

impl RecordingChannel {
    fn note(&mut self, operation: &'static str) {
        self.record.push((operation, self.channel.digest()));
    }

    /// "<operation> <digest hex>" for every change so far.
    pub fn lines(&self) -> Vec<String> {
        self.record.iter().map(|(operation, digest)| format!("{operation} {}", hex::encode(digest.0))).collect()
    }
}

impl Channel for RecordingChannel {
    const BYTES_PER_HASH: usize = Blake2sChannel::BYTES_PER_HASH;

    fn verify_pow_nonce(&self, n_bits: u32, nonce: u64) -> bool {
        self.channel.verify_pow_nonce(n_bits, nonce)
    }
    fn mix_u32s(&mut self, data: &[u32]) {
        self.channel.mix_u32s(data);
        self.note("mix_u32s");
    }
    fn mix_felts(&mut self, felts: &[SecureField]) {
        self.channel.mix_felts(felts);
        self.note("mix_felts");
    }
    fn mix_u64(&mut self, value: u64) {
        self.channel.mix_u64(value);
        self.note("mix_u64");
    }
    fn draw_secure_felt(&mut self) -> SecureField {
        self.channel.draw_secure_felt()
    }
    fn draw_secure_felts(&mut self, n_felts: usize) -> Vec<SecureField> {
        self.channel.draw_secure_felts(n_felts)
    }
    fn draw_u32s(&mut self) -> Vec<u32> {
        self.channel.draw_u32s()
    }
}

#[derive(Default)]
pub struct RecordingMerkleChannel;

impl MerkleChannel for RecordingMerkleChannel {
    type C = RecordingChannel;
    type H = Blake2sMerkleHasher;

    fn mix_root(channel: &mut Self::C, root: Blake2sHash) {
        Blake2sMerkleChannel::mix_root(&mut channel.channel, root);
        channel.note("mix_root");
    }
}
