//! What a verified proof says, as contracts pass it on, and how consumers read it.
use core::poseidon::poseidon_hash_span;
use crate::key::centred;
use crate::tape::{ValueTapeTrait, canonical};
use crate::verifier::Statement;

/// What the outputs are: the model's scores, the index of the greatest, the first of equal ones; or of each score 1 if it is
/// at least, or below, a threshold that is in the model's public structure, and 0 if not.
pub mod output_form {
    pub const SCORES: u32 = 0;
    pub const ARGMAX: u32 = 1;
    pub const AT_LEAST: u32 = 2;
    pub const BELOW: u32 = 3;
}

/// "The model maps these inputs to these outputs, in this context." Values are integers modulo p = 2^31 - 1, eight a felt
/// in base 2^31. Private or committed ones number 0: no felts of a private input, two of committed values, which are the id of
/// the commitment (`input_commitment`, `output_commitment`).
#[derive(Copy, Drop, Serde)]
pub struct Prediction {
    pub model_id: felt252,
    pub context: felt252,
    pub n_inputs: u32,
    pub inputs: Span<felt252>,
    pub n_outputs: u32,
    pub outputs: Span<felt252>,
    /// The hash of all of the above.
    pub fact: felt252,
    /// By the model's key.
    pub output_form: u32,
}

/// A model is its verification key.
pub fn model_id(vk: Span<felt252>) -> felt252 {
    poseidon_hash_span(vk)
}

pub fn prediction(vk: Span<felt252>, context: felt252, statement: Statement) -> Prediction {
    let Statement { n_inputs, inputs, n_outputs, outputs, output_form } = statement;
    let model_id = model_id(vk);
    let mut preimage = array![model_id, context, n_inputs.into()];
    preimage.append_span(inputs);
    preimage.append(n_outputs.into());
    preimage.append_span(outputs);
    let fact = poseidon_hash_span(preimage.span());
    Prediction { model_id, context, n_inputs, inputs, n_outputs, outputs, fact, output_form }
}

/// The id of the commitment to the input: 32 bytes as a little-endian integer. Equal ids stand for equal values, whatever the keys.
pub fn input_commitment(prediction: @Prediction) -> u256 {
    commitment(*prediction.n_inputs, *prediction.inputs)
}

/// The id of the commitment to the output.
pub fn output_commitment(prediction: @Prediction) -> u256 {
    commitment(*prediction.n_outputs, *prediction.outputs)
}

fn commitment(count: u32, felts: Span<felt252>) -> u256 {
    assert(count == 0 && felts.len() == 2, 'circlet: not committed');
    u256 { low: (*felts[0]).try_into().unwrap(), high: (*felts[1]).try_into().unwrap() }
}

/// The outputs, as residues.
fn output_values(prediction: @Prediction) -> Array<u32> {
    assert(*prediction.n_outputs != 0, 'circlet: outputs not public');
    let mut values = array![];
    let mut tape = ValueTapeTrait::new(*prediction.outputs);
    tape.read_exactly(ref values, *prediction.n_outputs);
    values
}

/// The class that the model decides for: the index of the greatest score.
pub fn decided_class(prediction: @Prediction) -> u32 {
    let values = output_values(prediction);
    if *prediction.output_form == output_form::ARGMAX {
        return *values[0];
    }
    assert(*prediction.output_form == output_form::SCORES, 'circlet: outputs name no class');
    argmax(values)
}

/// Whether score `i` is what the model's key asks of it.
pub fn holds(prediction: @Prediction, i: u32) -> bool {
    let form = *prediction.output_form;
    assert(form == output_form::AT_LEAST || form == output_form::BELOW, 'circlet: outputs decide nothing');
    *output_values(prediction)[i] == 1
}

/// The index of the greatest value as a signed integer, the first of equal ones.
fn argmax(values: Array<u32>) -> u32 {
    let mut best = 0;
    let mut greatest = 0;
    let mut index = 0;
    for value in values {
        let value = centred(canonical(value));
        if value > greatest || index == 0 {
            greatest = value;
            best = index;
        }
        index += 1;
    }
    best
}
