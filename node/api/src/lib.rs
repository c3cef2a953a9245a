//! Scaffolding.
#[cfg(feature = "keystore")]
pub mod keystore;
