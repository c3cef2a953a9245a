//! The index of the market: what happened to whom. State forgets bids and leases when they are over; people do not.
//!
//! ```text
//! hook logs and receipts of a block ─► logs (subjects) ─► write (rows, in the block's batch) ─► read (pages)
//! ```
//! A row is one event of the module under one of the things it is about. Rows follow from one block and are
//! never changed: a rollback deletes what the same block gives.

mod logs;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use crate::storage::schema::MarketSubject;
pub(super) use logs::market_logs;
pub use logs::{MarketLog, is_about_account, is_about_swarm};
