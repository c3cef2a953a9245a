//! `consensus_`: who decides blocks, and who signed them.

use crate::types::{Commit, ConsensusStatus, Number, ValidatorSet};
use alloy_primitives::Address;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// The decision of blocks.
#[cfg_attr(
    all(feature = "server", feature = "client"),
    rpc(server, client, namespace = "consensus")
)]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "consensus"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "consensus"))]
pub trait ConsensusApi {
    /// Where consensus is, and what this node is in it.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<ConsensusStatus>;

    /// The validators that decide a height; by default the next block's.
    #[method(name = "validators")]
    async fn validators(&self, height: Option<Number>) -> RpcResult<ValidatorSet>;

    /// Who made a block final; `null` for block 0 and above the head.
    #[method(name = "commit")]
    async fn commit(&self, height: Number) -> RpcResult<Option<Commit>>;

    /// Who proposes at a height (by default the one being decided) in a round (by default the current one, or
    /// 0 at another height); `null` where this node does not know.
    #[method(name = "proposer")]
    fn proposer(&self, height: Option<Number>, round: Option<Number>)
    -> RpcResult<Option<Address>>;
}
