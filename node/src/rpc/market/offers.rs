//! Offers and sellers.

use super::{
    super::{RpcError, context::Rpc, native::Views},
    refused,
};
use crate::storage::MarketSubject;
use alloy_primitives::{Address, B256, U256};
use btt_api::types::{MarketOffer, MarketSeller, Number, OfferPage};
use btt_runtime::{
    modules::market::{
        IMarket::{self, IMarketEvents as Event},
        clearing,
    },
    primitives::addresses::MARKET,
};
use std::collections::{BTreeMap, btree_map::Entry};

/// Standing offers that one answer looks through.
const OFFERS_SEARCHED: u32 = 1_024;
/// Closed leases that a seller's record is made of.
const MAX_CLOSED: usize = 1_000;

impl Rpc {
    pub(super) fn offers_for(
        &self,
        swarm: B256,
        offset: Option<Number>,
    ) -> Result<OfferPage, RpcError> {
        let mut views = self.views(None)?;
        let offset = place(offset)?;
        let call = IMarket::offersForCall { swarm, offset, limit: OFFERS_SEARCHED };
        let found = views.ask(MARKET, &call).map_err(refused)?;
        page(&mut views, &found.offerIds, found.next)
    }

    pub(super) fn offers_of_seller(
        &self,
        seller: Address,
        offset: Option<Number>,
    ) -> Result<OfferPage, RpcError> {
        let mut views = self.views(None)?;
        let offset = place(offset)?;
        let call = IMarket::offersOfCall { seller, offset, limit: OFFERS_SEARCHED };
        let found = views.ask(MARKET, &call).map_err(refused)?;
        page(&mut views, &found.offerIds, found.next)
    }

    pub(super) fn market_offer(&self, id: u64) -> Result<MarketOffer, RpcError> {
        let mut views = self.views(None)?;
        let terms = views.ask(MARKET, &IMarket::termsCall {})?;
        offer(&mut views, &terms, &mut BTreeMap::new(), id)
    }

    pub(super) fn market_seller(&self, seller: Address) -> Result<MarketSeller, RpcError> {
        let bond = self.views(None)?.ask(MARKET, &IMarket::bondCall { seller })?;
        let subject = MarketSubject::Seller(seller);
        let closed = self.chain().store().market_logs(subject, None, MAX_CLOSED)?;
        let mut record = MarketSeller {
            seller,
            bond_wei: bond.bondWei,
            required_wei: bond.requiredWei,
            is_enough: bond.isEnough,
            active_from: known(bond.activeFrom),
            closed_leases: 0,
            leased_bytes: 0,
            delivered_bytes: 0,
            net_wei: U256::ZERO,
            bond_burnt_wei: U256::ZERO,
        };
        for log in closed {
            let Some(Event::LeaseClosed(e)) = log.event() else { continue };
            record.closed_leases += 1;
            record.leased_bytes = record.leased_bytes.saturating_add(e.dueBytes);
            record.delivered_bytes = record.delivered_bytes.saturating_add(e.deliveredBytes);
            record.net_wei = record.net_wei.saturating_add(e.netWei);
            record.bond_burnt_wei = record.bond_burnt_wei.saturating_add(e.bondBurntWei);
        }
        Ok(record)
    }
}

/// An epoch, where there is one.
fn known(active_from: u32) -> Option<u32> {
    (active_from != u32::MAX).then_some(active_from)
}

fn place(offset: Option<Number>) -> Result<u32, RpcError> {
    let offset = offset.map_or(0, |offset| offset.0);
    u32::try_from(offset).map_err(|_| RpcError::InvalidParams(format!("no offset {offset}")))
}

fn page(views: &mut Views<'_>, ids: &[u64], next: u32) -> Result<OfferPage, RpcError> {
    let terms = views.ask(MARKET, &IMarket::termsCall {})?;
    let mut active = BTreeMap::new();
    let offers = ids.iter().map(|id| offer(views, &terms, &mut active, *id));
    let offers = offers.collect::<Result<_, _>>()?;
    Ok(OfferPage { offers, next: (next != 0).then_some(next) })
}

/// From which epoch on the offers of sellers are in the books: asked for once for each.
type Active = BTreeMap<Address, Option<u32>>;

fn offer(
    views: &mut Views<'_>,
    terms: &IMarket::Terms,
    active: &mut Active,
    id: u64,
) -> Result<MarketOffer, RpcError> {
    let offer = views.ask(MARKET, &IMarket::offerCall { offerId: id }).map_err(refused)?;
    let of_seller = match active.entry(offer.seller) {
        Entry::Occupied(entry) => *entry.get(),
        Entry::Vacant(entry) => {
            let bond = views.ask(MARKET, &IMarket::bondCall { seller: offer.seller })?;
            *entry.insert(known(bond.activeFrom))
        }
    };
    let priced = clearing::Offer {
        id,
        seller: offer.seller,
        capacity: offer.capacity,
        reserve: offer.reserveTicks,
        swarms: Vec::new(),
    };
    Ok(MarketOffer {
        id,
        seller: offer.seller,
        capacity: offer.capacity,
        reserve_ticks: offer.reserveTicks,
        ask_ticks: priced.ask(terms.minAskTicks, terms.feeBps),
        swarms: offer.swarms,
        from_epoch: offer.fromEpoch,
        to_epoch: offer.toEpoch,
        active_from: of_seller.map(|epoch| epoch.max(offer.fromEpoch)),
        open_leases: offer.openLeases,
        required_wei: offer.requiredWei,
    })
}
