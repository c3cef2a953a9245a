//! Why a transaction cannot be included. The words are geth's, because clients match on them
//! (viem `errors/node.ts`, the ethers provider).

use super::RecoverError;
use crate::primitives::limits::MAX_AUTHORIZATIONS;
use alloy_primitives::{Address, U256};

/// A transaction that no block may hold: refused by the mempool, and invalidating a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// The signature yields no sender.
    #[error("invalid sender: {0}")]
    Signature(#[from] RecoverError),
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// Of the transaction.
        have: u64,
        /// Of this chain.
        want: u64,
    },
    /// A legacy transaction without a chain id (EIP-155) could be replayed from any chain.
    #[error("only replay-protected (EIP-155) transactions allowed")]
    NotReplayProtected,
    /// Nonce already used.
    #[error("nonce too low: next nonce {state}, tx nonce {tx}")]
    NonceTooLow {
        /// Of the transaction.
        tx: u64,
        /// Of the account.
        state: u64,
    },
    /// A transaction before it is missing.
    #[error("nonce too high: next nonce {state}, tx nonce {tx}")]
    NonceTooHigh {
        /// Of the transaction.
        tx: u64,
        /// Of the account.
        state: u64,
    },
    /// EIP-2681.
    #[error("nonce has max value")]
    NonceMax,
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa: address {0}")]
    SenderIsContract(Address),
    /// The sender cannot pay the worst case.
    #[error(
        "insufficient funds for gas * price + value: balance {balance_wei}, tx cost {cost_wei}, overshot {}",
        cost_wei.saturating_sub(*balance_wei)
    )]
    InsufficientFunds {
        /// What the sender has.
        balance_wei: U256,
        /// `gas * price + value`.
        cost_wei: U256,
    },
    /// The cost does not fit 256 bits.
    #[error("insufficient funds for gas * price + value: the cost overflows 256 bits")]
    CostOverflow,
    /// Less gas than the transaction costs before it does anything.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {minimum}")]
    IntrinsicGas {
        /// Gas limit of the transaction.
        gas: u64,
        /// Least that it needs.
        minimum: u64,
    },
    /// EIP-7623.
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {minimum}")]
    FloorGas {
        /// Gas limit of the transaction.
        gas: u64,
        /// Least that its calldata needs.
        minimum: u64,
    },
    /// EIP-7825.
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasLimitCap {
        /// Most that one transaction may ask for.
        cap: u64,
        /// Gas limit of the transaction.
        gas: u64,
    },
    /// More gas than a block, or than what is left of it.
    #[error("exceeds block gas limit: {left} left, tx gas {gas}")]
    BlockGas {
        /// Gas the block has left.
        left: u64,
        /// Gas limit of the transaction.
        gas: u64,
    },
    /// The fee cap does not reach the base fee.
    #[error(
        "max fee per gas less than block base fee: maxFeePerGas: {max_fee_wei}, baseFee: {base_fee_wei}"
    )]
    FeeCapTooLow {
        /// Of the transaction.
        max_fee_wei: u128,
        /// Of the block.
        base_fee_wei: u64,
    },
    /// EIP-1559.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip_wei}, maxFeePerGas: {max_fee_wei}"
    )]
    TipAboveFeeCap {
        /// Priority fee.
        tip_wei: u128,
        /// Fee cap.
        max_fee_wei: u128,
    },
    /// EIP-3860.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCodeSize {
        /// Bytes of init code.
        size: usize,
        /// Most allowed.
        limit: usize,
    },
    /// EIP-7702: no authorisation.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizationList,
    /// More authorisations than [`MAX_AUTHORIZATIONS`].
    #[error("EIP-7702 transaction with {0} authorizations, limit {MAX_AUTHORIZATIONS}")]
    TooManyAuthorizations(usize),
    /// Not a type of this chain or fork.
    #[error("transaction type not supported")]
    TypeNotSupported,
    /// revm refused what the rules above let pass; its own words.
    #[error("{0}")]
    Evm(String),
}
