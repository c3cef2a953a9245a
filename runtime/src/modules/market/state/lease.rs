//! The record of a lease: four slots, until it is closed.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | buyer, the buyer's part u64 (ticks), delivered u32 (bytes) |
//! | 1 | signer, the seller's part u64 (ticks), epoch u32 |
//! | 2 | bid u64, offer u64, units u16 |
//! | 3 | swarm |

use super::{at, key, load, store};
use crate::{
    modules::{Host, ModuleError, market::limits::UNIT_BYTES},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

/// A lease. Its escrow is the seller's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Lease {
    pub(in super::super) id: B256,
    pub(in super::super) buyer: Address,
    /// What the buyer paid for it.
    pub(in super::super) buyer_ticks: u64,
    /// What the seller earns if all is delivered.
    pub(in super::super) seller_ticks: u64,
    pub(in super::super) signer: Address,
    pub(in super::super) epoch: u32,
    pub(in super::super) bid: u64,
    pub(in super::super) offer: u64,
    pub(in super::super) units: u32,
    pub(in super::super) swarm: B256,
    /// By the highest receipt.
    pub(in super::super) delivered_bytes: u32,
}

impl Lease {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        id: B256,
    ) -> Result<Option<Self>, ModuleError> {
        let first = first(id);
        let mut served = Unpack::new(load(host, at(first, 2))?);
        let (bid, offer, units) = (served.u64(), served.u64(), u32::from(served.u16()));
        // Every lease has units.
        if units == 0 {
            return Ok(None);
        }
        let mut buyer = Unpack::new(load(host, first)?);
        let mut signer = Unpack::new(load(host, at(first, 1))?);
        let (buyer, buyer_ticks, delivered_bytes) = (buyer.address(), buyer.u64(), buyer.u32());
        let (signer, seller_ticks, epoch) = (signer.address(), signer.u64(), signer.u32());
        let swarm = load(host, at(first, 3))?.into();
        Ok(Some(Self {
            id,
            buyer,
            buyer_ticks,
            seller_ticks,
            signer,
            epoch,
            bid,
            offer,
            units,
            swarm,
            delivered_bytes,
        }))
    }

    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.id);
        self.save_delivered(host)?;
        let signer = Pack::default().address(self.signer).u64(self.seller_ticks).u32(self.epoch);
        store(host, at(first, 1), signer.word())?;
        let units = u16::try_from(self.units).unwrap_or(u16::MAX);
        let served = Pack::default().u64(self.bid).u64(self.offer).u16(units);
        store(host, at(first, 2), served.word())?;
        store(host, at(first, 3), self.swarm.into())
    }

    /// Writes what a receipt changes.
    pub(in super::super) fn save_delivered(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word =
            Pack::default().address(self.buyer).u64(self.buyer_ticks).u32(self.delivered_bytes);
        store(host, first(self.id), word.word())
    }

    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.id);
        (0..4).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    /// What is to be delivered. At most 256 units: it fits 32 bits.
    pub(in super::super) fn due_bytes(&self) -> u64 {
        u64::from(self.units).saturating_mul(UNIT_BYTES)
    }
}

fn first(id: B256) -> U256 {
    key("lease", &[id.as_slice()])
}
