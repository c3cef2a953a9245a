//! The only door: [`execute_block`] builds a block from waiting transactions, or executes one that a
//! proposer made; both by the same steps, so that they cannot differ.
//!
//! ```text
//! header rules ► begin hooks ► transactions, one by one ► end hooks ► changes ► state root ► header
//! ```

mod block;
mod commit;
mod error;
mod machine;
mod source;

pub use block::{BlockContext, BuildRequest, ExecutedBlock, Input, begin_block, execute_block};
pub use error::{BlockError, Refusal};
pub use machine::{Machine, TxError, TxOutcome};
pub use source::TransactionSource;
