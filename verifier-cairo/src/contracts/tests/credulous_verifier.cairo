//! A verifier that believes everything, for tests of what contracts do with a statement: its `values` are the tensors' stated values.
use super::super::prediction::{Prediction, Stated, form, of_tensors};
use super::super::verifier::IVerifier;

fn felts_of(tensors: Span<Stated>) -> Span<felt252> {
    let mut felts = array![];
    tensors.serialize(ref felts);
    felts.span()
}

/// A private input.
pub fn private_input() -> Stated {
    Stated { is_output: false, form: 0, n_values: 0, felts: array![].span() }
}

/// Values that state these outputs, of a private input.
pub fn outputs(n_outputs: u32, felt: felt252, form: u32) -> Span<felt252> {
    let output = Stated { is_output: true, form, n_values: n_outputs, felts: array![felt].span() };
    felts_of(array![private_input(), output].span())
}

/// Values that state that the committed input has all of three scores that the key asks, or none.
pub fn approval(commitment: u256, is_yes: bool) -> Span<felt252> {
    let answers = if is_yes {
        1 + 0x80000000 + 0x4000000000000000
    } else {
        0
    };
    let input = Stated {
        is_output: false, form: 0, n_values: 0, felts: array![commitment.low.into(), commitment.high.into()].span(),
    };
    let output = Stated { is_output: true, form: form::AT_LEAST, n_values: 3, felts: array![answers].span() };
    felts_of(array![input, output].span())
}

#[starknet::contract]
pub mod CredulousVerifier {
    use crate::contracts::prediction::model_id;
    use super::{IVerifier, Prediction, Stated, of_tensors};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl VerifierImpl of IVerifier<ContractState> {
        fn verify(
            self: @ContractState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
        ) -> Prediction {
            let _ = hashes;
            let mut felts = values;
            let tensors: Span<Stated> = Serde::deserialize(ref felts).unwrap();
            of_tensors(model_id(vk), context, tensors)
        }
    }
}
