//! F1 rewards in integers: a validator's index is what one share has earned since the beginning, × 2¹²⁸ (so
//! that a distribution loses less than a wei, whatever the number of shares); a delegation earns its shares
//! times the growth of the index since it was settled. Everything rounds down, so what is paid never
//! exceeds what came in.
//!
//! Source: Ojha, "F1 Fee Distribution" (2019); shares in place of tokens make slashes need no period.

use super::state::{
    self, Delegation, Lot, Slash, SlashState, Validator, at, broken, key, minus, of, plus,
};
use crate::{
    modules::{Host, ModuleError},
    primitives::{
        math::{mul_div_ceil, mul_shift_128},
        packed::{Pack, Unpack},
    },
};
use alloy_primitives::{Address, U256};

/// Parts of a slash fraction.
pub(super) const WHOLE: u128 = 1_000_000_000_000_000_000;

/// Growth of the index by `wei` over `shares`, and what of `wei` it stands for, rounded up.
pub(super) fn index_growth(wei: u128, shares: u128) -> Option<(U256, u128)> {
    let growth = U256::from(wei).wrapping_shl(128).checked_div(U256::from(shares))?;
    let product = growth.checked_mul(U256::from(shares))?;
    let up = product.checked_add(U256::from(u128::MAX))?.wrapping_shr(128);
    Some((growth, up.try_into().ok()?))
}

/// Wei that `shares` earn while the index grows.
pub(super) fn earned(shares: u128, from: U256, to: U256) -> Option<u128> {
    mul_shift_128(shares, to.checked_sub(from)?)
}

/// The index with which delegations that came in one epoch start to earn, and how many still wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub(super) index: U256,
    pub(super) waiting: u64,
}

impl Entry {
    fn key(validator: Address, epoch: u64) -> U256 {
        key("entry", &[of(&validator), &epoch.to_be_bytes()])
    }

    pub(super) fn load(
        host: &mut dyn Host,
        validator: Address,
        epoch: u64,
    ) -> Result<Self, ModuleError> {
        let first = Self::key(validator, epoch);
        let waiting = Unpack::new(state::load(host, first)?).u64();
        Ok(Self { index: state::load(host, at(first, 1))?, waiting })
    }

    pub(super) fn save(
        &self,
        host: &mut dyn Host,
        validator: Address,
        epoch: u64,
    ) -> Result<(), ModuleError> {
        let first = Self::key(validator, epoch);
        let index = if self.waiting == 0 { U256::ZERO } else { self.index };
        state::store(host, first, Pack::default().u64(self.waiting).word())?;
        state::store(host, at(first, 1), index)
    }
}

/// A delegation with everything settled, and its lots.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) delegation: Delegation,
    pub(super) lots: Vec<Lot>,
    lots_before: u8,
    /// The epoch whose [`Entry`] it no longer waits for.
    entered: Option<u64>,
}

impl Settled {
    /// Shares that were redelegated and cannot move.
    pub(super) fn locked(&self) -> u128 {
        self.lots.iter().map(|lot| lot.shares).fold(0, u128::saturating_add)
    }

    /// Shares that can move.
    pub(super) fn free(&self) -> u128 {
        self.delegation.shares.saturating_sub(self.locked())
    }

    /// Shares that do not earn yet and can move.
    pub(super) fn free_entering(&self) -> u128 {
        let Delegation { entering_shares, entering_epoch, .. } = self.delegation;
        let entered = self.lots.iter().filter(|lot| lot.epoch == entering_epoch);
        let locked = entered.map(|lot| lot.shares).fold(0, u128::saturating_add);
        entering_shares.saturating_sub(locked)
    }

    /// Writes delegation and lots, and that it waits for its entry no longer.
    pub(super) fn save(mut self, host: &mut dyn Host) -> Result<Delegation, ModuleError> {
        let Delegation { delegator, validator, .. } = self.delegation;
        if let Some(epoch) = self.entered {
            let mut entry = Entry::load(host, validator, epoch)?;
            entry.waiting = entry.waiting.saturating_sub(1);
            entry.save(host, validator, epoch)?;
        }
        if self.lots_before > 0 || !self.lots.is_empty() {
            self.delegation.lots =
                state::write_lots(host, delegator, validator, self.lots_before, &self.lots)?;
        }
        self.delegation.save(host)?;
        Ok(self.delegation)
    }
}

/// Brings a delegation up to date in memory: lots that are free or slashed leave, shares that entered in
/// an earlier epoch earn, rewards are added to what it is owed. Writes nothing: views settle too.
pub(super) fn settle(
    host: &mut dyn Host,
    validator: &Validator,
    mut delegation: Delegation,
    epoch: u64,
) -> Result<Settled, ModuleError> {
    let lots_before = delegation.lots;
    let Lots { kept, lost, frozen } = review_lots(host, &delegation)?;
    delegation.shares = minus(delegation.shares, plus(lost.earning, lost.entering)?)?;
    delegation.entering_shares = minus(delegation.entering_shares, lost.entering)?;

    let now = validator.reward_index;
    let earning = delegation.shares.saturating_sub(delegation.entering_shares);
    let mut gained = earned(earning.saturating_sub(frozen.earning), delegation.reward_index, now)
        .ok_or_else(|| broken("a reward index falls"))?;
    let mut entered = None;
    if delegation.entering_epoch < epoch && delegation.entering_shares > 0 {
        let entry = Entry::load(host, validator.operator, delegation.entering_epoch)?;
        let shares = delegation.entering_shares.saturating_sub(frozen.entering);
        let since_entry = earned(shares, entry.index, now);
        gained = plus(gained, since_entry.ok_or_else(|| broken("an entry's index is ahead"))?)?;
        entered = Some(delegation.entering_epoch);
        delegation.entering_shares = 0;
    }
    delegation.reward_index = now;
    delegation.owed_wei = plus(delegation.owed_wei, gained)?;
    Ok(Settled { delegation, lots: kept, lots_before, entered })
}

/// Shares by whether they earn already.
#[derive(Debug, Clone, Copy, Default)]
struct Split {
    earning: u128,
    entering: u128,
}

struct Lots {
    kept: Vec<Lot>,
    /// Burnt by slashes.
    lost: Split,
    /// Of open slashes: they earn nothing.
    frozen: Split,
}

fn review_lots(host: &mut dyn Host, delegation: &Delegation) -> Result<Lots, ModuleError> {
    let Delegation { delegator, validator, lots, entering_epoch, entering_shares, .. } =
        *delegation;
    let mut review = Lots { kept: Vec::new(), lost: Split::default(), frozen: Split::default() };
    for lot in state::lots(host, delegator, validator, lots)? {
        let slash = Slash::load(host, lot.source)?;
        let part = mul_div_ceil(lot.shares, u128::from(slash.fraction), WHOLE)
            .ok_or_else(|| broken("a slash of more than all"))?;
        let sum = match slash.state {
            SlashState::Open if slash.hits(lot.epoch, lot.block) => {
                review.kept.push(lot);
                &mut review.frozen
            }
            SlashState::Burnt if slash.hits(lot.epoch, lot.block) => &mut review.lost,
            _ if lot.unlocks.has_passed(host.block()) => continue,
            _ => {
                review.kept.push(lot);
                continue;
            }
        };
        let is_entering = entering_shares > 0 && lot.epoch == entering_epoch;
        let sum = if is_entering { &mut sum.entering } else { &mut sum.earning };
        *sum = plus(*sum, part)?;
    }
    Ok(review)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_shares_earn_never_exceeds_what_came_in(
            wei in 0u128..1 << 99,
            parts in proptest::collection::vec(1u128..1 << 90, 1..20),
        ) {
            let shares: u128 = parts.iter().sum();
            let (growth, paid) = index_growth(wei, shares).unwrap();
            prop_assert!(paid <= wei);
            let start = U256::from(77u64);
            let sum: u128 = parts.iter().map(|p| earned(*p, start, start + growth).unwrap()).sum();
            prop_assert!(sum <= paid);
            // Less than a wei is lost for each part, and for the index.
            prop_assert!(paid - sum <= parts.len() as u128 + 1);
        }
    }

    #[test]
    fn no_shares_and_an_index_that_falls_are_refused() {
        assert_eq!(index_growth(5, 0), None);
        assert_eq!(earned(5, U256::from(2), U256::from(1)), None);
    }
}
