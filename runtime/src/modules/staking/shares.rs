//! Shares of a validator's stake: what they are worth, and how many an amount buys. A slash takes stake
//! and leaves the shares, so all delegators bear it alike.

use crate::primitives::math::{mul_div_ceil, mul_div_floor};

/// Stake in wei and the shares it is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pool {
    pub(super) tokens: u128,
    pub(super) shares: u128,
}

impl Pool {
    /// Shares that `wei` buys, rounded down; the first ones cost 1 wei each. `None` where they would be
    /// none, where the pool has lost all its stake, or on overflow.
    pub(super) fn shares_bought(self, wei: u128) -> Option<u128> {
        let shares = match (self.tokens, self.shares) {
            (0, 0) => wei,
            (tokens, shares) => mul_div_floor(wei, shares, tokens)?,
        };
        self.shares.checked_add(shares)?;
        (shares > 0).then_some(shares)
    }

    /// What `shares` are worth in wei, rounded down.
    pub(super) fn worth(self, shares: u128) -> u128 {
        mul_div_floor(shares, self.tokens, self.shares).unwrap_or(0)
    }

    /// Shares to give for `wei`, rounded up. `None` where the pool has not so much.
    pub(super) fn shares_sold(self, wei: u128) -> Option<u128> {
        mul_div_ceil(wei, self.shares, self.tokens).filter(|shares| *shares <= self.shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_shares_are_one_to_one() {
        assert_eq!(Pool { tokens: 0, shares: 0 }.shares_bought(5), Some(5));
    }

    #[test]
    fn a_pool_that_lost_everything_sells_nothing() {
        assert_eq!(Pool { tokens: 0, shares: 10 }.shares_bought(5), None);
        assert_eq!(Pool { tokens: 0, shares: 10 }.worth(10), 0);
    }

    #[test]
    fn an_amount_that_buys_no_share_is_refused() {
        assert_eq!(Pool { tokens: 1_000, shares: 10 }.shares_bought(99), None);
        assert_eq!(Pool { tokens: 1_000, shares: 10 }.shares_bought(100), Some(1));
    }

    proptest! {
        #[test]
        fn nobody_gains_by_buying_and_selling(
            tokens in 1u128..1 << 99, shares in 1u128..1 << 99, wei in 1u128..1 << 99,
        ) {
            let before = Pool { tokens, shares };
            let Some(bought) = before.shares_bought(wei) else { return Ok(()) };
            let after = Pool { tokens: tokens + wei, shares: shares + bought };
            prop_assert!(after.worth(bought) <= wei);
            // Who stays is worth no less than before.
            prop_assert!(after.worth(shares) >= tokens.saturating_sub(1));
            if let Some(sold) = after.shares_sold(wei) {
                prop_assert!(sold >= bought);
            }
        }
    }
}
