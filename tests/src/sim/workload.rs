//! Transfers, payments by channels, and what validators do with their stake; signed once for all runs of a process.

use super::payments::payments;
use crate::{
    keys::Key,
    native::{call, create_validator},
};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use btt_runtime::{
    executor::{Lane, Refusal, TransactionSource},
    modules::staking::IStaking,
    primitives::{WEI_PER_BTT, addresses::STAKING},
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
/// How often an operator goes through all its calls.
const OPERATOR_ROUNDS: usize = 6;

/// All transactions by sender and nonce, and who signed them.
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
        let mut senders: Vec<_> = senders.collect();
        for (address, sent) in payments(chain_id) {
            for tx in &sent {
                memo.insert(signing_hash(tx.envelope()), tx.envelope().signature(), tx.sender());
            }
            senders.push((address, sent.into_iter().map(Arc::new).collect()));
        }
        Workload { senders, memo }
    })
}

/// The transfers, and in between what these nodes do as operators of their validators: the first `members`
/// are validators already, the others join; all delegate, move, take out and claim stake, and ask to be
/// let out of jail whenever it is their turn. The first caller's counts.
pub fn staking_workload(chain_id: u64, keys: &[Key], members: usize) -> &'static Workload {
    static WORKLOAD: OnceLock<Workload> = OnceLock::new();
    WORKLOAD.get_or_init(|| {
        let transfers = workload(chain_id);
        let (mut senders, mut memo) = (transfers.senders.clone(), transfers.memo.clone());
        for (index, key) in keys.iter().enumerate() {
            let mut sent = Vec::new();
            if index >= members {
                sent.push(create_validator(key, chain_id, 0, key, 400));
            }
            let at = |offset: usize| keys[(index + offset) % members].address();
            for round in 0..OPERATOR_ROUNDS {
                sent.extend(operate(key, chain_id, sent.len() as u64, [at(round), at(round + 1)]));
            }
            for tx in &sent {
                memo.insert(signing_hash(tx.envelope()), tx.envelope().signature(), tx.sender());
            }
            senders.push((key.address(), sent.into_iter().map(Arc::new).collect()));
        }
        Workload { senders, memo }
    })
}

/// One of each call; what a rule forbids just now is included all the same, and reverts.
fn operate(key: &Key, chain_id: u64, nonce: u64, [a, b]: [Address; 2]) -> Vec<Transaction> {
    let (btt, wei) = (WEI_PER_BTT, |btt: u64| U256::from(u128::from(btt) * WEI_PER_BTT));
    let mut nonces = nonce..;
    let mut tx = |value, data: &dyn Fn(u64, u128) -> Transaction| {
        data(nonces.next().unwrap_or_default(), value)
    };
    macro_rules! send {
        ($value:expr, $call:expr) => {
            tx($value, &|nonce, value| call(key, chain_id, nonce, STAKING, value, &$call))
        };
    }
    vec![
        send!(40 * btt, IStaking::delegateCall { validator: a }),
        send!(0, IStaking::redelegateCall { fromValidator: a, toValidator: b, amountWei: wei(15) }),
        send!(0, IStaking::undelegateCall { validator: a, amountWei: wei(10) }),
        send!(0, IStaking::unjailCall {}),
        send!(0, IStaking::claimRewardsCall { validator: a }),
        send!(0, IStaking::withdrawUnbondedCall { validator: a }),
    ]
}

impl Workload {
    /// How many transfers there are.
    pub fn count(&self) -> u64 {
        self.senders.iter().map(|(_, sent)| sent.len() as u64).max().unwrap_or(0)
            * self.senders.len() as u64
    }

    /// What waits in front of a state when the first `arrived` transfers have been sent, at most
    /// `per_sender` of each.
    pub fn waiting(&self, state: &MemoryStore, arrived: u64, per_sender: u64) -> Waiting {
        let mut waiting = VecDeque::new();
        let senders = self.senders.len() as u64;
        for (index, (address, transfers)) in self.senders.iter().enumerate() {
            let nonce = state.account(*address).ok().flatten().map_or(0, |account| account.nonce);
            let sent = (arrived + senders - 1 - index as u64) / senders;
            let last = sent.min(transfers.len() as u64).min(nonce + per_sender);
            waiting.extend((nonce..last).map(|n| transfers[n as usize].clone()));
        }
        Waiting(waiting)
    }
}

/// A queue of transfers.
#[derive(Debug)]
pub struct Waiting(VecDeque<Arc<Transaction>>);

impl Waiting {
    /// Puts these behind the others.
    pub fn append(&mut self, transactions: Vec<Arc<Transaction>>) {
        self.0.extend(transactions);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TransactionSource for Waiting {
    fn next(&mut self, _gas_left: u64, _lane: &Lane) -> Option<Arc<Transaction>> {
        self.0.pop_front()
    }

    fn refused(&mut self, _transaction: &Arc<Transaction>, _refusal: &Refusal) {}
}
