//! Vouchers: what the sides of a channel sign, and how it is checked. One code for the module, the wallet,
//! `btt-speed` and the node; nothing here reads state.
//!
//! ```text
//! who signs: the channel's signer                      who checks
//! Voucher ── digest (EIP-712) ── signature  ─────────► recover = signer ── settled < claim ≤ deposit
//! tick preimages between vouchers           ─────────► hash back to the voucher's anchor
//! ```
//! Sources: rules D.2–D.4 of the design; EIP-712, EIP-2098 (64-byte signatures), EIP-2 (low s).

mod claim;
mod domain;
mod id;
mod known_signer;
mod signature;
#[cfg(test)]
mod tests;
mod tick;

pub use super::abi::IChannels::{ConditionalVoucher, CoopClose, PoolVoucher, Tick, Voucher, Watch};
pub use claim::{ClaimError, claim_wei};
pub use domain::Domain;
pub use id::{Descriptor, Kind};
pub use known_signer::KnownSigner;
pub use signature::{SignatureError, SigningKey, parse_signature, sign, to_compact};
pub use tick::{MAX_TICKS, TickChain, is_tick_of, pool_tick_id};

/// Lanes of a channel: parallel sub-sessions, each with its own cumulative amount.
pub const LANES: u32 = 4;
