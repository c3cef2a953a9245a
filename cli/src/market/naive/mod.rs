//! A second solver of the market, that shares nothing with the chain's: it follows the definition word by word
//! and prices every winner by solving once more without it. Slow on purpose; `btt market clear --naive` and the
//! tests hold the chain's solver to it.
//!
//! ```text
//! part (what sellers join) ──► greedy ◄── routes        who wins: unit after unit, as long as all can be served
//!                                │
//!                                ├──► payments          what each account pays: the market without it
//!                                └──► classes           who shares a price
//! ```

mod classes;
mod greedy;
mod part;
mod payments;
mod routes;
#[cfg(test)]
pub(in crate::market) mod tests;

use alloy_primitives::{Address, B256};
use btt_runtime::modules::market::clearing::Book;

use greedy::{Basis, elements};
use part::parts;
use payments::Pricing;

/// What follows from a book, whatever way it is solved. Amounts are in ticks.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    /// Values of the units won, less the asks of the units sold.
    pub welfare: u128,
    /// Units won by each bid, in the book's order.
    pub won: Vec<u64>,
    /// Units sold by each offer, in the book's order.
    pub sold: Vec<u64>,
    /// Who won something.
    pub accounts: Vec<Account>,
    /// What shares a price.
    pub classes: Vec<Class>,
    /// The best losing unit, or ask, that a unit of each swarm displaces; only swarms where something is won.
    pub marginal_prices: Vec<(B256, u128)>,
}

/// A buyer within a part of the market, with all its bids there. It wins something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub buyer: Address,
    /// Its bids: places in the book.
    pub bids: Vec<usize>,
    /// What the units that it won are worth to it.
    pub value: u128,
    /// Its payment, unless it was left out of the sample.
    pub price: Option<Price>,
}

/// What an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// In all: what the others lose by it.
    pub payment: u128,
    /// The part that its sellers may earn: the same where defaulted bids keep what they won and want no more.
    pub earned: u128,
}

/// Swarms and sellers that share a uniform price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Class {
    /// Swarms in which something is won.
    pub swarms: Vec<B256>,
    /// Bids that win: places in the book.
    pub bids: Vec<usize>,
    /// Offers that sell: places in the book.
    pub offers: Vec<usize>,
}

/// Solves a book that passes its check. Prices all winning accounts, or about `sample` of them, evenly spread.
pub fn solve(book: &Book, sample: Option<usize>) -> Reference {
    let mut reference = Reference {
        won: vec![0; book.bids.len()],
        sold: vec![0; book.offers.len()],
        ..Reference::default()
    };
    let mut open = Vec::new();
    for part in parts(book) {
        let elements = elements(&part, &book.seed, book.tie);
        let basis = Basis::of(&part, &elements);
        for (bid, won) in part.bids.iter().zip(&basis.won) {
            reference.won[bid.place] = *won;
        }
        for (seller, kept) in part.sellers.iter().zip(&basis.kept) {
            reference.sold[seller.place] = seller.capacity - kept;
        }
        reference.welfare += basis.value - part.idle_value();
        let (classes, prices) = classes::of(&part, &elements, &basis);
        reference.classes.extend(classes);
        reference.marginal_prices.extend(prices);
        let accounts = payments::winners(&part, &basis);
        if !accounts.is_empty() {
            open.push((Pricing::new(part, elements, &basis), accounts));
        }
    }
    let winners: usize = open.iter().map(|(_, accounts)| accounts.len()).sum();
    let step = sample.map_or(1, |sample| winners.div_ceil(sample.max(1)).max(1));
    let mut number = 0usize;
    for (pricing, accounts) in open {
        for mut account in accounts {
            account.price = number.is_multiple_of(step).then(|| pricing.price(&account));
            number += 1;
            reference.accounts.push(account);
        }
    }
    reference
}
