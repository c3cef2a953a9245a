//! JSON-RPC over HTTP and WebSocket, on one port.
//!
//! ```text
//! socket ► layer (GET, CORS, Host, token) ► calls (batches, errors) ► one file a subject ► chain, mempool
//!                                                              slow ones over `slow`
//! ```
//! Quick reads are answered on the thread that reads the socket; whatever may take long (calls, traces,
//! log queries, proofs) runs on threads of its own, few at once, within a time. All limits are in
//! [`limits`], all errors in [`errors`].
//!
//! A new method: the trait in `btt-api`, its body in the file of its subject, a line in [`catalog`].

mod admin;
mod blocks;
mod call;
mod calls;
mod catalog;
mod chain;
mod channel;
mod consensus;
mod context;
mod convert;
mod debug;
mod dev;
mod discover;
pub mod errors;
mod estimate;
mod fees;
mod filters;
mod gov;
mod guard;
mod layer;
pub mod limits;
mod logs;
mod market;
mod native;
mod node;
mod overrides;
mod refused;
mod request;
mod resolve;
mod server;
mod simulate;
mod slow;
mod staking;
mod state;
mod subscriptions;
#[cfg(test)]
mod tests;
mod trace;
mod transactions;
mod txpool;
mod views;

pub use admin::{AdminToken, AdminTokenError};
pub use context::{Health, HealthCheck, MetricsText, RpcConfig, RpcContext};
pub use dev::DevControl;
pub use errors::RpcError;
pub use limits::RpcLimits;
pub use server::{RpcServer, StartError, bind, start};
pub use views::{ConsensusState, ConsensusView, NetworkView, SyncProgress};
