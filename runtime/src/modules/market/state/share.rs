//! How units were shared among swarms in the newest epoch: one slot for each in which some were leased, and a
//! list of these swarms.

use super::{at, key, load, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{B256, U256};

/// A swarm's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Share {
    /// The epoch in which its units were leased; 0 where none were.
    pub(in super::super) epoch: u32,
    pub(in super::super) units: u32,
    /// The epoch in whose book places were taken at the base fee, and how many.
    pub(in super::super) used_epoch: u32,
    pub(in super::super) used: u32,
}

impl Share {
    pub(in super::super) fn load(host: &mut dyn Host, swarm: B256) -> Result<Self, ModuleError> {
        let mut f = Unpack::new(load(host, key("share", &[swarm.as_slice()]))?);
        Ok(Self { epoch: f.u32(), units: f.u32(), used_epoch: f.u32(), used: f.u32() })
    }

    pub(in super::super) fn save(
        &self,
        host: &mut dyn Host,
        swarm: B256,
    ) -> Result<(), ModuleError> {
        let word = Pack::default().u32(self.epoch).u32(self.units).u32(self.used_epoch);
        store(host, key("share", &[swarm.as_slice()]), word.u32(self.used).word())
    }

    pub(in super::super) fn delete(host: &mut dyn Host, swarm: B256) -> Result<(), ModuleError> {
        store(host, key("share", &[swarm.as_slice()]), U256::ZERO)
    }
}

/// A swarm in which units were leased in an epoch.
pub(in super::super) fn priced_swarm(
    host: &mut dyn Host,
    epoch: u32,
    index: u32,
) -> Result<B256, ModuleError> {
    Ok(load(host, priced_slot(epoch, index))?.into())
}

/// Writes it; zero deletes.
pub(in super::super) fn set_priced_swarm(
    host: &mut dyn Host,
    epoch: u32,
    index: u32,
    swarm: B256,
) -> Result<(), ModuleError> {
    store(host, priced_slot(epoch, index), swarm.into())
}

fn priced_slot(epoch: u32, index: u32) -> U256 {
    at(key("priced", &[&epoch.to_be_bytes()]), u64::from(index))
}
