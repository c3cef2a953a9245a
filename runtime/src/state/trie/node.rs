//! Nodes as a parent sees them, and the RLP that their hashes are taken of.
//!
//! Source: yellow paper, appendix D (Merkle Patricia tree).

use super::path::{key_path, suffix};
use alloy_primitives::{B256, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};
use alloy_trie::nodes::encode_path_leaf;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

/// How a parent holds a node: by the hash of its RLP, or by the RLP itself where that is shorter
/// than 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodeRef {
    len: u8,
    bytes: [u8; 32],
}

impl NodeRef {
    /// The reference to the node with this RLP.
    pub fn of(rlp: &[u8]) -> Self {
        Self::inline(rlp).unwrap_or_else(|| Self::hash(keccak256(rlp)))
    }

    /// The reference to a node of 32 bytes or more.
    pub fn hash(hash: B256) -> Self {
        Self { len: 32, bytes: hash.0 }
    }

    /// The reference to a node that is held inline. `None` if it is too long for that.
    pub fn inline(rlp: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        let len = u8::try_from(rlp.len()).ok().filter(|len| *len < 32)?;
        bytes.get_mut(..rlp.len())?.copy_from_slice(rlp);
        Some(Self { len, bytes })
    }

    /// The hash, unless the node is held inline.
    pub fn as_hash(&self) -> Option<B256> {
        (self.len == 32).then_some(B256::new(self.bytes))
    }

    /// The hash, or the inline RLP.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Bytes that [`Self::put`] writes.
    fn rlp_len(&self) -> usize {
        if self.len == 32 { 33 } else { usize::from(self.len) }
    }

    /// Writes the reference as it stands in a parent's RLP.
    fn put(&self, out: &mut Vec<u8>) {
        if self.len == 32 {
            out.push(EMPTY_STRING_CODE.saturating_add(32));
            out.extend_from_slice(&self.bytes);
        } else {
            out.extend_from_slice(self.as_slice());
        }
    }
}

impl std::fmt::Debug for NodeRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.len == 32 { "hash" } else { "inline" };
        write!(f, "{kind} {}", alloy_primitives::hex::encode(self.as_slice()))
    }
}

/// What stands in one slot of a branch, or at a trie's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Child {
    /// Nothing.
    #[default]
    Empty,
    /// The only key under this slot. Its value lies in the flat state.
    Leaf(NodeRef),
    /// A branch, whose path is this slot's and then `extension`.
    Branch {
        /// Nibbles that all leaves of the branch share beyond this slot.
        extension: Nibbles,
        /// Reference to the branch itself. Where `extension` is not empty, the parent's RLP holds
        /// the extension node instead: [`Child::reference`].
        node: NodeRef,
    },
}

impl Child {
    /// What the parent's RLP holds for this child. `None` for an empty slot.
    pub fn reference(&self) -> Option<NodeRef> {
        match self {
            Self::Empty => None,
            Self::Leaf(node) => Some(*node),
            Self::Branch { extension, node } if extension.is_empty() => Some(*node),
            Self::Branch { extension, node } => Some(NodeRef::of(&extension_rlp(extension, node))),
        }
    }

    /// The root hash of a trie with this child at its root. A root is hashed even where it is
    /// shorter than 32 bytes.
    pub fn root_hash(&self) -> B256 {
        self.reference().map_or(EMPTY_ROOT_HASH, |node| {
            node.as_hash().unwrap_or_else(|| keccak256(node.as_slice()))
        })
    }
}

/// Writes the RLP of the leaf for `key` in a slot at `depth` nibbles; `out` is overwritten.
pub(super) fn leaf_rlp(key: &B256, depth: usize, value: &[u8], out: &mut Vec<u8>) {
    let path = encode_path_leaf(&suffix(&key_path(key), depth), true);
    let payload_length = path.as_slice().length().saturating_add(value.length());
    out.clear();
    Header { list: true, payload_length }.encode(out);
    path.as_slice().encode(out);
    value.encode(out);
}

/// The RLP of the extension node before a branch.
pub(super) fn extension_rlp(extension: &Nibbles, branch: &NodeRef) -> Vec<u8> {
    let path = encode_path_leaf(extension, false);
    let payload_length = path.as_slice().length().saturating_add(branch.rlp_len());
    let mut out = Vec::with_capacity(payload_length.saturating_add(3));
    Header { list: true, payload_length }.encode(&mut out);
    path.as_slice().encode(&mut out);
    branch.put(&mut out);
    out
}

/// The RLP of a branch, written into `out`, which is overwritten. A branch has no value of its own,
/// since no key is a prefix of another.
pub(super) fn branch_rlp<'a>(children: &[Child; 16], out: &'a mut Vec<u8>) -> &'a [u8] {
    const LONGEST_HEADER: usize = 3;
    out.clear();
    // One pass: the header is known last, and is put right before the payload.
    out.extend_from_slice(&[0; LONGEST_HEADER]);
    for child in children {
        match child.reference() {
            Some(node) => node.put(out),
            None => out.push(EMPTY_STRING_CODE),
        }
    }
    out.push(EMPTY_STRING_CODE);
    let header = Header { list: true, payload_length: out.len().saturating_sub(LONGEST_HEADER) };
    let start = LONGEST_HEADER.saturating_sub(header.length());
    if let Some(mut space) = out.get_mut(start..LONGEST_HEADER) {
        header.encode(&mut space);
    }
    out.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::nodes::{BranchNode, ExtensionNode, LeafNode, RlpNode};

    fn leaf(suffix_from: usize, value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        leaf_rlp(&B256::repeat_byte(0x5a), suffix_from, value, &mut out);
        out
    }

    #[test]
    fn leaves_encode_as_alloy_encodes_them_at_every_depth() {
        for depth in 0..=64 {
            let path = key_path(&B256::repeat_byte(0x5a)).slice(depth..);
            for value in [&[1][..], &[0x80], &[7; 60]] {
                let expected = alloy_rlp::encode(LeafNode::new(path, value.to_vec()));
                assert_eq!(leaf(depth, value), expected, "depth {depth}");
            }
        }
    }

    #[test]
    fn extensions_and_branches_encode_as_alloy_encodes_them() {
        let short = NodeRef::of(&leaf(62, &[1]));
        let long = NodeRef::of(&leaf(1, &[9; 40]));
        assert!(short.as_hash().is_none() && long.as_hash().is_some());
        let path = Nibbles::from_nibbles([1, 2, 3]);
        for (node, rlp) in [(short, leaf(62, &[1])), (long, leaf(1, &[9; 40]))] {
            let expected = alloy_rlp::encode(ExtensionNode::new(path, RlpNode::from_rlp(&rlp)));
            assert_eq!(extension_rlp(&path, &node), expected);
            let child = Child::Branch { extension: path, node };
            assert_eq!(child.reference(), Some(NodeRef::of(&expected)));
        }
        let mut children = [Child::Empty; 16];
        children[3] = Child::Leaf(short);
        children[9] = Child::Leaf(long);
        let stack = vec![RlpNode::from_rlp(&leaf(62, &[1])), RlpNode::from_rlp(&leaf(1, &[9; 40]))];
        let expected = BranchNode::new(stack, alloy_trie::TrieMask::new(1 << 3 | 1 << 9));
        let mut out = vec![0xee];
        assert_eq!(branch_rlp(&children, &mut out), alloy_rlp::encode(expected.as_ref()));
    }

    #[test]
    fn a_node_of_32_bytes_is_hashed_and_one_of_31_is_not() {
        assert!(NodeRef::of(&[0xc0; 32]).as_hash().is_some());
        assert_eq!(NodeRef::of(&[0xc0; 31]).as_slice(), &[0xc0; 31]);
    }

    #[test]
    fn an_empty_root_has_the_hash_of_empty_rlp_and_a_short_root_is_hashed() {
        assert_eq!(Child::Empty.root_hash(), EMPTY_ROOT_HASH);
        let short = leaf(62, &[1]);
        assert_eq!(Child::Leaf(NodeRef::of(&short)).root_hash(), keccak256(short));
    }
}
