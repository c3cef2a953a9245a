//! Coins that `selfdestruct` forced upon the module belong to no record (rule C.2).

use super::{super::state::Totals, pay};
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::{MARKET, TREASURY},
};
use alloy_primitives::U256;

/// Moves them to the treasury; returns how much.
pub(in super::super) fn sweep(host: &mut dyn Host) -> Result<u128, ModuleError> {
    let owed = U256::from(Totals::load(host)?.escrow_wei);
    let surplus_wei: u128 = host.balance(MARKET)?.saturating_sub(owed).saturating_to();
    pay(host, TREASURY, surplus_wei)?;
    Ok(surplus_wei)
}
