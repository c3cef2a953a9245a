//! Bids and what they came to.

use alloy_primitives::U256;
use btt_api::types::{Award, BidStatus, MarketBid};

use crate::market::{price, short_swarm};
use crate::render::table::{table, trimmed};
use crate::render::{Fields, grouped, short_btt};

/// Bids in the book; `is_kept` says whether the wallet can reveal one.
pub fn bid_table(bids: &[MarketBid], is_kept: impl Fn(u64) -> bool) -> String {
    if bids.is_empty() {
        return "no bid is in the book".to_owned();
    }
    let mut table = table(["bid", "swarm", "epoch", "units", "locked", "state"], &[0, 2, 3, 4]);
    for bid in bids {
        let state = match (bid.status, &bid.tiers, is_kept(bid.id)) {
            (BidStatus::Sealed, ..) if !bid.awards.is_empty() => {
                "never revealed: it bids its ceiling".to_owned()
            }
            (BidStatus::Sealed, _, true) => "sealed; open it: btt market reveal --wait".to_owned(),
            (BidStatus::Sealed, _, false) => {
                "sealed; its secrets are not in this wallet".to_owned()
            }
            (BidStatus::Revealed, Some(tiers), _) => format!("bids {}", price::in_words(tiers)),
            (BidStatus::Revealed, None, _) => "revealed".to_owned(),
            (BidStatus::Over, ..) => "over".to_owned(),
        };
        let stands = match bid.epochs_left {
            0 | 1 => state,
            left => {
                format!("{state}; stands for {left} epochs: {}", price::locked(bid.lock_wei, left))
            }
        };
        table.add_row([
            bid.id.to_string(),
            short_swarm(bid.swarm),
            grouped(bid.epoch.into()),
            bid.qmax.to_string(),
            short_btt(bid.lock_wei.saturating_mul(U256::from(bid.epochs_left.max(1)))),
            stands,
        ]);
    }
    trimmed(&table)
}

/// What bids came to.
pub fn awards(awards: &[Award]) -> String {
    if awards.is_empty() {
        return "no bid has come to an end".to_owned();
    }
    let header = ["bid", "swarm", "epoch", "won", "paid", "a unit", "returned"];
    let mut table = table(header, &[0, 2, 3, 4, 5, 6]);
    for award in awards {
        let unit = award
            .payment_wei
            .checked_div(U256::from(award.units))
            .map_or_else(String::new, short_btt);
        table.add_row([
            award.bid.to_string(),
            short_swarm(award.swarm),
            grouped(award.epoch.into()),
            award.units.to_string(),
            short_btt(award.payment_wei),
            unit,
            short_btt(award.refund_wei),
        ]);
    }
    format!("{}\n\nBTT and units of 8 MiB. Who serves you: btt market leases", trimmed(&table))
}

/// One award in words, with the reason where nothing was won.
pub fn award_lines(award: &Award, why_nothing: &str) -> Fields {
    let returned = price_btt(award.refund_wei);
    if award.units == 0 {
        return Fields::new()
            .line("won", format!("nothing: {why_nothing}"))
            .line("returned", returned);
    }
    Fields::new()
        .line("won", price::units(award.units))
        .line(
            "paid",
            format!(
                "{}, {}",
                price_btt(award.payment_wei),
                price::average(award.payment_wei, award.units)
            ),
        )
        .line("returned", returned)
}

fn price_btt(wei: U256) -> String {
    btt_runtime::primitives::amount::format_btt(wei)
}
