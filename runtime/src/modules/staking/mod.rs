//! `staking`: who decides blocks, and with how much power.
//!
//! | slot | value |
//! |---|---|
//! | keccak256("btt.staking.epoch") | the epoch under way, as below |
//! | keccak256("btt.staking.epoch" ‖ number) | number, first block, first ms, set version: u64 each |
//! | keccak256("btt.staking.epoch.oldest") | number of the oldest epoch kept |
//! | keccak256("btt.staking.set" ‖ version) | total power, count |
//! | … + 1 + 2i, … + 2 + 2i | entry i: x of its key; parity, power, operator |

pub mod epochs;

pub use epochs::Epoch;
