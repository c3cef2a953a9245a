//! What the end-to-end tests, outside vectors and property tests of btt-chain share.
//!
//! ```text
//! keys ◄ chain (a chain in memory that proposes, checks and decides blocks)
//! process (real programs) ◄ localnet (several nodes), rpc (a client that shows what a node said)
//! sim (networks in virtual time, everything that can go wrong from one seed)
//! process, rpc ◄ network (several nodes that a test kills and starts, and what their chains must show)
//! market (random books of offers and bids) ◄ economy (mechanisms side by side)
//! vectors (readers and runners of other people's test files)
//! fuzz (entry points of fuzz targets and of the bounded fuzz tests)
//! ```

pub mod chain;
pub mod economy;
pub mod fuzz;
pub mod keys;
pub mod localnet;
pub mod market;
pub mod native;
pub mod network;
pub mod process;
pub mod rpc;
pub mod sim;
pub mod vectors;
