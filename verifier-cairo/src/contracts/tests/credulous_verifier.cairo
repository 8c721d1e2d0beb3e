//! A verifier that believes everything, for tests of what contracts do with a statement: its `values` are the statement's.
use super::super::prediction::{Prediction, prediction};
use super::super::verifier::IVerifier;

/// Values that state these outputs, of a private input.
pub fn outputs(n_outputs: u32, felt: felt252, output_form: u32) -> Span<felt252> {
    array![0, 0, n_outputs.into(), 1, felt, output_form.into()].span()
}

/// Values that state that the committed input has every score that the key asks, of `n_outputs` up to eight.
pub fn approval(commitment: u256, n_outputs: u32, output_form: u32) -> Span<felt252> {
    let ones = 1 + 0x80000000 + 0x4000000000000000;
    array![0, 2, commitment.low.into(), commitment.high.into(), n_outputs.into(), 1, ones, output_form.into()].span()
}

#[starknet::contract]
pub mod CredulousVerifier {
    use crate::verifier::Statement;
    use super::{IVerifier, Prediction, prediction};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl VerifierImpl of IVerifier<ContractState> {
        fn verify(
            self: @ContractState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
        ) -> Prediction {
            let _ = hashes;
            let mut felts = values;
            let (n_inputs, inputs): (u32, Span<felt252>) = Serde::deserialize(ref felts).unwrap();
            let (n_outputs, outputs, output_form): (u32, Span<felt252>, u32) = Serde::deserialize(ref felts).unwrap();
            prediction(vk, context, Statement { n_inputs, inputs, n_outputs, outputs, output_form })
        }
    }
}
