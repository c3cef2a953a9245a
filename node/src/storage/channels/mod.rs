//! The index of payment channels: what each was opened with, who has which, what happened to it. State knows
//! none of that, because only RPC asks.
//!
//! ```text
//! receipts of a block ─► logs (changes by channel) ─► write (rows, in the block's batch) ─► read (pages)
//! ```
//! Every row follows from the receipts of one block and is never changed: a rollback deletes what the same
//! receipts give.

mod change;
mod logs;
mod read;
mod record;
#[cfg(test)]
mod tests;
mod write;

pub use change::ChannelChange;
pub use logs::{ChannelLog, channel_logs};
pub use read::{ChannelEntry, ChannelList, Place};
pub use record::{ChannelEnd, ChannelRecord};
