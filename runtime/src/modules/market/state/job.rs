//! The application of an epoch's result, cut into slices: one slot, zero where nothing is applied.

use super::{broken, key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::U256;

/// What is being done. Up to [`Step::Swarms`] the frozen book can be read from state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Step {
    /// Locks return, less what is paid.
    Bids,
    /// Leases begin.
    Leases,
    /// What units cost in each swarm, and how they were shared.
    Swarms,
    /// How they were shared in the epoch before is forgotten.
    OldSwarms,
    /// Bids go, or stand on into the next epoch.
    Renew,
    /// Offers whose last epoch this was go.
    Offers,
}

const STEPS: [Step; 6] =
    [Step::Bids, Step::Leases, Step::Swarms, Step::OldSwarms, Step::Renew, Step::Offers];

/// The job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Job {
    pub(in super::super) epoch: u32,
    pub(in super::super) step: Step,
    pub(in super::super) is_void: bool,
    /// Next record of the step.
    pub(in super::super) cursor: u32,
    /// Bids in the epoch's list.
    pub(in super::super) bids: u32,
    /// Paid by bids and in no lease yet.
    pub(in super::super) in_flight_ticks: u64,
    /// The epoch whose shares are forgotten, and how many there are.
    pub(in super::super) old_epoch: u32,
    pub(in super::super) old_count: u32,
}

impl Job {
    /// One that begins with a step.
    pub(in super::super) fn new(epoch: u32, step: Step, is_void: bool, bids: u32) -> Self {
        let (old_epoch, old_count) = (0, 0);
        Self { epoch, step, is_void, cursor: 0, bids, in_flight_ticks: 0, old_epoch, old_count }
    }

    pub(in super::super) fn load(host: &mut dyn Host) -> Result<Option<Self>, ModuleError> {
        let mut f = Unpack::new(load(host, key("job", &[]))?);
        let epoch = f.u32();
        if epoch == 0 {
            return Ok(None);
        }
        let step = STEPS.get(usize::from(f.u8())).copied();
        let step = step.ok_or_else(|| broken("no such step"))?;
        let is_void = f.u8() != 0;
        let (cursor, bids, in_flight_ticks) = (f.u32(), f.u32(), f.u64());
        let (old_epoch, old_count) = (f.u32(), f.u32());
        Ok(Some(Self { epoch, step, is_void, cursor, bids, in_flight_ticks, old_epoch, old_count }))
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let step = (0u8..).zip(STEPS).find(|(_, step)| *step == self.step).map_or(0, |(n, _)| n);
        let word = Pack::default()
            .u32(self.epoch)
            .u8(step)
            .u8(u8::from(self.is_void))
            .u32(self.cursor)
            .u32(self.bids)
            .u64(self.in_flight_ticks)
            .u32(self.old_epoch)
            .u32(self.old_count);
        store(host, key("job", &[]), word.word())
    }

    pub(in super::super) fn delete(host: &mut dyn Host) -> Result<(), ModuleError> {
        store(host, key("job", &[]), U256::ZERO)
    }

    /// Whether the frozen book must still be readable.
    pub(in super::super) fn needs_book(&self) -> bool {
        self.step <= Step::Swarms && !self.is_void
    }

    /// Goes on to the next step; false after the last.
    pub(in super::super) fn advance(&mut self) -> bool {
        let after = STEPS.into_iter().find(|step| *step > self.step);
        self.cursor = 0;
        self.step = after.unwrap_or(self.step);
        after.is_some()
    }
}
