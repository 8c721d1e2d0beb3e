//! What a proof states, and how it enters the transcript and the bus (docs/protocol.md sections 2 and 5).

use num_traits::{One, Zero};
use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;
use stwo::core::vcs::blake2_hash::Blake2sHash;

use crate::key::{Key, PublicTensor, Visibility};
use crate::{require, Rejection};

#[derive(Clone, Debug, Default)]
pub struct Statement {
    pub context: [u32; 8],
    pub input: Stated,
    pub output: Stated,
}

/// What is stated of the input or the output.
#[derive(Clone, Debug, Default)]
pub enum Stated {
    /// Sample after sample.
    Values(Vec<i64>),
    #[default]
    Nothing,
    /// The root of the tree of committed values.
    Root(Blake2sHash),
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

fn check_values(what: &str, values: &[i64], batch: usize, tensor: &PublicTensor) -> Result<(), Rejection> {
    let expected = tensor.rows * batch;
    require(values.len() == expected, || {
        format!("the statement has {} {what} values; the key says {expected}", values.len())
    })?;
    for (i, value) in values.iter().enumerate() {
        require((tensor.min..=tensor.max).contains(value), || {
            format!("{what} value {i} is {value}, outside the key's range {}..{}", tensor.min, tensor.max)
        })?;
    }
    Ok(())
}

fn residue(value: i64) -> M31 {
    M31(value.rem_euclid(i64::from(P)) as u32)
}

impl Stated {
    fn check(&self, what: &str, batch: usize, tensor: &PublicTensor) -> Result<(), Rejection> {
        match (self, tensor.visibility) {
            (Stated::Values(values), Visibility::Public) => check_values(what, values, batch, tensor),
            (Stated::Nothing, Visibility::Private) | (Stated::Root(_), Visibility::Committed) => Ok(()),
            (_, Visibility::Public) => Err(format!("the key says that the {what} is public")),
            (_, Visibility::Private) => Err(format!("the key says that the {what} is private")),
            (_, Visibility::Committed) => Err(format!("the key says that the {what} is committed")),
        }
    }

    fn append(&self, words: &mut Vec<u32>) {
        let values: &[i64] = if let Stated::Values(values) = self { values } else { &[] };
        words.push(values.len() as u32);
        words.extend(values.iter().map(|&value| residue(value).0));
        if let Stated::Root(root) = self {
            words.extend(hash_words(root));
        }
    }
}

pub fn hash_words(hash: &Blake2sHash) -> Vec<u32> {
    hash.0.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect()
}

impl Statement {
    pub fn check(&self, key: &Key) -> Result<(), Rejection> {
        self.input.check("input", key.batch, &key.input)?;
        self.output.check("output", key.batch, &key.output)
    }

    /// The words of transcript step 2.
    pub fn words(&self) -> Vec<u32> {
        let mut words = self.context.to_vec();
        self.input.append(&mut words);
        self.output.append(&mut words);
        words
    }

    /// The roots of committed values, in the order of their trees, each with the name of what it commits to.
    pub fn roots(&self) -> Vec<(&'static str, Blake2sHash)> {
        [("input", &self.input), ("output", &self.output)]
            .into_iter()
            .filter_map(|(what, stated)| if let Stated::Root(root) = stated { Some((what, *root)) } else { None })
            .collect()
    }

    /// The public messages: yields of ONE, ONES and of a public input's claim, and the read of a public output's.
    pub fn public_messages(&self, key: &Key, challenges: &Challenges) -> Result<SecureField, Rejection> {
        let Challenges { z, lambda, .. } = *challenges;
        let fraction = |count: i64, id: u32, value: SecureField| {
            let denominator = z - SecureField::one() - lambda * M31(id) - lambda * lambda * lambda * value;
            require(!denominator.is_zero(), || "a public message has denominator zero".into())?;
            Ok::<_, Rejection>(denominator.inverse() * residue(count))
        };
        let ones = fingerprint(&vec![M31(1); key.batch], challenges.alpha);
        let mut sum = fraction(-i64::from(key.one_reads), 1, SecureField::one())?
            + fraction(-i64::from(key.ones_reads), 2, ones)?;
        for (count, stated, tensor) in [(1, &self.output, &key.output), (-1, &self.input, &key.input)] {
            if let Stated::Values(values) = stated {
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
fn claim(values: &[i64], tensor: &PublicTensor, challenges: &Challenges) -> SecureField {
    (0..tensor.rows).fold(SecureField::zero(), |sum, row| {
        let lanes: Vec<M31> = values.iter().skip(row).step_by(tensor.rows).map(|&x| residue(x)).collect();
        sum * challenges.t + fingerprint(&lanes, challenges.alpha)
    })
}
