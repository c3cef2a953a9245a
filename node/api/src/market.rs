//! `market_`: the bandwidth market.

#[cfg(feature = "client")]
use crate::types::MarketEvent;
use crate::types::{
    Award, BookFees, CancelBid, ChangeOffer, CommitBid, CommitHashQuery, EpochResult, MarketBid,
    MarketBook, MarketEpoch, MarketFilter, MarketLease, MarketOffer, MarketSeller, Number,
    OfferPage, PostOffer, PreparedTransaction, ReceiptDigest, RevealBid, SimulateBid, SimulatedBid,
    SubmitReceipts, SwarmPrice, TopUpBond, WithdrawBond, WithdrawOffer,
};
use alloy_primitives::{Address, B256};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// The market as of the newest block. Lists are newest first. Builders return transactions that nobody has
/// signed; what the module would refuse is error 3 with its revert data.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "market"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "market"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "market"))]
pub trait MarketApi {
    /// The epoch under way: phase, countdown, terms.
    #[method(name = "epoch")]
    async fn epoch(&self) -> RpcResult<MarketEpoch>;

    /// Epochs that are over.
    #[method(name = "epochs")]
    async fn epochs(&self, limit: Option<Number>) -> RpcResult<Vec<EpochResult>>;

    /// Standing offers for a swarm.
    #[method(name = "offers")]
    async fn offers(&self, swarm: B256, offset: Option<Number>) -> RpcResult<OfferPage>;

    /// A seller's standing offers.
    #[method(name = "offersOf")]
    async fn offers_of(&self, seller: Address, offset: Option<Number>) -> RpcResult<OfferPage>;

    /// A standing offer.
    #[method(name = "offer")]
    async fn offer(&self, id: Number) -> RpcResult<MarketOffer>;

    /// A seller: bond, and what it delivered of what it leased.
    #[method(name = "seller")]
    async fn seller(&self, seller: Address) -> RpcResult<MarketSeller>;

    /// What a swarm's units cost in the newest epochs.
    #[method(name = "prices")]
    async fn prices(&self, swarm: B256, limit: Option<Number>) -> RpcResult<Vec<SwarmPrice>>;

    /// An account's bids in the book.
    #[method(name = "bids")]
    async fn bids(&self, account: Address) -> RpcResult<Vec<MarketBid>>;

    /// A bid, in the book or over.
    #[method(name = "bid")]
    async fn bid(&self, id: Number) -> RpcResult<MarketBid>;

    /// What an account's bids came to.
    #[method(name = "awards")]
    async fn awards(&self, account: Address, limit: Option<Number>) -> RpcResult<Vec<Award>>;

    /// Leases of an account, as buyer or seller, open and closed.
    #[method(name = "leases")]
    async fn leases(&self, account: Address, limit: Option<Number>) -> RpcResult<Vec<MarketLease>>;

    /// A lease, open or closed.
    #[method(name = "lease")]
    async fn lease(&self, id: B256) -> RpcResult<MarketLease>;

    /// What a place in the book costs now.
    #[method(name = "bookFee")]
    async fn book_fee(&self, swarm: B256) -> RpcResult<BookFees>;

    /// The book of an epoch, from its freeze on; of the newest one without a number. `null` where there is none.
    #[method(name = "book")]
    async fn book(&self, epoch: Option<Number>) -> RpcResult<Option<MarketBook>>;

    /// What a bid would have come to in epochs of the past.
    #[method(name = "simulateBid")]
    async fn simulate_bid(&self, bid: SimulateBid) -> RpcResult<Vec<SimulatedBid>>;

    /// What a commit seals.
    #[method(name = "commitHash")]
    async fn commit_hash(&self, query: CommitHashQuery) -> RpcResult<B256>;

    /// What the signer of a receipt signs.
    #[method(name = "receiptDigest")]
    async fn receipt_digest(
        &self,
        lease_id: B256,
        delivered_bytes: Number,
    ) -> RpcResult<ReceiptDigest>;

    /// Transaction that offers capacity.
    #[method(name = "postOffer")]
    async fn post_offer(&self, request: PostOffer) -> RpcResult<PreparedTransaction>;

    /// Transaction that replaces an offer.
    #[method(name = "changeOffer")]
    async fn change_offer(&self, request: ChangeOffer) -> RpcResult<PreparedTransaction>;

    /// Transaction that ends an offer.
    #[method(name = "withdrawOffer")]
    async fn withdraw_offer(&self, request: WithdrawOffer) -> RpcResult<PreparedTransaction>;

    /// Transaction that adds to a bond.
    #[method(name = "topUpBond")]
    async fn top_up_bond(&self, request: TopUpBond) -> RpcResult<PreparedTransaction>;

    /// Transaction that takes free bond out.
    #[method(name = "withdrawBond")]
    async fn withdraw_bond(&self, request: WithdrawBond) -> RpcResult<PreparedTransaction>;

    /// Transaction that seals a bid.
    #[method(name = "commit")]
    async fn commit(&self, request: CommitBid) -> RpcResult<PreparedTransaction>;

    /// Transaction that opens a bid.
    #[method(name = "reveal")]
    async fn reveal(&self, request: RevealBid) -> RpcResult<PreparedTransaction>;

    /// Transaction that ends a standing bid.
    #[method(name = "cancelBid")]
    async fn cancel_bid(&self, request: CancelBid) -> RpcResult<PreparedTransaction>;

    /// Transaction that hands receipts in.
    #[method(name = "submitReceipts")]
    async fn submit_receipts(&self, request: SubmitReceipts) -> RpcResult<PreparedTransaction>;

    /// Events of the market from now on, block by block; WebSocket only.
    #[subscription(
        name = "subscribe" => "subscription",
        unsubscribe = "unsubscribe",
        item = MarketEvent
    )]
    async fn subscribe_to(
        &self,
        filter: Option<MarketFilter>,
    ) -> jsonrpsee::core::SubscriptionResult;
}
