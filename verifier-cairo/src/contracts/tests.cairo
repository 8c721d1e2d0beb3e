use starknet::syscalls::deploy_syscall;
use starknet::testing::set_contract_address;
use starknet::{ClassHash, ContractAddress, Event};
use crate::key::{read_key, stem};
use crate::key::tests::{FORM_OF_KEY, Form, committed_form, key, key_of, key_with_scales};
use super::model_registry::{Family, IModelRegistryDispatcher, IModelRegistryDispatcherTrait, ModelRegistry};
use super::prediction::{
    Prediction, Stated, commitment, decided_class, form, holds, inputs, model_id, of_tensors, outputs,
};
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

/// The key with another weights root.
fn renewed(value: u32) -> Span<felt252> {
    key_of(Form { weights: 1000 + value, ..FORM_OF_KEY })
}

/// The key with another structure.
fn restructured() -> Span<felt252> {
    key_of(Form { structure: 99, ..FORM_OF_KEY })
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
    assert!(id != registry.register(restructured()));
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
        ModelRegistry::ModelRegistered { model_id, stem: stem(@read_key(key())), structure_root, key_felts: 30 },
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

/// `count` outputs of `felts` felts each, of an input as long.
fn of_long_outputs(count: u32, felts: u32) -> Prediction {
    let mut values = array![];
    for i in 0..felts {
        values.append(i.into());
    }
    let values = values.span();
    let stated = |is_output| Stated { is_output, form: form::SCORES, n_values: 8 * felts, felts: values };
    let mut tensors = array![stated(false)];
    for _ in 0..count {
        tensors.append(stated(true));
    }
    of_tensors(0, 0, tensors.span())
}

#[test]
fn any_outputs_are_told_in_an_event_that_starknet_takes() {
    // Besides their felts outputs have four felts each, and the event two.
    for (count, felts, are_told) in array![
        (1_u32, 2_u32, true), (1, 294, true), (1, 295, false), (1, 3000, false), (2, 145, true), (2, 146, false), (16, 14, true),
        (16, 15, false),
    ] {
        let prediction = of_long_outputs(count, felts);
        let event = ModelRegistry::verified(@prediction);
        let all = outputs(@prediction);
        assert!(event.outputs.len() == count && (event.outputs == all) == are_told);
        for output in event.outputs {
            assert!(*output.n_values == 8 * felts && (*output.felts).is_empty() != are_told);
        }
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
    registry.renew(first, restructured());
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_meaning_of_its_family() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_of(Form { meaning: 99, ..FORM_OF_KEY }));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_security_of_its_family() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_of(Form { n_queries: 19, ..FORM_OF_KEY }));
}

#[test]
#[should_panic(expected: ('circlet: too few queries', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_is_checked() {
    let registry = registry();
    let first = registry.register(key());
    registry.renew(first, key_of(Form { n_queries: 17, ..FORM_OF_KEY }));
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
    let other = registry.register(restructured());
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
    registry().register(key_of(Form { n_queries: 17, ..FORM_OF_KEY }));
}

#[test]
#[should_panic(expected: ('circlet: too little work', 'ENTRYPOINT_FAILED'))]
fn nineteen_bits_of_work_are_too_few() {
    registry().register(key_of(Form { pow_bits: 19, ..FORM_OF_KEY }));
}

/// A domain, and queries of 80 bits.
fn domain(log_size: u32, log_blowup: u32, form: Form) -> Span<felt252> {
    key_of(Form { log_size, log_blowup, n_queries: 80 / log_blowup, ..form })
}

#[test]
fn domains_of_ninety_six_bits_are_registered() {
    let registry = registry();
    caller(OWNER);
    registry.register(domain(16, 4, FORM_OF_KEY));
    registry.register(domain(18, 2, FORM_OF_KEY));
    registry.register(domain(15, 4, committed_form(true, false)));
    registry.register(domain(17, 2, committed_form(true, true)));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn ninety_five_bits_of_batching_are_too_few() {
    registry().register(domain(17, 4, FORM_OF_KEY));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn the_greatest_key_is_refused() {
    registry().register(domain(26, 4, committed_form(true, true)));
}

#[test]
#[should_panic(expected: ('circlet: too many rows', 'ENTRYPOINT_FAILED'))]
fn committed_values_count_as_quotients() {
    registry().register(domain(16, 4, committed_form(false, true)));
}

#[test]
#[should_panic(expected: ('circlet: key AIR', 'ENTRYPOINT_FAILED'))]
fn a_malformed_key_is_refused() {
    let mut felts = array![5 + 0x300000000];
    felts.append_span(key().slice(1, 29));
    registry().register(felts.span());
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

/// An output with these values in one felt.
fn output(felt: felt252, n_values: u32, form: u32) -> Stated {
    Stated { is_output: true, form, n_values, felts: array![felt].span() }
}

#[test]
fn the_greatest_score_is_that_of_signed_integers() {
    let shift: felt252 = 0x80000000;
    let class = |felt: felt252, n: u32| -> u32 {
        decided_class(@output(felt, n, form::SCORES))
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
    assert!(decided_class(@output(7, 1, form::ARGMAX)) == 7);
}

#[test]
#[should_panic(expected: 'circlet: output names no class')]
fn a_threshold_names_no_class() {
    decided_class(@output(1, 1, form::AT_LEAST));
}

#[test]
#[should_panic(expected: 'circlet: an input')]
fn an_input_names_no_class() {
    decided_class(@Stated { is_output: false, ..output(7, 1, form::SCORES) });
}

#[test]
fn a_threshold_holds_or_not() {
    for form in array![form::AT_LEAST, form::BELOW] {
        let decisions = output(0x80000000, 2, form);
        assert!(!holds(@decisions, 0));
        assert!(holds(@decisions, 1));
    }
}

#[test]
#[should_panic(expected: 'circlet: output decides nothing')]
fn scores_are_no_decision() {
    holds(@output(1, 1, form::SCORES), 0);
}

/// Of committed values: the halves of an id.
fn committed(form: u32) -> Stated {
    Stated { is_output: true, form, n_values: 0, felts: array![0xffffffffffffffffffffffffffffffff, 5].span() }
}

#[test]
fn inputs_and_outputs_keep_their_order() {
    let stated = |is_output, felt| Stated { is_output, ..output(felt, 1, form::SCORES) };
    let tensors = array![stated(false, 1), stated(false, 2), stated(true, 3), stated(true, 4)];
    let prediction = of_tensors(0, 0, tensors.span());
    assert!(inputs(@prediction) == array![stated(false, 1), stated(false, 2)].span());
    assert!(outputs(@prediction) == array![stated(true, 3), stated(true, 4)].span());
}

/// The fact of a model 1 in the context 2.
fn fact_of(tensors: Array<Stated>) -> felt252 {
    of_tensors(1, 2, tensors.span()).fact
}

#[test]
fn a_fact_is_the_hash_of_what_is_said() {
    let expected = core::poseidon::poseidon_hash_span(array![1, 2, 2, 1, 7, 0, 0xffffffffffffffffffffffffffffffff, 5].span());
    assert!(fact_of(array![output(7, 1, form::SCORES), committed(form::SCORES)]) == expected);
    assert!(fact_of(array![committed(form::SCORES), output(7, 1, form::SCORES)]) != expected);
}

#[test]
fn commitments_are_256_bits() {
    assert!(commitment(@committed(form::SCORES)) == u256 { low: 0xffffffffffffffffffffffffffffffff, high: 5 });
}

#[test]
#[should_panic(expected: 'circlet: not committed')]
fn a_private_input_has_no_commitment() {
    commitment(@Stated { felts: array![].span(), ..committed(form::SCORES) });
}

#[test]
#[should_panic(expected: 'circlet: not committed')]
fn public_values_have_no_commitment() {
    commitment(@Stated { n_values: 9, ..committed(form::SCORES) });
}

#[test]
#[should_panic(expected: 'circlet: values not public')]
fn committed_scores_name_no_class() {
    decided_class(@committed(form::SCORES));
}

#[test]
#[should_panic(expected: 'circlet: values not public')]
fn committed_decisions_are_not_told() {
    holds(@committed(form::AT_LEAST), 0);
}

#[test]
fn keys_with_committed_values_are_registered() {
    let registry = registry();
    caller(OWNER);
    let both = registry.register(key_of(committed_form(true, true)));
    assert!(both != registry.register(key_of(committed_form(true, false))) && both != registry.register(key()));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_commits_to_what_its_family_does() {
    let registry = registry();
    registry.renew(registry.register(key()), key_of(committed_form(true, false)));
}
