//! What a proof states, and how it enters the transcript and the bus (docs/protocol.md sections 2 and 5).

use num_traits::{One, Zero};
use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;

use crate::key::{Key, PublicTensor};
use crate::{require, Rejection};

#[derive(Clone, Debug, Default)]
pub struct Statement {
    pub context: [u32; 8],
    /// Sample after sample; None if the input is private.
    pub inputs: Option<Vec<i64>>,
    pub outputs: Vec<i64>,
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

impl Statement {
    pub fn check(&self, key: &Key) -> Result<(), Rejection> {
        match (&self.inputs, key.input_public) {
            (Some(inputs), true) => check_values("input", inputs, key.batch, &key.input)?,
            (None, false) => (),
            (None, true) => return Err("the key says that the input is public".into()),
            (Some(_), false) => return Err("the key says that the input is private".into()),
        }
        check_values("output", &self.outputs, key.batch, &key.output)
    }

    /// The words of transcript step 2.
    pub fn words(&self) -> Vec<u32> {
        let mut words = self.context.to_vec();
        for values in [self.inputs.as_deref().unwrap_or_default(), &self.outputs] {
            words.push(values.len() as u32);
            words.extend(values.iter().map(|&value| residue(value).0));
        }
        words
    }

    /// The public messages: yields of ONE, ONES and of a public input's claim, and the read of the output's.
    pub fn public_messages(&self, key: &Key, challenges: &Challenges) -> Result<SecureField, Rejection> {
        let Challenges { z, lambda, .. } = *challenges;
        let fraction = |count: i64, id: u32, value: SecureField| {
            let denominator = z - SecureField::one() - lambda * M31(id) - lambda * lambda * lambda * value;
            require(!denominator.is_zero(), || "a public message has denominator zero".into())?;
            Ok::<_, Rejection>(denominator.inverse() * residue(count))
        };
        let ones = fingerprint(&vec![M31(1); key.batch], challenges.alpha);
        let mut sum = fraction(-i64::from(key.one_reads), 1, SecureField::one())?
            + fraction(-i64::from(key.ones_reads), 2, ones)?
            + fraction(1, key.output.claim_wire, claim(&self.outputs, &key.output, challenges))?;
        if let Some(inputs) = &self.inputs {
            sum += fraction(-1, key.input.claim_wire, claim(inputs, &key.input, challenges))?;
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
