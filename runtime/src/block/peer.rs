//! What a validator signs to show that a network peer is its own: a digest with a domain tag (rule A.5).

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, private::U256};

/// keccak256(abi.encode(keccak256("btt.peer.v1"), chainId, keccak256(peer id bytes))).
///
/// The connection proves the peer id, so the signature is worth nothing to anyone else.
pub fn peer_digest(chain_id: u64, peer_id: &[u8]) -> B256 {
    let fields = (keccak256("btt.peer.v1"), U256::from(chain_id), keccak256(peer_id));
    keccak256(fields.abi_encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_digest_covers_chain_and_peer_word_by_word() {
        let chain = B256::with_last_byte(5);
        let bytes = [keccak256("btt.peer.v1").0, chain.0, keccak256([1, 2, 3]).0].concat();
        assert_eq!(peer_digest(5, &[1, 2, 3]), keccak256(bytes));
        assert_ne!(peer_digest(5, &[1, 2, 3]), peer_digest(6, &[1, 2, 3]));
        assert_ne!(peer_digest(5, &[1, 2, 3]), peer_digest(5, &[1, 2]));
    }
}
