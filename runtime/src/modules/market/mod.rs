//! `market`: upload capacity sold by an auction that every validator computes. Sellers post standing offers,
//! buyers sealed bids; each epoch's book is cleared as a whole (`clearing/`), winners get leases, and leases pay
//! by receipts that buyers sign.
//!
//! ```text
//! clearing, limits, signed (pure) ◄ state ◄ fees, frozen ◄ calls ◄ hooks        phases of epoch e:
//! Commit ── ends ──► Reveal ── ends ──► Clearing ── due: item 4 ──► result applied ── leases ── receipts ── closed
//!   └ no bids: next epoch                 └ seed: mix of freeze + 2   └ Commit of e + 1 begins
//! ```
//! | record (key: keccak256("btt.market.<record>" ‖ whose)) | value |
//! |---|---|
//! | clock, seed | epoch under way, its phase and end; what breaks ties |
//! | book, heads | how full it is; newest ids, the queue of epochs with leases |
//! | bid (id); bids (epoch); buyer (account) | 4 slots until its epoch is applied; lists of ids |
//! | offer (id); offers; ending (epoch) | 3 slots and one a swarm; who stands; who ends |
//! | seller | bond, what offers bind of it, since when it is enough |
//! | epoch (number); lease (id); leases (epoch) | terms at the freeze, ends; 4 slots until closed; ids |
//! | job | how far the result has been applied |
//! | share (swarm); priced (epoch) | units leased in the newest epoch; which swarms |
//! | totals | what is owed in all |
//!
//! Invariants (`invariants.rs`): the escrow is locks, leases, bonds and storage deposits, to the wei, and what is
//! paid but not yet in a lease while a result is applied; at its end that is exactly dust and burnt. A frozen
//! book stays readable from state until it is applied: offers enter later epochs only, bids stay until the first
//! pass is over, bonds are burnt only while no book is frozen, fee and least ask are kept with the epoch.
//!
//! A result is applied in slices of 2,048 records a block; the next epoch's commit phase waits for the end of it,
//! and a freeze waits until leases that are over are closed, so work never piles up. The node clears on a worker
//! and hands the result over ([`Cleared`]); what is not there is cleared in the block, with the same result.
//!
//! After a pause nothing is lost: reveals, receipts, withdrawals and cancellations work meanwhile, the clock
//! stands, and when governance clears it the phase that is over ends in the next block.
//!
//! Sources: rules A.3, B.2, C.2–C.4, D.9, E of the design; `30-market.md` sections 2 and 8.

#[expect(clippy::too_many_arguments, reason = "events tell all that a bid is committed with")]
mod abi;
mod calls;
mod cleared;
pub mod clearing;
mod fees;
mod frozen;
mod gas;
mod hooks;
mod invariants;
pub mod limits;
pub mod params;
mod route;
mod signed;
mod state;
#[cfg(test)]
mod tests;
mod views;

pub use abi::IMarket;
pub use cleared::Cleared;
pub use frozen::{Frozen, clear_frozen, frozen, frozen_epoch, is_due, is_pending};
pub use invariants::check as check_invariants;
pub use signed::{commit_hash, domain, lease_id, receipt_digest, signatures_in};

use super::{Call, Host, Module, ModuleError, Moment, decode, dispatch, params::Param};
use crate::primitives::addresses::MARKET;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolInterface};

/// The module.
#[derive(Debug)]
pub struct Market;

impl Module for Market {
    fn address(&self) -> Address {
        MARKET
    }

    fn name(&self) -> &'static str {
        "market"
    }

    fn params(&self) -> &'static [Param] {
        params::PARAMS
    }

    fn is_payable(&self, selector: [u8; 4]) -> bool {
        use IMarket as I;
        matches!(
            selector,
            I::postOfferCall::SELECTOR
                | I::changeOfferCall::SELECTOR
                | I::topUpBondCall::SELECTOR
                | I::commitBidCall::SELECTOR
        )
    }

    /// All but taking in money.
    fn is_exit(&self, selector: [u8; 4]) -> bool {
        !self.is_payable(selector)
    }

    /// What a torrent client calls while it works.
    fn is_payment(&self, selector: [u8; 4]) -> bool {
        use IMarket as I;
        matches!(
            selector,
            I::commitBidCall::SELECTOR
                | I::revealBidCall::SELECTOR
                | I::submitReceiptCall::SELECTOR
                | I::submitReceiptsCall::SELECTOR
        )
    }

    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        if !IMarket::IMarketCalls::valid_selector(selector) {
            return Err(dispatch::unknown(selector));
        }
        let decoded = decode::arguments(selector, arguments)?;
        if route::is_write(selector) {
            call.may_write()?;
            return route::write(call, decoded).map(Bytes::from);
        }
        route::view(call.host(), decoded).map(Bytes::from)
    }

    fn hook(&self, moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
        hooks::run(moment, host)
    }
}
