//! A branch as it is stored: packed, so that a cache of a million of them stays small.
//!
//! ```text
//! branch = leaves u16 ‖ branches u16 ‖ special u16 ‖ one entry a child, by nibble
//! entry  = 32-byte hash                                        plain child
//!        | extension ‖ reference                               special branch
//!        | reference                                           special leaf (held inline)
//! root   = kind u8 (1 leaf, 2 branch) ‖ entry as if special
//! extension = nibbles u8 ‖ packed nibbles, high half first;  reference = len u8 ‖ bytes
//! ```
//! Masks are big-endian, bit n for nibble n. A child is special if it has an extension or is held
//! inline. There is one encoding of a branch only, so equal bytes mean equal branches.

use super::super::StoreError;
use super::node::{Child, NodeRef, branch_rlp};
use alloy_primitives::B256;
use alloy_trie::Nibbles;
use std::sync::Arc;

const ROOT_IS_LEAF: u8 = 1;
const ROOT_IS_BRANCH: u8 = 2;

/// A stored branch. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct BranchNode(Arc<[u8]>);

impl BranchNode {
    /// Packs sixteen children, at least two of which must not be empty.
    pub fn new(children: &[Child; 16]) -> Self {
        Self(pack(children, &mut Vec::with_capacity(518)).into())
    }

    /// Packs `children` and gives the reference to them; `scratch` only saves allocations.
    pub(super) fn seal(children: &[Child; 16], scratch: &mut Vec<u8>) -> (NodeRef, Self) {
        let node = NodeRef::of(branch_rlp(children, scratch));
        (node, Self(pack(children, scratch).into()))
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// If the bytes are not exactly what [`Self::as_bytes`] gives for some branch.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        unpack(bytes)?;
        Ok(Self(bytes.into()))
    }

    /// The sixteen children.
    ///
    /// # Errors
    /// As [`Self::decode`], which has already refused such bytes.
    pub fn children(&self) -> Result<[Child; 16], StoreError> {
        unpack(&self.0)
    }
}

impl std::fmt::Debug for BranchNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BranchNode").field(&self.children()).finish()
    }
}

impl Child {
    /// The stored form of a trie's root. `None` for an empty trie, which has no record.
    pub fn encode_root(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(67);
        out.push(match self {
            Self::Empty => return None,
            Self::Leaf(_) => ROOT_IS_LEAF,
            Self::Branch { .. } => ROOT_IS_BRANCH,
        });
        put_special(self, &mut out);
        Some(out)
    }

    /// Reads the stored form of a trie's root.
    ///
    /// # Errors
    /// If the bytes are not what [`Self::encode_root`] gives for some root.
    pub fn decode_root(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut input = Input(bytes);
        let kind = input.byte()?;
        let root = match kind {
            ROOT_IS_LEAF => Self::Leaf(input.reference()?),
            ROOT_IS_BRANCH => {
                Self::Branch { extension: input.nibbles()?, node: input.reference()? }
            }
            _ => return Err(damaged("unknown kind of root")),
        };
        input.end()?;
        Ok(root)
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::new(format_args!("damaged trie node: {what}"))
}

/// A child that is no more than a hash: most are.
fn plain_hash(child: &Child) -> Option<B256> {
    match child {
        Child::Empty => None,
        Child::Leaf(node) => node.as_hash(),
        Child::Branch { extension, node } if extension.is_empty() => node.as_hash(),
        Child::Branch { .. } => None,
    }
}

fn pack<'a>(children: &[Child; 16], out: &'a mut Vec<u8>) -> &'a [u8] {
    let (mut leaves, mut branches, mut special) = (0u16, 0u16, 0u16);
    for (nibble, child) in children.iter().enumerate() {
        let bit = 1u16 << nibble;
        match child {
            Child::Empty => continue,
            Child::Leaf(_) => leaves |= bit,
            Child::Branch { .. } => branches |= bit,
        }
        if plain_hash(child).is_none() {
            special |= bit;
        }
    }
    out.clear();
    for mask in [leaves, branches, special] {
        out.extend_from_slice(&mask.to_be_bytes());
    }
    for child in children {
        match plain_hash(child) {
            Some(hash) => out.extend_from_slice(hash.as_slice()),
            None => put_special(child, out),
        }
    }
    out
}

fn put_special(child: &Child, out: &mut Vec<u8>) {
    let node = match child {
        Child::Empty => return,
        Child::Leaf(node) => node,
        Child::Branch { extension, node } => {
            out.push(u8::try_from(extension.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(&extension.pack());
            node
        }
    };
    out.push(u8::try_from(node.as_slice().len()).unwrap_or(u8::MAX));
    out.extend_from_slice(node.as_slice());
}

fn unpack(bytes: &[u8]) -> Result<[Child; 16], StoreError> {
    let mut input = Input(bytes);
    let (leaves, branches, special) = (input.mask()?, input.mask()?, input.mask()?);
    if leaves & branches != 0 || special & !(leaves | branches) != 0 {
        return Err(damaged("masks contradict each other"));
    }
    if (leaves | branches).count_ones() < 2 {
        return Err(damaged("fewer than two children"));
    }
    let mut children = [Child::Empty; 16];
    for (nibble, child) in children.iter_mut().enumerate() {
        let has = |mask: u16| mask >> nibble & 1 == 1;
        *child = match (has(leaves), has(branches), has(special)) {
            (true, _, false) => Child::Leaf(input.hash()?),
            (true, _, true) => Child::Leaf(input.reference()?),
            (_, true, false) => Child::Branch { extension: Nibbles::new(), node: input.hash()? },
            (_, true, true) => {
                Child::Branch { extension: input.nibbles()?, node: input.reference()? }
            }
            (false, false, _) => continue,
        };
        if has(special) && plain_hash(child).is_some() {
            return Err(damaged("a plain child is marked special"));
        }
    }
    input.end()?;
    Ok(children)
}

/// Bytes still to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(|| damaged("too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.take(N)?.try_into().map_err(|_| damaged("too short"))
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn mask(&mut self) -> Result<u16, StoreError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn hash(&mut self) -> Result<NodeRef, StoreError> {
        Ok(NodeRef::hash(B256::new(self.array()?)))
    }

    /// A hash, or the RLP of one list that fills its length.
    fn reference(&mut self) -> Result<NodeRef, StoreError> {
        let len = self.byte()?;
        if len == 32 {
            return self.hash();
        }
        let rlp = self.take(usize::from(len))?;
        let is_list = rlp.first().is_some_and(|first| {
            first.checked_sub(alloy_rlp::EMPTY_LIST_CODE) == len.checked_sub(1)
        });
        NodeRef::inline(rlp).filter(|_| is_list).ok_or_else(|| damaged("inline node is no list"))
    }

    fn nibbles(&mut self) -> Result<Nibbles, StoreError> {
        let len = usize::from(self.byte()?);
        if len >= super::path::KEY_NIBBLES {
            return Err(damaged("extension longer than a key"));
        }
        let packed = Nibbles::unpack(self.take(len.div_ceil(2))?);
        let nibbles = super::path::prefix(&packed, len);
        if packed.len() > len && packed.last() != Some(0) {
            return Err(damaged("extension with a nibble too many"));
        }
        Ok(nibbles)
    }

    fn end(&self) -> Result<(), StoreError> {
        if self.0.is_empty() { Ok(()) } else { Err(damaged("too long")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference() -> impl Strategy<Value = NodeRef> {
        prop_oneof![
            any::<[u8; 32]>().prop_map(|hash| NodeRef::hash(hash.into())),
            prop::collection::vec(any::<u8>(), 0..31).prop_map(|payload| {
                let mut rlp = vec![0xc0 + u8::try_from(payload.len()).unwrap()];
                rlp.extend(payload);
                NodeRef::inline(&rlp).unwrap()
            }),
        ]
    }

    fn child() -> impl Strategy<Value = Child> {
        prop_oneof![
            Just(Child::Empty),
            reference().prop_map(Child::Leaf),
            (prop::collection::vec(0u8..16, 0..64), reference()).prop_map(|(nibbles, node)| {
                Child::Branch { extension: Nibbles::from_nibbles(nibbles), node }
            }),
        ]
    }

    fn children() -> impl Strategy<Value = [Child; 16]> {
        prop::array::uniform16(child()).prop_filter("two children", |children| {
            children.iter().filter(|child| **child != Child::Empty).count() >= 2
        })
    }

    proptest! {
        #[test]
        fn a_branch_comes_back_from_its_bytes(children in children()) {
            let node = BranchNode::new(&children);
            prop_assert_eq!(node.children().unwrap(), children);
            prop_assert_eq!(BranchNode::decode(node.as_bytes()).unwrap(), node);
        }

        #[test]
        fn a_root_comes_back_from_its_bytes(child in child()) {
            match child.encode_root() {
                None => prop_assert_eq!(child, Child::Empty),
                Some(bytes) => prop_assert_eq!(Child::decode_root(&bytes).unwrap(), child),
            }
        }

        /// Whatever decodes is the one encoding of what it decodes to.
        #[test]
        fn damaged_bytes_are_refused_or_mean_another_branch(
            children in children(), at in any::<prop::sample::Index>(), flip in 1u8..=255,
        ) {
            let mut bytes = BranchNode::new(&children).as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(node) = BranchNode::decode(&bytes) {
                let other = node.children().unwrap();
                prop_assert_ne!(other, children);
                prop_assert_eq!(BranchNode::new(&other), node);
            }
        }

        #[test]
        fn shortened_and_lengthened_bytes_are_refused(
            children in children(), cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = BranchNode::new(&children).as_bytes().to_vec();
            prop_assert!(BranchNode::decode(&bytes[..cut.index(bytes.len())]).is_err());
            bytes.push(0);
            prop_assert!(BranchNode::decode(&bytes).is_err());
        }

        #[test]
        fn any_bytes_decode_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(root) = Child::decode_root(&bytes) {
                prop_assert_eq!(root.encode_root().unwrap(), bytes.clone());
            }
            if let Ok(node) = BranchNode::decode(&bytes) {
                prop_assert!(node.children().is_ok());
            }
        }
    }

    #[test]
    fn each_kind_of_damage_is_named() {
        let refused = |bytes: &[u8]| BranchNode::decode(bytes).unwrap_err().0;
        assert_eq!(refused(&[0, 1, 0, 1, 0, 0]), "damaged trie node: masks contradict each other");
        assert_eq!(refused(&[0, 3, 0, 0, 0, 4]), "damaged trie node: masks contradict each other");
        assert_eq!(refused(&[0, 1, 0, 0, 0, 0]), "damaged trie node: fewer than two children");
        assert_eq!(refused(&[0, 3, 0, 0, 0, 0, 9]), "damaged trie node: too short");
        assert_eq!(
            refused(&[0, 3, 0, 0, 0, 3, 1, 0x80]),
            "damaged trie node: inline node is no list"
        );
        let root = |bytes: &[u8]| Child::decode_root(bytes).unwrap_err().0;
        assert_eq!(root(&[3]), "damaged trie node: unknown kind of root");
        assert_eq!(root(&[2, 64]), "damaged trie node: extension longer than a key");
        assert_eq!(root(&[2, 1, 0x11]), "damaged trie node: extension with a nibble too many");
        assert_eq!(root(&[1, 1, 0xc0, 0]), "damaged trie node: too long");
    }
}
