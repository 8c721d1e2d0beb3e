//! What a verified proof says, as contracts pass it on, and how consumers read it.
use core::poseidon::poseidon_hash_span;
use crate::key::centred;
use crate::tape::{ValueTapeTrait, canonical};
use crate::verifier::Statement;

/// "The model maps these inputs to these outputs, in this context." Values are integers modulo p = 2^31 - 1, eight a felt
/// in base 2^31; a private input has no values.
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
}

/// A model is its verification key.
pub fn model_id(vk: Span<felt252>) -> felt252 {
    poseidon_hash_span(vk)
}

pub fn prediction(vk: Span<felt252>, context: felt252, statement: Statement) -> Prediction {
    let Statement { n_inputs, inputs, n_outputs, outputs } = statement;
    let model_id = model_id(vk);
    let mut preimage = array![model_id, context, n_inputs.into()];
    preimage.append_span(inputs);
    preimage.append(n_outputs.into());
    preimage.append_span(outputs);
    let fact = poseidon_hash_span(preimage.span());
    Prediction { model_id, context, n_inputs, inputs, n_outputs, outputs, fact }
}

/// The index of the greatest output, the first of equal ones.
pub fn argmax(prediction: @Prediction) -> u32 {
    let mut values = array![];
    let mut tape = ValueTapeTrait::new(*prediction.outputs);
    tape.read_exactly(ref values, *prediction.n_outputs);
    let mut best = 0;
    let mut greatest = 0;
    let mut index = 0;
    for value in values {
        // In the order of the signed integers.
        let value = centred(canonical(value));
        if value > greatest || index == 0 {
            greatest = value;
            best = index;
        }
        index += 1;
    }
    best
}
