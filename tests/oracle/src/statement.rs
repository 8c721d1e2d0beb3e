//! What a proof states, and how it enters the transcript and the bus (docs/protocol.md sections 2 and 5).

use num_traits::{One, Zero};
use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;
use stwo::core::vcs::blake2_hash::Blake2sHash;

use crate::key::{Direction, Key, Tensor, Visibility};
use crate::pin::PIN_POINTS;
use crate::tables::Kind;
use crate::{require, Rejection};

#[derive(Clone, Debug, Default)]
pub struct Statement {
    pub context: [u32; 8],
    /// In the order of the key's tensors.
    pub tensors: Vec<Stated>,
}

/// What is stated of a tensor.
#[derive(Clone, Debug)]
pub enum Stated {
    /// Sample after sample.
    Values(Vec<i64>),
    Nothing,
    Commitment(Commitment),
}

#[derive(Clone, Debug)]
pub struct Commitment {
    /// Of the tree of committed values.
    pub root: Blake2sHash,
    /// Values of its columns at the points of the root (pin.rs).
    pub pin: Vec<SecureField>,
}

#[derive(Clone, Copy, Debug)]
pub struct Challenges {
    pub alpha: SecureField,
    pub t: SecureField,
    pub z: SecureField,
    pub lambda: SecureField,
}

/// 1 to 64 hexadecimal digits, most significant first, to little-endian words.
pub fn parse_context(text: &str) -> Result<[u32; 8], String> {
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(text);
    let invalid = || format!("the context '{text}' is not 1 to 64 hexadecimal digits");
    if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(invalid());
    }
    let bytes = hex::decode(format!("{digits:0>64}")).map_err(|_| invalid())?;
    let mut words = [0; 8];
    for (word, chunk) in words.iter_mut().zip(bytes.rchunks_exact(4)) {
        *word = u32::from_be_bytes(chunk.try_into().expect("four bytes"));
    }
    Ok(words)
}

/// 64 hexadecimal digits, with or without 0x.
pub fn parse_root(text: &str) -> Result<Blake2sHash, String> {
    let invalid = || format!("the root '{text}' is not 64 hexadecimal digits");
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| invalid())?;
    Ok(Blake2sHash(bytes.try_into().map_err(|_| invalid())?))
}

fn check_values(values: &[i64], tensor: &Tensor) -> Result<(), Rejection> {
    let expected = tensor.rows * tensor.lanes;
    require(values.len() == expected, || {
        format!("the statement has {} values; the key says {expected}", values.len())
    })?;
    for (i, value) in values.iter().enumerate() {
        require((tensor.min..=tensor.max).contains(value), || {
            format!("value {i} is {value}, outside the key's range {}..{}", tensor.min, tensor.max)
        })?;
    }
    Ok(())
}

fn residue(value: i64) -> M31 {
    M31(value.rem_euclid(i64::from(P)) as u32)
}

impl Stated {
    fn visibility(&self) -> Visibility {
        match self {
            Stated::Values(_) => Visibility::Public,
            Stated::Nothing => Visibility::Private,
            Stated::Commitment(_) => Visibility::Committed,
        }
    }

    fn check(&self, tensor: &Tensor) -> Result<(), Rejection> {
        let (stated, wanted) = (self.visibility(), tensor.visibility);
        require(stated == wanted, || format!("the statement says {stated:?}, and the key {wanted:?}"))?;
        match self {
            Stated::Values(values) => check_values(values, tensor),
            Stated::Nothing => Ok(()),
            Stated::Commitment(commitment) => {
                let (found, expected) = (commitment.pin.len(), Kind::Data.lanes(0) * PIN_POINTS);
                require(found == expected, || format!("the pin has {found} values instead of {expected}"))
            }
        }
    }

    fn append(&self, words: &mut Vec<u32>) {
        let values: &[i64] = if let Stated::Values(values) = self { values } else { &[] };
        words.push(self.visibility() as u32);
        words.push(values.len() as u32);
        words.extend(values.iter().map(|&value| residue(value).0));
        if let Stated::Commitment(commitment) = self {
            words.extend(hash_words(&commitment.root));
            words.extend(commitment.pin.iter().flat_map(|value| value.to_m31_array()).map(|coordinate| coordinate.0));
        }
    }
}

pub fn hash_words(hash: &Blake2sHash) -> Vec<u32> {
    hash.0.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect()
}

impl Statement {
    pub fn check(&self, key: &Key) -> Result<(), Rejection> {
        let (found, expected) = (self.tensors.len(), key.tensors.len());
        require(found == expected, || format!("the statement is about {found} tensors; the key says {expected}"))?;
        for (i, (stated, tensor)) in self.tensors.iter().zip(&key.tensors).enumerate() {
            stated.check(tensor).map_err(|why| format!("tensor {i}: {why}"))?;
        }
        Ok(())
    }

    /// The words of transcript step 2.
    pub fn words(&self) -> Vec<u32> {
        let mut words = self.context.to_vec();
        words.push(self.tensors.len() as u32);
        for stated in &self.tensors {
            stated.append(&mut words);
        }
        words
    }

    /// In the order of their trees.
    pub fn commitments(&self) -> Vec<&Commitment> {
        self.tensors
            .iter()
            .filter_map(|stated| if let Stated::Commitment(commitment) = stated { Some(commitment) } else { None })
            .collect()
    }

    /// The public messages: yields of the constant wires and of public inputs' claims, and reads of public outputs'.
    pub fn public_messages(&self, key: &Key, challenges: &Challenges) -> Result<SecureField, Rejection> {
        let Challenges { z, lambda, .. } = *challenges;
        let fraction = |count: i64, id: u32, value: SecureField| {
            let denominator = z - SecureField::one() - lambda * M31(id) - lambda * lambda * lambda * value;
            require(!denominator.is_zero(), || "a public message has denominator zero".into())?;
            Ok::<_, Rejection>(denominator.inverse() * residue(count))
        };
        let mut sum = SecureField::zero();
        for (id, wire) in (1..).zip(&key.constants) {
            let ones = fingerprint(&vec![M31(1); wire.lanes], challenges.alpha);
            sum += fraction(-i64::from(wire.reads), id, ones)?;
        }
        for (stated, tensor) in self.tensors.iter().zip(&key.tensors) {
            if let Stated::Values(values) = stated {
                let count = if tensor.direction == Direction::Output { 1 } else { -1 };
                sum += fraction(count, tensor.claim_wire, claim(values, tensor, challenges))?;
            }
        }
        Ok(sum)
    }
}

/// F(x) = sum_i alpha^(B-1-i) x_i
fn fingerprint(lanes: &[M31], alpha: SecureField) -> SecureField {
    lanes.iter().fold(SecureField::zero(), |sum, &x| sum * alpha + x)
}

/// T = sum_j t^(N-1-j) F(Y_j); value j of a sample is in row j, sample i in lane i.
fn claim(values: &[i64], tensor: &Tensor, challenges: &Challenges) -> SecureField {
    (0..tensor.rows).fold(SecureField::zero(), |sum, row| {
        let lanes: Vec<M31> = values.iter().skip(row).step_by(tensor.rows).map(|&x| residue(x)).collect();
        sum * challenges.t + fingerprint(&lanes, challenges.alpha)
    })
}
