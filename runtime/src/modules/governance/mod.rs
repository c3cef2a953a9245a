//! `governance`.
mod abi;
pub use abi::IGovernance;
