//! Logs that match a filter.

use super::{RpcError, context::Rpc, convert, guard::Guard, resolve::At};
use crate::storage::StoredBlock;
use alloy_rpc_types_eth::FilterBlockOption;
use btt_api::types::{Filter, RpcLog};
use std::ops::RangeInclusive;

/// The clock is read once for so many blocks.
const BLOCKS_PER_LOOK: u64 = 256;

/// Adds the logs of a block that match.
pub(super) fn matching_logs(filter: &Filter, block: &StoredBlock, found: &mut Vec<RpcLog>) {
    if !filter.matches_bloom(block.block.header.logs_bloom) {
        return;
    }
    let mut log_index = 0;
    for (tx_index, receipt) in block.receipts.iter().enumerate() {
        for log in &receipt.logs {
            if filter.matches(log) {
                found.push(convert::log(block, tx_index, log_index, log));
            }
            log_index += 1;
        }
    }
}

impl Rpc {
    /// Refuses a filter with too many values.
    pub(super) fn check_filter(&self, filter: &Filter) -> Result<(), RpcError> {
        let limit = self.limits.filter_values;
        let (addresses, topics) =
            (filter.address.len(), filter.topics.iter().map(|topic| topic.len()).sum::<usize>());
        for (what, count) in [("addresses", addresses), ("topics", topics)] {
            if count > limit {
                return Err(RpcError::Limit(format!("filter of {count} {what}, limit {limit}")));
            }
        }
        Ok(())
    }

    /// The blocks that a filter means, up to the head.
    fn range_of(&self, filter: &Filter) -> Result<RangeInclusive<u64>, RpcError> {
        let head = self.chain().head().number;
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let number = self.chain().number_of(hash)?.ok_or(RpcError::UnknownBlock)?;
                Ok(number..=number)
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let number = |tag| match At::tag(tag) {
                    At::Head | At::Pending => head,
                    At::Number(number) => number,
                };
                let (from, to) = (from_block.map_or(head, number), to_block.map_or(head, number));
                // Whoever follows the chain asks from the next block on: there is nothing yet, and no mistake.
                let is_mistake =
                    !matches!(to_block.map_or(At::Head, At::tag), At::Head | At::Pending);
                if from > to && is_mistake {
                    let text = format!("invalid block range: from {from} is after to {to}");
                    return Err(RpcError::InvalidParams(text));
                }
                Ok(from..=to.min(head))
            }
        }
    }

    /// Logs that match, of the blocks that the filter means.
    pub(super) fn find_logs(
        &self,
        filter: &Filter,
        guard: &Guard,
    ) -> Result<Vec<RpcLog>, RpcError> {
        self.check_filter(filter)?;
        self.find_logs_in(filter, self.range_of(filter)?, guard)
    }

    /// Logs that match, of these blocks.
    pub(super) fn find_logs_in(
        &self,
        filter: &Filter,
        range: RangeInclusive<u64>,
        guard: &Guard,
    ) -> Result<Vec<RpcLog>, RpcError> {
        let (from, to) = (*range.start(), *range.end());
        let blocks = to.saturating_sub(from).saturating_add(u64::from(from <= to));
        let limit = self.limits.log_blocks;
        if blocks > limit {
            return Err(RpcError::Limit(format!(
                "query exceeds max block range {limit}: {from} to {to} are {blocks} blocks"
            )));
        }
        let mut found = Vec::new();
        for number in range {
            if number % BLOCKS_PER_LOOK == 0 {
                guard.check()?;
            }
            // The header says, cheaply and nearly always, that there is nothing.
            let header = self.chain().header(number)?.ok_or(RpcError::UnknownBlock)?;
            if !filter.matches_bloom(header.logs_bloom) {
                continue;
            }
            let block = self.chain().block(number)?.ok_or(RpcError::UnknownBlock)?;
            matching_logs(filter, &block, &mut found);
            let limit = self.limits.logs;
            if found.len() > limit {
                let last = number.saturating_sub(1).max(from);
                return Err(RpcError::Limit(format!(
                    "query exceeds max results {limit}, retry with the range {from}-{last}"
                )));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, Log, LogData};
    use btt_runtime::block::{Block, Body, Header, Receipt};

    fn log(address: u8, topics: &[u8]) -> Log {
        let topics = topics.iter().map(|topic| B256::with_last_byte(*topic)).collect();
        let data = LogData::new_unchecked(topics, Default::default());
        Log { address: Address::with_last_byte(address), data }
    }

    fn block() -> StoredBlock {
        let receipts: Vec<Receipt> =
            [vec![log(1, &[5]), log(2, &[5, 6])], vec![], vec![log(1, &[])]]
                .into_iter()
                .map(|logs| Receipt { success: true, logs, ..Receipt::default() })
                .collect();
        let logs_bloom =
            alloy_primitives::logs_bloom(receipts.iter().flat_map(|receipt| &receipt.logs));
        let header = Header { logs_bloom, number: 9, timestamp: 77, ..Header::default() };
        StoredBlock {
            lane_fees: Default::default(),
            hook_logs: Vec::new(),
            hash: header.hash_slow(),
            block: Block { header, body: Body::default() },
            transactions: Vec::new(),
            receipts,
            certificate: None,
        }
    }

    fn found(filter: &Filter) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        matching_logs(filter, &block(), &mut found);
        found.iter().map(|log| (log.transaction_index.unwrap(), log.log_index.unwrap())).collect()
    }

    #[test]
    fn logs_are_found_by_address_and_by_topic_place() {
        assert_eq!(found(&Filter::new()), [(0, 0), (0, 1), (2, 2)]);
        assert_eq!(found(&Filter::new().address(Address::with_last_byte(1))), [(0, 0), (2, 2)]);
        let five = B256::with_last_byte(5);
        assert_eq!(found(&Filter::new().event_signature(five)), [(0, 0), (0, 1)]);
        assert_eq!(found(&Filter::new().topic1(five)), []);
        assert_eq!(found(&Filter::new().topic1(B256::with_last_byte(6))), [(0, 1)]);
    }

    #[test]
    fn a_log_knows_its_block() {
        let mut found = Vec::new();
        matching_logs(&Filter::new(), &block(), &mut found);
        assert_eq!(found[0].block_number, Some(9));
        assert_eq!(found[0].block_timestamp, Some(77));
        assert_eq!(found[0].block_hash, Some(block().hash));
        assert!(!found[0].removed);
    }
}
