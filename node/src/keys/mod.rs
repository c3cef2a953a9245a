//! The validator's key.

use alloy_primitives::{Address, B256, keccak256};
use btt_runtime::tx::recover::public_key_to_address;
use k256::{SecretKey, elliptic_curve::sec1::ToSec1Point as _};

/// Address of a key.
pub fn address_of(secret: &SecretKey) -> Address {
    let point = secret.public_key().to_sec1_point(false);
    let bytes: [u8; 65] = point.as_bytes().try_into().unwrap_or([0; 65]);
    public_key_to_address(&bytes)
}

/// The validator key of every dev chain: public, so that a dev folder can be continued by anyone.
pub fn dev_validator_key() -> SecretKey {
    let secret: B256 = keccak256("btt dev validator");
    SecretKey::from_slice(secret.as_slice()).expect("a fixed hash below the group order")
}
