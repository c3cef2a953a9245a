//! What the builders of transactions take and return. Nothing is signed or sent by them.

use super::{AnyVoucher, ChannelWatch, CoopCloseSplit, VoucherTick, voucher::amount};
use crate::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

/// A transaction to be completed (nonce, fees), signed and sent by the asker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreparedTransaction {
    /// The module.
    pub to: Address,
    /// Call.
    pub data: Bytes,
    /// Wei to send along.
    pub value: U256,
    /// Gas limit that suffices on the newest block; `null` where no `from` was given that could be tried.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub gas: Option<u64>,
    /// How many vouchers it settles, for `channel_prepareBatch`; else `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Id that is opened if the payer opens nothing else before; `null` for other calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<B256>,
}

/// Opens a channel: `channel_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenChannel {
    /// The payer.
    pub from: Address,
    /// Who is paid.
    pub payee: Address,
    /// Deposit in wei; the storage deposit is added to the transaction's value.
    #[serde(with = "amount")]
    pub deposit_wei: u128,
    /// Who may close for the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Address>,
    /// Who signs vouchers; the payer unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Address>,
    /// Any number; zero unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<B256>,
    /// How long the payee has after a close request, in seconds; a day unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_s: Option<u32>,
    /// Seconds since 1970; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<u64>,
}

/// Opens a pool: `channel_poolOpen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenPool {
    /// The payer.
    pub from: Address,
    /// Deposit in wei.
    #[serde(with = "amount")]
    pub deposit_wei: u128,
    /// Burnt when more is promised than deposited; as much as the deposit unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collateral_wei: Option<U256>,
    /// No payee may claim more than deposit / minPayees; 8 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_payees: Option<u16>,
    /// Who signs vouchers; the payer unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Address>,
    /// Any number; zero unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<B256>,
    /// How long payees have after a close request, in seconds; a day unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_s: Option<u32>,
    /// Seconds since 1970; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<u64>,
}

/// Adds to a channel's deposit: `channel_topUp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopUpChannel {
    /// Who pays; the payer's own top-up takes a close request back.
    pub from: Address,
    /// Which channel.
    pub id: B256,
    /// How much.
    #[serde(with = "amount")]
    pub amount_wei: u128,
}

/// Adds to a pool: `channel_poolTopUp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopUpPool {
    /// The payer.
    pub from: Address,
    /// Which pool.
    pub id: B256,
    /// To the deposit.
    #[serde(with = "amount")]
    pub amount_wei: u128,
    /// To the collateral; as much again unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collateral_wei: Option<U256>,
}

/// Settles a voucher of any shape: `channel_settle`; of a pool `channel_poolSettle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettleChannel {
    /// Who sends; anyone may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// The voucher.
    pub voucher: AnyVoucher,
    /// The newest tick after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<VoucherTick>,
    /// The secret of a voucher with a condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<B256>,
    /// The signer's signature.
    pub signature: Bytes,
    /// With it the tower settles, and keeps its tip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<ChannelWatch>,
    /// The payee's signature of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch_signature: Option<Bytes>,
}

/// Ends a channel for its payee: `channel_close`. Without a voucher nothing more is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseChannel {
    /// The payee, or the operator.
    pub from: Address,
    /// Which channel.
    pub id: B256,
    /// The newest voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<AnyVoucher>,
    /// The newest tick after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<VoucherTick>,
    /// The signer's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Bytes>,
    /// What the lane is paid in all; all that is claimed unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_wei: Option<U256>,
}

/// Ends a channel by a split that both signed: `channel_coopClose`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CoopCloseChannel {
    /// Who sends; anyone may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// The split.
    pub split: CoopCloseSplit,
    /// Signature of the channel's signer.
    pub signer_signature: Bytes,
    /// Signature of the payee.
    pub payee_signature: Bytes,
}

/// A call that needs an id alone: `channel_requestClose`, `channel_withdraw`, `channel_expire`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FromChannel {
    /// Who sends. Only the payer may request to close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// Which channel or pool.
    pub id: B256,
}

/// Transactions that settle many vouchers: `channel_prepareBatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreparedBatch {
    /// To be sent in this order.
    pub transactions: Vec<PreparedTransaction>,
    /// Items that are in none of them.
    pub refused: Vec<BatchRefusal>,
    /// What all of them pay.
    pub due_wei: U256,
}

/// An item that no batch settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchRefusal {
    /// Its place in the request, from 0.
    pub index: u64,
    /// Why.
    pub reason: String,
}

/// What the records of a channel and of a pool cost while they last: `channel_storageDeposit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageDeposits {
    /// Of a channel.
    pub channel_wei: U256,
    /// Of a pool.
    pub pool_wei: U256,
}

/// A call of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChannelCall {
    /// `open`
    Open,
    /// `topUp`
    TopUp,
    /// `settle`
    Settle,
    /// `settleConditional`
    SettleConditional,
    /// `settleWatched`
    SettleWatched,
    /// `close`
    Close,
    /// `coopClose`
    CoopClose,
    /// `requestClose`
    RequestClose,
    /// `withdraw`
    Withdraw,
    /// `expire`
    Expire,
    /// `batchSettle`, for each item
    BatchItem,
    /// `poolOpen`
    PoolOpen,
    /// `poolTopUp`
    PoolTopUp,
    /// `poolSettle`
    PoolSettle,
    /// `poolRequestClose`
    PoolRequestClose,
    /// `poolClose`
    PoolClose,
}

/// What is to be sent: `channel_estimateFee`. Either of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelFeeQuery {
    /// A kind of call: the answer is what such a call takes at most in the usual case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChannelCall>,
    /// A call, which is tried on the newest block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<TransactionRequest>,
}

/// What a call costs now: `channel_estimateFee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelFee {
    /// Gas.
    #[serde(with = "alloy_serde::quantity")]
    pub gas: u64,
    /// Base fee of the next block's payment lane, in which calls of the module ride while it has room; wei
    /// per gas.
    pub base_fee_wei: U256,
    /// Tip that the next block takes, in wei a gas.
    pub tip_wei: U256,
    /// gas · (base fee + tip), in wei.
    pub fee_wei: U256,
}
