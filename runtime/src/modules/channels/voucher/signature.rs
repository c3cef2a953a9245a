//! Signatures over vouchers: 65 bytes (r ‖ s ‖ v) or 64 (EIP-2098), low s only, made by libsecp256k1.

use crate::tx::recover::HALF_ORDER;
use alloy_primitives::{B256, Signature, U256};
use secp256k1::{Message, SECP256K1};

/// A secret key that signs vouchers; it wipes nothing, so hold it no longer than needed.
pub use secp256k1::SecretKey as SigningKey;

/// Why bytes are not a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Neither 64 nor 65 bytes.
    #[error("a signature has 65 bytes, or 64 in its compact form (EIP-2098); this one has {0}")]
    Length(usize),
    /// v is not 0, 1, 27 or 28.
    #[error("v is {0}, not 27 or 28")]
    Parity(u8),
    /// Anyone can make this form from a valid signature.
    #[error("s is above half of the group order")]
    HighS,
    /// r or s is zero.
    #[error("r or s is zero")]
    Zero,
}

/// Reads either form.
///
/// # Errors
/// Whatever is not exactly one signature in its one low-s form.
pub fn parse_signature(bytes: &[u8]) -> Result<Signature, SignatureError> {
    let signature = match bytes.len() {
        64 => Signature::from_erc2098(bytes),
        65 => {
            let (r, rest) = bytes.split_at(32);
            let (s, v) = rest.split_at(32);
            let is_odd = match v {
                [0 | 27] => false,
                [1 | 28] => true,
                other => return Err(SignatureError::Parity(other.first().copied().unwrap_or(0))),
            };
            Signature::new(U256::from_be_slice(r), U256::from_be_slice(s), is_odd)
        }
        other => return Err(SignatureError::Length(other)),
    };
    if signature.r().is_zero() || signature.s().is_zero() {
        return Err(SignatureError::Zero);
    }
    if signature.s() > HALF_ORDER {
        return Err(SignatureError::HighS);
    }
    Ok(signature)
}

/// Signs a digest: deterministic (RFC 6979), low s.
pub fn sign(digest: B256, key: &SigningKey) -> Signature {
    let signed = SECP256K1.sign_ecdsa_recoverable(Message::from_digest(digest.0), key);
    let (id, compact) = signed.serialize_compact();
    let (r, s) = compact.split_at(32);
    let is_odd = matches!(id, secp256k1::ecdsa::RecoveryId::One);
    Signature::new(U256::from_be_slice(r), U256::from_be_slice(s), is_odd)
}

/// The 64-byte form (EIP-2098).
pub fn to_compact(signature: &Signature) -> [u8; 64] {
    signature.as_erc2098()
}
