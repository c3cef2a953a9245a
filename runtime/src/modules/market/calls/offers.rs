//! Standing offers. They are immutable and enter the books of later epochs only, so that sellers move before any
//! bid of these exists.

use super::{
    super::{
        IMarket,
        clearing::{self, MAX_CAPACITY_UNITS, MAX_PRICE_TICKS},
        fees::offer_fee_wei,
        gas,
        limits::{ALL_BPS, MAX_EDGES, MAX_OFFER_EPOCHS, MAX_OFFERS, MAX_SWARMS, TICK_WEI},
        params as p,
        state::{
            Book, Clock, HEADER_SLOTS, Heads, Ids, Offer, Seller, Totals, broken, minus, plus,
        },
    },
    announce_bond, emit, pay,
};
use crate::{
    modules::{Host, ModuleError, params},
    primitives::{addresses::FEE_POOL, math::mul_div_ceil, packed::MAX_U48},
};
use alloy_primitives::{Address, B256, U256};

/// What an offer is posted with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct NewOffer<'a> {
    pub(in super::super) capacity: u32,
    pub(in super::super) reserve_ticks: u64,
    pub(in super::super) swarms: &'a [B256],
    pub(in super::super) to_epoch: u32,
}

/// Posts an offer; returns its id.
pub(in super::super) fn post(
    host: &mut dyn Host,
    caller: Address,
    new: &NewOffer<'_>,
    value_wei: u128,
) -> Result<u64, ModuleError> {
    let from_epoch = Clock::load(host)?.epoch.saturating_add(1);
    check_terms(new, from_epoch)?;
    let epochs = new.to_epoch.saturating_sub(from_epoch).saturating_add(1);
    gas::charge_offer(host, new.swarms.len(), new.capacity, epochs)?;
    let mut book = Book::load(host)?;
    let swarm_count = u8::try_from(new.swarms.len()).unwrap_or(u8::MAX);
    let edges = book.edges.saturating_add(u32::from(swarm_count));
    if book.offers >= MAX_OFFERS {
        return Err(ModuleError::revert(IMarket::TooManyOffers { max: MAX_OFFERS }));
    }
    if edges > MAX_EDGES {
        return Err(ModuleError::revert(IMarket::TooManyEdges { max: MAX_EDGES }));
    }
    // A place in each of its epochs.
    let fee_wei = offer_fee_wei(host, &book)?.saturating_mul(u128::from(epochs));
    let (required_wei, storage_deposit_wei) =
        cost(host, new.capacity, new.reserve_ticks, new.swarms.len())?;
    let added_wei = value_wei.checked_sub(plus(fee_wei, storage_deposit_wei)?);
    let mut seller = Seller::load(host, caller)?;
    let required_of_all = plus(seller.required_wei, required_wei)?;
    let bond_wei = plus(seller.bond_wei, added_wei.unwrap_or(0))?;
    if added_wei.is_none() || bond_wei < required_of_all {
        let (bond, required) = (U256::from(bond_wei), U256::from(required_of_all));
        return Err(ModuleError::revert(IMarket::BondTooLow {
            bondWei: bond,
            requiredWei: required,
        }));
    }
    (seller.bond_wei, seller.required_wei) = (bond_wei, required_of_all);
    seller.save(host, caller, from_epoch.saturating_sub(1))?;
    let offer = Offer {
        id: Heads::next_offer(host)?,
        seller: caller,
        reserve_ticks: new.reserve_ticks,
        from_epoch,
        to_epoch: new.to_epoch,
        capacity: new.capacity,
        swarm_count,
        open_leases: 0,
        place: book.offers,
        is_listed: true,
        required_wei,
        storage_deposit_wei,
    };
    offer.create(host, new.swarms)?;
    Ids::of_offers().set(host, book.offers, offer.id)?;
    Ids::add_ending(host, new.to_epoch, offer.id)?;
    (book.offers, book.edges) = (book.offers.saturating_add(1), edges);
    book.save(host)?;
    Totals::change_held(host, |totals| {
        totals.bonds_wei = plus(totals.bonds_wei, added_wei.unwrap_or(0))?;
        totals.deposits_wei = plus(totals.deposits_wei, storage_deposit_wei)?;
        Ok(())
    })?;
    pay(host, FEE_POOL, fee_wei)?;
    let event = IMarket::OfferPosted {
        offerId: offer.id,
        seller: caller,
        capacity: new.capacity,
        reserveTicks: new.reserve_ticks,
        swarms: new.swarms.to_vec(),
        fromEpoch: from_epoch,
        toEpoch: new.to_epoch,
    };
    emit(host, &event)?;
    announce_bond(host, caller, &seller)?;
    Ok(offer.id)
}

fn check_terms(new: &NewOffer<'_>, first: u32) -> Result<(), ModuleError> {
    let &NewOffer { capacity, reserve_ticks, swarms, to_epoch } = new;
    if !(1..=MAX_CAPACITY_UNITS).contains(&capacity) {
        let max = MAX_CAPACITY_UNITS;
        return Err(ModuleError::revert(IMarket::BadCapacity { capacity, max }));
    }
    if reserve_ticks > MAX_PRICE_TICKS {
        return Err(ModuleError::revert(IMarket::BadReserve { reserveTicks: reserve_ticks }));
    }
    if !(1..=MAX_SWARMS).contains(&swarms.len()) {
        let (count, max) = (U256::from(swarms.len()), U256::from(MAX_SWARMS));
        return Err(ModuleError::revert(IMarket::BadSwarmCount { count, max }));
    }
    if swarms.first().is_some_and(B256::is_zero) {
        return Err(ModuleError::revert(IMarket::NoSwarm {}));
    }
    if !swarms.is_sorted_by(|a, b| a < b) {
        return Err(ModuleError::revert(IMarket::SwarmsNotRising {}));
    }
    let last = first.saturating_add(MAX_OFFER_EPOCHS).saturating_sub(1);
    if !(first..=last).contains(&to_epoch) {
        return Err(ModuleError::revert(IMarket::BadLastEpoch { toEpoch: to_epoch, first, last }));
    }
    Ok(())
}

/// What an offer binds of its seller's bond (β × ask × units, rounded up), and its storage deposit.
pub(in super::super) fn cost(
    host: &mut dyn Host,
    capacity: u32,
    reserve_ticks: u64,
    swarms: usize,
) -> Result<(u128, u128), ModuleError> {
    let narrow = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    let fee_bps = narrow(params::narrow(host, &p::FEE)?);
    let min_ask = params::narrow(host, &p::MIN_ASK)?;
    let penalty_bps = params::value(host, &p::PENALTY)?;
    let ask = clearing::Offer {
        id: 0,
        seller: Address::ZERO,
        capacity,
        reserve: reserve_ticks,
        swarms: Vec::new(),
    }
    .ask(min_ask, fee_bps);
    let value_wei = u128::from(ask)
        .checked_mul(u128::from(capacity))
        .and_then(|ticks| ticks.checked_mul(TICK_WEI))
        .ok_or_else(|| broken("an offer is worth more than fits"))?;
    let required_wei = mul_div_ceil(value_wei, penalty_bps, ALL_BPS)
        .ok_or_else(|| broken("a bond is more than fits"))?;
    let slots = HEADER_SLOTS.saturating_add(u128::try_from(swarms).unwrap_or(u128::MAX));
    let all_wei = params::value(host, &params::STORAGE_DEPOSIT)?.saturating_mul(slots);
    let ticks = all_wei.checked_div(TICK_WEI).unwrap_or(0).min(u128::from(MAX_U48));
    Ok((required_wei, ticks.saturating_mul(TICK_WEI)))
}

/// Ends an offer of the caller with the current epoch.
pub(in super::super) fn withdraw(
    host: &mut dyn Host,
    caller: Address,
    id: u64,
) -> Result<(), ModuleError> {
    let mut offer = Offer::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownOffer { offerId: id }))?;
    if offer.seller != caller {
        return Err(ModuleError::revert(IMarket::NotSeller { caller }));
    }
    let current = Clock::load(host)?.epoch;
    if offer.to_epoch <= current {
        let last_epoch = offer.to_epoch;
        return Err(ModuleError::revert(IMarket::OfferEnding {
            offerId: id,
            lastEpoch: last_epoch,
        }));
    }
    offer.to_epoch = current;
    offer.save(host)?;
    Ids::add_ending(host, current, id)?;
    emit(host, &IMarket::OfferWithdrawn { offerId: id, seller: caller, lastEpoch: current })
}

/// Withdraws one and posts another; returns its id.
pub(in super::super) fn change(
    host: &mut dyn Host,
    caller: Address,
    id: u64,
    new: &NewOffer<'_>,
    value_wei: u128,
) -> Result<u64, ModuleError> {
    withdraw(host, caller, id)?;
    post(host, caller, new, value_wei)
}

impl Offer {
    /// Takes it out of the list; the last offer of the list takes its place.
    pub(in super::super) fn delist(&mut self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let mut book = Book::load(host)?;
        let last =
            book.offers.checked_sub(1).ok_or_else(|| broken("the list of offers is empty"))?;
        let list = Ids::of_offers();
        let last_id = list.get(host, last)?;
        if last_id != self.id {
            let mut moved = Self::listed(host, last_id)?;
            moved.place = self.place;
            moved.save(host)?;
            list.set(host, self.place, last_id)?;
        }
        list.set(host, last, 0)?;
        book.offers = last;
        book.edges = book.edges.saturating_sub(u32::from(self.swarm_count));
        book.save(host)?;
        self.is_listed = false;
        self.save(host)
    }

    /// Deletes one that is over and whose leases are closed: its part of the bond is free, its storage deposit
    /// returns.
    pub(in super::super) fn remove(self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.delete(host)?;
        let current = Clock::load(host)?.epoch;
        let mut seller = Seller::load(host, self.seller)?;
        seller.required_wei = minus(seller.required_wei, self.required_wei)?;
        seller.save(host, self.seller, current)?;
        Totals::change_held(host, |totals| {
            totals.deposits_wei = minus(totals.deposits_wei, self.storage_deposit_wei)?;
            Ok(())
        })?;
        pay(host, self.seller, self.storage_deposit_wei)?;
        announce_bond(host, self.seller, &seller)
    }
}
