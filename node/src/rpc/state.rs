//! `eth_`: accounts and storage. Questions about the newest block, the commonest by far, go past the
//! history straight to the flat state.

use super::{RpcError, context::Rpc, resolve::At};
use crate::{chain::AccountProof, storage::ViewError};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use btt_api::{
    server::EthStateApiServer,
    types::{
        BlockId, BlockNumberOrTag, EIP1186AccountProofResponse, EIP1186StorageProof, JsonStorageKey,
    },
};
use btt_runtime::state::{Account, StateReader as _};
use jsonrpsee::core::RpcResult;

/// How often a proof is tried anew because a block came in between.
const PROOF_TRIES: usize = 8;

impl Rpc {
    fn account_at(&self, address: Address, at: At) -> Result<Option<Account>, RpcError> {
        match at {
            At::Head | At::Pending => Ok(self.chain().head_account(address)?),
            At::Number(number) => Ok(self.chain().state_at(number)?.account(address)?),
        }
    }

    /// The proof as of `at`. Only the newest trie is kept, and it may move on under a request for it.
    fn prove(&self, address: Address, slots: &[U256], at: At) -> Result<AccountProof, RpcError> {
        for _ in 1..PROOF_TRIES {
            match self.chain().proof(self.number_at(at), address, slots) {
                Err(ViewError::ProofTooOld { .. }) if at == At::Head || at == At::Pending => {}
                result => return Ok(result?),
            }
        }
        Ok(self.chain().proof(self.number_at(at), address, slots)?)
    }
}

fn proof_response(
    address: Address,
    keys: Vec<JsonStorageKey>,
    proof: AccountProof,
) -> EIP1186AccountProofResponse {
    let account = proof.account.unwrap_or_default();
    let slots = keys.into_iter().zip(proof.slots);
    EIP1186AccountProofResponse {
        address,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: account.nonce,
        storage_hash: account.storage_root,
        account_proof: proof.account_proof,
        storage_proof: slots
            .map(|(key, slot)| EIP1186StorageProof { key, value: slot.value, proof: slot.proof })
            .collect(),
    }
}

#[jsonrpsee::core::async_trait]
impl EthStateApiServer for Rpc {
    fn balance(&self, address: Address, block: Option<BlockId>) -> RpcResult<U256> {
        let account = self.account_at(address, self.at(block)?)?;
        Ok(account.map_or(U256::ZERO, |account| account.balance))
    }

    fn transaction_count(&self, address: Address, block: Option<BlockId>) -> RpcResult<U64> {
        if block == Some(BlockId::Number(BlockNumberOrTag::Pending))
            && let Some(nonce) = self.mempool().pending_nonce(address)
        {
            return Ok(U64::from(nonce));
        }
        let account = self.account_at(address, self.at(block)?)?;
        Ok(U64::from(account.map_or(0, |account| account.nonce)))
    }

    fn code(&self, address: Address, block: Option<BlockId>) -> RpcResult<Bytes> {
        let Some(account) = self.account_at(address, self.at(block)?)? else {
            return Ok(Bytes::new());
        };
        let code = self.chain().store().code(account.code_hash).map_err(RpcError::from)?;
        Ok(code.map(|code| code.original_bytes()).unwrap_or_default())
    }

    fn storage_at(
        &self,
        address: Address,
        slot: JsonStorageKey,
        block: Option<BlockId>,
    ) -> RpcResult<B256> {
        let slot = slot.as_b256().into();
        let value = match self.at(block)? {
            At::Head | At::Pending => self.chain().store().storage(address, slot),
            At::Number(number) => {
                self.chain().state_at(number).map_err(RpcError::from)?.storage(address, slot)
            }
        };
        Ok(value.map_err(RpcError::from)?.into())
    }

    async fn proof(
        &self,
        address: Address,
        slots: Vec<JsonStorageKey>,
        block: Option<BlockId>,
    ) -> RpcResult<EIP1186AccountProofResponse> {
        let limit = self.limits.proof_slots;
        if slots.len() > limit {
            let asked = slots.len();
            return Err(RpcError::Limit(format!("proof of {asked} slots, limit {limit}")).into());
        }
        let work = move |rpc: &Self| {
            let numbers: Vec<U256> = slots.iter().map(|slot| slot.as_b256().into()).collect();
            let proof = rpc.prove(address, &numbers, rpc.at(block)?)?;
            Ok(proof_response(address, slots, proof))
        };
        Ok(self.slowly(work).await?)
    }
}
