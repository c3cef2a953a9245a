//! How the test files call the reasons for which this chain refuses a transaction.

use btt_runtime::{
    executor::Refusal,
    tx::{DecodeError, InvalidTransaction, RecoverError},
};

/// Why a transaction was not executed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The bytes are no transaction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It has no sender.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The executor refused it.
    #[error(transparent)]
    Execute(#[from] Refusal),
}

impl Refused {
    /// Whether `expected`, names that `|` separates, allows this reason.
    pub fn is_one_of(&self, expected: &str) -> bool {
        let names = self.names();
        expected
            .split('|')
            .map(|name| name.trim().trim_start_matches("TransactionException."))
            .any(|name| names.contains(&name))
    }

    /// The files' names of this reason.
    fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Decode(DecodeError::Rlp(_) | DecodeError::TrailingBytes(_)) => {
                // Prices are 128 bits wide here: one that makes gas * price overflow does not decode.
                &[
                    "RLP_INVALID_VALUE",
                    "GASLIMIT_PRICE_PRODUCT_OVERFLOW",
                    "TYPE_4_TX_CONTRACT_CREATION",
                ]
            }
            Self::Decode(DecodeError::UnknownType(_)) => &["TYPE_NOT_SUPPORTED"],
            Self::Decode(_) => &[],
            Self::Recover(_) => &["INVALID_SIGNATURE_VRS"],
            Self::Execute(Refusal::Broken(_) | Refusal::NoRoom { .. }) => &[],
            Self::Execute(Refusal::Invalid(reason)) => invalid(reason),
        }
    }
}

fn invalid(reason: &InvalidTransaction) -> &'static [&'static str] {
    use InvalidTransaction as Reason;
    match reason {
        Reason::Signature(_) => &["INVALID_SIGNATURE_VRS"],
        Reason::ChainId { .. } => &["INVALID_CHAINID"],
        Reason::NonceTooLow { .. } => &["NONCE_MISMATCH_TOO_LOW"],
        Reason::NonceTooHigh { .. } => &["NONCE_MISMATCH_TOO_HIGH"],
        Reason::NonceMax => &["NONCE_IS_MAX", "NONCE_TOO_BIG"],
        Reason::SenderIsContract(_) => &["SENDER_NOT_EOA"],
        Reason::InsufficientFunds { .. } => &["INSUFFICIENT_ACCOUNT_FUNDS"],
        Reason::CostOverflow => &["INSUFFICIENT_ACCOUNT_FUNDS", "GASLIMIT_PRICE_PRODUCT_OVERFLOW"],
        Reason::IntrinsicGas { .. } => &["INTRINSIC_GAS_TOO_LOW"],
        Reason::FloorGas { .. } => &["INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", "INTRINSIC_GAS_TOO_LOW"],
        Reason::GasLimitCap { .. } => &["GAS_LIMIT_EXCEEDS_MAXIMUM"],
        Reason::BlockGas { .. } => &["GAS_ALLOWANCE_EXCEEDED"],
        Reason::FeeCapTooLow { .. } => &["INSUFFICIENT_MAX_FEE_PER_GAS"],
        Reason::TipAboveFeeCap { .. } => &["PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"],
        Reason::InitCodeSize { .. } => &["INITCODE_SIZE_EXCEEDED"],
        Reason::EmptyAuthorizationList => &["TYPE_4_EMPTY_AUTHORIZATION_LIST"],
        Reason::TypeNotSupported => &[
            "TYPE_NOT_SUPPORTED",
            "TYPE_1_TX_PRE_FORK",
            "TYPE_2_TX_PRE_FORK",
            "TYPE_4_TX_PRE_FORK",
        ],
        Reason::NotReplayProtected | Reason::TooManyAuthorizations(_) | Reason::Evm(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_reasons_that_a_file_names_are_right() {
        let refused = Refused::from(Refusal::Invalid(InvalidTransaction::CostOverflow));
        let both = "TransactionException.INSUFFICIENT_ACCOUNT_FUNDS|\
                    TransactionException.GASLIMIT_PRICE_PRODUCT_OVERFLOW";
        assert!(refused.is_one_of(both));
        assert!(!refused.is_one_of("TransactionException.INTRINSIC_GAS_TOO_LOW"));
        let broken = Refused::from(Refusal::Broken("panic".into()));
        assert!(!broken.is_one_of(both));
    }
}
