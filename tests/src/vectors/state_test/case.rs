//! One case: one transaction of a test on one fork, through this chain's decoder, executor, overlay
//! and trie.

use super::{
    fork::{self, ETHEREUM_CHAIN_ID},
    format::{Post, Test},
    refusal::Refused,
    sign,
};
use alloy_primitives::{B256, Bytes, Log, U256, keccak256};
use btt_runtime::{
    block::BlockFacts,
    executor::{Machine, TxError},
    modules,
    state::{MemoryStore, NewAccount, Overlay, StoreError},
    tx::{DecodeError, RecoveryMemo, UnrecoveredTransaction},
};
use revm::{
    context::BlockEnv, context_interface::block::BlobExcessGasAndPrice,
    primitives::hardfork::SpecId,
};

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As the file says.
    Passed,
    /// Otherwise; why.
    Failed(String),
    /// Not run; why.
    Skipped(&'static str),
}

/// One case of a test.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The test.
    pub test: &'a Test,
    /// The test's state before, shared by its cases.
    pub before: &'a MemoryStore,
    /// Name of the fork.
    pub fork: &'a str,
    /// What must come out.
    pub post: &'a Post,
}

impl Case<'_> {
    /// Runs the case and compares state root, logs and refusal.
    pub fn run(&self) -> Verdict {
        let spec = match fork::by_name(self.fork) {
            Ok(spec) => spec,
            Err(reason) => return Verdict::Skipped(reason),
        };
        match self.execute(spec) {
            Ok((_, Err(Refused::Decode(DecodeError::Blob)))) => {
                Verdict::Skipped("this chain has no blob transactions (EIP-4844)")
            }
            Ok((root, outcome)) => self.judge(root, outcome),
            Err(error) => Verdict::Failed(error.to_string()),
        }
    }

    fn judge(&self, root: B256, outcome: Result<Vec<Log>, Refused>) -> Verdict {
        let refusal_is_right = match (&outcome, &self.post.expect_exception) {
            (Ok(_), None) => Ok(()),
            (Err(refused), Some(expected)) if refused.is_one_of(expected) => Ok(()),
            (Ok(_), Some(expected)) => Err(format!("was executed, expected {expected}")),
            (Err(refused), Some(expected)) => {
                Err(format!("refused: {refused}, expected {expected}"))
            }
            (Err(refused), None) => Err(format!("refused: {refused}")),
        };
        let logs_hash = keccak256(alloy_rlp::encode(outcome.unwrap_or_default()));
        match refusal_is_right {
            Err(reason) => Verdict::Failed(reason),
            Ok(()) if root != self.post.hash => {
                Verdict::Failed(format!("state root {root}, expected {}", self.post.hash))
            }
            Ok(()) if logs_hash != self.post.logs => {
                Verdict::Failed(format!("logs hash {logs_hash}, expected {}", self.post.logs))
            }
            Ok(()) => Verdict::Passed,
        }
    }

    /// The state root after the transaction, and its logs or why it was refused.
    fn execute(&self, spec: SpecId) -> Result<(B256, Result<Vec<Log>, Refused>), StoreError> {
        let raw = match self.raw_transaction() {
            Ok(raw) => raw,
            Err(reason) => return Err(StoreError::new(reason)),
        };
        let mut store = self.before.clone();
        let decoded = UnrecoveredTransaction::decode(raw)
            .map_err(Refused::from)
            .and_then(|tx| tx.recover(&RecoveryMemo::default()).map_err(Refused::from));
        let tx = match decoded {
            Ok(tx) => tx,
            Err(refused) => return Ok((store.state_root(), Err(refused))),
        };
        let config = fork::ethereum(spec);
        let block = self.block_env(spec);
        let facts = facts(&block);
        let mut machine =
            Machine::new(&config, facts, block, modules::NONE, Overlay::new(self.before));
        let outcome = match machine.execute(&tx, &RecoveryMemo::default()) {
            Ok(outcome) if outcome.result.is_success() => Ok(outcome.result.into_logs()),
            Ok(_) => Ok(Vec::new()),
            Err(TxError::Refused(refusal)) => Err(refusal.into()),
            Err(TxError::Store(error)) => return Err(error),
        };
        let root = store.apply(&mut machine.into_overlay()?.into_changes())?;
        if store.state_root() != root {
            return Err(StoreError::new("the root that was committed is not the one computed"));
        }
        Ok((root, outcome))
    }

    /// The file's transaction, or the one that its fields and key make.
    fn raw_transaction(&self) -> Result<Bytes, String> {
        match &self.post.txbytes {
            Some(bytes) => Ok(bytes.clone()),
            None => sign::build(&self.test.transaction, self.post.indexes),
        }
    }

    /// The file's block as revm takes it.
    pub(super) fn block_env(&self, spec: SpecId) -> BlockEnv {
        let env = &self.test.env;
        let excess_blob_gas = env.current_excess_blob_gas.unwrap_or_default().saturating_to();
        BlockEnv {
            number: env.current_number,
            beneficiary: env.current_coinbase,
            timestamp: env.current_timestamp,
            gas_limit: env.current_gas_limit.saturating_to(),
            basefee: env.current_base_fee.unwrap_or_default().saturating_to(),
            difficulty: env.current_difficulty,
            prevrandao: spec
                .is_enabled_in(SpecId::MERGE)
                .then(|| env.current_random.unwrap_or_default()),
            blob_excess_gas_and_price: spec
                .is_enabled_in(SpecId::CANCUN)
                .then(|| BlobExcessGasAndPrice::new_with_spec(excess_blob_gas, spec)),
            slot_num: 0,
        }
    }
}

/// A test's state before, with the block hashes that the tests' convention gives: that of block n is
/// keccak256 of n written in decimal.
pub(super) fn state_before(test: &Test) -> Result<MemoryStore, StoreError> {
    let accounts = test.pre.iter().map(|(address, account)| {
        let account = NewAccount {
            nonce: account.nonce.saturating_to(),
            balance: account.balance,
            code: account.code.clone(),
            storage: account.storage.clone(),
        };
        (*address, account)
    });
    let mut store = MemoryStore::with_accounts(accounts)?;
    let number: u64 = test.env.current_number.saturating_to();
    for earlier in number.saturating_sub(256)..number {
        store.set_block_hash(earlier, keccak256(earlier.to_string()));
    }
    Ok(store)
}

fn facts(block: &BlockEnv) -> BlockFacts {
    BlockFacts {
        chain_id: ETHEREUM_CHAIN_ID,
        number: block.number.saturating_to(),
        time_ms: block.timestamp.saturating_mul(U256::from(1000)).saturating_to(),
        gas_limit: block.gas_limit,
        base_fee_wei: block.basefee,
        mix: block.prevrandao.unwrap_or_default(),
        beneficiary: block.beneficiary,
        params: fork::ethereum(SpecId::OSAKA).params,
        consensus: Default::default(),
        recovered: Default::default(),
    }
}
