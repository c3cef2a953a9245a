//! The votes' engine: random histories against a recomputation from all records.

use super::world::{BTT, World, account};
use crate::modules::{
    OverlayHost,
    staking::{
        ballots::{self, Choice, MAX_OPEN, Tally},
        state::{Delegation, Validator},
    },
};
use alloy_primitives::{Address, U256};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Validators 1 to 3; 10 to 13 delegate.
const VALIDATORS: [u8; 3] = [1, 2, 3];
const DELEGATORS: [u8; 7] = [1, 2, 3, 10, 11, 12, 13];
const CHOICES: [Choice; 4] = [Choice::Yes, Choice::No, Choice::Veto, Choice::Abstain];

fn world() -> World {
    World::with(&[9_000, 6_000, 3_000], &[(10, 1, 500), (11, 1, 300), (11, 2, 900), (12, 3, 40)])
}

fn ask<T>(
    w: &mut World,
    f: impl FnOnce(&mut OverlayHost<'_, crate::state::MemoryStore>) -> T,
) -> T {
    f(&mut OverlayHost::new(&mut w.state, &w.facts))
}

fn tally(w: &mut World, id: u64) -> Tally {
    ask(w, |host| ballots::tally(host, id)).unwrap()
}

fn tokens(w: &mut World, validator: u8) -> u128 {
    ask(w, |host| Validator::load(host, account(validator))).unwrap().unwrap().tokens
}

fn shares(w: &mut World, delegator: u8, validator: u8) -> u128 {
    let load = |host: &mut OverlayHost<'_, _>| {
        Delegation::load(host, account(delegator), account(validator))
    };
    ask(w, load).unwrap().shares
}

/// What a vote is expected to be, from what was there at its start and is there now.
#[derive(Debug, Default)]
struct Expected {
    id: u64,
    excluded: u8,
    tokens: BTreeMap<u8, u128>,
    shares: BTreeMap<(u8, u8), u128>,
    /// Weights as they are counted; those of validators with what all their stake may weigh.
    validators: BTreeMap<u8, (usize, u128)>,
    delegations: BTreeMap<(u8, u8), (usize, u128)>,
}

impl Expected {
    fn open(w: &mut World, id: u64, excluded: u8) -> Self {
        let mut expected = Self { id, excluded, ..Self::default() };
        for validator in VALIDATORS {
            expected.tokens.insert(validator, tokens(w, validator));
            for delegator in DELEGATORS {
                let shares = shares(w, delegator, validator);
                expected.shares.insert((delegator, validator), shares);
            }
        }
        expected
    }

    fn whole(&self, w: &mut World, validator: u8) -> u128 {
        self.tokens[&validator].min(tokens(w, validator))
    }

    fn overridden(&self, validator: u8) -> u128 {
        self.delegations.iter().filter(|((_, v), _)| *v == validator).map(|(_, (_, w))| w).sum()
    }

    /// Worth now of what was here at the start and still is.
    fn worth(&self, w: &mut World, delegator: u8, validator: u8) -> u128 {
        let record = ask(w, |host| Validator::load(host, account(validator))).unwrap().unwrap();
        let held = self.shares[&(delegator, validator)].min(shares(w, delegator, validator));
        if record.shares == 0 {
            return 0;
        }
        let product = U256::from(held) * U256::from(record.tokens);
        (product / U256::from(record.shares)).to()
    }

    /// Stake of a delegation that leaves takes its vote along.
    fn left(&mut self, w: &mut World, delegator: u8, validator: u8) {
        let most = self.worth(w, delegator, validator);
        if let Some((_, weight)) = self.delegations.get_mut(&(delegator, validator)) {
            *weight = most.min(*weight);
        }
    }

    fn tally(&self) -> [u128; 4] {
        let mut sides = [0; 4];
        for (choice, weight) in self.validators.values().chain(self.delegations.values()) {
            sides[*choice] += weight;
        }
        sides
    }
}

/// Compares every weight with the recomputation.
fn compare(w: &mut World, e: &mut Expected) {
    let id = e.id;
    for validator in VALIDATORS {
        for delegator in DELEGATORS {
            let vote =
                ask(w, |h| ballots::delegation_vote(h, id, account(delegator), account(validator)))
                    .unwrap();
            let key = (delegator, validator);
            let Some((_, counted)) = e.delegations.get(&key).copied() else {
                assert_eq!(vote, None, "{key:?}");
                continue;
            };
            let (_, weight) = vote.unwrap();
            assert_eq!(weight, counted, "{key:?}");
        }
        let whole = e.whole(w, validator);
        let room = whole.saturating_sub(e.overridden(validator));
        let vote = ask(w, |h| ballots::validator_vote(h, id, account(validator))).unwrap();
        let Some((_, counted)) = e.validators.get(&validator).copied() else {
            assert_eq!(vote, None, "{validator}");
            continue;
        };
        let (_, weight) = vote.unwrap();
        assert_eq!(weight, counted.min(room), "validator {validator}");
        e.validators.get_mut(&validator).unwrap().1 = weight;
    }
    let t = tally(w, id);
    assert_eq!([t.yes, t.no, t.veto, t.abstain], e.tally());
    let start: u128 = e.tokens.iter().filter(|(v, _)| **v != e.excluded).map(|(_, t)| t).sum();
    assert_eq!(t.total, start);
    assert!(t.yes + t.no + t.veto + t.abstain <= t.total, "more votes than stake");
}

#[derive(Debug, Clone)]
enum Step {
    Open(u8),
    Close,
    VoteValidator(u8, usize),
    VoteDelegation(u8, u8, usize),
    Delegate(u8, u8, u16),
    Undelegate(u8, u8, u16),
    Redelegate(u8, u8, u8, u16),
    Accuse(u8),
    Cancel(u8),
    Block,
}

fn step() -> impl Strategy<Value = Step> {
    let validator = || prop::sample::select(&VALIDATORS[..]);
    let delegator = || prop::sample::select(&DELEGATORS[..]);
    prop_oneof![
        2 => (0u8..6).prop_map(Step::Open),
        1 => Just(Step::Close),
        6 => (validator(), 0usize..4).prop_map(|(v, c)| Step::VoteValidator(v, c)),
        8 => (delegator(), validator(), 0usize..4).prop_map(|(d, v, c)| Step::VoteDelegation(d, v, c)),
        6 => (delegator(), validator(), 1u16..900).prop_map(|(d, v, a)| Step::Delegate(d, v, a)),
        6 => (delegator(), validator(), 1u16..900).prop_map(|(d, v, a)| Step::Undelegate(d, v, a)),
        3 => (delegator(), validator(), validator(), 1u16..900)
            .prop_map(|(d, a, b, n)| Step::Redelegate(d, a, b, n)),
        1 => validator().prop_map(Step::Accuse),
        1 => validator().prop_map(Step::Cancel),
        2 => Just(Step::Block),
    ]
}

/// Every weight is the lesser of the stake at the start and the stake now, in every ballot, however many
/// overlap; all together never exceed the stake that could vote.
fn history(steps: Vec<Step>) {
    let mut w = world();
    let mut open: Vec<Expected> = Vec::new();
    let mut next = 1;
    for step in steps {
        match step {
            Step::Open(excluded) => {
                let operator = VALIDATORS.contains(&excluded).then(|| account(excluded));
                let opened = ask(&mut w, |h| ballots::open(h, next, operator)).unwrap();
                assert_eq!(opened.is_some(), open.len() < MAX_OPEN);
                if opened.is_some() {
                    open.push(Expected::open(&mut w, next, excluded));
                    next += 1;
                }
            }
            Step::Close => {
                if !open.is_empty() {
                    let closed = open.remove(0);
                    ask(&mut w, |h| ballots::close(h, closed.id)).unwrap();
                }
            }
            Step::VoteValidator(v, c) => {
                for e in &mut open {
                    let vote = |h: &mut OverlayHost<'_, _>| {
                        ballots::vote_validator(h, e.id, account(v), CHOICES[c])
                    };
                    let weight = ask(&mut w, vote).unwrap();
                    let room = e.whole(&mut w, v).saturating_sub(e.overridden(v));
                    assert_eq!(weight, if v == e.excluded { 0 } else { room });
                    if weight > 0 {
                        e.validators.insert(v, (c, weight));
                    }
                }
            }
            Step::VoteDelegation(d, v, c) => {
                for e in &mut open {
                    let vote = |h: &mut OverlayHost<'_, _>| {
                        ballots::vote_delegation(h, e.id, account(d), account(v), CHOICES[c])
                    };
                    let weight = ask(&mut w, vote).unwrap();
                    let old = e.delegations.get(&(d, v)).map_or(0, |(_, weight)| *weight);
                    let others = e.overridden(v) - old;
                    let room = e.whole(&mut w, v).saturating_sub(others);
                    let most = e.worth(&mut w, d, v).min(room);
                    let expected = if v == e.excluded { 0 } else { most };
                    assert_eq!(weight, expected, "{d} with {v}");
                    if weight > 0 {
                        e.delegations.insert((d, v), (c, weight));
                    }
                }
            }
            // What is refused changes nothing.
            Step::Delegate(d, v, btt) => drop(w.delegate(d, v, u128::from(btt) * BTT)),
            Step::Undelegate(d, v, btt) => {
                if w.undelegate(d, v, u128::from(btt) * BTT).is_ok() {
                    open.iter_mut().for_each(|e| e.left(&mut w, d, v));
                }
            }
            Step::Redelegate(d, a, b, btt) => {
                if w.redelegate(d, a, b, u128::from(btt) * BTT).is_ok() {
                    open.iter_mut().for_each(|e| e.left(&mut w, d, a));
                }
            }
            Step::Accuse(v) => {
                let height = w.facts.number;
                w.accuse(v, height);
                w.block(0);
            }
            Step::Cancel(v) => {
                drop(ask(&mut w, |h| super::super::slashing::cancel(h, account(v))));
            }
            Step::Block => w.block(0),
        }
        for e in &mut open {
            compare(&mut w, e);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn tallies_are_what_all_records_say(steps in prop::collection::vec(step(), 1..60)) {
        history(steps);
    }
}

#[test]
fn a_delegation_while_other_votes_begin_and_end_takes_no_weight_away() {
    let mut w = world();
    let first = ask(&mut w, |h| ballots::open(h, 1, None)).unwrap();
    assert_eq!(first, Some(19_740 * BTT));
    for id in 2..=5 {
        w.delegate(13, 1, BTT).unwrap();
        ask(&mut w, |h| ballots::open(h, id, None)).unwrap();
        w.delegate(13, 1, BTT).unwrap();
        w.block(0);
    }
    let mut weight =
        |id| ask(&mut w, |h| ballots::vote_validator(h, id, account(1), Choice::Yes)).unwrap();
    let at_start = 9_800;
    assert_eq!(
        [1, 2, 5].map(&mut weight),
        [at_start, at_start + 1, at_start + 7].map(|btt| btt * BTT)
    );
    // What leaves again takes only itself along.
    w.undelegate(13, 1, u128::MAX).unwrap();
    assert_eq!(tally(&mut w, 1).yes, at_start * BTT);
    assert_eq!(tally(&mut w, 5).yes, at_start * BTT);
}

#[test]
fn ballots_are_bounded_and_unknown_voters_have_no_weight() {
    let mut w = world();
    for id in 1..=16 {
        assert!(ask(&mut w, |h| ballots::open(h, id, None)).unwrap().is_some());
    }
    assert_eq!(ask(&mut w, |h| ballots::open(h, 17, None)).unwrap(), None);
    ask(&mut w, |h| ballots::close(h, 3)).unwrap();
    assert!(ask(&mut w, |h| ballots::open(h, 17, None)).unwrap().is_some());
    let nobody = Address::repeat_byte(0x77);
    let vote = |h: &mut OverlayHost<'_, _>| ballots::vote_validator(h, 1, nobody, Choice::Yes);
    assert_eq!(ask(&mut w, vote), Ok(0));
    let vote = |h: &mut OverlayHost<'_, _>| {
        ballots::vote_delegation(h, 1, nobody, account(1), Choice::Yes)
    };
    assert_eq!(ask(&mut w, vote), Ok(0));
    // A ballot that is closed keeps what was counted.
    let vote = |h: &mut OverlayHost<'_, _>| ballots::vote_validator(h, 1, account(2), Choice::Yes);
    assert_eq!(ask(&mut w, vote), Ok(6_900 * BTT));
    ask(&mut w, |h| ballots::close(h, 1)).unwrap();
    w.undelegate(11, 2, 500 * BTT).unwrap();
    assert_eq!(tally(&mut w, 1).yes, 6_900 * BTT);
}
