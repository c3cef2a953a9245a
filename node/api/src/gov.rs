//! `gov_`: proposals, votes, parameters, features.

use crate::types::{
    BlockId, Feature, GovParam, Number, Proposal, ProposalPage, ProposalStatus, Tally, Votes,
};
use alloy_primitives::Address;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Governance as of a block; without `block`, of the newest. What the contract refuses is error 3 with its
/// revert data, as `eth_call` says it.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "gov"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "gov"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "gov"))]
pub trait GovApi {
    /// Proposals, newest first, or those of a status: from `offset`, at most `limit` (20 by default, 64 at
    /// most). With a status the newest 1,024 are looked at.
    #[method(name = "proposals")]
    async fn proposals(
        &self,
        status: Option<ProposalStatus>,
        offset: Option<Number>,
        limit: Option<Number>,
        block: Option<BlockId>,
    ) -> RpcResult<ProposalPage>;

    /// One proposal, with what it does.
    #[method(name = "proposal")]
    async fn proposal(&self, id: Number, block: Option<BlockId>) -> RpcResult<Proposal>;

    /// The votes of a proposal, and whether it would pass now.
    #[method(name = "tally")]
    async fn tally(&self, id: Number, block: Option<BlockId>) -> RpcResult<Tally>;

    /// Every parameter that a vote may change, with unit, range, default and value.
    #[method(name = "params")]
    async fn params(&self, block: Option<BlockId>) -> RpcResult<Vec<GovParam>>;

    /// Features that votes turned on.
    #[method(name = "features")]
    async fn features(&self, block: Option<BlockId>) -> RpcResult<Vec<Feature>>;

    /// How an account has voted on a proposal.
    #[method(name = "votes")]
    async fn votes(&self, id: Number, voter: Address, block: Option<BlockId>) -> RpcResult<Votes>;
}
