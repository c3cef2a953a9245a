//! Every kind of difference is found, and said.

use btt_runtime::modules::market::clearing::{Book, Outcome, clear};

use super::{Agreement, compare};
use crate::market::naive::{solve, tests::coupled};

/// What the comparison says of a result that was changed.
fn said(book: &Book, change: impl FnOnce(&mut Outcome)) -> String {
    let mut outcome = clear(book).unwrap();
    change(&mut outcome);
    compare(book, &outcome, &solve(book, None)).unwrap_err()
}

#[test]
fn the_same_result_agrees() {
    let book = coupled();
    let agreement = compare(&book, &clear(&book).unwrap(), &solve(&book, None));
    let all = Agreement { winners: 3, payments: 3, bounded: 0, classes: 1 };
    assert_eq!(agreement, Ok(all));
}

#[test]
fn another_allocation_is_found() {
    let book = coupled();
    let reference = "and by the reference solver";
    assert_eq!(said(&book, |o| o.welfare += 1), format!("welfare: 106, {reference} 105"));
    assert_eq!(said(&book, |o| o.bids[1].won = 2), format!("bid 2: units won: 2, {reference} 1"));
    assert_eq!(
        said(&book, |o| o.offers[1].sold = 2),
        format!("offer 2: units sold: 2, {reference} 3")
    );
    let unlike = "the results are not those of the book, each once and by id";
    assert_eq!(said(&book, |o| o.bids.truncate(4)), unlike);
    assert_eq!(said(&book, |o| o.offers.reverse()), unlike);
}

#[test]
fn other_money_is_found() {
    let book = coupled();
    // Bid 2 pays a tick more, and leases and dust know of it.
    let more = said(&book, |o| {
        o.bids[1].payment += 1;
        o.dust += 1;
        o.leases.iter_mut().find(|lease| lease.bid == 2).unwrap().buyer_total += 1;
    });
    let buyer = book.bids[1].buyer;
    assert_eq!(more, format!("payment of {buyer} (bids 2): 19, and by the reference solver 18"));
    let shifted = said(&book, |o| (o.dust, o.burnt) = (0, 4));
    assert_eq!(shifted, "burnt: 4, and by the reference solver 0");
    let lost = said(&book, |o| o.dust = 3);
    assert_eq!(
        lost,
        "earnings, dust and burnt against payments: 93, and by the reference solver 94"
    );
    let unfair = said(&book, |o| {
        for (offer, by) in [(0, 2), (1, -2i128)] {
            let result = &mut o.offers[offer];
            result.gross = result.gross.strict_add_signed(by);
            result.net = result.gross;
            let id = result.id;
            let lease = o.leases.iter_mut().find(|lease| lease.offer == id).unwrap();
            lease.seller_total = lease.seller_total.strict_add_signed(by);
        }
    });
    assert_eq!(unfair, "offer 1: gross earnings: 38, and by the reference solver 36");
    let dear = said(&book, |o| o.offers[0].fee = 1);
    assert_eq!(dear, "offer 1: fee: 1, and by the reference solver 0");
}

#[test]
fn leases_that_do_not_add_up_are_found() {
    let book = coupled();
    let units = said(&book, |o| o.leases[0].units += 1);
    assert_eq!(units, "bid 1: units leased: 3, and by the reference solver 2");
    let paid = said(&book, |o| o.leases[0].buyer_total -= 1);
    assert_eq!(paid, "bid 1: paid in leases: 37, and by the reference solver 38");
    let order = said(&book, |o| o.leases.swap(0, 1));
    assert_eq!(order, "the leases are not in the order of bid and offer, each pair once");
    let stranger = said(&book, |o| {
        let lease = o.leases.iter_mut().find(|lease| lease.bid == 4).unwrap();
        lease.offer = 1;
    });
    assert_eq!(stranger, "lease of bid 4 with offer 1: the offer does not list the bid's swarm");
}

#[test]
fn what_is_told_of_swarms_is_compared() {
    let book = coupled();
    let swarm = book.bids[0].swarm;
    let said = |change: fn(&mut Outcome)| said(&book, change);
    for (difference, expected) in [
        (said(|o| o.swarms[0].sellers = 1), "sellers: 1, and by the reference solver 2"),
        (said(|o| o.swarms[0].bids = 1), "bids: 1, and by the reference solver 3"),
        (said(|o| o.swarms[0].won = 1), "units won: 1, and by the reference solver 3"),
        (
            said(|o| o.swarms[0].marginal_price = 1),
            "marginal price: 1, and by the reference solver 20",
        ),
        (said(|o| o.swarms[0].seller_price = 1), "seller price: 1, and by the reference solver 18"),
    ] {
        assert_eq!(difference, format!("swarm {swarm}: {expected}"));
    }
}

#[test]
fn prices_of_the_fall_back_are_only_bounded() {
    // The second unit of A would be replaced at 18; the fall-back takes 20 for both, and burns the rest.
    let book = coupled();
    let mut outcome = clear(&book).unwrap();
    outcome.swarms[0].is_fallback = true;
    outcome.bids[0].payment += 2;
    outcome.burnt += 2;
    outcome.leases[0].buyer_total += 2;
    let agreement = compare(&book, &outcome, &solve(&book, None)).unwrap();
    assert_eq!((agreement.payments, agreement.bounded, agreement.classes), (1, 2, 0));
    let below = said(&book, |o| {
        o.swarms[0].is_fallback = true;
        o.bids[0].payment -= 1;
        o.dust -= 1;
        o.leases[0].buyer_total -= 1;
    });
    assert_eq!(below, format!("payment of {} (bids 1): 37, below 38", book.bids[0].buyer));
}
