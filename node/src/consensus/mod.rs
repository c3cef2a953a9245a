//! Deciding blocks. The seam: propose ► execute ► decide with a certificate ► commit.
//!
//! A single validator decides alone ([`solo`]); it uses the same [`crate::chain::Proposer`] and
//! [`crate::chain::Chain::commit`] that a network of validators does.

pub mod clock;
pub mod context;
pub mod driver;
pub mod message;
pub mod shell;
pub mod solo;
