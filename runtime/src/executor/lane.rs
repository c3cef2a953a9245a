//! The payment lane (rule D.9): part of every block's gas is kept for channel and market calls, with a base fee
//! of its own, so that other load cannot price payments out.
//!
//! A payment rides in the lane while its gas limit fits what the lane has left; further payments pay like
//! everybody. The lane's base fee moves by EIP-1559 against half of the lane's own limit and is never above
//! the header's; what of it is above the floor is burnt, so that nobody earns by filling the lane. Other
//! transactions may use gas that the lane leaves, at the header's base fee, without moving the lane's.

use crate::{
    block::base_fee::next_base_fee,
    modules::{self, Modules, params::ParamValues},
    primitives::addresses::CHANNELS,
    state::{Overlay, StateReader, StoreError},
    tx::Envelope,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{U256, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// A payment carries no more calldata.
const MAX_CALLDATA_BYTES: usize = 130 * 1024;
const ALL_BPS: u64 = 10_000;

/// The lane of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lane {
    base_fee_wei: u64,
    floor_wei: u64,
    gas_limit: u64,
    gas_used: u64,
}

/// Who rode in a block's lane, and at what base fee. Everybody else paid the header's.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub struct LaneFees {
    /// wei per gas.
    pub base_fee_wei: u64,
    /// Places in the block, rising.
    pub places: Vec<u32>,
}

impl LaneFees {
    /// The base fee that the transaction at `place` paid, where the header's is `header_wei`.
    pub fn base_fee_of(&self, place: usize, header_wei: Option<u64>) -> Option<u64> {
        let place = u32::try_from(place).ok()?;
        if self.places.binary_search(&place).is_ok() { Some(self.base_fee_wei) } else { header_wei }
    }
}

/// The slot of the channels' account that holds the lane's next base fee; zero stands for the floor.
fn slot() -> U256 {
    keccak256(b"btt.channels.lane").into()
}

impl Lane {
    /// The lane of the child of `state`, whose parameters are `values` and whose base fee is `header_fee_wei`.
    ///
    /// # Errors
    /// Only if the store fails.
    pub fn of_next(
        state: &impl StateReader,
        values: &ParamValues,
        header_fee_wei: u64,
    ) -> Result<Self, StoreError> {
        let kept: u64 = state.storage(CHANNELS, slot())?.saturating_to();
        let floor_wei = values.min_base_fee_wei;
        let share = u64::from(values.lane_share_bps);
        // The limit is far below 2⁶⁴ / 10,000.
        let gas_limit = values.block_gas_limit.saturating_mul(share) / ALL_BPS;
        let base_fee_wei = kept.max(floor_wei).min(header_fee_wei);
        Ok(Self { base_fee_wei, floor_wei, gas_limit, gas_used: 0 })
    }

    /// Base fee of what rides in it, in wei per gas.
    pub fn base_fee_wei(&self) -> u64 {
        self.base_fee_wei
    }

    /// Gas that it still has.
    pub fn gas_left(&self) -> u64 {
        self.gas_limit.saturating_sub(self.gas_used)
    }

    /// Whether a transaction rides in it now.
    pub fn takes(&self, modules: Modules, envelope: &Envelope) -> bool {
        envelope.gas_limit() <= self.gas_left() && is_payment(modules, envelope)
    }

    /// A transaction that rode in it has used gas.
    pub(super) fn use_gas(&mut self, gas: u64) {
        self.gas_used = self.gas_used.saturating_add(gas);
    }

    /// What of its base fee is burnt, in wei per gas.
    pub(super) fn burnt_wei(&self) -> u64 {
        self.base_fee_wei.saturating_sub(self.floor_wei)
    }

    /// Writes the base fee of the next block's lane.
    pub(super) fn close<S: StateReader>(&self, overlay: &mut Overlay<S>) -> Result<(), StoreError> {
        let next = next_base_fee(self.gas_used, self.gas_limit, self.base_fee_wei, self.floor_wei);
        let kept = if next <= self.floor_wei { U256::ZERO } else { U256::from(next) };
        if overlay.storage(CHANNELS, slot())? != kept {
            overlay.set_storage(CHANNELS, slot(), kept)?;
        }
        Ok(())
    }
}

/// Whether a transaction may ride in the lane: a plain call of a payment selector at a module.
pub fn is_payment(modules: Modules, envelope: &Envelope) -> bool {
    let input = envelope.input();
    let Some(to) = envelope.to() else { return false };
    let Some(module) = modules::find(modules, to) else { return false };
    let Some(selector) = input.first_chunk::<4>() else { return false };
    module.is_payment(*selector)
        && input.len() <= MAX_CALLDATA_BYTES
        && envelope.access_list().is_none_or(|list| list.is_empty())
        && envelope.authorization_list().is_none_or(<[_]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryStore;

    const VALUES: ParamValues = ParamValues {
        block_gas_limit: 60_000_000,
        min_base_fee_wei: 1_000,
        max_block_interval_ms: 1_000,
        storage_deposit_wei_per_slot: 0,
        lane_share_bps: 2_500,
    };

    fn after(
        mut overlay: Overlay<MemoryStore>,
        gas: u64,
        header_wei: u64,
    ) -> (u64, Overlay<MemoryStore>) {
        let mut lane = lane(&mut overlay, header_wei);
        lane.use_gas(gas);
        lane.close(&mut overlay).unwrap();
        let next = self::lane(&mut overlay, u64::MAX).base_fee_wei();
        (next, overlay)
    }

    fn lane(overlay: &mut Overlay<MemoryStore>, header_wei: u64) -> Lane {
        let kept = overlay.storage(CHANNELS, slot()).unwrap();
        let store = MemoryStore::with_accounts([(
            CHANNELS,
            crate::state::memory::NewAccount {
                nonce: 1,
                storage: [(slot(), kept)].into(),
                ..Default::default()
            },
        )])
        .unwrap();
        Lane::of_next(&store, &VALUES, header_wei).unwrap()
    }

    #[test]
    fn a_full_lane_gets_dearer_by_an_eighth_and_an_empty_one_sinks_to_the_floor() {
        let overlay = Overlay::new(MemoryStore::default());
        let (fee, overlay) = after(overlay, 15_000_000, u64::MAX);
        assert_eq!(fee, 1_125);
        let (fee, overlay) = after(overlay, 7_500_000, u64::MAX);
        assert_eq!(fee, 1_125, "half of its own limit is the target");
        let (fee, mut overlay) = after(overlay, 0, u64::MAX);
        assert_eq!(fee, 1_000);
        assert_eq!(
            overlay.storage(CHANNELS, slot()).unwrap(),
            U256::ZERO,
            "the floor needs no slot"
        );
    }

    #[test]
    fn it_never_costs_more_than_the_header_says() {
        let overlay = Overlay::new(MemoryStore::default());
        let (_, mut overlay) = after(overlay, 15_000_000, u64::MAX);
        let lane = lane(&mut overlay, 1_050);
        assert_eq!((lane.base_fee_wei(), lane.burnt_wei()), (1_050, 50));
    }
}
