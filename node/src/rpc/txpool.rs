//! `txpool_`: waiting transactions, as geth shows them.

use super::{context::Rpc, convert};
use alloy_consensus::Transaction as _;
use alloy_primitives::Address;
use btt_api::{
    server::TxpoolApiServer,
    types::{ByNonce, RpcTransaction, TxpoolContent, TxpoolContentFrom, TxpoolStatus},
};
use btt_runtime::tx::Transaction;
use jsonrpsee::core::RpcResult;
use std::{collections::BTreeMap, sync::Arc};

type Waiting = BTreeMap<Address, ByNonce<Arc<Transaction>>>;

fn each<T>(waiting: &ByNonce<Arc<Transaction>>, show: impl Fn(&Transaction) -> T) -> ByNonce<T> {
    waiting.iter().map(|(nonce, tx)| (*nonce, show(tx))).collect()
}

fn all<T>(waiting: &Waiting, show: impl Fn(&Transaction) -> T) -> BTreeMap<Address, ByNonce<T>> {
    waiting.iter().map(|(sender, by_nonce)| (*sender, each(by_nonce, &show))).collect()
}

/// One line: whom, how much, gas and price.
fn line(tx: &Transaction) -> String {
    let envelope = tx.envelope();
    let to = envelope.to().map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
    let (value, gas) = (envelope.value(), envelope.gas_limit());
    format!("{to}: {value} wei + {gas} gas × {} wei", envelope.max_fee_per_gas())
}

#[jsonrpsee::core::async_trait]
impl TxpoolApiServer for Rpc {
    fn status(&self) -> RpcResult<TxpoolStatus> {
        let (pending, queued) = self.mempool().status();
        Ok(TxpoolStatus { pending: pending as u64, queued: queued as u64 })
    }

    async fn content(&self) -> RpcResult<TxpoolContent<RpcTransaction>> {
        let work = |rpc: &Self| {
            let (content, fee) = (rpc.mempool().content(), rpc.chain().next_base_fee());
            let show = |tx: &Transaction| convert::pending_transaction(tx, fee);
            let (pending, queued) = (all(&content.pending, show), all(&content.queued, show));
            Ok(TxpoolContent { pending, queued })
        };
        Ok(self.slowly(work).await?)
    }

    fn content_from(&self, address: Address) -> RpcResult<TxpoolContentFrom<RpcTransaction>> {
        let (pending, queued) = self.mempool().content_of(address);
        let fee = self.chain().next_base_fee();
        let show = |tx: &Transaction| convert::pending_transaction(tx, fee);
        Ok(TxpoolContentFrom { pending: each(&pending, show), queued: each(&queued, show) })
    }

    async fn inspect(&self) -> RpcResult<TxpoolContent<String>> {
        let work = |rpc: &Self| {
            let content = rpc.mempool().content();
            let (pending, queued) = (all(&content.pending, line), all(&content.queued, line));
            Ok(TxpoolContent { pending, queued })
        };
        Ok(self.slowly(work).await?)
    }
}
