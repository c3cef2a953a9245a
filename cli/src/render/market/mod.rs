//! The bandwidth market.

mod clear;

pub use clear::{CheckedRow, ClearReport};
