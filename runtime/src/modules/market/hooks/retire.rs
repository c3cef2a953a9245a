//! The second pass of applying a result: what the epoch leaves behind goes, what stands longer stands on.

use super::{
    super::state::{
        Bid, Book, BuyersBids, Clock, Ids, Offer, Share, less_one, priced_swarm, set_priced_swarm,
    },
    IMarket, Job, Step, broken, emit, range, step_on,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::B256;

/// Works on up to `left` records; returns on how many.
pub(super) fn slice(host: &mut dyn Host, job: &mut Job, left: u32) -> Result<u32, ModuleError> {
    let count = match job.step {
        Step::OldSwarms => job.old_count,
        Step::Renew => job.bids,
        Step::Offers => Ids::ending_count(host, job.epoch)?,
        _ => return Err(broken("a step of the first pass among those of the second")),
    };
    let range = range(job.cursor, count, left);
    let end = range.end;
    let used = end.saturating_sub(range.start);
    for index in range {
        match job.step {
            Step::OldSwarms => forget_share(host, job.old_epoch, index)?,
            Step::Renew => renew_or_delete(host, job.epoch, index)?,
            _ => end_offer(host, job.epoch, index)?,
        }
    }
    if end == count && job.step == Step::Offers && count > 0 {
        Ids::set_ending_count(host, job.epoch, 0)?;
    }
    step_on(host, job, end, count)?;
    Ok(used)
}

/// Unless the swarm has a newer one.
fn forget_share(host: &mut dyn Host, epoch: u32, index: u32) -> Result<(), ModuleError> {
    let swarm = priced_swarm(host, epoch, index)?;
    set_priced_swarm(host, epoch, index, B256::ZERO)?;
    if Share::load(host, swarm)?.epoch == epoch { Share::delete(host, swarm) } else { Ok(()) }
}

fn renew_or_delete(host: &mut dyn Host, epoch: u32, index: u32) -> Result<(), ModuleError> {
    let list = Ids::of_bids(epoch);
    let id = list.get(host, index)?;
    list.set(host, index, 0)?;
    let mut bid = Bid::listed(host, id)?;
    if !bid.stands_on() {
        bid.delete(host)?;
        let mut mine = BuyersBids::load(host, bid.buyer)?;
        mine.remove(id);
        return mine.save(host);
    }
    bid.epoch = Clock::load(host)?.epoch;
    bid.epochs_left = less_one(bid.epochs_left)?;
    bid.is_renewed = true;
    bid.save_epoch(host)?;
    let mut book = Book::load(host)?;
    Ids::of_bids(bid.epoch).set(host, book.bids, id)?;
    book.bids = book.bids.saturating_add(1);
    book.renewing = less_one(book.renewing)?;
    book.standing = book.standing.saturating_add(u32::from(bid.stands_on()));
    book.save(host)?;
    let event = IMarket::BidRenewed {
        bidId: id,
        buyer: bid.buyer,
        swarm: bid.swarm,
        epoch: bid.epoch,
        epochsLeft: bid.epochs_left,
    };
    emit(host, &event)
}

/// Unless it was withdrawn, and ended, before.
fn end_offer(host: &mut dyn Host, epoch: u32, index: u32) -> Result<(), ModuleError> {
    let list = Ids::ending_in(epoch);
    let id = list.get(host, index)?;
    list.set(host, index, 0)?;
    let Some(mut offer) = Offer::load(host, id)? else { return Ok(()) };
    if !offer.is_listed || offer.to_epoch != epoch {
        return Ok(());
    }
    offer.delist(host)?;
    let event = IMarket::OfferEnded { offerId: id, seller: offer.seller, lastEpoch: epoch };
    emit(host, &event)?;
    if offer.open_leases == 0 { offer.remove(host) } else { Ok(()) }
}
