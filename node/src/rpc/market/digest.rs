//! What is sealed and what is signed.

use super::{
    super::{RpcError, context::Rpc},
    sol_tiers,
};
use alloy_primitives::B256;
use btt_api::types::{CommitHashQuery, ReceiptDigest};
use btt_runtime::{
    modules::market::{self, IMarket},
    primitives::addresses::MARKET,
};
use serde_json::json;

/// Digest and typed data of a receipt.
pub(super) fn of(chain_id: u64, lease_id: B256, delivered_bytes: u128) -> ReceiptDigest {
    let digest = market::receipt_digest(chain_id, lease_id, delivered_bytes);
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let typed_data = json!({
        "types": {
            "EIP712Domain": [
                field("name", "string"),
                field("version", "string"),
                field("chainId", "uint256"),
                field("verifyingContract", "address"),
            ],
            "Receipt": [field("leaseId", "bytes32"), field("deliveredBytes", "uint128")],
        },
        "primaryType": "Receipt",
        "domain": {
            "name": "BTT Market",
            "version": "1",
            "chainId": chain_id.to_string(),
            "verifyingContract": MARKET,
        },
        // Numbers above 2⁵³ are no numbers in every wallet: decimal strings are read by all.
        "message": { "leaseId": lease_id, "deliveredBytes": delivered_bytes.to_string() },
    });
    ReceiptDigest { digest, typed_data }
}

impl Rpc {
    pub(super) fn sealed(&self, query: &CommitHashQuery) -> Result<B256, RpcError> {
        let mut views = self.views(None)?;
        let epoch = match query.epoch {
            Some(epoch) => epoch,
            None => views.ask(MARKET, &IMarket::clockCall {})?.epoch,
        };
        let (buyer, swarm, salt) = (query.buyer, query.swarm, query.salt);
        let tiers = sol_tiers(&query.tiers);
        views.ask(MARKET, &IMarket::commitHashCall { epoch, buyer, swarm, tiers, salt })
    }
}
