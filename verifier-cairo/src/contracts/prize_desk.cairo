//! An example consumer: whoever proves that the desk's model reads a digit from an image is credited that many points.
//! The context binds a proof to this contract, the caller and a nonce, so that nobody can use it elsewhere or twice.
//! A desk either pins one model, or a family: then it trusts the family's owner to say which renewed keys hold the same weights.
use starknet::ContractAddress;

#[starknet::interface]
pub trait IPrizeDesk<TState> {
    /// The context that the caller's next proof must have.
    fn context_of(self: @TState, caller: ContractAddress) -> felt252;
    /// Verifies a proof of a model that the desk accepts, made for `context_of(caller)`; returns the class it predicts.
    fn claim(ref self: TState, vk: Span<felt252>, values: Span<felt252>, hashes: Span<felt252>) -> u32;
    fn points_of(self: @TState, caller: ContractAddress) -> u32;
}

#[starknet::contract]
pub mod PrizeDesk {
    use core::poseidon::poseidon_hash_span;
    use starknet::storage::{Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ContractAddress, get_caller_address, get_contract_address};
    use crate::contracts::accepted::{Accepted, AcceptedTrait};
    use crate::contracts::model_registry::{IModelRegistryDispatcher, IModelRegistryDispatcherTrait};
    use crate::contracts::prediction::{decided_class, outputs};

    #[storage]
    struct Storage {
        registry: ContractAddress,
        accepted: Accepted,
        nonces: Map<ContractAddress, felt252>,
        points: Map<ContractAddress, u32>,
    }

    #[constructor]
    fn constructor(ref self: ContractState, registry: ContractAddress, accepted: Accepted) {
        self.registry.write(registry);
        self.accepted.write(accepted);
    }

    #[abi(embed_v0)]
    impl PrizeDeskImpl of super::IPrizeDesk<ContractState> {
        fn context_of(self: @ContractState, caller: ContractAddress) -> felt252 {
            let nonce = self.nonces.entry(caller).read();
            poseidon_hash_span(array![get_contract_address().into(), caller.into(), nonce].span())
        }

        fn claim(ref self: ContractState, vk: Span<felt252>, values: Span<felt252>, hashes: Span<felt252>) -> u32 {
            let caller = get_caller_address();
            let registry = IModelRegistryDispatcher { contract_address: self.registry.read() };
            let prediction = registry.submit(vk, self.context_of(caller), values, hashes);
            assert(self.accepted.read().has(registry, prediction.model_id), 'desk: another model');
            self.nonces.entry(caller).write(self.nonces.entry(caller).read() + 1);
            let digit = decided_class(outputs(@prediction)[0]);
            self.points.entry(caller).write(self.points.entry(caller).read() + digit);
            digit
        }

        fn points_of(self: @ContractState, caller: ContractAddress) -> u32 {
            self.points.entry(caller).read()
        }
    }
}
