//! `staking`.
mod abi;
pub use abi::IStaking;
