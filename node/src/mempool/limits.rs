//! Limits of the pool.

use std::time::Duration;

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions in all.
    pub max_transactions: usize,
    /// Encoded bytes in all.
    pub max_bytes: usize,
    /// Transactions of one sender.
    pub max_per_sender: usize,
    /// Transactions of one sender that wait for an earlier nonce, as geth's `accountqueue`.
    pub max_gapped_per_sender: usize,
    /// How long one may wait for a missing nonce.
    pub queued_lifetime: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            max_transactions: 100_000,
            max_bytes: 128 << 20,
            max_per_sender: 2_000,
            max_gapped_per_sender: 64,
            queued_lifetime: Duration::from_secs(3 * 3600),
        }
    }
}

/// A replacement must offer this much more, in percent, as geth asks.
pub(super) const REPLACEMENT_PERCENT: u128 = 10;
/// Hashes of banned transactions that are remembered.
pub(super) const MAX_BANNED: usize = 10_000;
