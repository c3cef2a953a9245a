//! Signatures that a transaction carries in its calldata, for nodes to recover in parallel (rule H.6).

use crate::{
    config::ChainConfig,
    modules::{channels, market},
    primitives::addresses::{CHANNELS, MARKET},
    tx::Envelope,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{B256, Signature};

/// Digest and signature of everything that executing the transaction will have to recover, as far as its
/// calldata alone tells.
pub fn carried_signatures(config: &ChainConfig, envelope: &Envelope) -> Vec<(B256, Signature)> {
    match envelope.to() {
        Some(CHANNELS) if config.modules => {
            channels::signatures_in(config.chain_id, envelope.input())
        }
        Some(MARKET) if config.modules => market::signatures_in(config.chain_id, envelope.input()),
        _ => Vec::new(),
    }
}
