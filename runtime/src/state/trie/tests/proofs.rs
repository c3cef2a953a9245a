//! Proofs, checked by ours and by alloy's verifier.

use super::*;
use crate::state::trie::{EMPTY_ROOT_HASH, ProofError, proof, verify_proof};
use alloy_primitives::Bytes;

fn trie_of(batch: &Batch) -> TestTrie {
    let mut trie = TestTrie::default();
    trie.update(batch, false);
    trie
}

fn check(trie: &TestTrie, key: &B256) -> Vec<Bytes> {
    let root = trie.root.root_hash();
    let value = trie.leaves.get(key);
    let nodes = proof(trie, TrieId::Accounts, key).unwrap();
    assert_eq!(verify_proof(root, key, value.map(Vec::as_slice), &nodes), Ok(()));
    let by_alloy =
        alloy_trie::proof::verify_proof(root, Nibbles::unpack(key), value.cloned(), &nodes);
    assert_eq!(by_alloy, Ok(()));
    nodes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_key_is_proven_to_be_there_or_not(
        content in batch(60), others in prop::collection::vec(any_key(), 1..10),
    ) {
        let trie = trie_of(&content);
        for key in trie.leaves.keys().chain(&others) {
            check(&trie, key);
        }
    }

    #[test]
    fn a_proof_proves_no_other_value_and_no_proof_survives_damage(
        content in batch(60), key in any_key(), pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(), flip in 1u8..=255,
    ) {
        let trie = trie_of(&content);
        let root = trie.root.root_hash();
        let held: Vec<_> = trie.leaves.keys().copied().collect();
        let key = if held.is_empty() { key } else { held[pick.index(held.len())] };
        let value = trie.leaves.get(&key).map(Vec::as_slice);
        let nodes = check(&trie, &key);
        let other = if value.is_none() { Some(&[1u8][..]) } else { None };
        let found = value.map(Bytes::copy_from_slice);
        prop_assert_eq!(
            verify_proof(root, &key, other, &nodes),
            Err(ProofError::OtherValue { found })
        );
        if nodes.is_empty() {
            return Ok(());
        }
        let (last, shorter) = nodes.split_last().unwrap();
        let cut = verify_proof(root, &key, value, shorter);
        prop_assert!(matches!(cut, Err(ProofError::Incomplete { .. })), "{:?}", cut);
        let longer = [&nodes[..], std::slice::from_ref(last)].concat();
        prop_assert_eq!(
            verify_proof(root, &key, value, &longer),
            Err(ProofError::TooLong { count: 1 })
        );
        let index = at.index(nodes.len());
        let mut bytes = nodes[index].to_vec();
        let byte = pick.index(bytes.len());
        bytes[byte] ^= flip;
        let mut damaged = nodes;
        damaged[index] = bytes.into();
        prop_assert_eq!(
            verify_proof(root, &key, value, &damaged),
            Err(ProofError::WrongHash { index })
        );
    }

    /// With the root of any bytes, so that the hash does not shield the decoder.
    #[test]
    fn no_bytes_make_the_verifier_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            prop::collection::vec(any::<u8>(), 0..54).prop_map(|payload| {
                [&[0xc0 + u8::try_from(payload.len()).unwrap()][..], &payload].concat()
            }),
        ],
        key in any_key(),
    ) {
        let node = Bytes::from(bytes);
        let root = alloy_primitives::keccak256(&node);
        let proven = verify_proof(root, &key, Some(&[1]), std::slice::from_ref(&node));
        let by_alloy = alloy_trie::proof::verify_proof(
            root, Nibbles::unpack(key), Some(vec![1]), [&node],
        );
        prop_assert!(proven.is_err() || by_alloy.is_ok());
    }
}

#[test]
fn an_empty_trie_has_an_empty_proof() {
    let key = B256::repeat_byte(1);
    assert_eq!(check(&TestTrie::default(), &key), Vec::<Bytes>::new());
    let found = verify_proof(EMPTY_ROOT_HASH, &key, Some(&[1]), &[]);
    assert_eq!(found, Err(ProofError::OtherValue { found: None }));
    let missing = verify_proof(key, &key, None, &[]);
    assert_eq!(missing, Err(ProofError::Incomplete { depth: 0 }));
}

#[test]
fn inline_nodes_are_not_listed_but_a_root_always_is() {
    let [a, b] = [1, 2].map(|last| {
        let mut key = B256::repeat_byte(0xab);
        key[31] = last;
        key
    });
    let trie = trie_of(&[(a, Some(vec![1])), (b, Some(vec![2]))].into());
    assert_eq!(trie.nodes.len(), 1);
    assert_eq!(check(&trie, &a).len(), 1, "the extension holds the branch and its leaves");
}

#[test]
fn malformed_nodes_are_named() {
    let key = B256::repeat_byte(0x11);
    let verify = |rlp: &[u8]| {
        let node = Bytes::copy_from_slice(rlp);
        verify_proof(alloy_primitives::keccak256(&node), &key, None, &[node])
    };
    let malformed = Err(ProofError::Malformed { depth: 0 });
    assert_eq!(verify(&[0x01]), malformed, "no list");
    assert_eq!(verify(&[0xc1, 0x80]), malformed, "one item");
    assert_eq!(verify(&[0xc2, 0x80, 0x80]), malformed, "no flag");
    assert_eq!(verify(&[0xc2, 0x20, 0x01]), malformed, "a leaf for a shorter key");
    assert_eq!(verify(&[0xc2, 0x00, 0x01]), malformed, "an extension of no nibbles");
    assert_eq!(verify(&[0xc2, 0x40, 0x01]), malformed, "an unknown flag");
    assert_eq!(verify(&[0xc2, 0x12, 0x01]), Ok(()), "an extension that leads elsewhere");
    assert_eq!(verify(&[0xc2, 0x11, 0x01]), Err(ProofError::Malformed { depth: 1 }), "no child");
}
