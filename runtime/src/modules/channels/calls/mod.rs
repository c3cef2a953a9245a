//! The module's writes: authorise, check, write, move money, event.

mod batch;
mod close;
mod ending;
mod leave;
mod open;
mod pools;
mod settle;
mod sweep;

pub(super) use batch::batch_settle;
pub(super) use close::{By, coop_close, settle_and_close};
pub(super) use leave::{expire, request_close, withdraw};
pub(super) use open::{NewChannel, open, storage_deposit_wei, top_up};
pub(super) use pools::{
    NewPool, close_pool, open_pool, prune, request_pool_close, settle_pool, top_up_pool,
};
pub(super) use settle::{settle, settle_conditional, settle_watched};
pub(super) use sweep::sweep;

use super::{
    IChannels,
    state::{Channel, Origin},
    voucher::Domain,
};
use crate::{
    modules::{Host, ModuleError, accounts},
    primitives::addresses::CHANNELS,
};
use alloy_primitives::{Address, B256, Log, U256};
use alloy_sol_types::SolEvent;

/// Emits an event of the module.
fn emit(host: &mut dyn Host, event: &impl SolEvent) -> Result<(), ModuleError> {
    host.log(Log { address: CHANNELS, data: event.encode_log_data() })
}

/// Pays out of the escrow.
fn pay(host: &mut dyn Host, to: Address, wei: u128) -> Result<(), ModuleError> {
    if wei == 0 {
        return Ok(());
    }
    accounts::transfer(host, CHANNELS, to, U256::from(wei))
}

/// The open channel, or the revert that there is none.
fn existing(host: &mut dyn Host, id: B256) -> Result<Channel, ModuleError> {
    Channel::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IChannels::UnknownChannel { channelId: id }))
}

/// The channel's origin, if `caller` is its payer.
fn of_payer(host: &mut dyn Host, id: B256, caller: Address) -> Result<Origin, ModuleError> {
    let origin = Origin::load(host, id)?;
    if origin.payer != caller {
        return Err(ModuleError::revert(IChannels::NotPayer { caller }));
    }
    Ok(origin)
}

fn domain(host: &dyn Host) -> Domain {
    Domain::of(host.block().chain_id)
}
