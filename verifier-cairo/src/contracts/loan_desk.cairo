//! An example consumer of committed values: an attestor, a bank say, publishes the commitment to an applicant's data, which nobody else
//! sees; the applicant, who holds the data, is granted a loan on a proof that the desk's model says yes to them.
//! The context binds a proof to this contract and the applicant. A grant is final, so a proof does nothing twice.
use starknet::ContractAddress;

#[starknet::interface]
pub trait ILoanDesk<TState> {
    /// The attestor publishes the commitment to an applicant's data, instead of an earlier one.
    fn attest(ref self: TState, applicant: ContractAddress, commitment: u256);
    /// The context that the applicant's proof must have.
    fn context_of(self: @TState, applicant: ContractAddress) -> felt252;
    /// Grants the caller a loan on a proof about the data attested to, made for `context_of(caller)`.
    fn apply(ref self: TState, vk: Span<felt252>, values: Span<felt252>, hashes: Span<felt252>);
    fn is_granted(self: @TState, applicant: ContractAddress) -> bool;
}

#[starknet::contract]
pub mod LoanDesk {
    use core::num::traits::Zero;
    use core::poseidon::poseidon_hash_span;
    use starknet::storage::{Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ContractAddress, get_caller_address, get_contract_address};
    use crate::contracts::accepted::{Accepted, AcceptedTrait};
    use crate::contracts::model_registry::{IModelRegistryDispatcher, IModelRegistryDispatcherTrait};
    use crate::contracts::prediction::{commitment, holds, inputs, outputs};

    #[storage]
    struct Storage {
        registry: ContractAddress,
        attestor: ContractAddress,
        accepted: Accepted,
        /// Which of the model's scores must be what its key asks.
        score: u32,
        commitments: Map<ContractAddress, u256>,
        granted: Map<ContractAddress, bool>,
    }

    #[constructor]
    fn constructor(
        ref self: ContractState, registry: ContractAddress, attestor: ContractAddress, accepted: Accepted, score: u32,
    ) {
        self.registry.write(registry);
        self.attestor.write(attestor);
        self.accepted.write(accepted);
        self.score.write(score);
    }

    #[abi(embed_v0)]
    impl LoanDeskImpl of super::ILoanDesk<ContractState> {
        fn attest(ref self: ContractState, applicant: ContractAddress, commitment: u256) {
            assert(get_caller_address() == self.attestor.read(), 'desk: not the attestor');
            self.commitments.entry(applicant).write(commitment);
        }

        fn context_of(self: @ContractState, applicant: ContractAddress) -> felt252 {
            poseidon_hash_span(array![get_contract_address().into(), applicant.into()].span())
        }

        fn apply(ref self: ContractState, vk: Span<felt252>, values: Span<felt252>, hashes: Span<felt252>) {
            let applicant = get_caller_address();
            assert(!self.granted.entry(applicant).read(), 'desk: granted already');
            let attested = self.commitments.entry(applicant).read();
            assert(!attested.is_zero(), 'desk: nothing attested');
            let registry = IModelRegistryDispatcher { contract_address: self.registry.read() };
            let prediction = registry.submit(vk, self.context_of(applicant), values, hashes);
            assert(self.accepted.read().has(registry, prediction.model_id), 'desk: another model');
            assert(commitment(inputs(@prediction)[0]) == attested, 'desk: other data');
            assert(holds(outputs(@prediction)[0], self.score.read()), 'desk: refused');
            self.granted.entry(applicant).write(true);
        }

        fn is_granted(self: @ContractState, applicant: ContractAddress) -> bool {
            self.granted.entry(applicant).read()
        }
    }
}
