//! Sending a settlement from the tower's key: one nonce a settlement, and a higher fee each time that it waited
//! too long.

use super::{Kept, Tower};
use crate::{keys::sign_digest, mempool::SubmitError};
use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{B256, Bytes, Signature, TxKind, U256};
use alloy_sol_types::SolCall as _;
use btt_runtime::{modules::channels::IChannels, primitives::addresses::CHANNELS, tx::Envelope};

/// Gas of one settlement, 1,024 ticks and two signatures included.
const SETTLEMENT_GAS: u64 = 300_000;
/// The first tip is the base fee divided by this.
const BASE_FEE_PER_TIP: u128 = 10;

/// A settlement that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) hash: B256,
    pub(super) nonce: u64,
    pub(super) fee_cap_wei: u128,
    pub(super) tip_wei: u128,
    /// Newest block when it was sent.
    pub(super) sent_at_block: u64,
    /// Time when it was sent, in ms.
    pub(super) sent_at_ms: u64,
}

impl Tower {
    /// Sends a settlement; `before` is the same one with the fee that was too low.
    pub(super) fn send(
        &self,
        kept: &Kept,
        before: Option<&Attempt>,
        now_ms: u64,
    ) -> Result<Attempt, SubmitError> {
        let head = self.chain.head();
        let base_wei = u128::from(head.next_base_fee_wei);
        let most_wei = u128::from(self.settings.max_fee_wei);
        let first_tip_wei = (base_wei / BASE_FEE_PER_TIP).max(1);
        // The pool asks for a tenth more of both.
        let raised = |wei: u128| wei.saturating_add(wei / 2).saturating_add(1);
        let tip_wei = before.map_or(first_tip_wei, |b| raised(b.tip_wei)).min(most_wei);
        let fee_cap_wei = before
            .map_or(0, |b| raised(b.fee_cap_wei))
            .max(base_wei.saturating_mul(2).saturating_add(tip_wei))
            .min(most_wei);
        let account_nonce = self.chain.head_account(self.address)?.unwrap_or_default().nonce;
        let next = self.mempool.pending_nonce(self.address).unwrap_or(0).max(account_nonce);
        let nonce = before.map_or(next, |b| b.nonce);
        let tx = TxEip1559 {
            chain_id: self.chain.config().chain_id,
            nonce,
            gas_limit: SETTLEMENT_GAS,
            max_fee_per_gas: fee_cap_wei,
            max_priority_fee_per_gas: tip_wei,
            to: TxKind::Call(CHANNELS),
            value: U256::ZERO,
            access_list: Default::default(),
            input: self.call(kept, now_ms / 1000),
        };
        let signed = sign_digest(&self.key, tx.signature_hash());
        let (point, v) = signed.split_at(64);
        let signature = Signature::from_bytes_and_parity(point, v == [28]);
        let envelope: Envelope = tx.into_signed(signature).into();
        let hash = self.mempool.submit(envelope.encoded_2718().into())?;
        let sent_at_block = head.number;
        Ok(Attempt { hash, nonce, fee_cap_wei, tip_wei, sent_at_block, sent_at_ms: now_ms })
    }

    /// With the tip while the payee's word holds.
    fn call(&self, kept: &Kept, now_s: u64) -> Bytes {
        let (voucher, tick, signature) = (kept.voucher(), kept.tick(), kept.signature());
        match kept.watch(self.address, now_s) {
            Some((watch, watch_signature)) => IChannels::settleWatchedCall {
                voucher,
                tick,
                signature,
                watch,
                watchSignature: watch_signature,
            }
            .abi_encode()
            .into(),
            None => IChannels::settleCall { voucher, tick, signature }.abi_encode().into(),
        }
    }
}
