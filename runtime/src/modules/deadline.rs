//! Deadlines: a duration has passed only when both the block time and the block number say so (rule B.2).
//! After an outage the first block's time alone would be past every grace.

use super::{Host, ModuleError, params};
use crate::block::BlockFacts;

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline {
    /// Block time in ms since 1970.
    pub time_ms: u64,
    /// Block number.
    pub block: u64,
}

impl Deadline {
    /// `duration_s` seconds from the block under way.
    ///
    /// # Errors
    /// Only if the store fails.
    pub fn after(host: &mut dyn Host, duration_s: u64) -> Result<Self, ModuleError> {
        let interval_ms = params::narrow(host, &params::MAX_BLOCK_INTERVAL)?.max(1);
        let duration_ms = duration_s.saturating_mul(1000);
        let blocks = duration_ms.checked_div(interval_ms).unwrap_or(u64::MAX);
        let facts = host.block();
        Ok(Self {
            time_ms: facts.time_ms.saturating_add(duration_ms),
            block: facts.number.saturating_add(blocks),
        })
    }

    /// Whether it has passed in the block under way.
    pub fn has_passed(&self, facts: &BlockFacts) -> bool {
        facts.time_ms >= self.time_ms && facts.number >= self.block
    }
}
