//! The proposals that are not over, and the one slot that a quiet block reads.

use super::{at, key, load, store};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::U256;

/// How many there are of what. In memory; [`Self::save`] writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Head {
    /// Proposals that ever were: the newest one's id.
    pub(in super::super) newest_id: u64,
    /// Those that are not over.
    pub(in super::super) open: u16,
    /// Of them, those that collect deposits.
    pub(in super::super) deposits: u16,
    /// Of them, those that are voted on.
    pub(in super::super) votes: u16,
    /// Features whose first block has not come.
    pub(in super::super) features: u8,
    /// No status ends before both time and block of this.
    pub(in super::super) due: Deadline,
}

impl Head {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, key("open", &[]))?);
        Ok(Self {
            newest_id: fields.u64(),
            open: fields.u16(),
            deposits: fields.u16(),
            votes: fields.u16(),
            features: fields.u8(),
            due: Deadline { time_ms: fields.u64(), block: fields.u64() },
        })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u64(self.newest_id)
            .u16(self.open)
            .u16(self.deposits)
            .u16(self.votes)
            .u8(self.features)
            .u64(self.due.time_ms)
            .u64(self.due.block);
        store(host, key("open", &[]), word.word())
    }

    /// A status ends then, too.
    pub(in super::super) fn expect(&mut self, ends: Deadline) {
        self.due.time_ms = self.due.time_ms.min(ends.time_ms);
        self.due.block = self.due.block.min(ends.block);
    }

    /// Those that are voted on or wait for their effect.
    pub(in super::super) fn running(&self) -> u16 {
        self.open.saturating_sub(self.deposits)
    }
}

/// Ids of the proposals that are not over, rising.
pub(in super::super) fn open_ids(host: &mut dyn Host) -> Result<Vec<u64>, ModuleError> {
    let count = Head::load(host)?.open;
    let first = key("open", &[]);
    let entry = |index| Ok(Unpack::new(load(host, at(first, index))?).u64());
    (1..=u64::from(count)).map(entry).collect()
}

/// Replaces them, of which there were `before`. The caller saves how many there are.
pub(in super::super) fn save_open_ids(
    host: &mut dyn Host,
    before: u16,
    ids: &[u64],
) -> Result<(), ModuleError> {
    let first = key("open", &[]);
    let mut left = ids.iter();
    for index in 1.. {
        match left.next() {
            Some(id) => store(host, at(first, index), U256::from(*id))?,
            None if index <= u64::from(before) => store(host, at(first, index), U256::ZERO)?,
            None => break,
        }
    }
    Ok(())
}
