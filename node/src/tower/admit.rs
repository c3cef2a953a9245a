//! Taking a voucher in: tried by the module as it will be settled, newer than what is kept, durable before the
//! answer.

use super::{Tower, kept::Kept};
use crate::{chain::ChannelTrial, metrics, storage::ViewError};
use alloy_primitives::Bytes;
use btt_api::types::{AnyVoucher, ChannelVoucher, WatchRequest, WatchedVoucher};
use btt_runtime::modules::{
    ModuleError,
    channels::{IChannels, voucher::claim_wei},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why a voucher is not kept.
#[derive(Debug)]
pub enum WatchError {
    /// The request breaks a rule of the tower.
    Refused(String),
    /// No more are kept.
    Full(String),
    /// The module would not settle it.
    Module(ModuleError),
    /// The state cannot be read.
    View(ViewError),
    /// It could not be made durable.
    Disk(String),
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Tower {
    /// Keeps a voucher. When this returns, it is on the disk.
    ///
    /// # Errors
    /// What is wrong with it, or with the tower.
    pub fn watch(&self, request: &WatchRequest) -> Result<WatchedVoucher, WatchError> {
        let AnyVoucher::Voucher(voucher) = request.voucher else {
            return refused("the tower keeps plain vouchers of channels only");
        };
        let mut trial = self.chain.channel_trial(now_ms()).map_err(WatchError::View)?;
        let kept = self.try_out(&mut trial, &voucher, request)?;
        drop(trial);
        // Held until it is durable: of two that come at once the newer stays.
        let mut watch = self.watch.lock();
        let lane = kept.lane();
        match watch.kept.get(&lane) {
            Some(older) if older.claim_wei >= kept.claim_wei => {
                let wei = older.claim_wei;
                return refused(&format!("the tower keeps a voucher of {wei} wei for this lane"));
            }
            None if watch.kept.len() >= self.settings.max_vouchers => {
                let limit = self.settings.max_vouchers;
                let text = format!("the tower keeps {limit} vouchers, no more are taken");
                return Err(WatchError::Full(text));
            }
            _ => {}
        }
        let store = self.chain.store();
        store
            .put_watched(&Kept::key(lane), &alloy_rlp::encode(&kept))
            .map_err(|error| WatchError::Disk(error.to_string()))?;
        let shown = kept.shown(self.address);
        watch.kept.insert(lane, kept);
        // It may be closing already: the next look finds out.
        watch.closing.insert(lane.0);
        metrics::tower_keeps(watch.kept.len());
        Ok(shown)
    }

    /// Settles it on trial, as the tower would.
    fn try_out(
        &self,
        trial: &mut ChannelTrial<'_>,
        voucher: &ChannelVoucher,
        request: &WatchRequest,
    ) -> Result<Kept, WatchError> {
        let (tick, signature) = (request.tick.unwrap_or_default(), request.signature.clone());
        let claim_wei =
            claim_wei(voucher.cumulative_amount, voucher.tick_value, voucher.tick_max, tick.index)
                .map_err(|error| WatchError::Refused(error.to_string()))?;
        let record = self.chain.store().channel_record(voucher.channel_id);
        let record = record.map_err(|error| WatchError::Disk(error.to_string()))?;
        let expiry_s = record.map_or(0, |record| record.expiry_s);
        let kept = Kept::new(voucher, tick, signature.clone(), claim_wei, expiry_s);
        let (kept, paid_wei) = match self.promise(voucher, request)? {
            Some((tip_bps, valid_until, watch_signature)) => {
                let kept = kept.tipped(tip_bps, valid_until, watch_signature.clone());
                let now_s = trial.time_ms() / 1000;
                let Some((watch, _)) = kept.watch(self.address, now_s) else {
                    return refused(&format!("the watch ended at {valid_until} s"));
                };
                let call = IChannels::settleWatchedCall {
                    voucher: (*voucher).into(),
                    tick: tick.into(),
                    signature,
                    watch,
                    watchSignature: watch_signature,
                };
                let paid = trial.write(self.address, &call).map_err(WatchError::Module)?;
                (kept, paid.paidWei.saturating_add(paid.tipWei))
            }
            None => {
                let call = IChannels::settleCall {
                    voucher: (*voucher).into(),
                    tick: tick.into(),
                    signature,
                };
                (kept, trial.write(self.address, &call).map_err(WatchError::Module)?)
            }
        };
        if paid_wei == 0 {
            return refused("the voucher claims no more than was paid");
        }
        Ok(kept)
    }

    /// Tip, its end and the payee's signature; `None` where the tower settles for nothing.
    fn promise(
        &self,
        voucher: &ChannelVoucher,
        request: &WatchRequest,
    ) -> Result<Option<(u16, u64, Bytes)>, WatchError> {
        let address = self.address;
        let Some(watch) = request.watch else {
            if self.settings.settle_untipped {
                return Ok(None);
            }
            return refused(&format!(
                "this tower settles for a tip: add a watch that names the tower {address}, and the \
                 payee's watchSignature"
            ));
        };
        if watch.tower != address {
            return refused(&format!("the watch names another tower, this one is {address}"));
        }
        if watch.channel_id != voucher.channel_id {
            return refused("the watch is of another channel than the voucher");
        }
        if watch.tip_bps == 0 && !self.settings.settle_untipped {
            return refused("this tower settles for a tip: tipBps is 0");
        }
        let Some(signature) = request.watch_signature.clone() else {
            return refused("a watch needs the payee's watchSignature");
        };
        Ok(Some((watch.tip_bps, watch.valid_until, signature)))
    }
}

fn refused<T>(text: &str) -> Result<T, WatchError> {
    Err(WatchError::Refused(text.to_owned()))
}
