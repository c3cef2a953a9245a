//! What a block says of the market's epoch that is due (rule E.8).

use alloy_primitives::{B256, Bytes};
use alloy_rlp::EMPTY_STRING_CODE;

/// Least round in which a new proposal may say that an epoch is void. A header does not name its round, so
/// validators look at the proposal's before they prevote; a block that others decided is taken as it is.
pub const MIN_VOID_ROUND: u32 = 4;

/// The result of a market epoch: the root of what clearing its frozen book gives, or that it is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketResult {
    /// Hash of the result, as rule E.9 has it.
    Root(B256),
    /// Nobody wins and all locks return; the way out where clearing does not come to an end in time.
    Void,
}

impl MarketResult {
    /// RLP: a byte string, the root or empty.
    pub(super) fn to_payload(self) -> Bytes {
        match self {
            Self::Root(root) => alloy_rlp::encode(root).into(),
            Self::Void => vec![EMPTY_STRING_CODE].into(),
        }
    }

    pub(super) fn from_payload(payload: &[u8]) -> Result<Self, alloy_rlp::Error> {
        let bytes: Bytes = alloy_rlp::decode_exact(payload)?;
        if bytes.is_empty() {
            return Ok(Self::Void);
        }
        let root = B256::try_from(&bytes[..]).map_err(|_| alloy_rlp::Error::UnexpectedLength)?;
        Ok(Self::Root(root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_a_root_or_nothing() {
        let root = MarketResult::Root(B256::repeat_byte(7));
        let golden = format!("a0{}", "07".repeat(32));
        assert_eq!(alloy_primitives::hex::encode(root.to_payload()), golden);
        assert_eq!(MarketResult::Void.to_payload(), Bytes::from_static(&[0x80]));
        for result in [root, MarketResult::Void] {
            assert_eq!(MarketResult::from_payload(&result.to_payload()), Ok(result));
        }
        for wrong in [&[][..], &[0x80, 0x80], &[0x81, 0xff], &[0xc0], &[7]] {
            assert!(MarketResult::from_payload(wrong).is_err(), "{wrong:?}");
        }
        let long = alloy_rlp::encode(Bytes::from(vec![7; 33]));
        assert_eq!(MarketResult::from_payload(&long), Err(alloy_rlp::Error::UnexpectedLength));
    }
}
