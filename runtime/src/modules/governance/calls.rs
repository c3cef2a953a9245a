//! The module's writes: authorise, check, write, move money, event.

use super::{
    IGovernance::{self, Kind, Status},
    actions, emit,
    outcome::Rules,
    params as p,
    payload::Payload,
    state::{self, Head, Proposal, broken},
};
use crate::{
    modules::{
        Deadline, Host, ModuleError, accounts, params,
        staking::{ballots, slashing},
    },
    primitives::addresses::GOVERNANCE,
};
use alloy_primitives::{Address, U256};

/// Least first deposit: 1/10 of the needed one.
const MIN_FIRST_DEPOSIT_DIVISOR: u128 = 10;
/// Most proposals that collect deposits.
pub(super) const MAX_DEPOSITS: u16 = 64;
/// Most proposals that are voted on or wait for their effect.
pub(super) const MAX_RUNNING: u16 = 48;
/// Longest title and payload, in bytes.
const MAX_TITLE: usize = 128;
const MAX_PAYLOAD: usize = 2_048;
/// Most validators in one call.
const MAX_VALIDATORS: usize = 32;

/// What somebody proposes.
#[derive(Debug)]
pub(super) struct NewProposal<'a> {
    pub(super) kind: Kind,
    pub(super) is_expedited: bool,
    pub(super) title: &'a str,
    pub(super) payload: &'a [u8],
}

/// The proposal with this id, or the revert that there is none.
pub(super) fn existing(host: &mut dyn Host, id: u64) -> Result<Proposal, ModuleError> {
    Proposal::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IGovernance::UnknownProposal { id }))
}

/// Makes a proposal; returns its id.
pub(super) fn propose(
    host: &mut dyn Host,
    proposer: Address,
    new: &NewProposal<'_>,
    wei: u128,
) -> Result<u64, ModuleError> {
    let NewProposal { kind, is_expedited, title, payload } = *new;
    if title.is_empty() || title.len() > MAX_TITLE || payload.len() > MAX_PAYLOAD {
        return Err(ModuleError::revert(IGovernance::BadText {}));
    }
    let decoded = Payload::decode(kind, payload).map_err(|reason| {
        ModuleError::revert(IGovernance::BadPayload { reason: reason.to_owned() })
    })?;
    actions::check(host, &decoded, None)?.map_err(actions::Refusal::into_error)?;
    let needed_wei = needed_deposit(host, is_expedited)?;
    let min_wei = needed_wei.div_ceil(MIN_FIRST_DEPOSIT_DIVISOR);
    if wei < min_wei {
        return Err(too_low(wei, min_wei));
    }
    let mut head = Head::load(host)?;
    if head.deposits >= MAX_DEPOSITS {
        return Err(too_many_proposals(MAX_DEPOSITS));
    }
    let id = head.newest_id.checked_add(1).ok_or_else(|| broken("ids are used up"))?;
    let deposit_s = params::narrow(host, &p::DEPOSIT_PERIOD)?;
    let slash_since = match decoded {
        Payload::CancelSlash { operator } => slashing::open_since(host, operator)?.unwrap_or(0),
        _ => 0,
    };
    let mut proposal = Proposal {
        id,
        kind,
        status: Status::Deposit,
        is_expedited,
        proposer,
        title_len: 0,
        payload_len: 0,
        failure_len: 0,
        deposit_wei: 0,
        needed_wei,
        submitted_ms: host.block().time_ms,
        ends: Deadline::after(host, deposit_s)?,
        rules: Rules::default(),
        slash_since,
        is_holding: false,
    };
    proposal.set_texts(host, title, payload)?;
    let mut open = state::open_ids(host)?;
    open.push(id);
    state::save_open_ids(host, head.open, &open)?;
    if head.open == 0 {
        head.due = proposal.ends;
    }
    head.expect(proposal.ends);
    head.newest_id = id;
    head.open = head.open.saturating_add(1);
    head.deposits = head.deposits.saturating_add(1);
    head.save(host)?;
    emit(host, &IGovernance::Proposed { id, proposer, kind, isExpedited: is_expedited })?;
    add(host, &mut proposal, proposer, wei)?;
    Ok(id)
}

/// What a proposal made now needs.
fn needed_deposit(host: &mut dyn Host, is_expedited: bool) -> Result<u128, ModuleError> {
    let once = params::value(host, &p::PROPOSAL_DEPOSIT)?;
    let times = match is_expedited {
        true => params::value(host, &p::EXPEDITED_DEPOSIT_TIMES)?,
        false => 1,
    };
    once.checked_mul(times).ok_or_else(|| broken("the needed deposit overflows"))
}

fn too_low(wei: u128, min_wei: u128) -> ModuleError {
    ModuleError::revert(IGovernance::DepositTooLow {
        amountWei: U256::from(wei),
        minWei: U256::from(min_wei),
    })
}

fn too_many_proposals(max: u16) -> ModuleError {
    ModuleError::revert(IGovernance::TooManyProposals { max: U256::from(max) })
}

/// Adds what came with the call to a proposal's deposit. Its record costs a slot: the least deposit is
/// that slot's (rule C.4), or what is missing where that is less.
pub(super) fn deposit(
    host: &mut dyn Host,
    depositor: Address,
    id: u64,
    wei: u128,
) -> Result<(), ModuleError> {
    let mut proposal = existing(host, id)?;
    if proposal.status != Status::Deposit || proposal.ends.has_passed(host.block()) {
        return Err(ModuleError::revert(IGovernance::NotInDeposit { id }));
    }
    let missing = proposal.needed_wei.saturating_sub(proposal.deposit_wei);
    let min_wei = params::value(host, &params::STORAGE_DEPOSIT)?.clamp(1, missing.max(1));
    if wei < min_wei {
        return Err(too_low(wei, min_wei));
    }
    add(host, &mut proposal, depositor, wei)
}

/// Books a deposit that the escrow holds already, and starts the vote when it is enough.
fn add(
    host: &mut dyn Host,
    proposal: &mut Proposal,
    depositor: Address,
    wei: u128,
) -> Result<(), ModuleError> {
    let id = proposal.id;
    let overflows = || broken("a deposit overflows");
    let of_depositor = state::deposit_of(host, id, depositor)?;
    let of_depositor = of_depositor.checked_add(wei).ok_or_else(overflows)?;
    state::set_deposit(host, id, depositor, of_depositor)?;
    state::escrow_grows(host, wei)?;
    proposal.deposit_wei = proposal.deposit_wei.checked_add(wei).ok_or_else(overflows)?;
    emit(host, &IGovernance::Deposited { id, depositor, amountWei: U256::from(wei) })?;
    if proposal.deposit_wei >= proposal.needed_wei {
        start_vote(host, proposal)?;
    }
    proposal.save(host)
}

/// Opens the ballot of a proposal that is in its deposit phase; the caller saves it.
fn start_vote(host: &mut dyn Host, proposal: &mut Proposal) -> Result<(), ModuleError> {
    let id = proposal.id;
    let mut head = Head::load(host)?;
    let max_votes = u16::try_from(ballots::MAX_OPEN).unwrap_or(u16::MAX);
    if head.votes >= max_votes {
        return Err(too_many_proposals(max_votes));
    }
    if head.running() >= MAX_RUNNING {
        return Err(too_many_proposals(MAX_RUNNING));
    }
    let accused = accused(host, proposal)?;
    if let Some(operator) = accused {
        // The slash may have been decided while deposits came together.
        let target = Payload::CancelSlash { operator };
        actions::check(host, &target, Some(proposal.slash_since))?
            .map_err(actions::Refusal::into_error)?;
        proposal.is_holding = slashing::hold(host, operator)?;
    }
    if ballots::open(host, id, accused)?.is_none() {
        return Err(too_many_proposals(max_votes));
    }
    let period = match proposal.is_expedited {
        true => &p::EXPEDITED_VOTING_PERIOD,
        false => &p::VOTING_PERIOD,
    };
    let period_s = params::narrow(host, period)?;
    proposal.status = Status::Voting;
    proposal.rules = rules(host, proposal)?;
    proposal.ends = Deadline::after(host, period_s)?;
    head.expect(proposal.ends);
    head.deposits = head.deposits.saturating_sub(1);
    head.votes = head.votes.saturating_add(1);
    head.save(host)?;
    let Deadline { time_ms, block } = proposal.ends;
    emit(host, &IGovernance::VotingStarted { id, endsAtMs: time_ms, endsAtBlock: block })
}

/// The validator whose slash a proposal cancels: its stake has no vote (rule F.5).
pub(super) fn accused(
    host: &mut dyn Host,
    proposal: &Proposal,
) -> Result<Option<Address>, ModuleError> {
    if proposal.kind != Kind::CancelSlash {
        return Ok(None);
    }
    match decoded(host, proposal)? {
        Payload::CancelSlash { operator } => Ok(Some(operator)),
        _ => Err(broken("a payload of another kind")),
    }
}

/// What a proposal does.
pub(super) fn decoded(host: &mut dyn Host, proposal: &Proposal) -> Result<Payload, ModuleError> {
    let payload = proposal.payload(host)?;
    Payload::decode(proposal.kind, &payload).map_err(|_| broken("a stored payload"))
}

/// What a proposal's vote needs if it starts now. An expedited one, and one that cancels a slash, never
/// needs less than others.
pub(super) fn rules(host: &mut dyn Host, proposal: &Proposal) -> Result<Rules, ModuleError> {
    let mut bps = |param| -> Result<u16, ModuleError> {
        Ok(u16::try_from(params::narrow(host, param)?).unwrap_or(u16::MAX))
    };
    let threshold_bps = bps(&p::THRESHOLD)?;
    let is_higher = proposal.is_expedited || proposal.kind == Kind::CancelSlash;
    let threshold_bps = match is_higher {
        true => threshold_bps.max(bps(&p::EXPEDITED_THRESHOLD)?),
        false => threshold_bps,
    };
    let (quorum_bps, veto_bps) = (bps(&p::QUORUM)?, bps(&p::VETO)?);
    Ok(Rules { quorum_bps, threshold_bps, veto_bps })
}

/// The voter's choice for a proposal on which it can be given now.
fn ballot_of(
    host: &mut dyn Host,
    id: u64,
    choice: IGovernance::Choice,
) -> Result<ballots::Choice, ModuleError> {
    let proposal = existing(host, id)?;
    if proposal.status != Status::Voting || proposal.ends.has_passed(host.block()) {
        return Err(ModuleError::revert(IGovernance::NotInVoting { id }));
    }
    match choice {
        IGovernance::Choice::Yes => Ok(ballots::Choice::Yes),
        IGovernance::Choice::No => Ok(ballots::Choice::No),
        IGovernance::Choice::NoWithVeto => Ok(ballots::Choice::Veto),
        IGovernance::Choice::Abstain => Ok(ballots::Choice::Abstain),
        _ => Err(ModuleError::revert(IGovernance::BadChoice {})),
    }
}

/// The operator votes with all stake of its validator whose delegators do not vote themselves.
pub(super) fn vote(
    host: &mut dyn Host,
    voter: Address,
    id: u64,
    choice: IGovernance::Choice,
) -> Result<(), ModuleError> {
    let given = ballot_of(host, id, choice)?;
    let weight = ballots::vote_validator(host, id, voter, given)?;
    if weight == 0 {
        return Err(ModuleError::revert(IGovernance::NoWeight { id, voter }));
    }
    voted(host, id, voter, voter, choice, weight)
}

/// A delegator votes in place of validators.
pub(super) fn vote_delegations(
    host: &mut dyn Host,
    voter: Address,
    id: u64,
    choice: IGovernance::Choice,
    validators: &[Address],
) -> Result<(), ModuleError> {
    if validators.len() > MAX_VALIDATORS {
        return Err(ModuleError::revert(IGovernance::TooMany {
            count: U256::from(validators.len()),
            max: U256::from(MAX_VALIDATORS),
        }));
    }
    let given = ballot_of(host, id, choice)?;
    let mut has_voted = false;
    for validator in validators {
        let weight = ballots::vote_delegation(host, id, voter, *validator, given)?;
        if weight > 0 {
            has_voted = true;
            voted(host, id, voter, *validator, choice, weight)?;
        }
    }
    if has_voted { Ok(()) } else { Err(ModuleError::revert(IGovernance::NoWeight { id, voter })) }
}

fn voted(
    host: &mut dyn Host,
    id: u64,
    voter: Address,
    validator: Address,
    choice: IGovernance::Choice,
    weight: u128,
) -> Result<(), ModuleError> {
    emit(host, &IGovernance::Voted { id, voter, validator, choice, weightWei: U256::from(weight) })
}

/// Returns a deposit of a proposal that is over.
pub(super) fn reclaim(
    host: &mut dyn Host,
    depositor: Address,
    id: u64,
) -> Result<u128, ModuleError> {
    let proposal = existing(host, id)?;
    let wei = state::deposit_of(host, id, depositor)?;
    if wei == 0 || !proposal.is_over() || proposal.status == Status::Vetoed {
        return Err(ModuleError::revert(IGovernance::NothingToReturn { id, depositor }));
    }
    state::set_deposit(host, id, depositor, 0)?;
    state::escrow_shrinks(host, wei)?;
    accounts::transfer(host, GOVERNANCE, depositor, U256::from(wei))?;
    emit(host, &IGovernance::DepositReturned { id, depositor, amountWei: U256::from(wei) })?;
    Ok(wei)
}
