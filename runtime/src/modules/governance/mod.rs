//! `governance`: proposals that stake decides. Everything is typed: a proposal changes parameters, pays out
//! of the treasury, turns a feature on, cancels an open slash, or lets a paused module work again.
//!
//! ```text
//! payload, outcome (pure) ◄ state ◄ features ◄ actions ◄ calls ◄ hooks        Deposit ► Voting ► Passed ► Enacted
//! ```
//! | record (key: keccak256("btt.governance.<record>" ‖ whose)) | value |
//! |---|---|
//! | proposal (id) | who, kind, status, deposit, deadline, what its vote needs: 4 slots |
//! | title, payload, failure (id) | texts, 32 bytes a slot |
//! | deposit (id, depositor) | wei not returned |
//! | escrow | sum of them |
//! | open | counts and the earliest deadline; then the ids of proposals that are not over |
//! | features | how many; feature (index): first block, name, version |
//! | ready (feature, operator) | epoch in which its newest block signalled the feature, plus one |
//!
//! Votes and tallies are staking's (`staking/ballots.rs`), because stake that leaves must lower them.
//!
//! Invariants (`invariants.rs`): the escrow holds all deposits that are neither returned nor burnt; votes on
//! a proposal never exceed the stake that could vote when it started; lists are bounded: 64 proposals in
//! deposit, 16 voted on, 48 voted on or waiting for their effect, 8 features without their first block.
//!
//! A vote goes by the parameters of its start. What has passed is checked again before it takes effect: it
//! then fails as a whole or works as a whole. A slash that is voted on stays open until that vote is over,
//! once (`staking::slashing::hold`). A slash for bridge evidence shall not be cancellable (rule F.5); there
//! is no such evidence yet. The deposit of a proposal is its records' storage deposit (rule C.4): what is
//! over stays as history, and how much of it there is, is bounded by what deposits cost.
//!
//! Sources: rules A.3, B.2, C.3, C.4, F.3, F.5 of the design; Cosmos SDK x/gov for the shape.

mod abi;
mod actions;
mod calls;
mod features;
mod hooks;
mod invariants;
mod outcome;
mod params;
mod payload;
mod state;
#[cfg(test)]
mod tests;
mod views;

pub use abi::IGovernance;
pub use features::{ActiveFeature, feature_activation, unknown_feature_at};
pub use invariants::check as check_invariants;
pub use params::check_together;

use super::{Call, Host, Module, ModuleError, Moment, decode, dispatch, params::Param};
use crate::primitives::addresses::GOVERNANCE;
use alloy_primitives::{Address, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolEvent, SolInterface};
use calls::NewProposal;

/// The module.
#[derive(Debug)]
pub struct Governance;

impl Module for Governance {
    fn address(&self) -> Address {
        GOVERNANCE
    }

    fn name(&self) -> &'static str {
        "governance"
    }

    fn params(&self) -> &'static [Param] {
        params::PARAMS
    }

    fn is_payable(&self, selector: [u8; 4]) -> bool {
        matches!(selector, IGovernance::proposeCall::SELECTOR | IGovernance::depositCall::SELECTOR)
    }

    /// Deposits back, and reads.
    fn is_exit(&self, selector: [u8; 4]) -> bool {
        selector == IGovernance::reclaimDepositCall::SELECTOR || is_view(selector)
    }

    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        if !IGovernance::IGovernanceCalls::valid_selector(selector) {
            return Err(dispatch::unknown(selector));
        }
        let decoded = decode::arguments(selector, arguments)?;
        if is_view(selector) {
            return view(call.host(), decoded).map(Bytes::from);
        }
        call.may_write()?;
        write(call, decoded).map(Bytes::from)
    }

    fn hook(&self, moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
        hooks::run(moment, host)
    }
}

/// Emits an event of the module.
fn emit(host: &mut dyn Host, event: &impl SolEvent) -> Result<(), ModuleError> {
    host.log(Log { address: GOVERNANCE, data: event.encode_log_data() })
}

fn is_view(selector: [u8; 4]) -> bool {
    use IGovernance as I;
    matches!(
        selector,
        I::proposalCall::SELECTOR
            | I::proposalsCall::SELECTOR
            | I::openProposalsCall::SELECTOR
            | I::thresholdsCall::SELECTOR
            | I::depositOfCall::SELECTOR
            | I::validatorVoteCall::SELECTOR
            | I::delegationVoteCall::SELECTOR
            | I::featuresCall::SELECTOR
    )
}

/// Runs a call that reads.
fn view(host: &mut dyn Host, call: IGovernance::IGovernanceCalls) -> Result<Vec<u8>, ModuleError> {
    use IGovernance::{self as I, IGovernanceCalls as C};
    Ok(match call {
        C::proposal(c) => I::proposalCall::abi_encode_returns(&views::proposal(host, c.id)?),
        C::proposals(c) => {
            let (ids, total) = views::proposals(host, c.offset, c.limit)?;
            I::proposalsCall::abi_encode_returns(&I::proposalsReturn { ids, total })
        }
        C::openProposals(_) => I::openProposalsCall::abi_encode_returns(&state::open_ids(host)?),
        C::thresholds(c) => {
            let rules = views::thresholds(host, c.id)?;
            I::thresholdsCall::abi_encode_returns(&I::thresholdsReturn {
                quorumBps: rules.quorum_bps,
                thresholdBps: rules.threshold_bps,
                vetoBps: rules.veto_bps,
            })
        }
        C::depositOf(c) => {
            I::depositOfCall::abi_encode_returns(&views::deposit_of(host, c.id, c.depositor)?)
        }
        C::validatorVote(c) => {
            let (choice, weight) = views::validator_vote(host, c.id, c.validator)?;
            let vote = I::validatorVoteReturn { choice, weightWei: weight };
            I::validatorVoteCall::abi_encode_returns(&vote)
        }
        C::delegationVote(c) => {
            let (choice, weight) = views::delegation_vote(host, c.id, c.delegator, c.validator)?;
            let vote = I::delegationVoteReturn { choice, weightWei: weight };
            I::delegationVoteCall::abi_encode_returns(&vote)
        }
        C::features(_) => I::featuresCall::abi_encode_returns(&features::list(host)?),
        _ => return Err(state::broken("a write among the reads")),
    })
}

/// Runs a call that writes.
fn write(
    call: &mut Call<'_>,
    decoded: IGovernance::IGovernanceCalls,
) -> Result<Vec<u8>, ModuleError> {
    use IGovernance::{self as I, IGovernanceCalls as C};
    let (caller, value) = (call.caller, call.value_wei.saturating_to::<u128>());
    let host = call.host();
    match decoded {
        C::propose(c) => {
            let new = NewProposal {
                kind: c.kind,
                is_expedited: c.isExpedited,
                title: &c.title,
                payload: &c.payload,
            };
            let id = calls::propose(host, caller, &new, value)?;
            return Ok(I::proposeCall::abi_encode_returns(&id));
        }
        C::deposit(c) => calls::deposit(host, caller, c.id, value)?,
        C::vote(c) => calls::vote(host, caller, c.id, c.choice)?,
        C::voteDelegations(c) => {
            calls::vote_delegations(host, caller, c.id, c.choice, &c.validators)?;
        }
        C::reclaimDeposit(c) => {
            let wei = calls::reclaim(host, caller, c.id)?;
            return Ok(I::reclaimDepositCall::abi_encode_returns(&U256::from(wei)));
        }
        _ => return Err(state::broken("a read among the writes")),
    }
    Ok(Vec::new())
}
