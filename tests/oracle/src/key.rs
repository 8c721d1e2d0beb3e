//! The verification key (docs/protocol.md section 4), read from its words.

use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo::core::fri::FriConfig;
use stwo::core::pcs::PcsConfig;
use stwo::core::vcs::blake2_hash::{Blake2sHash, Blake2sHasher};

use crate::pin::PIN_POINTS;
use crate::{require, Rejection};

/// Bits of the word `visibility`: two of the input, two of the output, zero knowledge, which is the prover's promise to himself (no
/// verifier can see it kept), and with it public weights.
const OUTPUT_SHIFT: u32 = 2;
const ZERO_KNOWLEDGE: u32 = 16;
const WEIGHTS_PUBLIC: u32 = 32;
const FLAGS: u32 = 6;
/// From this bit on: what the outputs are of the model's last layer. Their tensor is checked alike in every form.
const OUTPUT_FORM_SHIFT: u32 = 8;
/// 0 its values, 1 the index of the greatest, 2 whether one is at least a threshold, 3 whether it is less
const GREATEST_OUTPUT_FORM: u32 = 3;

/// Who knows the input or the output: everybody; nobody but the prover; or whoever holds the opening of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Private,
    Committed,
}

#[derive(Clone, Debug)]
pub struct PublicTensor {
    pub visibility: Visibility,
    pub claim_wire: u32,
    pub rows: usize,
    pub min: i64,
    pub max: i64,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub lanes: usize,
    pub batch: usize,
    /// linear, activate, lut, mac, blinder
    pub log_sizes: [u32; 5],
    pub structure_root: Blake2sHash,
    pub weights_root: Blake2sHash,
    pub config: PcsConfig,
    pub input: PublicTensor,
    pub output: PublicTensor,
    pub one_reads: u32,
    pub ones_reads: u32,
    /// Values of the weights' columns at the points of their root (pin.rs).
    pub weights_pin: Vec<SecureField>,
    pub digest: Blake2sHash,
}

struct Words<'a> {
    words: &'a [u32],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self, name: &str) -> Result<u32, Rejection> {
        let word = self.words.get(self.at).copied().ok_or_else(|| format!("key: truncated at {name}"))?;
        self.at += 1;
        Ok(word)
    }
    fn within(&mut self, name: &str, least: u32, greatest: u32) -> Result<u32, Rejection> {
        let word = self.next(name)?;
        require((least..=greatest).contains(&word), || format!("key: {name} is {word}, outside {least}..{greatest}"))?;
        Ok(word)
    }
    /// A residue modulo p, as the signed integer of least magnitude.
    fn signed(&mut self, name: &str) -> Result<i64, Rejection> {
        let residue = i64::from(self.within(name, 0, P - 1)?);
        Ok(if residue > i64::from(P / 2) { residue - i64::from(P) } else { residue })
    }
    fn hash(&mut self, name: &str) -> Result<Blake2sHash, Rejection> {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(4) {
            chunk.copy_from_slice(&self.next(name)?.to_le_bytes());
        }
        Ok(Blake2sHash(bytes))
    }
    fn secure(&mut self, name: &str) -> Result<SecureField, Rejection> {
        let mut coordinates = [M31(0); SECURE_EXTENSION_DEGREE];
        for coordinate in &mut coordinates {
            *coordinate = M31(self.within(name, 0, P - 1)?);
        }
        Ok(SecureField::from_m31_array(coordinates))
    }
    fn tensor(&mut self, name: &str, visibility: Visibility) -> Result<PublicTensor, Rejection> {
        let wires = if visibility == Visibility::Public { 16..=P - 1 } else { 0..=0 };
        let tensor = PublicTensor {
            visibility,
            claim_wire: self.within(&format!("{name} wire"), *wires.start(), *wires.end())?,
            rows: self.within(&format!("{name} rows"), 1, 1 << 24)? as usize,
            min: self.signed(&format!("{name} least value"))?,
            max: self.signed(&format!("{name} greatest value"))?,
        };
        require(tensor.min <= tensor.max, || format!("key: the {name} range is empty"))?;
        Ok(tensor)
    }
    fn scales(&mut self, name: &str, rows: usize) -> Result<(), Rejection> {
        let count = self.next(name)? as usize;
        require(count == 1 || count == rows, || format!("key: {count} {name} for {rows} rows"))?;
        for _ in 0..count {
            let low = u64::from(self.next(name)?);
            let scale = f64::from_bits(low | u64::from(self.next(name)?) << 32);
            require(scale.is_finite() && scale > 0.0, || format!("key: {name}: {scale} is no scale"))?;
        }
        Ok(())
    }
}

/// The uses of a message, counted over all rows of all tables, stay below p, so that no sum of multiplicities wraps around.
fn check_use_count(log_sizes: &[u32; 5], batch: usize) -> Result<(), Rejection> {
    let [linear, activate, _, mac, height] = log_sizes.map(|log_size| 1_u64 << log_size);
    let uses = linear + activate * (2 * batch as u64 + 1) + 3 * mac + height + 1;
    require(uses < u64::from(P), || "key: a message could be used p times".into())
}

fn visibility(name: &str, bits: u32) -> Result<Visibility, Rejection> {
    match bits & 3 {
        0 => Ok(Visibility::Public),
        1 => Ok(Visibility::Private),
        2 => Ok(Visibility::Committed),
        _ => Err(format!("key: the {name} is neither public, private nor committed")),
    }
}

impl Key {
    pub fn from_words(words: &[u32]) -> Result<Self, Rejection> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut reader = Words { words, at: 0 };
        for (name, value) in [("format version", 4), ("AIR id", 3), ("hash id", 1)] {
            reader.within(name, value, value)?;
        }
        let lanes = reader.within("lanes", 1, 1024)? as usize;
        let batch = reader.within("batch", 1, 64)? as usize;
        let mut log_sizes = [0; 5];
        for size in &mut log_sizes[..4] {
            *size = reader.within("log size", 4, 26)?;
        }
        let tallest = *log_sizes.iter().max().unwrap();
        let height = reader.within("log size of blinder", tallest, 26)?;
        log_sizes[4] = height;
        check_use_count(&log_sizes, batch)?;
        let structure_root = reader.hash("structure root")?;
        let pow_bits = reader.within("proof-of-work bits", 0, 32)?;
        let log_blowup_factor = reader.within("log blow-up", 1, 4)?;
        let log_last_layer_degree_bound = reader.within("log last layer degree bound", 0, 4)?;
        let n_queries = reader.within("queries", 1, 1024)? as usize;
        let fold_step = reader.within("fold step", 1, 4)?;
        require(fold_step + log_last_layer_degree_bound <= height, || {
            "key: the tables are too small for the fold step and the last layer".into()
        })?;
        let fri_config = FriConfig { log_blowup_factor, log_last_layer_degree_bound, n_queries, fold_step };
        let word = reader.next("visibility")?;
        require(word & 0xff < 1 << FLAGS, || format!("key: visibility {word:#x}: an unknown bit is set"))?;
        require(word & WEIGHTS_PUBLIC == 0 || word & ZERO_KNOWLEDGE != 0, || {
            "key: public weights of a key that hides nothing".into()
        })?;
        let of_input = visibility("input", word)?;
        let of_output = visibility("output", word >> OUTPUT_SHIFT)?;
        require(of_output != Visibility::Private, || "key: the output is private: the proof would say nothing".into())?;
        let committed = [of_input, of_output].contains(&Visibility::Committed);
        require(!committed || batch == 1, || format!("key: committed values of {batch} samples"))?;
        let output_form = word >> OUTPUT_FORM_SHIFT;
        require(output_form <= GREATEST_OUTPUT_FORM, || format!("key: no output form {output_form}"))?;
        let input = reader.tensor("input", of_input)?;
        let output = reader.tensor("output", of_output)?;
        let one_reads = reader.within("reads of ONE", 0, 1 << 28)?;
        let ones_reads = reader.within("reads of ONES", 0, 1 << 28)?;
        reader.scales("input scales", input.rows)?;
        reader.scales("output scales", output.rows)?;
        let weights_root = reader.hash("weights root")?;
        let weights_pin = (0..lanes * PIN_POINTS).map(|_| reader.secure("pin")).collect::<Result<_, _>>()?;
        require(reader.at == words.len(), || "key: words left over".into())?;
        Ok(Self {
            lanes,
            batch,
            log_sizes,
            structure_root,
            weights_root,
            config: PcsConfig { pow_bits, fri_config, lifting_log_size: None },
            input,
            output,
            one_reads,
            ones_reads,
            weights_pin,
            digest: Blake2sHasher::hash(&bytes),
        })
    }

    /// Log degree of the highest table, m.
    pub fn height(&self) -> u32 {
        self.log_sizes[4]
    }
}
