//! What happens in the market, in a line.

use alloy_primitives::U256;
use btt_api::types::{MarketChange as Change, MarketEvent};
use btt_runtime::primitives::amount::format_btt;

use super::{left, phase, size};
use crate::market::{price, short_swarm};
use crate::render::{counted, grouped, now_ms, short_address, short_id, span};

/// An event of `market_subscribe`.
pub fn event(event: &MarketEvent) -> String {
    format!("block {}  {}", grouped(event.block), change(event.block, &event.change))
}

fn change(block: u64, change: &Change) -> String {
    offers(change)
        .or_else(|| bids(change))
        .or_else(|| leases(change))
        .unwrap_or_else(|| epochs(block, change))
}

fn epochs(block: u64, change: &Change) -> String {
    match change {
        Change::PhaseChanged { epoch, phase: now, ends_at_ms, ends_at_block } => {
            let blocks = ends_at_block.saturating_sub(block);
            let left = left(ends_at_ms.saturating_sub(now_ms()), blocks);
            format!("epoch {epoch}: {} for {left}", phase(*now))
        }
        Change::EpochFrozen { epoch, bids, offers } => {
            let (bids, offers) =
                (counted((*bids).into(), "bid"), counted((*offers).into(), "offer"));
            format!("epoch {epoch}: frozen with {bids} and {offers}")
        }
        Change::EpochCleared { epoch, volume_wei, .. } => {
            format!("epoch {epoch}: cleared, buyers pay {}", format_btt(*volume_wei))
        }
        Change::EpochVoided { epoch } => format!("epoch {epoch}: void, all locks return"),
        Change::LeasesStarted { epoch, leases, ends_at_ms, .. } => {
            let left = span(ends_at_ms.saturating_sub(now_ms()));
            let run = if *leases == 1 { "runs" } else { "run" };
            format!("epoch {epoch}: {} {run} for {left}", counted((*leases).into(), "lease"))
        }
        _ => String::new(),
    }
}

fn offers(change: &Change) -> Option<String> {
    Some(match change {
        Change::OfferPosted { offer, seller, capacity, reserve_ticks, from_epoch, .. } => format!(
            "offer {offer} by {}: {}, reserve {}, from epoch {from_epoch}",
            short_address(*seller),
            counted((*capacity).into(), "unit"),
            price::price(*reserve_ticks)
        ),
        Change::OfferWithdrawn { offer, last_epoch, .. } => {
            format!("offer {offer} withdrawn; its last epoch is {last_epoch}")
        }
        Change::OfferEnded { offer, .. } => format!("offer {offer} is over"),
        Change::BondChanged { seller, bond_wei, required_wei, is_enough } => {
            let enough = match *is_enough {
                true => "",
                false if *bond_wei < *required_wei / U256::from(2) => {
                    ", too small: its offers leave the book"
                }
                false => ", less than its offers bind",
            };
            format!("bond of {}: {}{enough}", short_address(*seller), format_btt(*bond_wei))
        }
        Change::SwarmPriced { swarm, epoch, units, sellers, marginal_ticks, .. } => format!(
            "epoch {epoch}: swarm {}: {} for at most {}, {}",
            short_swarm(*swarm),
            counted((*units).into(), "unit"),
            price::price(*marginal_ticks),
            counted((*sellers).into(), "seller")
        ),
        _ => return None,
    })
}

fn bids(change: &Change) -> Option<String> {
    Some(match change {
        Change::BidCommitted { bid, buyer, swarm, qmax, .. } => format!(
            "bid {bid} by {} for up to {} of {}",
            short_address(*buyer),
            counted((*qmax).into(), "unit"),
            short_swarm(*swarm)
        ),
        Change::BidRevealed { bid, tiers, .. } => {
            format!("bid {bid} revealed: {}", price::in_words(tiers))
        }
        Change::BidDefaulted { bid, .. } => {
            format!("bid {bid} was not revealed: it bids its ceiling")
        }
        Change::BidCancelled { bid, refund_wei, .. } => {
            format!("bid {bid} cancelled, {} returned", format_btt(*refund_wei))
        }
        Change::BidRenewed { bid, epochs_left, .. } => {
            format!("bid {bid} stands for {} more", counted((*epochs_left).into(), "epoch"))
        }
        Change::Won { bid, units: 0, .. } => format!("bid {bid} won nothing"),
        Change::Won { bid, units, payment_wei, .. } => {
            format!("bid {bid} won {} for {}", price::units(*units), format_btt(*payment_wei))
        }
        _ => return None,
    })
}

fn leases(change: &Change) -> Option<String> {
    Some(match change {
        Change::LeaseOpened { lease, bid, seller, units, .. } => format!(
            "lease {} of bid {bid}: {} by {}",
            short_id(*lease),
            price::units(*units),
            short_address(*seller)
        ),
        Change::ReceiptSubmitted { lease, delivered_bytes } => {
            let bytes = size(delivered_bytes.saturating_to());
            format!("lease {}: {bytes} delivered", short_id(*lease))
        }
        Change::LeaseClosed { lease, delivered_bytes, due_bytes, net_wei, refund_wei, .. } => {
            let permille =
                delivered_bytes.saturating_mul(U256::from(1_000)) / (*due_bytes).max(U256::from(1));
            let permille: u64 = permille.saturating_to();
            format!(
                "lease {} closed: {}.{} % delivered, {} to the seller, {} back to the buyer",
                short_id(*lease),
                permille / 10,
                permille % 10,
                format_btt(*net_wei),
                format_btt(*refund_wei)
            )
        }
        _ => return None,
    })
}
