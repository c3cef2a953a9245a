//! The frozen book: what is cleared, read from state at any time between the seed and the end of what needs it;
//! and when its result is due.

use super::{
    Cleared,
    clearing::{self, Bid, Offer, Outcome, TieRule},
    state::{self, Book, Clock, Epoch, Ids, Job, Phase, Seller},
};
use crate::modules::{Host, ModuleError, hooks};
use crate::primitives::addresses::MARKET;
use alloy_primitives::{Address, B256};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// A frozen book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The epoch.
    pub epoch: u32,
    /// What breaks ties; the book's own too.
    pub seed: B256,
    /// Bids and offers.
    pub book: clearing::Book,
}

/// Epoch and seed of the frozen book, if there is one and its seed is known.
///
/// # Errors
/// Only if the store fails, or state is damaged.
pub fn frozen_epoch(host: &mut dyn Host) -> Result<Option<(u32, B256)>, ModuleError> {
    let seed = state::seed(host)?;
    if seed.is_zero() {
        return Ok(None);
    }
    if let Some(job) = Job::load(host)? {
        return Ok(job.needs_book().then_some((job.epoch, seed)));
    }
    let clock = Clock::load(host)?;
    Ok((clock.phase == Phase::Clearing).then_some((clock.epoch, seed)))
}

/// Reads the frozen book: some slots for every bid and offer, so a node does it on a worker.
///
/// # Errors
/// As [`frozen_epoch`].
pub fn frozen(host: &mut dyn Host) -> Result<Option<Frozen>, ModuleError> {
    let Some((epoch, seed)) = frozen_epoch(host)? else { return Ok(None) };
    let terms = Epoch::load(host, epoch)?;
    let count = match Job::load(host)? {
        Some(job) => job.bids,
        None => Book::load(host)?.bids,
    };
    let book = clearing::Book {
        seed,
        tie: TieRule::Key,
        min_ask: terms.min_ask_ticks,
        fee_bps: terms.fee_bps,
        offers: offers(host, epoch)?,
        bids: bids(host, epoch, count)?,
    };
    Ok(Some(Frozen { epoch, seed, book }))
}

fn bids(host: &mut dyn Host, epoch: u32, count: u32) -> Result<Vec<Bid>, ModuleError> {
    let list = Ids::of_bids(epoch);
    let read = |index| {
        let id = list.get(host, index)?;
        let bid = state::Bid::listed(host, id)?;
        let defaulted = !bid.is_revealed() || bid.is_renewed;
        Ok(Bid { id, buyer: bid.buyer, swarm: bid.swarm, tiers: bid.tiers(), defaulted })
    };
    (0..count).map(read).collect()
}

/// Offers that cover the epoch, of sellers whose bond is enough.
fn offers(host: &mut dyn Host, epoch: u32) -> Result<Vec<Offer>, ModuleError> {
    let list = Ids::of_offers();
    let mut active: BTreeMap<Address, bool> = BTreeMap::new();
    let mut offers = Vec::new();
    for index in 0..Book::load(host)?.offers {
        let id = list.get(host, index)?;
        let offer = state::Offer::listed(host, id)?;
        if !offer.covers(epoch) {
            continue;
        }
        let is_active = match active.get(&offer.seller) {
            Some(is_active) => *is_active,
            None => Seller::load(host, offer.seller)?.is_active(epoch),
        };
        active.insert(offer.seller, is_active);
        if is_active {
            let swarms = offer.swarms(host)?;
            let (capacity, reserve) = (offer.capacity, offer.reserve_ticks);
            offers.push(Offer { id, seller: offer.seller, capacity, reserve, swarms });
        }
    }
    Ok(offers)
}

/// Whether the block with this number and time carries the result; asked on its parent's state.
///
/// # Errors
/// Only if the store fails, or state is damaged.
pub fn is_due(host: &mut dyn Host, number: u64, time_ms: u64) -> Result<bool, ModuleError> {
    let clock = Clock::load(host)?;
    if clock.phase != Phase::Clearing || time_ms < clock.ends.time_ms || number < clock.ends.block {
        return Ok(false);
    }
    // While the module is paused its hook takes no result; without a seed there is none.
    Ok(!state::seed(host)?.is_zero() && !hooks::is_paused(host, MARKET)?)
}

/// Whether something is under way for which blocks are needed: bids in the book, a result to apply, leases.
///
/// # Errors
/// Only if the store fails, or state is damaged.
pub fn is_pending(host: &mut dyn Host) -> Result<bool, ModuleError> {
    let has_leases = state::Heads::load(host)?.oldest != 0;
    Ok(has_leases || Book::load(host)?.bid_places() > 0 || Job::load(host)?.is_some())
}

/// Clears the frozen book, or takes it from `memo` if that is of its epoch and seed. Empty where there is no
/// frozen book, or (which no book of the state does) where it cannot be cleared.
///
/// # Errors
/// As [`frozen`].
pub fn clear_frozen(host: &mut dyn Host, memo: &Cleared) -> Result<Cleared, ModuleError> {
    let Some((epoch, seed)) = frozen_epoch(host)? else { return Ok(Cleared::default()) };
    if memo.outcome(epoch, seed).is_some() {
        return Ok(memo.clone());
    }
    let outcome = clear_there_and_then(host)?;
    Ok(outcome.map_or_else(Cleared::default, |outcome| Cleared::new(epoch, seed, outcome)))
}

/// The result of the frozen book.
pub(super) fn outcome(host: &mut dyn Host) -> Result<Arc<Outcome>, ModuleError> {
    let missing = || state::broken("there is no frozen book that can be cleared");
    let (epoch, seed) = frozen_epoch(host)?.ok_or_else(missing)?;
    if let Some(outcome) = host.cleared(epoch, seed) {
        return Ok(outcome);
    }
    Ok(Arc::new(clear_there_and_then(host)?.ok_or_else(missing)?))
}

/// A book that makes clearing panic must not take the node with it: its epoch ends void.
fn clear_there_and_then(host: &mut dyn Host) -> Result<Option<Outcome>, ModuleError> {
    let Some(frozen) = frozen(host)? else { return Ok(None) };
    let cleared = catch_unwind(AssertUnwindSafe(|| clearing::clear(&frozen.book)));
    Ok(cleared.ok().and_then(Result::ok))
}
