//! The epoch under way, those that are over, and prices.

use super::{
    super::{RpcError, context::Rpc},
    wei,
};
use crate::storage::MarketSubject;
use alloy_primitives::{B256, U256};
use btt_api::types::{BookFees, EpochResult, MarketEpoch, MarketPhase, SwarmPrice};
use btt_runtime::{
    modules::market::{
        IMarket::{self, IMarketEvents as Event},
        limits::UNIT_BYTES,
    },
    primitives::addresses::MARKET,
};

/// The phase as the wire names it.
pub(super) fn phase(phase: IMarket::Phase) -> MarketPhase {
    match phase {
        IMarket::Phase::Reveal => MarketPhase::Reveal,
        IMarket::Phase::Clearing => MarketPhase::Clearing,
        _ => MarketPhase::Commit,
    }
}

impl Rpc {
    pub(super) fn market_epoch(&self) -> Result<MarketEpoch, RpcError> {
        let mut views = self.views(None)?;
        let clock = views.ask(MARKET, &IMarket::clockCall {})?;
        let terms = views.ask(MARKET, &IMarket::termsCall {})?;
        Ok(MarketEpoch {
            epoch: clock.epoch,
            phase: phase(clock.phase),
            ends_at_ms: clock.endsAtMs,
            ends_at_block: clock.endsAtBlock,
            ms_left: clock.endsAtMs.saturating_sub(views.block_ms()),
            blocks_left: clock.endsAtBlock.saturating_sub(views.block()),
            bids: clock.bids,
            offers: clock.offers,
            applying_epoch: (clock.applyingEpoch != 0).then_some(clock.applyingEpoch),
            unit_bytes: UNIT_BYTES,
            tick_wei: wei(1),
            fee_bps: terms.feeBps,
            penalty_bps: terms.penaltyBps,
            min_ask_ticks: terms.minAskTicks,
            book_fee_wei: terms.bookFeeWei,
            lease_s: terms.leaseS,
            receipt_s: terms.receiptS,
        })
    }

    pub(super) fn market_epochs(&self, most: usize) -> Result<Vec<EpochResult>, RpcError> {
        let logs = self.chain().store().market_logs(MarketSubject::Epochs, None, most)?;
        let results = logs.iter().filter_map(|log| {
            let block = log.place.block;
            Some(match log.event()? {
                Event::EpochCleared(e) => EpochResult {
                    epoch: e.epoch,
                    block,
                    is_void: false,
                    root: e.root,
                    welfare_wei: e.welfareWei,
                    volume_wei: e.volumeWei,
                    ops: e.ops,
                },
                Event::EpochVoided(e) => EpochResult {
                    epoch: e.epoch,
                    block,
                    is_void: true,
                    root: B256::ZERO,
                    welfare_wei: U256::ZERO,
                    volume_wei: U256::ZERO,
                    ops: 0,
                },
                _ => return None,
            })
        });
        Ok(results.collect())
    }

    pub(super) fn swarm_prices(
        &self,
        swarm: B256,
        most: usize,
    ) -> Result<Vec<SwarmPrice>, RpcError> {
        let logs = self.chain().store().market_logs(MarketSubject::Swarm(swarm), None, most)?;
        let prices = logs.iter().filter_map(|log| match log.event()? {
            Event::SwarmPriced(e) => Some(SwarmPrice {
                epoch: e.epoch,
                block: log.place.block,
                units: e.units,
                sellers: e.sellers,
                bids: e.bids,
                marginal_ticks: e.marginalTicks,
                seller_ticks: e.sellerTicks,
                is_fallback: e.isFallback,
            }),
            _ => None,
        });
        Ok(prices.collect())
    }

    pub(super) fn book_fees(&self, swarm: B256) -> Result<BookFees, RpcError> {
        let fees = self.views(None)?.ask(MARKET, &IMarket::bookFeeCall { swarm })?;
        Ok(BookFees { bid_wei: fees.bidWei, offer_wei: fees.offerWei })
    }
}
