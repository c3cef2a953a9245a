//! What each call does when it may.

use super::world::{BTT, EPOCH, World, account, public_key};
use crate::{
    modules::staking::IStaking::{self, Status},
    primitives::addresses::EMISSION_RESERVE,
};
use alloy_primitives::{Bytes, U256};

fn wei(btt: u128) -> U256 {
    U256::from(btt * BTT)
}

#[test]
fn genesis_elects_its_validators_by_stake() {
    let mut world = World::with(&[1_000, 3_000, 2_000], &[(10, 1, 5_000)]);
    assert_eq!(world.set(), [(account(1), 6_000), (account(2), 3_000), (account(3), 2_000)]);
    let epoch = world.view(IStaking::epochCall {});
    assert_eq!((epoch.number, epoch.firstBlock, epoch.lastBlock), (1, 1, EPOCH));
    assert_eq!((epoch.validators, epoch.totalPower), (3, 11_000));
    let validator = world.validator(1);
    assert_eq!((validator.status, validator.stakeWei), (Status::Active, wei(6_000)));
    assert_eq!((validator.selfStakeWei, validator.name.as_str()), (wei(1_000), "v1"));
    assert_eq!(world.delegation(10, 1).stakeWei, wei(5_000));
}

#[test]
fn a_new_validator_joins_with_the_next_epoch() {
    let mut world = World::new(&[100_000, 100_000]);
    world.create(5, 20_000).unwrap();
    assert_eq!(world.validator(5).status, Status::Candidate);
    assert_eq!(world.power(5), 0);
    world.epoch();
    assert_eq!(world.validator(5).status, Status::Active);
    assert_eq!(world.power(5), 20_000);
    let created = &world.events::<IStaking::ValidatorCreated>()[0];
    assert_eq!((created.operator, created.selfStakeWei), (account(5), wei(20_000)));
    let owner = world.view(IStaking::keyOwnerCall {
        key: crate::block::consensus_address(&public_key(5)).unwrap(),
    });
    assert_eq!((owner.operator, owner.fromEpoch), (account(5), 2));
}

#[test]
fn stake_earns_from_the_next_epoch_and_fees_go_by_stake() {
    let mut world = World::new(&[60_000, 30_000]);
    world.delegate(10, 1, 10_000 * BTT).unwrap();
    assert_eq!(world.delegation(10, 1).enteringWei, wei(10_000));
    let reserve = world.balance(EMISSION_RESERVE);
    world.epoch_with_fees(900);
    assert_eq!(world.delegation(10, 1).rewardsWei, U256::ZERO, "it did not back this epoch");
    assert!(world.delegation(1, 1).rewardsWei > U256::ZERO);
    assert!(world.balance(EMISSION_RESERVE) < reserve);
    let first = world.delegation(1, 1).rewardsWei;

    world.epoch_with_fees(900);
    let (own, other) =
        (world.delegation(1, 1).rewardsWei - first, world.delegation(10, 1).rewardsWei);
    // Shares of one validator earn alike.
    assert!(own.abs_diff(other * U256::from(6)) <= U256::from(6), "{own} {other}");
    let before = world.balance(account(10));
    let paid = world.claim(10, 1).unwrap();
    assert_eq!(paid, other);
    assert_eq!(world.balance(account(10)) - before, paid.to::<u128>());
    assert_eq!(world.delegation(10, 1).rewardsWei, U256::ZERO);
    let claimed = &world.events::<IStaking::RewardsClaimed>()[0];
    assert_eq!((claimed.delegator, claimed.amountWei), (account(10), paid));
}

#[test]
fn commission_is_taken_of_rewards_and_claimed_by_the_operator() {
    let mut world = World::new(&[100_000]);
    world.create(5, 20_000).unwrap();
    world.epoch();
    world.delegate(10, 5, 20_000 * BTT).unwrap();
    world.epochs(2);
    let (own, other) = (world.delegation(5, 5).rewardsWei, world.delegation(10, 5).rewardsWei);
    assert!(own > other && other > U256::ZERO);
    let owed = world.validator(5).commissionOwedWei;
    let before = world.balance(account(5));
    let commission = world.call(5, IStaking::claimCommissionCall {}).unwrap();
    assert_eq!(commission, owed);
    assert_eq!(world.balance(account(5)) - before, owed.to::<u128>());
    // 5 % of all it got since it joined.
    let all = own + other + owed;
    assert!((all / U256::from(20)).abs_diff(owed) < U256::from(10), "{owed} of {all}");
}

#[test]
fn stake_leaves_after_the_unbonding_time() {
    let mut world = World::with(&[100_000, 100_000], &[(10, 1, 5_000)]);
    let out = world.undelegate(10, 1, 2_000 * BTT).unwrap();
    assert_eq!(out.takenWei, wei(2_000));
    assert_eq!(out.unlocksAtMs, world.facts.time_ms + 40_000);
    assert_eq!(out.unlocksAtBlock, world.facts.number + 40);
    let entry =
        &world.view(IStaking::unbondingsCall { delegator: account(10), validator: account(1) })[0];
    assert_eq!((entry.amountWei, entry.isUnlocked), (wei(2_000), false));
    let mut blocks = 0;
    while world.withdraw(10, 1).is_err() {
        world.block(0);
        blocks += 1;
    }
    assert_eq!(blocks, 40);
    assert_eq!(world.delegation(10, 1).stakeWei, wei(3_000));
    assert_eq!(world.power(1), 103_000);
}

#[test]
fn all_means_all_that_is_free_and_a_small_rest_goes_with_it() {
    let mut world = World::with(&[100_000], &[(10, 1, 5_000), (11, 1, 5_000)]);
    assert_eq!(world.undelegate(10, 1, u128::MAX).unwrap().takenWei, wei(5_000));
    let out = world.undelegate(11, 1, 5_000 * BTT - 1).unwrap();
    assert_eq!(out.takenWei, wei(5_000));
    world.epochs(3);
    world.withdraw(10, 1).unwrap();
    let rewards = world.delegation(10, 1).rewardsWei;
    assert_eq!(rewards, U256::ZERO, "what left before the epoch's end earns nothing of it");
    let all = world.view(IStaking::delegationsCall { delegator: account(10) });
    assert_eq!(all, [], "an empty delegation is forgotten");
}

#[test]
fn redelegated_stake_moves_at_once_and_is_locked() {
    let mut world = World::with(&[100_000, 100_000], &[(10, 1, 5_000)]);
    let moved = world.redelegate(10, 1, 2, 4_000 * BTT).unwrap();
    assert_eq!(moved, wei(4_000));
    assert_eq!(world.delegation(10, 1).stakeWei, wei(1_000));
    let delegation = world.delegation(10, 2);
    assert_eq!((delegation.stakeWei, delegation.lockedWei), (wei(4_000), wei(4_000)));
    let lots =
        world.view(IStaking::redelegationsCall { delegator: account(10), validator: account(2) });
    assert_eq!((lots.len(), lots[0].fromValidator), (1, account(1)));
    world.epochs(3);
    assert_eq!(world.delegation(10, 2).lockedWei, U256::ZERO);
    assert_eq!(world.undelegate(10, 2, u128::MAX).unwrap().takenWei, wei(4_000));
}

#[test]
fn rewards_are_compounded() {
    let mut world = World::with(&[100_000], &[(10, 1, 5_000)]);
    world.epoch_with_fees(1_000);
    let rewards = world.delegation(10, 1).rewardsWei;
    let amount = world.call(10, IStaking::compoundCall { validator: account(1) }).unwrap();
    assert_eq!(amount, rewards);
    let after = world.delegation(10, 1);
    assert_eq!((after.rewardsWei, after.stakeWei), (U256::ZERO, wei(5_000) + rewards));
    assert_eq!(after.enteringWei, rewards);
}

#[test]
fn rewards_of_several_validators_are_claimed_at_once() {
    let mut world = World::with(&[100_000, 100_000], &[(10, 1, 5_000), (10, 2, 7_000)]);
    world.epoch_with_fees(1_000);
    let sum = world.delegation(10, 1).rewardsWei + world.delegation(10, 2).rewardsWei;
    let validators = vec![account(1), account(2)];
    assert_eq!(world.call(10, IStaking::claimAllRewardsCall { validators }).unwrap(), sum);
}

#[test]
fn a_key_is_rotated_at_the_epoch_and_the_old_one_stays_liable() {
    let mut world = World::new(&[100_000, 100_000, 100_000]);
    let digest = world.view(IStaking::possessionDigestCall { operator: account(1) });
    let rotation = IStaking::rotateConsensusKeyCall {
        publicKey: Bytes::copy_from_slice(public_key(41).as_slice()),
        possession: Bytes::copy_from_slice(super::world::sign(41, digest).as_slice()),
    };
    world.call(1, rotation).unwrap();
    assert_eq!(world.validator(1).publicKey.as_ref(), public_key(1).as_slice());
    let height = world.facts.number;
    world.epoch();
    assert_eq!(world.validator(1).publicKey.as_ref(), public_key(41).as_slice());
    world.accuse(1, height);
    world.block(0);
    assert_eq!(world.validator(1).status, Status::Tombstoned);
}

#[test]
fn maintenance_leaves_the_set_and_comes_back() {
    let mut world = World::new(&[100_000, 100_000, 100_000, 100_000, 100_000, 100_000]);
    world.call(6, IStaking::declareMaintenanceCall { epochs: 2 }).unwrap();
    world.epoch();
    assert_eq!((world.power(6), world.validator(6).status), (0, Status::Maintenance));
    world.epoch();
    assert_eq!(world.power(6), 0);
    world.epoch();
    assert!(world.power(6) > 0, "it comes back by itself");
}

#[test]
fn who_exits_leaves_the_set_and_delegators_take_their_stake() {
    let mut world = World::with(&[100_000, 100_000, 20_000], &[(10, 3, 5_000)]);
    world.call(3, IStaking::exitCall {}).unwrap();
    world.epoch();
    assert_eq!((world.power(3), world.validator(3).status), (0, Status::Exited));
    assert_eq!(world.undelegate(10, 3, u128::MAX).unwrap().takenWei, wei(5_000));
    assert_eq!(world.undelegate(3, 3, u128::MAX).unwrap().takenWei, wei(20_000));
    world.epochs(3);
    assert_eq!(world.withdraw(10, 3).unwrap(), wei(5_000));
    assert_eq!(world.withdraw(3, 3).unwrap(), wei(20_000));
    assert_eq!(world.validator(3).stakeWei, U256::ZERO);
}

#[test]
fn descriptions_and_commissions_change() {
    let mut world = World::new(&[100_000]);
    let (name, website) = ("Fährmann".to_owned(), "https://example.org/".repeat(3));
    world
        .call(1, IStaking::editValidatorCall { name: name.clone(), website: website.clone() })
        .unwrap();
    assert_eq!((world.validator(1).name, world.validator(1).website), (name, website));
    world.call(1, IStaking::setCommissionCall { commissionBps: 100 }).unwrap();
    assert_eq!(world.validator(1).commissionBps, 100);
}

#[test]
fn lists_are_paged() {
    let mut world = World::new(&[5_000, 4_000, 3_000]);
    let page = |offset: u64, limit: u64| IStaking::validatorsCall {
        offset: U256::from(offset),
        limit: U256::from(limit),
    };
    let second = world.view(page(1, 1));
    assert_eq!((second.operators, second.total), (vec![account(2)], U256::from(3)));
    assert!(world.view(page(7, 5)).operators.is_empty());
    let set = world.view(IStaking::activeSetCall {});
    assert_eq!(set.powers, [5_000, 4_000, 3_000]);
}
