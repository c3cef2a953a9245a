//! The end of a channel or pool: what remains is paid out to the last wei, the records go, the storage
//! deposit returns.

use super::{
    super::state::{
        Channel, Origin, Payer, Totals, broken, minus, pair_count, plus, set_pair_count,
    },
    pay,
};
use crate::{
    modules::{Host, ModuleError},
    primitives::math::mul_div_floor,
};
use alloy_primitives::Address;

/// Who deletes what another has abandoned gets this part of its storage deposit (rule C.4).
const DELETER_BPS: u128 = 1_000;
const ALL_BPS: u128 = 10_000;

/// Ends a channel: `payee_wei` and `payer_wei` must be exactly what remains. `deleter` is set where anyone
/// may end it.
pub(super) fn end_channel(
    host: &mut dyn Host,
    channel: &Channel,
    origin: &Origin,
    payee_wei: u128,
    payer_wei: u128,
    deleter: Option<Address>,
) -> Result<(), ModuleError> {
    let remaining_wei = channel.remaining_wei()?;
    if plus(payee_wei, payer_wei)? != remaining_wei {
        return Err(broken("a channel ends with another sum than what remains"));
    }
    channel.delete(host)?;
    let pair = pair_count(host, origin.payer, channel.payee)?;
    let pair = pair.checked_sub(1).ok_or_else(|| broken("a pair is counted wrong"))?;
    set_pair_count(host, origin.payer, channel.payee, pair)?;
    uncount(host, origin.payer)?;
    Totals::change(host, |totals| {
        totals.channels = totals.channels.saturating_sub(1);
        let out = plus(remaining_wei, channel.storage_deposit_wei)?;
        totals.escrow_wei = minus(totals.escrow_wei, out)?;
        Ok(())
    })?;
    pay(host, channel.payee, payee_wei)?;
    refund(host, origin.payer, payer_wei, channel.storage_deposit_wei, deleter)
}

/// The payer has one open less.
pub(super) fn uncount(host: &mut dyn Host, payer: Address) -> Result<(), ModuleError> {
    let mut record = Payer::load(host, payer)?;
    record.open_count =
        record.open_count.checked_sub(1).ok_or_else(|| broken("a payer is counted wrong"))?;
    record.save(host, payer)
}

/// Pays an owner what is left and its storage deposit, less the part of a deleter that is somebody else.
pub(super) fn refund(
    host: &mut dyn Host,
    owner: Address,
    wei: u128,
    storage_deposit_wei: u128,
    deleter: Option<Address>,
) -> Result<(), ModuleError> {
    let deleter = deleter.filter(|deleter| *deleter != owner);
    let part_wei = if deleter.is_some() {
        mul_div_floor(storage_deposit_wei, DELETER_BPS, ALL_BPS).unwrap_or(0)
    } else {
        0
    };
    pay(host, owner, plus(wei, minus(storage_deposit_wei, part_wei)?)?)?;
    deleter.map_or(Ok(()), |deleter| pay(host, deleter, part_wei))
}
