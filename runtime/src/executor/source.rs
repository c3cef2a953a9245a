//! Where a block under construction takes its transactions from.

use super::{Lane, Refusal};
use crate::tx::Transaction;
use std::sync::Arc;

/// Waiting transactions in the order in which a block should hold them.
pub trait TransactionSource {
    /// The next candidate. `gas_left` is what the block still has; a candidate above it is refused. `lane` is
    /// what the payment lane has left, and its base fee.
    fn next(&mut self, gas_left: u64, lane: &Lane) -> Option<Arc<Transaction>>;

    /// The candidate did not make it: its sender's later ones cannot either.
    fn refused(&mut self, transaction: &Arc<Transaction>, refusal: &Refusal);
}

/// No transactions: an empty block.
impl TransactionSource for () {
    fn next(&mut self, _gas_left: u64, _lane: &Lane) -> Option<Arc<Transaction>> {
        None
    }

    fn refused(&mut self, _transaction: &Arc<Transaction>, _refusal: &Refusal) {}
}
