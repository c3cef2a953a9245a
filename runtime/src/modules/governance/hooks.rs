//! What happens by itself at the end of a block: deposit phases run out, votes are counted, and what has
//! passed takes effect. A quiet block reads one slot; a busy one looks at most at 112 open proposals.

use super::{
    IGovernance::{self, Status},
    actions,
    calls::{accused, decoded},
    emit, features,
    outcome::judge,
    params as p,
    state::{self, Head, Proposal, broken},
};
use crate::{
    modules::{
        Deadline, Host, ModuleError, Moment, accounts, params,
        staking::{ballots, slashing},
    },
    primitives::addresses::{BURNT, GOVERNANCE},
};
use alloy_primitives::U256;

/// The work of one moment.
pub(super) fn run(moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
    if moment != Moment::EndBlock {
        return Ok(());
    }
    work(host).map_err(|error| match error {
        // A hook has nobody to tell a revert.
        ModuleError::Revert(data) => broken(&format!("a hook reverts: {data}")),
        other => other,
    })
}

fn work(host: &mut dyn Host) -> Result<(), ModuleError> {
    let mut head = Head::load(host)?;
    if head.open > 0 && head.due.has_passed(host.block()) {
        advance(host)?;
        head = Head::load(host)?;
    }
    if head.features > 0 { features::listen(host) } else { Ok(()) }
}

/// Moves every proposal whose status has ended, in the order of their ids.
fn advance(host: &mut dyn Host) -> Result<(), ModuleError> {
    let mut open = Vec::new();
    let (mut deposits, mut votes) = (0u16, 0u16);
    let mut due: Option<Deadline> = None;
    let before = state::open_ids(host)?;
    for id in before {
        let proposal = Proposal::load(host, id)?;
        let mut proposal = proposal.ok_or_else(|| broken("an open proposal is missing"))?;
        if proposal.ends.has_passed(host.block()) {
            step(host, &mut proposal)?;
            proposal.save(host)?;
        }
        match proposal.status {
            Status::Deposit => deposits = deposits.saturating_add(1),
            Status::Voting => votes = votes.saturating_add(1),
            Status::Passed => {}
            _ => continue,
        }
        open.push(id);
        let ends = proposal.ends;
        due = Some(due.map_or(ends, |due| Deadline {
            time_ms: due.time_ms.min(ends.time_ms),
            block: due.block.min(ends.block),
        }));
    }
    // What took effect may have changed the rest of it.
    let mut head = Head::load(host)?;
    state::save_open_ids(host, head.open, &open)?;
    head.open = u16::try_from(open.len()).map_err(|_| broken("too many proposals are open"))?;
    (head.deposits, head.votes) = (deposits, votes);
    head.due = due.unwrap_or_default();
    head.save(host)
}

/// The end of a status.
fn step(host: &mut dyn Host, proposal: &mut Proposal) -> Result<(), ModuleError> {
    match proposal.status {
        Status::Deposit => close(host, proposal, Status::Expired),
        Status::Voting => count(host, proposal),
        Status::Passed => enact(host, proposal),
        _ => Err(broken("a proposal that is over is open")),
    }
}

fn close(host: &mut dyn Host, proposal: &mut Proposal, status: Status) -> Result<(), ModuleError> {
    proposal.status = status;
    if proposal.is_over() {
        let_go(host, proposal)?;
    }
    emit(host, &IGovernance::ProposalClosed { id: proposal.id, status })
}

fn count(host: &mut dyn Host, proposal: &mut Proposal) -> Result<(), ModuleError> {
    let id = proposal.id;
    let status = judge(&ballots::tally(host, id)?, proposal.rules);
    ballots::close(host, id)?;
    if status == Status::Passed {
        let delay_s = params::narrow(host, &p::ENACTMENT_DELAY)?;
        proposal.ends = Deadline::after(host, delay_s)?;
    }
    if status == Status::Vetoed {
        let wei = proposal.deposit_wei;
        state::escrow_shrinks(host, wei)?;
        accounts::transfer(host, GOVERNANCE, BURNT, U256::from(wei))?;
        emit(host, &IGovernance::DepositsBurnt { id, amountWei: U256::from(wei) })?;
    }
    close(host, proposal, status)
}

/// Makes a proposal take effect, or says why it cannot; everything is checked before anything is written.
fn enact(host: &mut dyn Host, proposal: &mut Proposal) -> Result<(), ModuleError> {
    let id = proposal.id;
    let payload = decoded(host, proposal)?;
    let slash_since = accused(host, proposal)?.map(|_| proposal.slash_since);
    if let Err(refusal) = actions::check(host, &payload, slash_since)? {
        let reason = refusal.into_reason();
        proposal.status = Status::Failed;
        proposal.set_failure(host, &reason)?;
        let_go(host, proposal)?;
        return emit(host, &IGovernance::ProposalFailed { id, reason });
    }
    actions::apply(host, payload)?;
    proposal.status = Status::Enacted;
    emit(host, &IGovernance::ProposalEnacted { id })
}

/// A slash that waited for the proposal waits no longer.
fn let_go(host: &mut dyn Host, proposal: &mut Proposal) -> Result<(), ModuleError> {
    if !std::mem::take(&mut proposal.is_holding) {
        return Ok(());
    }
    match accused(host, proposal)? {
        Some(operator) => slashing::release(host, operator, proposal.slash_since),
        None => Ok(()),
    }
}
