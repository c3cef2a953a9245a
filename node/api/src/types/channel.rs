//! What `channel_` takes and answers. Amounts are wei; grace is seconds, times are ms since 1970.

mod event;
mod requests;
mod voucher;
mod watch;

pub use event::{ChannelChange, ChannelEvent, ChannelEventPage, ChannelFilter};
pub use requests::{
    BatchRefusal, ChannelCall, ChannelFee, ChannelFeeQuery, CloseChannel, CoopCloseChannel,
    FromChannel, OpenChannel, OpenPool, PreparedBatch, PreparedTransaction, SettleChannel,
    StorageDeposits, TopUpChannel, TopUpPool,
};
pub use voucher::{
    AnyVoucher, ChannelVoucher, ConditionalChannelVoucher, CoopCloseSplit, PoolChannelVoucher,
    SignedVoucher, VoucherDigest, VoucherTick, VoucherVerdict,
};
pub use watch::{ChannelWatch, WatchRequest, WatchedVoucher};

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

/// A channel or a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// One payee.
    Channel,
    /// Many payees, and collateral.
    Pool,
}

/// Where a channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelStatus {
    /// Vouchers are paid.
    Open,
    /// Vouchers are paid; the payer has asked to close and waits for the end of the grace.
    Closing,
    /// Gone.
    Closed,
}

/// A channel or pool: `channel_get`, `channel_poolGet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelInfo {
    /// What vouchers name it by.
    pub id: B256,
    /// Channel or pool.
    pub kind: ChannelKind,
    /// Where it stands.
    pub status: ChannelStatus,
    /// Who deposited.
    pub payer: Address,
    /// Who is paid; `null` for a pool.
    pub payee: Option<Address>,
    /// Who signs vouchers.
    pub signer: Address,
    /// Who may close for the payee; zero for nobody.
    pub operator: Address,
    /// Chosen by the payer.
    pub salt: B256,
    /// The payer's counter.
    #[serde(with = "alloy_serde::quantity")]
    pub open_index: u64,
    /// Deposit, what was paid out included.
    pub deposit_wei: U256,
    /// Paid out in all.
    pub settled_wei: U256,
    /// Of it, lane by lane; `null` for pools, where lanes are each payee's, and for what is closed.
    pub lane_settled_wei: Option<[U256; 4]>,
    /// Deposit less what was paid; zero once it is closed.
    pub remaining_wei: U256,
    /// A pool's collateral; `null` for channels.
    pub collateral_wei: Option<U256>,
    /// No payee may claim more than deposit / minPayees; `null` for channels.
    pub min_payees: Option<u16>,
    /// The payer promised more than there was; `null` for channels.
    pub is_frozen: Option<bool>,
    /// How long payees have after a close request, in seconds.
    pub grace_s: u32,
    /// Held for the records; zero once it is closed.
    pub storage_deposit_wei: U256,
    /// When the payer may withdraw, if it asked to close: both time …
    #[serde(with = "alloy_serde::quantity::opt")]
    pub closes_at_ms: Option<u64>,
    /// … and block must come.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub closes_at_block: Option<u64>,
    /// When anyone may expire it; `null` if never, and once it is closed.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub expires_at_ms: Option<u64>,
    /// The same as a block.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub expires_at_block: Option<u64>,
    /// Block that opened it.
    #[serde(with = "alloy_serde::quantity")]
    pub opened_at_block: u64,
    /// Transaction that opened it.
    pub open_transaction: B256,
    /// Block that ended it; `null` while it is open.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub closed_at_block: Option<u64>,
}

/// Part of a list of channels, in the order in which they were opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelPage {
    /// Channels and pools.
    pub channels: Vec<ChannelInfo>,
    /// Cursor of the next part; `null` at the end.
    pub next: Option<Bytes>,
}

/// Which channels: `channel_list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelQuery {
    /// Of this payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Address>,
    /// To this payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Address>,
    /// Of this standing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ChannelStatus>,
    /// `next` of the part before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Bytes>,
    /// Most channels of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<super::Number>,
}

/// What a payee was paid by a pool: `channel_poolClaim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolPayeeClaim {
    /// By which pool.
    pub pool_id: B256,
    /// Who.
    pub payee: Address,
    /// In all.
    pub settled_wei: U256,
    /// Lane by lane.
    pub lane_settled_wei: [U256; 4],
    /// Held for the payee's record.
    pub storage_deposit_wei: U256,
}
