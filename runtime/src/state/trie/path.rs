//! Paths: a key is 64 nibbles, a branch sits at the nibbles that all its leaves share.

use super::super::StoreError;
use alloy_primitives::B256;
use alloy_trie::Nibbles;

/// Nibbles in a key.
pub(super) const KEY_NIBBLES: usize = 64;

/// The nibble of `key` at `depth`; zero beyond the key's end, where no caller looks.
pub(super) fn nibble_at(key: &B256, depth: usize) -> u8 {
    let byte = key.get(depth / 2).copied().unwrap_or_default();
    if depth.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

/// How many leading nibbles two keys share.
pub(super) fn shared_nibbles(a: &B256, b: &B256) -> usize {
    let same = a.iter().zip(b.iter()).take_while(|(x, y)| x == y).count();
    let nibbles = same.saturating_mul(2);
    match (a.get(same), b.get(same)) {
        (Some(x), Some(y)) if x >> 4 == y >> 4 => nibbles.saturating_add(1),
        _ => nibbles,
    }
}

/// All nibbles of a key.
pub(super) fn key_path(key: &B256) -> Nibbles {
    Nibbles::unpack_array(&key.0)
}

/// The first `len` nibbles of a key.
pub(super) fn key_prefix(key: &B256, len: usize) -> Nibbles {
    prefix(&key_path(key), len)
}

/// The first `len` nibbles of `path`, or all of it where it is shorter.
pub(super) fn prefix(path: &Nibbles, len: usize) -> Nibbles {
    path.slice(..len.min(path.len()))
}

/// What is left of `path` after its first `len` nibbles.
pub(super) fn suffix(path: &Nibbles, len: usize) -> Nibbles {
    path.slice(len.min(path.len())..)
}

/// The path of a slot: `branch` and one nibble more.
///
/// # Errors
/// If the slot would lie deeper than a key is long, which only damaged nodes bring about.
pub(super) fn slot_path(branch: &Nibbles, nibble: u8) -> Result<Nibbles, StoreError> {
    if branch.len() >= KEY_NIBBLES {
        return Err(too_deep(branch));
    }
    let mut path = *branch;
    path.push_unchecked(nibble);
    Ok(path)
}

/// `path` followed by `extension`: where a branch sits.
///
/// # Errors
/// If a branch there could have no slots, which only damaged nodes bring about.
pub(super) fn branch_path(path: &Nibbles, extension: &Nibbles) -> Result<Nibbles, StoreError> {
    if path.len().saturating_add(extension.len()) >= KEY_NIBBLES {
        return Err(too_deep(path));
    }
    Ok(path.join(extension))
}

fn too_deep(path: &Nibbles) -> StoreError {
    StoreError::new(format_args!("trie node at {path:?} reaches beyond the end of a key"))
}

/// Whether `key` lies under `path`.
pub(super) fn is_under(key: &B256, path: &Nibbles) -> bool {
    key_path(key).starts_with(path)
}

/// The smallest and the largest key under `path`, to seek the flat state with.
pub fn key_range(path: &Nibbles) -> (B256, B256) {
    let mut first = B256::ZERO;
    let mut last = B256::repeat_byte(0xff);
    for (index, nibble) in path.iter().enumerate() {
        let (low, high) =
            if index.is_multiple_of(2) { (nibble << 4, 0x0f) } else { (nibble, 0xf0) };
        if let (Some(first), Some(last)) = (first.0.get_mut(index / 2), last.0.get_mut(index / 2)) {
            *first |= low;
            *last &= high | low;
        }
    }
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(start: &[u8]) -> B256 {
        B256::right_padding_from(start)
    }

    #[test]
    fn keys_share_as_many_nibbles_as_their_paths_do() {
        assert_eq!(shared_nibbles(&key(&[0x12]), &key(&[0x12])), 64);
        assert_eq!(shared_nibbles(&key(&[0x12]), &key(&[0x13])), 1);
        assert_eq!(shared_nibbles(&key(&[0x12]), &key(&[0x22])), 0);
        assert_eq!(shared_nibbles(&key(&[0x12, 0x34]), &key(&[0x12, 0x44])), 2);
    }

    #[test]
    fn nibbles_come_high_half_first() {
        assert_eq!([0, 1, 2, 3].map(|i| nibble_at(&key(&[0x12, 0x34]), i)), [1, 2, 3, 4]);
    }

    #[test]
    fn a_path_bounds_exactly_the_keys_under_it() {
        let (first, last) = key_range(&Nibbles::from_nibbles([0xa, 0xb, 0xc]));
        assert_eq!(first, key(&[0xab, 0xc0]));
        let mut expected = [0xff; 32];
        expected[..2].copy_from_slice(&[0xab, 0xcf]);
        assert_eq!(last, B256::from(expected));
        assert_eq!(key_range(&Nibbles::new()), (B256::ZERO, B256::repeat_byte(0xff)));
        assert_eq!(key_range(&key_path(&key(&[7]))), (key(&[7]), key(&[7])));
    }

    #[test]
    fn a_path_longer_than_a_key_is_refused() {
        let deepest = key_prefix(&key(&[7]), 63);
        assert_eq!(slot_path(&deepest, 0).unwrap(), key_path(&key(&[7])));
        assert!(slot_path(&key_path(&key(&[7])), 0).is_err());
        assert_eq!(branch_path(&deepest, &Nibbles::new()).unwrap(), deepest);
        assert!(branch_path(&deepest, &Nibbles::from_nibbles([1])).is_err());
    }
}
