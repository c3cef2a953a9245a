//! What each call refuses, by the error that names the rule. The state is untouched (the harness takes
//! back what failed, and checks the invariants).

use super::world::{BTT, World, account, public_key, sign};
use crate::modules::{ModuleError, UnexpectedValue, staking::IStaking};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolError};

fn revert(error: impl SolError) -> ModuleError {
    ModuleError::revert(error)
}

fn wei(btt: u128) -> U256 {
    U256::from(btt * BTT)
}

#[test]
fn validators_are_made_only_by_the_rules() {
    let mut world = World::new(&[100_000, 100_000]);
    let good = world.creation(5, 5);
    let mut refused = |call: IStaking::createValidatorCall, stake: u128, error: ModuleError| {
        assert_eq!(world.pay(account(5), stake, call).unwrap_err(), error);
    };
    let with = |change: fn(&mut IStaking::createValidatorCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    refused(
        good.clone(),
        BTT - 1,
        revert(IStaking::SelfStakeTooLow { amountWei: U256::from(BTT - 1), minWei: wei(1) }),
    );
    refused(
        with(|c| c.maxCommissionBps = 10_001),
        BTT,
        revert(IStaking::CommissionTooHigh { bps: 10_001, maxBps: 10_000 }),
    );
    refused(
        with(|c| c.commissionBps = 2_001),
        BTT,
        revert(IStaking::CommissionTooHigh { bps: 2_001, maxBps: 2_000 }),
    );
    let bad_text = || revert(IStaking::BadDescription {});
    refused(with(|c| c.name = " ".into()), BTT, bad_text());
    refused(with(|c| c.name = "x".repeat(33)), BTT, bad_text());
    refused(with(|c| c.name = "a\u{1b}[2J".into()), BTT, bad_text());
    refused(with(|c| c.website = "x".repeat(65)), BTT, bad_text());
    refused(with(|c| c.publicKey = vec![5; 33].into()), BTT, revert(IStaking::BadPublicKey {}));
    refused(with(|c| c.publicKey = vec![2; 32].into()), BTT, revert(IStaking::BadPublicKey {}));
    let unproven = || revert(IStaking::BadProofOfPossession {});
    refused(with(|c| c.possession = Bytes::new()), BTT, unproven());
    let of_another = |c: &mut IStaking::createValidatorCall| {
        c.publicKey = Bytes::copy_from_slice(public_key(6).as_slice());
    };
    refused(with(of_another), BTT, unproven());

    // The proof of another operator, and of another chain.
    let mut foreign = world.creation(6, 5);
    foreign.name = "thief".into();
    assert_eq!(world.pay(account(5), BTT, foreign).unwrap_err(), unproven());
    let digest = super::super::calls::possession_digest(1, account(5));
    let mut elsewhere = good.clone();
    elsewhere.possession = Bytes::copy_from_slice(sign(5, digest).as_slice());
    assert_eq!(world.pay(account(5), BTT, elsewhere).unwrap_err(), unproven());

    // A key of somebody else, with a good proof.
    let taken = world.creation(5, 1);
    let key = crate::block::consensus_address(&public_key(1)).unwrap();
    assert_eq!(
        world.pay(account(5), BTT, taken).unwrap_err(),
        revert(IStaking::ConsensusKeyUsed { key })
    );
    assert_eq!(
        world.create(1, 5_000).unwrap_err(),
        revert(IStaking::ValidatorExists { operator: account(1) })
    );
    world.pay(account(5), BTT, good).unwrap();
}

#[test]
fn dust_and_zero_and_strangers_are_refused() {
    let mut world = World::new(&[100_000]);
    for amount in [0, 1, BTT - 1] {
        assert_eq!(
            world.delegate(10, 1, amount).unwrap_err(),
            revert(IStaking::AmountTooLow { amountWei: U256::from(amount), minWei: wei(1) })
        );
    }
    let unknown = revert(IStaking::UnknownValidator { operator: account(9) });
    assert_eq!(world.delegate(10, 9, BTT).unwrap_err(), unknown);
    assert_eq!(world.undelegate(10, 9, BTT).unwrap_err(), unknown);
    assert_eq!(world.claim(10, 9).unwrap_err(), unknown);
    let none = revert(IStaking::NoDelegation { delegator: account(10), validator: account(1) });
    assert_eq!(world.undelegate(10, 1, BTT).unwrap_err(), none);
    assert_eq!(world.claim(10, 1).unwrap_err(), none);
    assert_eq!(world.withdraw(10, 1).unwrap_err(), none);
    let not_operator = revert(IStaking::UnknownValidator { operator: account(10) });
    assert_eq!(world.call(10, IStaking::unjailCall {}).unwrap_err(), not_operator);
    assert_eq!(world.call(10, IStaking::exitCall {}).unwrap_err(), not_operator);
}

#[test]
fn nobody_takes_out_more_than_is_there() {
    let mut world = World::with(&[100_000], &[(10, 1, 500)]);
    assert_eq!(
        world.undelegate(10, 1, 501 * BTT).unwrap_err(),
        revert(IStaking::ExceedsDelegation { amountWei: wei(501), freeWei: wei(500) })
    );
    let huge =
        IStaking::undelegateCall { validator: account(1), amountWei: U256::MAX - U256::from(1) };
    assert_eq!(
        world.call(10, huge).unwrap_err(),
        revert(IStaking::ExceedsDelegation {
            amountWei: U256::MAX - U256::from(1),
            freeWei: wei(500)
        })
    );
    assert_eq!(
        world.undelegate(10, 1, 0).unwrap_err(),
        revert(IStaking::AmountTooLow { amountWei: U256::ZERO, minWei: U256::from(1) })
    );
    let nothing = revert(IStaking::NothingToClaim {});
    assert_eq!(world.claim(10, 1).unwrap_err(), nothing);
    world.undelegate(10, 1, 100 * BTT).unwrap();
    assert_eq!(world.withdraw(10, 1).unwrap_err(), nothing, "it is still locked");
    assert_eq!(world.call(1, IStaking::claimCommissionCall {}).unwrap_err(), nothing);
}

#[test]
fn an_eighth_unbonding_waits_for_the_first() {
    let mut world = World::with(&[100_000], &[(10, 1, 500)]);
    for _ in 0..7 {
        world.undelegate(10, 1, BTT).unwrap();
    }
    assert_eq!(world.undelegate(10, 1, BTT).unwrap_err(), revert(IStaking::TooManyUnbondings {}));
    world.epochs(3);
    assert_eq!(world.withdraw(10, 1).unwrap(), wei(7));
    world.undelegate(10, 1, BTT).unwrap();
}

#[test]
fn redelegated_stake_does_not_hop() {
    let mut world = World::with(&[100_000, 100_000, 100_000], &[(10, 1, 500), (10, 2, 50)]);
    assert_eq!(world.redelegate(10, 1, 1, BTT).unwrap_err(), revert(IStaking::SameValidator {}));
    world.redelegate(10, 1, 3, 500 * BTT).unwrap();
    let locked = revert(IStaking::RedelegationLocked { lockedWei: wei(500) });
    let all = IStaking::redelegateCall {
        fromValidator: account(3),
        toValidator: account(2),
        amountWei: U256::MAX,
    };
    assert_eq!(world.call(10, all).unwrap_err(), locked);
    assert_eq!(world.undelegate(10, 3, u128::MAX).unwrap_err(), locked);
    assert_eq!(
        world.redelegate(10, 3, 2, BTT).unwrap_err(),
        revert(IStaking::ExceedsDelegation { amountWei: wei(1), freeWei: U256::ZERO })
    );
    for _ in 0..6 {
        world.redelegate(10, 2, 3, BTT).unwrap();
    }
    assert_eq!(
        world.redelegate(10, 2, 3, BTT).unwrap_err(),
        revert(IStaking::TooManyRedelegations {})
    );
}

#[test]
fn commission_rises_by_its_step_and_once_a_day() {
    let mut world = World::new(&[100_000]);
    let mut set = |bps| world.call(1, IStaking::setCommissionCall { commissionBps: bps });
    assert_eq!(
        set(2_001).unwrap_err(),
        revert(IStaking::CommissionTooHigh { bps: 2_001, maxBps: 2_000 })
    );
    assert_eq!(
        set(101).unwrap_err(),
        revert(IStaking::CommissionStepTooLarge { oldBps: 0, newBps: 101, maxChangeBps: 100 })
    );
    set(100).unwrap();
    assert_eq!(
        set(101).unwrap_err(),
        revert(IStaking::CommissionStepTooLarge { oldBps: 100, newBps: 101, maxChangeBps: 0 })
    );
    set(50).unwrap();
    assert!(set(51).is_err(), "a fall and a rise are no free step");
    world.facts.time_ms += 86_400_000;
    world.call(1, IStaking::setCommissionCall { commissionBps: 150 }).unwrap();
}

#[test]
fn keys_rotate_once_an_epoch_and_four_times_within_the_evidence_age() {
    let mut world = World::new(&[100_000, 100_000]);
    let rotate = |world: &mut World, key: u8| {
        let digest = world.view(IStaking::possessionDigestCall { operator: account(1) });
        world.call(
            1,
            IStaking::rotateConsensusKeyCall {
                publicKey: Bytes::copy_from_slice(public_key(key).as_slice()),
                possession: Bytes::copy_from_slice(sign(key, digest).as_slice()),
            },
        )
    };
    rotate(&mut world, 41).unwrap();
    let too_many = revert(IStaking::TooManyRotations {});
    assert_eq!(rotate(&mut world, 42).unwrap_err(), too_many);
    world.epoch();
    let old = crate::block::consensus_address(&public_key(1)).unwrap();
    assert_eq!(
        rotate(&mut world, 1).unwrap_err(),
        revert(IStaking::ConsensusKeyUsed { key: old }),
        "an old key does not come back"
    );
    // Time stands still, but for the blocks: the evidence age is 10 s.
    for key in 43..47 {
        rotate(&mut world, key).unwrap();
        let before = world.facts.time_ms;
        world.epoch();
        world.facts.time_ms = before + 21;
    }
    assert_eq!(rotate(&mut world, 47).unwrap_err(), too_many);
    world.facts.time_ms += 10_000;
    rotate(&mut world, 48).unwrap();
}

#[test]
fn jail_ends_only_by_the_rules() {
    let mut world = World::new(&[100_000, 100_000, 100_000, 100_000]);
    assert_eq!(
        world.call(4, IStaking::unjailCall {}).unwrap_err(),
        revert(IStaking::NotJailed { operator: account(4) })
    );
    world.absent.push(account(4));
    world.epoch();
    let until_ms = world.validator(4).jailedUntilMs;
    assert_eq!(
        world.call(4, IStaking::unjailCall {}).unwrap_err(),
        revert(IStaking::StillJailed { untilMs: until_ms })
    );
    world.accuse(3, world.facts.number - 1);
    world.block(0);
    assert_eq!(
        world.call(3, IStaking::unjailCall {}).unwrap_err(),
        revert(IStaking::Tombstoned { operator: account(3) })
    );
}

#[test]
fn maintenance_is_bounded() {
    let mut world = World::new(&[100_000, 100_000, 100_000, 100_000, 100_000]);
    let declare = |epochs| IStaking::declareMaintenanceCall { epochs };
    let bad = revert(IStaking::BadMaintenance { maxEpochs: 144 });
    for epochs in [0, 145, u64::MAX] {
        assert_eq!(world.call(1, declare(epochs)).unwrap_err(), bad);
    }
    world.call(1, declare(2)).unwrap();
    assert_eq!(world.call(1, declare(2)).unwrap_err(), bad);
    world.epochs(3);
    assert_eq!(world.call(1, declare(1)).unwrap_err(), bad, "as long at work as it was away");
    world.epochs(2);
    world.call(1, declare(1)).unwrap();
}

#[test]
fn closed_validators_take_no_stake() {
    let mut world = World::with(&[100_000, 100_000, 100_000], &[(10, 1, 500)]);
    world.call(2, IStaking::exitCall {}).unwrap();
    world.accuse(3, 1);
    world.block(0);
    for closed in [2, 3] {
        let error = revert(IStaking::ValidatorClosed { operator: account(closed) });
        assert_eq!(world.delegate(10, closed, BTT).unwrap_err(), error);
    }
    let not_elected = revert(IStaking::NotEligible { operator: account(2) });
    assert_eq!(world.redelegate(10, 1, 2, BTT).unwrap_err(), not_elected);
    assert_eq!(
        world.call(2, IStaking::exitCall {}).unwrap_err(),
        revert(IStaking::ValidatorClosed { operator: account(2) })
    );
    assert_eq!(
        world.call(1, IStaking::exitCall {}).unwrap_err(),
        revert(IStaking::NotEligible { operator: account(1) }),
        "the last candidate cannot leave"
    );
}

#[test]
fn ranks_are_entered_once_and_only_by_the_fit() {
    let mut world = World::new(&[100_000, 100_000]);
    let enter = |number| IStaking::enterRankingCall { operator: account(number) };
    assert_eq!(
        world.call(9, enter(1)).unwrap_err(),
        revert(IStaking::AlreadyRanked { operator: account(1) })
    );
    world.call(2, IStaking::exitCall {}).unwrap();
    assert_eq!(
        world.call(9, enter(2)).unwrap_err(),
        revert(IStaking::NotEligible { operator: account(2) })
    );
}

#[test]
fn value_is_refused_where_no_call_takes_it_and_static_calls_do_not_write() {
    let mut world = World::with(&[100_000], &[(10, 1, 500)]);
    let unexpected = revert(UnexpectedValue {});
    for input in [
        IStaking::undelegateCall { validator: account(1), amountWei: U256::MAX }.abi_encode(),
        IStaking::epochCall {}.abi_encode(),
        vec![1, 2, 3, 4],
        Vec::new(),
    ] {
        assert_eq!(world.raw(account(10), 1, &input).unwrap_err(), unexpected);
    }
    assert_eq!(
        world.call(10, IStaking::cancelSlashCall { operator: account(1) }).unwrap_err(),
        revert(IStaking::NotGovernance { caller: account(10) })
    );
    let many = IStaking::claimAllRewardsCall { validators: vec![account(1); 33] };
    assert_eq!(
        world.call(10, many).unwrap_err(),
        revert(IStaking::TooMany { count: U256::from(33), max: U256::from(32) })
    );
}
