//! The five markets of the design, worked out by hand.

use super::{book, buyer, swarm};
use crate::market::naive::{Class, Price, Reference, solve};
use btt_runtime::modules::market::clearing::Book;

fn solved(book: &Book) -> Reference {
    book.check().unwrap();
    solve(book, None)
}

/// Who pays how much, none of it burnt.
fn payments(reference: &Reference) -> Vec<(char, u128)> {
    let letter = |account: &super::super::Account| char::from(account.buyer[0]);
    let accounts = reference.accounts.iter();
    accounts
        .map(|account| {
            let Price { payment, earned } = account.price.unwrap();
            assert_eq!(payment, earned);
            (letter(account), payment)
        })
        .collect()
}

#[test]
fn v1_the_white_papers_slots_cost_the_highest_losing_bid() {
    let prices = [50, 90, 40, 70, 30, 60];
    let tiers = prices.map(|price| [(price, 1)]);
    let bids: Vec<_> = ('A'..='F').zip(&tiers).map(|(who, tier)| (who, 0, &tier[..])).collect();
    let reference = solved(&book(&[(4, 10, &[0])], &bids));
    assert_eq!(reference.welfare, 230);
    assert_eq!(reference.won, [1, 1, 0, 1, 0, 1]);
    assert_eq!(reference.sold, [4]);
    assert_eq!(payments(&reference), [('A', 40), ('B', 40), ('D', 40), ('F', 40)]);
    assert_eq!(reference.marginal_prices, [(swarm(0), 40)]);
}

#[test]
fn v2_own_losing_units_do_not_raise_the_price() {
    let book = book(
        &[(5, 20, &[0])],
        &[('A', 0, &[(100, 2), (60, 2)]), ('B', 0, &[(80, 1), (50, 2)]), ('C', 0, &[(55, 2)])],
    );
    let reference = solved(&book);
    assert_eq!(reference.welfare, 300);
    assert_eq!(reference.won, [4, 1, 0]);
    assert_eq!(payments(&reference), [('A', 210), ('B', 55)]);
    assert_eq!(reference.marginal_prices, [(swarm(0), 55)]);
}

#[test]
fn v3_without_rivals_the_asks_are_paid() {
    let reference = solved(&book(&[(1, 1, &[0]), (1, 10, &[0])], &[('A', 0, &[(20, 2)])]));
    assert_eq!(reference.welfare, 29);
    assert_eq!(reference.sold, [1, 1]);
    assert_eq!(payments(&reference), [('A', 11)]);
    assert_eq!(reference.classes.len(), 1);
}

#[test]
fn v4_swarms_that_share_a_seller_share_a_price() {
    let book = super::coupled();
    let reference = solved(&book);
    assert_eq!(reference.welfare, 105);
    assert_eq!(reference.won, [2, 1, 0, 2, 0]);
    assert_eq!(reference.sold, [2, 3]);
    assert_eq!(payments(&reference), [('A', 38), ('B', 18), ('C', 38)]);
    let all = vec![swarm(0), swarm(1)];
    assert_eq!(reference.classes, [Class { swarms: all, bids: vec![0, 1, 3], offers: vec![0, 1] }]);
    assert_eq!(reference.marginal_prices, [(swarm(0), 20), (swarm(1), 20)]);
}

/// The book of the fifth vector: a chain of swarms, a tie, and an account in two classes.
fn chain() -> Book {
    book(
        &[(1, 2, &[0, 1]), (1, 4, &[1, 2]), (1, 4, &[2])],
        &[
            ('J', 0, &[(9, 1)]),
            ('H', 1, &[(9, 1)]),
            ('J', 2, &[(8, 1)]),
            ('I', 2, &[(8, 1)]),
            ('G', 1, &[(6, 1)]),
            ('F', 0, &[(3, 1)]),
        ],
    )
}

#[test]
fn v5_an_account_in_several_classes_leaves_with_all_its_bids_at_once() {
    let reference = solved(&chain());
    assert_eq!(reference.welfare, 16);
    assert_eq!(reference.won, [1, 1, 1, 0, 0, 0]);
    assert_eq!(reference.sold, [1, 1, 1]);
    assert_eq!(payments(&reference), [('H', 8), ('J', 14)]);
    assert_eq!(reference.accounts[1].bids, [0, 2]);
    assert_eq!(reference.accounts[1].buyer, buyer('J'));
    let mut classes: Vec<_> = reference.classes.iter().map(|class| class.bids.clone()).collect();
    classes.sort_unstable();
    assert_eq!(classes, [[0], [1], [2]]);
}

#[test]
fn a_tie_between_a_bid_and_an_ask_is_a_trade() {
    let reference = solved(&book(&[(2, 7, &[0])], &[('A', 0, &[(7, 1)]), ('B', 0, &[(6, 1)])]));
    assert_eq!((reference.welfare, &reference.won[..]), (0, &[1, 0][..]));
    assert_eq!(payments(&reference), [('A', 7)]);
}

#[test]
fn losing_units_of_defaulted_bids_raise_payments_but_not_earnings() {
    // B would take A's unit at 60, C at 40: A pays 60, of which sellers earn 40.
    let mut book =
        book(&[(1, 10, &[0])], &[('A', 0, &[(90, 1)]), ('B', 0, &[(60, 1)]), ('C', 0, &[(40, 1)])]);
    book.bids[1].defaulted = true;
    let reference = solved(&book);
    assert_eq!(reference.accounts[0].price, Some(Price { payment: 60, earned: 40 }));
    // What a defaulted bid won it keeps when another leaves: here B's first unit.
    book.offers[0].capacity = 2;
    book.bids[1].tiers[0].quantity = 2;
    let reference = solved(&book);
    assert_eq!(reference.won, [1, 1, 0]);
    assert_eq!(reference.accounts[0].price, Some(Price { payment: 60, earned: 40 }));
    assert_eq!(reference.accounts[1].price, Some(Price { payment: 40, earned: 40 }));
}

#[test]
fn a_sample_prices_some_and_finds_all() {
    let prices: Vec<[(u64, u32); 1]> = (0..10).map(|n| [(50 + n, 1)]).collect();
    let bids: Vec<_> = ('A'..='J').zip(&prices).map(|(who, tier)| (who, 0, &tier[..])).collect();
    let reference = solve(&book(&[(9, 1, &[0])], &bids), Some(3));
    let priced = reference.accounts.iter().filter(|account| account.price.is_some());
    assert_eq!((reference.accounts.len(), priced.count()), (9, 3));
}
