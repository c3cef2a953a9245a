//! What happens over budget, and that it makes no difference who solves what.

use super::{
    super::{Book, Outcome, Task, clear, clear_with, solver::solve_within},
    BidLine, OfferLine, book, swarm,
};
use proptest::prelude::*;

/// Clears with budgets of operations for every component's allocation and payments.
fn clear_within(book: &Book, allocation: u64, payment: u64) -> Outcome {
    // Ties are by id.
    let run = |task: &mut Task<'_>| {
        task.solved = Some(solve_within(&mut task.part.component, |_| (), allocation, payment));
    };
    clear_with(book, |tasks| tasks.iter_mut().for_each(run)).unwrap()
}

/// Vector V4, and one market apart from it.
fn coupled() -> Book {
    book(
        &[(2, 5, &[0]), (3, 5, &[0, 1]), (1, 7, &[8])],
        &[
            (1, 0, &[(30, 2)]),
            (2, 0, &[(20, 2)]),
            (3, 0, &[(12, 1)]),
            (4, 1, &[(25, 2)]),
            (5, 1, &[(18, 2)]),
            (6, 8, &[(9, 1)]),
            (7, 9, &[(9, 1)]),
        ],
    )
}

fn sums(outcome: &Outcome) -> (u128, u128) {
    let paid = outcome.bids.iter().map(|bid| bid.payment).sum();
    let earned: u128 = outcome.offers.iter().map(|offer| offer.gross).sum();
    (paid, earned + outcome.dust + outcome.burnt)
}

#[test]
fn payments_over_budget_are_the_first_replacement_for_every_unit_and_sellers_get_what_is_known() {
    let exact = clear(&coupled()).unwrap();
    let outcome = clear_within(&coupled(), u64::MAX, 0);
    assert!(outcome.swarms.iter().all(|swarm| swarm.is_fallback == (swarm.won > 0)));
    let won = |outcome: &Outcome| outcome.bids.iter().map(|bid| bid.won).collect::<Vec<_>>();
    assert_eq!(won(&outcome), won(&exact));
    let paid: Vec<u128> = outcome.bids.iter().map(|bid| bid.payment).collect();
    assert_eq!(paid, [40, 20, 0, 40, 0, 7, 0], "20 in both coupled swarms, the ask in the third");
    for (bid, exact) in outcome.bids.iter().zip(&exact.bids) {
        assert!(bid.payment >= exact.payment);
    }
    let gross: Vec<u128> = outcome.offers.iter().map(|offer| offer.gross).collect();
    // One replacement of 20 for bids 1 and 4; what replaces bid 2 first is its own: the ask of 5. In all 45 for 5 units.
    assert_eq!(gross, [18, 27, 7]);
    let (paid, out) = sums(&outcome);
    assert_eq!((paid, outcome.dust, outcome.burnt), (107, 0, 55));
    assert_eq!(paid, out);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whoever is priced at all is priced exactly; nobody pays less, earns more or is owed more than there is because
    /// the budget ends.
    #[test]
    fn a_budget_that_ends_midway_leaves_what_was_priced_exact(
        offers in prop::collection::vec((1u32..5, 1u64..30, prop::collection::btree_set(0u16..4, 1..3)), 1..6),
        bids in prop::collection::vec((0u16..4, 1u64..60, 1u32..5, 0u16..6, prop::bool::weighted(0.2)), 1..14),
        budget in 0u64..120,
    ) {
        let listed: Vec<Vec<u16>> =
            offers.iter().map(|(_, _, swarms)| swarms.iter().copied().collect()).collect();
        let of: Vec<OfferLine<'_>> =
            offers.iter().zip(&listed).map(|((c, r, _), l)| (*c, *r, &l[..])).collect();
        let tiers: Vec<[(u64, u32); 1]> = bids.iter().map(|(_, p, q, _, _)| [(*p, *q)]).collect();
        let wanted: Vec<BidLine<'_>> =
            bids.iter().zip(&tiers).map(|(bid, tiers)| (bid.3, bid.0, &tiers[..])).collect();
        let mut book = book(&of, &wanted);
        for (bid, (_, _, _, _, defaulted)) in book.bids.iter_mut().zip(&bids) {
            bid.defaulted = *defaulted;
        }
        let exact = clear(&book).unwrap();
        let outcome = clear_within(&book, u64::MAX, budget);
        let (paid, out) = sums(&outcome);
        prop_assert_eq!(paid, out);
        let is_late = |id: u64| {
            let bid = book.bids.iter().find(|bid| bid.id == id).unwrap();
            let of_account = book.bids.iter().filter(|other| other.buyer == bid.buyer);
            let late = |swarm| outcome.swarms.iter().any(|s| s.swarm == swarm && s.is_fallback);
            of_account.map(|bid| bid.swarm).any(late)
        };
        for (bid, exact) in outcome.bids.iter().zip(&exact.bids) {
            prop_assert!(bid.won == exact.won && bid.payment >= exact.payment || is_late(bid.id));
            prop_assert!(bid.payment == exact.payment || is_late(bid.id), "{bid:?} {exact:?}");
        }
        for (offer, exact) in outcome.offers.iter().zip(&exact.offers) {
            prop_assert!(offer.sold == exact.sold && offer.gross <= exact.gross);
        }
    }
}

#[test]
fn an_allocation_over_budget_pins_each_seller_to_its_first_swarm_with_demand() {
    let outcome = clear_within(&coupled(), 0, u64::MAX);
    assert_eq!(outcome.pinned_components, 2);
    let mut pinned = coupled();
    pinned.offers[1].swarms = vec![swarm(0)];
    let expected = clear(&pinned).unwrap();
    assert_eq!(outcome.bids, expected.bids);
    assert_eq!(outcome.offers, expected.offers);
    assert_eq!(outcome.leases, expected.leases);

    // Nobody bids for its first swarm: then it goes to the next.
    let mut no_demand = coupled();
    no_demand.bids.retain(|bid| bid.swarm != swarm(0));
    let outcome = clear_within(&no_demand, 0, u64::MAX);
    let mut pinned = no_demand.clone();
    pinned.offers[1].swarms = vec![swarm(1)];
    assert_eq!(outcome.bids, clear(&pinned).unwrap().bids);
}

#[test]
fn components_may_be_solved_in_any_order_and_on_any_thread() {
    let expected = clear(&coupled()).unwrap();
    let backwards =
        clear_with(&coupled(), |tasks| tasks.iter_mut().rev().for_each(Task::run)).unwrap();
    assert_eq!(backwards, expected);
    let spread = clear_with(&coupled(), |tasks| {
        std::thread::scope(|scope| {
            for task in tasks {
                scope.spawn(|| task.run());
            }
        });
    });
    assert_eq!(spread.unwrap(), expected);
    assert_eq!(
        clear_with(&coupled(), |_| {}).unwrap(),
        expected,
        "what is not run is run at the end"
    );
}

#[test]
fn the_order_of_a_book_does_not_matter() {
    let expected = clear(&coupled()).unwrap();
    let mut book = coupled();
    book.bids.reverse();
    book.offers.rotate_left(1);
    assert_eq!(clear(&book).unwrap(), expected);
}
