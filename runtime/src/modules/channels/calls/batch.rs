//! Settling many vouchers by one call: each by itself, one credit for each payee.

use super::{
    super::{
        IChannels,
        batch::{BatchItem, MAX_BATCH_ITEMS, Payment, decode_all},
        gas,
        settlement::{Claim, Failed, Refused, due_of_channel},
        state::{Channel, Totals, plus},
        voucher::Domain,
    },
    domain, emit, pay,
    pools::take_from_pool,
    settle::take,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, B256, U256};
use std::collections::BTreeMap;

/// Status bytes of items that hold; those of others are [`Refused::status`].
const PAID: u8 = 0;
const NOTHING_NEW: u8 = 1;

/// What one payee gets of a batch.
#[derive(Debug, Default)]
struct Credit {
    wei: u128,
    /// For the event: id ‖ wei, item by item.
    items: Vec<u8>,
}

/// Settles the items; returns a status byte for each.
pub(in super::super) fn batch_settle(
    host: &mut dyn Host,
    bytes: &[u8],
) -> Result<Vec<u8>, ModuleError> {
    let items = decode_all(bytes).map_err(|error| {
        ModuleError::revert(IChannels::MalformedBatch { offset: U256::from(error.offset) })
    })?;
    if items.len() > MAX_BATCH_ITEMS {
        return Err(ModuleError::revert(IChannels::TooMany {
            count: U256::from(items.len()),
            max: U256::from(MAX_BATCH_ITEMS),
        }));
    }
    host.charge(items.iter().map(gas_of).fold(0, u64::saturating_add))?;
    let domain = domain(host);
    let mut credits: BTreeMap<Address, Credit> = BTreeMap::new();
    let mut statuses = Vec::with_capacity(items.len());
    for item in &items {
        statuses.push(match settle_item(host, &domain, item) {
            Ok(Some(paid)) => {
                let credit = credits.entry(paid.payee).or_default();
                credit.wei = plus(credit.wei, paid.wei)?;
                credit.items.extend_from_slice(paid.id.as_slice());
                credit.items.extend_from_slice(&paid.wei.to_be_bytes());
                PAID
            }
            Ok(None) => NOTHING_NEW,
            Err(Failed::Refused(refused)) => refused.status(),
            Err(Failed::Module(error)) => return Err(error),
        });
    }
    let all_wei = credits.values().try_fold(0, |sum, credit| plus(sum, credit.wei))?;
    if all_wei > 0 {
        Totals::gives(host, all_wei)?;
    }
    for (payee, credit) in credits {
        pay(host, payee, credit.wei)?;
        emit(host, &IChannels::BatchSettled { payee, items: credit.items.into() })?;
    }
    Ok(statuses)
}

fn gas_of(item: &BatchItem) -> u64 {
    let ticks = match &item.payment {
        Payment::Voucher(_, tick) | Payment::Pool(_, tick) => tick.index,
        Payment::Conditional(..) => 0,
    };
    gas::of_signatures(1).saturating_add(gas::of_ticks(ticks))
}

/// What an item paid; the money still has to move.
struct Paid {
    id: B256,
    payee: Address,
    wei: u128,
}

fn settle_item(
    host: &mut dyn Host,
    domain: &Domain,
    item: &BatchItem,
) -> Result<Option<Paid>, Failed> {
    let signature = &item.signature[..];
    match &item.payment {
        Payment::Voucher(voucher, tick) => {
            let claim = Claim::of_voucher(domain, voucher, tick, signature)?;
            settle_channel(host, voucher.channelId, &claim)
        }
        Payment::Conditional(voucher, secret) => {
            let claim = Claim::of_conditional(host, domain, voucher, *secret, signature)?;
            settle_channel(host, voucher.channelId, &claim)
        }
        Payment::Pool(voucher, tick) => {
            let claim = Claim::of_pool_voucher(domain, voucher, tick, signature)?;
            let paid = take_from_pool(host, voucher.poolId, voucher.payee, &claim)?;
            let (id, payee) = (voucher.poolId, voucher.payee);
            Ok(paid.map(|paid| Paid { id, payee, wei: paid.wei }))
        }
    }
}

fn settle_channel(
    host: &mut dyn Host,
    id: B256,
    claim: &Claim<'_>,
) -> Result<Option<Paid>, Failed> {
    let mut channel = Channel::load(host, id)?.ok_or(Refused::UnknownChannel(id))?;
    let Some(due) = due_of_channel(host, &channel, claim)? else { return Ok(None) };
    let wei = take(host, &mut channel, &due)?;
    Ok(Some(Paid { id, payee: channel.payee, wei }))
}
