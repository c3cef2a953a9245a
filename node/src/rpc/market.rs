//! `market_`: the market from state and index, past books tried again, transactions for others to sign.
//!
//! | file | subject |
//! |---|---|
//! | `epoch` | the epoch under way, those that are over, prices |
//! | `offers`, `bids`, `leases` | what there is of each |
//! | `books`, `simulate` | frozen books, of now and of the past; a bid on them |
//! | `build`, `digest` | transactions; what is sealed and signed |
//! | `subscribe` | events as they come |

mod bids;
mod books;
mod build;
mod digest;
mod epoch;
mod leases;
mod offers;
mod simulate;
mod subscribe;

#[cfg(test)]
pub(super) use subscribe::events;

use super::{RpcError, context::Rpc};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolInterface as _;
use btt_api::{
    server::MarketApiServer,
    types::{
        Award, BidTier, BookFees, CancelBid, ChangeOffer, CommitBid, CommitHashQuery, EpochResult,
        MarketBid, MarketBook, MarketEpoch, MarketFilter, MarketLease, MarketOffer, MarketSeller,
        Number, OfferPage, PostOffer, PreparedTransaction, ReceiptDigest, RevealBid, SimulateBid,
        SimulatedBid, SubmitReceipts, SwarmPrice, TopUpBond, WithdrawBond, WithdrawOffer,
    },
};
use btt_runtime::modules::market::{IMarket, limits};
use jsonrpsee::{
    PendingSubscriptionSink,
    core::{RpcResult, SubscriptionError},
};

/// Entries of a list where the request names no limit, and most that it may name.
const DEFAULT_ENTRIES: u64 = 20;
const MAX_ENTRIES: u64 = 1_000;

fn wei(ticks: u64) -> U256 {
    U256::from(limits::wei(ticks))
}

fn entries(limit: Option<Number>) -> Result<usize, RpcError> {
    match limit.map_or(DEFAULT_ENTRIES, |limit| limit.0) {
        limit if limit > MAX_ENTRIES => {
            Err(RpcError::Limit(format!("a list of {limit} entries, limit {MAX_ENTRIES}")))
        }
        limit => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
    }
}

/// The rule by which the module refuses, named as in its interface.
fn refused(error: RpcError) -> RpcError {
    let RpcError::Reverted(data) = error else { return error };
    match IMarket::IMarketErrors::abi_decode(&data) {
        Ok(rule) => {
            // The variant's name and its fields' types share one word: "Name(Name { … })".
            let text = format!("{rule:?}");
            let inner = text.split_once('(').map_or("", |(_, inner)| inner);
            let reason = inner.strip_suffix(')').unwrap_or(inner).to_owned();
            RpcError::Forbidden { reason, data }
        }
        Err(_) => RpcError::Reverted(data),
    }
}

fn tier(tier: &IMarket::Tier) -> BidTier {
    BidTier { price_ticks: Number(tier.price), quantity: tier.quantity }
}

fn sol_tiers(tiers: &[BidTier]) -> Vec<IMarket::Tier> {
    let tier = |t: &BidTier| IMarket::Tier { price: t.price_ticks.0, quantity: t.quantity };
    tiers.iter().map(tier).collect()
}

fn epoch_number(Number(epoch): Number) -> Result<u32, RpcError> {
    u32::try_from(epoch).map_err(|_| RpcError::InvalidParams(format!("no epoch {epoch}")))
}

/// What every bid must keep, before it is sealed or tried.
///
/// # Errors
/// [`RpcError::InvalidParams`] says which rule the tiers break.
fn check_tiers(tiers: &[BidTier]) -> Result<(), RpcError> {
    let wrong = |text: String| Err(RpcError::InvalidParams(text));
    if !(1..=limits::MAX_TIERS).contains(&tiers.len()) {
        return wrong(format!("a bid has 1 to {} tiers, not {}", limits::MAX_TIERS, tiers.len()));
    }
    for (place, tier) in tiers.iter().enumerate() {
        if tier.quantity == 0 || tier.price_ticks.0 == 0 {
            let what = if tier.quantity == 0 { "units" } else { "price" };
            return wrong(format!("tiers[{place}] has no {what}"));
        }
    }
    if !tiers.is_sorted_by(|a, b| a.price_ticks.0 >= b.price_ticks.0) {
        return wrong("prices must not rise from tier to tier".to_owned());
    }
    match tiers.iter().map(|tier| u64::from(tier.quantity)).sum::<u64>() {
        units if units > u64::from(limits::MAX_UNITS) => {
            wrong(format!("a bid is for at most {} units, not {units}", limits::MAX_UNITS))
        }
        _ => Ok(()),
    }
}

#[jsonrpsee::core::async_trait]
impl MarketApiServer for Rpc {
    async fn epoch(&self) -> RpcResult<MarketEpoch> {
        Ok(self.slowly(Self::market_epoch).await?)
    }

    async fn epochs(&self, limit: Option<Number>) -> RpcResult<Vec<EpochResult>> {
        let most = entries(limit)?;
        Ok(self.slowly(move |rpc| rpc.market_epochs(most)).await?)
    }

    async fn offers(&self, swarm: B256, offset: Option<Number>) -> RpcResult<OfferPage> {
        Ok(self.slowly(move |rpc| rpc.offers_for(swarm, offset)).await?)
    }

    async fn offers_of(&self, seller: Address, offset: Option<Number>) -> RpcResult<OfferPage> {
        Ok(self.slowly(move |rpc| rpc.offers_of_seller(seller, offset)).await?)
    }

    async fn offer(&self, id: Number) -> RpcResult<MarketOffer> {
        Ok(self.slowly(move |rpc| rpc.market_offer(id.0)).await?)
    }

    async fn seller(&self, seller: Address) -> RpcResult<MarketSeller> {
        Ok(self.slowly(move |rpc| rpc.market_seller(seller)).await?)
    }

    async fn prices(&self, swarm: B256, limit: Option<Number>) -> RpcResult<Vec<SwarmPrice>> {
        let most = entries(limit)?;
        Ok(self.slowly(move |rpc| rpc.swarm_prices(swarm, most)).await?)
    }

    async fn bids(&self, account: Address) -> RpcResult<Vec<MarketBid>> {
        Ok(self.slowly(move |rpc| rpc.bids_of(account)).await?)
    }

    async fn bid(&self, id: Number) -> RpcResult<MarketBid> {
        Ok(self.slowly(move |rpc| rpc.market_bid(id.0)).await?)
    }

    async fn awards(&self, account: Address, limit: Option<Number>) -> RpcResult<Vec<Award>> {
        let most = entries(limit)?;
        Ok(self.slowly(move |rpc| rpc.awards_of(account, most)).await?)
    }

    async fn leases(&self, account: Address, limit: Option<Number>) -> RpcResult<Vec<MarketLease>> {
        let most = entries(limit)?;
        Ok(self.slowly(move |rpc| rpc.leases_of(account, most)).await?)
    }

    async fn lease(&self, id: B256) -> RpcResult<MarketLease> {
        Ok(self.slowly(move |rpc| rpc.market_lease(id)).await?)
    }

    async fn book_fee(&self, swarm: B256) -> RpcResult<BookFees> {
        Ok(self.slowly(move |rpc| rpc.book_fees(swarm)).await?)
    }

    async fn book(&self, epoch: Option<Number>) -> RpcResult<Option<MarketBook>> {
        let epoch = epoch.map(epoch_number).transpose()?;
        let (guard, _asker) = self.guard().awaited();
        Ok(self.slowly(move |rpc| rpc.market_book(epoch, &guard)).await?)
    }

    async fn simulate_bid(&self, bid: SimulateBid) -> RpcResult<Vec<SimulatedBid>> {
        check_tiers(&bid.tiers)?;
        let (guard, _asker) = self.guard().awaited();
        Ok(self.slowly(move |rpc| rpc.simulated(&bid, &guard)).await?)
    }

    async fn commit_hash(&self, query: CommitHashQuery) -> RpcResult<B256> {
        Ok(self.slowly(move |rpc| rpc.sealed(&query)).await?)
    }

    async fn receipt_digest(
        &self,
        lease_id: B256,
        delivered_bytes: Number,
    ) -> RpcResult<ReceiptDigest> {
        let chain_id = self.chain().config().chain_id;
        Ok(digest::of(chain_id, lease_id, u128::from(delivered_bytes.0)))
    }

    async fn post_offer(&self, request: PostOffer) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_offer(None, request)).await?)
    }

    async fn change_offer(&self, request: ChangeOffer) -> RpcResult<PreparedTransaction> {
        let ChangeOffer { id, offer } = request;
        Ok(self.slowly(move |rpc| rpc.build_offer(Some(id.0), offer)).await?)
    }

    async fn withdraw_offer(&self, request: WithdrawOffer) -> RpcResult<PreparedTransaction> {
        let call = IMarket::withdrawOfferCall { offerId: request.id.0 };
        Ok(self.slowly(move |rpc| rpc.market_call(request.from, &call, U256::ZERO)).await?)
    }

    async fn top_up_bond(&self, request: TopUpBond) -> RpcResult<PreparedTransaction> {
        let call = IMarket::topUpBondCall {};
        Ok(self.slowly(move |rpc| rpc.market_call(request.from, &call, request.amount_wei)).await?)
    }

    async fn withdraw_bond(&self, request: WithdrawBond) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_withdraw_bond(&request)).await?)
    }

    async fn commit(&self, request: CommitBid) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_commit(&request)).await?)
    }

    async fn reveal(&self, request: RevealBid) -> RpcResult<PreparedTransaction> {
        let tiers = sol_tiers(&request.tiers);
        let call = IMarket::revealBidCall { bidId: request.id.0, tiers, salt: request.salt };
        Ok(self.slowly(move |rpc| rpc.market_call(request.from, &call, U256::ZERO)).await?)
    }

    async fn cancel_bid(&self, request: CancelBid) -> RpcResult<PreparedTransaction> {
        let call = IMarket::cancelBidCall { bidId: request.id.0 };
        Ok(self.slowly(move |rpc| rpc.market_call(request.from, &call, U256::ZERO)).await?)
    }

    async fn submit_receipts(&self, request: SubmitReceipts) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_receipts(request)).await?)
    }

    async fn subscribe_to(
        &self,
        pending: PendingSubscriptionSink,
        filter: Option<MarketFilter>,
    ) -> Result<(), SubscriptionError> {
        // Before the client knows that it is subscribed: from then on it misses no reveal phase.
        let blocks = self.chain().subscribe();
        let feed = self.feed_of(pending.accept().await?);
        self.feed_market(&filter.unwrap_or_default(), &feed, blocks).await
    }
}
