//! JSON-RPC traits and wire types of btt-chain, shared by the node (feature `server`) and its clients
//! (feature `client`).
//!
//! One file a subject; `#[rpc]` makes of each trait `XServer`, which the node implements, and `XClient`,
//! which every jsonrpsee client has. Wire types are alloy's, so that all tools agree on them.

#[cfg(feature = "keystore")]
pub mod keystore;
pub mod types;

#[cfg(any(feature = "server", feature = "client"))]
mod admin;
#[cfg(any(feature = "server", feature = "client"))]
mod blocks;
#[cfg(any(feature = "server", feature = "client"))]
mod call;
#[cfg(any(feature = "server", feature = "client"))]
mod chain;
#[cfg(any(feature = "server", feature = "client"))]
mod channel;
#[cfg(any(feature = "server", feature = "client"))]
mod consensus;
#[cfg(any(feature = "server", feature = "client"))]
mod debug;
#[cfg(any(feature = "server", feature = "client"))]
mod dev;
#[cfg(any(feature = "server", feature = "client"))]
mod discover;
#[cfg(any(feature = "server", feature = "client"))]
mod fees;
#[cfg(any(feature = "server", feature = "client"))]
mod filters;
#[cfg(any(feature = "server", feature = "client"))]
mod gov;
#[cfg(any(feature = "server", feature = "client"))]
mod market;
#[cfg(any(feature = "server", feature = "client"))]
mod node;
#[cfg(any(feature = "server", feature = "client"))]
mod staking;
#[cfg(any(feature = "server", feature = "client"))]
mod state;
#[cfg(any(feature = "server", feature = "client"))]
mod subscriptions;
#[cfg(any(feature = "server", feature = "client"))]
mod transactions;
#[cfg(any(feature = "server", feature = "client"))]
mod txpool;

/// What the node implements.
#[cfg(feature = "server")]
pub mod server {
    pub use super::{
        admin::AdminApiServer, blocks::EthBlocksApiServer, call::EthCallApiServer,
        chain::EthChainApiServer, channel::ChannelApiServer, consensus::ConsensusApiServer,
        debug::DebugApiServer, dev::DevApiServer, discover::DiscoverApiServer,
        fees::EthFeesApiServer, filters::EthFiltersApiServer, gov::GovApiServer,
        market::MarketApiServer, node::NetApiServer, node::Web3ApiServer,
        staking::StakingApiServer, state::EthStateApiServer,
        subscriptions::EthSubscriptionsApiServer, transactions::EthTransactionsApiServer,
        txpool::TxpoolApiServer,
    };
}

/// What clients call.
#[cfg(feature = "client")]
pub mod client {
    pub use super::{
        admin::AdminApiClient, blocks::EthBlocksApiClient, call::EthCallApiClient,
        chain::EthChainApiClient, channel::ChannelApiClient, consensus::ConsensusApiClient,
        debug::DebugApiClient, dev::DevApiClient, discover::DiscoverApiClient,
        fees::EthFeesApiClient, filters::EthFiltersApiClient, gov::GovApiClient,
        market::MarketApiClient, node::NetApiClient, node::Web3ApiClient,
        staking::StakingApiClient, state::EthStateApiClient,
        subscriptions::EthSubscriptionsApiClient, transactions::EthTransactionsApiClient,
        txpool::TxpoolApiClient,
    };
}
