//! Signing: EIP-1559 by default, legacy on demand.

use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, TxKind, U256};
use btt_api::keystore::SecretKey;

/// What the sender pays per gas, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fees {
    /// EIP-1559.
    Dynamic {
        /// Most that is paid, base fee and tip together.
        max_fee: u128,
        /// Most of it that is tip.
        tip: u128,
    },
    /// One price (legacy transactions).
    Legacy {
        /// That price.
        gas_price: u128,
    },
}

impl Fees {
    /// The most that one gas can cost, in wei.
    pub const fn highest(self) -> u128 {
        match self {
            Self::Dynamic { max_fee, .. } => max_fee,
            Self::Legacy { gas_price } => gas_price,
        }
    }

    /// What one gas costs in a block with this base fee, in wei.
    pub fn at_base_fee(self, base_fee: u128) -> u128 {
        match self {
            Self::Dynamic { max_fee, tip } => max_fee.min(base_fee.saturating_add(tip)),
            Self::Legacy { gas_price } => gas_price,
        }
    }
}

/// Everything that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// Chain it is for (EIP-155).
    pub chain_id: u64,
    /// The sender's next nonce.
    pub nonce: u64,
    /// Most gas it may use.
    pub gas_limit: u64,
    /// Price of gas.
    pub fees: Fees,
    /// Receiver, or a creation.
    pub to: TxKind,
    /// Amount, in wei.
    pub value: U256,
    /// Call data or init code.
    pub input: Bytes,
}

/// A transaction ready to be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its EIP-2718 encoding.
    pub raw: Vec<u8>,
    /// Its hash.
    pub hash: B256,
}

impl Unsigned {
    /// Signs.
    pub fn sign(&self, key: &SecretKey) -> SignedTransaction {
        let Self { chain_id, nonce, gas_limit, fees, to, value, ref input } = *self;
        let input = input.clone();
        match fees {
            Fees::Dynamic { max_fee, tip } => finish(
                TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: max_fee,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    access_list: Default::default(),
                    input,
                },
                key,
            ),
            Fees::Legacy { gas_price } => finish(
                TxLegacy {
                    chain_id: Some(chain_id),
                    nonce,
                    gas_price,
                    gas_limit,
                    to,
                    value,
                    input,
                },
                key,
            ),
        }
    }
}

fn finish<T>(transaction: T, key: &SecretKey) -> SignedTransaction
where
    T: SignableTransaction<alloy_primitives::Signature>,
    alloy_consensus::Signed<T>: Encodable2718,
{
    let signature = key.sign_digest(&transaction.signature_hash());
    let signed = transaction.into_signed(signature);
    SignedTransaction { raw: signed.encoded_2718(), hash: signed.trie_hash() }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{address, hex, keccak256};

    use super::*;

    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    fn sample(fees: Fees) -> SignedTransaction {
        let unsigned = Unsigned {
            chain_id: 990_003,
            nonce: 3,
            gas_limit: 21_000,
            fees,
            to: TxKind::Call(address!("70997970C51812dc3A010C7d01b50e0d17dc79C8")),
            value: U256::from(1_500_000_000_000_000_000u128),
            input: Bytes::new(),
        };
        unsigned.sign(&SecretKey::from_hex(KEY).unwrap())
    }

    #[test]
    fn a_1559_transfer_is_signed_as_cast_signs_it() {
        // cast mktx --private-key … --chain 990003 --nonce 3 --gas-limit 21000 --gas-price 2gwei
        //   --priority-gas-price 1gwei --value 1.5ether 0x7099…
        let signed = sample(Fees::Dynamic { max_fee: 2_000_000_000, tip: 1_000_000_000 });
        assert_eq!(
            hex::encode(&signed.raw),
            include_str!("../../tests/golden/cast-1559.hex").trim()
        );
        assert_eq!(signed.hash, keccak256(&signed.raw));
    }

    #[test]
    fn a_legacy_transfer_is_signed_as_cast_signs_it() {
        // the same with --legacy --gas-price 2gwei
        let signed = sample(Fees::Legacy { gas_price: 2_000_000_000 });
        assert_eq!(
            hex::encode(&signed.raw),
            include_str!("../../tests/golden/cast-legacy.hex").trim()
        );
        assert_eq!(signed.hash, keccak256(&signed.raw));
    }

    #[test]
    fn what_is_paid_follows_the_base_fee_up_to_the_highest() {
        let fees = Fees::Dynamic { max_fee: 30, tip: 5 };
        assert_eq!(fees.at_base_fee(10), 15);
        assert_eq!(fees.at_base_fee(28), 30);
        assert_eq!(fees.highest(), 30);
        assert_eq!(Fees::Legacy { gas_price: 7 }.at_base_fee(1), 7);
    }
}
