//! Deciding blocks. The seam: propose ► execute ► decide with a certificate ► commit.
//!
//! Validators of a network decide by [`driver`], which [`shell`] runs on a clock, a disk and threads. A dev
//! chain's validator decides alone ([`solo`]), by the same [`crate::chain::Proposer`] and
//! [`crate::chain::Chain::commit`].

pub mod clock;
pub mod context;
pub mod driver;
pub mod message;
pub mod shell;
pub mod solo;
