//! Models and verified facts.
//!
//! Anyone registers a model, and the registrant is usually the prover. What the registry checks of a key: that it is
//! well formed and asks for enough security. What it cannot check: that the structure root, which says what the model
//! computes, belongs to a network at all. **A structure root that nobody rebuilt proves nothing**: before relying on a model id, rebuild
//! its root from the public `model.structure` with `circlet inspect --rebuild` and compare the keys.
//! Weights are hidden, but fixed by the key: a model id means one function, at the price that docs/security.md section 4 puts on a choice.
//!
//! **Families.** Hidden weights are masked for a number of proofs; when they are spent, the owner commits the weights again under
//! new masks: a key that differs in its weights root alone, and so another model id. `renew` records it as a member of the
//! family of the model it follows. That the new root holds the *same weights* is the owner's word: two hiding commitments
//! do not show that they hold the same, and the registry has no proof of it. What is certain is that a member computes with the
//! family's structure, ranges and scales, at its security level. So
//! * a consumer who trusts nobody pins a model id, and starts over with the next one;
//! * a consumer who trusts the owner to name the right weights pins a family, and accepts a proof of any member:
//!   `family_of(prediction.model_id) == family`.
//! Facts are always about one model id.
use starknet::ContractAddress;
use super::prediction::Prediction;

#[starknet::interface]
pub trait IModelRegistry<TState> {
    /// Registers the model of a verification key; the caller becomes its owner. Returns its id, Poseidon of all felts of
    /// the key, which is also the id of its family.
    fn register(ref self: TState, vk: Span<felt252>) -> felt252;
    /// The owner adds a model to a family: a key that differs from the family's in the weights root alone. Returns its id.
    fn renew(ref self: TState, family: felt252, vk: Span<felt252>) -> felt252;
    /// The owner withdraws a model for good: no more proofs, and its facts are no longer verified. The rest of its family
    /// stays.
    fn revoke(ref self: TState, model_id: felt252);
    /// The owner withdraws all models of a family for good; it is not renewed any more.
    fn revoke_family(ref self: TState, family: felt252);
    /// Verifies a proof and records its fact.
    fn submit(
        ref self: TState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
    ) -> Prediction;
    /// Whether a proof of the fact was verified, for a model that is not revoked. The fact is Poseidon(model id, context,
    /// number of inputs, inputs, number of outputs, outputs), values eight a felt; of committed ones the number is 0, and two felts
    /// are the halves of the id of their commitment.
    fn is_verified(self: @TState, fact: felt252) -> bool;
    /// The family of a model: the id of its first member. Zero if the model is not registered.
    fn family_of(self: @TState, model_id: felt252) -> felt252;
    /// Of the model's family; zero if the model is not registered.
    fn owner_of(self: @TState, model_id: felt252) -> ContractAddress;
    /// Whether the model or its family is.
    fn is_revoked(self: @TState, model_id: felt252) -> bool;
}

#[starknet::contract]
pub mod ModelRegistry {
    use core::num::traits::{Pow, Zero};
    use starknet::storage::{Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ClassHash, ContractAddress, get_caller_address};
    use crate::contracts::prediction::{Prediction, model_id};
    use crate::contracts::verifier::{IVerifierDispatcherTrait, IVerifierLibraryDispatcher};
    use crate::key::{read_key, stem};
    use crate::layout::quotients;

    /// Conjectured security, of each of the two terms that a key can bring below it (docs/security.md): a query gives as many bits
    /// as the blow-up has; batching Q quotients over a domain of n points fails in (Q - 1) n of the 2^124 values of its challenge.
    const SECURITY_BITS: u32 = 96;
    const FIELD_BITS: u32 = 124;
    const MIN_POW_BITS: u32 = 20;

    #[storage]
    struct Storage {
        verifier: ClassHash,
        /// Of a model.
        families: Map<felt252, felt252>,
        revoked: Map<felt252, bool>,
        /// Of a family.
        owners: Map<felt252, ContractAddress>,
        stems: Map<felt252, felt252>,
        revoked_families: Map<felt252, bool>,
        /// The model that a verified fact is about.
        facts: Map<felt252, felt252>,
    }

    #[event]
    #[derive(Drop, PartialEq, starknet::Event)]
    pub enum Event {
        ModelRegistered: ModelRegistered,
        ModelRenewed: ModelRenewed,
        ModelRevoked: ModelRevoked,
        FamilyRevoked: FamilyRevoked,
        Verified: Verified,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRegistered {
        #[key]
        pub model_id: felt252,
        #[key]
        pub owner: ContractAddress,
        pub vk: Span<felt252>,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRenewed {
        #[key]
        pub model_id: felt252,
        #[key]
        pub family: felt252,
        pub vk: Span<felt252>,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRevoked {
        #[key]
        pub model_id: felt252,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct FamilyRevoked {
        #[key]
        pub family: felt252,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct Verified {
        #[key]
        pub model_id: felt252,
        #[key]
        pub fact: felt252,
        pub context: felt252,
        pub outputs: Span<felt252>,
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
            let points: u64 = 2_u64.pow(key.log_size + key.log_blowup);
            let failing = (quotients(key.committed) - 1).into() * points;
            assert(failing <= 2_u64.pow(FIELD_BITS - SECURITY_BITS), 'circlet: too many rows');
            let model_id = self.new_model_id(vk);
            let owner = get_caller_address();
            self.families.entry(model_id).write(model_id);
            self.owners.entry(model_id).write(owner);
            self.stems.entry(model_id).write(stem(vk));
            self.emit(ModelRegistered { model_id, owner, vk });
            model_id
        }

        fn renew(ref self: ContractState, family: felt252, vk: Span<felt252>) -> felt252 {
            self.assert_owner(family);
            assert(!self.revoked_families.entry(family).read(), 'circlet: revoked family');
            // The key is well formed and secure, as the family's first is.
            assert(stem(vk) == self.stems.entry(family).read(), 'circlet: another model');
            let model_id = self.new_model_id(vk);
            self.families.entry(model_id).write(family);
            self.emit(ModelRenewed { model_id, family, vk });
            model_id
        }

        fn revoke(ref self: ContractState, model_id: felt252) {
            self.assert_owner(self.families.entry(model_id).read());
            self.revoked.entry(model_id).write(true);
            self.emit(ModelRevoked { model_id });
        }

        fn revoke_family(ref self: ContractState, family: felt252) {
            self.assert_owner(family);
            self.revoked_families.entry(family).write(true);
            self.emit(FamilyRevoked { family });
        }

        fn submit(
            ref self: ContractState,
            vk: Span<felt252>,
            context: felt252,
            values: Span<felt252>,
            hashes: Span<felt252>,
        ) -> Prediction {
            let model_id = model_id(vk);
            assert(self.families.entry(model_id).read() != 0, 'circlet: unknown model');
            assert(!self.is_revoked(model_id), 'circlet: revoked model');
            let verifier = IVerifierLibraryDispatcher { class_hash: self.verifier.read() };
            let prediction = verifier.verify(vk, context, values, hashes);
            self.facts.entry(prediction.fact).write(model_id);
            self.emit(Verified { model_id, fact: prediction.fact, context, outputs: prediction.outputs });
            prediction
        }

        fn is_verified(self: @ContractState, fact: felt252) -> bool {
            let model_id = self.facts.entry(fact).read();
            model_id != 0 && !self.is_revoked(model_id)
        }

        fn family_of(self: @ContractState, model_id: felt252) -> felt252 {
            self.families.entry(model_id).read()
        }

        fn owner_of(self: @ContractState, model_id: felt252) -> ContractAddress {
            self.owners.entry(self.families.entry(model_id).read()).read()
        }

        fn is_revoked(self: @ContractState, model_id: felt252) -> bool {
            self.revoked.entry(model_id).read()
                || self.revoked_families.entry(self.families.entry(model_id).read()).read()
        }
    }

    #[generate_trait]
    impl Checks of ChecksTrait {
        /// The id of a key that is not registered.
        fn new_model_id(self: @ContractState, vk: Span<felt252>) -> felt252 {
            let model_id = model_id(vk);
            assert(self.families.entry(model_id).read() == 0, 'circlet: registered already');
            model_id
        }

        fn assert_owner(self: @ContractState, family: felt252) {
            let owner = self.owners.entry(family).read();
            assert(!owner.is_zero() && owner == get_caller_address(), 'circlet: not the owner');
        }
    }
}
