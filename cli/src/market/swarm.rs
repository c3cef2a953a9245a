//! Swarms as people name them: an infohash of 20 bytes (BitTorrent v1) or 32 (v2), or a magnet link with one.

use alloy_primitives::{B256, hex};

use crate::error::{CliError, Code};

/// RFC 4648, section 6.
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A swarm as the chain names it: a v1 infohash is left-aligned, zeros after it (rule E.3).
///
/// # Errors
/// [`Code::InvalidArgument`] says what it is not.
pub fn swarm(argument: &str, text: &str) -> Result<B256, CliError> {
    let text = text.trim();
    let refuse = |why: String| {
        CliError::new(Code::InvalidArgument, format!("{argument} {why}")).hint(
            "Give the torrent's infohash, 40 hex digits (v1) or 64 (v2), or its magnet link in quotes",
        )
    };
    let found = match text.strip_prefix("magnet:?") {
        Some(link) => of_magnet(link).ok_or_else(|| {
            refuse("is a magnet link without an infohash (xt=urn:btih:…)".to_owned())
        })?,
        None => of_hex(text.strip_prefix("0x").unwrap_or(text))
            .ok_or_else(|| refuse(format!("'{text}' is no infohash")))?,
    };
    if found.is_zero() {
        return Err(refuse("is zero, which is no swarm".to_owned()));
    }
    Ok(found)
}

fn of_hex(digits: &str) -> Option<B256> {
    let bytes = hex::decode(digits).ok()?;
    matches!(bytes.len(), 20 | 32).then(|| B256::right_padding_from(&bytes))
}

/// The v2 hash where a link has both: it names the swarm without doubt.
fn of_magnet(link: &str) -> Option<B256> {
    let topics = || link.split('&').filter_map(|part| part.split_once("xt")?.1.split_once('='));
    let find =
        |prefix: &str| topics().find_map(|(_, topic)| Some(topic.strip_prefix(prefix)?.to_owned()));
    if let Some(multihash) = find("urn:btmh:1220") {
        return of_hex(&multihash);
    }
    let hash = find("urn:btih:")?;
    of_hex(&hash).filter(|_| hash.len() == 40).or_else(|| of_base32(&hash))
}

/// Old links have 32 letters for 20 bytes.
fn of_base32(text: &str) -> Option<B256> {
    if text.len() != 32 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(20), 0u32, 0u32);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|known| known.eq_ignore_ascii_case(&letter))?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(B256::right_padding_from(&bytes))
}

/// A swarm for a table: a v1 infohash without its zeros, shortened.
pub fn short(swarm: B256) -> String {
    format!("{}…", &hex::encode(swarm)[..8])
}

/// The whole, without the zeros of a v1 infohash.
pub fn long(swarm: B256) -> String {
    let digits = hex::encode(swarm);
    match digits.strip_suffix(&"0".repeat(24)) {
        Some(v1) => v1.to_owned(),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "2b66980093bc11806fab50cb3cb41835b95a0362";

    #[test]
    fn infohashes_and_links_name_the_same_swarm() {
        let want = B256::right_padding_from(&hex::decode(V1).unwrap());
        let links = [
            V1.to_owned(),
            format!("0x{}", V1.to_uppercase()),
            format!("magnet:?dn=x&xt=urn:btih:{V1}&tr=y"),
            "magnet:?xt=urn:btih:FNTJQAETXQIYA35LKDFTZNAYGW4VUA3C".to_owned(),
        ];
        for text in links {
            assert_eq!(swarm("--swarm", &text), Ok(want), "{text}");
        }
        let v2 = "ab".repeat(32);
        let both = format!("magnet:?xt=urn:btih:{V1}&xt=urn:btmh:1220{v2}");
        assert_eq!(swarm("--swarm", &both), Ok(B256::repeat_byte(0xab)));
        assert_eq!((long(want), short(want)), (V1.to_owned(), "2b669800…".to_owned()));
        assert_eq!(long(B256::repeat_byte(0xab)), v2);
    }

    #[test]
    fn what_is_no_swarm_is_said() {
        let said = |text: &str| swarm("--swarm", text).unwrap_err().message;
        assert_eq!(said("2b66"), "--swarm '2b66' is no infohash");
        assert_eq!(said("xyz"), "--swarm 'xyz' is no infohash");
        assert_eq!(said(&"0".repeat(40)), "--swarm is zero, which is no swarm");
        assert!(said("magnet:?xt=urn:sha1:abc").contains("without an infohash"));
    }
}
