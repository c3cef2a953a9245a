//! Sealed bids: money in, and a standing bid's way out.

use super::{
    super::{
        IMarket,
        fees::bid_fee_wei,
        gas,
        limits::{MAX_BID_EPOCHS, MAX_BIDS, MAX_BIDS_OF_ACCOUNT, MAX_UNITS, wei},
        state::{Bid, Book, BuyersBids, Clock, Heads, Ids, Phase, Sealed, Totals, less_one},
    },
    emit, in_phase, pay,
};
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::FEE_POOL,
};
use alloy_primitives::{Address, B256, U256};

/// What a bid is committed with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct NewBid {
    pub(in super::super) epoch: u32,
    pub(in super::super) swarm: B256,
    pub(in super::super) qmax: u32,
    pub(in super::super) lock_ticks: u64,
    pub(in super::super) commit_hash: B256,
    pub(in super::super) signer: Address,
    pub(in super::super) max_book_fee_wei: U256,
    pub(in super::super) epochs: u32,
}

/// Takes a bid into the epoch's book; returns its id.
pub(in super::super) fn commit(
    host: &mut dyn Host,
    buyer: Address,
    new: &NewBid,
    value_wei: u128,
) -> Result<u64, ModuleError> {
    check_terms(new)?;
    gas::charge_bid(host, new.qmax, new.epochs)?;
    let clock = in_phase(host, Phase::Commit)?;
    if clock.epoch != new.epoch {
        let (epoch, current) = (new.epoch, clock.epoch);
        return Err(ModuleError::revert(IMarket::WrongEpoch { epoch, current }));
    }
    let locked_wei = check_value(new, value_wei)?;
    let mut mine = BuyersBids::load(host, buyer)?;
    check_others(host, &mine, &clock, new.swarm)?;
    let mut book = Book::load(host)?;
    if book.bid_places() >= MAX_BIDS {
        return Err(ModuleError::revert(IMarket::BookFull { max: MAX_BIDS }));
    }
    let (fee_wei, share) = bid_fee_wei(host, &book, clock.epoch, new.swarm)?;
    // A place in each of its epochs.
    let fee_wei = fee_wei.saturating_mul(u128::from(new.epochs));
    let unused_wei = new.max_book_fee_wei.checked_sub(U256::from(fee_wei)).ok_or_else(|| {
        let (fee, max) = (U256::from(fee_wei), new.max_book_fee_wei);
        ModuleError::revert(IMarket::BookFeeTooHigh { feeWei: fee, maxWei: max })
    })?;
    let signer = if new.signer.is_zero() { buyer } else { new.signer };
    let bid = Bid {
        id: Heads::next_bid(host)?,
        buyer,
        lock_ticks: new.lock_ticks,
        epoch: clock.epoch,
        swarm: new.swarm,
        signer,
        qmax: new.qmax,
        epochs_left: new.epochs,
        is_renewed: false,
        sealed: Sealed::Hash(new.commit_hash),
    };
    bid.save(host)?;
    if let Some(share) = share {
        share.save(host, new.swarm)?;
    }
    Ids::of_bids(clock.epoch).set(host, book.bids, bid.id)?;
    book.bids = book.bids.saturating_add(1);
    book.standing = book.standing.saturating_add(u32::from(bid.stands_on()));
    book.save(host)?;
    mine.ids.push(bid.id);
    mine.save(host)?;
    Totals::takes(host, locked_wei)?;
    pay(host, FEE_POOL, fee_wei)?;
    pay(host, buyer, unused_wei.saturating_to())?;
    let event = IMarket::BidCommitted {
        bidId: bid.id,
        buyer,
        swarm: bid.swarm,
        epoch: bid.epoch,
        qmax: bid.qmax,
        lockTicks: bid.lock_ticks,
        commitHash: new.commit_hash,
        signer,
        epochs: new.epochs,
    };
    emit(host, &event)?;
    Ok(bid.id)
}

fn check_terms(new: &NewBid) -> Result<(), ModuleError> {
    let &NewBid { swarm, qmax, lock_ticks, epochs, .. } = new;
    if swarm.is_zero() {
        return Err(ModuleError::revert(IMarket::NoSwarm {}));
    }
    if !(1..=MAX_UNITS).contains(&qmax) {
        return Err(ModuleError::revert(IMarket::BadQuantity { qmax, max: MAX_UNITS }));
    }
    if lock_ticks == 0 || lock_ticks.checked_rem(u64::from(qmax)) != Some(0) {
        return Err(ModuleError::revert(IMarket::LockNotMultiple { lockTicks: lock_ticks, qmax }));
    }
    if !(1..=MAX_BID_EPOCHS).contains(&epochs) {
        return Err(ModuleError::revert(IMarket::BadEpochs { epochs, max: MAX_BID_EPOCHS }));
    }
    Ok(())
}

/// What is locked, if exactly that and the most of the fee came.
fn check_value(new: &NewBid, value_wei: u128) -> Result<u128, ModuleError> {
    let locked_wei = wei(new.lock_ticks).saturating_mul(u128::from(new.epochs));
    let wanted = U256::from(locked_wei).saturating_add(new.max_book_fee_wei);
    if U256::from(value_wei) == wanted {
        return Ok(locked_wei);
    }
    let value = U256::from(value_wei);
    Err(ModuleError::revert(IMarket::WrongValue { valueWei: value, wantedWei: wanted }))
}

/// One bid for a swarm and not too many, those counted that will stand from the epoch before.
fn check_others(
    host: &mut dyn Host,
    mine: &BuyersBids,
    clock: &Clock,
    swarm: B256,
) -> Result<(), ModuleError> {
    let mut count = 0usize;
    for id in &mine.ids {
        let bid = Bid::listed(host, *id)?;
        if bid.epoch != clock.epoch && !bid.stands_on() {
            continue;
        }
        if bid.swarm == swarm {
            return Err(ModuleError::revert(IMarket::BidTwice { swarm }));
        }
        count = count.saturating_add(1);
    }
    if count >= MAX_BIDS_OF_ACCOUNT {
        let max = U256::from(MAX_BIDS_OF_ACCOUNT);
        return Err(ModuleError::revert(IMarket::TooManyBids { max }));
    }
    Ok(())
}

/// Ends a standing bid with its epoch; returns what was locked for later ones.
pub(in super::super) fn cancel(
    host: &mut dyn Host,
    caller: Address,
    id: u64,
) -> Result<u128, ModuleError> {
    let mut bid = Bid::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownBid { bidId: id }))?;
    if bid.buyer != caller {
        return Err(ModuleError::revert(IMarket::NotBuyer { caller }));
    }
    if !bid.stands_on() {
        return Err(ModuleError::revert(IMarket::NotStanding { bidId: id }));
    }
    let refund_wei = bid.later_locks_wei();
    bid.epochs_left = 1;
    bid.save_epoch(host)?;
    let is_current = bid.epoch == Clock::load(host)?.epoch;
    Book::change(host, |book| {
        // One of the epoch under application would have been renewed into the one under way.
        let counter = if is_current { &mut book.standing } else { &mut book.renewing };
        *counter = less_one(*counter)?;
        Ok(())
    })?;
    Totals::gives(host, refund_wei)?;
    pay(host, caller, refund_wei)?;
    let (last_epoch, refund) = (bid.epoch, U256::from(refund_wei));
    let event = IMarket::BidCancelled {
        bidId: id,
        buyer: caller,
        lastEpoch: last_epoch,
        refundWei: refund,
    };
    emit(host, &event)?;
    Ok(refund_wei)
}
