//! The first pass of applying a result, while the frozen book stays readable: locks return less what is paid,
//! leases begin, prices are told. What leaves the escrow is the refunds, the dust and what is burnt; all else
//! goes into leases, to the tick (rule E.5).

use super::{
    super::{
        calls::pay,
        clearing::{LeaseResult, Outcome},
        frozen::outcome,
        limits::wei,
        params as p,
        signed::lease_id,
        state::{
            Bid, Book, Epoch, Ids, Lease, Offer, Share, Totals, set_lease_id, set_priced_swarm,
        },
    },
    IMarket, Job, Step, broken, emit, range, step_on,
};
use crate::{
    modules::{Deadline, Host, ModuleError, params},
    primitives::addresses::{BURNT, TREASURY},
};
use alloy_primitives::U256;
use std::sync::Arc;

/// Works on up to `left` records; returns on how many. `found` keeps the result for the block.
pub(super) fn slice(
    host: &mut dyn Host,
    job: &mut Job,
    left: u32,
    found: &mut Option<Arc<Outcome>>,
) -> Result<u32, ModuleError> {
    let result = match found {
        Some(result) => Arc::clone(result),
        None if job.is_void => Arc::default(),
        None => outcome(host)?,
    };
    *found = Some(Arc::clone(&result));
    let count = match job.step {
        Step::Bids => job.bids,
        Step::Leases => count(result.leases.len())?,
        _ => count(result.swarms.len())?,
    };
    let range = range(job.cursor, count, left);
    let end = range.end;
    let used = end.saturating_sub(range.start);
    match job.step {
        Step::Bids => bids(host, job, range, &result)?,
        Step::Leases => leases(host, job, range, &result)?,
        _ => swarms(host, job, range, &result)?,
    }
    let is_over = end == count;
    if is_over && job.step == Step::Leases {
        money_is_placed(host, job, &result)?;
    }
    if is_over && job.step == Step::Swarms {
        begin_leases(host, job.epoch)?;
    }
    step_on(host, job, end, count)?;
    Ok(used)
}

fn bids(
    host: &mut dyn Host,
    job: &mut Job,
    range: std::ops::Range<u32>,
    result: &Outcome,
) -> Result<(), ModuleError> {
    let list = Ids::of_bids(job.epoch);
    let mut refunded_wei = 0u128;
    for index in range {
        let id = list.get(host, index)?;
        let bid = Bid::listed(host, id)?;
        let (units, payment) = if job.is_void {
            (0, 0)
        } else {
            let place = result.bids.binary_search_by_key(&id, |bid| bid.id);
            let found = place.ok().and_then(|place| result.bids.get(place));
            let found = found.ok_or_else(|| broken(&format!("bid {id} has no result")))?;
            (found.won, ticks(found.payment)?)
        };
        let refund_ticks = bid
            .lock_ticks
            .checked_sub(payment)
            .ok_or_else(|| broken(&format!("bid {id} pays more than it locked")))?;
        job.in_flight_ticks = job.in_flight_ticks.saturating_add(payment);
        refunded_wei = refunded_wei.saturating_add(wei(refund_ticks));
        pay(host, bid.buyer, wei(refund_ticks))?;
        let Bid { buyer, swarm, epoch, .. } = bid;
        if !bid.is_revealed() && !bid.is_renewed {
            emit(host, &IMarket::BidDefaulted { bidId: id, buyer, swarm, epoch })?;
        }
        let event = IMarket::Won {
            bidId: id,
            buyer,
            swarm,
            epoch,
            units,
            paymentWei: U256::from(wei(payment)),
            refundWei: U256::from(wei(refund_ticks)),
        };
        emit(host, &event)?;
    }
    Totals::gives(host, refunded_wei)
}

fn leases(
    host: &mut dyn Host,
    job: &mut Job,
    range: std::ops::Range<u32>,
    result: &Outcome,
) -> Result<(), ModuleError> {
    let mut epoch = Epoch::load(host, job.epoch)?;
    for index in range {
        let place = usize::try_from(index).ok().and_then(|index| result.leases.get(index));
        let won = place.ok_or_else(|| broken("a lease has no result"))?;
        open(host, job, &mut epoch, won)?;
    }
    epoch.save(host)
}

fn open(
    host: &mut dyn Host,
    job: &mut Job,
    epoch: &mut Epoch,
    won: &LeaseResult,
) -> Result<(), ModuleError> {
    let bid = Bid::listed(host, won.bid)?;
    let mut offer = Offer::listed(host, won.offer)?;
    let lease = Lease {
        id: lease_id(host.block().chain_id, job.epoch, won.bid, won.offer),
        buyer: bid.buyer,
        buyer_ticks: ticks(won.buyer_total)?,
        seller_ticks: ticks(won.seller_total)?,
        signer: bid.signer,
        epoch: job.epoch,
        bid: won.bid,
        offer: won.offer,
        units: won.units,
        swarm: bid.swarm,
        delivered_bytes: 0,
    };
    if won.units == 0 || won.units > bid.qmax {
        return Err(broken("a lease of no units, or of more than were bid for"));
    }
    lease.save(host)?;
    set_lease_id(host, job.epoch, epoch.leases, lease.id)?;
    epoch.leases = epoch.leases.saturating_add(1);
    offer.open_leases = offer.open_leases.saturating_add(1);
    offer.save(host)?;
    let left = job.in_flight_ticks.checked_sub(lease.seller_ticks);
    job.in_flight_ticks = left.ok_or_else(|| broken("sellers would earn more than is paid"))?;
    let event = IMarket::LeaseOpened {
        leaseId: lease.id,
        buyer: lease.buyer,
        seller: offer.seller,
        epoch: lease.epoch,
        bidId: lease.bid,
        offerId: lease.offer,
        swarm: lease.swarm,
        signer: lease.signer,
        units: lease.units,
        buyerWei: U256::from(wei(lease.buyer_ticks)),
        sellerWei: U256::from(wei(lease.seller_ticks)),
    };
    emit(host, &event)
}

/// What was paid and is in no lease is the dust and what is burnt, exactly.
fn money_is_placed(
    host: &mut dyn Host,
    job: &mut Job,
    result: &Outcome,
) -> Result<(), ModuleError> {
    let (dust, burnt) = (ticks(result.dust)?, ticks(result.burnt)?);
    if dust.checked_add(burnt) != Some(job.in_flight_ticks) {
        let left = job.in_flight_ticks;
        return Err(broken(&format!("{left} ticks are in no lease, of which {dust} are dust")));
    }
    Totals::gives(host, wei(job.in_flight_ticks))?;
    job.in_flight_ticks = 0;
    pay(host, TREASURY, wei(dust))?;
    pay(host, BURNT, wei(burnt))
}

fn swarms(
    host: &mut dyn Host,
    job: &mut Job,
    range: std::ops::Range<u32>,
    result: &Outcome,
) -> Result<(), ModuleError> {
    let mut book = Book::load(host)?;
    if job.cursor == 0 && !job.is_void {
        (job.old_epoch, job.old_count) = (book.share_epoch, book.share_count);
        (book.share_epoch, book.share_count, book.share_units) = (job.epoch, 0, 0);
    }
    for index in range {
        let place = usize::try_from(index).ok().and_then(|index| result.swarms.get(index));
        let priced = place.ok_or_else(|| broken("a swarm has no result"))?;
        if priced.won > 0 {
            let mut share = Share::load(host, priced.swarm)?;
            (share.epoch, share.units) = (job.epoch, priced.won);
            share.save(host, priced.swarm)?;
            set_priced_swarm(host, job.epoch, book.share_count, priced.swarm)?;
            book.share_count = book.share_count.saturating_add(1);
            book.share_units = book.share_units.saturating_add(priced.won);
        }
        // What nobody bids for has no price.
        if priced.bids > 0 {
            let event = IMarket::SwarmPriced {
                swarm: priced.swarm,
                epoch: job.epoch,
                units: priced.won,
                sellers: priced.sellers,
                bids: priced.bids,
                marginalTicks: priced.marginal_price,
                sellerTicks: U256::from(priced.seller_price),
                isFallback: priced.is_fallback,
            };
            emit(host, &event)?;
        }
    }
    book.save(host)
}

/// The leases' time starts, and the epoch joins the queue of those to be closed.
fn begin_leases(host: &mut dyn Host, number: u32) -> Result<(), ModuleError> {
    let mut epoch = Epoch::load(host, number)?;
    if epoch.leases == 0 {
        return epoch.delete(host);
    }
    let lease_s = params::narrow(host, &p::LEASE)?;
    let receipt_s = params::narrow(host, &p::RECEIPT)?;
    epoch.lease_end = Deadline::after(host, lease_s)?;
    epoch.receipt_end = Deadline::after(host, lease_s.saturating_add(receipt_s))?;
    epoch.save(host)?;
    epoch.enqueue(host)?;
    let event = IMarket::LeasesStarted {
        epoch: number,
        leases: epoch.leases,
        endsAtMs: epoch.lease_end.time_ms,
        endsAtBlock: epoch.lease_end.block,
        receiptsUntilMs: epoch.receipt_end.time_ms,
        receiptsUntilBlock: epoch.receipt_end.block,
    };
    emit(host, &event)
}

fn count(length: usize) -> Result<u32, ModuleError> {
    u32::try_from(length).map_err(|_| broken("a result is too long"))
}

fn ticks(amount: u128) -> Result<u64, ModuleError> {
    u64::try_from(amount).map_err(|_| broken("an amount is more than there is"))
}
