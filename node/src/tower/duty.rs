//! What a tower has to do now.

use super::{Kept, Lane, Tower, Watch, sender::Attempt};
use crate::{
    chain::channel_refusal,
    metrics,
    storage::{ChannelChange, StoredBlock, ViewError, channel_logs},
};
use alloy_primitives::B256;
use btt_runtime::{
    modules::{ModuleError, channels::IChannels},
    state::StoreError,
};

/// A settlement that so many blocks have not taken is offered more.
const PATIENCE_BLOCKS: u64 = 3;
/// And one that waited so long without a block of any kind, in ms.
const PATIENCE_MS: u64 = 10_000;

/// Why a look failed. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub(super) enum DutyError {
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0:?}")]
    Module(ModuleError),
}

impl Tower {
    /// Takes note of what a block did to watched channels.
    pub(super) fn on_block(&self, block: &StoredBlock) {
        let mut watch = self.watch.lock();
        for log in channel_logs(&block.receipts) {
            let is_watched = watch.kept.range((log.id, 0)..=(log.id, u8::MAX)).next().is_some();
            if !is_watched {
                continue;
            }
            match log.change {
                ChannelChange::CloseRequested { time_ms, block } => {
                    let channel = log.id;
                    tracing::warn!(%channel, time_ms, block, "a watched channel is closing");
                    watch.closing.insert(log.id);
                }
                // The next look forgets it.
                ChannelChange::Closed { .. } => {
                    watch.closing.insert(log.id);
                }
                _ => {}
            }
        }
    }

    /// Looks at every watched channel at the next [`Self::act`]: at the start, and after events were missed.
    pub(super) fn look_at_all(&self) {
        let mut watch = self.watch.lock();
        let ids: Vec<B256> = watch.kept.keys().map(|(id, _)| *id).collect();
        watch.closing.extend(ids);
    }

    /// Settles what is due.
    pub(super) fn act(&self, now_ms: u64) -> Result<(), DutyError> {
        let mut watch = self.watch.lock();
        let now_s = now_ms / 1000;
        let expiring =
            watch.kept.values().filter(|kept| kept.expiry_s != 0 && kept.expiry_s <= now_s);
        let expiring: Vec<B256> = expiring.map(|kept| kept.lane().0).collect();
        watch.closing.extend(expiring);
        // Read before the channels' state: a nonce that is used up by then has had its effect.
        let nonce = self.chain.head_account(self.address)?.unwrap_or_default().nonce;
        let mut nearest_s: Option<u64> = None;
        for id in watch.closing.clone() {
            if let Some(ends_ms) = self.attend(&mut watch, id, nonce, now_ms)? {
                let left_s = ends_ms.saturating_sub(now_ms) / 1000;
                nearest_s = Some(nearest_s.map_or(left_s, |nearest| nearest.min(left_s)));
            }
        }
        metrics::tower_keeps(watch.kept.len());
        metrics::tower_grace_left(nearest_s);
        Ok(())
    }

    /// Looks after one channel; returns when its grace ends while a settlement is not final.
    fn attend(
        &self,
        watch: &mut Watch,
        id: B256,
        nonce: u64,
        now_ms: u64,
    ) -> Result<Option<u64>, DutyError> {
        let mut trial = self.chain.channel_trial(now_ms)?;
        let channel = match trial.read(&IChannels::channelCall { channelId: id }) {
            Ok(channel) => channel,
            Err(ModuleError::Revert(_)) => {
                // After a rollback it may only not be open yet.
                if self.chain.store().channel_end(id)?.is_some() {
                    self.forget(watch, id)?;
                }
                watch.closing.remove(&id);
                return Ok(None);
            }
            Err(error) => return Err(DutyError::Module(error)),
        };
        drop(trial);
        let lanes = watch.kept.range((id, 0)..=(id, u8::MAX));
        let kept: Vec<(Lane, Kept)> = lanes.map(|(lane, kept)| (*lane, kept.clone())).collect();
        let expiry_s = kept.first().map_or(0, |(_, kept)| kept.expiry_s);
        let is_expiring = expiry_s != 0 && expiry_s <= now_ms / 1000;
        if channel.closesAtMs == 0 && !is_expiring {
            watch.closing.remove(&id);
            return Ok(None);
        }
        let ends_ms = match (channel.closesAtMs, channel.expiresAtMs) {
            (0, expires) => expires,
            (closes, 0) => closes,
            (closes, expires) => closes.min(expires),
        };
        let mut is_due = false;
        for (lane, kept) in kept {
            let settled_wei = channel.laneSettledWei.get(usize::from(lane.1)).copied().unwrap_or(0);
            if settled_wei >= kept.claim_wei {
                self.conclude(watch, lane, true);
                continue;
            }
            is_due = true;
            self.pursue(watch, lane, &kept, nonce, now_ms)?;
        }
        Ok(is_due.then_some(ends_ms))
    }

    /// Sends a settlement, or again with a higher fee.
    fn pursue(
        &self,
        watch: &mut Watch,
        lane: Lane,
        kept: &Kept,
        nonce: u64,
        now_ms: u64,
    ) -> Result<(), DutyError> {
        let mut before = watch.attempts.get(&lane).copied();
        if let Some(attempt) = before {
            if attempt.nonce < nonce {
                // It, or another with its nonce, is in a block, and the lane is not settled.
                self.conclude(watch, lane, false);
                before = None;
            } else if !self.has_waited(&attempt, now_ms) {
                return Ok(());
            }
        }
        if let Some(reason) = self.hindrance(kept, now_ms)? {
            if watch.hindered.insert(lane) {
                tracing::error!(channel = %lane.0, lane = lane.1, reason, "not settled");
            }
            return Ok(());
        }
        watch.hindered.remove(&lane);
        let (channel, number) = lane;
        match self.send(kept, before.as_ref(), now_ms) {
            Ok(attempt) => {
                let (hash, fee_cap_wei) = (attempt.hash, attempt.fee_cap_wei);
                tracing::info!(%channel, lane = number, %hash, fee_cap_wei, "settlement sent");
                metrics::tower_sent();
                watch.attempts.insert(lane, attempt);
            }
            Err(error) => {
                tracing::error!(%channel, lane = number, %error, "a settlement cannot be sent");
                // Not again at every block.
                if let Some(attempt) = watch.attempts.get_mut(&lane) {
                    attempt.sent_at_block = self.chain.head().number;
                    attempt.sent_at_ms = now_ms;
                }
            }
        }
        Ok(())
    }

    /// Why a settlement would be of no use now.
    fn hindrance(&self, kept: &Kept, now_ms: u64) -> Result<Option<String>, DutyError> {
        let watch = kept.watch(self.address, now_ms / 1000);
        if watch.is_none() && !self.settings.settle_untipped {
            return Ok(Some("the time of the payee's word for a tip is over".to_owned()));
        }
        let mut trial = self.chain.channel_trial(now_ms)?;
        let (voucher, tick, signature) = (kept.voucher(), kept.tick(), kept.signature());
        let tried = match watch {
            Some((watch, watch_signature)) => {
                let call = IChannels::settleWatchedCall {
                    voucher,
                    tick,
                    signature,
                    watch,
                    watchSignature: watch_signature,
                };
                trial.write(self.address, &call).map(drop)
            }
            None => {
                let call = IChannels::settleCall { voucher, tick, signature };
                trial.write(self.address, &call).map(drop)
            }
        };
        match tried {
            Ok(()) => Ok(None),
            Err(ModuleError::Revert(data)) => {
                Ok(Some(channel_refusal(&data).unwrap_or_else(|| "the module refuses".to_owned())))
            }
            Err(error) => Err(DutyError::Module(error)),
        }
    }

    fn has_waited(&self, attempt: &Attempt, now_ms: u64) -> bool {
        let blocks = self.chain.head().number.saturating_sub(attempt.sent_at_block);
        let waits = self.mempool.get(&attempt.hash).is_some();
        if waits && attempt.fee_cap_wei >= u128::from(self.settings.max_fee_wei) {
            // No more is offered; it stays where it is.
            return false;
        }
        !waits && blocks > 0
            || blocks >= PATIENCE_BLOCKS
            || now_ms.saturating_sub(attempt.sent_at_ms) >= PATIENCE_MS
    }

    /// A settlement is over.
    fn conclude(&self, watch: &mut Watch, lane: Lane, is_settled: bool) {
        let Some(attempt) = watch.attempts.remove(&lane) else { return };
        let (channel, hash) = (lane.0, attempt.hash);
        metrics::tower_concluded(is_settled);
        if is_settled {
            tracing::info!(%channel, lane = lane.1, %hash, "settlement is final");
        } else {
            tracing::error!(%channel, lane = lane.1, %hash, "a settlement paid nothing");
        }
    }

    fn forget(&self, watch: &mut Watch, id: B256) -> Result<(), DutyError> {
        let lanes = watch.kept.range((id, 0)..=(id, u8::MAX));
        let lanes: Vec<Lane> = lanes.map(|(lane, _)| *lane).collect();
        for lane in lanes {
            self.chain.store().delete_watched(&Kept::key(lane))?;
            watch.kept.remove(&lane);
            watch.hindered.remove(&lane);
            self.conclude_gone(watch, lane);
        }
        Ok(())
    }

    /// The channel is gone: by the settlement's time the lane may have been paid, or not.
    fn conclude_gone(&self, watch: &mut Watch, lane: Lane) {
        let Some(attempt) = watch.attempts.get(&lane) else { return };
        let place = self.chain.transaction_place(attempt.hash).ok().flatten();
        let is_final = place.is_some_and(|(block, index)| {
            let block = self.chain.block(block).ok().flatten();
            block.is_some_and(|b| b.receipts.get(index).is_some_and(|receipt| receipt.success))
        });
        self.conclude(watch, lane, is_final);
    }
}
