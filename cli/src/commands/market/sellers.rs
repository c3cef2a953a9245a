//! Who sells in a swarm, from which epoch on, and why a bid won nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use btt_api::types::{MarketEpoch, MarketOffer, MarketPhase, SwarmPrice};
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use super::all_offers;
use super::wait::Waiter;
use crate::error::CliError;
use crate::market::{KeptBid, price};
use crate::output::Output;
use crate::render::{grouped, now_ms};
use crate::rpc::Rpc;

/// A chain that stands so long makes no blocks by itself; the next transaction brings one.
const STANDING: Duration = Duration::from_secs(12);
/// The same where the next block begins the epoch that is waited for.
const STANDING_BEFORE_IT: Duration = Duration::from_secs(3);
/// Epochs of a swarm that are searched for a bid's.
const RECENT: u64 = 20;

/// The offers for a swarm.
#[derive(Debug)]
pub(super) struct Sellers(Vec<MarketOffer>);

/// The epoch that a bid of this moment is for.
fn next_book(now: &MarketEpoch) -> u32 {
    match now.phase {
        MarketPhase::Commit => now.epoch,
        _ => now.epoch.saturating_add(1),
    }
}

impl Sellers {
    pub(super) async fn of(rpc: &Rpc, swarm: B256) -> Result<Self, CliError> {
        Ok(Self(all_offers(rpc, "market_offers", json!(swarm)).await?))
    }

    /// Those that are in the book of this epoch or of a later one, with the first such epoch.
    fn in_books(&self, epoch: u32) -> impl Iterator<Item = (&MarketOffer, u32)> {
        self.0.iter().filter_map(move |offer| {
            let from = offer.active_from?.max(epoch);
            (from <= offer.to_epoch).then_some((offer, from))
        })
    }

    /// The epoch to wait for: the first in which somebody sells at this price. `None` where a bid of this moment is
    /// not before it, or nobody sells so cheap.
    pub(super) fn awaited(&self, now: &MarketEpoch, price_ticks: u64) -> Option<u32> {
        let book = next_book(now);
        let asks = self.in_books(book).filter(|(offer, _)| offer.ask_ticks <= price_ticks);
        asks.map(|(_, from)| from).min().filter(|from| *from > book)
    }

    /// How many there are, for how much, and what that is to a bid at this price, which may wait for them.
    pub(super) fn in_words(&self, now: &MarketEpoch, price_ticks: u64, is_waiting: bool) -> String {
        let offers: Vec<&MarketOffer> =
            self.in_books(next_book(now)).map(|(offer, _)| offer).collect();
        let Some(cheapest) = offers.iter().map(|offer| offer.ask_ticks).min() else {
            return match self.0.iter().any(|offer| offer.active_from.is_none()) {
                true => {
                    "none while their bonds are too low: the bid wins nothing before one is whole"
                }
                false => "none for this swarm yet: the bid wins nothing before one comes",
            }
            .to_owned();
        };
        let sellers: BTreeSet<_> = offers.iter().map(|offer| offer.seller).collect();
        let text = format!("{}, from {}", sellers.len(), price::price(cheapest));
        match (self.awaited(now, price_ticks), is_waiting) {
            _ if cheapest > price_ticks => {
                format!("{text}; this bids less, and would win nothing")
            }
            (None, _) => text,
            (Some(epoch), true) => {
                format!("{text}; they sell from epoch {epoch} on: the bid waits for it")
            }
            (Some(epoch), false) => {
                format!("{text}; they sell from epoch {epoch} on: an earlier bid wins nothing")
            }
        }
    }
}

/// Waits until an epoch has begun, or until only the bid itself can bring the block that begins it.
pub(super) async fn wait_for(
    waiter: &Waiter<'_>,
    output: Output,
    wanted: u32,
) -> Result<(), CliError> {
    let mut standing: Option<((u32, u64), Instant)> = None;
    loop {
        let now = waiter.epoch().await?;
        if now.epoch >= wanted {
            return Ok(());
        }
        let place = (now.epoch, now.blocks_left);
        let since = match standing {
            Some((known, since)) if known == place => since,
            _ => Instant::now(),
        };
        standing = Some((place, since));
        let is_before_it = now.phase == MarketPhase::Commit
            && now.bids == 0
            && now.blocks_left <= 1
            && now.ends_at_ms <= now_ms();
        if is_before_it && since.elapsed() > STANDING_BEFORE_IT {
            return Ok(());
        }
        if since.elapsed() > STANDING {
            output
                .note("this chain makes no blocks by itself: bidding without waiting for sellers");
            return Ok(());
        }
        waiter.show_why(&now, &format!("sellers sell from epoch {} on", grouped(wanted.into())));
        waiter.pause().await;
    }
}

/// Why a bid won nothing, as far as offers and prices say.
pub(super) async fn why_nothing(rpc: &Rpc, bid: &KeptBid) -> Result<String, CliError> {
    let params = vec![json!(bid.swarm), json!(RECENT)];
    let prices: Vec<SwarmPrice> = rpc.request("market_prices", params).await?;
    let priced = prices.iter().find(|row| row.epoch == bid.epoch);
    if priced.is_some_and(|row| row.sellers == 0) {
        return Ok("no seller was in this epoch's book".to_owned());
    }
    let dearest = match bid.is_revealed {
        true => bid.tiers.first().map_or(0, |tier| tier.price_ticks.0),
        false => bid.ceiling_ticks,
    };
    let sellers = Sellers::of(rpc, bid.swarm).await?;
    let of_book = sellers.in_books(bid.epoch).filter(|(_, from)| *from == bid.epoch);
    Ok(match of_book.map(|(offer, _)| offer.ask_ticks).min() {
        Some(ask) if ask > dearest => {
            format!("the cheapest seller asks {}", format_btt(price::wei(ask)))
        }
        Some(_) => "others bid more".to_owned(),
        None => "others bid more, or no seller sold so cheap".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};

    use super::*;

    fn offer(seller: u8, ask_ticks: u64, active_from: Option<u32>, to_epoch: u32) -> MarketOffer {
        MarketOffer {
            id: seller.into(),
            seller: Address::repeat_byte(seller),
            capacity: 1,
            reserve_ticks: ask_ticks,
            ask_ticks,
            swarms: vec![B256::repeat_byte(1)],
            from_epoch: 6,
            to_epoch,
            active_from,
            open_leases: 0,
            required_wei: U256::ZERO,
        }
    }

    fn now(phase: MarketPhase) -> MarketEpoch {
        MarketEpoch {
            epoch: 5,
            phase,
            ends_at_ms: 0,
            ends_at_block: 0,
            ms_left: 0,
            blocks_left: 0,
            bids: 0,
            offers: 0,
            applying_epoch: None,
            unit_bytes: 8 << 20,
            tick_wei: price::wei(1),
            fee_bps: 200,
            penalty_bps: 2_000,
            min_ask_ticks: 1,
            book_fee_wei: U256::ZERO,
            lease_s: 10,
            receipt_s: 10,
        }
    }

    #[test]
    fn a_bid_waits_for_the_first_epoch_in_which_somebody_sells_at_its_price() {
        let (commit, reveal) = (now(MarketPhase::Commit), now(MarketPhase::Reveal));
        let fresh = Sellers(vec![offer(1, 100, Some(6), 60)]);
        assert_eq!(fresh.awaited(&commit, 100), Some(6));
        assert_eq!(fresh.awaited(&reveal, 100), None, "the bid is for epoch 6 anyway");
        assert_eq!(fresh.awaited(&commit, 99), None, "waiting helps nothing");
        let old = Sellers(vec![offer(1, 100, Some(6), 60), offer(2, 100, Some(3), 60)]);
        assert_eq!(old.awaited(&commit, 100), None);
        let dear = Sellers(vec![offer(1, 100, Some(6), 60), offer(2, 200, Some(3), 60)]);
        assert_eq!(dear.awaited(&commit, 100), Some(6));
        let ending = Sellers(vec![offer(1, 100, Some(3), 5)]);
        assert_eq!(ending.awaited(&commit, 100), None);
    }

    #[test]
    fn who_is_out_of_the_book_is_not_counted() {
        let commit = now(MarketPhase::Commit);
        let say =
            |offers: &[MarketOffer], price| Sellers(offers.to_vec()).in_words(&commit, price, true);
        let [out, other] = [offer(1, 100, None, 60), offer(2, 20_000, Some(3), 60)];
        assert!(say(std::slice::from_ref(&out), 500).starts_with("none while their bonds are too"));
        assert!(say(&[], 500).starts_with("none for this swarm yet"));
        let text = say(&[out, other.clone(), other.clone()], 20_000);
        assert_eq!(text, "1, from 0.02 BTT a unit (2.56 BTT/GiB)");
        let low = say(std::slice::from_ref(&other), 19_999);
        assert!(low.ends_with("; this bids less, and would win nothing"), "{low}");
        let soon = say(&[offer(2, 20_000, Some(6), 60)], 20_000);
        assert!(soon.ends_with("; they sell from epoch 6 on: the bid waits for it"), "{soon}");
    }
}
