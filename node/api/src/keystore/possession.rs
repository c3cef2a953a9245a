//! The proof that whoever operates a validator holds its consensus key.

use alloy_primitives::{Address, B256, FixedBytes, U256, keccak256};

use super::SecretKey;

/// What the consensus key signs:
/// keccak256(abi.encode(keccak256("btt.possession.v1"), uint256 chainId, address operator)).
pub fn digest(chain_id: u64, operator: Address) -> B256 {
    let words =
        [keccak256("btt.possession.v1"), B256::from(U256::from(chain_id)), operator.into_word()];
    keccak256(words.concat())
}

/// The proof: `r ‖ s ‖ v` with `v` 27 or 28.
pub fn prove(key: &SecretKey, chain_id: u64, operator: Address) -> FixedBytes<65> {
    key.sign_digest(&digest(chain_id, operator)).as_bytes().into()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Signature;

    use super::*;
    use crate::keystore::recover;

    #[test]
    fn the_digest_is_of_chain_and_operator_word_by_word() {
        let operator = Address::repeat_byte(7);
        let mut bytes = keccak256("btt.possession.v1").to_vec();
        bytes.extend([0; 31]);
        bytes.push(5);
        bytes.extend([0; 12]);
        bytes.extend([7; 20]);
        assert_eq!(digest(5, operator), keccak256(bytes));
        assert_ne!(digest(6, operator), digest(5, operator));
        assert_ne!(digest(5, Address::ZERO), digest(5, operator));
    }

    #[test]
    fn the_proof_recovers_to_the_consensus_key() {
        let key = SecretKey::random().unwrap();
        let operator = Address::repeat_byte(7);
        let proof = prove(&key, 990_003, operator);
        assert!(matches!(proof[64], 27 | 28));
        let signature = Signature::from_raw(proof.as_slice()).unwrap();
        assert_eq!(recover(&signature, &digest(990_003, operator)), Some(key.address()));
    }
}
