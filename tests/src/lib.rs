//! What the end-to-end tests, outside vectors and property tests of btt-chain share.
//!
//! ```text
//! keys ◄ chain (a chain in memory that proposes, checks and decides blocks)
//! vectors (readers and runners of other people's test files)
//! ```

pub mod chain;
pub mod keys;
pub mod vectors;
