//! EIP-2718 envelopes of the types this chain takes: legacy, 2930, 1559, 7702.

use super::recover::{RecoverError, RecoveryMemo};
use crate::primitives::limits::MAX_TX_BYTES;
use alloy_consensus::{
    EthereumTxEnvelope, Transaction as _, TxEip4844, TxLegacy,
    transaction::RlpEcdsaDecodableTx as _,
};
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
        let mut rest = raw.as_ref();
        let envelope = match first {
            0x01 | 0x02 | 0x04 => {
                Envelope::decode_2718(&mut rest).map_err(|e| DecodeError::Rlp(e.to_string()))?
            }
            // Not by `decode_2718`: it hides what is wrong with a legacy transaction.
            0xc0.. => TxLegacy::rlp_decode_signed(&mut rest)
                .map_err(|e| DecodeError::Rlp(e.to_string()))?
                .into(),
            0x03 => return Err(DecodeError::Blob),
            other => return Err(DecodeError::UnknownType(other)),
        };
        if !rest.is_empty() {
            return Err(DecodeError::TrailingBytes(rest.len()));
        }
        let hash = keccak256(&raw);
        Ok(Self { envelope, hash, raw })
    }

    /// Recovers the sender, or takes it from the memo.
    pub fn recover(self, memo: &RecoveryMemo) -> Result<Transaction, RecoverError> {
        let sender = memo.recover(signing_hash(&self.envelope), self.envelope.signature())?;
        let Self { envelope, hash, raw } = self;
        Ok(Transaction { sender, envelope, hash, raw, recovered: RecoveryMemo::default() })
    }
}

/// A transaction with its sender.
#[derive(Debug, Clone)]
pub struct Transaction {
    sender: Address,
    envelope: Envelope,
    hash: B256,
    raw: Bytes,
    recovered: RecoveryMemo,
}

/// What was recovered beside makes no difference.
impl PartialEq for Transaction {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.sender == other.sender
    }
}

impl Eq for Transaction {}

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

    /// Signers of what it carries in its calldata, as far as they were recovered.
    pub fn recovered(&self) -> &RecoveryMemo {
        &self.recovered
    }

    /// The same, with what was recovered of its calldata.
    pub fn with_recovered(self, recovered: RecoveryMemo) -> Self {
        Self { recovered, ..self }
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    /// The example of EIP-155.
    const EXAMPLE: [u8; 110] = hex!(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025"
        "a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
        "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    );

    fn decode(bytes: &[u8]) -> Result<UnrecoveredTransaction, DecodeError> {
        UnrecoveredTransaction::decode(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn a_broken_legacy_transaction_is_told_what_is_wrong_with_its_rlp() {
        let tx = decode(&EXAMPLE).unwrap();
        assert_eq!(tx.envelope.chain_id(), Some(1));
        let mut leading_zero = EXAMPLE;
        leading_zero[4] = 0;
        assert_eq!(decode(&leading_zero), Err(DecodeError::Rlp("leading zero".into())));
        assert_eq!(decode(&EXAMPLE[..109]), Err(DecodeError::Rlp("input too short".into())));
        let padded = [EXAMPLE.as_slice(), &[0, 0]].concat();
        assert_eq!(decode(&padded), Err(DecodeError::TrailingBytes(2)));
    }

    #[test]
    fn bytes_of_no_known_type_are_refused_by_name() {
        assert_eq!(decode(&[]), Err(DecodeError::Empty));
        assert_eq!(decode(&[3, 0xc0]), Err(DecodeError::Blob));
        for other in [0x00, 0x05, 0x7f, 0x80, 0xbf] {
            assert_eq!(decode(&[other, 0xc0]), Err(DecodeError::UnknownType(other)));
        }
        let size = MAX_TX_BYTES + 1;
        assert_eq!(decode(&vec![0xc0; size]), Err(DecodeError::Oversized { size }));
    }
}
