//! Stands in for the true clearing until that is merged: each swarm is served by the first offer that lists it
//! and serves no other, and cleared exactly as a market with one seller.
#![allow(clippy::all, clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::as_conversions, missing_docs)]

use super::*;
use alloy_primitives::{B256, keccak256};
use std::collections::{BTreeMap, BTreeSet};

fn tie(book: &Book, id: u64) -> B256 {
    match book.tie {
        TieRule::Id => B256::left_padding_from(&id.to_be_bytes()),
        TieRule::Key => keccak256([&[1u8][..], book.seed.as_slice(), &id.to_be_bytes()].concat()),
    }
}

pub(super) fn clear(book: &Book) -> Outcome {
    let mut outcome = Outcome::default();
    let mut swarms: BTreeSet<B256> = book.bids.iter().map(|bid| bid.swarm).collect();
    swarms.extend(book.offers.iter().flat_map(|offer| offer.swarms.iter().copied()));
    let mut offers: Vec<&Offer> = book.offers.iter().collect();
    offers.sort_by_key(|offer| offer.id);
    let mut busy = BTreeSet::new();
    let mut won: BTreeMap<u64, (u32, u128)> = BTreeMap::new();
    let mut sold: BTreeMap<u64, OfferResult> = BTreeMap::new();
    for swarm in swarms {
        let bids: Vec<&Bid> = book.bids.iter().filter(|bid| bid.swarm == swarm).collect();
        let sellers = offers.iter().filter(|offer| offer.swarms.contains(&swarm)).count() as u32;
        let free = |offer: &&&Offer| offer.swarms.contains(&swarm) && !busy.contains(&offer.id);
        let offer = offers.iter().find(free).filter(|_| !bids.is_empty()).copied();
        let mut result = SwarmResult {
            swarm,
            sellers,
            bids: bids.len() as u32,
            won: 0,
            marginal_price: 0,
            seller_price: 0,
            is_fallback: false,
        };
        if let Some(offer) = offer {
            busy.insert(offer.id);
            one_seller(book, &bids, offer, &mut outcome, &mut won, &mut sold, &mut result);
        }
        outcome.swarms.push(result);
    }
    for bid in &book.bids {
        let (won, payment) = won.get(&bid.id).copied().unwrap_or_default();
        outcome.bids.push(BidResult { id: bid.id, won, payment });
    }
    for offer in offers {
        let none = OfferResult { id: offer.id, sold: 0, gross: 0, fee: 0, net: 0 };
        outcome.offers.push(sold.get(&offer.id).copied().unwrap_or(none));
    }
    outcome.bids.sort_by_key(|bid| bid.id);
    outcome.leases.sort_by_key(|lease| (lease.bid, lease.offer));
    outcome.ops = (book.bids.len() + book.offers.len()) as u64;
    outcome
}

fn one_seller(
    book: &Book,
    bids: &[&Bid],
    offer: &Offer,
    outcome: &mut Outcome,
    won: &mut BTreeMap<u64, (u32, u128)>,
    sold: &mut BTreeMap<u64, OfferResult>,
    result: &mut SwarmResult,
) {
    let ask = offer.ask(book.min_ask, book.fee_bps);
    let mut units: Vec<(u64, B256, &Bid)> = Vec::new();
    for bid in bids {
        for tier in &bid.tiers {
            for _ in 0..tier.quantity {
                units.push((tier.price, tie(book, bid.id), bid));
            }
        }
    }
    units.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    units.retain(|unit| unit.0 >= ask);
    let taken = units.len().min(offer.capacity as usize);
    let (winners, losers) = units.split_at(taken);
    if taken == 0 {
        return;
    }
    let mut of: BTreeMap<u64, u32> = BTreeMap::new();
    for (price, _, bid) in winners {
        *of.entry(bid.id).or_default() += 1;
        outcome.welfare += u128::from(price - ask);
    }
    let (mut pool, mut paid) = (0u128, 0u128);
    for (&id, &count) in &of {
        let buyer = bids.iter().find(|bid| bid.id == id).unwrap().buyer;
        let price = |skip_defaulted: bool| -> u128 {
            let others = losers.iter().filter(|unit| {
                unit.2.buyer != buyer && !(skip_defaulted && unit.2.defaulted)
            });
            let others: Vec<u64> = others.map(|unit| unit.0).collect();
            (0..count as usize).map(|i| u128::from(others.get(i).copied().unwrap_or(ask))).sum()
        };
        paid += price(false);
        pool += price(true);
        won.insert(id, (count, price(false)));
    }
    let units = taken as u128;
    let u = (pool / units).max(u128::from(ask));
    let gross = u * units;
    outcome.dust += pool - gross;
    outcome.burnt += paid - pool;
    let fee = gross * u128::from(book.fee_bps) / u128::from(BPS);
    sold.insert(
        offer.id,
        OfferResult { id: offer.id, sold: taken as u32, gross, fee, net: gross - fee },
    );
    for (&id, &count) in &of {
        outcome.leases.push(LeaseResult {
            bid: id,
            offer: offer.id,
            units: count,
            buyer_total: won[&id].1,
            seller_total: u * u128::from(count),
        });
    }
    result.won = taken as u32;
    result.marginal_price = losers.first().map_or(ask, |unit| unit.0);
    result.seller_price = pool / units;
}
