//! Votes on cancelling a slash: the accused's stake has no part in them, and the slash waits for them.

use super::world::{BTT, NEEDED, PROPOSER, World, account, change, key_address};
use crate::{
    block::Offence,
    modules::{
        ModuleError,
        governance::{
            IGovernance::{self, Choice, Kind, Status},
            payload::Payload,
        },
        staking::IStaking,
    },
    primitives::addresses::BURNT,
};
use alloy_primitives::{B256, U256};

/// Validator 3 of 6,000, 3,000, 2,000 and 1,000 BTT has signed twice; 20 has 500 with it.
fn accused() -> World {
    let mut w = World::new(&[6_000, 3_000, 2_000, 1_000], &[(20, 3, 500)]);
    accuse(&mut w);
    w
}

fn accuse(w: &mut World) {
    let height = w.facts.number;
    let hash = B256::repeat_byte(height as u8);
    w.offences.push(Offence { signer: key_address(3), height, round: 0, hash });
    w.block();
    assert_eq!(w.validator(3).status, IStaking::Status::Tombstoned);
}

fn cancel() -> Payload {
    Payload::CancelSlash { operator: account(3) }
}

/// State of the newest slash: 0 open, 1 burnt, 2 cancelled.
fn newest(w: &mut World) -> u8 {
    let slashes = w.stake(PROPOSER, 0, &IStaking::slashesCall { limit: U256::from(1) });
    slashes.unwrap()[0].state
}

#[test]
fn without_a_vote_a_slash_is_burnt_when_its_deferral_is_over() {
    let mut w = accused();
    w.next_epoch();
    assert_eq!(newest(&mut w), 1);
    assert_eq!(w.balance(BURNT), 125 * BTT, "5 % of 2,500");
    let refused = w.propose(Kind::CancelSlash, &cancel(), NEEDED);
    let reason = "the validator has no open slash".to_owned();
    assert_eq!(refused, Err(ModuleError::revert(IGovernance::NotAllowed { reason })));
}

#[test]
fn the_accused_have_no_vote_and_no_quorum() {
    let mut w = accused();
    let id = w.open(Kind::CancelSlash, &cancel());
    assert_eq!(w.tally(id), [0, 0, 0, 0, 10_000]);
    for (who, result) in
        [(3, w.vote(3, id, Choice::Yes)), (20, { w.vote_delegations(20, id, Choice::Yes, &[3]) })]
    {
        let none = IGovernance::NoWeight { id, voter: account(who) };
        assert_eq!(result, Err(ModuleError::revert(none)));
    }
    // In other votes it has what it had not lost.
    let other = w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
    assert_eq!(w.tally(other)[4], 12_375);
    w.vote(3, other, Choice::Yes).unwrap();
    assert_eq!(w.tally(other)[0], 2_375);
    // 6,000 of 9,000 are not more than two thirds; expedited or not.
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote(2, id, Choice::No).unwrap();
    let needs = w.gov(PROPOSER, 0, &IGovernance::thresholdsCall { id }).unwrap();
    assert_eq!(needs.thresholdBps, 6_667);
    assert_eq!(w.pass(id), Status::Rejected);
}

#[test]
fn a_slash_waits_for_its_vote_and_is_cancelled_by_it() {
    let mut w = accused();
    let id = w.open(Kind::CancelSlash, &cancel());
    w.vote(1, id, Choice::Yes).unwrap();
    w.next_epoch();
    // The deferral of 10 s is over, the vote of 20 s and the delay of 5 s are not.
    assert_eq!((newest(&mut w), w.status(id)), (0, Status::Voting));
    assert_eq!(w.pass(id), Status::Passed);
    assert_eq!(newest(&mut w), 0);
    assert_eq!(w.pass(id), Status::Enacted);
    assert_eq!((newest(&mut w), w.balance(BURNT)), (2, 0));
    let validator = w.validator(3);
    assert_eq!(validator.stakeWei, U256::from(2_500 * BTT));
    assert_eq!(validator.status, IStaking::Status::Jailed);
}

#[test]
fn a_slash_that_stays_is_burnt_at_the_end_of_the_epoch_and_waits_for_no_second_vote() {
    let mut w = accused();
    let first = w.open(Kind::CancelSlash, &cancel());
    w.vote(1, first, Choice::No).unwrap();
    w.next_epoch();
    assert_eq!(newest(&mut w), 0);
    let second = w.open(Kind::CancelSlash, &cancel());
    let third = w.propose(Kind::CancelSlash, &cancel(), NEEDED / 10).unwrap();
    w.vote(1, second, Choice::Yes).unwrap();
    assert_eq!(w.pass(first), Status::Rejected);
    assert_eq!(newest(&mut w), 0);
    w.next_epoch();
    assert_eq!((newest(&mut w), w.balance(BURNT)), (1, 125 * BTT));
    let reason = "the validator has no open slash".to_owned();
    let refused = w.deposit(PROPOSER, third, NEEDED);
    assert_eq!(refused, Err(ModuleError::revert(IGovernance::NotAllowed { reason })));
    if w.status(second) == Status::Voting {
        w.pass(second);
    }
    w.logs.clear();
    while !matches!(w.status(second), Status::Failed | Status::Enacted) {
        w.block();
    }
    assert_eq!(w.proposal(second).failure, "the validator has no open slash");
}

#[test]
fn a_vote_on_one_slash_does_not_cancel_the_next() {
    let mut w = accused();
    let first = w.open(Kind::CancelSlash, &cancel());
    let second = w.open(Kind::CancelSlash, &cancel());
    for id in [first, second] {
        w.vote(1, id, Choice::Yes).unwrap();
    }
    // Passed by hand before its time: the validator is caught again while the other vote goes on.
    w.host(|host| crate::modules::staking::slashing::cancel(host, account(3))).unwrap();
    accuse(&mut w);
    let third = w.open(Kind::CancelSlash, &cancel());
    w.vote(1, third, Choice::Yes).unwrap();
    assert_eq!(w.pass(first), Status::Passed);
    assert_eq!(w.pass(first), Status::Failed);
    assert_eq!(w.proposal(first).failure, "the slash is another one by now");
    assert_eq!(newest(&mut w), 0);
    while w.status(third) != Status::Enacted {
        w.block();
    }
    assert_eq!(newest(&mut w), 2);
}

#[test]
fn what_a_cancelled_slash_returns_weighs_nothing_in_votes_that_are_open() {
    let mut w = accused();
    let other = w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
    w.vote_delegations(20, other, Choice::No, &[3]).unwrap();
    w.vote(3, other, Choice::Yes).unwrap();
    assert_eq!(w.tally(other), [1_900, 475, 0, 0, 12_375]);
    w.host(|host| crate::modules::staking::slashing::cancel(host, account(3))).unwrap();
    w.vote_delegations(20, other, Choice::No, &[3]).unwrap();
    w.vote(3, other, Choice::Yes).unwrap();
    assert_eq!(w.tally(other), [1_875, 500, 0, 0, 12_375], "no more in all than at the start");
}
