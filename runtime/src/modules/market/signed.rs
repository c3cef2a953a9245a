//! What is hashed and signed beside transactions: sealed bids, leases' ids, receipts. One code for the module,
//! the wallet and the node; nothing here reads state.

use super::{
    IMarket::{self, IMarketCalls as Calls, Receipt},
    clearing::Tier,
    limits::MAX_RECEIPTS,
};
use crate::{
    modules::{channels::voucher::parse_signature, decode},
    primitives::addresses::MARKET,
};
use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue, eip712_domain};

/// The EIP-712 domain of receipts.
pub fn domain(chain_id: u64) -> Eip712Domain {
    let mut domain =
        eip712_domain! { name: "BTT Market", version: "1", verifying_contract: MARKET, };
    domain.chain_id = Some(U256::from(chain_id));
    domain
}

/// What the signer of a receipt signs.
pub fn receipt_digest(chain_id: u64, lease_id: B256, delivered_bytes: u128) -> B256 {
    let receipt = Receipt { leaseId: lease_id, deliveredBytes: delivered_bytes };
    receipt.eip712_signing_hash(&domain(chain_id))
}

/// keccak256(abi.encode(chainId, epoch, bidId, offerId)) (rule E.5).
pub fn lease_id(chain_id: u64, epoch: u32, bid_id: u64, offer_id: u64) -> B256 {
    keccak256((U256::from(chain_id), epoch, bid_id, offer_id).abi_encode_params())
}

/// What seals a bid (rule E.3).
pub fn commit_hash(
    chain_id: u64,
    epoch: u32,
    buyer: Address,
    swarm: B256,
    tiers: &[Tier],
    salt: B256,
) -> B256 {
    let tiers: Vec<IMarket::Tier> = tiers.iter().copied().map(to_abi).collect();
    let tag = keccak256("btt.bid.v1");
    let fields = (tag, U256::from(chain_id), MARKET, epoch, buyer, swarm, tiers, salt);
    keccak256(fields.abi_encode_params())
}

/// A tier as the interface has it.
pub(super) fn to_abi(tier: Tier) -> IMarket::Tier {
    IMarket::Tier { price: tier.price, quantity: tier.quantity }
}

/// Digest and signature of every receipt in a call's input: the node recovers them in parallel before it executes
/// (rule H.6). What is left out here is recovered in execution.
pub fn signatures_in(chain_id: u64, input: &[u8]) -> Vec<(B256, Signature)> {
    let one = |lease_id: B256, delivered_bytes: u128, signature: &[u8]| {
        let digest = receipt_digest(chain_id, lease_id, delivered_bytes);
        parse_signature(signature).ok().map(|signature| (digest, signature))
    };
    match decode::input::<Calls>(input) {
        Some(Calls::submitReceipt(c)) => {
            one(c.leaseId, c.deliveredBytes, &c.signature).into_iter().collect()
        }
        // With more the call reverts before it looks at a signature.
        Some(Calls::submitReceipts(c)) if c.receipts.len() <= MAX_RECEIPTS => {
            let receipts = c.receipts.iter();
            receipts.filter_map(|r| one(r.leaseId, r.deliveredBytes, &r.signature)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, b256};

    /// Golden: whoever implements it elsewhere can check against these.
    #[test]
    fn hashes_are_what_the_rules_say() {
        let tiers = [Tier { price: 50, quantity: 2 }, Tier { price: 40, quantity: 1 }];
        let buyer = address!("00000000000000000000000000000000000000aa");
        let word = |n: u64| U256::from(n).to_be_bytes::<32>();
        let salt = B256::repeat_byte(7);
        // abi.encode by hand: eight heads, the array behind them.
        let bytes = [
            keccak256("btt.bid.v1").0,
            word(990_003),
            MARKET.into_word().0,
            word(3),
            buyer.into_word().0,
            B256::repeat_byte(1).0,
            word(8 * 32),
            salt.0,
            word(2),
            word(50),
            word(2),
            word(40),
            word(1),
        ];
        let want = keccak256(bytes.concat());
        assert_eq!(commit_hash(990_003, 3, buyer, B256::repeat_byte(1), &tiers, salt), want);
        let id = keccak256([word(990_003), word(3), word(5), word(9)].concat());
        assert_eq!(lease_id(990_003, 3, 5, 9), id);
        let type_hash = keccak256("Receipt(bytes32 leaseId,uint128 deliveredBytes)");
        let message = keccak256([type_hash.0, id.0, word(1_000)].concat());
        let domain_type = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        );
        let separator = keccak256(
            [
                domain_type.0,
                keccak256("BTT Market").0,
                keccak256("1").0,
                word(990_003),
                MARKET.into_word().0,
            ]
            .concat(),
        );
        let digest = keccak256([&[0x19, 0x01][..], &separator[..], &message[..]].concat());
        assert_eq!(receipt_digest(990_003, id, 1_000), digest);
        assert_ne!(
            digest,
            b256!("0000000000000000000000000000000000000000000000000000000000000000")
        );
    }
}
