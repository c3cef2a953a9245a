//! Why a transaction was not taken in. The words are geth's: clients match on them.

use btt_runtime::{
    state::StoreError,
    tx::{DecodeError, InvalidTransaction},
};

/// Why `eth_sendRawTransaction` failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Not a transaction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It could not be included.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// It waits already.
    #[error("already known")]
    AlreadyKnown,
    /// Another of the same sender and nonce waits, and this one does not offer 10 % more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// The pool is full of better ones.
    #[error("txpool is full")]
    PoolFull,
    /// Too many of this sender wait.
    #[error("account limit exceeded: {limit} transactions of this sender wait already")]
    SenderLimit {
        /// The limit.
        limit: usize,
    },
    /// It broke the machine before.
    #[error("transaction is banned: it could not be executed")]
    Banned,
    /// The store failed.
    #[error("internal error: {0}")]
    Store(#[from] StoreError),
}

impl SubmitError {
    /// JSON-RPC code: invalid params for bytes that are no transaction, else geth's server error.
    pub fn code(&self) -> i32 {
        match self {
            Self::Decode(_) => -32602,
            Self::Store(_) => -32603,
            _ => -32000,
        }
    }
}
