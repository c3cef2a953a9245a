//! Random batches: roots against alloy's, stored nodes against a fresh build.

use super::*;
use crate::state::trie::EMPTY_ROOT_HASH;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn after_every_batch_root_and_nodes_are_those_of_a_fresh_build(
        batches in prop::collection::vec((batch(40), any::<bool>(), any::<u64>()), 1..8),
    ) {
        let mut trie = TestTrie::default();
        for (mut batch, hint, choice) in batches {
            // Half of the keys that are there are deleted too, so that branches collapse.
            for (index, key) in trie.leaves.keys().enumerate() {
                if choice >> (index % 64) & 1 == 1 {
                    batch.entry(*key).or_insert(None);
                }
            }
            trie.update(&batch, hint);
            prop_assert_eq!(trie.root.root_hash(), trie.alloy_root());
            let fresh = TestTrie::built(&trie.leaves);
            prop_assert_eq!(&trie, &fresh);
        }
        let all_gone: Batch = trie.leaves.keys().map(|key| (*key, None)).collect();
        trie.update(&all_gone, true);
        prop_assert_eq!(trie.root.root_hash(), EMPTY_ROOT_HASH);
        prop_assert_eq!(trie, TestTrie::default());
    }

    #[test]
    fn one_key_at_a_time_gives_the_same_trie_as_one_batch(first in batch(60), second in batch(30)) {
        let mut at_once = TestTrie::default();
        at_once.update(&first, false);
        let mut one_by_one = at_once.clone();
        at_once.update(&second, false);
        for (key, value) in second.into_iter().rev() {
            one_by_one.update(&Batch::from([(key, value)]), false);
        }
        prop_assert_eq!(at_once, one_by_one);
    }

    #[test]
    fn writing_what_is_there_and_deleting_what_is_not_changes_no_node(
        content in batch(60), absent in prop::collection::vec(any_key(), 0..20), hint in any::<bool>(),
    ) {
        let mut trie = TestTrie::default();
        trie.update(&content, false);
        let mut batch: Batch =
            trie.leaves.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
        for key in absent {
            batch.entry(key).or_insert(None);
        }
        let before = trie.clone();
        // `update` itself asserts that no node is written unchanged.
        trie.update(&batch, hint);
        prop_assert_eq!(trie, before);
    }
}

/// The strategies above must reach the rare cases, or their tests prove little.
#[test]
fn clustered_keys_bring_about_inline_leaves_inline_branches_and_extensions() {
    let keys = [[0u8, 1], [0, 2], [1, 1]].map(|[a, b]| {
        let mut key = B256::repeat_byte(0xab);
        key[29] = a;
        key[31] = b;
        key
    });
    let mut trie = TestTrie::default();
    trie.update(&keys.iter().map(|key| (*key, Some(vec![1]))).collect(), false);
    assert_eq!(trie.root.root_hash(), trie.alloy_root());
    let [outer, inner] = [59, 63].map(|len| Nibbles::unpack(keys[0]).slice(..len));
    assert_eq!(trie.nodes.keys().copied().collect::<Vec<_>>(), [outer, inner]);
    let outer = trie.nodes[&outer].children().unwrap();
    let Child::Branch { extension, node } = outer[0] else { panic!("{outer:?}") };
    assert_eq!(extension.len(), 3);
    assert!(node.as_hash().is_none(), "the inner branch is held inline");
    let Child::Leaf(leaf) = outer[1] else { panic!("{outer:?}") };
    assert!(leaf.as_hash().is_none(), "the leaf is held inline");
}

#[test]
fn a_trie_of_one_leaf_has_a_root_and_no_node() {
    let key = B256::repeat_byte(7);
    let mut trie = TestTrie::default();
    trie.update(&Batch::from([(key, Some(vec![1]))]), false);
    assert_eq!((trie.root.root_hash(), trie.nodes.len()), (trie.alloy_root(), 0));
    trie.update(&Batch::from([(key, Some(vec![2]))]), false);
    assert_eq!((trie.root.root_hash(), trie.nodes.len()), (trie.alloy_root(), 0));
    trie.update(&Batch::from([(key, None)]), false);
    assert_eq!(trie.root, Child::Empty);
}

#[test]
fn a_missing_branch_and_a_missing_leaf_are_named() {
    let [a, b] = [1, 2].map(B256::repeat_byte);
    let mut trie = TestTrie::default();
    trie.update(&[(a, Some(vec![1])), (b, Some(vec![1]))].into(), false);
    let delete = [LeafUpdate { key: a, value: None, existed: true }];
    let mut without_leaf = trie.clone();
    without_leaf.leaves.clear();
    let error = update(&without_leaf, TrieId::Accounts, trie.root, &delete).unwrap_err();
    assert_eq!(error.0, "Accounts: no leaf under Nibbles(0x02)");
    let mut without_branch = trie.clone();
    without_branch.nodes.clear();
    let error = update(&without_branch, TrieId::Accounts, trie.root, &delete).unwrap_err();
    assert_eq!(error.0, "Accounts: no branch at Nibbles(0x0)");
}

#[test]
fn updates_and_leaves_out_of_order_are_refused() {
    let leaf = |byte| LeafUpdate { key: B256::repeat_byte(byte), value: None, existed: false };
    let trie = TestTrie::default();
    for updates in [[leaf(2), leaf(1)], [leaf(1), leaf(1)]] {
        let error = update(&trie, TrieId::Accounts, trie.root, &updates).unwrap_err();
        assert_eq!(error.0, "Accounts: updates out of order");
    }
    for last in [1, 2] {
        let leaves = [2, last].map(|byte| Ok((B256::repeat_byte(byte), [1])));
        let error = build_sorted(leaves, |_, _| Ok(())).unwrap_err();
        let key = B256::repeat_byte(last);
        assert_eq!(error.0, format!("trie leaf {key} is out of order"));
    }
}

#[test]
fn the_deepest_trie_there_can_be_grows_and_collapses_leaf_by_leaf() {
    let base = Nibbles::from_nibbles([3u8; 64]);
    let forks = (0..64).map(|at| {
        let mut path = base;
        path.set_at(at, 4);
        B256::from_slice(&path.pack())
    });
    let keys: Vec<B256> = std::iter::once(B256::from_slice(&base.pack())).chain(forks).collect();
    let mut trie = TestTrie::default();
    trie.update(&keys.iter().map(|key| (*key, Some(vec![1]))).collect(), false);
    assert_eq!(trie.nodes.len(), 64, "a branch at every depth");
    for key in keys {
        assert_eq!(trie.root.root_hash(), trie.alloy_root());
        trie.update(&Batch::from([(key, None)]), true);
        assert_eq!(trie, TestTrie::built(&trie.leaves));
    }
}
