//! Sender recovery by libsecp256k1, and the memo that carries recoveries made elsewhere in parallel.
//!
//! Sources: EIP-2 (low s), rule A.5 (refuse high s before every recovery), rule H.6 (the memo).

use alloy_primitives::{Address, B256, Signature, U256, keccak256, uint};
use secp256k1::{
    Message, SECP256K1,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use std::{collections::BTreeMap, sync::Arc};

/// Half of the group order of secp256k1; a signature's `s` may not be above it.
pub const HALF_ORDER: U256 =
    uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);

/// Why a signature has no signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// `s` lies in the upper half: anyone can make it from a valid signature (EIP-2).
    #[error("invalid transaction v, r, s values: s is above half of the group order")]
    HighS,
    /// No point on the curve belongs to these values.
    #[error("invalid transaction v, r, s values")]
    Invalid,
}

/// Recovers the address that signed `digest`.
pub fn recover_signer(digest: B256, signature: &Signature) -> Result<Address, RecoverError> {
    if signature.s() > HALF_ORDER {
        return Err(RecoverError::HighS);
    }
    let id = if signature.v() { RecoveryId::One } else { RecoveryId::Zero };
    let mut compact = [0u8; 64];
    let (r, s) = compact.split_at_mut(32);
    r.copy_from_slice(&signature.r().to_be_bytes::<32>());
    s.copy_from_slice(&signature.s().to_be_bytes::<32>());
    let recoverable =
        RecoverableSignature::from_compact(&compact, id).map_err(|_| RecoverError::Invalid)?;
    let key = SECP256K1
        .recover_ecdsa(Message::from_digest(digest.0), &recoverable)
        .map_err(|_| RecoverError::Invalid)?;
    Ok(public_key_to_address(&key.serialize_uncompressed()))
}

/// Address of an uncompressed public key (`0x04 ‖ x ‖ y`).
pub fn public_key_to_address(uncompressed: &[u8; 65]) -> Address {
    let [_, point @ ..] = uncompressed;
    Address::from_word(keccak256(point))
}

/// (digest, signature) → signer. Whatever is absent is computed, so a memo changes time and nothing else. A
/// copy costs nothing until one of both is written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryMemo {
    signers: Arc<BTreeMap<(B256, [u8; 65]), Address>>,
}

impl RecoveryMemo {
    /// Adds what [`recover_signer`] said elsewhere.
    pub fn insert(&mut self, digest: B256, signature: &Signature, signer: Address) {
        let signers = Arc::make_mut(&mut self.signers);
        signers.insert((digest, signature.as_bytes()), signer);
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        if self.signers.is_empty() {
            self.signers.clone_from(&other.signers);
        } else if !other.signers.is_empty() {
            let more = other.signers.iter().map(|(key, signer)| (*key, *signer));
            Arc::make_mut(&mut self.signers).extend(more);
        }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// Whether it holds this signature.
    pub fn contains(&self, digest: B256, signature: &Signature) -> bool {
        self.signers.contains_key(&(digest, signature.as_bytes()))
    }

    /// The signer from the memo, else by recovery.
    pub fn recover(&self, digest: B256, signature: &Signature) -> Result<Address, RecoverError> {
        if self.signers.is_empty() {
            return recover_signer(digest, signature);
        }
        match self.signers.get(&(digest, signature.as_bytes())) {
            Some(signer) => Ok(*signer),
            None => recover_signer(digest, signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, b256};

    /// The example of EIP-155.
    fn example() -> (B256, Signature, Address) {
        (
            b256!("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"),
            Signature::new(
                uint!(0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276_U256),
                uint!(0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83_U256),
                false,
            ),
            address!("9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"),
        )
    }

    #[test]
    fn the_signer_of_eip_155s_example_is_recovered() {
        let (digest, signature, signer) = example();
        assert_eq!(recover_signer(digest, &signature), Ok(signer));
    }

    #[test]
    fn a_malleated_signature_is_refused() {
        let (digest, signature, _) = example();
        let order = (HALF_ORDER << 1) | U256::from(1);
        let twin = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert_eq!(recover_signer(digest, &twin), Err(RecoverError::HighS));
    }

    #[test]
    fn zero_values_are_no_signature() {
        let (digest, signature, _) = example();
        for (r, s) in
            [(U256::ZERO, signature.s()), (signature.r(), U256::ZERO), (U256::MAX, signature.s())]
        {
            assert_eq!(
                recover_signer(digest, &Signature::new(r, s, false)),
                Err(RecoverError::Invalid)
            );
        }
    }

    #[test]
    fn a_memo_answers_for_what_it_holds_and_computes_the_rest() {
        let (digest, signature, signer) = example();
        let mut memo = RecoveryMemo::default();
        memo.insert(B256::ZERO, &signature, Address::ZERO);
        assert_eq!(memo.recover(digest, &signature), Ok(signer));
        assert_eq!(memo.recover(B256::ZERO, &signature), Ok(Address::ZERO));
    }
}
