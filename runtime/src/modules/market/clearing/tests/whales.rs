//! Buyers whose payments take a search of everything for each unit must not cost those anything who share a component
//! with them.

use super::{
    super::{Book, clear},
    BidLine, OfferLine, book, swarm,
};

const UNITS: u32 = 256;
/// The swarm of a seller of 100 units, of 100 winners and 100 who lose.
const HONEST: u16 = 60_000;

/// So many whales that reach everything over sellers of one unit, each of which has buyers of its own; the honest swarm
/// hangs on one of these sellers, or on nothing.
fn whales(count: u16, is_glued: bool) -> Book {
    let sellers = count * UNITS as u16 + UNITS as u16;
    let mut lists: Vec<Vec<u16>> =
        (0..sellers).map(|seller| (1..=count).chain([100 + seller]).collect()).collect();
    if is_glued {
        lists[usize::from(sellers) - 1].push(HONEST);
    }
    let mut offers: Vec<OfferLine<'_>> = lists.iter().map(|list| (1, 1, &list[..])).collect();
    offers.push((100, 10, &[HONEST]));
    let whale = [(50, UNITS)];
    let small: Vec<[(u64, u32); 1]> = (0..37).map(|more| [(10 + more, 1)]).collect();
    let honest: Vec<[(u64, u32); 1]> = (0..200).map(|less| [(1_000 - less, 1)]).collect();
    let mut bids: Vec<(u16, &[(u64, u32)])> = (1..=count).map(|at| (at, &whale[..])).collect();
    for seller in 0..sellers {
        bids.extend([(100 + seller, &small[usize::from(seller % 37)][..]); 2]);
    }
    bids.extend(honest.iter().map(|tiers| (HONEST, &tiers[..])));
    let bids: Vec<BidLine<'_>> =
        (1..).zip(bids).map(|(buyer, (at, tiers))| (buyer, at, tiers)).collect();
    book(&offers, &bids)
}

#[test]
fn who_needs_few_operations_is_priced_exactly_beside_whales_that_need_more_than_all() {
    for count in [3, 7] {
        let (alone, glued) =
            (clear(&whales(count, false)).unwrap(), clear(&whales(count, true)).unwrap());
        let earned = |outcome: &super::super::Outcome| outcome.offers.last().unwrap().gross;
        let at = |number: u16| {
            let found = glued.swarms.iter().find(|result| result.swarm == swarm(number));
            found.unwrap().is_fallback
        };
        assert!((1..=count).any(at), "{count} whales are to be more than the budget");
        assert!(!at(HONEST) && !at(100), "{count} whales");
        // The seller it hangs on serves one more buyer, so that the first who loses bids 899 and not 900.
        assert_eq!((earned(&alone), earned(&glued)), (90_000, 89_900), "{count} whales");
        assert_eq!(glued.pinned_components, 0);
    }
}
