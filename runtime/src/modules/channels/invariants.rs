//! What always holds, checked after every block in tests and simulation, and by `bttd verify`. That every
//! record is whole is checked where all ids are known: in the module's property tests.

use super::state::{Totals, broken};
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::CHANNELS,
};
use alloy_primitives::U256;

/// The escrow holds what all records add up to (rule C.2).
///
/// # Errors
/// [`ModuleError::Broken`] if it does not.
pub fn check(host: &mut dyn Host) -> Result<(), ModuleError> {
    let totals = Totals::load(host)?;
    let has = host.balance(CHANNELS)?;
    if has < U256::from(totals.escrow_wei) {
        return Err(broken(&format!("the escrow holds {has} wei and owes {}", totals.escrow_wei)));
    }
    Ok(())
}
