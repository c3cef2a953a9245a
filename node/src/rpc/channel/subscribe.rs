//! Events of channels as blocks bring them.

use super::{
    super::{RpcError, context::Rpc, subscriptions::Feed},
    info,
};
use crate::storage::{Place, StoredBlock, channel_logs};
use btt_api::types::{ChannelEvent, ChannelFilter};
use jsonrpsee::core::SubscriptionError;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;

impl Rpc {
    pub(super) async fn feed_channels(
        &self,
        filter: &ChannelFilter,
        feed: &Feed,
        mut blocks: Receiver<Arc<StoredBlock>>,
    ) -> Result<(), SubscriptionError> {
        while let Some(block) = feed.next(&mut blocks).await? {
            for event in self.channel_events(&block, filter)? {
                feed.send(&event).await?;
            }
        }
        Ok(())
    }

    /// What a block did to channels that a filter wants.
    pub(super) fn channel_events(
        &self,
        block: &StoredBlock,
        filter: &ChannelFilter,
    ) -> Result<Vec<ChannelEvent>, RpcError> {
        let mut events = Vec::new();
        for log in channel_logs(&block.receipts) {
            if filter.channel.is_some_and(|id| id != log.id) {
                continue;
            }
            // The index was written with the block.
            let Some(record) = self.chain().store().channel_record(log.id)? else { continue };
            let transaction = block.transactions.get(log.transaction);
            let hash = transaction.map(|tx| tx.hash()).unwrap_or_default();
            let place = Place { block: block.block.header.number, log: log.log };
            let event = info::event(log.id, &record, place, hash, &log.change);
            if filter.takes(&event) {
                events.push(event);
            }
        }
        Ok(events)
    }
}
