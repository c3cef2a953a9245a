//! The record of a delegation.

use super::{at, key, load, of, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// What an account has with a validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Delegation {
    pub(in super::super) delegator: Address,
    pub(in super::super) validator: Address,
    pub(in super::super) shares: u128,
    /// Part of them that came in `entering_epoch` and earns from the next one on.
    pub(in super::super) entering_shares: u128,
    pub(in super::super) entering_epoch: u64,
    /// The validator's reward index when rewards were last settled.
    pub(in super::super) reward_index: U256,
    /// Settled and not paid out.
    pub(in super::super) owed_wei: u128,
    /// Entries in its lists.
    pub(in super::super) unbondings: u8,
    pub(in super::super) lots: u8,
    /// Place in the delegator's list, plus one; 0 is none.
    pub(in super::super) place: u32,
}

impl Delegation {
    /// The record; an empty one where there is none.
    pub(in super::super) fn load(
        host: &mut dyn Host,
        delegator: Address,
        validator: Address,
    ) -> Result<Self, ModuleError> {
        let first = key("delegation", &[of(&delegator), of(&validator)]);
        let mut shares = Unpack::new(load(host, first)?);
        let reward_index = load(host, at(first, 1))?;
        let mut owed = Unpack::new(load(host, at(first, 2))?);
        Ok(Self {
            delegator,
            validator,
            shares: shares.u128(),
            entering_shares: shares.u128(),
            reward_index,
            owed_wei: owed.u128(),
            entering_epoch: owed.u64(),
            unbondings: owed.u8(),
            lots: owed.u8(),
            place: owed.u32(),
        })
    }

    /// Writes it; one that holds nothing leaves no slot.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = key("delegation", &[of(&self.delegator), of(&self.validator)]);
        let words = if self.is_empty() {
            [U256::ZERO; 3]
        } else {
            [
                Pack::default().u128(self.shares).u128(self.entering_shares).word(),
                self.reward_index,
                Pack::default()
                    .u128(self.owed_wei)
                    .u64(self.entering_epoch)
                    .u8(self.unbondings)
                    .u8(self.lots)
                    .u32(self.place)
                    .word(),
            ]
        };
        for (offset, word) in (0u64..).zip(words) {
            store(host, at(first, offset), word)?;
        }
        Ok(())
    }

    /// Whether nothing is left of it.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.shares == 0 && self.owed_wei == 0 && self.unbondings == 0 && self.lots == 0
    }
}
