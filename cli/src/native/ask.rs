//! Asking a native contract.

use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::SolCall;

use crate::error::{CliError, Code};
use crate::rpc::{Rpc, RpcError};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The node, or the contract, refused.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The answer is not what the contract of this wallet's version returns.
    #[error("the chain has no {0}")]
    Unknown(&'static str),
}

impl From<AskError> for CliError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Rpc(error) => error.into(),
            AskError::Unknown(_) => Self::new(Code::BadResponse, error.to_string())
                .hint("Is it a btt-chain of this wallet's version? btt chain info"),
        }
    }
}

/// What a call would return if `from` made it with so many wei at `block`.
///
/// # Errors
/// [`AskError`].
pub async fn ask<C: SolCall>(
    rpc: &Rpc,
    from: Option<Address>,
    contract: Address,
    value_wei: u128,
    call: &C,
    block: BlockId,
) -> Result<C::Return, AskError> {
    let request = TransactionRequest {
        from,
        to: Some(contract.into()),
        value: (value_wei > 0).then(|| U256::from(value_wei)),
        input: TransactionInput::new(call.abi_encode().into()),
        ..Default::default()
    };
    let data = rpc.call(&request, block).await?;
    C::abi_decode_returns_validate(&data).map_err(|_| AskError::Unknown(C::SIGNATURE))
}
