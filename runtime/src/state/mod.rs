//! Accounts and storage: the flat state, its Merkle trie, and the overlay a block writes into.
//!
//! ```text
//! account ◄ store (traits) ◄ trie (roots, proofs)
//!                          ◄ overlay (a block's own writes) ◄ changes (what a block hands on)
//!                          ◄ memory (a store for tests and genesis)
//! ```

pub mod account;
pub mod changes;
pub mod memory;
mod overlay;
pub mod store;
pub mod trie;

pub use account::Account;
pub use changes::{AccountChange, SlotChange, StateChanges};
pub use memory::{MemoryStore, NewAccount};
pub use overlay::{Checkpoint, Overlay};
pub use store::{StateReader, StoreError};
pub use trie::{TrieId, TrieReader, TrieUpdates};
