//! Making proposals, their deposits, and what is refused.

use super::world::{
    BTT, NEEDED, PROPOSER, TREASURY_WEI, World, account, change, changes, feature, spend,
};
use crate::{
    modules::{
        MalformedArguments, ModuleError, ModulePaused, UnexpectedValue,
        governance::{IGovernance, payload::Payload},
        hooks::pause_slot,
    },
    primitives::addresses::{BURNT, GOVERNANCE, MARKET, PARAMS, STAKING, TREASURY},
};
use IGovernance::{Kind, Status};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};

const FIRST: u128 = NEEDED / 10;

fn world() -> World {
    World::new(&[600, 300, 100].map(|stake| stake * 1_000), &[])
}

fn refused<T: std::fmt::Debug + PartialEq>(result: Result<T, ModuleError>, error: impl SolError) {
    assert_eq!(result, Err(ModuleError::revert(error)));
}

fn not_allowed<T: std::fmt::Debug + PartialEq>(result: Result<T, ModuleError>, reason: &str) {
    refused(result, IGovernance::NotAllowed { reason: reason.to_owned() });
}

#[test]
fn a_proposal_is_kept_as_it_was_made_and_its_deposit_lies_in_escrow() {
    let mut w = world();
    let payload = change("quorumBps", 4_000);
    let balance = w.balance(account(PROPOSER));
    let id = w.propose(Kind::ChangeParams, &payload, FIRST).unwrap();
    assert_eq!(id, 1);
    assert_eq!(w.balance(account(PROPOSER)), balance - FIRST);
    assert_eq!(w.balance(GOVERNANCE), FIRST);
    let logs = w.logs.clone();
    let proposed = w.take_events::<IGovernance::Proposed>();
    let proposer = account(PROPOSER);
    let expected =
        IGovernance::Proposed { id, proposer, kind: Kind::ChangeParams, isExpedited: false };
    assert_eq!(proposed, [expected]);
    w.logs = logs;
    let deposited = w.take_events::<IGovernance::Deposited>();
    let amount = U256::from(FIRST);
    assert_eq!(deposited, [IGovernance::Deposited { id, depositor: proposer, amountWei: amount }]);
    let (now, zero) = (w.facts.time_ms, U256::ZERO);
    let expected = IGovernance::Proposal {
        id,
        kind: Kind::ChangeParams,
        status: Status::Deposit,
        isExpedited: false,
        proposer,
        title: "A title".to_owned(),
        payload: payload.encode().into(),
        depositWei: amount,
        neededDepositWei: U256::from(NEEDED),
        submittedMs: now,
        endsAtMs: now + 30_000,
        endsAtBlock: w.facts.number + 30,
        yesWei: zero,
        noWei: zero,
        vetoWei: zero,
        abstainWei: zero,
        totalWei: zero,
        failure: String::new(),
    };
    assert_eq!(w.proposal(id), expected);
    assert_eq!(w.propose(Kind::ChangeParams, &payload, FIRST), Ok(2));
}

#[test]
fn anyone_adds_to_a_deposit_and_the_vote_starts_when_it_is_enough() {
    let mut w = world();
    let id = w.propose(Kind::ChangeParams, &change("quorumBps", 4_000), FIRST).unwrap();
    w.deposit(51, id, NEEDED - FIRST - 1).unwrap();
    assert_eq!(w.status(id), Status::Deposit);
    w.logs.clear();
    // More than is missing is taken too.
    w.deposit(52, id, 5 * BTT).unwrap();
    let proposal = w.proposal(id);
    assert_eq!(proposal.status, Status::Voting);
    assert_eq!(proposal.depositWei, U256::from(NEEDED - 1 + 5 * BTT));
    assert_eq!(proposal.totalWei, U256::from(1_000_000 * BTT));
    let (ends_at_ms, ends_at_block) = (w.facts.time_ms + 20_000, w.facts.number + 20);
    let started = w.take_events::<IGovernance::VotingStarted>();
    assert_eq!(
        started,
        [IGovernance::VotingStarted { id, endsAtMs: ends_at_ms, endsAtBlock: ends_at_block }]
    );
    let mut of = |depositor: u8| {
        let call = IGovernance::depositOfCall { id, depositor: account(depositor) };
        w.gov(PROPOSER, 0, &call).unwrap().to::<u128>()
    };
    assert_eq!([of(PROPOSER), of(51), of(52)], [FIRST, NEEDED - FIRST - 1, 5 * BTT]);
    refused(w.deposit(51, id, BTT), IGovernance::NotInDeposit { id });
    refused(w.deposit(51, 9, BTT), IGovernance::UnknownProposal { id: 9 });
}

#[test]
fn deposits_that_are_too_low_are_refused() {
    let mut w = world();
    let payload = change("quorumBps", 4_000);
    let too_low = |amount: u128, min: u128| IGovernance::DepositTooLow {
        amountWei: U256::from(amount),
        minWei: U256::from(min),
    };
    let short = w.propose(Kind::ChangeParams, &payload, FIRST - 1);
    refused(short, too_low(FIRST - 1, FIRST));
    let expedited = w.propose_bytes(Kind::ChangeParams, true, payload.encode(), 5 * FIRST - 1);
    refused(expedited, too_low(5 * FIRST - 1, 5 * FIRST));
    assert_eq!(w.propose_bytes(Kind::ChangeParams, true, payload.encode(), 5 * FIRST), Ok(1));
    refused(w.deposit(51, 1, 0), too_low(0, 1));
    // A deposit's record costs a slot, where slots cost something; less is taken only to fill up.
    w.facts.params.storage_deposit_wei_per_slot = BTT;
    refused(w.deposit(51, 1, BTT - 1), too_low(BTT - 1, BTT));
    w.deposit(51, 1, 5 * NEEDED - 5 * FIRST - 7).unwrap();
    refused(w.deposit(52, 1, 6), too_low(6, 7));
    w.deposit(52, 1, 7).unwrap();
    assert_eq!(w.status(1), Status::Voting);
    assert_eq!(w.proposal(1).endsAtMs, w.facts.time_ms + 10_000, "an expedited vote is short");
}

#[test]
fn texts_and_payloads_that_make_no_sense_are_refused() {
    let mut w = world();
    let mut propose = |title: &str, payload: Vec<u8>| {
        w.gov(
            PROPOSER,
            FIRST,
            &IGovernance::proposeCall {
                kind: Kind::ChangeParams,
                isExpedited: false,
                title: title.to_owned(),
                payload: payload.into(),
            },
        )
    };
    let good = change("quorumBps", 4_000).encode();
    refused(propose("", good.clone()), IGovernance::BadText {});
    refused(propose(&"x".repeat(129), good.clone()), IGovernance::BadText {});
    refused(propose("x", vec![0; 2_049]), IGovernance::BadText {});
    let bad = |reason: &str| IGovernance::BadPayload { reason: reason.to_owned() };
    refused(propose("x", vec![0; 2_048]), bad("it is not the canonical encoding"));
    refused(propose("x", vec![1; 2_048]), bad("it does not decode"));
    refused(propose("x", changes(&[]).encode()), bad("it changes nothing"));
    assert_eq!(propose(&"x".repeat(128), good), Ok(1));
    let call = IGovernance::proposeCall {
        kind: Kind::Unpause,
        isExpedited: false,
        title: "x".to_owned(),
        payload: Vec::new().into(),
    };
    let mut input = call.abi_encode();
    input[4 + 31] = 5;
    let sent = w.host(|host| {
        let module = crate::modules::governance::Governance;
        let value = U256::ZERO;
        crate::modules::dispatch(&module, host, account(PROPOSER), value, false, &input)
    });
    refused(sent, MalformedArguments {});
}

#[test]
fn changes_are_checked_when_they_are_proposed() {
    let mut w = world();
    let mut bad = |of: &[(&str, u128)], name: &str, reason: &str| {
        let result = w.propose(Kind::ChangeParams, &changes(of), FIRST);
        let (name, reason) = (name.to_owned(), reason.to_owned());
        refused(result, IGovernance::BadChange { name, reason });
    };
    bad(&[("speed", 1)], "speed", "no parameter has this name");
    bad(&[("vetoBps", 999)], "vetoBps", "999 is not between 1000 and 9000");
    bad(&[("vetoBps", 9_001)], "vetoBps", "9001 is not between 1000 and 9000");
    bad(&[("vetoBps", 2_000), ("vetoBps", 3_000)], "vetoBps", "it is changed twice");
    // 10 s of evidence, 10 s of deferral, and an epoch of 20 blocks: 200 s with the tests' interval.
    let at_once =
        "239 s is less than evidenceAgeS + slashDeferralS + one epoch at maxBlockIntervalMs, 240 s";
    let short = [("maxBlockIntervalMs", 11_000), ("unbondingS", 239)];
    bad(&short, "unbondingS", at_once);
    let vote = "240 s is not above the longest voting period, 240 s";
    let long = [("unbondingS", 240), ("maxBlockIntervalMs", 11_000), ("votingPeriodS", 240)];
    bad(&long, "unbondingS", vote);
    let fits = [("unbondingS", 241), ("maxBlockIntervalMs", 11_000), ("votingPeriodS", 240)];
    assert_eq!(w.propose(Kind::ChangeParams, &changes(&fits), FIRST), Ok(1));
    let huge = Payload::ChangeParams(vec![IGovernance::Change {
        name: "vetoBps".to_owned(),
        value: U256::MAX,
    }]);
    let reason = format!("{} is not between 1000 and 9000", U256::MAX);
    let result = w.propose(Kind::ChangeParams, &huge, FIRST);
    refused(result, IGovernance::BadChange { name: "vetoBps".to_owned(), reason });
}

#[test]
fn targets_that_cannot_be_are_refused() {
    let mut w = world();
    let nobody = "modules, system accounts and nobody are not paid";
    for to in [Address::ZERO, STAKING, BURNT, TREASURY] {
        not_allowed(w.propose(Kind::SpendTreasury, &spend(to, 1), FIRST), nobody);
    }
    let too_much = spend(account(9), TREASURY_WEI + 1);
    let reason = format!("the treasury holds {TREASURY_WEI} wei only");
    not_allowed(w.propose(Kind::SpendTreasury, &too_much, FIRST), &reason);
    assert_eq!(w.propose(Kind::SpendTreasury, &spend(account(9), TREASURY_WEI), FIRST), Ok(1));
    let cancel = Payload::CancelSlash { operator: account(2) };
    let no_slash = "the validator has no open slash";
    not_allowed(w.propose(Kind::CancelSlash, &cancel, FIRST), no_slash);
    let unpause = |module| Payload::Unpause { module };
    not_allowed(w.propose(Kind::Unpause, &unpause(account(2)), FIRST), "it is no module");
    not_allowed(w.propose(Kind::Unpause, &unpause(MARKET), FIRST), "the module is not paused");
    w.state.set_storage(PARAMS, pause_slot(MARKET), U256::from(1)).unwrap();
    assert_eq!(w.propose(Kind::Unpause, &unpause(MARKET), FIRST), Ok(2));
    assert_eq!(w.propose(Kind::ActivateFeature, &feature("blue"), FIRST), Ok(3));
}

#[test]
fn proposals_are_bounded_and_listed_newest_first() {
    let mut w = world();
    let payload = change("quorumBps", 4_000);
    let too_many = |max: u64| IGovernance::TooManyProposals { max: U256::from(max) };
    for id in 1..=16 {
        assert_eq!(w.propose(Kind::ChangeParams, &payload, NEEDED), Ok(id));
    }
    refused(w.propose(Kind::ChangeParams, &payload, NEEDED), too_many(16));
    for id in 17..=80 {
        assert_eq!(w.propose(Kind::ChangeParams, &payload, FIRST), Ok(id));
    }
    refused(w.propose(Kind::ChangeParams, &payload, FIRST), too_many(64));
    refused(w.deposit(51, 20, NEEDED), too_many(16));
    w.deposit(51, 20, NEEDED - FIRST - 1).unwrap();

    let mut list = |offset: u64, limit: u64| {
        let (offset, limit) = (U256::from(offset), U256::from(limit));
        let page = w.gov(PROPOSER, 0, &IGovernance::proposalsCall { offset, limit }).unwrap();
        assert_eq!(page.total, 80);
        page.ids
    };
    assert_eq!(list(0, 3), [80, 79, 78]);
    assert_eq!(list(78, 3), [2, 1]);
    assert_eq!(list(80, 3), [0u64; 0]);
    assert_eq!(list(0, 1_000), (17..=80).rev().collect::<Vec<_>>(), "at most 64");
    assert_eq!(list(u64::MAX, u64::MAX), [0u64; 0]);
    let open = w.gov(PROPOSER, 0, &IGovernance::openProposalsCall {}).unwrap();
    assert_eq!(open, (1..=80).collect::<Vec<_>>());

    // What is over makes room.
    w.blocks(21);
    assert_eq!((w.status(16), w.status(17)), (Status::NoQuorum, Status::Deposit));
    assert_eq!(w.deposit(51, 20, 1), Ok(()));
    w.blocks(10);
    assert_eq!((w.status(17), w.status(20)), (Status::Expired, Status::Voting));
    let open = w.gov(PROPOSER, 0, &IGovernance::openProposalsCall {}).unwrap();
    assert_eq!(open, [20]);
}

#[test]
fn a_deposit_comes_back_once_when_the_proposal_is_over() {
    let mut w = world();
    let id = w.propose(Kind::ChangeParams, &change("quorumBps", 4_000), FIRST).unwrap();
    w.deposit(51, id, 3 * BTT).unwrap();
    let nothing =
        |depositor: u8| IGovernance::NothingToReturn { id, depositor: account(depositor) };
    refused(w.reclaim(51, id), nothing(51));
    w.blocks(29);
    assert_eq!(w.status(id), Status::Deposit);
    w.blocks(1);
    // The deadline has come, the end of this block has not.
    refused(w.deposit(51, id, BTT), IGovernance::NotInDeposit { id });
    assert_eq!(w.status(id), Status::Deposit);
    w.blocks(1);
    assert_eq!(w.status(id), Status::Expired);
    w.logs.clear();
    let before = w.balance(account(51));
    assert_eq!(w.reclaim(51, id), Ok(U256::from(3 * BTT)));
    assert_eq!(w.balance(account(51)), before + 3 * BTT);
    let (depositor, amount) = (account(51), U256::from(3 * BTT));
    let returned = w.take_events::<IGovernance::DepositReturned>();
    assert_eq!(returned, [IGovernance::DepositReturned { id, depositor, amountWei: amount }]);
    refused(w.reclaim(51, id), nothing(51));
    refused(w.reclaim(52, id), nothing(52));
    refused(w.reclaim(52, 7), IGovernance::UnknownProposal { id: 7 });
    assert_eq!(w.balance(GOVERNANCE), FIRST);
    // Coins that were forced into the escrow are nobody's deposit.
    w.state.credit(GOVERNANCE, U256::from(5)).unwrap();
    let mut poorer = w.state.account(account(59)).unwrap().unwrap();
    poorer.balance -= U256::from(5);
    w.state.set_account(account(59), Some(poorer)).unwrap();
    assert_eq!(w.reclaim(PROPOSER, id), Ok(U256::from(FIRST)));
    assert_eq!(w.balance(GOVERNANCE), 5);
}

#[test]
fn value_is_taken_by_two_calls_only_and_a_pause_leaves_the_way_out() {
    let mut w = world();
    let id = w.propose(Kind::ChangeParams, &change("quorumBps", 4_000), FIRST).unwrap();
    refused(w.gov(51, 1, &IGovernance::reclaimDepositCall { id }), UnexpectedValue {});
    refused(
        w.gov(51, 1, &IGovernance::voteCall { id, choice: IGovernance::Choice::Yes }),
        UnexpectedValue {},
    );
    refused(w.gov(51, 1, &IGovernance::proposalCall { id }), UnexpectedValue {});
    w.blocks(31);
    w.state.set_storage(PARAMS, pause_slot(GOVERNANCE), U256::from(1)).unwrap();
    let paused = ModulePaused { module: GOVERNANCE };
    refused(w.propose(Kind::Unpause, &change("quorumBps", 4_000), FIRST), paused.clone());
    refused(w.deposit(51, id, BTT), paused.clone());
    refused(w.vote(1, id, IGovernance::Choice::Yes), paused.clone());
    refused(w.vote_delegations(1, id, IGovernance::Choice::Yes, &[1]), paused);
    assert_eq!(w.status(id), Status::Expired, "reads work");
    assert_eq!(w.reclaim(PROPOSER, id), Ok(U256::from(FIRST)));
}

#[test]
fn a_static_call_cannot_write() {
    let mut w = world();
    let input = IGovernance::reclaimDepositCall { id: 1 }.abi_encode();
    let sent = w.host(|host| {
        let module = crate::modules::governance::Governance;
        crate::modules::dispatch(&module, host, account(1), U256::ZERO, true, &input)
    });
    assert_eq!(sent, Err(ModuleError::StaticViolation));
}
