//! The bandwidth market off the chain: books as files, their clearing, and a check of it.
//!
//! ```text
//! file (JSON) ──► runtime's Book ──► runtime's clear ──► written (JSON)
//!                      └──► naive (slow, simple, of its own) ──► compare
//! ```

pub mod compare;
mod file;
pub mod naive;
mod written;

pub use file::{MAX_BOOK_BYTES, read_book, to_json};
pub use written::OutcomeFile;
