//! What happens in the market, in a line.

use alloy_primitives::U256;
use btt_api::types::{MarketChange as Change, MarketEvent};
use btt_runtime::primitives::amount::format_btt;

use super::phase;
use crate::market::{price, short_swarm};
use crate::render::{grouped, now_ms, short_address, short_id, span};

/// An event of `market_subscribe`.
pub fn event(event: &MarketEvent) -> String {
    format!("block {}  {}", grouped(event.block), change(&event.change))
}

fn change(change: &Change) -> String {
    offers(change)
        .or_else(|| bids(change))
        .or_else(|| leases(change))
        .unwrap_or_else(|| epochs(change))
}

fn epochs(change: &Change) -> String {
    match change {
        Change::PhaseChanged { epoch, phase: now, ends_at_ms, .. } => {
            let left = span(ends_at_ms.saturating_sub(now_ms()));
            format!("epoch {epoch}: {} for {left}", phase(*now))
        }
        Change::EpochFrozen { epoch, bids, offers } => {
            format!("epoch {epoch}: frozen with {bids} bids and {offers} offers")
        }
        Change::EpochCleared { epoch, volume_wei, .. } => {
            format!("epoch {epoch}: cleared, buyers pay {}", format_btt(*volume_wei))
        }
        Change::EpochVoided { epoch } => format!("epoch {epoch}: void, all locks return"),
        Change::LeasesStarted { epoch, leases, ends_at_ms, .. } => {
            let left = span(ends_at_ms.saturating_sub(now_ms()));
            format!("epoch {epoch}: {leases} leases run for {left}")
        }
        _ => String::new(),
    }
}

fn offers(change: &Change) -> Option<String> {
    Some(match change {
        Change::OfferPosted { offer, seller, capacity, reserve_ticks, from_epoch, .. } => format!(
            "offer {offer} by {}: {capacity} units, reserve {}, from epoch {from_epoch}",
            short_address(*seller),
            price::price(*reserve_ticks)
        ),
        Change::OfferWithdrawn { offer, last_epoch, .. } => {
            format!("offer {offer} withdrawn; its last epoch is {last_epoch}")
        }
        Change::OfferEnded { offer, .. } => format!("offer {offer} is over"),
        Change::BondChanged { seller, bond_wei, is_enough, .. } => {
            let enough = if *is_enough { "" } else { ", too little for its offers" };
            format!("bond of {}: {}{enough}", short_address(*seller), format_btt(*bond_wei))
        }
        Change::SwarmPriced { swarm, epoch, units, sellers, marginal_ticks, .. } => format!(
            "epoch {epoch}: swarm {}: {units} units for at most {}, {sellers} sellers",
            short_swarm(*swarm),
            price::price(*marginal_ticks)
        ),
        _ => return None,
    })
}

fn bids(change: &Change) -> Option<String> {
    Some(match change {
        Change::BidCommitted { bid, buyer, swarm, qmax, .. } => format!(
            "bid {bid} by {} for up to {qmax} units of {}",
            short_address(*buyer),
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
            format!("bid {bid} stands for {epochs_left} epochs more")
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
            let bytes = delivered_bytes.saturating_to();
            format!("lease {}: {} bytes delivered", short_id(*lease), grouped(bytes))
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
