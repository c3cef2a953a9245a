//! A private key that is never printed and is wiped when dropped.

use std::fmt;

use alloy_primitives::{Address, B256, FixedBytes, Signature, U256, keccak256};
use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
use rand::TryRngCore;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Half the order of secp256k1; a larger `s` is the malleable twin of a signature (EIP-2).
const HALF_ORDER: U256 = U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// The text or bytes are not a secp256k1 private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not 64 hex digits.
    #[error("a private key has 64 hex digits, with or without 0x")]
    Form,
    /// Zero, or not below the order of the curve.
    #[error("the number is not a secp256k1 private key (zero or too large)")]
    Range,
}

/// A secp256k1 private key. `Debug` shows the address only; memory is wiped on drop.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`KeystoreError::NoRandomness`] where the system gives none.
    pub fn random() -> Result<Self, KeystoreError> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        // All but 2⁻¹²⁸ of the 32-byte numbers are keys: the loop ends at its first turn.
        loop {
            random_bytes(bytes.as_mut_slice())?;
            if let Ok(key) = Self::from_bytes(&bytes) {
                return Ok(key);
            }
        }
    }

    /// A key from its 32 big-endian bytes.
    ///
    /// # Errors
    /// [`InvalidKey::Range`] for zero and for numbers not below the curve's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        SigningKey::from_slice(bytes).map(Self).map_err(|_| InvalidKey::Range)
    }

    /// A key from 64 hex digits, with or without `0x`.
    ///
    /// # Errors
    /// [`InvalidKey`] says which rule the text breaks; the text itself is never repeated.
    pub fn from_hex(text: &str) -> Result<Self, InvalidKey> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        let mut bytes = Zeroizing::new([0u8; 32]);
        alloy_primitives::hex::decode_to_slice(digits, bytes.as_mut_slice())
            .map_err(|_| InvalidKey::Form)?;
        Self::from_bytes(&bytes)
    }

    /// The 32 big-endian bytes, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut field = self.0.to_bytes();
        let mut bytes = Zeroizing::new([0u8; 32]);
        bytes.copy_from_slice(&field);
        zeroize::Zeroize::zeroize(field.as_mut_slice());
        bytes
    }

    /// `0x` and 64 hex digits. Only for a user who asked to see the key.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(alloy_primitives::hex::encode_prefixed(self.to_bytes().as_slice()))
    }

    /// The account's address: the last 20 bytes of the public key's hash.
    pub fn address(&self) -> Address {
        address_of(self.0.verifying_key())
    }

    /// The compressed public key.
    pub fn public_key(&self) -> FixedBytes<33> {
        FixedBytes::from_slice(self.0.verifying_key().to_sec1_point(true).as_bytes())
    }

    /// Signs a 32-byte digest (RFC 6979, low `s`).
    pub fn sign_digest(&self, digest: &B256) -> Signature {
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.as_slice());
        let (r, s) = signature.split_bytes();
        Signature::new(U256::from_be_slice(&r), U256::from_be_slice(&s), recovery.is_y_odd())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.address())
    }
}

/// The address that signed `digest`; `None` for a signature that no key can have made, and for the
/// malleable twin with `s` above half the order, which k256 would accept.
pub fn recover(signature: &Signature, digest: &B256) -> Option<Address> {
    if signature.s() > HALF_ORDER {
        return None;
    }
    let parsed = k256::ecdsa::Signature::from_scalars(
        signature.r().to_be_bytes::<32>(),
        signature.s().to_be_bytes::<32>(),
    )
    .ok()?;
    let recovery = RecoveryId::new(signature.v(), false);
    let key = VerifyingKey::recover_from_prehash(digest.as_slice(), &parsed, recovery).ok()?;
    Some(address_of(&key))
}

fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    // The first byte only says that the point is uncompressed.
    let hash = keccak256(&point.as_bytes()[1..]);
    Address::from_slice(&hash[12..])
}

/// Fills `bytes` from the system's generator.
pub(super) fn random_bytes(bytes: &mut [u8]) -> Result<(), KeystoreError> {
    rand::rngs::OsRng
        .try_fill_bytes(bytes)
        .map_err(|error| KeystoreError::NoRandomness(error.to_string()))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{address, hex};

    use super::*;

    /// The first account of the well-known test mnemonic.
    const TEST_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn the_address_of_a_key_is_ethereums() {
        let key = SecretKey::from_hex(TEST_KEY).unwrap();
        assert_eq!(key.address(), address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(key.to_hex().as_str(), TEST_KEY);
    }

    #[test]
    fn a_signature_recovers_to_its_signer_and_its_high_s_twin_is_refused() {
        let key = SecretKey::from_hex(TEST_KEY).unwrap();
        let digest = keccak256(b"a voucher");
        let signature = key.sign_digest(&digest);
        assert_eq!(recover(&signature, &digest), Some(key.address()));
        assert_ne!(recover(&signature, &keccak256(b"another")), Some(key.address()));
        let order = U256::from_be_slice(&hex!(
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        ));
        let twin = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert_eq!(recover(&twin, &digest), None);
    }

    #[test]
    fn bad_keys_are_refused_and_never_repeated() {
        for bad in ["", "0x", "0x12", "zz", &"f".repeat(63), &"f".repeat(65), "0xac09 74be"] {
            assert_eq!(SecretKey::from_hex(bad).unwrap_err(), InvalidKey::Form, "{bad}");
        }
        for bad in ["0".repeat(64), "f".repeat(64)] {
            assert_eq!(SecretKey::from_hex(&bad).unwrap_err(), InvalidKey::Range);
        }
    }

    #[test]
    fn debug_output_shows_the_address_but_no_key() {
        let shown = format!("{:?}", SecretKey::from_hex(TEST_KEY).unwrap());
        assert_eq!(shown, "SecretKey(of 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266)");
    }

    #[test]
    fn random_keys_differ() {
        assert_ne!(SecretKey::random().unwrap().address(), SecretKey::random().unwrap().address());
    }

    #[test]
    fn addresses_agree_with_ethers() {
        let Some(cases) = crate::keystore::file::tests::vectors("ethers/accounts.json.gz") else {
            return;
        };
        let mut checked = 0;
        for case in cases.as_array().unwrap() {
            let key = SecretKey::from_hex(case["privateKey"].as_str().unwrap()).unwrap();
            assert_eq!(key.address().to_checksum(None), case["address"].as_str().unwrap());
            checked += 1;
        }
        assert!(checked > 200, "{checked}");
    }
}
