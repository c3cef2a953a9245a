//! Secret keys of tests: they sign transactions, EIP-7702 authorisations and votes.

use alloy_consensus::{EthereumTypedTransaction, SignableTransaction as _, TxEip4844};
use alloy_eips::{
    eip2718::Encodable2718 as _,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Signature, U256};
use btt_runtime::{
    config::Validator,
    modules::staking,
    tx::{Envelope, Transaction, recover::public_key_to_address},
};
use k256::{SecretKey, ecdsa::SigningKey, elliptic_curve::sec1::ToSec1Point as _};

/// A transaction of any type of this chain, not signed yet.
pub type Unsigned = EthereumTypedTransaction<TxEip4844>;

/// A secp256k1 secret key with its address.
#[derive(Debug, Clone)]
pub struct Key {
    secret: SecretKey,
    address: Address,
}

impl Key {
    /// The key of these bytes.
    ///
    /// # Panics
    /// If they are zero or not below the group order: no key of a test is.
    pub fn new(secret: B256) -> Self {
        let secret = SecretKey::from_slice(secret.as_slice()).expect("a secp256k1 secret key");
        let point = secret.public_key().to_sec1_point(false);
        let uncompressed: [u8; 65] = point.as_bytes().try_into().expect("65 bytes uncompressed");
        Self { address: public_key_to_address(&uncompressed), secret }
    }

    /// The key that a small number is, for tests that need a few different ones; zero is none.
    pub fn numbered(number: u64) -> Self {
        Self::new(B256::from(U256::from(number)))
    }

    /// Account `index` (0 to 9) of the public test mnemonic, which holds coins on the dev chain.
    pub fn dev(index: usize) -> Self {
        Self::new(btt_genesis::dev_accounts()[index].secret_key)
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The secret key, as the VRF takes it.
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Its compressed public key.
    pub fn public_key(&self) -> FixedBytes<33> {
        FixedBytes::from_slice(self.secret.public_key().to_sec1_point(true).as_bytes())
    }

    /// A validator with this consensus key, operated by its address.
    pub fn validator(&self, power: u64) -> Validator {
        Validator { public_key: self.public_key(), operator: self.address, power }
    }

    /// Shows that this consensus key is `operator`'s.
    pub fn possession(&self, chain_id: u64, operator: Address) -> Bytes {
        let digest = staking::possession_digest(chain_id, operator);
        Bytes::copy_from_slice(&self.sign_digest(digest).as_bytes())
    }

    /// Signs a digest (RFC 6979, low s).
    pub fn sign_digest(&self, digest: B256) -> Signature {
        let (signature, id) =
            SigningKey::from(&self.secret).sign_prehash_recoverable(digest.as_slice());
        let (r, s) = signature.split_bytes();
        Signature::new(U256::from_be_slice(&r), U256::from_be_slice(&s), id.is_y_odd())
    }

    /// Signs an EIP-7702 authorisation: lets this key's account run the code at `target`.
    pub fn authorize(&self, chain_id: u64, target: Address, nonce: u64) -> SignedAuthorization {
        let inner = Authorization { chain_id: U256::from(chain_id), address: target, nonce };
        let signature = self.sign_digest(inner.signature_hash());
        inner.into_signed(signature)
    }

    /// Signs a transaction; the result is its EIP-2718 encoding.
    pub fn sign_raw(&self, tx: impl Into<Unsigned>) -> Bytes {
        let tx = tx.into();
        let signature = self.sign_digest(tx.signature_hash());
        Envelope::from(tx.into_signed(signature)).encoded_2718().into()
    }

    /// Signs a transaction and takes it in as a node does.
    ///
    /// # Panics
    /// If the chain does not know its type.
    pub fn sign(&self, tx: impl Into<Unsigned>) -> Transaction {
        Transaction::decode(self.sign_raw(tx)).expect("decodes").expect("has a sender")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::TxEip1559;

    #[test]
    fn keys_of_the_test_mnemonic_have_their_known_addresses() {
        for (index, account) in btt_genesis::dev_accounts().iter().enumerate() {
            assert_eq!(Key::dev(index).address(), account.address);
        }
    }

    #[test]
    fn a_signed_transaction_comes_back_with_its_signer() {
        let key = Key::numbered(7);
        let tx = TxEip1559 { chain_id: 5, nonce: 3, ..TxEip1559::default() };
        let signed = key.sign(tx);
        assert_eq!(signed.sender(), key.address());
        assert_eq!(signed.nonce(), 3);
    }
}
