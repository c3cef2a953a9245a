//! `eth_getLogs`, and filters that remember what was asked and where the asker stands.

use super::{RpcError, RpcLimits, context::Rpc, convert};
use alloy_primitives::B256;
use btt_api::{
    server::EthFiltersApiServer,
    types::{Filter, FilterChanges, FilterId, RpcLog, RpcTransaction},
};
use btt_runtime::tx::Transaction;
use jsonrpsee::core::RpcResult;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// What a filter watches.
enum Watch {
    /// Logs of blocks from `next` on.
    Logs { filter: Arc<Filter>, next: u64 },
    /// Blocks from `next` on.
    Blocks { next: u64 },
    /// Transactions as the mempool admits them.
    Pending { full: bool, admitted: Receiver<Arc<Transaction>> },
}

struct Entry {
    watch: Watch,
    asked: Instant,
}

/// The filters of all askers.
pub(super) struct Filters {
    entries: Mutex<HashMap<String, Entry>>,
    max: usize,
    idle: Duration,
}

/// What an asker must be told, taken out under the lock and looked up outside of it.
enum Due {
    Logs { filter: Arc<Filter>, from: u64, to: u64 },
    Blocks { from: u64, to: u64 },
    Pending { full: bool, transactions: Vec<Arc<Transaction>> },
}

impl Due {
    /// The first block told of.
    fn first_block(&self) -> Option<u64> {
        match self {
            Self::Logs { from, .. } | Self::Blocks { from, .. } => Some(*from),
            Self::Pending { .. } => None,
        }
    }
}

impl Filters {
    pub(super) fn new(limits: &RpcLimits) -> Self {
        Self {
            entries: Mutex::new(HashMap::new()),
            max: limits.filters,
            idle: Duration::from_millis(limits.filter_idle_ms),
        }
    }

    /// Keeps a filter under an id that nobody can guess.
    fn insert(&self, watch: Watch, now: Instant) -> Result<FilterId, RpcError> {
        let mut entries = self.entries.lock();
        entries.retain(|_, entry| now.duration_since(entry.asked) < self.idle);
        if entries.len() >= self.max {
            let (max, idle_s) = (self.max, self.idle.as_secs());
            return Err(RpcError::Limit(format!(
                "{max} filters exist; uninstall one, or wait: idle ones go after {idle_s} s"
            )));
        }
        let id = format!("0x{:032x}", rand::random::<u128>());
        entries.insert(id.clone(), Entry { watch, asked: now });
        Ok(FilterId::Str(id))
    }

    /// What came since the filter was last asked, with blocks up to `head`.
    fn due(&self, id: &FilterId, head: u64, now: Instant) -> Result<Due, RpcError> {
        let mut entries = self.entries.lock();
        let entry = self.entry(&mut entries, id, now)?;
        Ok(match &mut entry.watch {
            Watch::Logs { filter, next } => {
                let from = std::mem::replace(next, head.saturating_add(1).max(*next));
                Due::Logs { filter: filter.clone(), from, to: head }
            }
            Watch::Blocks { next } => {
                let from = std::mem::replace(next, head.saturating_add(1).max(*next));
                Due::Blocks { from, to: head }
            }
            Watch::Pending { full, admitted } => {
                Due::Pending { full: *full, transactions: drain(admitted) }
            }
        })
    }

    /// Takes back that blocks from `first` on were told: they could not be.
    fn rewind(&self, id: &FilterId, first: Option<u64>) {
        let (mut entries, Some(first)) = (self.entries.lock(), first) else { return };
        if let Ok(Entry { watch: Watch::Logs { next, .. } | Watch::Blocks { next }, .. }) =
            self.entry(&mut entries, id, Instant::now())
        {
            *next = first.min(*next);
        }
    }

    fn log_filter(&self, id: &FilterId, now: Instant) -> Result<Arc<Filter>, RpcError> {
        let mut entries = self.entries.lock();
        match &self.entry(&mut entries, id, now)?.watch {
            Watch::Logs { filter, .. } => Ok(filter.clone()),
            _ => Err(RpcError::InvalidParams("this filter is not a log filter".to_owned())),
        }
    }

    fn entry<'e>(
        &self,
        entries: &'e mut HashMap<String, Entry>,
        id: &FilterId,
        now: Instant,
    ) -> Result<&'e mut Entry, RpcError> {
        let found = match id {
            FilterId::Str(id) => entries.get_mut(id),
            FilterId::Num(_) => None,
        };
        let alive = found.filter(|entry| now.duration_since(entry.asked) < self.idle);
        // geth's words: clients make a new filter when they read them.
        let entry = alive.ok_or_else(|| RpcError::Failed("filter not found".to_owned()))?;
        entry.asked = now;
        Ok(entry)
    }

    fn remove(&self, id: &FilterId) -> bool {
        match id {
            FilterId::Str(id) => self.entries.lock().remove(id).is_some(),
            FilterId::Num(_) => false,
        }
    }
}

/// Everything that waits in the channel. What was lost to its bound stays lost.
fn drain(admitted: &mut Receiver<Arc<Transaction>>) -> Vec<Arc<Transaction>> {
    let mut all = Vec::new();
    loop {
        match admitted.try_recv() {
            Ok(tx) => all.push(tx),
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return all,
        }
    }
}

impl Rpc {
    fn tell(&self, due: Due) -> Result<FilterChanges<RpcTransaction>, RpcError> {
        Ok(match due {
            Due::Logs { filter, from, to } => {
                let mut range = (from..=to).filter(|number| filter.matches_block_range(*number));
                let (first, last) = (range.clone().next(), range.next_back());
                let (Some(first), Some(last)) = (first, last) else {
                    return Ok(FilterChanges::Empty);
                };
                FilterChanges::Logs(self.find_logs_in(&filter, first..=last, &self.guard())?)
            }
            Due::Blocks { from, to } => FilterChanges::Hashes(self.hashes(from, to)?),
            Due::Pending { full: false, transactions } => {
                FilterChanges::Hashes(transactions.iter().map(|tx| tx.hash()).collect())
            }
            Due::Pending { full: true, transactions } => {
                let fee = self.chain().next_base_fee();
                let show = |tx: &Arc<Transaction>| convert::pending_transaction(tx, fee);
                FilterChanges::Transactions(transactions.iter().map(show).collect())
            }
        })
    }

    fn hashes(&self, from: u64, to: u64) -> Result<Vec<B256>, RpcError> {
        let hash = |number| {
            let header = self.chain().header(number)?.ok_or(RpcError::UnknownBlock)?;
            Ok(header.hash_slow())
        };
        (from..=to).map(hash).collect()
    }

    fn next_block(&self) -> u64 {
        self.chain().head().number.saturating_add(1)
    }
}

#[jsonrpsee::core::async_trait]
impl EthFiltersApiServer for Rpc {
    async fn logs(&self, filter: Filter) -> RpcResult<Vec<RpcLog>> {
        let guard = self.guard();
        Ok(self.slowly(move |rpc| rpc.find_logs(&filter, &guard)).await?)
    }

    fn new_filter(&self, filter: Filter) -> RpcResult<FilterId> {
        self.check_filter(&filter)?;
        let watch = Watch::Logs { filter: Arc::new(filter), next: self.next_block() };
        Ok(self.filters.insert(watch, Instant::now())?)
    }

    fn new_block_filter(&self) -> RpcResult<FilterId> {
        let watch = Watch::Blocks { next: self.next_block() };
        Ok(self.filters.insert(watch, Instant::now())?)
    }

    fn new_pending_transaction_filter(&self, full: Option<bool>) -> RpcResult<FilterId> {
        let admitted = self.mempool().subscribe();
        let watch = Watch::Pending { full: full.unwrap_or(false), admitted };
        Ok(self.filters.insert(watch, Instant::now())?)
    }

    async fn filter_changes(&self, id: FilterId) -> RpcResult<FilterChanges<RpcTransaction>> {
        let work = move |rpc: &Self| {
            let due = rpc.filters.due(&id, rpc.chain().head().number, Instant::now())?;
            let first = due.first_block();
            rpc.tell(due).inspect_err(|_| rpc.filters.rewind(&id, first))
        };
        Ok(self.slowly(work).await?)
    }

    async fn filter_logs(&self, id: FilterId) -> RpcResult<Vec<RpcLog>> {
        let filter = self.filters.log_filter(&id, Instant::now())?;
        let guard = self.guard();
        Ok(self.slowly(move |rpc| rpc.find_logs(&filter, &guard)).await?)
    }

    fn uninstall_filter(&self, id: FilterId) -> RpcResult<bool> {
        Ok(self.filters.remove(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(max: usize) -> Filters {
        Filters::new(&RpcLimits { filters: max, filter_idle_ms: 1_000, ..RpcLimits::default() })
    }

    fn blocks(filters: &Filters, id: &FilterId, head: u64, now: Instant) -> (u64, u64) {
        match filters.due(id, head, now) {
            Ok(Due::Blocks { from, to }) => (from, to),
            _ => panic!("not the blocks of a block filter"),
        }
    }

    #[test]
    fn every_block_is_told_once() {
        let (filters, now) = (filters(9), Instant::now());
        let id = filters.insert(Watch::Blocks { next: 11 }, now).unwrap();
        assert_eq!(blocks(&filters, &id, 12, now), (11, 12));
        let (from, to) = blocks(&filters, &id, 12, now);
        assert!(from > to, "nothing new: {from}..={to}");
        assert_eq!(blocks(&filters, &id, 13, now), (13, 13));
    }

    #[test]
    fn what_could_not_be_told_is_told_next_time() {
        let (filters, now) = (filters(9), Instant::now());
        let id = filters.insert(Watch::Blocks { next: 11 }, now).unwrap();
        assert_eq!(blocks(&filters, &id, 12, now), (11, 12));
        filters.rewind(&id, Some(11));
        assert_eq!(blocks(&filters, &id, 13, now), (11, 13));
    }

    #[test]
    fn a_filter_that_nobody_asks_is_forgotten_and_makes_room() {
        let (filters, now) = (filters(1), Instant::now());
        let id = filters.insert(Watch::Blocks { next: 0 }, now).unwrap();
        let full = filters.insert(Watch::Blocks { next: 0 }, now);
        assert!(matches!(full, Err(RpcError::Limit(_))));
        let later = now + Duration::from_millis(900);
        assert_eq!(blocks(&filters, &id, 1, later), (0, 1), "asking keeps it alive");
        let much_later = later + Duration::from_millis(1_000);
        let gone = filters.due(&id, 1, much_later).map(|_| ()).unwrap_err();
        assert_eq!(gone, RpcError::Failed("filter not found".to_owned()));
        filters.insert(Watch::Blocks { next: 0 }, much_later).unwrap();
    }

    #[test]
    fn ids_differ_and_an_uninstalled_one_is_gone() {
        let (filters, now) = (filters(9), Instant::now());
        let first = filters.insert(Watch::Blocks { next: 0 }, now).unwrap();
        let second = filters.insert(Watch::Blocks { next: 0 }, now).unwrap();
        assert_ne!(first, second);
        assert!(filters.remove(&first));
        assert!(!filters.remove(&first));
        assert!(filters.log_filter(&second, now).is_err(), "a block filter has no logs");
        assert!(!filters.remove(&FilterId::Num(1)));
    }
}
