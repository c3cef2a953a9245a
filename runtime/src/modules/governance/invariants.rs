//! What always holds, checked after every block in tests and simulation, and by `bttd verify`.

use super::{
    IGovernance::Status,
    calls::{MAX_DEPOSITS, MAX_RUNNING},
    state::{self, Head, Proposal, broken},
};
use crate::{
    modules::{Host, ModuleError, staking::ballots},
    primitives::addresses::GOVERNANCE,
};
use alloy_primitives::U256;

/// Checks all of them.
///
/// # Errors
/// [`ModuleError::Broken`] names the first that does not hold.
pub fn check(host: &mut dyn Host) -> Result<(), ModuleError> {
    escrow_holds_all_deposits(host)?;
    open_proposals_are_counted(host)
}

fn escrow_holds_all_deposits(host: &mut dyn Host) -> Result<(), ModuleError> {
    let owed = U256::from(state::escrow(host)?);
    let has = host.balance(GOVERNANCE)?;
    if has < owed {
        return Err(broken(&format!("the escrow holds {has} wei and owes {owed}")));
    }
    Ok(())
}

fn open_proposals_are_counted(host: &mut dyn Host) -> Result<(), ModuleError> {
    let head = Head::load(host)?;
    let (mut deposits, mut votes, mut escrowed) = (0u16, 0u16, 0u128);
    for id in state::open_ids(host)? {
        let proposal = Proposal::load(host, id)?.ok_or_else(|| broken("an open one is missing"))?;
        match proposal.status {
            Status::Deposit => deposits = deposits.saturating_add(1),
            Status::Voting => votes = votes.saturating_add(1),
            Status::Passed => {}
            _ => return Err(broken(&format!("proposal {id} is open and over"))),
        }
        if proposal.ends.time_ms < head.due.time_ms || proposal.ends.block < head.due.block {
            return Err(broken(&format!("proposal {id} ends before anything is due")));
        }
        let tally = ballots::tally(host, id)?;
        let sides = [tally.yes, tally.no, tally.veto, tally.abstain];
        if sides.into_iter().fold(0, u128::saturating_add) > tally.total {
            return Err(broken(&format!("votes on proposal {id} exceed all stake")));
        }
        escrowed = escrowed.saturating_add(proposal.deposit_wei);
    }
    if (deposits, votes) != (head.deposits, head.votes) {
        return Err(broken("open proposals are counted wrong"));
    }
    let max_votes = u16::try_from(ballots::MAX_OPEN).unwrap_or(u16::MAX);
    if deposits > MAX_DEPOSITS || votes > max_votes || head.running() > MAX_RUNNING {
        return Err(broken("too many proposals are open"));
    }
    if escrowed > state::escrow(host)? {
        return Err(broken("open proposals' deposits are not in escrow"));
    }
    Ok(())
}
