//! Books of past epochs, how far they are read, and what an index of many events remembers.

use super::{SWARM, Story, account, ticks};
use crate::{
    rpc::{RpcLimits, context::Rpc, server},
    storage::{MarketLog, Place},
};
use alloy_primitives::{Log, U256, keccak256};
use alloy_sol_types::SolEvent as _;
use btt_api::types::{
    Award, BidStatus, BidTier, BookBid, BookOffer, EpochResult, MarketBid, MarketBook, MarketEpoch,
    MarketLease, MarketPhase,
};
use btt_runtime::{
    modules::market::{
        IMarket,
        clearing::{Bid, Book, Offer, TieRule, Tier, clear},
    },
    primitives::addresses::MARKET,
};
use serde_json::{Value, json};

/// A book as clearing has it.
fn as_cleared(book: &MarketBook) -> Book {
    let offer = |o: &BookOffer| Offer {
        id: o.id,
        seller: o.seller,
        capacity: o.capacity,
        reserve: o.reserve_ticks,
        swarms: o.swarms.clone(),
    };
    let tier = |t: &BidTier| Tier { price: t.price_ticks.0, quantity: t.quantity };
    let bid = |b: &BookBid| Bid {
        id: b.id,
        buyer: b.buyer,
        swarm: b.swarm,
        tiers: b.tiers.iter().map(tier).collect(),
        defaulted: b.is_defaulted,
    };
    Book {
        seed: book.seed,
        tie: TieRule::Key,
        min_ask: book.min_ask_ticks,
        fee_bps: book.fee_bps,
        offers: book.offers.iter().map(offer).collect(),
        bids: book.bids.iter().map(bid).collect(),
    }
}

#[tokio::test]
async fn a_book_cleared_again_gives_the_chains_root() {
    let mut story = Story::new();
    assert_eq!(story.ask::<Value>("market_book", json!([])).await, Value::Null);
    story.bids().await;
    story.until(2, MarketPhase::Reveal).await;
    story.reveal(1, 50).await;
    assert_eq!(story.ask::<Value>("market_book", json!([])).await, Value::Null);
    // From the block on that knows the seed, and before there is a result.
    story.until(2, MarketPhase::Clearing).await;
    let frozen = loop {
        let book: Option<MarketBook> = story.ask("market_book", json!([])).await;
        match book {
            Some(book) => break book,
            None => story.pass(),
        }
    };
    let of = |epoch: u32| json!([epoch]);
    let now: MarketEpoch = story.ask("market_epoch", json!([])).await;
    assert_eq!((now.phase, frozen.epoch, frozen.root), (MarketPhase::Clearing, 2, None));
    assert_eq!(frozen.bids.len(), 3);
    let defaulted: Vec<bool> = frozen.bids.iter().map(|bid| bid.is_defaulted).collect();
    assert_eq!(defaulted, [false, true, true]);
    assert_eq!((frozen.offers.len(), frozen.offers[0].swarms.as_slice()), (1, &[SWARM][..]));
    assert_eq!(story.ask::<MarketBook>("market_book", of(2)).await, frozen);
    assert_eq!(story.ask::<Value>("market_book", of(1)).await, Value::Null);

    story.until(3, MarketPhase::Commit).await;
    for _ in 0..10 {
        story.pass();
    }
    let past: MarketBook = story.ask("market_book", of(2)).await;
    let newest: MarketBook = story.ask("market_book", json!([])).await;
    let epochs: Vec<EpochResult> = story.ask("market_epochs", json!([])).await;
    let cleared = clear(&as_cleared(&past)).unwrap();
    assert_eq!(epochs[0].epoch, 2);
    assert_eq!(cleared.root(2, past.seed), epochs[0].root);
    assert_eq!(past, MarketBook { root: Some(epochs[0].root), ..frozen });
    assert_eq!(newest, past);
    let awards: Vec<Award> = story.ask("market_awards", json!([account(1)])).await;
    let own = cleared.bids.iter().find(|bid| bid.id == awards[0].bid).unwrap();
    assert_eq!((own.won, ticks(own.payment as u64)), (2, awards[0].payment_wei));
}

#[tokio::test]
async fn books_are_read_within_time_and_told_within_an_answer() {
    let mut story = Story::new();
    story.bids().await;
    story.until(3, MarketPhase::Commit).await;
    for _ in 0..10 {
        story.pass();
    }
    let with = |limits: RpcLimits| {
        let rpc = Rpc::new(story.node.context.clone(), limits);
        server::methods(&rpc).unwrap()
    };
    let tried = json!([{ "swarm": SWARM, "tiers": [{ "priceTicks": 60, "quantity": 1 }] }]);
    let hasty = with(RpcLimits { call_time_ms: 0, ..RpcLimits::default() });
    let narrow = with(RpcLimits { response_bytes: 600, ..RpcLimits::default() });
    let error = async |methods: &jsonrpsee::Methods, method: &str, params: &Value| {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = methods.raw_json_request(&request.to_string(), 1).await.unwrap().0;
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        (answer["error"]["code"].clone(), answer["error"]["message"].clone())
    };
    let late = (json!(-32000), json!("execution aborted (timeout = 0 ms)"));
    assert_eq!(error(&hasty, "market_book", &json!([2])).await, late);
    assert_eq!(error(&hasty, "market_simulateBid", &tried).await, late);
    let large = "a book of 3 bids and 1 offers does not fit an answer of 600 bytes";
    assert_eq!(error(&narrow, "market_book", &json!([2])).await, (json!(-32005), json!(large)));
}

#[tokio::test]
async fn a_bid_and_a_lease_of_many_events_are_remembered() {
    let mut story = Story::new();
    story.bids().await;
    story.until(3, MarketPhase::Commit).await;
    while story.ask::<Vec<MarketLease>>("market_leases", json!([account(0)])).await.len() < 2 {
        story.pass();
    }
    let leases: Vec<MarketLease> = story.ask("market_leases", json!([account(1)])).await;
    let lease = &leases[0];
    // Receipts of its lease, and leases of the bid, as of a crowd that sold it a unit each.
    let block = story.node.chain.head().number;
    let log = |number: u32, data| MarketLog {
        place: Place { block, log: number },
        transaction: None,
        log: Log { address: MARKET, data },
    };
    let receipt = |number: u32| {
        let event = IMarket::ReceiptSubmitted { leaseId: lease.id, deliveredBytes: number.into() };
        log(1_000 + number, event.encode_log_data())
    };
    let another = |number: u32| {
        let event = IMarket::LeaseOpened {
            leaseId: keccak256(number.to_be_bytes()),
            buyer: account(8),
            seller: account(9),
            epoch: 2,
            bidId: lease.bid,
            offerId: 1,
            swarm: SWARM,
            signer: account(8),
            units: 1,
            buyerWei: U256::ZERO,
            sellerWei: U256::ZERO,
        };
        log(2_000 + number, event.encode_log_data())
    };
    let more: Vec<MarketLog> = (0..300).map(receipt).chain((0..300).map(another)).collect();
    story.node.chain.store().put_market_alone(&more);
    for _ in 0..200 {
        story.pass();
    }
    let closed: MarketLease = story.ask("market_lease", json!([lease.id])).await;
    assert_eq!((closed.units, closed.bid, closed.end.is_some()), (2, lease.bid, true));
    let leases: Vec<MarketLease> = story.ask("market_leases", json!([account(1)])).await;
    assert_eq!(leases, [closed]);
    let bid: MarketBid = story.ask("market_bid", json!([lease.bid])).await;
    assert_eq!((bid.status, bid.buyer, bid.swarm), (BidStatus::Over, account(1), SWARM));
    assert_eq!((bid.awards.len(), bid.awards[0].units), (1, 2));
}
