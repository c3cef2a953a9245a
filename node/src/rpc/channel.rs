//! `channel_`: channels from state and index, vouchers checked by the module itself on a copy of the state,
//! transactions for others to sign.
//!
//! | file | subject |
//! |---|---|
//! | `info` | one channel, lists, history |
//! | `digest`, `verify` | what is signed; what a voucher is worth |
//! | `build`, `settle`, `batch`, `fees` | transactions, and what they cost |
//! | `subscribe` | events as they come |

mod batch;
mod build;
mod digest;
mod fees;
mod info;
mod settle;
mod subscribe;
mod verify;

use super::{RpcError, blocks::now_ms, context::Rpc};
use crate::chain::{ChannelTrial, channel_refusal};
use alloy_primitives::{Address, B256, Bytes};
use btt_api::{
    server::ChannelApiServer,
    types::{
        AnyVoucher, ChannelEventPage, ChannelFee, ChannelFeeQuery, ChannelFilter, ChannelInfo,
        ChannelPage, ChannelQuery, CloseChannel, CoopCloseChannel, FromChannel, OpenChannel,
        OpenPool, PoolPayeeClaim, PreparedBatch, PreparedTransaction, SettleChannel, SignedVoucher,
        StorageDeposits, TopUpChannel, TopUpPool, VoucherDigest, VoucherVerdict, WatchRequest,
        WatchedVoucher,
    },
};
use btt_runtime::modules::ModuleError;
use jsonrpsee::{
    PendingSubscriptionSink,
    core::{RpcResult, SubscriptionError},
};

impl Rpc {
    /// The channels module on a copy of the newest state, now.
    fn trial(&self) -> Result<ChannelTrial<'_>, RpcError> {
        Ok(self.chain().channel_trial(now_ms())?)
    }
}

/// The rule by which the module refuses, as an error.
fn refused(error: impl Into<RpcError>) -> RpcError {
    match error.into() {
        RpcError::Reverted(data) => match channel_refusal(&data) {
            Some(reason) => RpcError::Forbidden { reason, data },
            None => RpcError::Reverted(data),
        },
        other => other,
    }
}

/// The same in words, where a refusal is an answer and not an error.
fn rule(error: ModuleError) -> Result<String, RpcError> {
    match refused(error) {
        RpcError::Forbidden { reason, .. } => Ok(reason),
        other => Err(other),
    }
}

#[jsonrpsee::core::async_trait]
impl ChannelApiServer for Rpc {
    async fn get(&self, id: B256) -> RpcResult<ChannelInfo> {
        Ok(self.slowly(move |rpc| rpc.channel_info(id)).await?)
    }

    async fn list(&self, query: Option<ChannelQuery>) -> RpcResult<ChannelPage> {
        let query = query.unwrap_or_default();
        Ok(self.slowly(move |rpc| rpc.channel_page(&query)).await?)
    }

    async fn by_payer(&self, payer: Address, cursor: Option<Bytes>) -> RpcResult<ChannelPage> {
        self.list(Some(ChannelQuery { payer: Some(payer), cursor, ..Default::default() })).await
    }

    async fn by_payee(&self, payee: Address, cursor: Option<Bytes>) -> RpcResult<ChannelPage> {
        self.list(Some(ChannelQuery { payee: Some(payee), cursor, ..Default::default() })).await
    }

    async fn history(&self, id: B256, cursor: Option<Bytes>) -> RpcResult<ChannelEventPage> {
        Ok(self.slowly(move |rpc| rpc.channel_history(id, cursor.as_ref())).await?)
    }

    async fn digest(&self, voucher: AnyVoucher) -> RpcResult<VoucherDigest> {
        Ok(digest::of(self.chain().config().chain_id, &voucher))
    }

    async fn verify_voucher(&self, signed: SignedVoucher) -> RpcResult<VoucherVerdict> {
        Ok(self.slowly(move |rpc| rpc.verdict(&signed)).await?)
    }

    async fn storage_deposit(&self) -> RpcResult<StorageDeposits> {
        Ok(self.slowly(Self::storage_deposits).await?)
    }

    async fn estimate_fee(&self, query: ChannelFeeQuery) -> RpcResult<ChannelFee> {
        Ok(self.slowly(move |rpc| rpc.channel_fee(query)).await?)
    }

    async fn prepare_batch(
        &self,
        items: Vec<SignedVoucher>,
        from: Option<Address>,
    ) -> RpcResult<PreparedBatch> {
        Ok(self.slowly(move |rpc| rpc.batches(&items, from.unwrap_or_default())).await?)
    }

    async fn open(&self, request: OpenChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_open(&request)).await?)
    }

    async fn top_up(&self, request: TopUpChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_top_up(&request)).await?)
    }

    async fn settle(&self, request: SettleChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_settle(&request)).await?)
    }

    async fn close(&self, request: CloseChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_close(&request)).await?)
    }

    async fn coop_close(&self, request: CoopCloseChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_coop_close(request)).await?)
    }

    async fn request_close(&self, request: FromChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_request_close(&request)).await?)
    }

    async fn withdraw(&self, request: FromChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_withdraw(&request)).await?)
    }

    async fn expire(&self, request: FromChannel) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_expire(&request)).await?)
    }

    async fn pool_open(&self, request: OpenPool) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_pool_open(&request)).await?)
    }

    async fn pool_top_up(&self, request: TopUpPool) -> RpcResult<PreparedTransaction> {
        Ok(self.slowly(move |rpc| rpc.build_pool_top_up(&request)).await?)
    }

    async fn pool_settle(&self, request: SettleChannel) -> RpcResult<PreparedTransaction> {
        if !matches!(request.voucher, AnyVoucher::Pool(_)) {
            let text = "a pool settles a pool's voucher, which has a poolId".to_owned();
            return Err(RpcError::InvalidParams(text).into());
        }
        self.settle(request).await
    }

    async fn pool_get(&self, id: B256) -> RpcResult<ChannelInfo> {
        Ok(self.slowly(move |rpc| rpc.pool_info(id)).await?)
    }

    async fn pool_claim(&self, id: B256, payee: Address) -> RpcResult<PoolPayeeClaim> {
        Ok(self.slowly(move |rpc| rpc.claim_of(id, payee)).await?)
    }

    async fn watch(&self, request: WatchRequest) -> RpcResult<WatchedVoucher> {
        Ok(self.slowly(move |rpc| rpc.give_to_tower(&request)).await?)
    }

    async fn watched(&self, id: B256) -> RpcResult<Vec<WatchedVoucher>> {
        Ok(self.slowly(move |rpc| rpc.kept_by_tower(id)).await?)
    }

    async fn subscribe_to(
        &self,
        pending: PendingSubscriptionSink,
        filter: Option<ChannelFilter>,
    ) -> Result<(), SubscriptionError> {
        // Before the client knows that it is subscribed: from then on it misses no close request.
        let blocks = self.chain().subscribe();
        let feed = self.feed_of(pending.accept().await?);
        self.feed_channels(&filter.unwrap_or_default(), &feed, blocks).await
    }
}
