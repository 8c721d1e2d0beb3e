use core::num::traits::Zero;
use starknet::syscalls::deploy_syscall;
use starknet::testing::set_contract_address;
use starknet::{ClassHash, ContractAddress};
use crate::key::tests::{committed_key, committed_key_of, key, key_of, key_with};
use super::model_registry::{IModelRegistryDispatcher, IModelRegistryDispatcherTrait, ModelRegistry};
use super::loan_desk::{ILoanDeskDispatcher, ILoanDeskDispatcherTrait, LoanDesk};
use super::prediction::{Prediction, decided_class, holds, input_commitment, model_id, output_form, output_commitment};
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
    assert!(registry.family_of(id) == id);
    assert!(registry.family_of(id + 1) == 0);
    assert!(!registry.is_revoked(id));
}

/// The key with other words of its weights root.
fn renewed(value: u32) -> Span<felt252> {
    key_with(47, value)
}

#[test]
fn a_renewed_model_is_of_the_family() {
    let registry = registry();
    let owner = caller(0x123);
    let family = registry.register(key());
    let second = registry.renew(family, renewed(1));
    let third = registry.renew(family, renewed(2));
    assert!(second == model_id(renewed(1)) && third == model_id(renewed(2)));
    assert!(family != second && second != third);
    for id in array![family, second, third] {
        assert!(registry.family_of(id) == family);
        assert!(registry.owner_of(id) == owner);
        assert!(!registry.is_revoked(id));
    }
}

#[test]
fn registration_and_renewal_are_told() {
    let registry = registry();
    let owner = caller(0x123);
    let address = registry.contract_address;
    let family = registry.register(key());
    let registered = starknet::testing::pop_log::<ModelRegistry::Event>(address).unwrap();
    assert!(
        registered == ModelRegistry::Event::ModelRegistered(
            ModelRegistry::ModelRegistered { model_id: family, owner, vk: key() },
        ),
    );
    let second = registry.renew(family, renewed(1));
    let told = starknet::testing::pop_log::<ModelRegistry::Event>(address).unwrap();
    assert!(
        told == ModelRegistry::Event::ModelRenewed(
            ModelRegistry::ModelRenewed { model_id: second, family, vk: renewed(1) },
        ),
    );
    registry.revoke(second);
    let told = starknet::testing::pop_log::<ModelRegistry::Event>(address).unwrap();
    assert!(told == ModelRegistry::Event::ModelRevoked(ModelRegistry::ModelRevoked { model_id: second }));
    registry.revoke_family(family);
    let told = starknet::testing::pop_log::<ModelRegistry::Event>(address).unwrap();
    assert!(told == ModelRegistry::Event::FamilyRevoked(ModelRegistry::FamilyRevoked { family }));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_structure_of_its_family() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    registry.renew(family, key_with(10, 99));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_has_the_security_of_its_family() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    registry.renew(family, key_with(21, 17));
}

#[test]
#[should_panic(expected: ('circlet: registered already', 'ENTRYPOINT_FAILED'))]
fn a_key_is_of_one_family() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    registry.register(renewed(1));
    registry.renew(family, renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: registered already', 'ENTRYPOINT_FAILED'))]
fn a_renewed_model_is_not_registered_anew() {
    let registry = registry();
    caller(0x123);
    registry.renew(registry.register(key()), renewed(1));
    registry.register(renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: not the owner', 'ENTRYPOINT_FAILED'))]
fn a_stranger_does_not_renew() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    caller(0x124);
    registry.renew(family, renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: not the owner', 'ENTRYPOINT_FAILED'))]
fn a_family_is_named_by_its_first_model() {
    let registry = registry();
    caller(0x123);
    let second = registry.renew(registry.register(key()), renewed(1));
    registry.renew(second, renewed(2));
}

#[test]
#[should_panic(expected: ('circlet: not the owner', 'ENTRYPOINT_FAILED'))]
fn nobody_renews_what_is_not_registered() {
    let registry = registry();
    caller(0);
    registry.renew(model_id(key()), renewed(1));
}

#[test]
fn revoking_a_model_leaves_its_family() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    let second = registry.renew(family, renewed(1));
    registry.revoke(family);
    assert!(registry.is_revoked(family));
    assert!(!registry.is_revoked(second));
    assert!(!registry.is_revoked(registry.renew(family, renewed(2))));
    registry.revoke(second);
    assert!(registry.is_revoked(second));
}

#[test]
fn revoking_a_family_revokes_all_its_models() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    let second = registry.renew(family, renewed(1));
    let other = registry.register(key_with(10, 99));
    registry.revoke_family(family);
    assert!(registry.is_revoked(family) && registry.is_revoked(second));
    assert!(!registry.is_revoked(other));
}

#[test]
#[should_panic(expected: ('circlet: revoked family', 'ENTRYPOINT_FAILED'))]
fn a_revoked_family_is_not_renewed() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    registry.revoke_family(family);
    registry.renew(family, renewed(1));
}

#[test]
#[should_panic(expected: ('circlet: not the owner', 'ENTRYPOINT_FAILED'))]
fn a_stranger_does_not_revoke_a_family() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    caller(0x124);
    registry.revoke_family(family);
}

#[test]
#[should_panic(expected: ('circlet: revoked model', 'ENTRYPOINT_FAILED'))]
fn a_model_of_a_revoked_family_proves_nothing() {
    let registry = registry();
    caller(0x123);
    let family = registry.register(key());
    registry.renew(family, renewed(1));
    registry.revoke_family(family);
    registry.submit(renewed(1), 0, array![].span(), array![].span());
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
    caller(0x123);
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
    caller(0x123);
    let both = registry.register(committed_key(true, true));
    assert!(both != registry.register(committed_key(true, false)) && both != registry.register(key()));
}

#[test]
#[should_panic(expected: ('circlet: another model', 'ENTRYPOINT_FAILED'))]
fn a_renewed_key_commits_to_what_its_family_does() {
    let registry = registry();
    caller(0x123);
    registry.renew(registry.register(key()), committed_key(true, false));
}

fn loan_desk(attestor: felt252) -> ILoanDeskDispatcher {
    let calldata = array![registry().contract_address.into(), attestor, model_id(key()), 0].span();
    let (contract_address, _) = deploy_syscall(class_hash(LoanDesk::TEST_CLASS_HASH.into()), 0, calldata, false).unwrap();
    ILoanDeskDispatcher { contract_address }
}

#[test]
#[should_panic(expected: ('desk: not the attestor', 'ENTRYPOINT_FAILED'))]
fn an_applicant_does_not_attest() {
    let desk = loan_desk(0x123);
    desk.attest(caller(0x124), 1);
}

#[test]
#[should_panic(expected: ('desk: nothing attested', 'ENTRYPOINT_FAILED'))]
fn no_loan_without_attested_data() {
    let desk = loan_desk(0x123);
    let applicant = caller(0x124);
    assert!(!desk.is_granted(applicant));
    desk.apply(key(), array![].span(), array![].span());
}

#[test]
#[should_panic(expected: ('circlet: unknown model', 'ENTRYPOINT_FAILED', 'ENTRYPOINT_FAILED'))]
fn no_loan_without_a_proof() {
    let desk = loan_desk(0x123);
    let applicant = 0x124.try_into().unwrap();
    caller(0x123);
    desk.attest(applicant, 1);
    caller(0x124);
    desk.apply(key(), array![].span(), array![].span());
}
