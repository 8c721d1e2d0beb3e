use starknet::syscalls::deploy_syscall;
use starknet::testing::set_contract_address;
use starknet::{ClassHash, ContractAddress, Event};
use crate::key::stem;
use crate::key::tests::{committed_key, committed_key_of, key, key_of, key_with, key_with_scales};
use super::model_registry::{Family, IModelRegistryDispatcher, IModelRegistryDispatcherTrait, ModelRegistry};
use super::prediction::{Prediction, decided_class, holds, input_commitment, model_id, output_form, output_commitment};
use super::verifier::Verifier;

mod credulous_verifier;
mod desks;

fn class_hash(hash: felt252) -> ClassHash {
    hash.try_into().unwrap()
}

fn caller(address: felt252) -> ContractAddress {
    let address = address.try_into().unwrap();
    set_contract_address(address);
    address
}

fn registry() -> IModelRegistryDispatcher {
    registry_over(Verifier::TEST_CLASS_HASH.into())
}

/// A registry that asks another verifier.
fn registry_over(verifier: felt252) -> IModelRegistryDispatcher {
    let calldata = array![verifier].span();
    let (contract_address, _) = deploy_syscall(class_hash(ModelRegistry::TEST_CLASS_HASH.into()), 0, calldata, false)
        .unwrap();
    IModelRegistryDispatcher { contract_address }
}

/// The key with other words of its weights root.
fn renewed(value: u32) -> Span<felt252> {
    key_with(47, value)
}

fn family(owner: felt252, first: felt252) -> Family {
    Family { owner: owner.try_into().unwrap(), first }
}

const OWNER: felt252 = 0x123;
const STRANGER: felt252 = 0x124;

#[test]
fn the_id_of_a_model_is_the_hash_of_its_key() {
    let registry = registry();
    let id = registry.register(key());
    assert!(id == model_id(key()));
    assert!(registry.is_registered(id) && !registry.is_registered(id + 1));
    assert!(id != registry.register(key_with(10, 99)));
}

#[test]
fn whoever_registers_first_owns_nothing() {
    let registry = registry();
    caller(STRANGER);
    let first = registry.register(key());
    caller(OWNER);
    assert!(registry.register(key()) == first);
    let second = registry.renew(first, renewed(1));
    assert!(registry.is_current(family(OWNER, first), second));
    assert!(!registry.is_current(family(STRANGER, first), second));
}

#[test]
fn registering_again_changes_nothing() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    let second = registry.renew(first, renewed(1));
    registry.revoke(first, first);
    drain_events(registry);
    for who in array![OWNER, STRANGER] {
        caller(who);
        assert!(registry.register(key()) == first && registry.register(renewed(1)) == second);
    }
    assert!(starknet::testing::pop_log_raw(registry.contract_address).is_none());
    assert!(!registry.is_current(family(OWNER, first), first));
    assert!(registry.is_current(family(OWNER, first), second));
}

#[test]
fn renewed_models_are_of_the_family() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    let second = registry.renew(first, renewed(1));
    let third = registry.renew(first, renewed(2));
    assert!(second == model_id(renewed(1)) && third == model_id(renewed(2)));
    assert!(first != second && second != third);
    for id in array![first, second, third] {
        assert!(registry.is_registered(id));
        assert!(registry.is_current(family(OWNER, first), id));
    }
    assert!(!registry.is_current(family(OWNER, second), first));
    assert!(!registry.is_current(family(OWNER, second), third));
}

#[test]
fn a_family_of_an_unknown_model_has_no_members() {
    let id = model_id(key());
    assert!(!registry().is_current(family(OWNER, id), id));
}

#[test]
fn a_stranger_adds_nothing_to_an_owners_family() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    caller(STRANGER);
    let permuted = registry.renew(first, renewed(7));
    assert!(registry.is_current(family(STRANGER, first), permuted));
    assert!(!registry.is_current(family(OWNER, first), permuted));
}

#[test]
fn a_stranger_revokes_nothing_of_an_owner() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    let second = registry.renew(first, renewed(1));
    caller(STRANGER);
    registry.renew(first, renewed(1));
    registry.revoke(first, first);
    registry.revoke(first, second);
    registry.revoke_family(first);
    for id in array![first, second] {
        assert!(!registry.is_current(family(STRANGER, first), id));
        assert!(registry.is_current(family(OWNER, first), id));
    }
    caller(OWNER);
    let third = registry.renew(first, renewed(2));
    assert!(registry.is_current(family(OWNER, first), third));
}

#[test]
fn who_runs_ahead_of_a_renewal_does_not_prevent_it() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    caller(STRANGER);
    registry.register(renewed(1));
    registry.renew(first, renewed(1));
    registry.revoke(first, model_id(renewed(1)));
    caller(OWNER);
    let second = registry.renew(first, renewed(1));
    assert!(registry.is_current(family(OWNER, first), second));
}

/// Forgets the events until now.
fn drain_events(registry: IModelRegistryDispatcher) {
    while starknet::testing::pop_log_raw(registry.contract_address).is_some() {}
}

fn told(registry: IModelRegistryDispatcher) -> ModelRegistry::Event {
    starknet::testing::pop_log::<ModelRegistry::Event>(registry.contract_address).unwrap()
}

/// Of the key or a renewed one.
fn registered(model_id: felt252) -> ModelRegistry::Event {
    // The words 0 to 7.
    let structure_root = u256 { low: 0x3000000020000000100000000, high: 0x7000000060000000500000004 };
    ModelRegistry::Event::ModelRegistered(
        ModelRegistry::ModelRegistered { model_id, stem: stem(key()), structure_root, key_felts: 26 },
    )
}

#[test]
fn what_happens_to_models_is_told() {
    let registry = registry();
    let owner = caller(OWNER);
    let first = registry.register(key());
    assert!(told(registry) == registered(first));
    let model_id = registry.renew(first, renewed(1));
    assert!(told(registry) == registered(model_id));
    let renewed = ModelRegistry::ModelRenewed { owner, first, model_id };
    assert!(told(registry) == ModelRegistry::Event::ModelRenewed(renewed));
    registry.revoke(first, model_id);
    let revoked = ModelRegistry::ModelRevoked { owner, first, model_id };
    assert!(told(registry) == ModelRegistry::Event::ModelRevoked(revoked));
    registry.revoke_family(first);
    assert!(told(registry) == ModelRegistry::Event::FamilyRevoked(ModelRegistry::FamilyRevoked { owner, first }));
}

/// Starknet's limit on the data of an event.
const MAX_EVENT_DATA: u32 = 300;

#[test]
fn any_key_is_registered_in_an_event_that_starknet_takes() {
    let registry = registry();
    caller(OWNER);
    for rows in array![1100_u32, 4000] {
        let vk = key_with_scales(rows);
        assert!(vk.len() > MAX_EVENT_DATA);
        registry.register(vk);
        let (_, data) = starknet::testing::pop_log_raw(registry.contract_address).unwrap();
        assert!(data.len() == 3 && *data[2] == vk.len().into());
    }
}

#[test]
fn any_outputs_are_told_in_an_event_that_starknet_takes() {
    let most = MAX_EVENT_DATA - 3;
    for (felts, are_told) in array![(2_u32, true), (most, true), (most + 1, false), (3000, false)] {
        let mut outputs = array![];
        for i in 0..felts {
            outputs.append(i.into());
        }
        let n_outputs = 8 * felts;
        let event = ModelRegistry::verified(
            @Prediction { outputs: outputs.span(), ..with_outputs(0, n_outputs, output_form::SCORES) },
        );
        assert!(event.n_outputs == n_outputs);
        let expected = if are_told {
            outputs.span()
        } else {
            array![].span()
        };
        assert!(event.outputs == expected);
        let (mut keys, mut data) = (array![], array![]);
        event.append_keys_and_data(ref keys, ref data);
        assert!(data.len() <= MAX_EVENT_DATA);
    }
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_structure_of_its_family() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_with(10, 99));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_security_of_its_family() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_with(21, 19));
}

#[test]
#[should_panic(expected: ('circlet: too few queries', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_is_checked() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_with(21, 17));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn nobody_renews_what_is_not_registered() {
    registry().renew(model_id(key()), renewed(1));
}

#[test]
fn revoking_a_model_leaves_its_family() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    let second = registry.renew(first, renewed(1));
    registry.revoke(first, first);
    let third = registry.renew(first, renewed(2));
    let of_owner = family(OWNER, first);
    assert!(!registry.is_current(of_owner, first));
    assert!(registry.is_current(of_owner, second) && registry.is_current(of_owner, third));
    registry.revoke(first, second);
    assert!(!registry.is_current(of_owner, second) && registry.is_current(of_owner, third));
}

#[test]
#[should_panic(expected: ('circlet: revoked model', 'ENTRYPOINT_FAILED'))]
fn a_revoked_model_does_not_come_back() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.revoke(first, registry.renew(first, renewed(1)));
    registry.renew(first, renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: revoked model', 'ENTRYPOINT_FAILED'))]
fn nor_does_the_first_of_a_family() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.revoke(first, first);
    registry.renew(first, key());
}

#[test]
#[should_panic(expected: ('circlet: not in the family', 'ENTRYPOINT_FAILED'))]
fn what_is_not_in_the_family_is_not_revoked() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.revoke(first, registry.register(renewed(1)));
}

#[test]
fn revoking_a_family_revokes_all_its_models() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    let second = registry.renew(first, renewed(1));
    let other = registry.register(key_with(10, 99));
    registry.revoke_family(first);
    assert!(!registry.is_current(family(OWNER, first), first));
    assert!(!registry.is_current(family(OWNER, first), second));
    assert!(registry.is_current(family(OWNER, other), other));
    assert!(registry.is_current(family(OWNER, second), second));
}

#[test]
#[should_panic(expected: ('circlet: revoked family', 'ENTRYPOINT_FAILED'))]
fn a_revoked_family_is_not_renewed() {
    let registry = registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.revoke_family(first);
    registry.renew(first, renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: unknown model', 'ENTRYPOINT_FAILED'))]
fn the_family_of_an_unknown_model_is_not_revoked() {
    registry().revoke_family(model_id(key()));
}

#[test]
#[should_panic(expected: ('circlet: too few queries', 'ENTRYPOINT_FAILED'))]
fn ninety_two_bits_are_too_few() {
    registry().register(key_with(21, 17));
}

#[test]
#[should_panic(expected: ('circlet: too little work', 'ENTRYPOINT_FAILED'))]
fn nineteen_bits_of_work_are_too_few() {
    registry().register(key_with(18, 19));
}

/// Words: log sizes of the blinder and of the blow-up, and queries, 80 bits of them.
fn domain(log_size: u32, log_blowup: u32) -> Array<(u32, u32)> {
    array![(9, log_size), (19, log_blowup), (21, 80 / log_blowup)]
}

#[test]
fn domains_of_ninety_six_bits_are_registered() {
    let registry = registry();
    caller(OWNER);
    registry.register(key_of(domain(16, 4).span()));
    registry.register(key_of(domain(18, 2).span()));
    registry.register(committed_key_of(true, false, domain(15, 4)));
    registry.register(committed_key_of(true, true, domain(17, 2)));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn ninety_five_bits_of_batching_are_too_few() {
    registry().register(key_of(domain(17, 4).span()));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn the_greatest_key_is_refused() {
    registry().register(committed_key_of(true, true, domain(26, 4)));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn committed_values_count_as_quotients() {
    registry().register(committed_key_of(false, true, domain(16, 4)));
}

#[test]
#[should_panic(expected: ('circlet: key AIR', 'ENTRYPOINT_FAILED'))]
fn a_malformed_key_is_refused() {
    registry().register(key_with(1, 1));
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

fn with_outputs(felt: felt252, n_outputs: u32, output_form: u32) -> Prediction {
    Prediction {
        model_id: 0,
        context: 0,
        n_inputs: 0,
        inputs: array![].span(),
        n_outputs,
        outputs: array![felt].span(),
        fact: 0,
        output_form,
    }
}

#[test]
fn the_greatest_score_is_that_of_signed_integers() {
    let shift: felt252 = 0x80000000;
    let class = |felt: felt252, n: u32| -> u32 {
        decided_class(@with_outputs(felt, n, output_form::SCORES))
    };
    // -1, 3, 3, 2
    assert!(class(0x7ffffffe + 3 * shift + 3 * shift * shift + 2 * shift * shift * shift, 4) == 1);
    // -3, -2
    assert!(class(0x7ffffffc + 0x7ffffffd * shift, 2) == 1);
    // the least of all
    assert!(class(0x40000000, 1) == 0);
}

#[test]
fn an_argmax_is_the_class() {
    assert!(decided_class(@with_outputs(7, 1, output_form::ARGMAX)) == 7);
}

#[test]
#[should_panic(expected: 'circlet: outputs name no class')]
fn a_threshold_names_no_class() {
    decided_class(@with_outputs(1, 1, output_form::AT_LEAST));
}

#[test]
fn a_threshold_holds_or_not() {
    for form in array![output_form::AT_LEAST, output_form::BELOW] {
        let prediction = with_outputs(0x80000000, 2, form);
        assert!(!holds(@prediction, 0));
        assert!(holds(@prediction, 1));
    }
}

#[test]
#[should_panic(expected: 'circlet: outputs decide nothing')]
fn scores_are_no_decision() {
    holds(@with_outputs(1, 1, output_form::SCORES), 0);
}

/// Of committed values: the halves of an id.
fn committed() -> Span<felt252> {
    array![0xffffffffffffffffffffffffffffffff, 5].span()
}

fn of_felts(n_inputs: u32, inputs: Span<felt252>, n_outputs: u32, outputs: Span<felt252>) -> Prediction {
    Prediction { n_inputs, inputs, n_outputs, outputs, ..with_outputs(0, 0, output_form::SCORES) }
}

#[test]
fn commitments_are_256_bits() {
    let id = u256 { low: 0xffffffffffffffffffffffffffffffff, high: 5 };
    assert!(input_commitment(@of_felts(0, committed(), 1, array![7].span())) == id);
    assert!(output_commitment(@of_felts(1, array![7].span(), 0, committed())) == id);
}

#[test]
#[should_panic(expected: 'circlet: not committed')]
fn a_private_input_has_no_commitment() {
    input_commitment(@of_felts(0, array![].span(), 0, committed()));
}

#[test]
#[should_panic(expected: 'circlet: not committed')]
fn public_values_have_no_commitment() {
    input_commitment(@of_felts(9, committed(), 0, committed()));
}

#[test]
#[should_panic(expected: 'circlet: not committed')]
fn public_outputs_have_no_commitment() {
    output_commitment(@of_felts(0, committed(), 16, committed()));
}

#[test]
#[should_panic(expected: 'circlet: outputs not public')]
fn committed_scores_name_no_class() {
    decided_class(@of_felts(0, committed(), 0, committed()));
}

#[test]
#[should_panic(expected: 'circlet: outputs not public')]
fn committed_decisions_are_not_told() {
    holds(@Prediction { output_form: output_form::AT_LEAST, ..of_felts(0, committed(), 0, committed()) }, 0);
}

#[test]
fn keys_with_committed_values_are_registered() {
    let registry = registry();
    caller(OWNER);
    let both = registry.register(committed_key(true, true));
    assert!(both != registry.register(committed_key(true, false)) && both != registry.register(key()));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_commits_to_what_its_family_does() {
    let registry = registry();
    registry.renew(registry.register(key()), committed_key(true, false));
}
