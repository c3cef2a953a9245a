//! The end of leases (rule E.5): sellers are paid for what was delivered, buyers get back most of what was not,
//! and both pay for it: no party ever receives the other's penalty.

use super::{
    super::{
        calls::{announce_bond, pay},
        limits::{ALL_BPS, wei},
        state::{
            Epoch, Heads, Lease, Offer, Seller, Totals, lease_id_at, less_one, minus, plus,
            set_lease_id,
        },
    },
    Clock, IMarket, broken, emit, range,
};
use crate::{
    modules::{Host, ModuleError},
    primitives::{
        addresses::{BURNT, FEE_POOL, TREASURY},
        math::mul_div_floor,
    },
};
use alloy_primitives::{B256, U256};

/// Closes up to `left` leases of the oldest epoch, if it is over; returns how many.
pub(super) fn slice(host: &mut dyn Host, left: u32) -> Result<u32, ModuleError> {
    let oldest = Heads::load(host)?.oldest;
    let mut epoch = Epoch::load(host, oldest)?;
    if !epoch.receipt_end.has_passed(host.block()) {
        return Ok(0);
    }
    let range = range(epoch.closed, epoch.leases, left);
    let end = range.end;
    let used = end.saturating_sub(range.start);
    let mut sums = Shared::default();
    for index in range {
        let id = lease_id_at(host, oldest, index)?;
        set_lease_id(host, oldest, index, B256::ZERO)?;
        let lease = Lease::load(host, id)?.ok_or_else(|| broken("a listed lease is missing"))?;
        close(host, &epoch, &lease, &mut sums)?;
    }
    sums.pay(host)?;
    epoch.closed = end;
    if end == epoch.leases {
        epoch.dequeue(host)?
    } else {
        epoch.save(host)?
    }
    Ok(used)
}

/// What the closed leases of a slice bring to nobody in particular.
#[derive(Default)]
struct Shared {
    burnt_wei: u128,
    pool_wei: u128,
    treasury_wei: u128,
}

impl Shared {
    fn pay(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        pay(host, BURNT, self.burnt_wei)?;
        pay(host, FEE_POOL, self.pool_wei)?;
        pay(host, TREASURY, self.treasury_wei)
    }
}

/// How the escrow of a lease is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Division {
    /// To the seller.
    pub(in super::super) net_wei: u128,
    /// Of the seller's earnings.
    pub(in super::super) fee_wei: u128,
    /// To the buyer.
    pub(in super::super) refund_wei: u128,
    /// Of what was not delivered, burnt; as much again goes from the seller's bond.
    pub(in super::super) penalty_wei: u128,
    /// To the treasury.
    pub(in super::super) rest_wei: u128,
}

/// Divides what a seller of `seller_wei` and a buyer of `buyer_wei` meant for each other, by what was delivered.
pub(in super::super) fn divide(
    seller_wei: u128,
    buyer_wei: u128,
    delivered_bytes: u64,
    due_bytes: u64,
    fee_bps: u16,
    penalty_bps: u16,
) -> Result<Division, ModuleError> {
    let part = |amount, of, all| {
        mul_div_floor(amount, of, all).ok_or_else(|| broken("a lease cannot be divided"))
    };
    let (delivered, due) = (u128::from(delivered_bytes), u128::from(due_bytes));
    let gross_wei = part(seller_wei, delivered, due)?;
    let fee_wei = part(gross_wei, u128::from(fee_bps), ALL_BPS)?;
    let net_wei = minus(gross_wei, fee_wei)?;
    let missing_wei = part(seller_wei.min(buyer_wei), minus(due, delivered)?, due)?;
    let kept_bps = minus(ALL_BPS, u128::from(penalty_bps))?;
    let refund_wei = part(missing_wei, kept_bps, ALL_BPS)?;
    let penalty_wei = minus(missing_wei, refund_wei)?;
    let rest_wei = minus(minus(seller_wei, gross_wei)?, missing_wei)?;
    Ok(Division { net_wei, fee_wei, refund_wei, penalty_wei, rest_wei })
}

fn close(
    host: &mut dyn Host,
    epoch: &Epoch,
    lease: &Lease,
    sums: &mut Shared,
) -> Result<(), ModuleError> {
    let (seller_wei, delivered) = (wei(lease.seller_ticks), u64::from(lease.delivered_bytes));
    let Epoch { fee_bps, penalty_bps, .. } = *epoch;
    let division = divide(
        seller_wei,
        wei(lease.buyer_ticks),
        delivered,
        lease.due_bytes(),
        fee_bps,
        penalty_bps,
    )?;
    let Division { net_wei, fee_wei, refund_wei, penalty_wei, rest_wei } = division;
    lease.delete(host)?;
    Totals::gives(host, seller_wei)?;
    let mut offer = Offer::listed(host, lease.offer)?;
    let bond_burnt_wei = burn_of_bond(host, &offer, penalty_wei)?;
    let half_wei = fee_wei / 2;
    sums.pool_wei = plus(sums.pool_wei, half_wei)?;
    let burnt_wei = plus(penalty_wei, minus(fee_wei, half_wei)?)?;
    sums.burnt_wei = plus(sums.burnt_wei, plus(burnt_wei, bond_burnt_wei)?)?;
    sums.treasury_wei = plus(sums.treasury_wei, rest_wei)?;
    pay(host, offer.seller, net_wei)?;
    pay(host, lease.buyer, refund_wei)?;
    let event = IMarket::LeaseClosed {
        leaseId: lease.id,
        buyer: lease.buyer,
        seller: offer.seller,
        deliveredBytes: u128::from(delivered),
        dueBytes: u128::from(lease.due_bytes()),
        netWei: U256::from(net_wei),
        feeWei: U256::from(fee_wei),
        refundWei: U256::from(refund_wei),
        burntWei: U256::from(penalty_wei),
        bondBurntWei: U256::from(bond_burnt_wei),
    };
    emit(host, &event)?;
    offer.open_leases = less_one(offer.open_leases)?;
    if offer.open_leases == 0 && !offer.is_listed { offer.remove(host) } else { offer.save(host) }
}

/// Burns of the seller's bond what there is of it; returns how much.
fn burn_of_bond(
    host: &mut dyn Host,
    offer: &Offer,
    penalty_wei: u128,
) -> Result<u128, ModuleError> {
    if penalty_wei == 0 {
        return Ok(0);
    }
    let mut seller = Seller::load(host, offer.seller)?;
    let burnt_wei = penalty_wei.min(seller.bond_wei);
    seller.bond_wei = minus(seller.bond_wei, burnt_wei)?;
    let current = Clock::load(host)?.epoch;
    seller.save(host, offer.seller, current)?;
    Totals::change_held(host, |totals| {
        totals.bonds_wei = minus(totals.bonds_wei, burnt_wei)?;
        Ok(())
    })?;
    announce_bond(host, offer.seller, &seller)?;
    Ok(burnt_wei)
}
