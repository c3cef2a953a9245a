//! `staking_`: validators, delegations, rewards, slashes.

use crate::types::{
    BlockId, Delegation, Delegator, Epoch, Number, Rewards, Slash, StakingTotals, StakingValidator,
    Unbonding, ValidatorPage, ValidatorStatus,
};
use alloy_primitives::Address;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Stake as of a block; without `block`, of the newest. What the contract refuses is error 3 with its revert
/// data, as `eth_call` says it.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "staking"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "staking"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "staking"))]
pub trait StakingApi {
    /// Validators, or those of a status: from `offset`, at most `limit` (100 by default, 128 at most).
    #[method(name = "validators")]
    async fn validators(
        &self,
        status: Option<ValidatorStatus>,
        offset: Option<Number>,
        limit: Option<Number>,
        block: Option<BlockId>,
    ) -> RpcResult<ValidatorPage>;

    /// One validator by its operator.
    #[method(name = "validator")]
    async fn validator(
        &self,
        operator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<StakingValidator>;

    /// An account's delegations.
    #[method(name = "delegations")]
    async fn delegations(
        &self,
        delegator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<Vec<Delegation>>;

    /// All that an account has at stake, with sums.
    #[method(name = "delegator")]
    async fn delegator(&self, delegator: Address, block: Option<BlockId>) -> RpcResult<Delegator>;

    /// Rewards that an account has not claimed yet, of all its delegations or of one.
    #[method(name = "rewards")]
    async fn rewards(
        &self,
        delegator: Address,
        validator: Option<Address>,
        block: Option<BlockId>,
    ) -> RpcResult<Rewards>;

    /// An account's stake on its way out.
    #[method(name = "unbonding")]
    async fn unbonding(
        &self,
        delegator: Address,
        block: Option<BlockId>,
    ) -> RpcResult<Vec<Unbonding>>;

    /// The epoch under way.
    #[method(name = "epoch")]
    async fn epoch(&self, block: Option<BlockId>) -> RpcResult<Epoch>;

    /// The newest slashes, newest first; 20 by default, 64 at most.
    #[method(name = "slashes")]
    async fn slashes(&self, limit: Option<Number>, block: Option<BlockId>)
    -> RpcResult<Vec<Slash>>;

    /// Sums over all validators.
    #[method(name = "totals")]
    async fn totals(&self, block: Option<BlockId>) -> RpcResult<StakingTotals>;
}
