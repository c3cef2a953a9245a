//! Slashing: who is hit, by how much, when it is burnt, and how it is undone.

use super::world::{BTT, World, account};
use crate::modules::{
    ModuleError,
    staking::IStaking::{self, Status},
};
use alloy_primitives::U256;

fn wei(btt: u128) -> U256 {
    U256::from(btt * BTT)
}

#[test]
fn signing_twice_costs_five_percent_of_all_and_the_place_for_ever() {
    let mut world = World::with(&[100_000; 4], &[(10, 1, 10_000)]);
    let height = world.facts.number;
    world.accuse(1, height);
    world.block(0);
    let slash = &world.view(IStaking::slashesCall { limit: U256::from(9) })[0];
    assert_eq!((slash.validator, slash.reason, slash.state), (account(1), 0, 0));
    assert_eq!((slash.fraction, slash.amountWei), (50_000_000_000_000_000, wei(5_500)));
    assert_eq!((slash.infractionBlock, slash.acceptedBlock), (height, height + 1));
    let validator = world.validator(1);
    assert_eq!((validator.status, validator.stakeWei), (Status::Tombstoned, wei(104_500)));
    assert_eq!(world.delegation(10, 1).stakeWei, wei(9_500), "delegators share it");
    assert_eq!(world.view(IStaking::totalsCall {}).slashEscrowWei, wei(5_500));
    assert_eq!(world.burnt(), 0, "it is deferred");
    world.epoch();
    assert_eq!(world.power(1), 0);
    world.epoch();
    assert_eq!(world.burnt(), 5_500 * BTT);
    assert_eq!(world.view(IStaking::slashesCall { limit: U256::from(9) })[0].state, 1);
}

#[test]
fn what_left_since_the_infraction_is_hit_and_what_left_before_is_not() {
    let mut world = World::with(&[100_000; 4], &[(10, 1, 1_000), (11, 1, 1_000)]);
    world.undelegate(10, 1, 1_000 * BTT).unwrap();
    world.epoch();
    let height = world.facts.number;
    world.undelegate(11, 1, 1_000 * BTT).unwrap();
    world.accuse(1, height);
    world.block(0);
    let slash = &world.view(IStaking::slashesCall { limit: U256::from(1) })[0];
    assert_eq!(slash.amountWei, wei(5_000 + 50));
    let open = ModuleError::revert(IStaking::SlashOpen { operator: account(1) });
    assert_eq!(world.withdraw(10, 1).unwrap_err(), open, "nothing leaves while it is open");
    assert_eq!(world.undelegate(1, 1, BTT).unwrap_err(), open);
    world.epochs(4);
    assert_eq!(world.withdraw(10, 1).unwrap(), wei(1_000));
    assert_eq!(world.withdraw(11, 1).unwrap(), wei(950));
    assert_eq!(world.undelegate(1, 1, u128::MAX).unwrap().takenWei, wei(95_000));
    world.epochs(3);
    assert_eq!(world.withdraw(1, 1).unwrap(), wei(95_000), "what leaves later has paid already");
}

#[test]
fn redelegated_stake_is_hit_where_it_went() {
    let mut world = World::with(&[100_000; 4], &[(10, 1, 1_000), (11, 2, 1_000)]);
    let height = world.facts.number;
    world.redelegate(10, 1, 2, 1_000 * BTT).unwrap();
    world.accuse(1, height);
    world.block(0);
    assert_eq!(
        world.view(IStaking::slashesCall { limit: U256::from(1) })[0].amountWei,
        wei(5_000 + 50)
    );
    assert_eq!(world.validator(2).stakeWei, wei(100_000 + 1_000 + 950));
    assert_eq!(world.delegation(11, 2).stakeWei, wei(1_000), "others there are not hit");
    world.epochs(4);
    assert_eq!(world.delegation(10, 2).stakeWei, wei(950));
    assert_eq!(world.undelegate(10, 2, u128::MAX).unwrap().takenWei, wei(950));
    assert_eq!(world.undelegate(11, 2, u128::MAX).unwrap().takenWei, wei(1_000));
    assert_eq!(world.undelegate(2, 2, u128::MAX).unwrap().takenWei, wei(100_000));
    assert_eq!(world.validator(2).stakeWei, U256::ZERO);
}

#[test]
fn many_offenders_pay_more_and_the_first_pays_with_them() {
    let mut world = World::new(&[100_000; 10]);
    let height = world.facts.number;
    world.accuse(1, height);
    world.block(0);
    let stake = |world: &mut World, n| world.validator(n).stakeWei;
    assert_eq!(stake(&mut world, 1), wei(95_000));
    world.accuse(2, height);
    world.accuse(3, height);
    world.block(0);
    // 5 % + 3 × 20 %: two others with a tenth of the power each.
    for number in [1, 2, 3] {
        assert_eq!(stake(&mut world, number), wei(35_000), "{number}");
    }
    let raised = world.events::<IStaking::SlashRaised>();
    assert_eq!(raised.iter().filter(|e| e.operator == account(1)).count(), 2);
}

#[test]
fn small_offenders_do_not_raise_others() {
    let mut world = World::new(&[100_000, 100_000, 100_000, 900]);
    let height = world.facts.number;
    world.accuse(4, height);
    world.accuse(1, height);
    world.block(0);
    assert_eq!(world.validator(1).stakeWei, wei(95_000));
    assert_eq!(world.validator(4).stakeWei, U256::ZERO, "a third of the power beside it: all");
}

#[test]
fn a_cancelled_slash_gives_everything_back() {
    let mut world = World::with(&[100_000; 5], &[(10, 1, 1_000), (11, 1, 1_000), (12, 2, 1_000)]);
    let height = world.facts.number;
    world.redelegate(10, 1, 2, 1_000 * BTT).unwrap();
    world.undelegate(11, 1, 1_000 * BTT).unwrap();
    world.accuse(1, height);
    world.block(0);
    assert_eq!(world.validator(1).stakeWei, wei(95_000));
    let cancel = IStaking::cancelSlashCall { operator: account(1) };
    let governance = crate::primitives::addresses::GOVERNANCE;
    world.pay(governance, 0, cancel.clone()).unwrap();
    let validator = world.validator(1);
    assert_eq!((validator.status, validator.stakeWei), (Status::Jailed, wei(100_000)));
    assert_eq!(world.delegation(10, 2).stakeWei, wei(1_000));
    assert_eq!(world.delegation(12, 2).stakeWei, wei(1_000));
    assert_eq!(
        world.pay(governance, 0, cancel).unwrap_err(),
        ModuleError::revert(IStaking::NoOpenSlash { operator: account(1) })
    );
    world.call(1, IStaking::unjailCall {}).unwrap();
    world.epochs(3);
    assert_eq!(world.withdraw(11, 1).unwrap(), wei(1_000));
    assert_eq!(world.burnt(), 0);
    assert_eq!(world.validator(1).status, Status::Candidate, "out of the ranks until it asks");
    world.call(9, IStaking::enterRankingCall { operator: account(1) }).unwrap();
    world.epochs(4);
    assert_eq!(world.validator(1).status, Status::Active);
    world.accuse(1, world.facts.number);
    world.block(0);
    assert_eq!(world.validator(1).status, Status::Tombstoned, "a second offence is slashed anew");
}

#[test]
fn evidence_counts_once_and_not_for_ever() {
    let mut world = World::new(&[100_000; 4]);
    let height = world.facts.number;
    let proof = world.double_vote(1, height);
    world.call(9, World::submission(&proof)).unwrap();
    assert_eq!(world.validator(1).status, Status::Tombstoned);
    assert_eq!(
        world.call(9, World::submission(&proof)).unwrap_err(),
        ModuleError::revert(IStaking::AlreadyTombstoned { operator: account(1) })
    );
    let other = world.double_vote(1, height);
    assert_eq!(other, proof, "the same votes are the same proof");
    let old = world.double_vote(2, height);
    world.epochs(2);
    assert_eq!(
        world.call(9, World::submission(&old)).unwrap_err(),
        ModuleError::revert(IStaking::EvidenceTooOld { height })
    );
    let ahead = world.facts.number + 1;
    let future = world.double_vote(2, ahead);
    assert_eq!(
        world.call(9, World::submission(&future)).unwrap_err(),
        ModuleError::revert(IStaking::EvidenceTooOld { height: ahead })
    );
}

#[test]
fn evidence_that_proves_nothing_is_refused() {
    let mut world = World::new(&[100_000; 4]);
    let height = world.facts.number;
    let refused = |world: &mut World, call: IStaking::submitEvidenceCall| {
        let Err(ModuleError::Revert(data)) = world.call(9, call) else { panic!("accepted") };
        use alloy_sol_types::SolError as _;
        IStaking::BadEvidence::abi_decode(&data).unwrap().reason
    };
    let good = World::submission(&world.double_vote(1, height));
    let mut same = good.clone();
    same.second = same.first.clone();
    assert!(refused(&mut world, same).contains("do not differ"));
    let mut two = good.clone();
    two.second = World::submission(&world.double_vote(2, height)).second;
    assert!(refused(&mut world, two).contains("signed by"));
    let stranger = World::submission(&world.double_vote(30, height));
    assert!(refused(&mut world, stranger).contains("no validator's key"));
    let mut foreign = good.clone();
    let elsewhere = {
        let chain_id = std::mem::replace(&mut world.facts.chain_id, 1);
        let evidence = world.double_vote(1, height);
        world.facts.chain_id = chain_id;
        World::submission(&evidence)
    };
    foreign.first = elsewhere.first;
    foreign.second = elsewhere.second;
    refused(&mut world, foreign);
    let mut short = good.clone();
    short.first.signature = vec![0; 64].into();
    assert!(refused(&mut world, short).contains("65 bytes"));
    let mut kind = good;
    kind.kind = 7;
    assert!(refused(&mut world, kind).contains("kind"));
    assert_eq!(world.validator(1).status, Status::Active);
}

#[test]
fn the_absent_are_jailed_slashed_a_little_and_come_back() {
    let mut world = World::with(&[100_000; 5], &[(10, 4, 1_000)]);
    world.absent.push(account(4));
    world.epoch();
    let validator = world.validator(4);
    assert_eq!((validator.status, world.power(4)), (Status::Jailed, 0));
    // 0.01 % of 101,000 BTT.
    assert_eq!(validator.stakeWei, wei(101_000) - U256::from(101 * BTT / 10));
    assert_eq!(world.burnt(), 101 * BTT / 10);
    let slash = &world.view(IStaking::slashesCall { limit: U256::from(1) })[0];
    assert_eq!((slash.reason, slash.state, slash.fraction), (1, 1, 100_000_000_000_000));
    world.absent.clear();
    world.epoch();
    world.call(4, IStaking::unjailCall {}).unwrap();
    world.epochs(2);
    assert!(world.power(4) > 0);
}

#[test]
fn who_misses_few_blocks_stays() {
    let mut world = World::new(&[100_000; 4]);
    world.block(0);
    world.absent.push(account(4));
    for _ in 0..4 {
        world.block(0);
    }
    world.absent.clear();
    for _ in 0..8 {
        world.block(0);
    }
    assert_eq!(world.validator(4).missedBlocks, 4);
    world.epoch();
    assert_eq!(world.validator(4).status, Status::Active);
}

#[test]
fn the_last_validator_is_neither_jailed_nor_removed() {
    let mut world = World::new(&[100_000]);
    world.absent.push(account(1));
    world.epochs(2);
    assert_eq!(world.set(), [(account(1), 100_000)]);
    world.accuse(1, world.facts.number);
    world.epochs(3);
    assert_eq!(world.set().len(), 1, "a chain without validators would stand for ever");
}

#[test]
fn what_is_locked_stays_apart_from_what_leaves_beside_it() {
    // 10 has 50 BTT with 2 that earn, and 100 that come from 1 and are locked.
    let mut world = World::with(&[100_000; 4], &[(10, 1, 1_000), (10, 2, 50)]);
    let height = world.facts.number;
    world.redelegate(10, 1, 2, 100 * BTT).unwrap();
    world.undelegate(10, 2, 50 * BTT).unwrap();
    // Three of four: everything is lost.
    for number in [1, 3, 4] {
        world.accuse(number, height);
    }
    world.block(0);
    assert_eq!(world.validator(1).stakeWei, U256::ZERO);
    world.epochs(4);
    assert_eq!(world.delegation(10, 2).stakeWei, U256::ZERO);
    assert_eq!(world.withdraw(10, 2).unwrap(), wei(50));
    assert_eq!(world.undelegate(2, 2, u128::MAX).unwrap().takenWei, wei(100_000));
}

#[test]
fn destinations_are_bounded_and_their_places_are_reused() {
    let stakes: Vec<u64> = vec![1_000; 50];
    let mut world = World::with(&stakes, &[(60, 1, 10_000)]);
    for round in 0..2 {
        for to in 2..=50 {
            world.redelegate(60, 1, to, BTT).unwrap();
        }
        // Free after two epochs, forgotten after some more.
        world.epochs(if round == 0 { 5 } else { 1 });
    }
    world.accuse(1, world.facts.number);
    world.block(0);
    let slash = &world.view(IStaking::slashesCall { limit: U256::from(1) })[0];
    let all = U256::from((10_000 + 1_000 - 98) * BTT);
    let expected = all / U256::from(20);
    assert!(slash.amountWei.abs_diff(expected) < wei(1), "{} {expected}", slash.amountWei);
}
