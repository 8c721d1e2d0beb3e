//! The verification key (docs/protocol.md section 4), read from its words.

use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::{SecureField, SECURE_EXTENSION_DEGREE};
use stwo::core::fri::FriConfig;
use stwo::core::pcs::PcsConfig;
use stwo::core::vcs::blake2_hash::{Blake2sHash, Blake2sHasher};

use crate::pin::PIN_POINTS;
use crate::tables::Kind;
use crate::{require, Rejection};

const FORMAT_VERSION: u32 = 5;
const AIR_ID: u32 = 4;
const HASH_ID: u32 = 1;
const MOST_INSTANCES: u32 = 16;
const MOST_TENSORS: u32 = 16;
const MOST_CONSTANTS: u32 = 14;
/// Samples of a proof.
const MOST_LANES: u32 = 64;
const MOST_READS: u32 = 1 << 28;
/// Zero knowledge, which is the prover's promise to himself (no verifier can see it kept), and with it public weights.
const ZERO_KNOWLEDGE: u32 = 1;
const WEIGHTS_PUBLIC: u32 = 2;
/// Of the degrees of all claims in the challenges together, which the products' error grows with.
const MOST_LOG_DEGREE: u32 = 26;
/// What the outputs are of the model's last layer: 0 its values, 1 the index of the greatest, 2 whether one is at least a threshold, 3
/// whether it is less. Their tensor is checked alike in every form.
const GREATEST_OUTPUT_FORM: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

/// Who knows a tensor's values: everybody; nobody but the prover; or whoever holds the opening of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Private,
    Committed,
}

/// An input or an output of the model.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub direction: Direction,
    pub visibility: Visibility,
    /// Samples.
    pub lanes: usize,
    pub claim_wire: u32,
    pub rows: usize,
    pub min: i64,
    pub max: i64,
}

/// A wire with the value F(1, .., 1) over its lanes, which the verifier yields.
#[derive(Clone, Debug)]
pub struct ConstantWire {
    pub lanes: usize,
    pub reads: u32,
}

/// One of the tables.
#[derive(Clone, Debug)]
pub struct Instance {
    pub kind: Kind,
    /// Weights a row of `linear`, samples of `activate`; 0 of other kinds.
    pub parameter: usize,
    pub log_size: u32,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub instances: Vec<Instance>,
    pub config: PcsConfig,
    /// Of the wires 1, 2, ..
    pub constants: Vec<ConstantWire>,
    pub tensors: Vec<Tensor>,
    pub structure_root: Blake2sHash,
    pub weights_root: Blake2sHash,
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
    /// Kinds ascend, and where one stands several times its parameter; but committed values stand once a tensor. These and the blinder, of
    /// which there is one, the last, have the greatest size.
    fn instances(&mut self) -> Result<Vec<Instance>, Rejection> {
        let mut instances: Vec<Instance> = Vec::new();
        for _ in 0..self.within("number of tables", 2, MOST_INSTANCES)? {
            let number = self.next("kind of table")?;
            let kind = Kind::of_number(number).ok_or_else(|| format!("key: no kind of table {number}"))?;
            let (least, greatest) = kind.parameters();
            let instance = Instance {
                kind,
                parameter: self.within(&format!("parameter of {}", kind.name()), least, greatest)? as usize,
                log_size: self.within("log size", 4, 26)?,
            };
            require(kind.accepts(instance.parameter), || {
                format!("key: lanes of {} is {}", kind.name(), kind.lanes(instance.parameter))
            })?;
            if let Some(previous) = instances.last() {
                let ascends = (previous.kind, previous.parameter) < (kind, instance.parameter);
                require(ascends || (previous.kind == Kind::Data && kind == Kind::Data), || {
                    "key: the tables are not in order".into()
                })?;
            }
            instances.push(instance);
        }
        let (tables, full): (Vec<_>, Vec<_>) = instances.iter().partition(|instance| instance.kind < Kind::Data);
        require(full.last().is_some_and(|last| last.kind == Kind::Blinder), || "key: no blinder".into())?;
        let height = full[0].log_size;
        require(full.iter().all(|instance| instance.log_size == height), || {
            "key: committed values and the blinder differ in size".into()
        })?;
        require(tables.iter().all(|instance| instance.log_size <= height), || {
            "key: a table is higher than the blinder".into()
        })?;
        Ok(instances)
    }
    /// The wire ONE, then wires of ascending numbers of lanes, of which the first may be 1 too.
    fn constants(&mut self) -> Result<Vec<ConstantWire>, Rejection> {
        let mut constants: Vec<ConstantWire> = Vec::new();
        for i in 0..self.within("number of constant wires", 1, MOST_CONSTANTS)? {
            let least = match constants.last() {
                Some(previous) => previous.lanes as u32 + u32::from(i > 1),
                None => 1,
            };
            let greatest = if i == 0 { 1 } else { MOST_LANES };
            let lanes = self.within("lanes of a constant wire", least, greatest)? as usize;
            let reads = self.within("reads of a constant wire", 0, MOST_READS)?;
            constants.push(ConstantWire { lanes, reads });
        }
        Ok(constants)
    }
    fn tensor(&mut self) -> Result<Tensor, Rejection> {
        let direction = match self.within("direction", 0, 1)? {
            0 => Direction::Input,
            _ => Direction::Output,
        };
        let visibility = match self.within("visibility", 0, 2)? {
            0 => Visibility::Public,
            1 => Visibility::Private,
            _ => Visibility::Committed,
        };
        let is_output = direction == Direction::Output;
        require(!is_output || visibility != Visibility::Private, || "key: a private output".into())?;
        self.within("form", 0, if is_output { GREATEST_OUTPUT_FORM } else { 0 })?;
        let most_lanes = if visibility == Visibility::Committed { 1 } else { MOST_LANES };
        let lanes = self.within("lanes of a tensor", 1, most_lanes)? as usize;
        let wires = if visibility == Visibility::Public { 16..=P - 1 } else { 0..=0 };
        let tensor = Tensor {
            direction,
            visibility,
            lanes,
            claim_wire: self.within("wire", *wires.start(), *wires.end())?,
            rows: self.within("rows", 1, 1 << 24)? as usize,
            min: self.signed("least value")?,
            max: self.signed("greatest value")?,
        };
        require(tensor.min <= tensor.max, || "key: the range of a tensor is empty".into())?;
        self.scales(tensor.rows)?;
        Ok(tensor)
    }
    fn scales(&mut self, rows: usize) -> Result<(), Rejection> {
        let count = self.next("scales")? as usize;
        require(count != 0 && rows % count == 0, || format!("key: {count} scales for {rows} rows"))?;
        for _ in 0..count {
            let low = u64::from(self.next("scales")?);
            let scale = f64::from_bits(low | u64::from(self.next("scales")?) << 32);
            require(scale.is_finite() && scale > 0.0, || format!("key: {scale} is no scale"))?;
        }
        Ok(())
    }
    /// Inputs, then at least one output.
    fn tensors(&mut self) -> Result<Vec<Tensor>, Rejection> {
        let count = self.within("number of tensors", 1, MOST_TENSORS)?;
        let tensors: Vec<Tensor> = (0..count).map(|_| self.tensor()).collect::<Result<_, _>>()?;
        require(tensors.is_sorted_by_key(|tensor| tensor.direction == Direction::Output), || {
            "key: an input after an output".into()
        })?;
        let last = tensors.last().expect("one at least");
        require(last.direction == Direction::Output, || "key: no output".into())?;
        Ok(tensors)
    }
}

/// The uses of a message, counted over all rows of all tables and the verifier's reads, stay below p, so that no sum of multiplicities
/// wraps around.
fn check_use_count(instances: &[Instance], tensors: &[Tensor]) -> Result<(), Rejection> {
    let of_tables: u64 = instances.iter().map(|table| table.kind.uses_per_row(table.parameter) << table.log_size).sum();
    let uses = of_tables + tensors.len() as u64;
    require(uses < u64::from(P), || "key: a message could be used p times".into())
}

impl Key {
    pub fn from_words(words: &[u32]) -> Result<Self, Rejection> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut reader = Words { words, at: 0 };
        for (name, value) in [("format version", FORMAT_VERSION), ("AIR id", AIR_ID), ("hash id", HASH_ID)] {
            reader.within(name, value, value)?;
        }
        let instances = reader.instances()?;
        let height = instances.last().expect("two at least").log_size;
        let pow_bits = reader.within("proof-of-work bits", 0, 32)?;
        let log_blowup_factor = reader.within("log blow-up", 1, 4)?;
        let log_last_layer_degree_bound = reader.within("log last layer degree bound", 0, 4)?;
        let n_queries = reader.within("queries", 1, 1024)? as usize;
        let fold_step = reader.within("fold step", 1, 4)?;
        require(fold_step + log_last_layer_degree_bound <= height, || {
            "key: the tables are too small for the fold step and the last layer".into()
        })?;
        let fri_config = FriConfig { log_blowup_factor, log_last_layer_degree_bound, n_queries, fold_step };
        let flags = reader.within("flags", 0, ZERO_KNOWLEDGE | WEIGHTS_PUBLIC)?;
        require(flags & WEIGHTS_PUBLIC == 0 || flags & ZERO_KNOWLEDGE != 0, || {
            "key: public weights of a key that hides nothing".into()
        })?;
        reader.within("log degree of the claims", 0, MOST_LOG_DEGREE)?;
        let constants = reader.constants()?;
        let tensors = reader.tensors()?;
        check_use_count(&instances, &tensors)?;
        let of_data = instances.iter().filter(|instance| instance.kind == Kind::Data).count();
        let committed = tensors.iter().filter(|tensor| tensor.visibility == Visibility::Committed).count();
        require(of_data == committed, || format!("key: {of_data} tables of values for {committed} committed tensors"))?;
        reader.hash("meaning")?;
        let structure_root = reader.hash("structure root")?;
        let weights_root = reader.hash("weights root")?;
        let weights: usize =
            instances.iter().filter(|instance| instance.kind == Kind::Linear).map(|instance| instance.parameter).sum();
        let weights_pin = (0..weights * PIN_POINTS).map(|_| reader.secure("pin")).collect::<Result<_, _>>()?;
        require(reader.at == words.len(), || "key: words left over".into())?;
        Ok(Self {
            instances,
            config: PcsConfig { pow_bits, fri_config, lifting_log_size: None },
            constants,
            tensors,
            structure_root,
            weights_root,
            weights_pin,
            digest: Blake2sHasher::hash(&bytes),
        })
    }

    /// Log degree of the highest table, m.
    pub fn height(&self) -> u32 {
        self.instances.last().expect("two at least").log_size
    }
}
