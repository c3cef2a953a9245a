//! Vouchers that a watchtower keeps: `channel_watch`, `channel_watched`.

use super::{AnyVoucher, ChannelVoucher, VoucherTick, voucher::amount};
use alloy_primitives::{Address, B256, Bytes};
use btt_runtime::modules::channels::voucher as abi;
use serde::{Deserialize, Serialize};

/// Signed by the payee: `tower` may keep a tip of what it settles. The EIP-712 type `Watch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelWatch {
    /// Of which channel.
    pub channel_id: B256,
    /// Which tower.
    pub tower: Address,
    /// Its tip, in hundredths of a percent of what it settles.
    pub tip_bps: u16,
    /// Until then, in seconds since 1970.
    pub valid_until: u64,
}

impl From<ChannelWatch> for abi::Watch {
    fn from(watch: ChannelWatch) -> Self {
        Self {
            channelId: watch.channel_id,
            tower: watch.tower,
            tipBps: watch.tip_bps,
            validUntil: watch.valid_until,
        }
    }
}

/// A voucher for this node's watchtower: `channel_watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchRequest {
    /// The voucher, of a channel and without condition.
    pub voucher: AnyVoucher,
    /// The newest tick after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<VoucherTick>,
    /// The signer's signature.
    pub signature: Bytes,
    /// What the tower may keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<ChannelWatch>,
    /// The payee's signature of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch_signature: Option<Bytes>,
}

/// A voucher that the watchtower keeps: `channel_watch`, `channel_watched`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedVoucher {
    /// The voucher.
    pub voucher: ChannelVoucher,
    /// The newest tick after it.
    pub tick: VoucherTick,
    /// The signer's signature.
    pub signature: Bytes,
    /// Claimed in its lane, ticks included.
    #[serde(with = "amount")]
    pub claim_wei: u128,
    /// The tower that settles it: this node's.
    pub tower: Address,
    /// The tip it may keep, in hundredths of a percent.
    pub tip_bps: u16,
    /// Until when it may keep it, in seconds since 1970; `null` without a tip.
    pub tip_valid_until: Option<u64>,
}
