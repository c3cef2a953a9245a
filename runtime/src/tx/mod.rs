//! Transactions: decoding, sender recovery, and the one validation that mempool and executor share.
//!
//! ```text
//! bytes ──decode──► UnrecoveredTransaction ──recover──► Transaction ──validate──► mempool, executor
//! ```

mod envelope;
mod error;
pub mod recover;
pub mod validate;

pub use envelope::{DecodeError, Envelope, Transaction, UnrecoveredTransaction, signing_hash};
pub use error::InvalidTransaction;
pub use recover::{RecoverError, RecoveryMemo};
