//! The only door: [`execute_block`] builds a block from waiting transactions, or executes one that a
//! proposer made; both by the same steps, so that they cannot differ.
//!
//! ```text
//! header rules ► begin hooks ► transactions, one by one ► end hooks ► changes ► state root ► header
//! ```

mod block;
mod carried;
mod commit;
mod error;
mod features;
mod lane;
mod machine;
mod market;
mod sets;
mod source;
mod system;

pub use block::{BlockContext, BuildRequest, ExecutedBlock, Input, begin_block, execute_block};
pub use carried::carried_signatures;
pub use error::{BlockError, Refusal};
pub use features::check as check_features;
pub use lane::{Lane, LaneFees, is_payment};
pub use machine::{Machine, TxError, TxOutcome};
pub use sets::{check_invariants, validator_sets, validator_sets_between};
pub use source::TransactionSource;
