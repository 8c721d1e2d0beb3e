use core::num::traits::Zero;
use starknet::syscalls::deploy_syscall;
use starknet::testing::set_contract_address;
use starknet::{ClassHash, ContractAddress};
use crate::key::tests::{key, key_with};
use super::model_registry::{IModelRegistryDispatcher, IModelRegistryDispatcherTrait, ModelRegistry};
use super::prediction::{Prediction, argmax, model_id};
use super::verifier::Verifier;

fn class_hash(hash: felt252) -> ClassHash {
    hash.try_into().unwrap()
}

fn caller(address: felt252) -> ContractAddress {
    let address = address.try_into().unwrap();
    set_contract_address(address);
    address
}

fn registry() -> IModelRegistryDispatcher {
    let calldata = array![Verifier::TEST_CLASS_HASH.into()].span();
    let (contract_address, _) = deploy_syscall(class_hash(ModelRegistry::TEST_CLASS_HASH.into()), 0, calldata, false)
        .unwrap();
    IModelRegistryDispatcher { contract_address }
}

#[test]
fn the_registrant_owns_a_model() {
    let registry = registry();
    let owner = caller(0x123);
    let id = registry.register(key());
    assert!(id == model_id(key()));
    assert!(registry.owner_of(id) == owner);
    assert!(registry.owner_of(id + 1).is_zero());
    assert!(!registry.is_revoked(id));
}

#[test]
fn another_key_is_another_model() {
    let registry = registry();
    assert!(registry.register(key()) != registry.register(key_with(10, 99)));
}

#[test]
#[should_panic(expected: ('circlet: registered already', 'ENTRYPOINT_FAILED'))]
fn a_model_is_registered_once() {
    let registry = registry();
    caller(0x123);
    registry.register(key());
    registry.register(key());
}

#[test]
#[should_panic(expected: ('circlet: too few queries', 'ENTRYPOINT_FAILED'))]
fn ninety_two_bits_are_too_few() {
    registry().register(key_with(29, 17));
}

#[test]
#[should_panic(expected: ('circlet: too little work', 'ENTRYPOINT_FAILED'))]
fn nineteen_bits_of_work_are_too_few() {
    registry().register(key_with(26, 19));
}

#[test]
#[should_panic(expected: ('circlet: key AIR', 'ENTRYPOINT_FAILED'))]
fn a_malformed_key_is_refused() {
    registry().register(key_with(1, 2));
}

#[test]
fn the_owner_revokes() {
    let registry = registry();
    caller(0x123);
    let id = registry.register(key());
    registry.revoke(id);
    assert!(registry.is_revoked(id));
}

#[test]
#[should_panic(expected: ('circlet: not the owner', 'ENTRYPOINT_FAILED'))]
fn a_stranger_does_not_revoke() {
    let registry = registry();
    caller(0x123);
    let id = registry.register(key());
    caller(0x124);
    registry.revoke(id);
}

#[test]
#[should_panic(expected: ('circlet: revoked model', 'ENTRYPOINT_FAILED'))]
fn a_revoked_model_proves_nothing() {
    let registry = registry();
    caller(0x123);
    registry.revoke(registry.register(key()));
    registry.submit(key(), 0, array![].span(), array![].span());
}

#[test]
#[should_panic(expected: ('circlet: unknown model', 'ENTRYPOINT_FAILED'))]
fn an_unknown_model_proves_nothing() {
    registry().submit(key(), 0, array![].span(), array![].span());
}

#[test]
fn an_unproved_fact_is_not_verified() {
    let registry = registry();
    assert!(!registry.is_verified(0));
    assert!(!registry.is_verified(1));
}

fn with_outputs(felt: felt252, n_outputs: u32) -> Prediction {
    Prediction {
        model_id: 0, context: 0, n_inputs: 0, inputs: array![].span(), n_outputs, outputs: array![felt].span(), fact: 0,
    }
}

#[test]
fn argmax_compares_signed_integers() {
    let shift: felt252 = 0x80000000;
    // -1, 3, 3, 2
    assert!(argmax(@with_outputs(0x7ffffffe + 3 * shift + 3 * shift * shift + 2 * shift * shift * shift, 4)) == 1);
    // -3, -2
    assert!(argmax(@with_outputs(0x7ffffffc + 0x7ffffffd * shift, 2)) == 1);
    // the least of all
    assert!(argmax(@with_outputs(0x40000000, 1)) == 0);
}
