//! Sellers' bonds: what stands for delivery (rule E.5).

use super::{
    super::{
        IMarket,
        state::{Clock, Seller, Totals, minus, plus},
    },
    emit, pay,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, U256};

/// Adds to the caller's bond.
pub(in super::super) fn top_up(
    host: &mut dyn Host,
    caller: Address,
    value_wei: u128,
) -> Result<(), ModuleError> {
    let mut seller = Seller::load(host, caller)?;
    seller.bond_wei = plus(seller.bond_wei, value_wei)?;
    let current = Clock::load(host)?.epoch;
    seller.save(host, caller, current)?;
    Totals::change_held(host, |totals| {
        totals.bonds_wei = plus(totals.bonds_wei, value_wei)?;
        Ok(())
    })?;
    announce_bond(host, caller, &seller)
}

/// Pays out what no offer binds.
pub(in super::super) fn withdraw(
    host: &mut dyn Host,
    caller: Address,
    amount: U256,
) -> Result<(), ModuleError> {
    let mut seller = Seller::load(host, caller)?;
    let free_wei = seller.free_wei();
    if amount > U256::from(free_wei) {
        let free = U256::from(free_wei);
        return Err(ModuleError::revert(IMarket::BondBound { amountWei: amount, freeWei: free }));
    }
    let wei: u128 = amount.saturating_to();
    seller.bond_wei = minus(seller.bond_wei, wei)?;
    let current = Clock::load(host)?.epoch;
    seller.save(host, caller, current)?;
    Totals::change_held(host, |totals| {
        totals.bonds_wei = minus(totals.bonds_wei, wei)?;
        Ok(())
    })?;
    pay(host, caller, wei)?;
    announce_bond(host, caller, &seller)
}

/// Tells how a bond stands.
pub(in super::super) fn announce_bond(
    host: &mut dyn Host,
    address: Address,
    seller: &Seller,
) -> Result<(), ModuleError> {
    let event = IMarket::BondChanged {
        seller: address,
        bondWei: U256::from(seller.bond_wei),
        requiredWei: U256::from(seller.required_wei),
        isEnough: seller.bond_wei >= seller.required_wei,
    };
    emit(host, &event)
}
