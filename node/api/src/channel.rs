//! `channel_`: payment channels and pools, vouchers, settlement, the watchtower.

#[cfg(feature = "client")]
use crate::types::ChannelEvent;
use crate::types::{
    AnyVoucher, ChannelEventPage, ChannelFee, ChannelFeeQuery, ChannelFilter, ChannelInfo,
    ChannelPage, ChannelQuery, CloseChannel, CoopCloseChannel, FromChannel, OpenChannel, OpenPool,
    PoolPayeeClaim, PreparedBatch, PreparedTransaction, SettleChannel, SignedVoucher,
    StorageDeposits, TopUpChannel, TopUpPool, VoucherDigest, VoucherVerdict, WatchRequest,
    WatchedVoucher,
};
use alloy_primitives::{Address, B256, Bytes};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Channels as of the newest block. Builders return transactions that nobody has signed; what the module would
/// refuse is error 3 with its revert data, as `eth_call` says it.
#[cfg_attr(all(feature = "server", feature = "client"), rpc(server, client, namespace = "channel"))]
#[cfg_attr(not(feature = "client"), rpc(server, namespace = "channel"))]
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "channel"))]
pub trait ChannelApi {
    /// A channel or pool, open or ended.
    #[method(name = "get")]
    async fn get(&self, id: B256) -> RpcResult<ChannelInfo>;

    /// Channels and pools in the order in which they were opened.
    #[method(name = "list")]
    async fn list(&self, query: Option<ChannelQuery>) -> RpcResult<ChannelPage>;

    /// Those that an account has opened.
    #[method(name = "byPayer")]
    async fn by_payer(&self, payer: Address, cursor: Option<Bytes>) -> RpcResult<ChannelPage>;

    /// Those that pay an account.
    #[method(name = "byPayee")]
    async fn by_payee(&self, payee: Address, cursor: Option<Bytes>) -> RpcResult<ChannelPage>;

    /// What happened to a channel or pool, oldest first.
    #[method(name = "history")]
    async fn history(&self, id: B256, cursor: Option<Bytes>) -> RpcResult<ChannelEventPage>;

    /// What the signer of a voucher signs.
    #[method(name = "digest")]
    async fn digest(&self, voucher: AnyVoucher) -> RpcResult<VoucherDigest>;

    /// Whether a voucher would be paid, and how much.
    #[method(name = "verifyVoucher")]
    async fn verify_voucher(&self, signed: SignedVoucher) -> RpcResult<VoucherVerdict>;

    /// What opening takes for the records, beside the deposit.
    #[method(name = "storageDeposit")]
    async fn storage_deposit(&self) -> RpcResult<StorageDeposits>;

    /// What a call costs now.
    #[method(name = "estimateFee")]
    async fn estimate_fee(&self, query: ChannelFeeQuery) -> RpcResult<ChannelFee>;

    /// Transactions that settle many vouchers; `from` may send them.
    #[method(name = "prepareBatch")]
    async fn prepare_batch(
        &self,
        items: Vec<SignedVoucher>,
        from: Option<Address>,
    ) -> RpcResult<PreparedBatch>;

    /// Transaction that opens a channel.
    #[method(name = "open")]
    async fn open(&self, request: OpenChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that adds to a channel's deposit.
    #[method(name = "topUp")]
    async fn top_up(&self, request: TopUpChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that settles a voucher of any shape.
    #[method(name = "settle")]
    async fn settle(&self, request: SettleChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction by which payee or operator ends a channel.
    #[method(name = "close")]
    async fn close(&self, request: CloseChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that ends a channel by a split that both signed.
    #[method(name = "coopClose")]
    async fn coop_close(&self, request: CoopCloseChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction by which the payer starts the grace of a channel or pool.
    #[method(name = "requestClose")]
    async fn request_close(&self, request: FromChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that refunds the payer of a channel or pool after the grace.
    #[method(name = "withdraw")]
    async fn withdraw(&self, request: FromChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that refunds the payer of a channel or pool after its expiry and grace.
    #[method(name = "expire")]
    async fn expire(&self, request: FromChannel) -> RpcResult<PreparedTransaction>;

    /// Transaction that opens a pool.
    #[method(name = "poolOpen")]
    async fn pool_open(&self, request: OpenPool) -> RpcResult<PreparedTransaction>;

    /// Transaction that adds to a pool's deposit and collateral.
    #[method(name = "poolTopUp")]
    async fn pool_top_up(&self, request: TopUpPool) -> RpcResult<PreparedTransaction>;

    /// Transaction that settles a pool's voucher.
    #[method(name = "poolSettle")]
    async fn pool_settle(&self, request: SettleChannel) -> RpcResult<PreparedTransaction>;

    /// A pool, open or ended.
    #[method(name = "poolGet")]
    async fn pool_get(&self, id: B256) -> RpcResult<ChannelInfo>;

    /// What a payee was paid by a pool.
    #[method(name = "poolClaim")]
    async fn pool_claim(&self, id: B256, payee: Address) -> RpcResult<PoolPayeeClaim>;

    /// Hands the newest voucher to this node's watchtower. Once it answers, the voucher is on its disk.
    #[method(name = "watch")]
    async fn watch(&self, request: WatchRequest) -> RpcResult<WatchedVoucher>;

    /// What the watchtower keeps of a channel, by lane.
    #[method(name = "watched")]
    async fn watched(&self, id: B256) -> RpcResult<Vec<WatchedVoucher>>;

    /// Events of channels and pools from now on, block by block; WebSocket only.
    #[subscription(
        name = "subscribe" => "subscription",
        unsubscribe = "unsubscribe",
        item = ChannelEvent
    )]
    async fn subscribe_to(
        &self,
        filter: Option<ChannelFilter>,
    ) -> jsonrpsee::core::SubscriptionResult;
}
