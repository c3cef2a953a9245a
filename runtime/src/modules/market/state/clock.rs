//! The epoch under way and its phase: one slot, and one for the seed of the newest frozen book.

use super::{broken, key, load, store};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::B256;

/// What an epoch is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Phase {
    /// Bids come in, sealed.
    Commit,
    /// They are opened.
    Reveal,
    /// The book is frozen, the result is awaited.
    Clearing,
}

/// The clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Clock {
    /// The epoch whose book is open or frozen; 0 before the first block.
    pub(in super::super) epoch: u32,
    pub(in super::super) phase: Phase,
    /// When the phase may end.
    pub(in super::super) ends: Deadline,
    /// The block at whose beginning the book was frozen; 0 before it is.
    pub(in super::super) freeze_block: u64,
}

impl Clock {
    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, key("clock", &[]))?);
        let (epoch, phase) = (fields.u32(), fields.u8());
        let phase = match phase {
            0 => Phase::Commit,
            1 => Phase::Reveal,
            2 => Phase::Clearing,
            _ => return Err(broken("no such phase")),
        };
        let ends = Deadline { time_ms: fields.u48(), block: fields.u48() };
        Ok(Self { epoch, phase, ends, freeze_block: fields.u48() })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let phase = match self.phase {
            Phase::Commit => 0,
            Phase::Reveal => 1,
            Phase::Clearing => 2,
        };
        let word = Pack::default()
            .u32(self.epoch)
            .u8(phase)
            .u48(self.ends.time_ms)
            .u48(self.ends.block)
            .u48(self.freeze_block);
        store(host, key("clock", &[]), word.word())
    }
}

/// What breaks ties of the newest frozen book; zero while it is not known.
pub(in super::super) fn seed(host: &mut dyn Host) -> Result<B256, ModuleError> {
    Ok(load(host, key("seed", &[]))?.into())
}

/// Writes it.
pub(in super::super) fn set_seed(host: &mut dyn Host, seed: B256) -> Result<(), ModuleError> {
    store(host, key("seed", &[]), seed.into())
}
