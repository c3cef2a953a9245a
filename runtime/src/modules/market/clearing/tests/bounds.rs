//! Books made to be hard: the work stays within its budget, and nothing overflows.

use super::{
    super::{
        BidResult, Book, BookError, MAX_BID_UNITS, MAX_CAPACITY_UNITS, MAX_PRICE_TICKS, Tier, clear,
    },
    BidLine, OfferLine, book,
};

/// Operations for each element and edge.
fn effort(book: &Book) -> u64 {
    let outcome = clear(book).unwrap();
    assert_eq!(outcome.pinned_components, 0);
    assert!(outcome.swarms.iter().all(|swarm| !swarm.is_fallback));
    let tiers: usize = book.bids.iter().map(|bid| bid.tiers.len()).sum();
    let edges: usize = book.offers.iter().map(|offer| offer.swarms.len()).sum();
    outcome.ops / (tiers + edges + book.offers.len()) as u64
}

/// A chain of swarms, seller `i` between swarms `i` and `i + 1`; `price` of the bids of each swarm.
fn chain(length: u16, price: impl Fn(u16) -> u64) -> Book {
    let swarms: Vec<[u16; 2]> = (0..length).map(|place| [place, place + 1]).collect();
    let offers: Vec<OfferLine<'_>> = swarms.iter().map(|pair| (1, 1, &pair[..])).collect();
    let tiers: Vec<[(u64, u32); 1]> = (0..length).map(|place| [(price(place), 1)]).collect();
    let bids: Vec<BidLine<'_>> = (0..2 * length)
        .map(|place| (place, place / 2, &tiers[usize::from(place / 2)][..]))
        .collect();
    book(&offers, &bids)
}

#[test]
fn chains_ties_and_whales_stay_far_below_the_budget() {
    let length = 2_000;
    assert!(effort(&chain(length, |place| 100_000 - u64::from(place))) < 100);
    assert!(effort(&chain(length, |place| 1_000 + u64::from(place))) < 100);
    assert!(effort(&chain(length, |_| 7)) < 100);
    assert!(effort(&chain(length, |place| 1 + u64::from(place).pow(2) % 977)) < 100);
}

#[test]
fn one_whale_over_thin_arcs_stays_below_the_budget() {
    let whale = [(50, 256)];
    let small: Vec<[(u64, u32); 1]> = (0..1_000).map(|place| [(10 + place % 37, 1)]).collect();
    let swarms: Vec<[u16; 2]> = (1..=500).map(|place| [0, place]).collect();
    let offers: Vec<OfferLine<'_>> = swarms.iter().map(|pair| (1, 1, &pair[..])).collect();
    let mut bids: Vec<BidLine<'_>> = vec![(0, 0, &whale)];
    bids.extend(
        (0..1_000u16).map(|place| (place + 1, place % 500 + 1, &small[usize::from(place)][..])),
    );
    assert!(effort(&book(&offers, &bids)) < 256);
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let all = [(MAX_PRICE_TICKS, MAX_BID_UNITS)];
    let rival = [(MAX_PRICE_TICKS - 1, MAX_BID_UNITS)];
    let offers: Vec<OfferLine<'_>> = vec![(MAX_CAPACITY_UNITS, 1, &[0]); 2];
    let bids: Vec<BidLine<'_>> = vec![(1, 0, &all), (2, 0, &all), (3, 0, &rival), (4, 0, &rival)];
    let mut book = book(&offers, &bids);
    book.fee_bps = 9_999;
    book.offers[0].reserve = MAX_PRICE_TICKS / 10_000;
    let outcome = clear(&book).unwrap();
    let payment = u128::from(MAX_PRICE_TICKS - 1) * u128::from(MAX_BID_UNITS);
    let won = |id| BidResult { id, won: MAX_BID_UNITS, payment };
    assert_eq!(outcome.bids[..2], [won(1), won(2)]);
    assert!(outcome.offers.iter().all(|offer| offer.gross == payment && offer.net > 0));
}

#[test]
fn a_seller_whose_reserve_no_price_covers_sells_nothing() {
    let bids: Vec<BidLine<'_>> = vec![(1, 0, &[(MAX_PRICE_TICKS, 1)])];
    let mut book = book(&[(1, MAX_PRICE_TICKS, &[0])], &bids);
    book.fee_bps = 200;
    assert_eq!(clear(&book).unwrap().offers[0].sold, 0);
    book.fee_bps = 0;
    assert_eq!(clear(&book).unwrap().offers[0].sold, 1);
}

#[test]
fn books_that_break_a_rule_are_refused_by_name() {
    let good = || book(&[(1, 1, &[0])], &[(1, 0, &[(5, 1), (4, 1)])]);
    let refused = |change: &dyn Fn(&mut Book)| {
        let mut book = good();
        change(&mut book);
        clear(&book).unwrap_err()
    };
    assert!(clear(&good()).is_ok());
    assert_eq!(refused(&|b| b.min_ask = 0), BookError::ZeroMinAsk);
    assert_eq!(refused(&|b| b.fee_bps = 10_000), BookError::Fee(10_000));
    assert_eq!(refused(&|b| b.offers[0].capacity = 0), BookError::Capacity(1));
    assert_eq!(refused(&|b| b.offers[0].capacity = MAX_CAPACITY_UNITS + 1), BookError::Capacity(1));
    assert_eq!(refused(&|b| b.offers[0].reserve = MAX_PRICE_TICKS + 1), BookError::Reserve(1));
    assert_eq!(refused(&|b| b.offers[0].swarms.clear()), BookError::Swarms(1));
    assert_eq!(
        refused(&|b| {
            let first = b.offers[0].swarms[0];
            b.offers[0].swarms.push(first);
        }),
        BookError::Swarms(1)
    );
    assert_eq!(refused(&|b| b.offers.extend(b.offers.clone())), BookError::OfferTwice(1));
    assert_eq!(refused(&|b| b.bids.extend(b.bids.clone())), BookError::BidTwice(1));
    assert_eq!(refused(&|b| b.bids[0].tiers.clear()), BookError::NoUnits(1));
    assert_eq!(refused(&|b| b.bids[0].tiers[1].quantity = 0), BookError::NoUnits(1));
    assert_eq!(refused(&|b| b.bids[0].tiers[1].quantity = u32::MAX), BookError::TooManyUnits(1));
    assert_eq!(refused(&|b| b.bids[0].tiers[0].price = 0), BookError::Price(1));
    assert_eq!(refused(&|b| b.bids[0].tiers[0].price = 1 << 63), BookError::Price(1));
    let rising = |b: &mut Book| b.bids[0].tiers.push(Tier { price: 6, quantity: 1 });
    assert_eq!(refused(&rising), BookError::Rising(1));
}
