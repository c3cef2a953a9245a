//! Named limits of blocks and transactions. Whatever is larger is refused with an error that names the limit.

/// Default gas limit of a block (rule A.6; a chain parameter).
pub const BLOCK_GAS_LIMIT: u64 = 60_000_000;
/// Most gas one transaction may ask for (EIP-7825).
pub const TX_GAS_LIMIT_CAP: u64 = 1 << 24;
/// Largest encoded transaction, in bytes (as geth's `txMaxSize`).
pub const MAX_TX_BYTES: usize = 128 * 1024;
/// No signed transaction is smaller: a body with less room is full.
pub const MIN_TX_BYTES: usize = 80;
/// Largest encoded block body, in bytes (rule C.5).
pub const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Most bytes of `extra_data`: eight of time, up to 24 free.
pub const MAX_EXTRA_DATA_BYTES: usize = 32;
/// Bytes of `extra_data` that hold the block time in milliseconds.
pub const TIME_BYTES: usize = 8;
/// Most EIP-7702 authorisations in one transaction.
pub const MAX_AUTHORIZATIONS: usize = 256;
/// Most validators in a set.
pub const MAX_VALIDATORS: usize = 512;
/// Most feature signals in a block.
pub const MAX_SIGNALS: usize = 16;
/// Largest `system` section of a body, in items.
pub const MAX_SYSTEM_ITEMS: usize = 64;
