//! Whole lives of proposals, through the hooks.

use super::world::{
    BTT, NEEDED, PROPOSER, TREASURY_WEI, World, account, change, changes, feature, spend,
};
use crate::{
    modules::{
        Host, ModuleError, Moment,
        governance::{IGovernance, hooks, payload::Payload},
        hooks::pause_slot,
        params::IParams,
        staking::IStaking,
    },
    primitives::addresses::{BURNT, GOVERNANCE, MARKET, PARAMS, TREASURY},
};
use IGovernance::{Choice, Kind, Status};
use alloy_primitives::{Address, Log, U256};

/// 6,000, 3,000 and 1,000 BTT of stake.
fn world() -> World {
    World::new(&[6_000, 3_000, 1_000], &[])
}

fn failed(w: &mut World, id: u64, reason: &str) {
    let events = w.take_events::<IGovernance::ProposalFailed>();
    assert_eq!(events, [IGovernance::ProposalFailed { id, reason: reason.to_owned() }]);
    let proposal = w.proposal(id);
    assert_eq!((proposal.status, proposal.failure.as_str()), (Status::Failed, reason));
}

#[test]
fn parameters_change_after_the_vote_and_its_delay() {
    let mut w = world();
    let payload = changes(&[("minDelegationWei", 7 * BTT), ("blockGasLimit", 80_000_000)]);
    let id = w.open(Kind::ChangeParams, &payload);
    w.vote(1, id, Choice::Yes).unwrap();
    w.logs.clear();
    assert_eq!(w.pass(id), Status::Passed);
    assert_eq!(w.param("minDelegationWei"), BTT);
    let closed = w.take_events::<IGovernance::ProposalClosed>();
    assert_eq!(closed, [IGovernance::ProposalClosed { id, status: Status::Passed }]);
    let (now, number) = (w.facts.time_ms, w.facts.number);
    let proposal = w.proposal(id);
    // Five seconds after the block that closed it, which was the one before this.
    assert_eq!((proposal.endsAtMs, proposal.endsAtBlock), (now + 4_000, number + 4));
    assert_eq!(w.pass(id), Status::Enacted);
    assert_eq!(w.facts.number, number + 5);
    assert_eq!((w.param("minDelegationWei"), w.param("blockGasLimit")), (7 * BTT, 80_000_000));
    let logs = w.logs.clone();
    let changed = w.take_events::<IParams::ParamChanged>();
    let expected = IParams::ParamChanged {
        name: "blockGasLimit".to_owned(),
        oldValue: U256::from(60_000_000),
        newValue: U256::from(80_000_000),
    };
    assert_eq!((changed.len(), &changed[1]), (2, &expected));
    w.logs = logs;
    let enacted = w.take_events::<IGovernance::ProposalEnacted>();
    assert_eq!(enacted, [IGovernance::ProposalEnacted { id }]);
    let too_low =
        IStaking::AmountTooLow { amountWei: U256::from(6 * BTT), minWei: U256::from(7 * BTT) };
    let refused = w.stake(20, 6 * BTT, &IStaking::delegateCall { validator: account(1) });
    assert_eq!(refused, Err(ModuleError::revert(too_low)), "the new value is in force");
    assert_eq!(w.reclaim(PROPOSER, id), Ok(U256::from(NEEDED)));
    assert_eq!(w.balance(GOVERNANCE), 0);
}

#[test]
fn deposits_come_back_unless_the_proposal_is_vetoed() {
    let mut w = world();
    let mut life = |votes: &[(u8, Choice)]| {
        let id = w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
        for (who, choice) in votes {
            w.vote(*who, id, *choice).unwrap();
        }
        let status = w.pass(id);
        let burnt = w.balance(BURNT);
        let deposit =
            w.gov(PROPOSER, 0, &IGovernance::depositOfCall { id, depositor: account(PROPOSER) });
        (status, burnt, deposit.unwrap().to::<u128>(), w.reclaim(PROPOSER, id))
    };
    let back = Ok(U256::from(NEEDED));
    // 3,340 of 10,000 are the quorum.
    assert_eq!(life(&[(2, Choice::Yes)]), (Status::NoQuorum, 0, NEEDED, back.clone()));
    assert_eq!(life(&[]), (Status::NoQuorum, 0, NEEDED, back.clone()));
    let split = [(1, Choice::No), (2, Choice::Yes)];
    assert_eq!(life(&split), (Status::Rejected, 0, NEEDED, back.clone()));
    let vetoed = [(1, Choice::Abstain), (2, Choice::NoWithVeto), (3, Choice::Yes)];
    assert_eq!(life(&vetoed), (Status::Rejected, 0, NEEDED, back));
    let nothing = IGovernance::NothingToReturn { id: 5, depositor: account(PROPOSER) };
    let vetoed = [(2, Choice::NoWithVeto), (3, Choice::Yes)];
    let burnt = (Status::Vetoed, NEEDED, 0, Err(ModuleError::revert(nothing)));
    assert_eq!(life(&vetoed), burnt);
    assert_eq!(w.balance(GOVERNANCE), 0);
    w.logs.retain(|log| log.address == GOVERNANCE);
    let burnt = w.take_events::<IGovernance::DepositsBurnt>();
    assert_eq!(burnt, [IGovernance::DepositsBurnt { id: 5, amountWei: U256::from(NEEDED) }]);
}

#[test]
fn a_deposit_is_not_returned_while_the_proposal_waits() {
    let mut w = world();
    let id = w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
    let nothing = IGovernance::NothingToReturn { id, depositor: account(PROPOSER) };
    let nothing = Err(ModuleError::revert(nothing));
    assert_eq!(w.reclaim(PROPOSER, id), nothing);
    w.vote(1, id, Choice::Yes).unwrap();
    assert_eq!(w.pass(id), Status::Passed);
    assert_eq!(w.reclaim(PROPOSER, id), nothing);
}

#[test]
fn the_treasury_pays_or_the_proposal_fails_as_a_whole() {
    let mut w = world();
    let first = w.open(Kind::SpendTreasury, &spend(account(9), TREASURY_WEI - 1));
    let second = w.open(Kind::SpendTreasury, &spend(account(10), 2));
    let third = w.open(Kind::SpendTreasury, &spend(account(11), 1));
    for id in [first, second, third] {
        w.vote(1, id, Choice::Yes).unwrap();
    }
    let before = [9, 10, 11].map(|number| w.balance(account(number)));
    assert_eq!(w.pass(first), Status::Passed);
    w.logs.clear();
    assert_eq!(w.pass(first), Status::Enacted);
    failed(&mut w, second, "the treasury holds 1 wei only");
    assert_eq!(w.status(third), Status::Enacted);
    let gained: Vec<_> =
        [9, 10, 11].iter().zip(before).map(|(n, b)| w.balance(account(*n)) - b).collect();
    assert_eq!(gained, [TREASURY_WEI - 1, 0, 1]);
    assert_eq!(w.balance(TREASURY), 0);
    assert_eq!(w.reclaim(PROPOSER, second), Ok(U256::from(NEEDED)));
}

#[test]
fn changes_that_no_longer_fit_fail_without_a_trace() {
    let mut w = world();
    w.state.set_storage(PARAMS, unbonding_slot(), U256::from(400 + 1)).unwrap();
    // Each is right alone; after the first the second's last change is not.
    let first = w.open(Kind::ChangeParams, &change("votingPeriodS", 300));
    let second = w.open(Kind::ChangeParams, &changes(&[("vetoBps", 5_000), ("unbondingS", 290)]));
    for id in [first, second] {
        w.vote(1, id, Choice::Yes).unwrap();
    }
    assert_eq!(w.pass(first), Status::Passed);
    w.logs.clear();
    assert_eq!(w.pass(first), Status::Enacted);
    let reason = "unbondingS: 290 s is not above the longest voting period, 300 s";
    failed(&mut w, second, reason);
    assert_eq!((w.param("vetoBps"), w.param("unbondingS")), (3_340, 400));
}

/// Where `params` keeps `unbondingS`.
fn unbonding_slot() -> U256 {
    alloy_primitives::keccak256("btt.paramunbondingS").into()
}

#[test]
fn a_paused_module_is_let_work_again() {
    let mut w = world();
    w.state.set_storage(PARAMS, pause_slot(MARKET), U256::from(1)).unwrap();
    let payload = Payload::Unpause { module: MARKET };
    let (first, second) = (w.open(Kind::Unpause, &payload), w.open(Kind::Unpause, &payload));
    w.vote(1, first, Choice::Yes).unwrap();
    w.vote(1, second, Choice::Yes).unwrap();
    assert_eq!(w.pass(first), Status::Passed);
    w.logs.clear();
    assert_eq!(w.pass(first), Status::Enacted);
    assert!(w.state.storage(PARAMS, pause_slot(MARKET)).unwrap().is_zero());
    let logs = w.logs.clone();
    let unpaused = w.take_events::<IParams::ModuleUnpaused>();
    assert_eq!(unpaused, [IParams::ModuleUnpaused { module: MARKET }]);
    w.logs = logs;
    failed(&mut w, second, "the module is not paused");
}

#[test]
fn an_expedited_vote_needs_more_and_is_sooner_over() {
    let mut w = world();
    let payload = change("quorumBps", 4_000).encode();
    let open = |w: &mut World| {
        let id = w.propose_bytes(Kind::ChangeParams, true, payload.clone(), 5 * NEEDED).unwrap();
        let call = IGovernance::thresholdsCall { id };
        let needs = w.gov(PROPOSER, 0, &call).unwrap();
        assert_eq!((needs.quorumBps, needs.thresholdBps, needs.vetoBps), (3_340, 6_667, 3_340));
        id
    };
    let id = open(&mut w);
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote(2, id, Choice::No).unwrap();
    let start = w.facts.number;
    assert_eq!(w.pass(id), Status::Rejected, "6,000 of 9,000 are not above two thirds");
    assert_eq!(w.facts.number, start + 11);
    let id = open(&mut w);
    w.vote(1, id, Choice::Yes).unwrap();
    w.vote(3, id, Choice::No).unwrap();
    assert_eq!(w.pass(id), Status::Passed);
}

#[test]
fn a_vote_goes_by_the_rules_of_its_start() {
    let mut w = world();
    let waiting = w.propose(Kind::ChangeParams, &change("vetoBps", 5_000), NEEDED / 10).unwrap();
    let raise = w.open(Kind::ChangeParams, &change("quorumBps", 9_000));
    w.blocks(10);
    let under_way = w.open(Kind::ChangeParams, &change("vetoBps", 5_000));
    w.vote(1, raise, Choice::Yes).unwrap();
    w.vote(1, under_way, Choice::Yes).unwrap();
    assert_eq!(w.pass(raise), Status::Passed);
    assert_eq!(w.pass(raise), Status::Enacted);
    let mut quorum =
        |id| w.gov(PROPOSER, 0, &IGovernance::thresholdsCall { id }).unwrap().quorumBps;
    assert_eq!([quorum(under_way), quorum(waiting), quorum(raise)], [3_340, 9_000, 3_340]);
    assert_eq!(w.pass(under_way), Status::Passed);
}

/// Counts what a hook reads.
struct Counting<'a, H>(&'a mut H, u32);

impl<H: Host> Host for Counting<'_, H> {
    fn block(&self) -> &crate::block::BlockFacts {
        self.0.block()
    }
    fn load(&mut self, address: Address, slot: U256) -> Result<U256, ModuleError> {
        self.1 += 1;
        self.0.load(address, slot)
    }
    fn store(&mut self, _: Address, _: U256, _: U256) -> Result<(), ModuleError> {
        panic!("a quiet block writes nothing")
    }
    fn balance(&mut self, address: Address) -> Result<U256, ModuleError> {
        self.0.balance(address)
    }
    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<bool, ModuleError> {
        self.0.transfer(from, to, wei)
    }
    fn log(&mut self, log: Log) -> Result<(), ModuleError> {
        self.0.log(log)
    }
    fn charge(&mut self, gas: u64) -> Result<(), ModuleError> {
        self.0.charge(gas)
    }
}

#[test]
fn a_quiet_block_reads_one_slot() {
    let mut w = world();
    let reads = |w: &mut World| {
        w.host(|host| {
            let mut counting = Counting(host, 0);
            hooks::run(Moment::BeginBlock, &mut counting).unwrap();
            hooks::run(Moment::EndBlock, &mut counting).unwrap();
            counting.1
        })
    };
    assert_eq!(reads(&mut w), 1);
    for _ in 0..16 {
        w.open(Kind::ChangeParams, &change("quorumBps", 4_000));
    }
    let activation = w.propose(Kind::ActivateFeature, &feature("blue"), NEEDED / 10);
    assert_eq!(activation, Ok(17));
    assert_eq!(reads(&mut w), 1);
    w.blocks(19);
    assert_eq!(reads(&mut w), 1);
}
