//! A voucher that a tower keeps, in and out of its row.

use super::Lane;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use btt_api::types::{ChannelVoucher, VoucherTick, WatchedVoucher};
use btt_runtime::modules::channels::voucher::{Tick, Voucher, Watch};

/// A voucher, what proves it, and what the tower may keep of it.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct Kept {
    channel_id: B256,
    lane: u32,
    cumulative_amount_wei: u128,
    tick_anchor: B256,
    tick_value_wei: u128,
    tick_max: u32,
    tick_index: u32,
    tick_preimage: B256,
    signature: Bytes,
    /// Claimed in the lane, ticks included.
    pub(super) claim_wei: u128,
    /// The tip; 0 where nothing was promised.
    tip_bps: u16,
    /// Until when the tip may be kept, in seconds since 1970.
    tip_valid_until: u64,
    /// The payee's signature; empty where nothing was promised.
    watch_signature: Bytes,
    /// When the channel expires, in seconds since 1970, before its grace; 0 for never.
    pub(super) expiry_s: u64,
}

impl Kept {
    pub(super) fn new(
        voucher: &ChannelVoucher,
        tick: VoucherTick,
        signature: Bytes,
        claim_wei: u128,
        expiry_s: u64,
    ) -> Self {
        Self {
            channel_id: voucher.channel_id,
            lane: voucher.lane,
            cumulative_amount_wei: voucher.cumulative_amount,
            tick_anchor: voucher.tick_anchor,
            tick_value_wei: voucher.tick_value,
            tick_max: voucher.tick_max,
            tick_index: tick.index,
            tick_preimage: tick.preimage,
            signature,
            claim_wei,
            tip_bps: 0,
            tip_valid_until: 0,
            watch_signature: Bytes::new(),
            expiry_s,
        }
    }

    /// With what the payee has signed.
    pub(super) fn tipped(self, tip_bps: u16, valid_until: u64, watch_signature: Bytes) -> Self {
        Self { tip_bps, tip_valid_until: valid_until, watch_signature, ..self }
    }

    /// Whose it is; the lane was checked when it came.
    pub(super) fn lane(&self) -> Lane {
        (self.channel_id, u8::try_from(self.lane).unwrap_or(u8::MAX))
    }

    /// Its row's key.
    pub(super) fn key((id, lane): Lane) -> Vec<u8> {
        let mut key = id.to_vec();
        key.push(lane);
        key
    }

    pub(super) fn voucher(&self) -> Voucher {
        Voucher {
            channelId: self.channel_id,
            lane: self.lane,
            cumulativeAmount: self.cumulative_amount_wei,
            tickAnchor: self.tick_anchor,
            tickValue: self.tick_value_wei,
            tickMax: self.tick_max,
        }
    }

    pub(super) fn tick(&self) -> Tick {
        Tick { index: self.tick_index, preimage: self.tick_preimage }
    }

    pub(super) fn signature(&self) -> Bytes {
        self.signature.clone()
    }

    /// What the payee has signed, and its signature, while it holds.
    pub(super) fn watch(&self, tower: Address, now_s: u64) -> Option<(Watch, Bytes)> {
        let holds = !self.watch_signature.is_empty() && now_s <= self.tip_valid_until;
        let watch = Watch {
            channelId: self.channel_id,
            tower,
            tipBps: self.tip_bps,
            validUntil: self.tip_valid_until,
        };
        holds.then(|| (watch, self.watch_signature.clone()))
    }

    pub(super) fn shown(&self, tower: Address) -> WatchedVoucher {
        WatchedVoucher {
            voucher: ChannelVoucher::from(&self.voucher()),
            tick: VoucherTick::from(&self.tick()),
            signature: self.signature(),
            claim_wei: self.claim_wei,
            tower,
            tip_bps: self.tip_bps,
            tip_valid_until: (!self.watch_signature.is_empty()).then_some(self.tip_valid_until),
        }
    }
}
