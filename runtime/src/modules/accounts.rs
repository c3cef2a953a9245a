//! Money: the only room through which modules move it, and the rule that none is made or lost.

use super::{Host, ModuleError};
use alloy_primitives::{Address, U256};

alloy_sol_types::sol! {
    /// An account has less than a module was told to move.
    error InsufficientBalance(address account, uint256 balanceWei, uint256 neededWei);
}

/// Moves wei from one account to another, or reverts.
pub fn transfer(
    host: &mut dyn Host,
    from: Address,
    to: Address,
    wei: U256,
) -> Result<(), ModuleError> {
    if host.transfer(from, to, wei)? {
        return Ok(());
    }
    let balance = host.balance(from)?;
    Err(ModuleError::revert(InsufficientBalance {
        account: from,
        balanceWei: balance,
        neededWei: wei,
    }))
}

/// A transaction would make coins, or lose some without `selfdestruct`. It cannot be included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("supply rule broken: touched accounts lost {lost_wei} wei and gained {gained_wei} wei")]
pub struct SupplyBroken {
    /// Σ of what touched accounts lost.
    pub lost_wei: U256,
    /// Σ of what touched accounts gained, base fee included.
    pub gained_wei: U256,
}

/// The supply rule of one transaction (rule C.1): counts what touched accounts lose and gain.
#[derive(Debug, Clone, Copy, Default)]
pub struct SupplyCheck {
    lost_wei: U256,
    gained_wei: U256,
    destructed: bool,
}

impl SupplyCheck {
    /// One touched account, before and after.
    pub fn account(&mut self, before_wei: U256, after_wei: U256, destructed: bool) {
        self.lost_wei = self.lost_wei.saturating_add(before_wei.saturating_sub(after_wei));
        self.gained_wei = self.gained_wei.saturating_add(after_wei.saturating_sub(before_wei));
        self.destructed |= destructed;
    }

    /// Coins the EVM took and the executor will credit: the base fee.
    pub fn credited(&mut self, wei: U256) {
        self.gained_wei = self.gained_wei.saturating_add(wei);
    }

    /// Wei that `selfdestruct` destroyed, to be credited to `burnt`.
    pub fn destroyed(self) -> Result<U256, SupplyBroken> {
        let Self { lost_wei, gained_wei, destructed } = self;
        match lost_wei.checked_sub(gained_wei) {
            Some(missing) if missing.is_zero() || destructed => Ok(missing),
            _ => Err(SupplyBroken { lost_wei, gained_wei }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wei(n: u64) -> U256 {
        U256::from(n)
    }

    #[test]
    fn what_one_account_loses_others_and_fees_gain() {
        let mut check = SupplyCheck::default();
        check.account(wei(100), wei(30), false);
        check.account(wei(0), wei(60), false);
        check.credited(wei(10));
        assert_eq!(check.destroyed(), Ok(U256::ZERO));
    }

    #[test]
    fn coins_may_vanish_only_by_selfdestruct() {
        let mut check = SupplyCheck::default();
        check.account(wei(5), wei(0), true);
        assert_eq!(check.destroyed(), Ok(wei(5)));
        let mut check = SupplyCheck::default();
        check.account(wei(5), wei(0), false);
        assert!(check.destroyed().is_err());
    }

    #[test]
    fn coins_may_never_appear() {
        let mut check = SupplyCheck::default();
        check.account(wei(5), wei(6), true);
        assert!(check.destroyed().is_err());
    }
}
