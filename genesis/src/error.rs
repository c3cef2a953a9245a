//! Why a chain spec is refused; every message names the field.

use alloy_primitives::Address;

/// What is wrong with a chain spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Not JSON, or not of the spec's form.
    #[error("chain spec: {0}")]
    Json(String),
    /// A field has a value it cannot have.
    #[error("chain spec field {field}: {reason}")]
    Field {
        /// Where, as a path.
        field: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The accounts hold more or less than there is.
    #[error(
        "chain spec field alloc: the accounts hold {have_wei} wei, the supply is {want_wei} wei; \
         name an account in remainderTo to give it the rest"
    )]
    Supply {
        /// Sum of the accounts.
        have_wei: String,
        /// The supply.
        want_wei: u128,
    },
    /// An account stands twice.
    #[error("chain spec field alloc: {0} stands twice")]
    Duplicate(Address),
    /// The sink could not take an account.
    #[error("chain spec: the accounts cannot be stored: {0}")]
    Sink(String),
}

impl SpecError {
    /// A wrong field.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field { field: field.into(), reason: reason.into() }
    }
}
