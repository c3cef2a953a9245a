//! The newest final block, as everybody reads it.

use alloy_primitives::B256;
use btt_runtime::block::{Header, base_fee::next_base_fee};

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
}

impl Head {
    /// `floor_wei` is the least base fee that the state after the block allows.
    pub(super) fn new(number: u64, hash: B256, header: Header, floor_wei: u64) -> Self {
        let fee = header.base_fee_per_gas.unwrap_or(floor_wei);
        let next_base_fee_wei = next_base_fee(header.gas_used, header.gas_limit, fee, floor_wei);
        Self { number, hash, header, next_base_fee_wei }
    }
}
