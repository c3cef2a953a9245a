//! The market over RPC, from the first offer to the closed lease, by built transactions alone.

mod books;

use super::{super::market::events, Fixture, fixture};
use crate::testing::{block_at, sign, unsigned};
use alloy_primitives::{Address, B256, TxKind, U256, keccak256};
use btt_api::types::{
    Award, BidStatus, BidTier, EpochResult, MarketBid, MarketChange, MarketEpoch, MarketFilter,
    MarketLease, MarketPhase, MarketSeller, Number, OfferPage, PreparedTransaction, SimulatedBid,
    SwarmPrice,
};
use btt_genesis::dev_accounts;
use btt_runtime::{
    modules::{
        channels::voucher::{SigningKey, sign as sign_digest},
        market::limits::{TICK_WEI, UNIT_BYTES},
    },
    primitives::addresses::MARKET,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SWARM: B256 = B256::repeat_byte(0x5a);

fn account(place: usize) -> Address {
    dev_accounts()[place].address
}

fn ticks(ticks: u64) -> U256 {
    U256::from(u128::from(ticks) * TICK_WEI)
}

/// The chain with its clock, and nonces.
struct Story {
    node: Fixture,
    ms: u64,
    nonces: [u64; 10],
}

impl Story {
    fn new() -> Self {
        Self { node: fixture(), ms: 1_000, nonces: [0; 10] }
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> T {
        serde_json::from_value(self.node.ask(method, params).await).unwrap()
    }

    /// Blocks a second apart until the market is in a phase of an epoch.
    async fn until(&mut self, epoch: u32, phase: MarketPhase) {
        for _ in 0..100 {
            let now: MarketEpoch = self.ask("market_epoch", json!([])).await;
            if (now.epoch, now.phase) == (epoch, phase) {
                return;
            }
            self.pass();
        }
        panic!("epoch {epoch} never came to {phase:?}");
    }

    fn pass(&mut self) {
        self.ms += 1_000;
        block_at(&self.node.chain, self.ms, Vec::new());
    }

    /// Has a transaction built, and includes it.
    async fn send(&mut self, place: usize, method: &str, request: Value) -> PreparedTransaction {
        let built: PreparedTransaction = self.ask(method, json!([request])).await;
        let mut tx = unsigned(self.nonces[place], TxKind::Call(MARKET), 0, built.data.clone());
        (tx.value, tx.gas_limit) = (built.value, built.gas.unwrap());
        self.nonces[place] += 1;
        self.ms += 10;
        block_at(&self.node.chain, self.ms, vec![sign(place, tx)]);
        built
    }

    fn changes(&self, filter: &MarketFilter) -> Vec<MarketChange> {
        let chain = &self.node.chain;
        let blocks = 1..=chain.head().number;
        let blocks = blocks.map(|number| chain.block(number).unwrap().unwrap());
        blocks.flat_map(|block| events(&block, filter)).map(|event| event.change).collect()
    }

    /// A seller of four units for at least 10 ticks each, and three bids in epoch 2: for two units at 50, for
    /// two at 40, for two at 30, which stays sealed.
    async fn bids(&mut self) {
        let offer = json!({
            "from": account(0), "capacity": 4, "reserveTicks": 10, "swarms": [SWARM],
        });
        self.send(0, "market_postOffer", offer).await;
        self.until(2, MarketPhase::Commit).await;
        for (place, price) in [(1, 50), (2, 40), (3, 30)] {
            let bid = json!({
                "from": account(place), "swarm": SWARM, "salt": B256::repeat_byte(place as u8),
                "tiers": [{ "priceTicks": price, "quantity": 2 }],
                "ceilingTicks": if place == 1 { 100 } else { price },
            });
            self.send(place, "market_commit", bid).await;
        }
    }

    async fn reveal(&mut self, place: usize, price: u64) {
        let bids: Vec<MarketBid> = self.ask("market_bids", json!([account(place)])).await;
        assert_eq!(bids[0].status, BidStatus::Sealed);
        let reveal = json!({
            "from": account(place), "id": bids[0].id, "salt": B256::repeat_byte(place as u8),
            "tiers": [{ "priceTicks": price, "quantity": 2 }],
        });
        self.send(place, "market_reveal", reveal).await;
    }
}

#[tokio::test]
async fn an_epoch_from_offer_to_closed_lease() {
    let mut story = Story::new();
    story.bids().await;
    let early = story.node.error(
        "market_reveal",
        json!([{
            "from": account(1), "id": 1, "salt": B256::ZERO,
            "tiers": [{ "priceTicks": 50, "quantity": 2 }],
        }]),
    );
    let early = early.await.1;
    assert!(early.contains("WrongPhase"), "it is still the commit phase: {early}");
    story.until(2, MarketPhase::Reveal).await;
    story.reveal(1, 50).await;
    story.reveal(2, 40).await;
    let bid: MarketBid = story.ask("market_bid", json!([1])).await;
    assert_eq!((bid.status, bid.ceiling_ticks, bid.qmax), (BidStatus::Revealed, 100, 2));
    assert_eq!(bid.tiers, Some(vec![BidTier { price_ticks: Number(50), quantity: 2 }]));
    story.until(3, MarketPhase::Commit).await;
    while story.ask::<Vec<MarketLease>>("market_leases", json!([account(0)])).await.len() < 2 {
        story.pass();
    }

    // Both pay what the third, who lost, bid: 30 a unit. But that was not revealed, so the seller gets its ask,
    // 11 ticks with the fee, and the rest is burnt.
    for (place, lock) in [(1, 200), (2, 80)] {
        let awards: Vec<Award> = story.ask("market_awards", json!([account(place)])).await;
        let (paid, refund) = (awards[0].payment_wei, awards[0].refund_wei);
        assert_eq!((awards[0].units, paid, refund), (2, ticks(60), ticks(lock - 60)));
    }
    let lost: Vec<Award> = story.ask("market_awards", json!([account(3)])).await;
    assert_eq!((lost[0].units, lost[0].refund_wei), (0, ticks(60)));
    let prices: Vec<SwarmPrice> = story.ask("market_prices", json!([SWARM])).await;
    let price = &prices[0];
    assert_eq!((price.epoch, price.units, price.sellers, price.bids), (2, 4, 1, 3));
    assert_eq!((price.marginal_ticks, price.seller_ticks), (30, U256::from(11)));
    let epochs: Vec<EpochResult> = story.ask("market_epochs", json!([])).await;
    assert_eq!((epochs[0].epoch, epochs[0].is_void), (2, false));
    assert_eq!((epochs[0].volume_wei, epochs[0].welfare_wei), (ticks(120), ticks(180 - 44)));

    // One buyer signs for everything, the other for nothing.
    let leases: Vec<MarketLease> = story.ask("market_leases", json!([account(1)])).await;
    let lease = &leases[0];
    let due = 2 * u128::from(UNIT_BYTES);
    assert_eq!((lease.units, lease.due_bytes, lease.delivered_bytes), (2, due, 0));
    assert_eq!((lease.buyer_wei, lease.seller_wei), (ticks(60), ticks(22)));
    let digest: Value = story.ask("market_receiptDigest", json!([lease.id, due as u64])).await;
    let digest: B256 = serde_json::from_value(digest["digest"].clone()).unwrap();
    let key = SigningKey::from_byte_array(dev_accounts()[1].secret_key.0).unwrap();
    let signature = alloy_primitives::hex::encode_prefixed(sign_digest(digest, &key).as_bytes());
    let receipt =
        json!({ "leaseId": lease.id, "deliveredBytes": due as u64, "signature": signature });
    story
        .send(5, "market_submitReceipts", json!({ "from": account(5), "receipts": [receipt] }))
        .await;
    let known: MarketLease = story.ask("market_lease", json!([lease.id])).await;
    assert_eq!(known.delivered_bytes, due);
    for _ in 0..200 {
        story.pass();
    }
    let seller: MarketSeller = story.ask("market_seller", json!([account(0)])).await;
    assert_eq!(
        (seller.closed_leases, seller.leased_bytes, seller.delivered_bytes),
        (2, 2 * due, due)
    );
    // 22 ticks less 2 %; nothing for what nobody signed for.
    assert_eq!(seller.net_wei, ticks(22) - ticks(22) / U256::from(50));
    assert_eq!(seller.bond_burnt_wei, ticks(22) / U256::from(5));
    let lease: MarketLease = story.ask("market_lease", json!([lease.id])).await;
    let end = lease.end.unwrap();
    assert_eq!((end.refund_wei, end.burnt_wei), (U256::ZERO, U256::ZERO));
    let bid: MarketBid = story.ask("market_bid", json!([1])).await;
    assert_eq!((bid.status, bid.awards.len()), (BidStatus::Over, 1));
}

#[tokio::test]
async fn a_bid_is_tried_on_books_of_the_past() {
    let mut story = Story::new();
    story.bids().await;
    story.until(3, MarketPhase::Commit).await;
    let simulate = |price: u64, units: u32| json!([{ "swarm": SWARM, "tiers": [{ "priceTicks": price, "quantity": units }], "epochs": 3 }]);
    // Nobody revealed: the book is 2 at 100, 2 at 40, 2 at 30, for 4 units.
    let tried: Vec<SimulatedBid> = story.ask("market_simulateBid", simulate(60, 1)).await;
    assert_eq!(tried.len(), 1, "an epoch without bids has no book");
    assert_eq!((tried[0].epoch, tried[0].units, tried[0].payment_wei), (2, 1, ticks(40)));
    let low: Vec<SimulatedBid> = story.ask("market_simulateBid", simulate(35, 1)).await;
    assert_eq!((low[0].units, low[0].payment_wei), (0, U256::ZERO));
    let all: Vec<SimulatedBid> = story.ask("market_simulateBid", simulate(500, 4)).await;
    assert_eq!((all[0].units, all[0].payment_wei), (4, ticks(2 * 100 + 2 * 40)));
    for (price, units, why) in
        [(0, 1, "tiers[0] has no price"), (1, 400, "a bid is for at most 256 units, not 400")]
    {
        let wrong = story.node.error("market_simulateBid", simulate(price, units)).await;
        assert_eq!((wrong.0, wrong.1.ends_with(why)), (-32602, true), "{}", wrong.1);
    }
    let book: Value = story.ask("market_book", json!(["0x2"])).await;
    assert_eq!((&book["epoch"], book["bids"].as_array().unwrap().len()), (&json!(2), 3));
}

#[tokio::test]
async fn offers_leave_the_books_with_their_bond_and_come_back_with_it() {
    let mut story = Story::new();
    story.bids().await;
    let active = async |story: &Story| {
        let page: OfferPage = story.ask("market_offers", json!([SWARM])).await;
        let seller: MarketSeller = story.ask("market_seller", json!([account(0)])).await;
        (page.offers[0].active_from, seller.active_from)
    };
    assert_eq!(active(&story).await, (Some(2), Some(0)));
    // Nobody signs for anything: the penalties take the whole bond.
    for _ in 0..200 {
        story.pass();
    }
    assert_eq!(active(&story).await, (None, None));
    let seller: MarketSeller = story.ask("market_seller", json!([account(0)])).await;
    let more = json!({ "from": account(0), "amountWei": seller.required_wei - seller.bond_wei });
    story.send(0, "market_topUpBond", more).await;
    let now: MarketEpoch = story.ask("market_epoch", json!([])).await;
    assert_eq!(active(&story).await, (Some(now.epoch + 1), Some(now.epoch + 1)));
}

#[tokio::test]
async fn no_bid_is_sealed_that_could_not_be_revealed() {
    let mut story = Story::new();
    story.until(1, MarketPhase::Commit).await;
    let bid = |tiers: Value, more: &[(&str, u64)]| {
        let mut bid = json!({
            "from": account(1), "swarm": SWARM, "salt": keccak256("salt"), "tiers": tiers,
        });
        for (name, value) in more {
            bid[*name] = json!(value);
        }
        json!([bid])
    };
    let tier = |price: u64, units: u32| json!({ "priceTicks": price, "quantity": units });
    let one = json!([tier(50, 2), tier(40, 3)]);
    for (request, why) in [
        (bid(one.clone(), &[("ceilingTicks", 49)]), "ceilingTicks 49 is below a tier's price, 50"),
        (bid(one.clone(), &[("qmax", 4)]), "qmax 4 is below the 5 units of the tiers"),
        (bid(json!([]), &[]), "a bid has 1 to 4 tiers, not 0"),
        (bid(json!([tier(1, 1), tier(2, 1)]), &[]), "prices must not rise from tier to tier"),
        (bid(json!([tier(1, 1), tier(1, 0)]), &[]), "tiers[1] has no units"),
        (bid(json!([tier(1, 257)]), &[]), "a bid is for at most 256 units, not 257"),
    ] {
        let wrong = story.node.error("market_commit", request).await;
        assert_eq!((wrong.0, wrong.1.ends_with(why)), (-32602, true), "{}", wrong.1);
    }
    let covered = bid(one, &[("ceilingTicks", 50), ("qmax", 5)]);
    let built: PreparedTransaction = story.ask("market_commit", covered).await;
    assert_eq!(built.value, ticks(250));
}

#[tokio::test]
async fn subscribers_hear_of_phases_and_of_what_concerns_them() {
    let mut story = Story::new();
    story.bids().await;
    story.until(3, MarketPhase::Commit).await;
    for _ in 0..5 {
        story.pass();
    }
    let count = |filter: &MarketFilter, is_wanted: fn(&MarketChange) -> bool| {
        story.changes(filter).iter().filter(|change| is_wanted(change)).count()
    };
    let all = MarketFilter::default();
    let of = |place| MarketFilter { account: Some(account(place)), ..MarketFilter::default() };
    let won = |change: &MarketChange| matches!(change, MarketChange::Won { .. });
    let opened = |change: &MarketChange| matches!(change, MarketChange::LeaseOpened { .. });
    let phases = |change: &MarketChange| matches!(change, MarketChange::PhaseChanged { .. });
    assert_eq!((count(&all, won), count(&of(1), won), count(&of(0), won)), (3, 1, 0));
    assert_eq!((count(&of(0), opened), count(&of(1), opened), count(&of(3), opened)), (2, 1, 0));
    let elsewhere = MarketFilter { swarm: Some(B256::ZERO), ..MarketFilter::default() };
    let here = MarketFilter { swarm: Some(SWARM), ..MarketFilter::default() };
    assert_eq!((count(&here, won), count(&elsewhere, won)), (3, 0));
    assert_eq!(count(&elsewhere, phases), count(&all, phases));
    assert!(count(&all, phases) >= 4);
}

#[tokio::test]
async fn what_the_module_refuses_is_named() {
    let mut story = Story::new();
    let bid = json!([{
        "from": account(1), "swarm": SWARM, "salt": keccak256("salt"), "qmax": 257,
        "tiers": [{ "priceTicks": 1, "quantity": 1 }], "maxBookFeeWei": "0",
    }]);
    let refused = |text: (i64, String)| text.1;
    assert!(refused(story.node.error("market_commit", bid).await).contains("BadQuantity"));
    let offer =
        json!([{ "from": account(1), "capacity": 0, "reserveTicks": 1, "swarms": [SWARM] }]);
    assert!(refused(story.node.error("market_postOffer", offer).await).contains("BadCapacity"));
    let unknown = story.node.error("market_bid", json!([77])).await;
    assert_eq!((unknown.0, unknown.1.contains("UnknownBid")), (3, true));
    let lease = story.node.error("market_lease", json!([B256::ZERO])).await;
    assert!(lease.1.contains("UnknownLease"), "{}", lease.1);
    story.until(1, MarketPhase::Commit).await;
    let empty: Vec<Award> = story.ask("market_awards", json!([account(1)])).await;
    assert!(empty.is_empty());
    let many = story.node.error("market_prices", json!([SWARM, 1_001])).await;
    assert!(many.1.contains("limit 1000"));
}
