//! The index over real blocks of a real chain.

use super::MarketSubject as Subject;
use crate::{
    storage::{History, Place, Store},
    testing::{block_at, dev_chain, open, sign, unsigned},
};
use alloy_primitives::{B256, TxKind, U256};
use alloy_sol_types::SolCall;
use btt_genesis::dev_accounts;
use btt_runtime::{
    modules::market::IMarket::{self, IMarketEvents as Event},
    primitives::addresses::MARKET,
};

fn events(store: &Store, subject: Subject) -> Vec<(Place, bool, Event)> {
    let logs = store.market_logs(subject, None, 100).unwrap();
    logs.iter().map(|l| (l.place, l.transaction.is_some(), l.event().unwrap())).collect()
}

/// An offer in block 1, and blocks until the clock turns by itself.
fn grow(folder: &std::path::Path) {
    let chain = dev_chain(folder, History::Archive);
    let offer = IMarket::postOfferCall {
        capacity: 4,
        reserveTicks: 10,
        swarms: vec![B256::repeat_byte(1)],
        toEpoch: 2,
    };
    let mut tx = unsigned(0, TxKind::Call(MARKET), 0, offer.abi_encode().into());
    (tx.value, tx.gas_limit) = (U256::from(10u64.pow(18)), 2_000_000);
    block_at(&chain, 1_000, Vec::new());
    block_at(&chain, 2_000, vec![sign(0, tx)]);
    for second in 3..60 {
        block_at(&chain, 1_000 * second, Vec::new());
    }
}

#[test]
fn events_of_hooks_and_transactions_are_kept_by_what_they_are_about() {
    let folder = tempfile::tempdir().unwrap();
    grow(folder.path());
    let store = open(folder.path());
    let seller = Subject::Account(dev_accounts()[0].address);
    let of_offer = events(&store, Subject::Offer(1));
    let [(ended, false, Event::OfferEnded(_)), (posted, true, Event::OfferPosted(_))] =
        &of_offer[..]
    else {
        panic!("newest first, by hook and by transaction: {of_offer:?}");
    };
    assert!(ended.block > posted.block && posted.block == 2);
    let all = events(&store, seller);
    assert_eq!(all.len(), 2 + all.iter().filter(|e| matches!(e.2, Event::BondChanged(_))).count());
    assert!(events(&store, Subject::Account(dev_accounts()[1].address)).is_empty());
    let before = store.market_logs(Subject::Offer(1), Some(*ended), 100).unwrap();
    assert_eq!(before.len(), 1, "a page goes on before the place it is given");
    assert_eq!(store.market_logs(Subject::Offer(1), None, 1).unwrap()[0].place, *ended);
    let first = store.first_market_log(Subject::Offer(1)).unwrap().unwrap();
    assert_eq!(first.place, *posted);
    // The rows of other things come after it in the index.
    for nothing in [Subject::Offer(0), Subject::Bid(1), Subject::Lease(B256::ZERO)] {
        assert_eq!(store.first_market_log(nothing).unwrap(), None);
    }
}

#[test]
fn a_rollback_takes_out_what_the_blocks_put_in() {
    let folder = tempfile::tempdir().unwrap();
    grow(folder.path());
    let store = open(folder.path());
    store.rollback(2).unwrap();
    assert_eq!(events(&store, Subject::Offer(1)).len(), 1);
    store.rollback(1).unwrap();
    assert!(events(&store, Subject::Offer(1)).is_empty());
    assert!(events(&store, Subject::Account(dev_accounts()[0].address)).is_empty());
}
