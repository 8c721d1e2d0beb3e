//! The stateless verifier of every model: the model is data. Called by class hash or as a contract.
use super::prediction::Prediction;

#[starknet::interface]
pub trait IVerifier<TState> {
    /// Returns what a proof says for the model of the verification key `vk`, or panics with the name of the step that
    /// failed. The encoding is that of docs/calldata.md.
    ///
    /// The key is the caller's: a proof for a key that nobody checked says nothing (see ModelRegistry).
    fn verify(
        self: @TState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
    ) -> Prediction;
}

#[starknet::contract]
pub mod Verifier {
    use crate::channel::Silent;
    use crate::contracts::prediction::{Prediction, prediction};
    use crate::verifier::verify;

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl VerifierImpl of super::IVerifier<ContractState> {
        fn verify(
            self: @ContractState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
        ) -> Prediction {
            prediction(vk, context, verify::<Silent>(vk, context, values, hashes))
        }
    }
}
