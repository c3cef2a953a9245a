//! The rules of btt-chain, pure: no I/O, clock, threads, randomness or floats.
//!
//! ```text
//! primitives ◄ {tx, block, state} ◄ modules ◄ evm ◄ executor
//! ```
//! Everything enters through [`executor::execute_block`]. The left never sees the right.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::float_arithmetic,
        clippy::disallowed_types
    )
)]

pub mod block;
pub mod config;
pub mod evm;
pub mod executor;
pub mod features;
pub mod modules;
pub mod primitives;
pub mod state;
pub mod tx;
