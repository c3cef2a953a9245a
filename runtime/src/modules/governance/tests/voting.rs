//! Votes through the module's calls: who counts how much, and what is refused.

use super::world::{BTT, NEEDED, PROPOSER, World, account, change};
use crate::modules::{
    ModuleError,
    governance::IGovernance::{self, Choice, Kind, Status},
    staking::IStaking,
};
use alloy_primitives::U256;
use alloy_sol_types::SolError;

fn refused<T: std::fmt::Debug + PartialEq>(result: Result<T, ModuleError>, error: impl SolError) {
    assert_eq!(result, Err(ModuleError::revert(error)));
}

/// Validators with 5,000, 3,000 and 2,000 BTT; 20 has delegated 1,000 to the first and 500 to the second.
fn voted_on() -> (World, u64) {
    let mut w = World::new(&[5_000, 3_000, 2_000], &[(20, 1, 1_000), (20, 2, 500)]);
    let id = w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
    (w, id)
}

#[test]
fn validators_vote_with_all_their_stake_and_may_change_their_mind() {
    let (mut w, id) = voted_on();
    w.logs.clear();
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote(2, id, Choice::No).unwrap();
    w.vote(3, id, Choice::Abstain).unwrap();
    assert_eq!(w.tally(id), [6_000, 3_500, 0, 2_000, 11_500]);
    let votes = w.take_events::<IGovernance::Voted>();
    let (voter, weight) = (account(1), U256::from(6_000 * BTT));
    let first =
        IGovernance::Voted { id, voter, validator: voter, choice: Choice::Yes, weightWei: weight };
    assert_eq!((votes.len(), &votes[0]), (3, &first));
    w.vote(1, id, Choice::NoWithVeto).unwrap();
    assert_eq!(w.tally(id), [0, 3_500, 6_000, 2_000, 11_500]);
}

#[test]
fn delegators_vote_in_place_of_their_validators() {
    let (mut w, id) = voted_on();
    w.vote(1, id, Choice::Yes).unwrap();
    w.logs.clear();
    w.vote_delegations(20, id, Choice::No, &[1, 2, 3]).unwrap();
    assert_eq!(w.tally(id), [5_000, 1_500, 0, 0, 11_500]);
    let votes = w.take_events::<IGovernance::Voted>();
    let weights: Vec<_> = votes.iter().map(|v| (v.validator, v.weightWei.to::<u128>())).collect();
    assert_eq!(weights, [(account(1), 1_000 * BTT), (account(2), 500 * BTT)]);
    // Who votes later has only what is left.
    w.vote(2, id, Choice::Yes).unwrap();
    assert_eq!(w.tally(id), [8_000, 1_500, 0, 0, 11_500]);
    w.vote_delegations(20, id, Choice::Abstain, &[2]).unwrap();
    assert_eq!(w.tally(id), [8_000, 1_000, 0, 500, 11_500]);

    let validator = account(1);
    let vote = w.gov(PROPOSER, 0, &IGovernance::validatorVoteCall { id, validator }).unwrap();
    assert_eq!((vote.choice, vote.weightWei), (Choice::Yes, U256::from(5_000 * BTT)));
    let delegator = account(20);
    let call = IGovernance::delegationVoteCall { id, delegator, validator };
    let vote = w.gov(PROPOSER, 0, &call).unwrap();
    assert_eq!((vote.choice, vote.weightWei), (Choice::No, U256::from(1_000 * BTT)));
    let validator = account(3);
    let vote = w.gov(PROPOSER, 0, &IGovernance::validatorVoteCall { id, validator }).unwrap();
    assert_eq!((vote.choice, vote.weightWei), (Choice::None, U256::ZERO));
}

#[test]
fn stake_that_leaves_takes_its_vote_along_and_stake_that_comes_has_none() {
    let (mut w, id) = voted_on();
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote_delegations(20, id, Choice::No, &[2]).unwrap();
    let amount = |btt: u128| U256::from(btt * BTT);
    let undelegate = |validator, wei| IStaking::undelegateCall { validator, amountWei: wei };
    w.stake(20, 0, &undelegate(account(1), amount(400))).unwrap();
    w.stake(20, 0, &undelegate(account(2), amount(100))).unwrap();
    assert_eq!(w.tally(id), [5_600, 400, 0, 0, 11_500]);
    w.stake(21, 700 * BTT, &IStaking::delegateCall { validator: account(1) }).unwrap();
    w.vote(1, id, Choice::Yes).unwrap();
    assert_eq!(w.tally(id)[0], 6_000, "the lesser of 6,000 at the start and 6,300 now");
    let none = IGovernance::NoWeight { id, voter: account(21) };
    refused(w.vote_delegations(21, id, Choice::Yes, &[1]), none);
    // A second vote starts while the first is open: both know what was there at their start.
    let second = w.open(Kind::ChangeParams, &change("quorumBps", 5_000));
    w.stake(22, 900 * BTT, &IStaking::delegateCall { validator: account(1) }).unwrap();
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote(1, second, Choice::Yes).unwrap();
    assert_eq!((w.tally(id)[0], w.tally(second)[0]), (6_000, 6_300));
}

#[test]
fn who_may_not_vote_is_told_why() {
    let (mut w, id) = voted_on();
    refused(w.vote(1, 9, Choice::Yes), IGovernance::UnknownProposal { id: 9 });
    refused(w.vote(1, id, Choice::None), IGovernance::BadChoice {});
    refused(w.vote_delegations(20, id, Choice::None, &[1]), IGovernance::BadChoice {});
    let stranger = IGovernance::NoWeight { id, voter: account(30) };
    refused(w.vote(30, id, Choice::Yes), stranger.clone());
    refused(w.vote_delegations(30, id, Choice::Yes, &[1, 2, 40]), stranger.clone());
    refused(w.vote_delegations(30, id, Choice::Yes, &[]), stranger);
    let (count, max) = (U256::from(33), U256::from(32));
    refused(w.vote_delegations(20, id, Choice::Yes, &[1; 33]), IGovernance::TooMany { count, max });
    w.vote_delegations(20, id, Choice::Yes, &[1; 32]).unwrap();
    assert_eq!(w.tally(id)[0], 1_000, "a vote that is repeated counts once");
    let waiting = w.propose(Kind::ChangeParams, &change("quorumBps", 4_000), NEEDED / 10).unwrap();
    refused(w.vote(1, waiting, Choice::Yes), IGovernance::NotInVoting { id: waiting });
}

#[test]
fn the_vote_ends_with_the_block_before_its_deadline() {
    let (mut w, id) = voted_on();
    w.blocks(19);
    w.vote(1, id, Choice::Yes).unwrap();
    w.blocks(1);
    assert_eq!(w.status(id), Status::Voting);
    refused(w.vote(2, id, Choice::No), IGovernance::NotInVoting { id });
    refused(w.vote_delegations(20, id, Choice::No, &[1]), IGovernance::NotInVoting { id });
    w.blocks(1);
    assert_eq!(w.status(id), Status::Passed);
    refused(w.vote(2, id, Choice::No), IGovernance::NotInVoting { id });
    // What leaves after the end lowers nothing.
    let call = IStaking::undelegateCall { validator: account(1), amountWei: U256::MAX };
    w.stake(20, 0, &call).unwrap();
    assert_eq!(w.tally(id), [6_000, 0, 0, 0, 11_500]);
}

/// After an outage the first block's time is past every deadline; its height is not (rule B.2).
#[test]
fn time_alone_ends_no_vote() {
    let (mut w, id) = voted_on();
    w.facts.time_ms += 3_600_000;
    w.blocks(19);
    assert_eq!(w.status(id), Status::Voting);
    w.vote(1, id, Choice::Yes).unwrap();
    w.block();
    refused(w.vote(2, id, Choice::Yes), IGovernance::NotInVoting { id });
    w.block();
    assert_eq!(w.status(id), Status::Passed);
}
