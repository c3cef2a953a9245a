//! Transactions that pay by vouchers, and what the watchtower is given.

use super::{
    super::{RpcError, context::Rpc},
    build::narrow,
    refused, verify,
};
use crate::tower::{Tower, WatchError};
use alloy_primitives::{B256, U256};
use btt_api::types::{
    AnyVoucher, ChannelVoucher, CloseChannel, CoopCloseChannel, PreparedTransaction, SettleChannel,
    WatchRequest, WatchedVoucher,
};
use btt_runtime::modules::channels::{
    IChannels,
    voucher::{Tick, Voucher},
};
use std::sync::Arc;

fn invalid<T>(text: &str) -> Result<T, RpcError> {
    Err(RpcError::InvalidParams(text.to_owned()))
}

impl Rpc {
    pub(super) fn build_settle(
        &self,
        request: &SettleChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let from = request.from.unwrap_or_default();
        let tick: Tick = request.tick.unwrap_or_default().into();
        let signature = request.signature.clone();
        match (&request.voucher, &request.watch) {
            (AnyVoucher::Voucher(v), None) => {
                let call = IChannels::settleCall { voucher: (*v).into(), tick, signature };
                self.prepared(from, &call, U256::ZERO)
            }
            (AnyVoucher::Voucher(v), Some(watch)) => {
                let Some(watch_signature) = request.watch_signature.clone() else {
                    return invalid("a watch needs the payee's watchSignature");
                };
                let call = IChannels::settleWatchedCall {
                    voucher: (*v).into(),
                    tick,
                    signature,
                    watch: (*watch).into(),
                    watchSignature: watch_signature,
                };
                self.prepared(request.from.unwrap_or(watch.tower), &call, U256::ZERO)
            }
            (_, Some(_)) => invalid("a tower settles plain vouchers of channels only"),
            (AnyVoucher::Pool(v), None) => {
                let call = IChannels::poolSettleCall { voucher: (*v).into(), tick, signature };
                self.prepared(from, &call, U256::ZERO)
            }
            (AnyVoucher::Conditional(v), None) => {
                let Some(secret) = request.secret else {
                    return invalid("a voucher with a condition needs its secret");
                };
                let call =
                    IChannels::settleConditionalCall { voucher: (*v).into(), secret, signature };
                self.prepared(from, &call, U256::ZERO)
            }
        }
    }

    pub(super) fn build_close(
        &self,
        request: &CloseChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let id = request.id;
        let mut trial = self.trial()?;
        let record = self.record(&trial, id)?;
        if record.is_pool {
            return invalid("a pool has no payee that could close it; try channel_requestClose");
        }
        let voucher = newest(request)?;
        let channel = trial.read(&IChannels::channelCall { channelId: id }).map_err(refused)?;
        let lane = usize::try_from(voucher.lane).unwrap_or(usize::MAX);
        let settled_wei = channel.laneSettledWei.get(lane).copied().unwrap_or(0);
        let tick = request.tick.unwrap_or_default();
        let capture_wei = match request.capture_wei {
            Some(wei) => narrow("captureWei", wei)?,
            None => {
                let claimed = verify::claimed_wei(&AnyVoucher::Voucher(voucher), tick);
                claimed.map_err(RpcError::InvalidParams)?.max(settled_wei)
            }
        };
        let (voucher, tick) = (Voucher::from(voucher), Tick::from(tick));
        let signature = request.signature.clone().unwrap_or_default();
        if request.from == record.operator && request.from != record.payee {
            let call = IChannels::closeAsOperatorCall {
                voucher,
                tick,
                signature,
                captureWei: capture_wei,
                salt: record.salt,
            };
            return self.prepared(request.from, &call, U256::ZERO);
        }
        let call = IChannels::closeCall { voucher, tick, signature, captureWei: capture_wei };
        self.prepared(request.from, &call, U256::ZERO)
    }

    pub(super) fn build_coop_close(
        &self,
        request: CoopCloseChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let call = IChannels::coopCloseCall {
            split: request.split.into(),
            signerSignature: request.signer_signature,
            payeeSignature: request.payee_signature,
        };
        self.prepared(request.from.unwrap_or_default(), &call, U256::ZERO)
    }

    fn tower(&self) -> Result<&Arc<Tower>, RpcError> {
        self.context.tower.as_ref().ok_or_else(|| {
            let text = "this node runs no watchtower: its operator turns one on by key_file in \
                        [watchtower]";
            RpcError::Failed(text.to_owned())
        })
    }

    pub(super) fn give_to_tower(&self, request: &WatchRequest) -> Result<WatchedVoucher, RpcError> {
        let tower = self.tower()?;
        tower.watch(request).map_err(|error| match error {
            WatchError::Refused(text) => RpcError::InvalidParams(text),
            WatchError::Full(text) => RpcError::Limit(text),
            WatchError::Module(error) => refused(error),
            WatchError::View(error) => error.into(),
            WatchError::Disk(error) => RpcError::Internal(error),
        })
    }

    pub(super) fn kept_by_tower(&self, id: B256) -> Result<Vec<WatchedVoucher>, RpcError> {
        Ok(self.tower()?.watched(id))
    }
}

/// The voucher by which a payee closes; without one, that of what was paid already.
fn newest(request: &CloseChannel) -> Result<ChannelVoucher, RpcError> {
    let id = request.id;
    match &request.voucher {
        None => Ok(ChannelVoucher { channel_id: id, ..ChannelVoucher::default() }),
        Some(AnyVoucher::Voucher(_))
            if request.signature.as_ref().is_none_or(|bytes| bytes.is_empty()) =>
        {
            invalid("a voucher needs its signature")
        }
        Some(AnyVoucher::Voucher(voucher)) if voucher.channel_id == id => Ok(*voucher),
        Some(AnyVoucher::Voucher(_)) => invalid("the voucher is of another channel"),
        Some(_) => invalid("a channel is closed by a plain voucher; settle others first"),
    }
}
