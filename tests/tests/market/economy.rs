//! What the economist's bench says, on a market small enough for a test.

use btt_tests::economy::{
    Gain, Mechanism, achievements, best_gains, best_posted_price, market, percent, render,
};
use btt_tests::sim::rng::Rng;

fn gains(mechanism: Mechanism) -> Gain {
    let book = market(1, 80, 50);
    best_gains(mechanism, &book, &mut Rng::new(1), 40, 24)
}

#[test]
fn only_vcg_gives_all_welfare_and_leaves_no_lie_that_pays() {
    let rows = achievements(&market(1, 400, 50));
    let welfare: Vec<i128> = rows.iter().map(|row| row.welfare).collect();
    // VCG, uniform, pay as bid: the best allocation.
    assert_eq!(welfare[..3], [10_000; 3]);
    let [posted, split, pinned] = welfare[3..] else { panic!("{rows:?}") };
    assert!((5_000..9_990).contains(&posted) && posted > split && pinned < 9_900, "{rows:?}");
    let paid: Vec<i128> = rows.iter().map(|row| row.payments).collect();
    // What a replacement is worth, at most its first, at most the value.
    assert!(0 < paid[0] && paid[0] <= paid[1] && paid[1] < paid[2], "{rows:?}");
    assert_eq!(paid[4], 0);

    let vcg = gains(Mechanism::Vcg);
    assert_eq!((vcg.buyers, vcg.liars, vcg.gained), (40, 0, 0));
    for mechanism in [Mechanism::Uniform, Mechanism::PayAsBid, Mechanism::EqualSplit] {
        let gain = gains(mechanism);
        assert!(gain.liars > 0 && gain.gained > 0, "{mechanism:?}: {gain:?}");
    }
    let (uniform, pay_as_bid) = (gains(Mechanism::Uniform), gains(Mechanism::PayAsBid));
    assert!(uniform.gained < pay_as_bid.gained / 4, "{uniform:?} {pay_as_bid:?}");
}

#[test]
fn a_posted_price_is_paid_for_every_unit_within_capacity() {
    let book = market(2, 200, 30);
    let price = best_posted_price(&book);
    let shares = Mechanism::Posted(price).run(&book);
    assert_eq!(shares.won.iter().sum::<u64>(), shares.sold.iter().sum::<u64>());
    for (offer, sold) in book.offers.iter().zip(&shares.sold) {
        assert!(*sold <= u64::from(offer.capacity));
        assert!(*sold == 0 || offer.ask(book.min_ask, book.fee_bps) <= price);
    }
    for (won, paid) in shares.won.iter().zip(&shares.paid) {
        assert_eq!(*paid, u128::from(price) * u128::from(*won));
    }
}

#[test]
fn tables_are_in_columns() {
    let rows = [vec![String::new(), "welfare".to_owned()], vec!["VCG".to_owned(), percent(9_999)]];
    assert_eq!(render(&rows), "     welfare\nVCG     99.9");
    assert_eq!((percent(-1_234), percent(5)), ("-12.3".to_owned(), "0.0".to_owned()));
}
