//! Features that votes turned on, and who is ready for them.

use super::{at, broken, key, load, load_bytes, save_bytes, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// Offsets in a feature's record.
const NAME: u64 = 1;
const VERSION: u64 = 3;

/// A feature that a vote turned on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Feature {
    /// Its place in the list.
    pub(in super::super) index: u64,
    pub(in super::super) name: String,
    pub(in super::super) min_version: String,
    /// First block under the new rules; 0 while validators are not ready.
    pub(in super::super) activation_block: u64,
}

impl Feature {
    fn key(index: u64) -> U256 {
        key("feature", &[&index.to_be_bytes()])
    }

    /// Its first block, without its texts.
    pub(in super::super) fn activation_block(
        host: &mut dyn Host,
        index: u64,
    ) -> Result<u64, ModuleError> {
        Ok(Unpack::new(load(host, Self::key(index))?).u64())
    }

    pub(in super::super) fn load(host: &mut dyn Host, index: u64) -> Result<Self, ModuleError> {
        let first = Self::key(index);
        let mut head = Unpack::new(load(host, first)?);
        let activation_block = head.u64();
        let (name_len, version_len) = (usize::from(head.u8()), usize::from(head.u8()));
        let name = load_bytes(host, at(first, NAME), name_len)?;
        let min_version = load_bytes(host, at(first, VERSION), version_len)?;
        Ok(Self {
            index,
            name: super::string(name),
            min_version: super::string(min_version),
            activation_block,
        })
    }

    /// Writes it; name and version must fit their slots.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::key(self.index);
        let len = |text: &str| u8::try_from(text.len()).map_err(|_| broken("a feature's text"));
        let head = Pack::default()
            .u64(self.activation_block)
            .u8(len(&self.name)?)
            .u8(len(&self.min_version)?);
        store(host, first, head.word())?;
        save_bytes(host, at(first, NAME), self.name.as_bytes())?;
        save_bytes(host, at(first, VERSION), self.min_version.as_bytes())
    }
}

/// How many features there are; they are numbered from 0.
#[derive(Debug)]
pub(in super::super) struct FeatureList;

impl FeatureList {
    /// Most features that may ever be turned on.
    pub(in super::super) const MAX: u64 = 32;

    pub(in super::super) fn len(host: &mut dyn Host) -> Result<u64, ModuleError> {
        Ok(Unpack::new(load(host, key("features", &[]))?).u64().min(Self::MAX))
    }

    pub(in super::super) fn all(host: &mut dyn Host) -> Result<Vec<Feature>, ModuleError> {
        (0..Self::len(host)?).map(|index| Feature::load(host, index)).collect()
    }

    /// Adds one that is not scheduled yet.
    pub(in super::super) fn push(
        host: &mut dyn Host,
        name: String,
        min_version: String,
    ) -> Result<(), ModuleError> {
        let index = Self::len(host)?;
        let longer = index.checked_add(1).filter(|len| *len <= Self::MAX);
        let longer = longer.ok_or_else(|| broken("the list of features is full"))?;
        Feature { index, name, min_version, activation_block: 0 }.save(host)?;
        store(host, key("features", &[]), Pack::default().u64(longer).word())
    }
}

/// Who is ready for a feature.
#[derive(Debug)]
pub(in super::super) struct Ready;

impl Ready {
    fn key(feature: u64, operator: Address) -> U256 {
        key("ready", &[&feature.to_be_bytes(), operator.as_slice()])
    }

    /// The epoch in which the validator's newest block signalled the feature; `None` where it did not.
    pub(in super::super) fn epoch(
        host: &mut dyn Host,
        feature: u64,
        operator: Address,
    ) -> Result<Option<u64>, ModuleError> {
        let stored = Unpack::new(load(host, Self::key(feature, operator))?).u64();
        Ok(stored.checked_sub(1))
    }

    /// Replaces it.
    pub(in super::super) fn set(
        host: &mut dyn Host,
        feature: u64,
        operator: Address,
        epoch: Option<u64>,
    ) -> Result<(), ModuleError> {
        let stored = epoch.map_or(0, |epoch| epoch.saturating_add(1));
        store(host, Self::key(feature, operator), Pack::default().u64(stored).word())
    }
}
