//! Models that were checked, facts that were verified, and which models an owner vouches for.
//!
//! **A model.** Anyone registers a key, once or often: to be registered says that the key is well formed and asks for enough
//! security, and nothing about who made it. What the registry cannot check: that the structure root, which says what the model
//! computes, belongs to a network at all. **A structure root that nobody rebuilt proves nothing**: before relying on a model id, rebuild
//! its root from the public `model.structure` with `circlet inspect --rebuild` and compare the keys.
//! Weights are hidden, but fixed by the key: a model id means one function, at the price that docs/security.md section 4 puts on a choice.
//!
//! **A fact** says that a proof of a registered model was verified. It is about one model id, it is nobody's property, and it stays true.
//!
//! **A family** is a pair of an owner and a model: the models of which this owner says that they hold the same weights as that one.
//! Hidden weights are masked for a number of proofs; when they are spent, the owner commits the weights again under
//! new masks: a key that differs in its commitment to the weights alone, and so another model id, which `renew` adds to the family.
//! Nothing proves that both commitments hold the *same weights*: it is the owner's word. What is certain is that a member
//! computes with the first model's structure, ranges, scales and meaning, at its security level. Everybody has a family of every model, and
//! changes his own alone, so nobody needs to be the first at anything, and no order of transactions keeps an owner from his family.
//! * A consumer who trusts nobody pins a model id, and starts over with the next one.
//! * A consumer who trusts the owner to name the right weights pins a family, and accepts a proof of any of its current members.
//!   Whose family it is must come from elsewhere than this contract: it cannot tell who trained a model.
use starknet::ContractAddress;
use super::prediction::Prediction;

/// The models that `owner` says hold the weights of the model `first`.
#[derive(Copy, Drop, Hash, PartialEq, Serde, starknet::Store)]
pub struct Family {
    pub owner: ContractAddress,
    pub first: felt252,
}

#[starknet::interface]
pub trait IModelRegistry<TState> {
    /// Checks a verification key. Returns the model's id, Poseidon of all felts of the key. Of a key that is registered already
    /// it changes nothing.
    fn register(ref self: TState, vk: Span<felt252>) -> felt252;
    /// Registers a key that differs from that of `first` in its commitment to the weights alone, and adds it to the caller's family
    /// of `first`. Returns its id.
    fn renew(ref self: TState, first: felt252, vk: Span<felt252>) -> felt252;
    /// Removes a model from the caller's family of `first` for good. The others stay, whichever it is.
    fn revoke(ref self: TState, first: felt252, model_id: felt252);
    /// Ends the caller's family of `first` for good: it has no members any more.
    fn revoke_family(ref self: TState, first: felt252);
    /// Verifies a proof of a registered model and records its fact.
    fn submit(
        ref self: TState, vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
    ) -> Prediction;
    /// Whether a proof of the fact was verified, whoever revoked its model. The fact is Poseidon(model id, context, number of
    /// inputs and outputs, and of each in the order of the key the number of its public values and these, eight a felt); of a committed
    /// one the number is 0, and two felts are the halves of the id of the commitment.
    fn is_verified(self: @TState, fact: felt252) -> bool;
    fn is_registered(self: @TState, model_id: felt252) -> bool;
    /// Whether the model is the family's first or was added by its owner, and he has revoked neither it nor the family.
    fn is_current(self: @TState, family: Family, model_id: felt252) -> bool;
}

#[starknet::contract]
pub mod ModelRegistry {
    use core::num::traits::Pow;
    use starknet::storage::{Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ClassHash, ContractAddress, get_caller_address};
    use crate::blake2s::halves;
    use crate::contracts::prediction::{Prediction, Stated, model_id, outputs};
    use crate::contracts::verifier::{IVerifierDispatcherTrait, IVerifierLibraryDispatcher};
    use crate::key::{Key, read_key, stem};
    use crate::layout::quotients;
    use super::{Family, IModelRegistry};

    // Conjectured security, of each of the two terms that a key can bring below it (docs/security.md): a query gives as many bits
    // as the blow-up has; batching Q quotients over a domain of n points fails in (Q - 1) n of the 2^124 values of its challenge.
    // src/starknet/limits.hpp has the same numbers.
    const SECURITY_BITS: u32 = 96;
    const FIELD_BITS: u32 = 124;
    const MIN_POW_BITS: u32 = 20;
    /// Felts of data in an event of Starknet.
    const MAX_EVENT_DATA: u32 = 300;

    #[storage]
    struct Storage {
        verifier: ClassHash,
        /// Of a registered model; zero of any other.
        stems: Map<felt252, felt252>,
        facts: Map<felt252, bool>,
        /// Models added to a family; the first belongs to it without.
        added: Map<(Family, felt252), bool>,
        revoked: Map<(Family, felt252), bool>,
        revoked_families: Map<Family, bool>,
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

    /// The first time that a key is registered. The key itself, which may be longer than an event, is in the transaction's
    /// calldata, and the id is its hash.
    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRegistered {
        #[key]
        pub model_id: felt252,
        /// The same of all keys that one family may have.
        #[key]
        pub stem: felt252,
        /// What `circlet inspect --rebuild` compares, its 32 bytes as a little-endian integer.
        pub structure_root: u256,
        /// Felts of the key.
        pub key_felts: u32,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRenewed {
        #[key]
        pub owner: ContractAddress,
        #[key]
        pub first: felt252,
        #[key]
        pub model_id: felt252,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct ModelRevoked {
        #[key]
        pub owner: ContractAddress,
        #[key]
        pub first: felt252,
        #[key]
        pub model_id: felt252,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct FamilyRevoked {
        #[key]
        pub owner: ContractAddress,
        #[key]
        pub first: felt252,
    }

    #[derive(Drop, PartialEq, starknet::Event)]
    pub struct Verified {
        #[key]
        pub model_id: felt252,
        #[key]
        pub fact: felt252,
        pub context: felt252,
        /// What is said of the outputs, in the order of the key. None has felts if an event does not hold those of all: they are in the
        /// transaction's calldata, and the fact is their hash.
        pub outputs: Span<Stated>,
    }

    #[constructor]
    fn constructor(ref self: ContractState, verifier: ClassHash) {
        self.verifier.write(verifier);
    }

    #[abi(embed_v0)]
    impl ModelRegistryImpl of IModelRegistry<ContractState> {
        fn register(ref self: ContractState, vk: Span<felt252>) -> felt252 {
            let model_id = model_id(vk);
            if !self.is_registered(model_id) {
                let key = read_key(vk);
                assert_secure(@key);
                let stem = stem(@key);
                self.stems.entry(model_id).write(stem);
                let (low, high) = halves(key.structure_root);
                let structure_root = u256 { low: low.try_into().unwrap(), high: high.try_into().unwrap() };
                self.emit(ModelRegistered { model_id, stem, structure_root, key_felts: vk.len() });
            }
            model_id
        }

        fn renew(ref self: ContractState, first: felt252, vk: Span<felt252>) -> felt252 {
            let model_id = self.register(vk);
            let family = callers_family(first);
            assert(self.stems.entry(model_id).read() == self.stems.entry(first).read(), 'circlet: another model');
            assert(!self.revoked_families.entry(family).read(), 'circlet: revoked family');
            assert(!self.revoked.entry((family, model_id)).read(), 'circlet: revoked model');
            self.added.entry((family, model_id)).write(true);
            self.emit(ModelRenewed { owner: family.owner, first, model_id });
            model_id
        }

        fn revoke(ref self: ContractState, first: felt252, model_id: felt252) {
            let family = callers_family(first);
            assert(self.has_member(family, model_id), 'circlet: not in the family');
            self.revoked.entry((family, model_id)).write(true);
            self.emit(ModelRevoked { owner: family.owner, first, model_id });
        }

        fn revoke_family(ref self: ContractState, first: felt252) {
            let family = callers_family(first);
            assert(self.is_registered(first), 'circlet: unknown model');
            self.revoked_families.entry(family).write(true);
            self.emit(FamilyRevoked { owner: family.owner, first });
        }

        fn submit(
            ref self: ContractState,
            vk: Span<felt252>,
            context: felt252,
            values: Span<felt252>,
            hashes: Span<felt252>,
        ) -> Prediction {
            assert(self.is_registered(model_id(vk)), 'circlet: unknown model');
            let verifier = IVerifierLibraryDispatcher { class_hash: self.verifier.read() };
            let prediction = verifier.verify(vk, context, values, hashes);
            self.facts.entry(prediction.fact).write(true);
            self.emit(verified(@prediction));
            prediction
        }

        fn is_verified(self: @ContractState, fact: felt252) -> bool {
            self.facts.entry(fact).read()
        }

        fn is_registered(self: @ContractState, model_id: felt252) -> bool {
            self.stems.entry(model_id).read() != 0
        }

        fn is_current(self: @ContractState, family: Family, model_id: felt252) -> bool {
            self.has_member(family, model_id)
                && !self.revoked.entry((family, model_id)).read()
                && !self.revoked_families.entry(family).read()
        }
    }

    #[generate_trait]
    impl Members of MembersTrait {
        /// Revoked ones too.
        fn has_member(self: @ContractState, family: Family, model_id: felt252) -> bool {
            if model_id == family.first {
                self.is_registered(model_id)
            } else {
                self.added.entry((family, model_id)).read()
            }
        }
    }

    fn callers_family(first: felt252) -> Family {
        Family { owner: get_caller_address(), first }
    }

    fn assert_secure(key: @Key) {
        assert(*key.pow_bits >= MIN_POW_BITS, 'circlet: too little work');
        assert(*key.pow_bits + *key.log_blowup * *key.n_queries >= SECURITY_BITS, 'circlet: too few queries');
        let points: u64 = 2_u64.pow(*key.log_size + *key.log_blowup);
        let failing = (quotients(*key.instances) - 1).into() * points;
        assert(failing <= 2_u64.pow(FIELD_BITS - SECURITY_BITS), 'circlet: too many rows');
    }

    pub fn verified(prediction: @Prediction) -> Verified {
        let mut outputs = outputs(prediction);
        // Beside the felts of each an event has what else is said of it, and their number; then the context and the number of outputs.
        let mut felts = 2;
        for output in outputs {
            felts += (*output.felts).len() + 4;
        }
        if felts > MAX_EVENT_DATA {
            outputs = without_felts(outputs);
        }
        Verified { model_id: *prediction.model_id, fact: *prediction.fact, context: *prediction.context, outputs }
    }

    fn without_felts(outputs: Span<Stated>) -> Span<Stated> {
        let mut result = array![];
        for output in outputs {
            result.append(Stated { felts: array![].span(), ..*output });
        }
        result.span()
    }
}
