//! The chain's own contracts: what a call will do, a yes, the transaction, and what its events say.
//!
//! ```text
//! Session ──► preview (eth_call) ──► effect ──► sending::submit ──► NativeReport ◄── events
//! ```

mod ask;
mod channel_events;
mod consensus_key;
mod events;
mod market_events;
mod session;
mod validators;

pub use ask::{AskError, ask};
pub(crate) use channel_events::batch_items;
pub use consensus_key::{Possession, possession};
pub use events::Names;
pub(crate) use events::channel_event;
pub use session::Session;
pub use validators::{find, operated_by};
