//! bttd: a validator and RPC provider of btt-chain. All I/O of the chain is here.
//!
//! ```text
//! storage ◄ chain ◄ mempool ◄ tower ◄ {consensus, network, rpc} ◄ node (wiring alone knows all) ◄ commands
//! ```

pub mod chain;
pub mod commands;
pub mod config;
pub mod consensus;
pub mod keys;
pub mod mempool;
pub mod metrics;
pub mod network;
pub mod node;
mod recovery;
pub mod rpc;
pub mod storage;
pub mod tower;

#[cfg(test)]
mod testing;
