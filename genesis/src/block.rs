//! The genesis block.

use crate::{ChainSpec, SpecError};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_primitives::{B256, Bytes};
use btt_runtime::{
    block::{Body, Header},
    primitives::addresses::FEE_POOL,
};

/// Header of block 0.
///
/// # Errors
/// If the spec cannot be written as JSON.
pub fn genesis_header(spec: &ChainSpec, state_root: B256) -> Result<Header, SpecError> {
    Ok(Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: FEE_POOL,
        state_root,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        gas_limit: spec.params.block_gas_limit,
        timestamp: spec.genesis_time_ms / 1000,
        extra_data: Bytes::copy_from_slice(&spec.genesis_time_ms.to_be_bytes()),
        mix_hash: spec.rules_hash()?,
        base_fee_per_gas: Some(spec.params.min_base_fee_wei),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(Body::default().system_hash()),
        ..Header::default()
    })
}
