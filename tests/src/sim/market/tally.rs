//! What became of the market in a run: one without epochs that clear and leases that close finds nothing.

use alloy_primitives::Log;
use alloy_sol_types::SolEvent;
use btt_runtime::{executor::ExecutedBlock, modules::market::IMarket};

/// Counts of decided blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Epochs cleared.
    pub cleared: u64,
    /// Epochs given up.
    pub voided: u64,
    /// Leases opened.
    pub opened: u64,
    /// Leases closed.
    pub closed: u64,
    /// Of these, of which something was not delivered.
    pub unpaid: u64,
    /// Bids that nobody revealed.
    pub defaulted: u64,
    /// Bids that stood on into another epoch.
    pub renewed: u64,
    /// Blocks proposed that say of the market what is not so.
    pub lies: u64,
}

fn events<E: SolEvent>(logs: &[Log]) -> impl Iterator<Item = E> {
    logs.iter().filter_map(|log| E::decode_log_data(&log.data).ok())
}

impl Tally {
    /// Counts a block's events.
    pub fn count(&mut self, executed: &ExecutedBlock) {
        let logs = &executed.hook_logs;
        self.cleared += events::<IMarket::EpochCleared>(logs).count() as u64;
        self.voided += events::<IMarket::EpochVoided>(logs).count() as u64;
        self.opened += events::<IMarket::LeaseOpened>(logs).count() as u64;
        self.defaulted += events::<IMarket::BidDefaulted>(logs).count() as u64;
        self.renewed += events::<IMarket::BidRenewed>(logs).count() as u64;
        for closed in events::<IMarket::LeaseClosed>(logs) {
            self.closed += 1;
            self.unpaid += u64::from(closed.deliveredBytes < closed.dueBytes);
        }
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        let Self { cleared, voided, opened, closed, unpaid, defaulted, renewed, lies } = other;
        self.cleared += cleared;
        self.voided += voided;
        self.opened += opened;
        self.closed += closed;
        self.unpaid += unpaid;
        self.defaulted += defaulted;
        self.renewed += renewed;
        self.lies += lies;
    }
}
