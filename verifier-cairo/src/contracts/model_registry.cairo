//! Models and verified facts.
//!
//! Anyone registers a model, and the registrant is usually the prover. What the registry checks of a key: that it is
//! well formed and asks for enough security. What it cannot check: that the structure root, which says what the model
//! computes, belongs to a network at all. **A structure root that nobody rebuilt proves nothing**: before relying on a model id, rebuild
//! its root from the public `model.structure` with `circlet inspect --rebuild` and compare the keys.
//! Weights are hidden, but fixed by the key: a model id always means the same function.
use starknet::ContractAddress;
use super::prediction::Prediction;

#[starknet::interface]
pub trait IModelRegistry<TState> {
    /// Registers the model of a verification key; the caller becomes its owner. Returns its id, Poseidon of all felts of
    /// the key.
    fn register(ref self: TState, vk: Span<felt252>) -> felt252;
    /// The owner withdraws a model for good: no more proofs, and its facts are no longer verified.
    fn revoke(ref self: TState, model_id: felt252);
    /// Verifies a proof and records its fact.
    fn submit(
        ref self: TState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
    ) -> Prediction;
    /// Whether a proof of the fact was verified, for a model that is not revoked. The fact is Poseidon(model id, context,
    /// number of inputs, inputs, number of outputs, outputs), values eight a felt.
    fn is_verified(self: @TState, fact: felt252) -> bool;
    /// Zero if the model is not registered.
    fn owner_of(self: @TState, model_id: felt252) -> ContractAddress;
    fn is_revoked(self: @TState, model_id: felt252) -> bool;
}

#[starknet::contract]
pub mod ModelRegistry {
    use core::num::traits::Zero;
    use starknet::storage::{Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ClassHash, ContractAddress, get_caller_address};
    use crate::contracts::prediction::{Prediction, model_id};
    use crate::contracts::verifier::{IVerifierDispatcherTrait, IVerifierLibraryDispatcher};
    use crate::key::read_key;

    /// Conjectured security: a query gives as many bits as the blow-up has.
    const SECURITY_BITS: u32 = 96;
    const MIN_POW_BITS: u32 = 20;

    #[storage]
    struct Storage {
        verifier: ClassHash,
        owners: Map<felt252, ContractAddress>,
        revoked: Map<felt252, bool>,
        /// The model that a verified fact is about.
        facts: Map<felt252, felt252>,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        ModelRegistered: ModelRegistered,
        ModelRevoked: ModelRevoked,
        Verified: Verified,
    }

    #[derive(Drop, starknet::Event)]
    struct ModelRegistered {
        #[key]
        model_id: felt252,
        #[key]
        owner: ContractAddress,
        vk: Span<felt252>,
    }

    #[derive(Drop, starknet::Event)]
    struct ModelRevoked {
        #[key]
        model_id: felt252,
    }

    #[derive(Drop, starknet::Event)]
    struct Verified {
        #[key]
        model_id: felt252,
        #[key]
        fact: felt252,
        context: felt252,
        outputs: Span<felt252>,
    }

    #[constructor]
    fn constructor(ref self: ContractState, verifier: ClassHash) {
        self.verifier.write(verifier);
    }

    #[abi(embed_v0)]
    impl ModelRegistryImpl of super::IModelRegistry<ContractState> {
        fn register(ref self: ContractState, vk: Span<felt252>) -> felt252 {
            let key = read_key(vk);
            assert(key.pow_bits >= MIN_POW_BITS, 'circlet: too little work');
            assert(key.pow_bits + key.log_blowup * key.n_queries >= SECURITY_BITS, 'circlet: too few queries');
            let model_id = model_id(vk);
            assert(self.owners.entry(model_id).read().is_zero(), 'circlet: registered already');
            let owner = get_caller_address();
            self.owners.entry(model_id).write(owner);
            self.emit(ModelRegistered { model_id, owner, vk });
            model_id
        }

        fn revoke(ref self: ContractState, model_id: felt252) {
            assert(self.owners.entry(model_id).read() == get_caller_address(), 'circlet: not the owner');
            self.revoked.entry(model_id).write(true);
            self.emit(ModelRevoked { model_id });
        }

        fn submit(
            ref self: ContractState,
            vk: Span<felt252>,
            context: felt252,
            values: Span<felt252>,
            hashes: Span<felt252>,
        ) -> Prediction {
            let model_id = model_id(vk);
            assert(!self.owners.entry(model_id).read().is_zero(), 'circlet: unknown model');
            assert(!self.revoked.entry(model_id).read(), 'circlet: revoked model');
            let verifier = IVerifierLibraryDispatcher { class_hash: self.verifier.read() };
            let prediction = verifier.verify(vk, context, values, hashes);
            self.facts.entry(prediction.fact).write(model_id);
            self.emit(Verified { model_id, fact: prediction.fact, context, outputs: prediction.outputs });
            prediction
        }

        fn is_verified(self: @ContractState, fact: felt252) -> bool {
            let model_id = self.facts.entry(fact).read();
            model_id != 0 && !self.revoked.entry(model_id).read()
        }

        fn owner_of(self: @ContractState, model_id: felt252) -> ContractAddress {
            self.owners.entry(model_id).read()
        }

        fn is_revoked(self: @ContractState, model_id: felt252) -> bool {
            self.revoked.entry(model_id).read()
        }
    }
}
