//! The epoch under way, prices, and what a bid would have come to.

use alloy_primitives::U256;
use btt_api::types::{MarketEpoch, MarketPhase, SimulatedBid, SwarmPrice};

use crate::market::price;
use crate::render::table::{table, trimmed};
use crate::render::{Fields, counted, grouped, now_ms, percent, short_btt, span};

/// A phase in words.
pub fn phase(phase: MarketPhase) -> &'static str {
    match phase {
        MarketPhase::Commit => "bids are committed",
        MarketPhase::Reveal => "bids are revealed",
        MarketPhase::Clearing => "the book is cleared",
    }
}

/// What is left of a phase, which ends in the first block after both: `3 s and 2 blocks`.
pub fn left(ms: u64, blocks: u64) -> String {
    match (ms, blocks) {
        (0, blocks) => counted(blocks.max(1), "block"),
        (ms, 0 | 1) => span(ms),
        (ms, blocks) => format!("{} and {}", span(ms), counted(blocks, "block")),
    }
}

/// The epoch under way.
pub fn phase_lines(epoch: &MarketEpoch) -> Fields {
    let left = left(epoch.ends_at_ms.saturating_sub(now_ms()), epoch.blocks_left);
    let (bids, offers) = (counted(epoch.bids.into(), "bid"), counted(epoch.offers.into(), "offer"));
    let stand = if epoch.offers == 1 { "stands" } else { "stand" };
    Fields::new()
        .line("epoch", grouped(epoch.epoch.into()))
        .line("phase", format!("{}, {left} more", phase(epoch.phase)))
        .line("book", format!("{bids}; {offers} {stand}"))
        .line(
            "terms",
            format!(
                "fee {}, penalty {}, leases of {}, receipts for {} more",
                percent(epoch.fee_bps.into()),
                percent(epoch.penalty_bps.into()),
                span(u64::from(epoch.lease_s).saturating_mul(1_000)),
                span(u64::from(epoch.receipt_s).saturating_mul(1_000)),
            ),
        )
}

/// What a swarm's units cost.
pub fn prices(prices: &[SwarmPrice]) -> String {
    if prices.is_empty() {
        return "nobody has bid for this swarm in the epochs that the node remembers".to_owned();
    }
    let header = ["epoch", "units", "buyers' price", "a GiB", "sellers' price", "sellers", "bids"];
    let mut table = table(header, &[0, 1, 2, 3, 4, 5, 6]);
    for row in prices {
        let star = if row.is_fallback { " *" } else { "" };
        let buyers = price::wei(row.marginal_ticks);
        let sellers = row.seller_ticks.saturating_mul(price::wei(1));
        table.add_row([
            grouped(row.epoch.into()),
            grouped(row.units.into()),
            format!("{}{star}", short_btt(buyers)),
            short_btt(buyers.saturating_mul(U256::from(128))),
            short_btt(sellers),
            row.sellers.to_string(),
            row.bids.to_string(),
        ]);
    }
    let mut text = format!(
        "{}\n\nBTT for a unit of 8 MiB; the buyers' price is the most that one unit cost",
        trimmed(&table)
    );
    if prices.iter().any(|row| row.sellers == 1) {
        text.push_str("\nwhere there is one seller only, the price is for that seller to make");
    }
    if prices.iter().any(|row| row.is_fallback) {
        text.push_str("\n* the book was too much work for exact prices: a uniform price was paid");
    }
    text
}

/// What a bid would have come to.
pub fn simulated(results: &[SimulatedBid]) -> String {
    if results.is_empty() {
        return "the node remembers no epoch with bids".to_owned();
    }
    let mut table = table(["epoch", "won", "paid", "a unit", "swarm's price"], &[0, 1, 2, 3, 4]);
    for row in results {
        let unit =
            row.payment_wei.checked_div(U256::from(row.units)).map_or_else(String::new, short_btt);
        table.add_row([
            grouped(row.epoch.into()),
            row.units.to_string(),
            short_btt(row.payment_wei),
            unit,
            short_btt(price::wei(row.marginal_ticks)),
        ]);
    }
    format!(
        "{}\n\nBTT and units of 8 MiB, with this bid added to the books as they were",
        trimmed(&table)
    )
}
