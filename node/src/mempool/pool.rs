//! The pool itself: transactions by sender and nonce.

use super::{
    PoolLimits, SubmitError,
    limits::{MAX_BANNED, REPLACEMENT_PERCENT},
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256, map::HashMap};
use btt_runtime::{
    state::Account,
    tx::{
        InvalidTransaction, Transaction,
        validate::{NonceRule, validate_sender},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Instant,
};

/// A sender's account as of the head.
#[derive(Debug, Clone, Copy)]
pub(super) struct SenderState {
    pub(super) account: Account,
    pub(super) has_code: bool,
}

#[derive(Debug, Clone)]
struct Waiting {
    tx: Arc<Transaction>,
    since: Instant,
}

#[derive(Debug)]
struct Sender {
    state: SenderState,
    waiting: BTreeMap<u64, Waiting>,
    /// Most that all waiting ones can cost, in wei.
    cost_wei: U256,
    /// The nonce after the last one that can be executed without a gap.
    next_executable: u64,
}

impl Sender {
    /// Moves on over what follows without a gap.
    fn advance(&mut self) {
        while self.waiting.contains_key(&self.next_executable) {
            self.next_executable += 1;
        }
    }

    /// How many wait for an earlier nonce.
    fn gapped(&self) -> usize {
        let executable = self.next_executable.saturating_sub(self.state.account.nonce);
        self.waiting.len().saturating_sub(executable as usize)
    }
}

/// Everything that waits.
#[derive(Debug, Clone, Default)]
pub struct PoolContent {
    /// Executable now, by sender and nonce.
    pub pending: BTreeMap<Address, BTreeMap<u64, Arc<Transaction>>>,
    /// Waiting for an earlier nonce.
    pub queued: BTreeMap<Address, BTreeMap<u64, Arc<Transaction>>>,
}

pub(super) struct Pool {
    limits: PoolLimits,
    by_hash: HashMap<B256, (Address, u64)>,
    senders: HashMap<Address, Sender>,
    /// What each offers, the least first: who goes when the pool is full.
    by_price: BTreeSet<(u128, B256)>,
    /// What waits for an earlier nonce.
    gapped: BTreeSet<B256>,
    bytes: usize,
    banned: VecDeque<B256>,
}

/// What an eviction compares: the tip, which is what proposers earn.
fn price(tx: &Transaction) -> u128 {
    let envelope = tx.envelope();
    envelope.max_priority_fee_per_gas().unwrap_or_else(|| envelope.max_fee_per_gas())
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            by_hash: HashMap::default(),
            senders: HashMap::default(),
            by_price: BTreeSet::new(),
            gapped: BTreeSet::new(),
            bytes: 0,
            banned: VecDeque::new(),
        }
    }

    pub(super) fn contains(&self, hash: &B256) -> bool {
        self.by_hash.contains_key(hash)
    }

    pub(super) fn sender_state(&self, address: &Address) -> Option<SenderState> {
        self.senders.get(address).map(|sender| sender.state)
    }

    pub(super) fn insert(
        &mut self,
        tx: Arc<Transaction>,
        state: SenderState,
    ) -> Result<(), SubmitError> {
        if self.contains(&tx.hash()) {
            return Err(SubmitError::AlreadyKnown);
        }
        if self.banned.contains(&tx.hash()) {
            return Err(SubmitError::Banned);
        }
        validate_sender(&tx, &state.account, state.has_code, NonceRule::AtLeast)?;
        let cost_wei = tx.max_cost_wei().ok_or(InvalidTransaction::CostOverflow)?;
        let (address, nonce) = (tx.sender(), tx.nonce());
        let sender = self.senders.get(&address);
        let replaced = sender.and_then(|s| s.waiting.get(&nonce)).map(|w| w.tx.clone());
        let others = sender.map_or(U256::ZERO, |s| s.cost_wei)
            - replaced.as_ref().and_then(|tx| tx.max_cost_wei()).unwrap_or_default();
        let total = others.saturating_add(cost_wei);
        if total > state.account.balance {
            let balance_wei = state.account.balance;
            return Err(
                InvalidTransaction::InsufficientFunds { balance_wei, cost_wei: total }.into()
            );
        }
        let next = sender.map_or(state.account.nonce, |sender| sender.next_executable);
        let is_gapped = nonce > next;
        match &replaced {
            Some(old) if !outbids(&tx, old) => return Err(SubmitError::ReplacementUnderpriced),
            Some(old) => {
                let others = self.bytes.saturating_sub(old.raw().len());
                if others + tx.raw().len() > self.limits.max_bytes {
                    return Err(SubmitError::PoolFull);
                }
                self.remove(&old.hash());
            }
            None => {
                if sender.is_some_and(|s| s.waiting.len() >= self.limits.max_per_sender) {
                    return Err(SubmitError::SenderLimit { limit: self.limits.max_per_sender });
                }
                let limit = self.limits.max_gapped_per_sender;
                if is_gapped && sender.is_some_and(|s| s.gapped() >= limit) {
                    return Err(SubmitError::SenderLimit { limit });
                }
                for victim in self.room_for(&tx, is_gapped)? {
                    self.remove(&victim);
                }
            }
        }
        self.by_hash.insert(tx.hash(), (address, nonce));
        self.by_price.insert((price(&tx), tx.hash()));
        self.bytes += tx.raw().len();
        if is_gapped {
            self.gapped.insert(tx.hash());
        }
        let sender = self.senders.entry(address).or_insert_with(|| Sender {
            state,
            waiting: BTreeMap::new(),
            cost_wei: U256::ZERO,
            next_executable: state.account.nonce,
        });
        sender.cost_wei = sender.cost_wei.saturating_add(cost_wei);
        sender.waiting.insert(nonce, Waiting { tx, since: Instant::now() });
        sender.advance();
        if sender.next_executable > nonce + 1 {
            self.note_gaps(&address);
        }
        Ok(())
    }

    /// Who goes so that `tx` fits: first what no block could take now, then the cheapest, if `tx` offers
    /// more. Of the cheapest one's sender the last nonce goes, so that no gap opens. For one with a gap
    /// before it nobody goes: waiting costs its sender nothing. Nothing is removed unless `tx` gets in.
    fn room_for(&self, tx: &Transaction, is_gapped: bool) -> Result<Vec<B256>, SubmitError> {
        let mut places = (self.by_hash.len() + 1).saturating_sub(self.limits.max_transactions);
        let mut bytes = (self.bytes + tx.raw().len()).saturating_sub(self.limits.max_bytes);
        let mut victims = Vec::new();
        let mut chosen = BTreeSet::new();
        if places == 0 && bytes == 0 {
            return Ok(victims);
        }
        if is_gapped {
            return Err(SubmitError::PoolFull);
        }
        let gapped = self.gapped.iter().map(|hash| (None, *hash));
        let cheapest = self.by_price.iter().map(|(price, hash)| (Some(*price), *hash));
        for (least, hash) in gapped.chain(cheapest) {
            if least.is_some_and(|least| price(tx) <= least) {
                break;
            }
            let Some(sender) = self.by_hash.get(&hash).and_then(|(a, _)| self.senders.get(a))
            else {
                continue;
            };
            let mut last_first = sender.waiting.values().rev();
            let victim = last_first.find(|waiting| !chosen.contains(&waiting.tx.hash()));
            let Some(victim) = victim.filter(|victim| victim.tx.sender() != tx.sender()) else {
                continue;
            };
            chosen.insert(victim.tx.hash());
            victims.push(victim.tx.hash());
            places = places.saturating_sub(1);
            bytes = bytes.saturating_sub(victim.tx.raw().len());
            if places == 0 && bytes == 0 {
                return Ok(victims);
            }
        }
        Err(SubmitError::PoolFull)
    }

    /// Notes which of a sender's have a gap before them.
    fn note_gaps(&mut self, address: &Address) {
        let Some(sender) = self.senders.get(address) else { return };
        for (nonce, waiting) in &sender.waiting {
            if *nonce < sender.next_executable {
                self.gapped.remove(&waiting.tx.hash());
            } else {
                self.gapped.insert(waiting.tx.hash());
            }
        }
    }

    pub(super) fn remove(&mut self, hash: &B256) {
        let Some((address, nonce)) = self.by_hash.remove(hash) else { return };
        self.gapped.remove(hash);
        let Some(sender) = self.senders.get_mut(&address) else { return };
        if let Some(waiting) = sender.waiting.remove(&nonce) {
            let cost_wei = waiting.tx.max_cost_wei().unwrap_or_default();
            sender.cost_wei = sender.cost_wei.saturating_sub(cost_wei);
            self.by_price.remove(&(price(&waiting.tx), *hash));
            self.bytes -= waiting.tx.raw().len();
        }
        if sender.waiting.is_empty() {
            self.senders.remove(&address);
        } else if nonce < sender.next_executable {
            sender.next_executable = nonce;
            self.note_gaps(&address);
        }
    }

    pub(super) fn remove_included(&mut self, transactions: &[Arc<Transaction>]) {
        for tx in transactions {
            self.remove(&tx.hash());
        }
    }

    /// Takes over a sender's account after a block; drops what can never be executed any more.
    pub(super) fn update_sender(&mut self, address: Address, state: SenderState) {
        let Some(sender) = self.senders.get_mut(&address) else { return };
        sender.state = state;
        let mut left = state.account.balance;
        let mut dropped = Vec::new();
        for (nonce, waiting) in &sender.waiting {
            let cost_wei = waiting.tx.max_cost_wei().unwrap_or(U256::MAX);
            match left.checked_sub(cost_wei) {
                Some(rest) if *nonce >= state.account.nonce => left = rest,
                _ => dropped.push(waiting.tx.hash()),
            }
        }
        for hash in dropped {
            self.remove(&hash);
        }
        if let Some(sender) = self.senders.get_mut(&address) {
            sender.next_executable = state.account.nonce;
            sender.advance();
            let excess = sender.gapped().saturating_sub(self.limits.max_gapped_per_sender);
            let last = sender.waiting.values().rev().take(excess);
            let trimmed: Vec<B256> = last.map(|waiting| waiting.tx.hash()).collect();
            self.note_gaps(&address);
            for hash in trimmed {
                self.remove(&hash);
            }
        }
    }

    /// Drops what has waited too long for an earlier nonce.
    pub(super) fn expire(&mut self) {
        let lifetime = self.limits.queued_lifetime;
        let old: Vec<B256> = self
            .senders
            .values()
            .filter(|sender| !sender.waiting.contains_key(&sender.state.account.nonce))
            .flat_map(|sender| sender.waiting.values())
            .filter(|waiting| waiting.since.elapsed() > lifetime)
            .map(|waiting| waiting.tx.hash())
            .collect();
        for hash in old {
            self.remove(&hash);
        }
    }

    pub(super) fn ban(&mut self, hash: B256) {
        self.remove(&hash);
        if self.banned.len() >= MAX_BANNED {
            self.banned.pop_front();
        }
        self.banned.push_back(hash);
    }

    /// Each sender's executable transactions, in order of nonce.
    pub(super) fn executable(&self) -> Vec<VecDeque<Arc<Transaction>>> {
        self.senders
            .values()
            .filter_map(|sender| {
                let first = sender.state.account.nonce;
                let run: VecDeque<_> = (first..)
                    .zip(sender.waiting.range(first..))
                    .take_while(|(expected, (nonce, _))| expected == *nonce)
                    .map(|(_, (_, waiting))| waiting.tx.clone())
                    .collect();
                (!run.is_empty()).then_some(run)
            })
            .collect()
    }

    pub(super) fn has_executable(&self, base_fee_wei: u64) -> bool {
        self.senders.values().any(|sender| {
            let first = sender.waiting.get(&sender.state.account.nonce);
            first.is_some_and(|w| w.tx.effective_tip_wei(base_fee_wei).is_some())
        })
    }

    pub(super) fn get(&self, hash: &B256) -> Option<Arc<Transaction>> {
        let (address, nonce) = self.by_hash.get(hash)?;
        Some(self.senders.get(address)?.waiting.get(nonce)?.tx.clone())
    }

    pub(super) fn pending_nonce(&self, address: &Address) -> Option<u64> {
        let sender = self.senders.get(address)?;
        let next = sender.next_executable;
        (next > sender.state.account.nonce).then_some(next)
    }

    pub(super) fn content_of(
        &self,
        address: &Address,
    ) -> (BTreeMap<u64, Arc<Transaction>>, BTreeMap<u64, Arc<Transaction>>) {
        let Some(sender) = self.senders.get(address) else { return Default::default() };
        let next = sender.next_executable;
        let all = sender.waiting.iter().map(|(nonce, waiting)| (*nonce, waiting.tx.clone()));
        all.partition(|(nonce, _)| *nonce < next)
    }

    pub(super) fn hashes(&self, most: usize) -> Vec<B256> {
        let waiting = self.senders.values().flat_map(|sender| sender.waiting.values());
        waiting.take(most).map(|waiting| waiting.tx.hash()).collect()
    }

    pub(super) fn content(&self) -> PoolContent {
        let mut content = PoolContent::default();
        for address in self.senders.keys() {
            let (pending, queued) = self.content_of(address);
            if !pending.is_empty() {
                content.pending.insert(*address, pending);
            }
            if !queued.is_empty() {
                content.queued.insert(*address, queued);
            }
        }
        content
    }

    pub(super) fn status(&self) -> (usize, usize) {
        let queued = self.senders.values().map(Sender::gapped).sum();
        (self.by_hash.len().saturating_sub(queued), queued)
    }
}

/// Whether `new` offers enough more than `old` to take its place.
fn outbids(new: &Transaction, old: &Transaction) -> bool {
    let more = |new: u128, old: u128| {
        new.saturating_mul(100) >= old.saturating_mul(100 + REPLACEMENT_PERCENT) && new > old
    };
    more(new.envelope().max_fee_per_gas(), old.envelope().max_fee_per_gas())
        && more(price(new), price(old))
}
