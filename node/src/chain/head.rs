//! The newest final block, as everybody reads it.

use alloy_primitives::B256;
use btt_runtime::{
    block::{Header, ValidatorSets, base_fee::next_base_fee},
    executor::Lane,
    modules::params::ParamValues,
    state::{StateReader, StoreError},
};

/// The newest final block.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its header.
    pub header: Header,
    /// Base fee of the next block, in wei per gas.
    pub next_base_fee_wei: u64,
    /// Base fee of the next block's payment lane, in wei per gas.
    pub next_lane_fee_wei: u64,
    /// Least base fee that the state after the block allows, in wei per gas.
    pub min_base_fee_wei: u64,
    /// Gas limit of the next block.
    pub next_gas_limit: u64,
    /// The validators of the next block and of the last heights before it.
    pub validators: ValidatorSets,
}

impl Head {
    /// `next` are the parameters that `state`, the one after the block, sets.
    pub(super) fn new(
        state: &impl StateReader,
        number: u64,
        hash: B256,
        header: Header,
        next: &ParamValues,
        validators: ValidatorSets,
    ) -> Result<Self, StoreError> {
        let floor_wei = next.min_base_fee_wei;
        let fee = header.base_fee_per_gas.unwrap_or(floor_wei);
        let next_base_fee_wei = next_base_fee(header.gas_used, header.gas_limit, fee, floor_wei);
        let lane = Lane::of_next(state, next, next_base_fee_wei)?;
        Ok(Self {
            number,
            hash,
            header,
            next_base_fee_wei,
            next_lane_fee_wei: lane.base_fee_wei(),
            min_base_fee_wei: floor_wei,
            next_gas_limit: next.block_gas_limit,
            validators,
        })
    }
}
