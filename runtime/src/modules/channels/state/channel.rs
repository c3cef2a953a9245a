//! The record of a channel: four slots, and one for each lane above 0 in use. A payment reads the first three.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | deposit u104, settled u104, storage deposit u48 |
//! | 1 | payee, grace u32, closing time u48, used lanes u8 |
//! | 2 | signer, expiry time u48, expiry block u48 |
//! | 3 | payer, open index u48, closing block u48 |

use super::{Lanes, at, key, load, minus, store, units_of, wei_of};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

/// Slots that a channel can have, its lanes and its pair's counter among them: what the storage deposit pays
/// for.
pub(in super::super) const CHANNEL_SLOTS: u128 = 8;
/// Slots before the lanes'.
const RECORD_SLOTS: u64 = 4;

/// An open channel, less its [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Channel {
    pub(in super::super) id: B256,
    pub(in super::super) deposit_wei: u128,
    /// What was paid out, lane by lane.
    pub(in super::super) lanes: Lanes,
    pub(in super::super) storage_deposit_wei: u128,
    pub(in super::super) payee: Address,
    pub(in super::super) grace_s: u32,
    /// Time at which the grace after a close request ends; 0 where there is none.
    pub(in super::super) closes_ms: u64,
    pub(in super::super) signer: Address,
    /// When anyone may expire it.
    pub(in super::super) expires: Option<Deadline>,
}

/// Who opened a channel, and what only its end needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Origin {
    pub(in super::super) payer: Address,
    pub(in super::super) open_index: u64,
    /// Block before which the grace does not end.
    pub(in super::super) closes_block: u64,
}

impl Channel {
    /// The slot before that of lane 1.
    fn before_lanes(id: B256) -> U256 {
        at(first(id), RECORD_SLOTS.saturating_sub(1))
    }

    /// A channel that nobody was paid from.
    pub(in super::super) fn unpaid_lanes(id: B256) -> Lanes {
        Lanes { before: Self::before_lanes(id), total_wei: 0, used: 0 }
    }

    /// The record, if the channel is open.
    pub(in super::super) fn load(
        host: &mut dyn Host,
        id: B256,
    ) -> Result<Option<Self>, ModuleError> {
        let first = first(id);
        let mut money = Unpack::new(load(host, first)?);
        let (deposit_wei, total_wei, storage) = (money.u104(), money.u104(), money.u48());
        // Every channel has a deposit above zero.
        if deposit_wei == 0 {
            return Ok(None);
        }
        let mut payee = Unpack::new(load(host, at(first, 1))?);
        let mut signer = Unpack::new(load(host, at(first, 2))?);
        let (payee, grace_s, closes_ms, used) =
            (payee.address(), payee.u32(), payee.u48(), payee.u8());
        let (signer, time_ms, block) = (signer.address(), signer.u48(), signer.u48());
        Ok(Some(Self {
            id,
            deposit_wei,
            lanes: Lanes { before: Self::before_lanes(id), total_wei, used },
            storage_deposit_wei: wei_of(storage),
            payee,
            grace_s,
            closes_ms,
            signer,
            expires: (time_ms != 0).then_some(Deadline { time_ms, block }),
        }))
    }

    /// Writes all of it.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.save_money(host)?;
        self.save_terms(host)?;
        let expires = self.expires.unwrap_or_default();
        let word = Pack::default().address(self.signer).u48(expires.time_ms).u48(expires.block);
        store(host, at(first(self.id), 2), word.word())
    }

    /// Writes deposit and total.
    pub(in super::super) fn save_money(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u104(self.deposit_wei)
            .u104(self.lanes.total_wei)
            .u48(units_of(self.storage_deposit_wei));
        store(host, first(self.id), word.word())
    }

    /// Writes the close request and which lanes are in use.
    pub(in super::super) fn save_terms(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .address(self.payee)
            .u32(self.grace_s)
            .u48(self.closes_ms)
            .u8(self.lanes.used);
        store(host, at(first(self.id), 1), word.word())
    }

    /// Deletes it.
    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.lanes.delete(host)?;
        let first = first(self.id);
        (0..RECORD_SLOTS).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    /// What is not paid out.
    pub(in super::super) fn remaining_wei(&self) -> Result<u128, ModuleError> {
        minus(self.deposit_wei, self.lanes.total_wei)
    }

    /// When the payer may withdraw, if it asked to.
    pub(in super::super) fn closes(&self, origin: &Origin) -> Option<Deadline> {
        let closes = Deadline { time_ms: self.closes_ms, block: origin.closes_block };
        (self.closes_ms != 0).then_some(closes)
    }
}

impl Origin {
    /// Of a channel that is open.
    pub(in super::super) fn load(host: &mut dyn Host, id: B256) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, at(first(id), 3))?);
        let (payer, open_index, closes_block) = (fields.address(), fields.u48(), fields.u48());
        Ok(Self { payer, open_index, closes_block })
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host, id: B256) -> Result<(), ModuleError> {
        let word = Pack::default().address(self.payer).u48(self.open_index).u48(self.closes_block);
        store(host, at(first(id), 3), word.word())
    }
}

fn first(id: B256) -> U256 {
    key("channel", &[id.as_slice()])
}
