//! What the events of market transactions say, in words.

use alloy_primitives::{Log, U256};
use alloy_sol_types::SolEventInterface;
use btt_runtime::modules::market::IMarket::IMarketEvents as Event;
use btt_runtime::modules::market::limits::TICK_WEI;
use btt_runtime::primitives::amount::format_btt;

use crate::market::price;
use crate::render::market::size;
use crate::render::{Fields, grouped};

/// An event of the market that a transaction brings; nothing for those of blocks.
pub(super) fn words(log: &Log) -> Fields {
    let Ok(event) = Event::decode_raw_log(log.topics(), &log.data.data) else {
        return Fields::new();
    };
    let one = |label: &str, text: String| Fields::new().line(label, text);
    match event {
        Event::OfferPosted(e) => one("offer", e.offerId.to_string()).line(
            "sells",
            format!(
                "{} an epoch, from epoch {} to {}",
                price::units(e.capacity),
                grouped(e.fromEpoch.into()),
                grouped(e.toEpoch.into())
            ),
        ),
        Event::OfferWithdrawn(e) => {
            one("withdrawn", format!("offer {}; its last epoch is {}", e.offerId, e.lastEpoch))
        }
        Event::BondChanged(e) => {
            let enough = match e.isEnough {
                true => "",
                false if e.bondWei < e.requiredWei / U256::from(2) => {
                    "; that is too little: its offers leave the book"
                }
                false => "; that is less, but enough to stay in the book",
            };
            let [bond, bound] = [e.bondWei, e.requiredWei].map(format_btt);
            one("bond", format!("{bond}, of which offers bind {bound}{enough}"))
        }
        Event::BidCommitted(e) => {
            let locked = U256::from(e.lockTicks).saturating_mul(U256::from(TICK_WEI));
            one("bid", e.bidId.to_string()).line("epoch", grouped(e.epoch.into())).line(
                "locked",
                format!("{} for up to {}", price::locked(locked, e.epochs), price::units(e.qmax)),
            )
        }
        Event::BidRevealed(e) => one("revealed", format!("bid {}", e.bidId)),
        Event::BidCancelled(e) => one("cancelled", format!("bid {}", e.bidId))
            .line("returned", format_btt(e.refundWei))
            .line("last epoch", grouped(e.lastEpoch.into())),
        Event::ReceiptSubmitted(e) => {
            one("receipt", format!("{} of lease {}", size(e.deliveredBytes), e.leaseId))
        }
        _ => Fields::new(),
    }
}
