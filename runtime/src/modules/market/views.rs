//! Reads.

use super::{
    IMarket,
    calls::{cost, phase_of},
    fees::{bid_fee_wei, offer_fee_wei},
    limits::{MAX_PAGE, wei},
    params as p,
    signed::to_abi,
    state::{
        self, Bid, Book, BuyersBids, Clock, Epoch, Ids, Job, Lease, Offer, Sealed, Seller,
        lease_id_at,
    },
};
use crate::modules::{Host, ModuleError, params};
use alloy_primitives::{Address, B256, U256};

/// The epoch under way.
pub(super) fn clock(host: &mut dyn Host) -> Result<IMarket::Clock, ModuleError> {
    let (clock, book) = (Clock::load(host)?, Book::load(host)?);
    Ok(IMarket::Clock {
        epoch: clock.epoch,
        phase: phase_of(clock.phase),
        endsAtMs: clock.ends.time_ms,
        endsAtBlock: clock.ends.block,
        freezeBlock: clock.freeze_block,
        seed: state::seed(host)?,
        applyingEpoch: Job::load(host)?.map_or(0, |job| job.epoch),
        bids: book.bid_places(),
        offers: book.offers,
        edges: book.edges,
    })
}

/// Fee, penalty, least ask, base of the book fee, times.
pub(super) fn terms(host: &mut dyn Host) -> Result<IMarket::Terms, ModuleError> {
    let bps = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    let seconds = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Ok(IMarket::Terms {
        feeBps: bps(params::narrow(host, &p::FEE)?),
        penaltyBps: bps(params::narrow(host, &p::PENALTY)?),
        minAskTicks: params::narrow(host, &p::MIN_ASK)?,
        bookFeeWei: U256::from(params::value(host, &p::BOOK_FEE)?),
        leaseS: seconds(params::narrow(host, &p::LEASE)?),
        receiptS: seconds(params::narrow(host, &p::RECEIPT)?),
    })
}

/// A bid.
pub(super) fn bid(host: &mut dyn Host, id: u64) -> Result<IMarket::Bid, ModuleError> {
    let bid = Bid::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownBid { bidId: id }))?;
    let commit_hash = match bid.sealed {
        Sealed::Hash(hash) => hash,
        Sealed::Tiers(_) => B256::ZERO,
    };
    Ok(IMarket::Bid {
        buyer: bid.buyer,
        signer: bid.signer,
        swarm: bid.swarm,
        epoch: bid.epoch,
        qmax: bid.qmax,
        lockTicks: bid.lock_ticks,
        epochsLeft: bid.epochs_left,
        isRevealed: bid.is_revealed(),
        isRenewed: bid.is_renewed,
        tiers: bid.tiers().into_iter().map(to_abi).collect(),
        commitHash: commit_hash,
    })
}

/// An account's bids.
pub(super) fn bids_of(host: &mut dyn Host, account: Address) -> Result<Vec<u64>, ModuleError> {
    Ok(BuyersBids::load(host, account)?.ids)
}

/// An offer.
pub(super) fn offer(host: &mut dyn Host, id: u64) -> Result<IMarket::Offer, ModuleError> {
    let offer = Offer::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownOffer { offerId: id }))?;
    Ok(IMarket::Offer {
        seller: offer.seller,
        capacity: offer.capacity,
        reserveTicks: offer.reserve_ticks,
        swarms: offer.swarms(host)?,
        fromEpoch: offer.from_epoch,
        toEpoch: offer.to_epoch,
        openLeases: offer.open_leases,
        requiredWei: U256::from(offer.required_wei),
        storageDepositWei: U256::from(offer.storage_deposit_wei),
    })
}

/// Standing offers of a page that are wanted, and where the next page begins.
pub(super) fn offers_where(
    host: &mut dyn Host,
    (offset, limit): (u32, u32),
    mut is_wanted: impl FnMut(&mut dyn Host, &Offer) -> Result<bool, ModuleError>,
) -> Result<(Vec<u64>, u32), ModuleError> {
    let count = Book::load(host)?.offers;
    let end = count.min(offset.saturating_add(limit.min(MAX_PAGE)));
    let mut found = Vec::new();
    for index in offset..end {
        let id = Ids::of_offers().get(host, index)?;
        let offer = Offer::listed(host, id)?;
        if is_wanted(host, &offer)? {
            found.push(id);
        }
    }
    Ok((found, if end < count { end } else { 0 }))
}

/// A lease.
pub(super) fn lease(host: &mut dyn Host, id: B256) -> Result<IMarket::Lease, ModuleError> {
    let lease = Lease::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownLease { leaseId: id }))?;
    let epoch = Epoch::load(host, lease.epoch)?;
    let offer = Offer::listed(host, lease.offer)?;
    Ok(IMarket::Lease {
        epoch: lease.epoch,
        bidId: lease.bid,
        offerId: lease.offer,
        swarm: lease.swarm,
        buyer: lease.buyer,
        seller: offer.seller,
        signer: lease.signer,
        units: lease.units,
        buyerWei: U256::from(wei(lease.buyer_ticks)),
        sellerWei: U256::from(wei(lease.seller_ticks)),
        deliveredBytes: u128::from(lease.delivered_bytes),
        dueBytes: u128::from(lease.due_bytes()),
        endsAtMs: epoch.lease_end.time_ms,
        endsAtBlock: epoch.lease_end.block,
        receiptsUntilMs: epoch.receipt_end.time_ms,
        receiptsUntilBlock: epoch.receipt_end.block,
    })
}

/// Leases of an epoch that are not closed, and how many were opened.
pub(super) fn leases_of(
    host: &mut dyn Host,
    number: u32,
    (offset, limit): (u32, u32),
) -> Result<(Vec<B256>, u32), ModuleError> {
    let epoch = Epoch::load(host, number)?;
    let end = epoch.leases.min(offset.saturating_add(limit.min(MAX_PAGE)));
    let open = offset.max(epoch.closed)..end;
    let ids = open.map(|index| lease_id_at(host, number, index));
    Ok((ids.collect::<Result<_, _>>()?, epoch.leases))
}

/// A seller's bond.
pub(super) fn bond(
    host: &mut dyn Host,
    seller: Address,
) -> Result<IMarket::bondReturn, ModuleError> {
    let seller = Seller::load(host, seller)?;
    Ok(IMarket::bondReturn {
        bondWei: U256::from(seller.bond_wei),
        requiredWei: U256::from(seller.required_wei),
        isEnough: seller.bond_wei >= seller.required_wei,
        activeFrom: seller.active_from().unwrap_or(u32::MAX),
    })
}

/// What places cost now.
pub(super) fn book_fee(
    host: &mut dyn Host,
    swarm: B256,
) -> Result<IMarket::bookFeeReturn, ModuleError> {
    let (book, clock) = (Book::load(host)?, Clock::load(host)?);
    let (bid_wei, _) = bid_fee_wei(host, &book, clock.epoch, swarm)?;
    let offer_wei = offer_fee_wei(host, &book)?;
    Ok(IMarket::bookFeeReturn { bidWei: U256::from(bid_wei), offerWei: U256::from(offer_wei) })
}

/// What an offer takes beside its place.
pub(super) fn offer_cost(
    host: &mut dyn Host,
    capacity: u32,
    reserve_ticks: u64,
    swarms: u32,
) -> Result<IMarket::offerCostReturn, ModuleError> {
    let swarms = usize::try_from(swarms).unwrap_or(usize::MAX);
    let (bond_wei, storage_deposit_wei) = cost(host, capacity, reserve_ticks, swarms)?;
    Ok(IMarket::offerCostReturn {
        bondWei: U256::from(bond_wei),
        storageDepositWei: U256::from(storage_deposit_wei),
    })
}
