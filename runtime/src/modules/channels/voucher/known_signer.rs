//! Checking many vouchers of one signer: its public key is recovered once, then every signature is only
//! verified, which costs a fifth less than recovering.

use crate::tx::{
    RecoverError,
    recover::{public_key_to_address, recover_signer},
};
use alloy_primitives::{Address, B256, Signature};
use secp256k1::{
    Message, PublicKey, SECP256K1,
    ecdsa::{self, RecoverableSignature, RecoveryId},
};

/// A signer whose public key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSigner {
    address: Address,
    key: PublicKey,
}

impl KnownSigner {
    /// Learns the key of who signed `digest`.
    ///
    /// # Errors
    /// If the signature is malleable or of nobody.
    pub fn recover(digest: B256, signature: &Signature) -> Result<Self, RecoverError> {
        if signature.s() > crate::tx::recover::HALF_ORDER {
            return Err(RecoverError::HighS);
        }
        let id = if signature.v() { RecoveryId::One } else { RecoveryId::Zero };
        let recoverable = RecoverableSignature::from_compact(&compact(signature), id)
            .map_err(|_| RecoverError::Invalid)?;
        let key = SECP256K1
            .recover_ecdsa(Message::from_digest(digest.0), &recoverable)
            .map_err(|_| RecoverError::Invalid)?;
        Ok(Self { address: public_key_to_address(&key.serialize_uncompressed()), key })
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// Whether it signed `digest`. libsecp256k1 refuses high s here itself. `v` plays no part: before the
    /// voucher goes to the chain, [`Self::settleable`] puts it right.
    pub fn has_signed(&self, digest: B256, signature: &Signature) -> bool {
        ecdsa::Signature::from_compact(&compact(signature)).is_ok_and(|signature| {
            SECP256K1.verify_ecdsa(Message::from_digest(digest.0), &signature, &self.key).is_ok()
        })
    }
}

impl KnownSigner {
    /// The signature with the `v` by which the chain recovers this signer; `None` if it is not the signer's.
    /// A payer could otherwise have its vouchers accepted and see them fail at settlement.
    pub fn settleable(&self, digest: B256, signature: &Signature) -> Option<Signature> {
        let forms = [false, true].map(|is_odd| signature.with_parity(is_odd));
        forms.into_iter().find(|form| recover_signer(digest, form) == Ok(self.address))
    }
}

fn compact(signature: &Signature) -> [u8; 64] {
    let mut bytes = [0u8; 64];
    let (r, s) = bytes.split_at_mut(32);
    r.copy_from_slice(&signature.r().to_be_bytes::<32>());
    s.copy_from_slice(&signature.s().to_be_bytes::<32>());
    bytes
}
