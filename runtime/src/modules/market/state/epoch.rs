//! An epoch from its freeze until its last lease is closed: the terms under which its book was frozen, and when
//! its leases end. Epochs with leases form a queue, oldest first.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | least ask u64 (ticks), fee u16, penalty u16, leases u32, next in the queue u32, leases closed u32 |
//! | 1 | end of leases: time u48, block u48; end of receipts: time u48, block u48 |

use super::{Heads, at, broken, key, load, store};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::U256;

/// The record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Epoch {
    pub(in super::super) number: u32,
    pub(in super::super) min_ask_ticks: u64,
    pub(in super::super) fee_bps: u16,
    pub(in super::super) penalty_bps: u16,
    /// Leases in the epoch's list.
    pub(in super::super) leases: u32,
    /// The next epoch with leases; 0 where this is the newest.
    pub(in super::super) next: u32,
    /// Leases that are closed.
    pub(in super::super) closed: u32,
    /// When the time to deliver is over.
    pub(in super::super) lease_end: Deadline,
    /// When the time to hand in receipts is over.
    pub(in super::super) receipt_end: Deadline,
}

impl Epoch {
    pub(in super::super) fn load(host: &mut dyn Host, number: u32) -> Result<Self, ModuleError> {
        let first = first(number);
        let mut f = Unpack::new(load(host, first)?);
        let (min_ask_ticks, fee_bps, penalty_bps) = (f.u64(), f.u16(), f.u16());
        let (leases, next, closed) = (f.u32(), f.u32(), f.u32());
        let mut ends = Unpack::new(load(host, at(first, 1))?);
        let lease_end = Deadline { time_ms: ends.u48(), block: ends.u48() };
        let receipt_end = Deadline { time_ms: ends.u48(), block: ends.u48() };
        Ok(Self {
            number,
            min_ask_ticks,
            fee_bps,
            penalty_bps,
            leases,
            next,
            closed,
            lease_end,
            receipt_end,
        })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.number);
        let word = Pack::default()
            .u64(self.min_ask_ticks)
            .u16(self.fee_bps)
            .u16(self.penalty_bps)
            .u32(self.leases)
            .u32(self.next)
            .u32(self.closed);
        store(host, first, word.word())?;
        let ends = Pack::default()
            .u48(self.lease_end.time_ms)
            .u48(self.lease_end.block)
            .u48(self.receipt_end.time_ms)
            .u48(self.receipt_end.block);
        store(host, at(first, 1), ends.word())
    }

    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.number);
        (0..2).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    /// Puts it at the end of the queue.
    pub(in super::super) fn enqueue(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let mut heads = Heads::load(host)?;
        if heads.newest == 0 {
            heads.oldest = self.number;
        } else {
            let mut before = Self::load(host, heads.newest)?;
            before.next = self.number;
            before.save(host)?;
        }
        heads.newest = self.number;
        heads.save(host)
    }

    /// Takes it from the head of the queue and deletes it.
    pub(in super::super) fn dequeue(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let mut heads = Heads::load(host)?;
        if heads.oldest != self.number {
            return Err(broken("epochs are closed out of order"));
        }
        heads.oldest = self.next;
        if self.next == 0 {
            heads.newest = 0;
        }
        heads.save(host)?;
        self.delete(host)
    }
}

fn first(number: u32) -> U256 {
    key("epoch", &[&number.to_be_bytes()])
}
