//! What the verbs of the market print, as approved.

use alloy_primitives::{Address, B256, U256};
use btt_api::types::{
    Award, BidStatus, BidTier, LeaseEnd, MarketBid, MarketChange, MarketEvent, MarketLease,
    MarketOffer, MarketSeller, Number, SwarmPrice,
};
use serde_json::json;

use super::*;
use crate::testing::assert_golden;

fn btt(thousandths: u64) -> U256 {
    U256::from(thousandths) * U256::from(1_000_000_000_000_000u64)
}

fn golden(name: &str, json: &Value, text: &str) {
    assert_golden(&format!("market-{name}.txt"), text);
    assert_golden(&format!("market-{name}.json"), &serde_json::to_string_pretty(json).unwrap());
}

fn award(units: u32, paid: u64) -> Award {
    Award {
        bid: 17,
        epoch: 1_204,
        swarm: B256::repeat_byte(0x2b),
        units,
        payment_wei: btt(paid),
        refund_wei: btt(200 - paid),
        block: 20_000,
    }
}

#[test]
fn awards_are_told_with_the_price_of_a_unit() {
    let all = [award(4, 120), award(0, 0)];
    golden(
        "awards",
        &json!({ "account": Address::repeat_byte(1), "awards": plain(&all) }),
        &awards(&all),
    );
    assert_eq!(
        award_lines(&all[0], "").render(),
        "won       4 units (32 MiB)\n\
         paid      0.12 BTT, 0.03 BTT a unit (3.84 BTT/GiB)\n\
         returned  0.08 BTT"
    );
    let nothing = award_lines(&all[1], "others bid more").render();
    assert!(nothing.starts_with("won       nothing: others bid more"), "{nothing}");
}

#[test]
fn bids_say_whether_this_wallet_can_reveal_them() {
    let sealed = MarketBid {
        id: 17,
        buyer: Address::repeat_byte(1),
        signer: Address::repeat_byte(1),
        swarm: B256::repeat_byte(0x2b),
        epoch: 1_204,
        status: BidStatus::Sealed,
        qmax: 4,
        lock_wei: btt(200),
        ceiling_ticks: 50_000,
        epochs_left: 1,
        tiers: None,
        awards: Vec::new(),
    };
    let tiers = vec![BidTier { price_ticks: Number(40_000), quantity: 4 }];
    let open = MarketBid {
        id: 18,
        status: BidStatus::Revealed,
        tiers: Some(tiers),
        epochs_left: 5,
        ..sealed.clone()
    };
    let lost = MarketBid { id: 19, ..sealed.clone() };
    let late = MarketBid { id: 20, epochs_left: 2, awards: vec![award(0, 0)], ..sealed.clone() };
    assert_golden("market-bids.txt", &bid_table(&[sealed, open, lost, late], |id| id == 17));
}

#[test]
fn a_closed_lease_says_who_got_what() {
    let lease = MarketLease {
        id: B256::repeat_byte(0x12),
        epoch: 1_204,
        bid: 17,
        offer: 3,
        swarm: B256::repeat_byte(0x2b),
        buyer: Address::repeat_byte(1),
        seller: Address::repeat_byte(2),
        signer: Address::repeat_byte(1),
        units: 4,
        due_bytes: 33_554_432,
        delivered_bytes: 25_165_824,
        buyer_wei: btt(120),
        seller_wei: btt(120),
        ends_at_ms: None,
        receipts_until_ms: None,
        end: Some(LeaseEnd {
            block: 20_100,
            net_wei: U256::from(88_200_000_000_000_000u64),
            fee_wei: U256::from(1_800_000_000_000_000u64),
            refund_wei: btt(24),
            burnt_wei: btt(6),
            bond_burnt_wei: btt(6),
        }),
    };
    let all = [lease];
    let account = Address::repeat_byte(1);
    let json = json!({ "account": account, "leases": plain(&all) });
    golden("leases", &json, &leases(&all, account));
}

#[test]
fn offers_and_prices_show_who_stands_alone() {
    let offer = MarketOffer {
        id: 3,
        seller: Address::repeat_byte(2),
        capacity: 100,
        reserve_ticks: 20_000,
        ask_ticks: 20_409,
        swarms: vec![B256::repeat_byte(0x2b), B256::repeat_byte(0x9b)],
        from_epoch: 1_200,
        to_epoch: 1_260,
        active_from: Some(1_200),
        open_leases: 1,
        required_wei: btt(408),
    };
    let out = MarketOffer { id: 4, active_from: None, ..offer.clone() };
    let back = MarketOffer { id: 5, active_from: Some(1_230), ..offer.clone() };
    let gone = MarketOffer { id: 6, to_epoch: 1_199, ..offer.clone() };
    let all = [offer, out, back, gone];
    golden("offers", &json!({ "offers": plain(&all) }), &offers(&all));
    let price = SwarmPrice {
        epoch: 1_204,
        block: 20_000,
        units: 7,
        sellers: 1,
        bids: 3,
        marginal_ticks: 30_000,
        seller_ticks: U256::from(28_571),
        is_fallback: true,
    };
    let all = [price];
    let json = json!({ "swarm": B256::repeat_byte(0x2b), "prices": plain(&all) });
    golden("prices", &json, &prices(&all));
    assert!(prices(&[]).starts_with("nobody has bid"));
}

#[test]
fn a_bond_says_what_it_lacks_and_what_follows() {
    let seller = |bond: u64, active_from| MarketSeller {
        seller: Address::repeat_byte(2),
        bond_wei: btt(bond),
        required_wei: btt(400),
        is_enough: bond >= 400,
        active_from,
        closed_leases: 0,
        leased_bytes: 0,
        delivered_bytes: 0,
        net_wei: U256::ZERO,
        bond_burnt_wei: U256::ZERO,
    };
    let lines = |seller: &MarketSeller| bond(seller).render();
    assert!(lines(&seller(400, Some(0))).ends_with("is enough  yes"));
    assert!(lines(&seller(300, Some(0))).ends_with(
        "is enough    no, 0.1 BTT short\n\
         to be whole  btt market bond add 0.1"
    ));
    assert!(lines(&seller(150, None)).contains("no, 0.25 BTT short: its offers are in no book\n"));
}

#[test]
fn time_blocks_and_bytes_are_counted_in_words() {
    assert_eq!(
        [left(3_000, 2), left(3_000, 1), left(0, 2), left(0, 0)],
        ["3 s and 2 blocks", "3 s", "2 blocks", "1 block"]
    );
    assert_eq!(share(8 << 20, 48 << 20), "8 MiB of 48 MiB (8,388,608 bytes)");
    assert_eq!(share(1, 8 << 20), "1 byte of 8 MiB");
    let happened = |change| event(&MarketEvent { block: 12, log: 0, transaction: None, change });
    let phase = MarketChange::PhaseChanged {
        epoch: 5,
        phase: btt_api::types::MarketPhase::Commit,
        ends_at_ms: 0,
        ends_at_block: 16,
    };
    assert_eq!(happened(phase), "block 12  epoch 5: bids are committed for 4 blocks");
    let frozen = MarketChange::EpochFrozen { epoch: 5, bids: 1, offers: 2 };
    assert_eq!(happened(frozen), "block 12  epoch 5: frozen with 1 bid and 2 offers");
    let bond = |bond| MarketChange::BondChanged {
        seller: Address::repeat_byte(2),
        bond_wei: btt(bond),
        required_wei: btt(400),
        is_enough: false,
    };
    assert!(happened(bond(199)).ends_with("0.199 BTT, too small: its offers leave the book"));
    assert!(happened(bond(200)).ends_with("0.2 BTT, less than its offers bind"));
}
