//! What the example consumers accept. Whether a proof holds is the business of other tests: these run over the credulous verifier.
use starknet::syscalls::deploy_syscall;
use crate::contracts::accepted::Accepted;
use crate::contracts::loan_desk::{ILoanDeskDispatcher, ILoanDeskDispatcherTrait, LoanDesk};
use crate::contracts::prize_desk::{IPrizeDeskDispatcher, IPrizeDeskDispatcherTrait, PrizeDesk};
use super::credulous_verifier::{CredulousVerifier, approval, outputs};
use super::{
    IModelRegistryDispatcher, IModelRegistryDispatcherTrait, OWNER, STRANGER, caller, class_hash, family, key,
    form, model_id, registry_over, renewed,
};

fn credulous_registry() -> IModelRegistryDispatcher {
    registry_over(CredulousVerifier::TEST_CLASS_HASH.into())
}

/// What any proof says here: the class 9.
fn nine() -> Span<felt252> {
    outputs(1, 9, form::ARGMAX)
}

fn prize_desk(registry: IModelRegistryDispatcher, accepted: Accepted) -> IPrizeDeskDispatcher {
    let mut calldata = array![registry.contract_address.into()];
    accepted.serialize(ref calldata);
    let (contract_address, _) = deploy_syscall(class_hash(PrizeDesk::TEST_CLASS_HASH.into()), 0, calldata.span(), false)
        .unwrap();
    IPrizeDeskDispatcher { contract_address }
}

fn claim(desk: IPrizeDeskDispatcher, vk: Span<felt252>) -> u32 {
    desk.claim(vk, nine(), array![].span())
}

#[test]
fn a_desk_of_a_family_accepts_its_members() {
    let registry = credulous_registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.renew(first, renewed(1));
    let desk = prize_desk(registry, Accepted::Family(family(OWNER, first)));
    let player = caller(STRANGER);
    assert!(claim(desk, key()) == 9 && claim(desk, renewed(1)) == 9);
    assert!(desk.points_of(player) == 18);
}

/// The owner never came by: the first model of his family is accepted all the same.
#[test]
fn a_family_begins_with_its_first_model() {
    let registry = credulous_registry();
    caller(STRANGER);
    let first = registry.register(key());
    assert!(claim(prize_desk(registry, Accepted::Family(family(OWNER, first))), key()) == 9);
}

/// A stranger registers the owner's public key first, and in its family other weights of the same stem.
fn attacked(registry: IModelRegistryDispatcher) -> felt252 {
    caller(STRANGER);
    let first = registry.register(key());
    registry.renew(first, renewed(7));
    first
}

#[test]
#[should_panic(expected: ('desk: another model', 'ENTRYPOINT_FAILED'))]
fn a_desk_of_a_family_refuses_a_strangers_weights() {
    let registry = credulous_registry();
    let first = attacked(registry);
    claim(prize_desk(registry, Accepted::Family(family(OWNER, first))), renewed(7));
}

#[test]
#[should_panic(expected: ('desk: another model', 'ENTRYPOINT_FAILED'))]
fn a_desk_of_a_model_refuses_a_strangers_weights() {
    let registry = credulous_registry();
    let first = attacked(registry);
    claim(prize_desk(registry, Accepted::Model(first)), renewed(7));
}

#[test]
fn a_stranger_does_not_close_a_desk() {
    let registry = credulous_registry();
    let first = attacked(registry);
    registry.revoke(first, first);
    registry.revoke_family(first);
    for accepted in array![Accepted::Model(first), Accepted::Family(family(OWNER, first))] {
        assert!(claim(prize_desk(registry, accepted), key()) == 9);
    }
}

/// A registry with a fact about the key, whose owner then revokes it; and the fact.
fn revoked() -> (IModelRegistryDispatcher, felt252) {
    let registry = credulous_registry();
    caller(OWNER);
    let first = registry.register(key());
    let fact = registry.submit(key(), 5, nine(), array![].span()).fact;
    registry.revoke(first, first);
    (registry, fact)
}

#[test]
fn facts_outlive_revocation() {
    let (registry, fact) = revoked();
    assert!(registry.is_verified(fact) && !registry.is_verified(fact + 1));
    registry.revoke_family(model_id(key()));
    assert!(registry.is_verified(fact));
    assert!(registry.is_verified(registry.submit(key(), 6, nine(), array![].span()).fact));
}

#[test]
#[should_panic(expected: ('desk: another model', 'ENTRYPOINT_FAILED'))]
fn a_desk_of_a_family_refuses_a_revoked_model() {
    let (registry, _) = revoked();
    claim(prize_desk(registry, Accepted::Family(family(OWNER, model_id(key())))), key());
}

#[test]
fn a_desk_of_a_model_does_not_ask_who_revoked_it() {
    let (registry, _) = revoked();
    assert!(claim(prize_desk(registry, Accepted::Model(model_id(key()))), key()) == 9);
}

fn loan_desk(registry: IModelRegistryDispatcher, accepted: Accepted) -> ILoanDeskDispatcher {
    let mut calldata = array![registry.contract_address.into(), OWNER];
    accepted.serialize(ref calldata);
    calldata.append(0);
    let (contract_address, _) = deploy_syscall(class_hash(LoanDesk::TEST_CLASS_HASH.into()), 0, calldata.span(), false)
        .unwrap();
    ILoanDeskDispatcher { contract_address }
}

#[test]
#[should_panic(expected: ('desk: not the attestor', 'ENTRYPOINT_FAILED'))]
fn an_applicant_does_not_attest() {
    let desk = loan_desk(credulous_registry(), Accepted::Model(model_id(key())));
    desk.attest(caller(STRANGER), 1);
}

#[test]
#[should_panic(expected: ('desk: nothing attested', 'ENTRYPOINT_FAILED'))]
fn no_loan_without_attested_data() {
    let desk = loan_desk(credulous_registry(), Accepted::Model(model_id(key())));
    let applicant = caller(STRANGER);
    assert!(!desk.is_granted(applicant));
    desk.apply(key(), array![].span(), array![].span());
}

#[test]
#[should_panic(expected: ('circlet: unknown model', 'ENTRYPOINT_FAILED', 'ENTRYPOINT_FAILED'))]
fn no_loan_without_a_proof() {
    apply(loan_desk(credulous_registry(), Accepted::Model(model_id(key()))), STRANGER, key());
}

/// The commitment 1 is attested to, and the applicant applies with a proof that says this.
fn apply_with(desk: ILoanDeskDispatcher, applicant: felt252, vk: Span<felt252>, values: Span<felt252>) {
    caller(OWNER);
    desk.attest(applicant.try_into().unwrap(), 1);
    let applicant = caller(applicant);
    desk.apply(vk, values, array![].span());
    assert!(desk.is_granted(applicant));
}

/// The proof says that the model says yes to the attested data.
fn apply(desk: ILoanDeskDispatcher, applicant: felt252, vk: Span<felt252>) {
    apply_with(desk, applicant, vk, approval(1, true));
}

/// A desk that accepts one model, which is registered.
fn open_desk() -> ILoanDeskDispatcher {
    let registry = credulous_registry();
    loan_desk(registry, Accepted::Model(registry.register(key())))
}

#[test]
#[should_panic(expected: ('desk: granted already', 'ENTRYPOINT_FAILED'))]
fn no_second_loan() {
    let desk = open_desk();
    apply(desk, STRANGER, key());
    apply(desk, STRANGER, key());
}

#[test]
#[should_panic(expected: ('desk: other data', 'ENTRYPOINT_FAILED'))]
fn no_loan_for_data_that_nobody_attests_to() {
    apply_with(open_desk(), STRANGER, key(), approval(2, true));
}

#[test]
#[should_panic(expected: ('desk: refused', 'ENTRYPOINT_FAILED'))]
fn no_loan_where_the_model_says_no() {
    apply_with(open_desk(), STRANGER, key(), approval(1, false));
}

#[test]
fn a_member_of_the_family_grants_a_loan() {
    let registry = credulous_registry();
    caller(OWNER);
    let first = registry.register(key());
    registry.renew(first, renewed(1));
    let desk = loan_desk(registry, Accepted::Family(family(OWNER, first)));
    apply(desk, STRANGER, key());
    apply(desk, 0x125, renewed(1));
}

#[test]
#[should_panic(expected: ('desk: another model', 'ENTRYPOINT_FAILED'))]
fn a_strangers_weights_grant_no_loan() {
    let registry = credulous_registry();
    let first = attacked(registry);
    apply(loan_desk(registry, Accepted::Family(family(OWNER, first))), STRANGER, renewed(7));
}
