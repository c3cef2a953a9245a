//! What each lane was paid. Lane 0 has no slot of its own: it is what the total leaves.

use super::{at, load, minus, store};
use crate::modules::{Host, ModuleError, channels::voucher::LANES};
use alloy_primitives::U256;

/// The lanes of a channel, or of one payee of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Lanes {
    /// The slot before that of lane 1.
    pub(super) before: U256,
    /// Paid in all lanes.
    pub(in super::super) total_wei: u128,
    /// Bit k is set when lane k ≥ 1 has a slot.
    pub(in super::super) used: u8,
}

/// A lane by its number; `None` beyond the last.
pub(in super::super) fn lane_of(number: u32) -> Option<u8> {
    u8::try_from(number).ok().filter(|_| number < LANES)
}

impl Lanes {
    /// Whether lane `lane` ≥ 1 has a slot.
    pub(in super::super) fn uses(&self, lane: u8) -> bool {
        self.used & bit(lane) != 0
    }

    fn slot(&self, lane: u8) -> U256 {
        at(self.before, u64::from(lane))
    }

    /// What a lane was paid.
    pub(in super::super) fn settled_wei(
        &self,
        host: &mut dyn Host,
        lane: u8,
    ) -> Result<u128, ModuleError> {
        if lane != 0 {
            return if self.uses(lane) { self.load(host, lane) } else { Ok(0) };
        }
        let mut rest = self.total_wei;
        for other in (1u8..).take(3).filter(|other| self.uses(*other)) {
            rest = minus(rest, self.load(host, other)?)?;
        }
        Ok(rest)
    }

    fn load(&self, host: &mut dyn Host, lane: u8) -> Result<u128, ModuleError> {
        Ok(load(host, self.slot(lane))?.saturating_to())
    }

    /// Raises a lane from `settled_wei` to `claim_wei`. The caller saves the record that holds the total.
    pub(in super::super) fn raise(
        &mut self,
        host: &mut dyn Host,
        lane: u8,
        settled_wei: u128,
        claim_wei: u128,
    ) -> Result<(), ModuleError> {
        let paid = minus(claim_wei, settled_wei)?;
        self.total_wei = super::plus(self.total_wei, paid)?;
        if lane != 0 {
            self.used |= bit(lane);
            store(host, self.slot(lane), U256::from(claim_wei))?;
        }
        Ok(())
    }

    /// Deletes the lanes' slots.
    pub(super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        (1u8..)
            .take(3)
            .filter(|lane| self.uses(*lane))
            .try_for_each(|lane| store(host, self.slot(lane), U256::ZERO))
    }
}

fn bit(lane: u8) -> u8 {
    1u8.checked_shl(u32::from(lane)).unwrap_or(0)
}
