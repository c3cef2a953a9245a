//! Accounts, what they want and what they got.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use btt_runtime::modules::market::clearing::{Bid, Book, Outcome};

/// What so many units are worth by a schedule; beyond it nothing.
pub(crate) fn value(bid: &Bid, units: u64) -> i128 {
    let mut left = units;
    let tiers = bid.tiers.iter().map(|tier| {
        let taken = left.min(u64::from(tier.quantity));
        left -= taken;
        i128::from(tier.price) * i128::from(taken)
    });
    tiers.sum()
}

/// What every account has of an outcome when its bids are honest: value won less what it pays.
pub(crate) fn utilities(book: &Book, outcome: &Outcome) -> BTreeMap<Address, i128> {
    let mut utilities = BTreeMap::new();
    let results: BTreeMap<u64, _> = outcome.bids.iter().map(|bid| (bid.id, bid)).collect();
    for bid in &book.bids {
        let result = results[&bid.id];
        *utilities.entry(bid.buyer).or_default() +=
            value(bid, u64::from(result.won)) - result.payment as i128;
    }
    utilities
}

/// What the sellers have over their asks, were all payments theirs.
pub(crate) fn surplus(book: &Book, outcome: &Outcome) -> i128 {
    let paid: u128 = outcome.bids.iter().map(|bid| bid.payment).sum();
    let asks: BTreeMap<u64, u64> =
        book.offers.iter().map(|o| (o.id, o.ask(book.min_ask, book.fee_bps))).collect();
    let cost =
        outcome.offers.iter().map(|offer| u128::from(asks[&offer.id]) * u128::from(offer.sold));
    paid as i128 - cost.sum::<u128>() as i128
}

/// Payments by account.
pub(crate) fn paid_by_account(book: &Book, outcome: &Outcome) -> BTreeMap<Address, u128> {
    let buyers: BTreeMap<u64, Address> = book.bids.iter().map(|bid| (bid.id, bid.buyer)).collect();
    let mut paid = BTreeMap::new();
    for bid in &outcome.bids {
        *paid.entry(buyers[&bid.id]).or_default() += bid.payment;
    }
    paid
}

/// An id that no bid has.
pub(crate) fn free_id(book: &Book) -> u64 {
    book.bids.iter().map(|bid| bid.id).max().unwrap_or(0) + 1
}
