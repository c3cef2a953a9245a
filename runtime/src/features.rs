//! Features: changes of the rules that governance activates by name, once validators with two thirds of the
//! power have said in their blocks that their nodes know them.

use alloy_primitives::{B256, keccak256};

/// The features that this build knows and that a chain may activate.
pub const KNOWN: &[&str] = &[];

/// How a feature is named in a block: keccak256 of its name.
pub fn id(name: &str) -> B256 {
    keccak256(name)
}
