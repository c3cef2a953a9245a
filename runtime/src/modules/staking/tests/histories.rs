//! Random histories of all calls over many epochs: after every call and block the invariants hold and no
//! coin has appeared or vanished (the harness checks), no call fails but by a rule, and in the end everybody
//! gets out.

use super::world::{BTT, World, account, public_key, sign};
use crate::{
    modules::{ModuleError, staking::IStaking},
    primitives::addresses::GOVERNANCE,
};
use alloy_primitives::{Bytes, U256};
use proptest::prelude::*;

const FIRST: u8 = 1;
const GENESIS: u8 = 5;
const VALIDATORS: std::ops::Range<u8> = 1..9;
const DELEGATORS: std::ops::Range<u8> = 20..26;

#[derive(Debug, Clone)]
enum Op {
    Delegate(u8, u8, u64),
    Undelegate(u8, u8, u64),
    UndelegateAll(u8, u8),
    Redelegate(u8, u8, u8, u64),
    Claim(u8, u8),
    Compound(u8, u8),
    Withdraw(u8, u8),
    Create(u8, u64),
    Exit(u8),
    Unjail(u8),
    Maintenance(u8, u64),
    Enter(u8),
    Rotate(u8, u8),
    Commission(u8, u16),
    ClaimCommission(u8),
    Accuse(u8),
    Cancel(u8),
    Absent(u8),
    Back,
    Epoch(u64),
    Blocks(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Operators delegate too: to themselves and to each other.
    let who = || prop_oneof![3 => DELEGATORS, 1 => VALIDATORS];
    let v = || VALIDATORS;
    let btt = || 1u64..20_000;
    let op = prop_oneof![
        6 => (who(), v(), btt()).prop_map(|(a, b, c)| Op::Delegate(a, b, c)),
        4 => (who(), v(), btt()).prop_map(|(a, b, c)| Op::Undelegate(a, b, c)),
        1 => (who(), v()).prop_map(|(a, b)| Op::UndelegateAll(a, b)),
        5 => (who(), v(), v(), btt()).prop_map(|(a, b, c, d)| Op::Redelegate(a, b, c, d)),
        3 => (who(), v()).prop_map(|(a, b)| Op::Claim(a, b)),
        2 => (who(), v()).prop_map(|(a, b)| Op::Compound(a, b)),
        2 => (who(), v()).prop_map(|(a, b)| Op::Withdraw(a, b)),
        1 => (v(), btt()).prop_map(|(a, b)| Op::Create(a, b)),
        1 => v().prop_map(Op::Exit),
        1 => v().prop_map(Op::Unjail),
        1 => (v(), 1u64..4).prop_map(|(a, b)| Op::Maintenance(a, b)),
        1 => v().prop_map(Op::Enter),
        1 => (v(), 60u8..120).prop_map(|(a, b)| Op::Rotate(a, b)),
        1 => (v(), 0u16..2_000).prop_map(|(a, b)| Op::Commission(a, b)),
        1 => v().prop_map(Op::ClaimCommission),
        1 => v().prop_map(Op::Accuse),
        1 => v().prop_map(Op::Cancel),
        1 => v().prop_map(Op::Absent),
        1 => Just(Op::Back),
        4 => (0u64..500).prop_map(Op::Epoch),
        2 => (1u8..12).prop_map(Op::Blocks),
    ];
    proptest::collection::vec(op, 1..80)
}

/// A call may be refused by a rule, and in no other way.
fn by_rule<T>(outcome: Result<T, ModuleError>) {
    if let Err(error) = outcome {
        assert!(matches!(error, ModuleError::Revert(_)), "{error:?}");
    }
}

fn act(world: &mut World, op: &Op) {
    match *op {
        Op::Delegate(who, to, btt) => by_rule(world.delegate(who, to, u128::from(btt) * BTT)),
        Op::Undelegate(who, from, btt) => {
            by_rule(world.undelegate(who, from, u128::from(btt) * BTT))
        }
        Op::UndelegateAll(who, from) => by_rule(world.undelegate(who, from, u128::MAX)),
        Op::Redelegate(who, from, to, btt) => {
            by_rule(world.redelegate(who, from, to, u128::from(btt) * BTT));
        }
        Op::Claim(who, of) => by_rule(world.claim(who, of)),
        Op::Compound(who, of) => {
            by_rule(world.call(who, IStaking::compoundCall { validator: account(of) }));
        }
        Op::Withdraw(who, of) => by_rule(world.withdraw(who, of)),
        Op::Create(who, btt) => by_rule(world.create(who, btt)),
        Op::Exit(who) => by_rule(world.call(who, IStaking::exitCall {})),
        Op::Unjail(who) => by_rule(world.call(who, IStaking::unjailCall {})),
        Op::Maintenance(who, epochs) => {
            by_rule(world.call(who, IStaking::declareMaintenanceCall { epochs }));
        }
        Op::Enter(who) => {
            by_rule(world.call(9, IStaking::enterRankingCall { operator: account(who) }));
        }
        Op::Rotate(who, key) => {
            let digest = world.view(IStaking::possessionDigestCall { operator: account(who) });
            by_rule(world.call(
                who,
                IStaking::rotateConsensusKeyCall {
                    publicKey: Bytes::copy_from_slice(public_key(key).as_slice()),
                    possession: Bytes::copy_from_slice(sign(key, digest).as_slice()),
                },
            ));
        }
        Op::Commission(who, bps) => {
            by_rule(world.call(who, IStaking::setCommissionCall { commissionBps: bps }));
        }
        Op::ClaimCommission(who) => by_rule(world.call(who, IStaking::claimCommissionCall {})),
        Op::Accuse(who) => {
            let height = world.facts.number;
            let proof = world.double_vote(who, height);
            by_rule(world.call(9, World::submission(&proof)));
        }
        Op::Cancel(who) => {
            let call = IStaking::cancelSlashCall { operator: account(who) };
            by_rule(world.pay(GOVERNANCE, 0, call));
        }
        Op::Absent(who) => world.absent.push(account(who)),
        Op::Back => world.absent.clear(),
        Op::Epoch(fees) => world.epoch_with_fees(fees),
        Op::Blocks(count) => (0..count).for_each(|_| world.block(1)),
    }
}

/// Everybody takes out everything; nothing of it is stuck.
fn leave(world: &mut World) {
    world.absent.clear();
    // Slashes are decided, redelegated stake is free.
    world.epochs(4);
    let all: Vec<u8> = DELEGATORS.chain(VALIDATORS).collect();
    for who in &all {
        let delegations = world.view(IStaking::delegationsCall { delegator: account(*who) });
        for delegation in delegations {
            let of = delegation.validator.as_slice()[0];
            if delegation.unbondings == 7 {
                world.withdraw(*who, of).unwrap();
            }
            if delegation.stakeWei > U256::ZERO {
                world.undelegate(*who, of, u128::MAX).unwrap();
            }
            if delegation.rewardsWei > U256::ZERO {
                world.claim(*who, of).unwrap();
            }
        }
    }
    world.epochs(4);
    for who in &all {
        let delegations = world.view(IStaking::delegationsCall { delegator: account(*who) });
        for delegation in delegations.iter().filter(|d| d.unbondings > 0) {
            world.withdraw(*who, delegation.validator.as_slice()[0]).unwrap();
        }
    }
    let totals = world.view(IStaking::totalsCall {});
    // Dust of rounding, less than a wei for each call; nobody earns behind a set that has no stake.
    assert!(totals.bondedWei < U256::from(1_000), "{}", totals.bondedWei);
    assert!(totals.unbondingWei < U256::from(1_000), "{}", totals.unbondingWei);
    assert_eq!(totals.slashEscrowWei, U256::ZERO);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_the_invariants_and_everybody_gets_out(ops in ops()) {
        let stakes: Vec<u64> = (FIRST..=GENESIS).map(|n| 10_000 * u64::from(n)).collect();
        let mut world = World::new(&stakes);
        for op in &ops {
            act(&mut world, op);
        }
        leave(&mut world);
    }
}
