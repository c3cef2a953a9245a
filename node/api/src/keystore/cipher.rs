//! AES-128-CTR and the MAC of a key file.

use aes::Aes128;
use alloy_primitives::{B256, Keccak256};
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

use super::kdf::DERIVED_BYTES;

/// Encrypts or decrypts 32 bytes: the same operation. The first half of the derived key is the AES key.
pub(super) fn apply(
    derived: &[u8; DERIVED_BYTES],
    iv: &[u8; 16],
    input: &[u8; 32],
) -> Zeroizing<[u8; 32]> {
    let (key, _) = derived.split_at(16);
    let mut output = Zeroizing::new(*input);
    Ctr128BE::<Aes128>::new(key.into(), iv.into()).apply_keystream(output.as_mut_slice());
    output
}

/// keccak256(second half of the derived key ‖ ciphertext).
pub(super) fn mac(derived: &[u8; DERIVED_BYTES], ciphertext: &[u8; 32]) -> B256 {
    let (_, second_half) = derived.split_at(16);
    let mut hasher = Keccak256::new();
    hasher.update(second_half);
    hasher.update(ciphertext);
    hasher.finalize()
}
