//! Events of the market as blocks bring them.

use super::{
    super::{context::Rpc, subscriptions::Feed},
    epoch::phase,
    tier,
};
use crate::storage::{MarketLog, StoredBlock, is_about_account, is_about_swarm};
use alloy_primitives::U256;
use btt_api::types::{MarketChange as Change, MarketEvent, MarketFilter};
use btt_runtime::modules::market::IMarket::IMarketEvents as Event;
use jsonrpsee::core::SubscriptionError;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;

impl Rpc {
    pub(super) async fn feed_market(
        &self,
        filter: &MarketFilter,
        feed: &Feed,
        mut blocks: Receiver<Arc<StoredBlock>>,
    ) -> Result<(), SubscriptionError> {
        while let Some(block) = feed.next(&mut blocks).await? {
            for event in events(&block, filter) {
                feed.send(&event).await?;
            }
        }
        Ok(())
    }
}

/// What a block did to the market that a filter wants.
pub(in crate::rpc) fn events(block: &StoredBlock, filter: &MarketFilter) -> Vec<MarketEvent> {
    let logs = block.market_logs();
    logs.iter().filter_map(|log| wanted(log, filter)).collect()
}

fn wanted(log: &MarketLog, filter: &MarketFilter) -> Option<MarketEvent> {
    let event = log.event()?;
    let is_for_all = matches!(
        event,
        Event::PhaseChanged(_)
            | Event::EpochFrozen(_)
            | Event::EpochCleared(_)
            | Event::EpochVoided(_)
            | Event::LeasesStarted(_)
    );
    let fits = filter.swarm.is_none_or(|swarm| is_about_swarm(&event, swarm))
        && filter.account.is_none_or(|account| is_about_account(&event, account));
    (is_for_all || fits).then(|| MarketEvent {
        block: log.place.block,
        log: log.place.log,
        transaction: log.transaction,
        change: change(event),
    })
}

fn change(event: Event) -> Change {
    match event {
        Event::PhaseChanged(e) => Change::PhaseChanged {
            epoch: e.epoch,
            phase: phase(e.phase),
            ends_at_ms: e.endsAtMs,
            ends_at_block: e.endsAtBlock,
        },
        Event::OfferPosted(e) => Change::OfferPosted {
            offer: e.offerId,
            seller: e.seller,
            capacity: e.capacity,
            reserve_ticks: e.reserveTicks,
            swarms: e.swarms,
            from_epoch: e.fromEpoch,
            to_epoch: e.toEpoch,
        },
        Event::OfferWithdrawn(e) => {
            Change::OfferWithdrawn { offer: e.offerId, seller: e.seller, last_epoch: e.lastEpoch }
        }
        Event::OfferEnded(e) => {
            Change::OfferEnded { offer: e.offerId, seller: e.seller, last_epoch: e.lastEpoch }
        }
        Event::BondChanged(e) => Change::BondChanged {
            seller: e.seller,
            bond_wei: e.bondWei,
            required_wei: e.requiredWei,
            is_enough: e.isEnough,
        },
        Event::BidCommitted(e) => Change::BidCommitted {
            bid: e.bidId,
            buyer: e.buyer,
            swarm: e.swarm,
            epoch: e.epoch,
            qmax: e.qmax,
            lock_ticks: e.lockTicks,
        },
        Event::BidRevealed(e) => Change::BidRevealed {
            bid: e.bidId,
            buyer: e.buyer,
            swarm: e.swarm,
            epoch: e.epoch,
            tiers: e.tiers.iter().map(tier).collect(),
        },
        Event::BidDefaulted(e) => {
            Change::BidDefaulted { bid: e.bidId, buyer: e.buyer, swarm: e.swarm, epoch: e.epoch }
        }
        Event::BidCancelled(e) => Change::BidCancelled {
            bid: e.bidId,
            buyer: e.buyer,
            last_epoch: e.lastEpoch,
            refund_wei: e.refundWei,
        },
        Event::BidRenewed(e) => Change::BidRenewed {
            bid: e.bidId,
            buyer: e.buyer,
            swarm: e.swarm,
            epoch: e.epoch,
            epochs_left: e.epochsLeft,
        },
        Event::EpochFrozen(e) => {
            Change::EpochFrozen { epoch: e.epoch, bids: e.bids, offers: e.offers }
        }
        Event::EpochCleared(e) => Change::EpochCleared {
            epoch: e.epoch,
            root: e.root,
            welfare_wei: e.welfareWei,
            volume_wei: e.volumeWei,
        },
        Event::EpochVoided(e) => Change::EpochVoided { epoch: e.epoch },
        Event::Won(e) => Change::Won {
            bid: e.bidId,
            buyer: e.buyer,
            swarm: e.swarm,
            epoch: e.epoch,
            units: e.units,
            payment_wei: e.paymentWei,
            refund_wei: e.refundWei,
        },
        Event::LeaseOpened(e) => Change::LeaseOpened {
            lease: e.leaseId,
            buyer: e.buyer,
            seller: e.seller,
            epoch: e.epoch,
            bid: e.bidId,
            offer: e.offerId,
            swarm: e.swarm,
            signer: e.signer,
            units: e.units,
            buyer_wei: e.buyerWei,
            seller_wei: e.sellerWei,
        },
        Event::LeasesStarted(e) => Change::LeasesStarted {
            epoch: e.epoch,
            leases: e.leases,
            ends_at_ms: e.endsAtMs,
            receipts_until_ms: e.receiptsUntilMs,
        },
        Event::ReceiptSubmitted(e) => Change::ReceiptSubmitted {
            lease: e.leaseId,
            delivered_bytes: U256::from(e.deliveredBytes),
        },
        Event::LeaseClosed(e) => Change::LeaseClosed {
            lease: e.leaseId,
            buyer: e.buyer,
            seller: e.seller,
            delivered_bytes: U256::from(e.deliveredBytes),
            due_bytes: U256::from(e.dueBytes),
            net_wei: e.netWei,
            fee_wei: e.feeWei,
            refund_wei: e.refundWei,
        },
        Event::SwarmPriced(e) => Change::SwarmPriced {
            swarm: e.swarm,
            epoch: e.epoch,
            units: e.units,
            sellers: e.sellers,
            bids: e.bids,
            marginal_ticks: e.marginalTicks,
            seller_ticks: e.sellerTicks,
        },
    }
}
