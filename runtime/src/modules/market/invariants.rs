//! What always holds, checked after every block in tests and simulation, and by `bttd verify`.

use super::{
    limits::{MAX_BIDS, MAX_EDGES, MAX_OFFERS, wei},
    state::{
        Bid, Book, Clock, Epoch, Heads, Ids, Job, Lease, Offer, Seller, Step, Totals, broken,
        lease_id_at, plus,
    },
};
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::MARKET,
};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// The escrow holds what the records add up to, to the wei (rule C.2), and lists and counters agree.
///
/// # Errors
/// [`ModuleError::Broken`] names the first that does not hold.
pub fn check(host: &mut dyn Host) -> Result<(), ModuleError> {
    let totals = Totals::load(host)?;
    let has = host.balance(MARKET)?;
    if has < U256::from(totals.escrow_wei) {
        return Err(broken(&format!("the escrow holds {has} wei and owes {}", totals.escrow_wei)));
    }
    let mut sums = Sums::default();
    bids(host, &mut sums)?;
    leases(host, &mut sums)?;
    offers(host, &mut sums)?;
    let records_wei = [sums.locks_wei, sums.leases_wei, totals.bonds_wei, totals.deposits_wei];
    let owed_wei = records_wei.into_iter().try_fold(0, plus)?;
    if owed_wei != totals.escrow_wei {
        let escrow_wei = totals.escrow_wei;
        return Err(broken(&format!("records add up to {owed_wei} wei, not {escrow_wei}")));
    }
    if sums.deposits_wei != totals.deposits_wei {
        return Err(broken("storage deposits do not add up"));
    }
    sellers(host, &sums, &totals)
}

#[derive(Default)]
struct Sums {
    locks_wei: u128,
    leases_wei: u128,
    deposits_wei: u128,
    /// Open leases of every offer.
    leased: BTreeMap<u64, u32>,
    required_wei: BTreeMap<Address, u128>,
}

/// Locks of the epoch under way and of one under application.
fn bids(host: &mut dyn Host, sums: &mut Sums) -> Result<(), ModuleError> {
    let (clock, book) = (Clock::load(host)?, Book::load(host)?);
    if book.bid_places() > MAX_BIDS {
        return Err(broken("more bids than places"));
    }
    let mut standing = 0u32;
    for index in 0..book.bids {
        let id = Ids::of_bids(clock.epoch).get(host, index)?;
        let bid = Bid::listed(host, id)?;
        if bid.epoch != clock.epoch {
            return Err(broken(&format!("bid {id} is of another epoch")));
        }
        let locked = plus(wei(bid.lock_ticks), bid.later_locks_wei())?;
        sums.locks_wei = plus(sums.locks_wei, locked)?;
        standing = standing.saturating_add(u32::from(bid.stands_on()));
    }
    if standing != book.standing {
        return Err(broken("bids that will stand are miscounted"));
    }
    let Some(job) = Job::load(host)? else {
        return if book.renewing == 0 { Ok(()) } else { Err(broken("nothing renews its bids")) };
    };
    sums.locks_wei = plus(sums.locks_wei, wei(job.in_flight_ticks))?;
    let mut renewing = 0u32;
    let from = match job.step {
        Step::Offers => job.bids,
        Step::Renew => job.cursor,
        _ => 0,
    };
    for index in from..job.bids {
        let id = Ids::of_bids(job.epoch).get(host, index)?;
        let bid = Bid::listed(host, id)?;
        let is_settled = job.step > Step::Bids || index < job.cursor;
        let this = if is_settled { 0 } else { wei(bid.lock_ticks) };
        sums.locks_wei = plus(sums.locks_wei, plus(this, bid.later_locks_wei())?)?;
        renewing = renewing.saturating_add(u32::from(bid.stands_on()));
    }
    if renewing == book.renewing { Ok(()) } else { Err(broken("bids that stand are miscounted")) }
}

/// Leases of the epoch whose leases are being opened, and of all in the queue.
fn leases(host: &mut dyn Host, sums: &mut Sums) -> Result<(), ModuleError> {
    let is_opening = |job: &Job| matches!(job.step, Step::Leases | Step::Swarms);
    let opening = Job::load(host)?.filter(is_opening).map(|job| job.epoch);
    let heads = Heads::load(host)?;
    let mut queued = heads.oldest;
    let mut last = 0;
    while queued != 0 {
        last = queued;
        queued = leases_of(host, queued, sums)?;
    }
    if last != heads.newest {
        return Err(broken("the queue of epochs has another end"));
    }
    if let Some(epoch) = opening {
        leases_of(host, epoch, sums)?;
    }
    Ok(())
}

fn leases_of(host: &mut dyn Host, number: u32, sums: &mut Sums) -> Result<u32, ModuleError> {
    let epoch = Epoch::load(host, number)?;
    for index in epoch.closed..epoch.leases {
        let id = lease_id_at(host, number, index)?;
        let lease = Lease::load(host, id)?.ok_or_else(|| broken("a listed lease is missing"))?;
        if lease.epoch != number || u64::from(lease.delivered_bytes) > lease.due_bytes() {
            return Err(broken(&format!("lease {id} is damaged")));
        }
        sums.leases_wei = plus(sums.leases_wei, wei(lease.seller_ticks))?;
        let open = sums.leased.entry(lease.offer).or_default();
        *open = open.saturating_add(1);
    }
    Ok(epoch.next)
}

/// Offers that stand, and those that only leases name.
fn offers(host: &mut dyn Host, sums: &mut Sums) -> Result<(), ModuleError> {
    let book = Book::load(host)?;
    let mut ids: Vec<u64> = Vec::new();
    let mut edges = 0u32;
    for index in 0..book.offers {
        let id = Ids::of_offers().get(host, index)?;
        let offer = Offer::listed(host, id)?;
        if !offer.is_listed || offer.place != index {
            return Err(broken(&format!("offer {id} stands elsewhere")));
        }
        edges = edges.saturating_add(u32::from(offer.swarm_count));
        ids.push(id);
    }
    if edges != book.edges || book.offers > MAX_OFFERS || edges > MAX_EDGES {
        return Err(broken("edges are miscounted"));
    }
    ids.extend(sums.leased.keys());
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let offer = Offer::listed(host, id)?;
        if offer.open_leases != sums.leased.get(&id).copied().unwrap_or(0) {
            return Err(broken(&format!("leases of offer {id} are miscounted")));
        }
        sums.deposits_wei = plus(sums.deposits_wei, offer.storage_deposit_wei)?;
        let required = sums.required_wei.entry(offer.seller).or_default();
        *required = plus(*required, offer.required_wei)?;
    }
    Ok(())
}

/// Who has too little is in no book, and the bonds of who offers are among all bonds.
fn sellers(host: &mut dyn Host, sums: &Sums, totals: &Totals) -> Result<(), ModuleError> {
    let mut bonds_wei = 0;
    for (address, required_wei) in &sums.required_wei {
        let seller = Seller::load(host, *address)?;
        if seller.required_wei != *required_wei {
            return Err(broken(&format!("seller {address} is bound for another sum")));
        }
        if seller.is_too_low() && seller.active_from().is_some() {
            return Err(broken(&format!("seller {address} has too little and offers")));
        }
        bonds_wei = plus(bonds_wei, seller.bond_wei)?;
    }
    if bonds_wei > totals.bonds_wei { Err(broken("bonds do not add up")) } else { Ok(()) }
}
