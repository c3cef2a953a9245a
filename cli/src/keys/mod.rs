//! Whose key signs, where its password comes from, and mnemonics.

pub mod hd;
pub mod password;
pub mod prompt;
pub mod source;

pub use source::KeySource;
