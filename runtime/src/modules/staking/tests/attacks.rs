//! Attacks that would gain money or power if a rule were missing.

use super::world::{BTT, World, account};
use crate::{modules::staking::IStaking, primitives::addresses::STAKING};
use alloy_primitives::U256;

#[test]
fn the_first_delegator_cannot_inflate_the_exchange_rate() {
    let mut world = World::new(&[100_000]);
    world.create(5, 1).unwrap();
    // Coins forced into the escrow belong to nobody's stake.
    let gift = U256::from(1_000_000 * BTT);
    let mut donor = world.state.account(account(50)).unwrap().unwrap();
    donor.balance -= gift;
    world.state.set_account(account(50), Some(donor)).unwrap();
    world.state.credit(STAKING, gift).unwrap();
    assert_eq!(world.validator(5).stakeWei, U256::from(BTT));
    world.delegate(10, 5, 3 * BTT / 2).unwrap();
    assert_eq!(world.delegation(10, 5).stakeWei, U256::from(3 * BTT / 2));
}

#[test]
fn in_and_out_within_an_epoch_earns_nothing() {
    let mut world = World::new(&[100_000]);
    let before = world.balance(account(10));
    for _ in 0..3 {
        world.delegate(10, 1, 1_000_000 * BTT).unwrap();
        world.block(500);
        world.undelegate(10, 1, u128::MAX).unwrap();
        world.epoch();
    }
    world.epochs(3);
    assert!(world.claim(10, 1).is_err());
    world.withdraw(10, 1).unwrap();
    assert_eq!(world.balance(account(10)), before);
}

#[test]
fn reads_change_nothing_and_claims_pay_once() {
    let mut world = World::with(&[100_000], &[(10, 1, 1_000)]);
    world.delegate(11, 1, 1_000 * BTT).unwrap();
    world.epoch_with_fees(1_000);
    world.epoch_with_fees(1_000);
    let rewards = world.delegation(11, 1).rewardsWei;
    for _ in 0..3 {
        assert_eq!(world.delegation(11, 1).rewardsWei, rewards);
    }
    assert_eq!(world.claim(11, 1).unwrap(), rewards);
    assert!(world.claim(11, 1).is_err());
    let twice = IStaking::claimAllRewardsCall { validators: vec![account(1); 32] };
    let paid = world.call(10, twice).unwrap();
    assert!(paid > rewards && paid < rewards * U256::from(3));
}

#[test]
fn undelegating_before_the_evidence_comes_does_not_help() {
    let mut world = World::new(&[100_000; 4]);
    let height = world.facts.number;
    world.undelegate(1, 1, u128::MAX).unwrap();
    world.accuse(1, height);
    world.block(0);
    let slash = &world.view(IStaking::slashesCall { limit: U256::from(1) })[0];
    assert_eq!(slash.amountWei, U256::from(5_000 * BTT));
    world.epochs(4);
    assert_eq!(world.withdraw(1, 1).unwrap(), U256::from(95_000 * BTT));
}

#[test]
fn a_drained_validator_takes_nothing() {
    let mut world = World::new(&[100_000, 100_000]);
    world.create(5, 100).unwrap();
    world.undelegate(5, 5, u128::MAX).unwrap();
    assert!(world.delegate(10, 5, 1_000 * BTT).is_err());
}

#[test]
fn a_large_validator_takes_no_more_of_others_but_keeps_its_power() {
    let mut world = World::new(&[100_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
    world.facts.params.staking.delegation_cap_bps = 2_000;
    let refused = world.delegate(10, 1, 1_000 * BTT).unwrap_err();
    assert_eq!(
        refused,
        crate::modules::ModuleError::revert(IStaking::DelegationCapReached {
            operator: account(1),
            capBps: 2_000
        })
    );
    assert!(!world.validator(1).acceptsDelegations);
    world.delegate(1, 1, 1_000 * BTT).unwrap();
    world.delegate(10, 2, 1_000 * BTT).unwrap();
    world.epoch();
    assert_eq!(world.power(1), 101_000);
    // It earns for a fifth of the stake at most.
    let (large, small) = (world.delegation(1, 1).rewardsWei, world.delegation(3, 3).rewardsWei);
    assert!(large > small * U256::from(2) && large < small * U256::from(5), "{large} {small}");
}
