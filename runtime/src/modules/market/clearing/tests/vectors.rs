//! The hand-checked markets of section 9 of the design, in effective asks.

use super::{
    super::{Book, Outcome, clear},
    book,
};
use alloy_primitives::{B256, b256};

fn cleared(book: &Book) -> Outcome {
    clear(book).unwrap()
}

fn bids(outcome: &Outcome) -> Vec<(u32, u128)> {
    outcome.bids.iter().map(|bid| (bid.won, bid.payment)).collect()
}

fn gross(outcome: &Outcome) -> Vec<(u32, u128)> {
    outcome.offers.iter().map(|offer| (offer.sold, offer.gross)).collect()
}

#[test]
fn v1_the_white_papers_unchoke_slots() {
    let one = |buyer, price: &'static [(u64, u32)]| (buyer, 0, price);
    let outcome = cleared(&book(
        &[(4, 10, &[0])],
        &[
            one(1, &[(50, 1)]),
            one(2, &[(90, 1)]),
            one(3, &[(40, 1)]),
            one(4, &[(70, 1)]),
            one(5, &[(30, 1)]),
            one(6, &[(60, 1)]),
        ],
    ));
    assert_eq!(bids(&outcome), [(1, 40), (1, 40), (0, 0), (1, 40), (0, 0), (1, 40)]);
    assert_eq!((outcome.welfare, outcome.dust, outcome.burnt), (230, 0, 0));
    assert_eq!(gross(&outcome), [(4, 160)]);
    let (marginal, seller) = (outcome.swarms[0].marginal_price, outcome.swarms[0].seller_price);
    assert_eq!((marginal, seller), (40, 40));
    // By Python's eth_abi and keccak.
    let root = b256!("2258a8a4fbb43465d54ab874127507ab62e13a26e26835f9bd5382a995471c39");
    assert_eq!(outcome.root(0, B256::ZERO), root);
}

#[test]
fn v2_a_buyers_own_losing_units_do_not_raise_its_price() {
    let outcome = cleared(&book(
        &[(5, 20, &[0])],
        &[(1, 0, &[(100, 2), (60, 2)]), (2, 0, &[(80, 1), (50, 2)]), (3, 0, &[(55, 2)])],
    ));
    assert_eq!(bids(&outcome), [(4, 210), (1, 55), (0, 0)]);
    assert_eq!((outcome.welfare, outcome.dust), (300, 0));
    assert_eq!(gross(&outcome), [(5, 265)]);
}

#[test]
fn v3_a_seller_is_never_paid_less_than_it_asks() {
    let outcome = cleared(&book(&[(1, 1, &[0]), (1, 10, &[0])], &[(1, 0, &[(20, 2)])]));
    assert_eq!(bids(&outcome), [(2, 11)]);
    assert_eq!((outcome.welfare, outcome.dust), (29, 0));
    assert_eq!(gross(&outcome), [(1, 1), (1, 10)]);
}

#[test]
fn v4_replacements_come_from_other_swarms_as_far_as_paths_carry() {
    let outcome = cleared(&book(
        &[(2, 5, &[0]), (3, 5, &[0, 1])],
        &[
            (1, 0, &[(30, 2)]),
            (2, 0, &[(20, 2)]),
            (3, 0, &[(12, 1)]),
            (4, 1, &[(25, 2)]),
            (5, 1, &[(18, 2)]),
        ],
    ));
    assert_eq!(bids(&outcome), [(2, 38), (1, 18), (0, 0), (2, 38), (0, 0)]);
    assert_eq!((outcome.welfare, outcome.dust), (105, 4));
    assert_eq!(gross(&outcome), [(2, 36), (3, 54)]);
}

#[test]
fn v5_an_account_that_wins_in_two_swarms_leaves_as_a_whole() {
    let outcome = cleared(&book(
        &[(1, 2, &[0, 1]), (1, 4, &[1, 2]), (1, 4, &[2])],
        &[
            (1, 0, &[(9, 1)]),
            (2, 1, &[(9, 1)]),
            (1, 2, &[(8, 1)]),
            (3, 2, &[(8, 1)]),
            (4, 1, &[(6, 1)]),
            (5, 0, &[(3, 1)]),
        ],
    ));
    assert_eq!(bids(&outcome), [(1, 6), (1, 8), (1, 8), (0, 0), (0, 0), (0, 0)]);
    assert_eq!((outcome.welfare, outcome.dust), (16, 0));
    assert_eq!(gross(&outcome), [(1, 6), (1, 8), (1, 8)]);
}

#[test]
fn no_bid_of_a_joint_account_pays_more_than_its_own_value() {
    // The account pays 91 in all, 90 for what it takes from the other; half of that is more than 9.
    let outcome = cleared(&book(
        &[(1, 1, &[0]), (1, 1, &[1]), (1, 1_000, &[0, 1])],
        &[(1, 0, &[(9, 1)]), (1, 1, &[(100, 1)]), (2, 1, &[(90, 1)])],
    ));
    assert_eq!(bids(&outcome), [(1, 9), (1, 82), (0, 0)]);
    assert_eq!(gross(&outcome), [(1, 9), (1, 82), (0, 0)]);
}
