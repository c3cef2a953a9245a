//! What calls of the module cost.

use super::super::{RpcError, context::Rpc};
use alloy_primitives::{TxKind, U256};
use btt_api::types::{ChannelCall, ChannelFee, ChannelFeeQuery};
use btt_runtime::primitives::addresses::CHANNELS;

impl Rpc {
    pub(super) fn channel_fee(&self, query: ChannelFeeQuery) -> Result<ChannelFee, RpcError> {
        let gas = match (query.kind, query.call) {
            (Some(kind), None) => usual_gas(kind),
            (None, Some(mut call)) => {
                if call.to.get_or_insert(TxKind::Call(CHANNELS)) != &TxKind::Call(CHANNELS) {
                    let text = format!("the call must go to the channels module, {CHANNELS}");
                    return Err(RpcError::InvalidParams(text));
                }
                self.estimated(call)?
            }
            _ => {
                let text = "give either a kind of call or a call".to_owned();
                return Err(RpcError::InvalidParams(text));
            }
        };
        // Calls of the module ride in the payment lane while it has room.
        let base_fee_wei = U256::from(self.chain().head().next_lane_fee_wei);
        let tip_wei = U256::from(self.tips.suggest(self.chain())?);
        let fee_wei = base_fee_wei.saturating_add(tip_wei).saturating_mul(U256::from(gas));
        Ok(ChannelFee { gas, base_fee_wei, tip_wei, fee_wei })
    }
}

/// Gas that a call takes at most in the usual case: first payment of a payee, lane 0, 65 bytes of signature, no
/// ticks. A test holds it to what calls take.
pub(super) const fn usual_gas(kind: ChannelCall) -> u64 {
    match kind {
        ChannelCall::Open => 250_000,
        ChannelCall::PoolOpen => 220_000,
        ChannelCall::TopUp | ChannelCall::PoolTopUp => 60_000,
        ChannelCall::Settle | ChannelCall::SettleConditional => 90_000,
        ChannelCall::SettleWatched => 130_000,
        ChannelCall::PoolSettle => 120_000,
        ChannelCall::Close | ChannelCall::CoopClose => 120_000,
        ChannelCall::RequestClose | ChannelCall::PoolRequestClose => 50_000,
        ChannelCall::Withdraw | ChannelCall::Expire | ChannelCall::PoolClose => 110_000,
        ChannelCall::BatchItem => 20_000,
    }
}
