//! A payer's memory: what it has signed for each lane, so that it never promises more than the deposit and
//! never signs less than before by mistake.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolValue as _;
use btt_runtime::modules::channels::voucher::{SigningKey, sign};
use btt_runtime::primitives::amount::{decimal, format_btt};
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::error::{CliError, Code};

/// What was signed for a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Channel or pool.
    pub id: B256,
    /// The payee of a pool's voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Address>,
    /// Lane.
    pub lane: u32,
    /// The last cumulative amount, in wei.
    #[serde(with = "decimal")]
    pub amount_wei: u128,
    /// The most that anything signed for this lane can claim, ticks and conditions included, in wei.
    #[serde(with = "decimal")]
    pub most_wei: u128,
    /// Ticks that may follow the last voucher.
    #[serde(default)]
    pub ticks: u32,
    /// What each pays, in wei.
    #[serde(default, with = "decimal")]
    pub tick_value_wei: u128,
}

/// Channel or pool, payee of a pool's voucher, lane.
pub type SignedKey = (B256, Option<Address>, u32);

impl Entry for Signed {
    type Key = SignedKey;

    fn key(&self) -> SignedKey {
        (self.id, self.payee, self.lane)
    }

    fn outranks(&self, other: &Self) -> bool {
        (self.amount_wei, self.most_wei) > (other.amount_wei, other.most_wei)
    }
}

impl Signed {
    /// That signing this keeps what was promised and promises no more than there is. `others_wei`: what the
    /// other lanes can claim. `limit_wei`: the deposit, or a payee's share of a pool.
    ///
    /// # Errors
    /// [`Code::InvalidAmount`].
    pub fn check(
        &self,
        last: Option<&Self>,
        others_wei: u128,
        limit_wei: u128,
    ) -> Result<(), CliError> {
        let btt = |wei: u128| format_btt(wei.try_into().unwrap_or_default());
        let refuse =
            |why: String, hint: &str| Err(CliError::new(Code::InvalidAmount, why).hint(hint));
        if let Some(last) = last.filter(|last| self.amount_wei < last.amount_wei) {
            return refuse(
                format!(
                    "{} is less than the {} that lane {} was promised already",
                    btt(self.amount_wei),
                    btt(last.amount_wei),
                    self.lane
                ),
                "Amounts are what is paid in all, not what is added. The payee would use the higher \
                 voucher; to sign the lower all the same: --force",
            );
        }
        match others_wei.checked_add(self.most_wei) {
            Some(all_wei) if all_wei <= limit_wei => Ok(()),
            all_wei => refuse(
                format!(
                    "with all lanes and ticks {} would be promised, and {} can be claimed",
                    btt(all_wei.unwrap_or(u128::MAX)),
                    btt(limit_wei)
                ),
                "Add to the deposit first: btt channel topup ID AMOUNT",
            ),
        }
    }
}

/// The end of a voucher's chain of ticks: nobody but the key's owner can make it, and it needs no file.
/// It is the hash of a signature over what no wallet signs otherwise.
pub fn tick_secret(key: &SigningKey, signed: &Signed) -> B256 {
    let of = signed.payee.map_or(signed.id, |payee| keccak256((signed.id, payee).abi_encode()));
    let (lane, ticks) = (u64::from(signed.lane), u64::from(signed.ticks));
    let terms = (of, lane, signed.amount_wei, ticks, signed.tick_value_wei).abi_encode();
    let digest = keccak256([b"btt channel ticks".as_slice(), &terms].concat());
    keccak256(sign(digest, key).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::line::tests::{ID, key};

    fn signed(amount_wei: u128, most_wei: u128) -> Signed {
        Signed { id: ID, payee: None, lane: 0, amount_wei, most_wei, ticks: 0, tick_value_wei: 0 }
    }

    #[test]
    fn nothing_is_signed_below_the_last_or_above_what_there_is() {
        let last = signed(10, 10);
        assert_eq!(signed(10, 10).check(Some(&last), 0, 100), Ok(()), "the same again is harmless");
        let error = signed(9, 9).check(Some(&last), 0, 100).unwrap_err();
        assert_eq!(error.code, Code::InvalidAmount);
        assert!(error.message.ends_with("that lane 0 was promised already"), "{}", error.message);
        assert_eq!(signed(60, 60).check(None, 40, 100), Ok(()));
        let error = signed(60, 60).check(None, 41, 100).unwrap_err();
        assert!(error.hint.unwrap().contains("topup"));
        assert!(signed(1, 1).check(None, u128::MAX, u128::MAX).is_err(), "sums do not wrap");
        assert!(signed(50, 101).check(None, 0, 100).is_err(), "ticks count");
    }

    #[test]
    fn a_chain_of_ticks_ends_in_a_secret_of_its_own() {
        let one = tick_secret(&key(), &signed(10, 10));
        assert_eq!(one, tick_secret(&key(), &signed(10, 99)));
        let more_ticks = Signed { ticks: 1, ..signed(10, 10) };
        let other_lane = Signed { lane: 1, ..signed(10, 10) };
        let of_pool = Signed { payee: Some(Address::ZERO), ..signed(10, 10) };
        for other in [signed(11, 11), more_ticks, other_lane, of_pool] {
            assert_ne!(one, tick_secret(&key(), &other));
        }
    }
}
