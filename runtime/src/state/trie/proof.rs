//! Proofs that a trie with a certain root holds a value under a key, or does not hold the key.
//!
//! Source: EIP-1186. A proof is the RLP of the nodes from the root towards the key; nodes that their
//! parent holds inline are not listed again.

use super::node::{Child, NodeRef, branch_rlp, extension_rlp, leaf_rlp};
use super::path::{branch_path, key_path, nibble_at, slot_path};
use super::{TrieId, TrieReader, stored_branch, stored_leaf};
use crate::state::StoreError;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Header, PayloadView};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

/// The proof for a hashed key: of its value where the trie holds it, of its absence otherwise. An
/// empty trie has an empty proof.
///
/// # Errors
/// If the store fails, or misses a node or a leaf.
pub fn proof<R: TrieReader + ?Sized>(
    reader: &R,
    trie: TrieId,
    key: &B256,
) -> Result<Vec<Bytes>, StoreError> {
    let mut proof = Vec::new();
    let mut list = |rlp: &[u8]| {
        if proof.is_empty() || NodeRef::of(rlp).as_hash().is_some() {
            proof.push(Bytes::copy_from_slice(rlp));
        }
    };
    let mut rlp = Vec::new();
    let mut path = Nibbles::new();
    let mut child = reader.root(trie)?;
    loop {
        match child {
            Child::Empty => break,
            Child::Leaf(_) => {
                let (leaf, value) = stored_leaf(reader, trie, &path)?;
                leaf_rlp(&leaf, path.len(), &value, &mut rlp);
                list(&rlp);
                break;
            }
            Child::Branch { extension, node } => {
                if !extension.is_empty() {
                    list(&extension_rlp(&extension, &node));
                }
                let at = branch_path(&path, &extension)?;
                if !key_path(key).starts_with(&at) {
                    break;
                }
                let children = stored_branch(reader, trie, &at)?;
                list(branch_rlp(&children, &mut rlp));
                let nibble = nibble_at(key, at.len());
                path = slot_path(&at, nibble)?;
                child = children.get(usize::from(nibble)).copied().unwrap_or_default();
            }
        }
    }
    Ok(proof)
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The proof ends before the key is reached.
    #[error("proof ends at nibble {depth} of the key")]
    Incomplete {
        /// Nibbles of the key that were followed.
        depth: usize,
    },
    /// A node does not have the hash that the root or its parent names.
    #[error("node {index} of the proof does not have the hash that is asked for")]
    WrongHash {
        /// Position in the proof.
        index: usize,
    },
    /// A node is no node of a trie with 32-byte keys.
    #[error("malformed trie node at nibble {depth} of the key")]
    Malformed {
        /// Nibbles of the key that were followed.
        depth: usize,
    },
    /// There are more nodes than the key needs.
    #[error("{count} nodes too many in the proof")]
    TooLong {
        /// Nodes left over.
        count: usize,
    },
    /// The proof is sound but proves another value.
    #[error("proof is of another value: {found:?}")]
    OtherValue {
        /// What it proves; `None` if the key's absence.
        found: Option<Bytes>,
    },
}

/// Checks a proof for a hashed key: that the trie with root hash `root` holds `value` (as the leaf
/// holds it: RLP for accounts and slots), or where `None`, that it does not hold the key.
///
/// # Errors
/// The reason why it does not hold.
pub fn verify_proof(
    root: B256,
    key: &B256,
    value: Option<&[u8]>,
    proof: &[Bytes],
) -> Result<(), ProofError> {
    let mut walk = Walk { key, depth: 0, nodes: proof.iter().enumerate() };
    let found = if root == EMPTY_ROOT_HASH { None } else { walk.value_under(root)? };
    match walk.nodes.len() {
        0 => {}
        count => return Err(ProofError::TooLong { count }),
    }
    if found == value {
        Ok(())
    } else {
        Err(ProofError::OtherValue { found: found.map(Bytes::copy_from_slice) })
    }
}

struct Walk<'p> {
    key: &'p B256,
    depth: usize,
    nodes: std::iter::Enumerate<std::slice::Iter<'p, Bytes>>,
}

impl<'p> Walk<'p> {
    fn value_under(&mut self, root: B256) -> Result<Option<&'p [u8]>, ProofError> {
        let mut node = self.next_node(root.as_slice())?;
        loop {
            let items = self.items(node)?;
            let child: &[u8] = match items.as_slice() {
                [path, held] => {
                    let (is_leaf, path) =
                        compact_path(self.string(path)?).ok_or(self.malformed())?;
                    let rest = key_path(self.key).slice(self.depth..);
                    if is_leaf {
                        // Only a leaf that ends where all keys end can be one of this trie.
                        if path.len() != rest.len() {
                            return Err(self.malformed());
                        }
                        let value = self.string(held)?;
                        return Ok((path == rest).then_some(value));
                    }
                    if path.is_empty() || path.len() >= rest.len() {
                        return Err(self.malformed());
                    }
                    if !rest.starts_with(&path) {
                        return Ok(None);
                    }
                    self.depth = self.depth.saturating_add(path.len());
                    held
                }
                [children @ .., value] if children.len() == 16 && *value == [EMPTY_STRING_CODE] => {
                    let nibble = usize::from(nibble_at(self.key, self.depth));
                    let child = children.get(nibble).ok_or(self.malformed())?;
                    if self.depth >= super::path::KEY_NIBBLES {
                        return Err(self.malformed());
                    }
                    self.depth = self.depth.saturating_add(1);
                    if *child == [EMPTY_STRING_CODE] {
                        return Ok(None);
                    }
                    child
                }
                _ => return Err(self.malformed()),
            };
            node = match child {
                [first, ..] if *first >= alloy_rlp::EMPTY_LIST_CODE && child.len() < 32 => child,
                _ => {
                    let hash = self.string(child)?;
                    self.next_node(hash)?
                }
            };
        }
    }

    /// The next node of the proof, which must have this hash.
    fn next_node(&mut self, hash: &[u8]) -> Result<&'p [u8], ProofError> {
        if hash.len() != 32 {
            return Err(self.malformed());
        }
        let (index, node) =
            self.nodes.next().ok_or(ProofError::Incomplete { depth: self.depth })?;
        if keccak256(node).as_slice() != hash {
            return Err(ProofError::WrongHash { index });
        }
        Ok(node)
    }

    /// The items of a node's RLP list, each still encoded.
    fn items(&self, mut node: &'p [u8]) -> Result<Vec<&'p [u8]>, ProofError> {
        match Header::decode_raw(&mut node) {
            Ok(PayloadView::List(items)) if node.is_empty() => Ok(items),
            _ => Err(self.malformed()),
        }
    }

    /// The payload of an RLP string.
    fn string(&self, mut item: &'p [u8]) -> Result<&'p [u8], ProofError> {
        match Header::decode_raw(&mut item) {
            Ok(PayloadView::String(payload)) if item.is_empty() => Ok(payload),
            _ => Err(self.malformed()),
        }
    }

    fn malformed(&self) -> ProofError {
        ProofError::Malformed { depth: self.depth }
    }
}

/// Reads a compact (hex-prefix) path: whether it is a leaf's, and the nibbles.
fn compact_path(bytes: &[u8]) -> Option<(bool, Nibbles)> {
    let (flag, rest) = bytes.split_first()?;
    if rest.len() > 32 || flag >> 4 > 3 {
        return None;
    }
    let mut path = Nibbles::new();
    match flag >> 4 & 1 {
        0 if flag & 0x0f != 0 => return None,
        0 => {}
        _ if rest.len() == 32 => return None,
        _ => path.push(flag & 0x0f),
    }
    path.extend(&Nibbles::unpack(rest));
    Some((flag >> 4 & 2 != 0, path))
}
