//! Tiny markets, solved by trying every allocation: feasible is what Hall's condition says can be served.

use super::{BidLine, OfferLine, book};
use crate::market::naive::solve;
use btt_runtime::modules::market::clearing::Book;

/// Buyer, swarm and tiers of a bid.
type Line = (char, u8, Vec<(u64, u32)>);

/// The greatest welfare without one buyer (or with all), over all units of bids and sellers.
fn best_welfare(book: &Book, without: Option<char>) -> i128 {
    let is_out = |letter: u8| without.is_some_and(|out| out as u8 == letter);
    let most = |bid: &btt_runtime::modules::market::clearing::Bid| match is_out(bid.buyer[0]) {
        true => 0,
        false => bid.tiers.iter().map(|tier| tier.quantity).sum::<u32>(),
    };
    let limits: Vec<u32> =
        book.bids.iter().map(most).chain(book.offers.iter().map(|offer| offer.capacity)).collect();
    let mut amounts = vec![0u32; limits.len()];
    let mut best = 0;
    loop {
        let (won, sold) = amounts.split_at(book.bids.len());
        if can_be_served(book, won, sold) {
            best = best.max(welfare(book, won, sold));
        }
        // The next combination, as an odometer counts.
        let Some(place) = (0..limits.len()).find(|place| amounts[*place] < limits[*place]) else {
            return best;
        };
        amounts[..place].fill(0);
        amounts[place] += 1;
    }
}

/// Every set of swarms wants no more than the sellers that list one of them sell, and all that is sold is wanted.
fn can_be_served(book: &Book, won: &[u32], sold: &[u32]) -> bool {
    let mut swarms: Vec<_> = book.bids.iter().map(|bid| bid.swarm).collect();
    swarms.sort_unstable();
    swarms.dedup();
    if won.iter().sum::<u32>() != sold.iter().sum::<u32>() {
        return false;
    }
    (0u32..1 << swarms.len()).all(|set| {
        let has = |swarm| swarms.iter().position(|s| s == swarm).is_some_and(|n| set >> n & 1 == 1);
        let wanted: u32 =
            book.bids.iter().zip(won).filter(|(bid, _)| has(&bid.swarm)).map(|(_, n)| n).sum();
        let offers = book.offers.iter().zip(sold);
        let there: u32 =
            offers.filter(|(offer, _)| offer.swarms.iter().any(has)).map(|(_, n)| n).sum();
        wanted <= there
    })
}

fn welfare(book: &Book, won: &[u32], sold: &[u32]) -> i128 {
    let value = |(bid, won): (&btt_runtime::modules::market::clearing::Bid, &u32)| {
        let units =
            bid.tiers.iter().flat_map(|t| std::iter::repeat_n(t.price, t.quantity as usize));
        units.take(*won as usize).map(i128::from).sum::<i128>()
    };
    let values: i128 = book.bids.iter().zip(won).map(value).sum();
    let asks = book.offers.iter().zip(sold);
    values
        - asks
            .map(|(offer, sold)| i128::from(offer.reserve.max(1)) * i128::from(*sold))
            .sum::<i128>()
}

/// A tiny market of a seed: up to 3 offers, 5 bids, 3 swarms, 4 buyers; prices tie often.
fn tiny(seed: u64) -> Book {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let swarms = 1 + below(3);
    let sets: Vec<(u32, u64, Vec<u8>)> = (0..1 + below(3))
        .map(|_| {
            let set: Vec<u8> = (0..swarms as u8).filter(|_| below(3) > 0).collect();
            let set = if set.is_empty() { vec![below(swarms) as u8] } else { set };
            (1 + below(2) as u32, below(6), set)
        })
        .collect();
    let tiers: Vec<Line> = (0..1 + below(5))
        .map(|_| {
            let who = *['A', 'B', 'C', 'D'].get(below(4) as usize).unwrap();
            let price = 1 + below(9);
            let mut tiers = vec![(price, 1)];
            if below(2) == 0 {
                tiers.push((1 + below(price), 1));
            }
            (who, below(swarms) as u8, tiers)
        })
        .collect();
    let offers: Vec<OfferLine<'_>> =
        sets.iter().map(|(cap, ask, set)| (*cap, *ask, &set[..])).collect();
    let bids: Vec<BidLine<'_>> =
        tiers.iter().map(|(who, swarm, t)| (*who, *swarm, &t[..])).collect();
    book(&offers, &bids)
}

#[test]
fn on_tiny_markets_welfare_and_payments_are_those_of_trying_everything() {
    let (mut payments, mut joint) = (0, 0);
    for seed in 0..1_500 {
        let book = tiny(seed);
        let reference = solve(&book, None);
        let best = best_welfare(&book, None);
        assert_eq!(reference.welfare as i128, best, "seed {seed}: welfare");
        let has_one_part = {
            // Removing a buyer removes it everywhere; that is its account only where there is one part.
            let mut reached = book.offers[0].swarms.clone();
            for _ in 0..3 {
                for offer in &book.offers {
                    if offer.swarms.iter().any(|swarm| reached.contains(swarm)) {
                        reached.extend(&offer.swarms);
                    }
                }
            }
            book.offers.iter().all(|offer| reached.contains(&offer.swarms[0]))
        };
        if !has_one_part {
            continue;
        }
        for account in &reference.accounts {
            let without = best_welfare(&book, Some(char::from(account.buyer[0])));
            let payment = without - (best - account.value as i128);
            let price = account.price.unwrap();
            assert_eq!(price.payment as i128, payment, "seed {seed}: {}", account.buyer);
            payments += 1;
            joint += usize::from(account.bids.len() > 1);
        }
    }
    assert!(payments > 1_000 && joint > 200, "{payments} payments, {joint} of joint accounts");
}
