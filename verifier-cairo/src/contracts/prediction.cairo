//! What a verified proof says, as contracts pass it on, and how consumers read it.
use core::poseidon::poseidon_hash_span;
use crate::key::{Direction, Visibility, centred};
use crate::tape::{ValueTapeTrait, canonical};
use crate::verifier::Said;

/// What an output is: the model's scores, the index of the greatest, the first of equal ones; or of each score 1 if it is
/// at least, or below, a threshold that is in the model's public structure, and 0 if not. Inputs have form 0.
pub mod form {
    pub const SCORES: u32 = 0;
    pub const ARGMAX: u32 = 1;
    pub const AT_LEAST: u32 = 2;
    pub const BELOW: u32 = 3;
}

/// "The model maps these inputs to these outputs, in this context."
#[derive(Copy, Drop, Serde)]
pub struct Prediction {
    pub model_id: felt252,
    pub context: felt252,
    /// Inputs and outputs in the order of the model's key: the inputs first.
    pub tensors: Span<Stated>,
    /// The hash of the model's id, the context, the number of tensors, and of each the number of its public values and its felts.
    pub fact: felt252,
}

/// What is said of an input or an output. Of a private input there are neither values nor felts.
#[derive(Copy, Drop, PartialEq, Serde)]
pub struct Stated {
    pub is_output: bool,
    /// By the model's key.
    pub form: u32,
    /// Public values; 0 if it is private or committed.
    pub n_values: u32,
    /// Public values: integers modulo p = 2^31 - 1, eight a felt in base 2^31. Of a committed one, the two halves of the id of the
    /// commitment (`commitment`).
    pub felts: Span<felt252>,
}

/// A model is its verification key.
pub fn model_id(vk: Span<felt252>) -> felt252 {
    poseidon_hash_span(vk)
}

/// What a proof says that holds for the model of the key `vk`.
pub fn prediction(vk: Span<felt252>, context: felt252, said: Span<Said>) -> Prediction {
    let mut tensors = array![];
    for said in said {
        let tensor = said.tensor;
        let n_values = match tensor.visibility {
            Visibility::Public => *tensor.rows,
            _ => 0,
        };
        let is_output = match tensor.direction {
            Direction::Input => false,
            Direction::Output => true,
        };
        tensors.append(Stated { is_output, form: *tensor.form, n_values, felts: *said.felts });
    }
    of_tensors(model_id(vk), context, tensors.span())
}

/// With its fact.
pub fn of_tensors(model_id: felt252, context: felt252, tensors: Span<Stated>) -> Prediction {
    let mut preimage = array![model_id, context, tensors.len().into()];
    for stated in tensors {
        preimage.append((*stated.n_values).into());
        preimage.append_span(*stated.felts);
    }
    Prediction { model_id, context, tensors, fact: poseidon_hash_span(preimage.span()) }
}

/// The inputs, or the outputs.
fn of_direction(prediction: @Prediction, is_output: bool) -> Span<Stated> {
    let mut result = array![];
    for stated in *prediction.tensors {
        if *stated.is_output == is_output {
            result.append(*stated);
        }
    }
    result.span()
}

pub fn inputs(prediction: @Prediction) -> Span<Stated> {
    of_direction(prediction, false)
}

pub fn outputs(prediction: @Prediction) -> Span<Stated> {
    of_direction(prediction, true)
}

/// The id of the commitment to an input or output: 32 bytes as a little-endian integer. Equal ids stand for equal values, whatever the
/// keys.
pub fn commitment(stated: @Stated) -> u256 {
    let felts = *stated.felts;
    assert(*stated.n_values == 0 && felts.len() == 2, 'circlet: not committed');
    u256 { low: (*felts[0]).try_into().unwrap(), high: (*felts[1]).try_into().unwrap() }
}

/// The public values, as residues.
fn values(stated: @Stated) -> Array<u32> {
    assert(*stated.n_values != 0, 'circlet: values not public');
    let mut values = array![];
    let mut tape = ValueTapeTrait::new(*stated.felts);
    tape.read_exactly(ref values, *stated.n_values);
    values
}

/// The class that an output decides for: the index of the greatest score.
pub fn decided_class(output: @Stated) -> u32 {
    assert(*output.is_output, 'circlet: an input');
    let values = values(output);
    if *output.form == form::ARGMAX {
        return *values[0];
    }
    assert(*output.form == form::SCORES, 'circlet: output names no class');
    argmax(values)
}

/// Whether score `i` of an output is what the model's key asks of it.
pub fn holds(output: @Stated, i: u32) -> bool {
    let form = *output.form;
    assert(form == form::AT_LEAST || form == form::BELOW, 'circlet: output decides nothing');
    *values(output)[i] == 1
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
