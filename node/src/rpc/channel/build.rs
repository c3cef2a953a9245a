//! Transactions that open, fill, and end channels and pools. They are tried before they are given out, so that
//! what the module would refuse is an error here.

use super::{
    super::{RpcError, context::Rpc},
    refused,
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use btt_api::types::{
    FromChannel, OpenChannel, OpenPool, PreparedTransaction, TopUpChannel, TopUpPool,
    TransactionRequest,
};
use btt_runtime::{
    modules::channels::{
        IChannels,
        voucher::{Descriptor, Kind},
    },
    primitives::addresses::CHANNELS,
};

/// Grace of what is opened without one, in seconds: wallets and seeders may be offline for a day (rule D.6).
const DEFAULT_GRACE_S: u32 = 86_400;
/// The least `minPayees` of a pool, and its default.
const DEFAULT_MIN_PAYEES: u16 = 8;

impl Rpc {
    /// A transaction, tried on the newest state.
    pub(super) fn prepared(
        &self,
        from: Address,
        call: &impl SolCall,
        value: U256,
    ) -> Result<PreparedTransaction, RpcError> {
        self.prepared_call(CHANNELS, from, call, value).map_err(refused)
    }

    /// Gas that a call of the module takes in the next block.
    pub(super) fn estimated(&self, request: TransactionRequest) -> Result<u64, RpcError> {
        self.gas_of(request).map_err(refused)
    }

    pub(super) fn build_open(
        &self,
        request: &OpenChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let storage_wei = self.storage_deposits()?.channel_wei;
        let value = U256::from(request.deposit_wei).saturating_add(storage_wei);
        let call = IChannels::openCall {
            payee: request.payee,
            operator: request.operator.unwrap_or_default(),
            signer: request.signer.unwrap_or_default(),
            salt: request.salt.unwrap_or_default(),
            graceS: request.grace_s.unwrap_or(DEFAULT_GRACE_S),
            expiry: request.expiry.unwrap_or(0),
        };
        let prepared = self.prepared(request.from, &call, value)?;
        let descriptor = Descriptor {
            kind: Kind::Channel,
            payer: request.from,
            payee: request.payee,
            operator: call.operator,
            salt: call.salt,
            signer: request.signer.unwrap_or(request.from),
            open_index: self.next_index(request.from)?,
        };
        Ok(PreparedTransaction { channel_id: Some(self.id_of(&descriptor)), ..prepared })
    }

    pub(super) fn build_pool_open(
        &self,
        request: &OpenPool,
    ) -> Result<PreparedTransaction, RpcError> {
        let storage_wei = self.storage_deposits()?.pool_wei;
        let deposit_wei = U256::from(request.deposit_wei);
        let collateral_wei = request.collateral_wei.unwrap_or(deposit_wei);
        let value = deposit_wei.saturating_add(collateral_wei).saturating_add(storage_wei);
        let call = IChannels::poolOpenCall {
            signer: request.signer.unwrap_or_default(),
            salt: request.salt.unwrap_or_default(),
            graceS: request.grace_s.unwrap_or(DEFAULT_GRACE_S),
            expiry: request.expiry.unwrap_or(0),
            minPayees: request.min_payees.unwrap_or(DEFAULT_MIN_PAYEES),
            collateralWei: narrow("collateralWei", collateral_wei)?,
        };
        let prepared = self.prepared(request.from, &call, value)?;
        let descriptor = Descriptor {
            kind: Kind::Pool,
            payer: request.from,
            payee: Address::ZERO,
            operator: Address::ZERO,
            salt: call.salt,
            signer: request.signer.unwrap_or(request.from),
            open_index: self.next_index(request.from)?,
        };
        Ok(PreparedTransaction { channel_id: Some(self.id_of(&descriptor)), ..prepared })
    }

    fn next_index(&self, payer: Address) -> Result<u64, RpcError> {
        let call = IChannels::payerStatusCall { payer };
        Ok(self.trial()?.read(&call).map_err(refused)?.nextIndex)
    }

    fn id_of(&self, descriptor: &Descriptor) -> B256 {
        descriptor.id(self.chain().config().chain_id)
    }

    pub(super) fn build_top_up(
        &self,
        request: &TopUpChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let call = IChannels::topUpCall { channelId: request.id };
        self.prepared(request.from, &call, U256::from(request.amount_wei))
    }

    pub(super) fn build_pool_top_up(
        &self,
        request: &TopUpPool,
    ) -> Result<PreparedTransaction, RpcError> {
        let amount_wei = U256::from(request.amount_wei);
        let collateral_wei = request.collateral_wei.unwrap_or(amount_wei);
        let call = IChannels::poolTopUpCall {
            poolId: request.id,
            collateralWei: narrow("collateralWei", collateral_wei)?,
        };
        self.prepared(request.from, &call, amount_wei.saturating_add(collateral_wei))
    }

    pub(super) fn build_request_close(
        &self,
        request: &FromChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        let id = request.id;
        let record = self.record(&self.trial()?, id)?;
        let from = request.from.unwrap_or(record.payer);
        if record.is_pool {
            return self.prepared(
                from,
                &IChannels::poolRequestCloseCall { poolId: id },
                U256::ZERO,
            );
        }
        self.prepared(from, &IChannels::requestCloseCall { channelId: id }, U256::ZERO)
    }

    pub(super) fn build_withdraw(
        &self,
        request: &FromChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        self.build_end(request, &IChannels::withdrawCall { channelId: request.id })
    }

    pub(super) fn build_expire(
        &self,
        request: &FromChannel,
    ) -> Result<PreparedTransaction, RpcError> {
        self.build_end(request, &IChannels::expireCall { channelId: request.id })
    }

    /// A channel ends by `call`; a pool has one call for all its ends.
    fn build_end(
        &self,
        request: &FromChannel,
        call: &impl SolCall,
    ) -> Result<PreparedTransaction, RpcError> {
        let record = self.record(&self.trial()?, request.id)?;
        let from = request.from.unwrap_or(record.payer);
        if record.is_pool {
            let call = IChannels::poolCloseCall { poolId: request.id };
            return self.prepared(from, &call, U256::ZERO);
        }
        self.prepared(from, call, U256::ZERO)
    }
}

/// An amount of 128 bits.
pub(super) fn narrow(name: &str, wei: U256) -> Result<u128, RpcError> {
    u128::try_from(wei)
        .map_err(|_| RpcError::InvalidParams(format!("{name} of {wei} has more than 128 bits")))
}
