//! Merkle proofs of accounts and slots (EIP-1186).

use super::Chain;
use crate::storage::ViewError;
use alloy_primitives::{Address, Bytes, U256, keccak256};
use btt_runtime::state::{Account, StateReader as _, TrieId, trie};

/// What the state says of an account, with the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// The account; `None` proves that there is none.
    pub account: Option<Account>,
    /// Nodes from the state root down.
    pub account_proof: Vec<Bytes>,
    /// The slots asked for.
    pub slots: Vec<SlotProof>,
}

/// What the state says of a slot, with the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProof {
    /// Slot number.
    pub slot: U256,
    /// Its value; zero proves that nothing is there.
    pub value: U256,
    /// Nodes from the storage root down.
    pub proof: Vec<Bytes>,
}

impl Chain {
    /// Proves an account and some of its slots against the state root of the head.
    ///
    /// # Errors
    /// [`ViewError::ProofTooOld`] for older blocks: their tries are gone.
    pub fn proof(
        &self,
        number: u64,
        address: Address,
        slots: &[U256],
    ) -> Result<AccountProof, ViewError> {
        let _unchanging = self.commit_lock.read();
        let (head, _) = self.store.head()?.unwrap_or_default();
        if number > head {
            return Err(ViewError::Unknown { number, head });
        }
        if number < head {
            return Err(ViewError::ProofTooOld { number, head });
        }
        let account = self.store.head_account(address)?;
        let account_proof = trie::proof(&self.store, TrieId::Accounts, &keccak256(address))?;
        let slots = slots
            .iter()
            .map(|slot| {
                let key = keccak256(slot.to_be_bytes::<32>());
                let proof = trie::proof(&self.store, TrieId::storage_of(address), &key)?;
                let value = self.store.storage(address, *slot)?;
                Ok(SlotProof { slot: *slot, value, proof })
            })
            .collect::<Result<_, ViewError>>()?;
        Ok(AccountProof { account, account_proof, slots })
    }
}
