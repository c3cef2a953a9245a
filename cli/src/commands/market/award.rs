//! What a bid came to: waited for, and told.

use btt_api::types::{Award, MarketBid, MarketLease};
use serde_json::json;

use super::leases_of;
use super::wait::Waiter;
use crate::error::CliError;
use crate::market::{KeptBid, price};
use crate::native::Session;
use crate::render::market::{award_lines, lease_table, plain};
use crate::render::{Fields, MarketReport, grouped};
use crate::sending::SentReport;

/// Leases that are searched for those of the bid.
const MAX_LEASES: u64 = 200;

/// Waits until the bid's epoch is over; what it came to, and its leases.
pub(super) async fn wait(
    session: &Session<'_>,
    waiter: &Waiter<'_>,
    bid: &KeptBid,
) -> Result<(Option<Award>, Vec<MarketLease>), CliError> {
    let Some(id) = bid.bid_id else { return Ok((None, Vec::new())) };
    waiter.until(|now| now.epoch > bid.epoch && now.applying_epoch != Some(bid.epoch)).await?;
    let known: MarketBid = session.rpc.request("market_bid", vec![json!(id)]).await?;
    let award = known.awards.into_iter().find(|award| award.epoch == bid.epoch);
    let mut leases = leases_of(&session.rpc, bid.buyer, MAX_LEASES).await?;
    leases.retain(|lease| lease.bid == id && lease.epoch == bid.epoch && lease.buyer == bid.buyer);
    Ok((award, leases))
}

/// The end of the story of a bid: its award with the reason where that is nothing, and its leases.
pub(super) fn report(
    bid: &KeptBid,
    sent: &SentReport,
    award: Option<(&Award, &str)>,
    leases: &[MarketLease],
) -> MarketReport {
    let json = json!({
        "bid": bid.bid_id, "epoch": bid.epoch, "swarm": bid.swarm, "buyer": bid.buyer,
        "tiers": plain(&bid.tiers), "ceiling_ticks": bid.ceiling_ticks,
        "transaction_hash": sent.transaction_hash, "is_revealed": bid.is_revealed,
        "award": award.map(|(award, _)| plain(award)), "leases": plain(&leases),
    });
    let mut lines = Fields::new()
        .maybe("bid", bid.bid_id)
        .line("epoch", grouped(bid.epoch.into()))
        .line("bids", price::in_words(&bid.tiers));
    lines = match award {
        Some((award, why)) => lines.and(award_lines(award, why)),
        None => lines.line("award", "none yet: btt market awards"),
    };
    let mut text = lines.render();
    if !leases.is_empty() {
        let table = lease_table(leases, bid.buyer);
        text = format!(
            "{text}\n\n{table}\n\nfor what is delivered: btt market receipt LEASE BYTES --submit"
        );
    }
    MarketReport::new(json, text)
}
