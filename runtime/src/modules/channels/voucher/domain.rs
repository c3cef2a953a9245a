//! The EIP-712 domain of everything that is signed about channels.

use crate::primitives::addresses::CHANNELS;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain};

/// `name` of the domain.
pub(in super::super) const NAME: &str = "BTT Channels";
/// `version` of the domain.
pub(in super::super) const VERSION: &str = "1";

/// The domain of a chain, its separator at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    separator: B256,
}

impl Domain {
    /// Of the chain with this id.
    pub fn of(chain_id: u64) -> Self {
        Self { separator: Self::typed(chain_id).separator() }
    }

    /// As wallets take it.
    pub fn typed(chain_id: u64) -> Eip712Domain {
        let mut domain =
            eip712_domain! { name: NAME, version: VERSION, verifying_contract: CHANNELS, };
        domain.chain_id = Some(U256::from(chain_id));
        domain
    }

    /// keccak256 of the domain's encoding.
    pub fn separator(&self) -> B256 {
        self.separator
    }

    /// What is signed: keccak256(0x1901 ‖ separator ‖ hash of the struct).
    pub fn digest(&self, message: &impl SolStruct) -> B256 {
        let mut bytes = [0u8; 66];
        let (prefix, hashes) = bytes.split_at_mut(2);
        let (domain, message_hash) = hashes.split_at_mut(32);
        prefix.copy_from_slice(&[0x19, 0x01]);
        domain.copy_from_slice(self.separator.as_slice());
        message_hash.copy_from_slice(message.eip712_hash_struct().as_slice());
        keccak256(bytes)
    }
}
