//! Transfers, signed once for all runs of a process.

use crate::keys::Key;
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use btt_runtime::{
    executor::{Refusal, TransactionSource},
    state::{MemoryStore, StateReader as _},
    tx::{RecoveryMemo, Transaction, signing_hash},
};
use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

/// Accounts that send.
const SENDERS: usize = 4;
/// Transfers of each.
const NONCES: u64 = 40;

/// All transfers by sender and nonce, and who signed them.
#[derive(Debug)]
pub struct Workload {
    senders: Vec<(Address, Vec<Arc<Transaction>>)>,
    /// Signers of all of them.
    pub memo: RecoveryMemo,
}

/// The transfers for a chain id; the first caller's counts.
pub fn workload(chain_id: u64) -> &'static Workload {
    static WORKLOAD: OnceLock<Workload> = OnceLock::new();
    WORKLOAD.get_or_init(|| {
        let mut memo = RecoveryMemo::default();
        let senders = (0..SENDERS).map(|index| {
            let key = Key::dev(index);
            let transfers = (0..NONCES).map(|nonce| {
                let tx = key.sign(TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit: 21_000,
                    max_fee_per_gas: 100_000_000_000,
                    max_priority_fee_per_gas: 1_000_000_000,
                    to: TxKind::Call(Key::dev(index + 4).address()),
                    value: U256::from(nonce + 1),
                    access_list: Default::default(),
                    input: Bytes::new(),
                });
                memo.insert(signing_hash(tx.envelope()), tx.envelope().signature(), tx.sender());
                Arc::new(tx)
            });
            (key.address(), transfers.collect())
        });
        let senders = senders.collect();
        Workload { senders, memo }
    })
}

impl Workload {
    /// How many transfers there are.
    pub fn count(&self) -> u64 {
        self.senders.len() as u64 * NONCES
    }

    /// What waits in front of a state when the first `arrived` transfers have been sent, at most
    /// `per_sender` of each.
    pub fn waiting(&self, state: &MemoryStore, arrived: u64, per_sender: u64) -> Waiting {
        let mut waiting = VecDeque::new();
        for (index, (address, transfers)) in self.senders.iter().enumerate() {
            let nonce = state.account(*address).ok().flatten().map_or(0, |account| account.nonce);
            let sent = (arrived + SENDERS as u64 - 1 - index as u64) / SENDERS as u64;
            let last = sent.min(NONCES).min(nonce + per_sender);
            waiting.extend((nonce..last).map(|n| transfers[n as usize].clone()));
        }
        Waiting(waiting)
    }
}

/// A queue of transfers.
#[derive(Debug)]
pub struct Waiting(VecDeque<Arc<Transaction>>);

impl Waiting {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TransactionSource for Waiting {
    fn next(&mut self, _gas_left: u64) -> Option<Arc<Transaction>> {
        self.0.pop_front()
    }

    fn refused(&mut self, _transaction: &Arc<Transaction>, _refusal: &Refusal) {}
}
