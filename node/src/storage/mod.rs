//! The chain's database: RocksDB behind one type, [`Store`].
//!
//! ```text
//! schema, codec, undo ◄ Store (open, checks) ◄ blocks (read) · view (state at a block) · trie (nodes) ◄ session (one execution)
//!                                            ◄ commit (one batch a block) ◄ genesis · replay · rollback · verify
//! ```
//! A block is one atomic, synced batch. Trie branches stay in memory and are flushed now and then; after
//! a crash they are rebuilt from the undo records of the blocks since ([`replay`]).

mod blocks;
mod channels;
mod codec;
mod commit;
mod genesis;
mod maintain;
mod market;
mod open;
mod replay;
mod schema;
mod session;
mod state_export;
mod trie;
mod undo;
mod verify;
mod view;
mod watched;

pub use blocks::StoredBlock;
pub use channels::{
    ChannelChange, ChannelEnd, ChannelEntry, ChannelList, ChannelLog, ChannelRecord, Place,
    channel_logs,
};
pub use commit::CommitInput;
pub use genesis::GenesisWriter;
pub use maintain::History;
pub use market::{MarketLog, MarketSubject, is_about_swarm};
pub use open::{OpenError, Store, StoreOptions};
pub use session::Session;
pub use verify::{VerifyError, VerifyReport};
pub use view::{StateView, ViewError};

#[cfg(test)]
mod tests;
