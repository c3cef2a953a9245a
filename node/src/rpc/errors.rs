//! The one table of JSON-RPC errors. Codes and words are geth's, because clients match on both.
//!
//! | code | when |
//! |---|---|
//! | 3 | the call reverted; `data` is the revert data |
//! | 4 | `eth_sendRawTransactionSync` timed out; `data` is the hash (EIP-7966) |
//! | -32000 | the request is sound but cannot be served: refused transaction, failed call, unknown block |
//! | -32001 | an `admin_` method without the node's admin token |
//! | -32005 | above a limit of the server |
//! | -32006 | too many subscriptions on a connection (jsonrpsee's, as the next four) |
//! | -32007, -32008 | request or response too large |
//! | -32010, -32011 | too many calls in a batch, or its responses too large |
//! | -32600 | not a JSON-RPC request |
//! | -32601 | no such method here; says why where there is a reason |
//! | -32602 | a parameter is missing or wrong |
//! | -32603 | the node's own fault |
//! | -32700 | not JSON |

use crate::{mempool::SubmitError, storage::ViewError};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{Panic, Revert, SolError as _};
use btt_runtime::state::StoreError;
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use revm::{
    context::result::{HaltReason, InvalidTransaction},
    context_interface::result::OutOfGasError,
};

/// Code of a reverted call.
pub const REVERTED: i32 = 3;
/// Code of a transaction that no block took in time (EIP-7966).
pub const NOT_INCLUDED: i32 = 4;
/// Code of everything that geth has no code for.
pub const SERVER_ERROR: i32 = -32000;
/// Code of a request that lacks the admin token.
pub const UNAUTHORIZED: i32 = -32001;
/// Code of a request above a limit.
pub const LIMIT_EXCEEDED: i32 = -32005;
/// Code of a missing or wrong parameter.
pub const INVALID_PARAMS: i32 = -32602;
/// Code of an unknown method.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// Code of the node's own fault.
pub const INTERNAL: i32 = -32603;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// The call reverted with this data.
    #[error("execution reverted{}", reason(.0))]
    Reverted(Bytes),
    /// A call of a native module would revert, by a rule that is known.
    #[error("execution reverted: {reason}")]
    Forbidden {
        /// The rule.
        reason: String,
        /// The revert data.
        data: Bytes,
    },
    /// The call failed otherwise.
    #[error("{0}")]
    Failed(String),
    /// No such block.
    #[error("header not found")]
    UnknownBlock,
    /// The call, query or trace took too long.
    #[error("execution aborted (timeout = {} ms)", .0)]
    TimedOut(u64),
    /// A parameter is wrong.
    #[error("invalid params: {0}")]
    InvalidParams(String),
    /// Above a limit.
    #[error("{0}")]
    Limit(String),
    /// The mempool refused the transaction.
    #[error("{message}")]
    Refused {
        /// The pool's code.
        code: i32,
        /// The pool's words.
        message: String,
    },
    /// The transaction waits, but no block took it in time.
    #[error("the transaction was added to the mempool but no block took it within {timeout_ms} ms")]
    NotIncluded {
        /// Its hash.
        hash: B256,
        /// How long was waited.
        timeout_ms: u64,
    },
    /// An `admin_` method without the node's admin token.
    #[error(
        "admin_ methods need the header Authorization: Bearer TOKEN, with the token of the node's \
         --admin-token-file"
    )]
    Unauthorized,
    /// The node's own fault.
    #[error("internal error: {0}")]
    Internal(String),
}

impl RpcError {
    /// Its code.
    pub fn code(&self) -> i32 {
        match self {
            Self::Reverted(_) | Self::Forbidden { .. } => REVERTED,
            Self::NotIncluded { .. } => NOT_INCLUDED,
            Self::Failed(_) | Self::UnknownBlock | Self::TimedOut(_) => SERVER_ERROR,
            Self::InvalidParams(_) => INVALID_PARAMS,
            Self::Limit(_) => LIMIT_EXCEEDED,
            Self::Refused { code, .. } => *code,
            Self::Unauthorized => UNAUTHORIZED,
            Self::Internal(_) => INTERNAL,
        }
    }

    /// A call that the EVM stopped.
    pub(super) fn halted(reason: &HaltReason) -> Self {
        Self::Failed(match reason {
            HaltReason::OutOfGas(OutOfGasError::Basic | OutOfGasError::ReentrancySentry) => {
                "out of gas".to_owned()
            }
            HaltReason::OutOfGas(kind) => format!("out of gas: {kind}"),
            HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".to_owned(),
            HaltReason::OpcodeNotFound => "invalid opcode: opcode not defined".to_owned(),
            HaltReason::StateChangeDuringStaticCall => "write protection".to_owned(),
            other => other.to_string(),
        })
    }

    /// A call that is no valid transaction, in geth's words.
    pub(super) fn invalid_call(error: &InvalidTransaction) -> Self {
        Self::Failed(match error {
            InvalidTransaction::LackOfFundForMaxFee { fee, balance } => format!(
                "insufficient funds for gas * price + value: balance {balance}, tx cost {fee}, \
                 overshot {}",
                fee.saturating_sub(**balance)
            ),
            InvalidTransaction::OverflowPaymentInTransaction => {
                "insufficient funds for gas * price + value: the cost overflows 256 bits".to_owned()
            }
            InvalidTransaction::GasPriceLessThanBasefee => {
                "max fee per gas less than block base fee".to_owned()
            }
            InvalidTransaction::PriorityFeeGreaterThanMaxFee => {
                "max priority fee per gas higher than max fee per gas".to_owned()
            }
            InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
                format!("intrinsic gas too low: gas {gas_limit}, minimum needed {initial_gas}")
            }
            InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => format!(
                "insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed \
                 {gas_floor}"
            ),
            InvalidTransaction::CreateInitCodeSizeLimit => "max initcode size exceeded".to_owned(),
            InvalidTransaction::InvalidChainId => "invalid chain id for signer".to_owned(),
            other => other.to_string(),
        })
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        let (code, message) = (error.code(), error.to_string());
        match error {
            RpcError::Reverted(data) | RpcError::Forbidden { data, .. } => {
                ErrorObject::owned(code, message, Some(data))
            }
            RpcError::NotIncluded { hash, .. } => ErrorObject::owned(code, message, Some(hash)),
            _ => ErrorObject::owned(code, message, None::<()>),
        }
    }
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed to answer a request");
        Self::Internal(error.to_string())
    }
}

impl From<ViewError> for RpcError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Unknown { .. } => Self::UnknownBlock,
            ViewError::Store(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<SubmitError> for RpcError {
    fn from(error: SubmitError) -> Self {
        Self::Refused { code: error.code(), message: error.to_string() }
    }
}

/// `: REASON` of revert data that Solidity's `require`, `revert` or a checked operation made.
fn reason(data: &Bytes) -> String {
    if let Ok(revert) = Revert::abi_decode(data) {
        return format!(": {}", revert.reason);
    }
    match Panic::abi_decode(data) {
        Ok(panic) => match panic.kind() {
            Some(kind) => format!(": panic: {} (0x{:02x})", kind.as_str(), panic.code),
            None => format!(": panic: unknown code 0x{:02x}", panic.code),
        },
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{U256, hex};

    #[test]
    fn a_revert_has_code_3_the_reason_in_words_and_the_data() {
        let data = Bytes::from(Revert::from("Not enough Ether provided.").abi_encode());
        let error = ErrorObjectOwned::from(RpcError::Reverted(data.clone()));
        assert_eq!(error.code(), 3);
        assert_eq!(error.message(), "execution reverted: Not enough Ether provided.");
        assert_eq!(error.data().unwrap().get(), format!("\"{data}\""));
    }

    #[test]
    fn a_checked_operation_names_its_panic() {
        let data = Bytes::from(Panic { code: U256::from(0x11) }.abi_encode());
        let text = RpcError::Reverted(data).to_string();
        assert!(text.starts_with("execution reverted: panic: "), "{text}");
        assert!(text.ends_with("(0x11)"), "{text}");
    }

    #[test]
    fn a_custom_error_and_no_data_leave_the_message_bare() {
        for data in [Bytes::new(), Bytes::from(hex!("deadbeef").to_vec())] {
            assert_eq!(RpcError::Reverted(data).to_string(), "execution reverted");
        }
    }

    #[test]
    fn clients_find_the_words_they_match_on() {
        let poor = InvalidTransaction::LackOfFundForMaxFee {
            fee: Box::new(U256::from(9)),
            balance: Box::new(U256::from(4)),
        };
        let error = RpcError::invalid_call(&poor);
        assert_eq!(
            error.to_string(),
            "insufficient funds for gas * price + value: balance 4, tx cost 9, overshot 5"
        );
        assert_eq!(error.code(), SERVER_ERROR);
        let halt = HaltReason::OutOfGas(OutOfGasError::Basic);
        assert_eq!(RpcError::halted(&halt).to_string(), "out of gas");
        assert_eq!(RpcError::UnknownBlock.to_string(), "header not found");
        let refused = RpcError::from(SubmitError::AlreadyKnown);
        assert_eq!((refused.code(), refused.to_string()), (-32000, "already known".to_owned()));
    }

    #[test]
    fn a_transaction_that_no_block_took_gives_its_hash() {
        let hash = B256::repeat_byte(7);
        let error = ErrorObjectOwned::from(RpcError::NotIncluded { hash, timeout_ms: 5 });
        assert_eq!(error.code(), 4);
        assert_eq!(error.data().unwrap().get(), format!("\"{hash}\""));
    }
}
