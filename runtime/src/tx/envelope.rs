//! EIP-2718 envelopes of the types this chain takes: legacy, 2930, 1559, 7702.

use super::recover::{RecoverError, RecoveryMemo};
use crate::primitives::limits::MAX_TX_BYTES;
use alloy_consensus::{EthereumTxEnvelope, Transaction as _, TxEip4844};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};

/// A signed envelope as alloy holds it. Its 4844 variant never passes [`UnrecoveredTransaction::decode`].
pub type Envelope = EthereumTxEnvelope<TxEip4844>;

/// Why bytes are not a transaction of this chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes.
    #[error("empty transaction")]
    Empty,
    /// Larger than [`MAX_TX_BYTES`].
    #[error("oversized data: transaction size {size}, limit {MAX_TX_BYTES}")]
    Oversized {
        /// Its size in bytes.
        size: usize,
    },
    /// An EIP-4844 transaction; this chain has no blobs.
    #[error(
        "transaction type not supported: blob transactions (EIP-4844) do not exist on this chain"
    )]
    Blob,
    /// An EIP-2718 type nobody here knows.
    #[error("transaction type not supported: 0x{0:02x}")]
    UnknownType(u8),
    /// Broken RLP.
    #[error("rlp: {0}")]
    Rlp(String),
    /// Bytes after the transaction.
    #[error("rlp: {0} bytes after the transaction")]
    TrailingBytes(usize),
}

/// A decoded transaction whose sender is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrecoveredTransaction {
    /// The decoded envelope.
    pub envelope: Envelope,
    /// keccak256 of the encoding.
    pub hash: B256,
    /// The EIP-2718 encoding as it came.
    pub raw: Bytes,
}

impl UnrecoveredTransaction {
    /// Decodes the binary form that `eth_sendRawTransaction` and block bodies carry.
    ///
    /// # Source
    /// EIP-2718; canonical RLP only.
    pub fn decode(raw: Bytes) -> Result<Self, DecodeError> {
        let first = *raw.first().ok_or(DecodeError::Empty)?;
        if raw.len() > MAX_TX_BYTES {
            return Err(DecodeError::Oversized { size: raw.len() });
        }
        match first {
            0x01 | 0x02 | 0x04 | 0xc0.. => {}
            0x03 => return Err(DecodeError::Blob),
            other => return Err(DecodeError::UnknownType(other)),
        }
        let mut rest = raw.as_ref();
        let envelope =
            Envelope::decode_2718(&mut rest).map_err(|e| DecodeError::Rlp(e.to_string()))?;
        if !rest.is_empty() {
            return Err(DecodeError::TrailingBytes(rest.len()));
        }
        let hash = keccak256(&raw);
        Ok(Self { envelope, hash, raw })
    }

    /// Recovers the sender, or takes it from the memo.
    pub fn recover(self, memo: &RecoveryMemo) -> Result<Transaction, RecoverError> {
        let sender = memo.recover(signing_hash(&self.envelope), self.envelope.signature())?;
        Ok(Transaction { sender, envelope: self.envelope, hash: self.hash, raw: self.raw })
    }
}

/// A transaction with its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    sender: Address,
    envelope: Envelope,
    hash: B256,
    raw: Bytes,
}

impl Transaction {
    /// Decodes and recovers in one go.
    pub fn decode(raw: Bytes) -> Result<Result<Self, RecoverError>, DecodeError> {
        Ok(UnrecoveredTransaction::decode(raw)?.recover(&RecoveryMemo::default()))
    }

    /// Who signed it.
    pub fn sender(&self) -> Address {
        self.sender
    }

    /// The signed envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// keccak256 of the encoding.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// The EIP-2718 encoding.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The sender's transaction count that this one needs.
    pub fn nonce(&self) -> u64 {
        self.envelope.nonce()
    }

    /// Most that it can take from the sender: `gas_limit * max_fee_per_gas + value`, in wei.
    /// `None` when that does not fit 256 bits.
    pub fn max_cost_wei(&self) -> Option<U256> {
        U256::from(self.envelope.gas_limit())
            .checked_mul(U256::from(self.envelope.max_fee_per_gas()))?
            .checked_add(self.envelope.value())
    }

    /// What a proposer earns a gas at this base fee; `None` if the fee cap is below the base fee.
    ///
    /// # Units
    /// wei per gas
    pub fn effective_tip_wei(&self, base_fee_wei: u64) -> Option<u128> {
        self.envelope.effective_tip_per_gas(base_fee_wei)
    }

    /// What is paid a gas at this base fee.
    ///
    /// # Units
    /// wei per gas
    pub fn effective_gas_price_wei(&self, base_fee_wei: u64) -> u128 {
        self.envelope.effective_gas_price(Some(base_fee_wei))
    }
}

/// The digest that the sender signed.
pub fn signing_hash(envelope: &Envelope) -> B256 {
    envelope.signature_hash()
}
