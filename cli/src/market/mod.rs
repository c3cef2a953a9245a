//! The bandwidth market in the wallet: prices and swarms as people write them, sealed bids that are kept until they
//! are revealed, and books as files with their clearing and a check of it.
//!
//! ```text
//! bid ──► KeptBid on the disk ──► commit ──► reveal ──► award
//! file (JSON) ──► runtime's Book ──► runtime's clear ──► written (JSON)
//!                      └──► naive (slow, simple, of its own) ──► compare
//! ```

pub mod compare;
mod file;
mod kept;
pub mod naive;
pub mod price;
mod swarm;
mod written;

pub use file::{EpochBook, MAX_BOOK_BYTES, named, parse_book, read_book, to_json};
pub use kept::{Kept, KeptBid, tier};
pub use swarm::{long as long_swarm, short as short_swarm, swarm};
pub use written::OutcomeFile;
