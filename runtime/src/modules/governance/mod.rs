//! `governance`.
mod abi;
pub use abi::IGovernance;
mod params;
pub use params::check_together;
