//! Ids of channels and pools: what they were opened with, hashed. No id comes twice, because a payer's
//! index only rises (rule D.2).

use crate::primitives::addresses::CHANNELS;
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolValue as _;

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A channel: one payee.
    Channel = 0,
    /// A pool: many payees, collateral.
    Pool = 1,
}

/// What a channel or pool was opened with, less what may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Channel or pool.
    pub kind: Kind,
    /// Who deposits.
    pub payer: Address,
    /// Who is paid; zero for a pool.
    pub payee: Address,
    /// Who may close for the payee; zero for nobody.
    pub operator: Address,
    /// Chosen by the payer.
    pub salt: B256,
    /// Who signs vouchers.
    pub signer: Address,
    /// The payer's counter.
    pub open_index: u64,
}

impl Descriptor {
    /// keccak256(abi.encode(kind, payer, payee, operator, salt, signer, openIndex, chainId, module)).
    pub fn id(&self, chain_id: u64) -> B256 {
        let Self { kind, payer, payee, operator, salt, signer, open_index } = *self;
        // One word each, whatever the type.
        let words =
            (kind as u64, payer, payee, operator, salt, signer, open_index, chain_id, CHANNELS);
        keccak256(words.abi_encode())
    }
}
