//! The module's writes: authorise, check, write, move money, event.

mod bids;
mod bonds;
mod offers;
mod receipts;
mod reveal;
mod sweep;

pub(super) use bids::{NewBid, cancel, commit};
pub(super) use bonds::{announce_bond, top_up, withdraw};
pub(super) use offers::{NewOffer, change, cost, post, withdraw as withdraw_offer};
pub(super) use receipts::{submit, submit_many};
pub(super) use reveal::{charge_tiers, reveal};
pub(super) use sweep::sweep;

use super::{
    IMarket,
    state::{Clock, Phase},
};
use crate::{
    modules::{Host, ModuleError, accounts},
    primitives::addresses::MARKET,
};
use alloy_primitives::{Address, Log, U256};
use alloy_sol_types::SolEvent;

/// Emits an event of the module.
pub(super) fn emit(host: &mut dyn Host, event: &impl SolEvent) -> Result<(), ModuleError> {
    host.log(Log { address: MARKET, data: event.encode_log_data() })
}

/// Pays out of the module's account. What the records owe, the caller has written.
pub(super) fn pay(host: &mut dyn Host, to: Address, wei: u128) -> Result<(), ModuleError> {
    if wei == 0 {
        return Ok(());
    }
    accounts::transfer(host, MARKET, to, U256::from(wei))
}

/// A phase as the interface has it.
pub(super) fn phase_of(phase: Phase) -> IMarket::Phase {
    match phase {
        Phase::Commit => IMarket::Phase::Commit,
        Phase::Reveal => IMarket::Phase::Reveal,
        Phase::Clearing => IMarket::Phase::Clearing,
    }
}

/// The clock, if it is in this phase.
fn in_phase(host: &mut dyn Host, phase: Phase) -> Result<Clock, ModuleError> {
    let clock = Clock::load(host)?;
    if clock.phase != phase || clock.epoch == 0 {
        let phase = phase_of(clock.phase);
        return Err(ModuleError::revert(IMarket::WrongPhase { phase }));
    }
    Ok(clock)
}
