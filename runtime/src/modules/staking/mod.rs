//! `staking`.
mod abi;
pub use abi::IStaking;
pub(crate) mod params;
