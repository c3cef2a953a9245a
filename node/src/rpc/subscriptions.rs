//! `eth_subscribe`. A client that does not read holds one queue of bounded length; when its patience is
//! over, or the chain has run ahead of what is kept for it, the subscription ends and says so.

use super::{RpcError, context::Rpc, convert, logs::matching_logs};
use btt_api::{
    server::EthSubscriptionsApiServer,
    types::{
        Filter, RpcTransaction,
        pubsub::{Params, PubSubSyncStatus, SubscriptionKind, SubscriptionResult},
    },
};
use jsonrpsee::{
    PendingSubscriptionSink, SubscriptionSink,
    core::{SubscriptionError, to_json_raw_value},
    types::ErrorObjectOwned,
};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

type Event = SubscriptionResult<RpcTransaction>;

/// What is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Topic {
    NewHeads,
    Logs(Box<Filter>),
    PendingTransactions { full: bool },
    Syncing,
}

impl Topic {
    fn of(kind: SubscriptionKind, params: Option<Params>) -> Result<Self, RpcError> {
        let wrong = |text: &str| Err(RpcError::InvalidParams(text.to_owned()));
        match (kind, params.unwrap_or_default()) {
            (SubscriptionKind::NewHeads, Params::None) => Ok(Self::NewHeads),
            (SubscriptionKind::Logs, Params::None) => Ok(Self::Logs(Box::default())),
            (SubscriptionKind::Logs, Params::Logs(filter)) => Ok(Self::Logs(filter)),
            (SubscriptionKind::NewPendingTransactions, Params::None) => {
                Ok(Self::PendingTransactions { full: false })
            }
            (SubscriptionKind::NewPendingTransactions, Params::Bool(full)) => {
                Ok(Self::PendingTransactions { full })
            }
            (SubscriptionKind::Syncing, Params::None) => Ok(Self::Syncing),
            (SubscriptionKind::TransactionReceipts, _) => wrong(
                "transactionReceipts is not served; subscribe to newHeads and ask \
                 eth_getBlockReceipts",
            ),
            (kind, _) => wrong(&format!("wrong parameters for the subscription {kind}")),
        }
    }
}

/// Sends what a stream brings for as long as the client reads.
pub(super) struct Feed {
    pub(super) sink: SubscriptionSink,
    patience: Duration,
}

impl Feed {
    /// The next of a stream; `None` when the subscription or the node ends.
    pub(super) async fn next<T: Clone>(
        &self,
        events: &mut Receiver<T>,
    ) -> Result<Option<T>, SubscriptionError> {
        tokio::select! {
            () = self.sink.closed() => Ok(None),
            event = events.recv() => match event {
                Ok(event) => Ok(Some(event)),
                Err(RecvError::Closed) => Ok(None),
                Err(RecvError::Lagged(missed)) => {
                    Err(format!("subscription ended: the client is {missed} events behind").into())
                }
            },
        }
    }

    pub(super) async fn send(&self, event: &impl Serialize) -> Result<(), SubscriptionError> {
        let message = to_json_raw_value(event)?;
        let sent = self.sink.send_timeout(message, self.patience).await;
        sent.map_err(|_| "subscription ended: the client does not read".into())
    }
}

impl Rpc {
    /// Feeds a client that was just accepted.
    pub(super) fn feed_of(&self, sink: SubscriptionSink) -> Feed {
        let patience = Duration::from_millis(self.limits.subscription_patience_ms);
        Feed { sink, patience }
    }

    async fn feed(&self, topic: Topic, feed: Feed) -> Result<(), SubscriptionError> {
        match topic {
            Topic::NewHeads => self.feed_heads(&feed).await,
            Topic::Logs(filter) => self.feed_logs(&filter, &feed).await,
            Topic::PendingTransactions { full } => self.feed_pending(full, &feed).await,
            Topic::Syncing => {
                feed.send(&Event::SyncState(PubSubSyncStatus::Simple(false))).await?;
                feed.sink.closed().await;
                Ok(())
            }
        }
    }

    async fn feed_heads(&self, feed: &Feed) -> Result<(), SubscriptionError> {
        let mut blocks = self.chain().subscribe();
        while let Some(block) = feed.next(&mut blocks).await? {
            let header = convert::header(&block.block.header, block.hash, None);
            feed.send(&Event::Header(Box::new(alloy_serde::WithOtherFields::new(header)))).await?;
        }
        Ok(())
    }

    async fn feed_logs(&self, filter: &Filter, feed: &Feed) -> Result<(), SubscriptionError> {
        let mut blocks = self.chain().subscribe();
        let mut found = Vec::new();
        while let Some(block) = feed.next(&mut blocks).await? {
            matching_logs(filter, &block, &mut found);
            for log in found.drain(..) {
                feed.send(&Event::Log(Box::new(log))).await?;
            }
        }
        Ok(())
    }

    async fn feed_pending(&self, full: bool, feed: &Feed) -> Result<(), SubscriptionError> {
        let mut admitted = self.mempool().subscribe();
        while let Some(tx) = feed.next(&mut admitted).await? {
            let event = if full {
                let shown = convert::pending_transaction(&tx, self.chain().next_base_fee());
                Event::FullTransaction(Box::new(shown))
            } else {
                Event::TransactionHash(tx.hash())
            };
            drop::<Arc<_>>(tx);
            feed.send(&event).await?;
        }
        Ok(())
    }
}

#[jsonrpsee::core::async_trait]
impl EthSubscriptionsApiServer for Rpc {
    async fn subscribe_to(
        &self,
        pending: PendingSubscriptionSink,
        kind: SubscriptionKind,
        params: Option<Params>,
    ) -> Result<(), SubscriptionError> {
        let topic = Topic::of(kind, params).and_then(|topic| match &topic {
            Topic::Logs(filter) => self.check_filter(filter).map(|()| topic),
            _ => Ok(topic),
        });
        let topic = match topic {
            Ok(topic) => topic,
            Err(error) => {
                pending.reject(ErrorObjectOwned::from(error)).await;
                return Ok(());
            }
        };
        let feed = self.feed_of(pending.accept().await?);
        self.feed(topic, feed).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(kind: &str, params: &str) -> Result<Topic, RpcError> {
        Topic::of(kind.parse().unwrap(), Some(serde_json::from_str(params).unwrap()))
    }

    #[test]
    fn every_kind_has_its_parameters() {
        assert_eq!(topic("newHeads", "null"), Ok(Topic::NewHeads));
        assert_eq!(topic("syncing", "null"), Ok(Topic::Syncing));
        let pending = |full| Ok(Topic::PendingTransactions { full });
        assert_eq!(topic("newPendingTransactions", "null"), pending(false));
        assert_eq!(topic("newPendingTransactions", "true"), pending(true));
        assert!(matches!(topic("logs", "{}"), Ok(Topic::Logs(_))));
    }

    #[test]
    fn wrong_parameters_are_refused_with_the_kind_named() {
        let error = topic("newHeads", "true").unwrap_err();
        assert_eq!(error.code(), -32602);
        assert!(error.to_string().contains("newHeads"), "{error}");
        let receipts = topic("transactionReceipts", "null").unwrap_err();
        assert!(receipts.to_string().contains("eth_getBlockReceipts"));
    }
}
