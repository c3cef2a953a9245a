//! Names and numbers that every other room uses: addresses, amounts, limits, chain ids.
//!
//! Sources: binding rules A.1, A.2, A.6 of the design.

pub mod addresses;
pub mod amount;
pub mod limits;
pub mod math;
pub mod packed;

pub use amount::{SUPPLY_WEI, WEI_PER_BTT};

/// Chain id of the main network.
pub const MAINNET_CHAIN_ID: u64 = 990_000;
/// Chain id of the public test network.
pub const TESTNET_CHAIN_ID: u64 = 990_001;
/// Chain id of a network of several validators on one machine.
pub const LOCALNET_CHAIN_ID: u64 = 990_002;
/// Chain id of the single development validator.
pub const DEV_CHAIN_ID: u64 = 990_003;
