//! Epochs: election, churn, rewards, what is counted and what is forgotten.

use super::world::{BTT, EPOCH, World, account};
use crate::{
    modules::staking::IStaking,
    primitives::addresses::{EMISSION_RESERVE, FEE_POOL},
};
use alloy_primitives::U256;

#[test]
fn power_changes_by_no_more_than_a_quarter_an_epoch_and_a_third_a_day() {
    let mut world = World::new(&[100_000, 100_000]);
    world.create(5, 200_000).unwrap();
    world.epoch();
    assert_eq!(world.power(5), 50_000);
    world.epoch();
    // A third of what there was when the day began, in all.
    assert_eq!(world.power(5), 66_660);
    world.epochs(3);
    assert_eq!(world.power(5), 66_660, "the rest waits for tomorrow");
    world.facts.time_ms += 86_400_000;
    world.epoch();
    assert_eq!(world.power(5), 66_660 + 266_660 / 4);
}

#[test]
fn power_is_fixed_within_an_epoch() {
    let mut world = World::with(&[100_000, 100_000], &[(10, 1, 5_000)]);
    world.delegate(11, 1, 7_000 * BTT).unwrap();
    world.undelegate(10, 1, 5_000 * BTT).unwrap();
    for _ in 0..EPOCH - 2 {
        world.block(0);
        assert_eq!(world.power(1), 105_000);
    }
    world.epoch();
    assert_eq!(world.power(1), 107_000);
}

#[test]
fn too_little_self_stake_is_not_elected() {
    let mut world = World::with(&[100_000, 100_000, 10], &[(10, 3, 5_000)]);
    world.undelegate(3, 3, u128::MAX).unwrap();
    world.epoch();
    assert_eq!(world.power(3), 0);
}

#[test]
fn what_the_absent_would_earn_stays_in_the_pool() {
    let mut world = World::new(&[100_000; 4]);
    world.state.credit(account(1), U256::ZERO).unwrap();
    world.absent.push(account(4));
    world.epoch_with_fees(1_000);
    assert_eq!(world.delegation(4, 4).rewardsWei, U256::ZERO);
    let pool = world.balance(FEE_POOL);
    let paid = world.view(IStaking::totalsCall {}).rewardsWei.to::<u128>();
    // A quarter of all but the bonus of proposers, and a quarter of that: they included three quarters.
    let part = pool as f64 / (pool + paid) as f64;
    assert!((part - 0.25).abs() < 0.001, "{part}");
}

#[test]
fn the_reserve_declines_by_its_yearly_part() {
    let mut world = World::new(&[100_000]);
    let before = world.balance(EMISSION_RESERVE);
    world.epoch();
    let emitted = before - world.balance(EMISSION_RESERVE);
    // 10 % of 10^11 BTT a year; the epoch's last block ends it.
    let expected = before / 10 * u128::from(EPOCH) / 31_536_000;
    assert!(emitted.abs_diff(expected) < expected / 100, "{emitted} {expected}");
    let event = &world.events::<IStaking::RewardsDistributed>()[0];
    assert_eq!(event.emissionWei, U256::from(emitted));
}

#[test]
fn a_chain_that_stood_still_emits_for_no_longer_than_its_blocks() {
    let mut world = World::new(&[100_000]);
    let before = world.balance(EMISSION_RESERVE);
    world.facts.time_ms += 365 * 86_400_000;
    world.epoch();
    let emitted = before - world.balance(EMISSION_RESERVE);
    assert!(emitted <= before / 10 * u128::from(EPOCH) / 31_536_000);
}

#[test]
fn an_empty_reserve_pays_what_is_left() {
    let mut world = World::new(&[100_000]);
    let mut reserve = world.state.account(EMISSION_RESERVE).unwrap().unwrap();
    let left = reserve.balance;
    reserve.balance = U256::ZERO;
    world.state.set_account(EMISSION_RESERVE, Some(reserve)).unwrap();
    world.state.credit(account(60), left).unwrap();
    world.epoch_with_fees(10);
    assert!(world.delegation(1, 1).rewardsWei > U256::ZERO);
}

#[test]
fn proposers_earn_by_what_they_include() {
    let mut world = World::new(&[100_000, 100_000]);
    // All blocks are proposed by place 0 in this test.
    world.epoch_with_fees(1_000);
    let set = world.set();
    let (first, second) = (set[0].0, set[1].0);
    let number = |address: alloy_primitives::Address| address.as_slice()[0];
    let (a, b) = (number(first), number(second));
    let more = world.delegation(a, a).rewardsWei - world.delegation(b, b).rewardsWei;
    let paid = world.view(IStaking::totalsCall {}).rewardsWei;
    assert!((paid / U256::from(20)).abs_diff(more) < U256::from(1_000), "{more} of {paid}");
}

#[test]
fn signed_and_missed_blocks_are_told() {
    let mut world = World::new(&[100_000; 4]);
    world.absent.push(account(4));
    for _ in 0..12 {
        world.block(0);
    }
    // Block 13: certificates of 1 to 12; of 1 to 5 no late precommit can come any more.
    let (diligent, absent) = (world.validator(1), world.validator(4));
    assert_eq!((diligent.signedBlocks, diligent.missedBlocks), (12, 0));
    assert_eq!((absent.signedBlocks, absent.missedBlocks), (0, 5));
}
