//! A chain in memory with its validators: proposes, checks and decides blocks through
//! [`execute_block`], without a node around it.

use crate::keys::Key;
use alloy_primitives::{B256, FixedBytes};
use btt_genesis::{AllocAccount, ChainSpec, Preset, genesis_header};
use btt_runtime::{
    block::{
        Block, CommitCertificate, CommitSignature, Header, ProposerProof, SystemItem,
        ValidatorSets, Vote, VoteKind, VrfProof, vrf,
    },
    config::{ChainConfig, Validator},
    executor::{
        BlockContext, BlockError, BuildRequest, ExecutedBlock, Input, Lane, Refusal,
        TransactionSource, execute_block, validator_sets,
    },
    modules::market::Cleared,
    primitives::addresses::STAKING,
    state::{MemoryStore, NewAccount},
    tx::{RecoveryMemo, Transaction, signing_hash},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Time between the blocks of a [`Chain`], in ms.
pub const BLOCK_INTERVAL_MS: u64 = 1_000;

/// A chain in memory: state, head, and the keys of all its validators.
#[derive(Debug, Clone)]
pub struct Chain {
    /// What the chain is.
    pub config: ChainConfig,
    /// State and tries after the head.
    pub store: MemoryStore,
    /// The newest decided block's header.
    pub head: Header,
    /// Its hash.
    pub head_hash: B256,
    /// The validators of the next block and of the last ones before it.
    pub sets: ValidatorSets,
    keyring: Vec<Key>,
    validators: Vec<Key>,
    certificate: Option<CommitCertificate>,
}

impl Chain {
    /// The dev preset with one validator.
    pub fn dev() -> Self {
        Self::new(Preset::Dev, vec![Key::numbered(0xb77)])
    }

    /// A preset at block 0, with these validators of equal power; they propose in turn.
    pub fn new(preset: Preset, validators: Vec<Key>) -> Self {
        Self::of_spec(
            preset.spec(validators.iter().map(|key| key.validator(1)).collect()),
            validators,
        )
    }

    /// A chain at block 0. `validators` are the keys of the spec's validators, in any order.
    ///
    /// # Panics
    /// If the spec is not valid.
    pub fn of_spec(spec: ChainSpec, validators: Vec<Key>) -> Self {
        Self::made(spec, validators, true)
    }

    /// The same without the records of staking: the validators are those of the configuration, and change
    /// only as it plans.
    ///
    /// # Panics
    /// If the spec is not valid.
    pub fn without_stake(spec: ChainSpec, validators: Vec<Key>) -> Self {
        Self::made(spec, validators, false)
    }

    fn made(spec: ChainSpec, validators: Vec<Key>, has_stake: bool) -> Self {
        let mut accounts = BTreeMap::new();
        let mut sink = |address, account: AllocAccount| {
            let AllocAccount { nonce, balance, code, mut storage } = account;
            if address == STAKING && !has_stake {
                storage.clear();
            }
            accounts.insert(address, NewAccount { nonce, balance, code, storage });
            Ok(())
        };
        let (spec, _) = spec.stream(&mut sink).expect("a valid spec");
        let mut store = MemoryStore::with_accounts(accounts).expect("memory does not fail");
        let head = genesis_header(&spec, store.state_root()).expect("a spec that has JSON");
        let head_hash = head.hash_slow();
        store.set_block_hash(0, head_hash);
        let config = spec.config();
        let sets = validator_sets(&config, &store, 0).expect("memory does not fail");
        let mut chain = Self {
            config,
            store,
            head,
            head_hash,
            sets,
            keyring: validators,
            validators: Vec::new(),
            certificate: None,
        };
        chain.hand_over();
        chain
    }

    /// Takes the keys of the next block's validators, in its order, from the keyring.
    fn hand_over(&mut self) {
        let set = self.sets.at(self.head.number + 1);
        let key_of = |v: &Validator| {
            let found = self.keyring.iter().find(|key| key.public_key() == v.public_key);
            found.expect("the keyring holds every validator's key").clone()
        };
        self.validators = set.iter().map(key_of).collect();
    }

    /// Adds a key of somebody who may become a validator.
    pub fn add_key(&mut self, key: Key) {
        self.keyring.push(key);
    }

    fn turn(&self) -> usize {
        self.head.number as usize % self.validators.len()
    }

    /// The validator that proposes the next block.
    pub fn proposer(&self) -> &Key {
        &self.validators[self.turn()]
    }

    /// All validators, in the order of the set.
    pub fn validators(&self) -> &[Key] {
        &self.validators
    }

    /// What the next block stands on.
    pub fn context(&self) -> BlockContext<'_, MemoryStore> {
        BlockContext {
            config: &self.config,
            parent: &self.head,
            parent_hash: self.head_hash,
            validators: &self.sets,
            state: &self.store,
            cleared: Cleared::default(),
        }
    }

    /// The VRF proof that `key` gives for the next block.
    pub fn vrf_proof(&self, key: &Key) -> VrfProof {
        let input = vrf::input(self.config.chain_id, self.head.number + 1, self.head.mix_hash);
        vrf::prove(key.secret(), &input).expect("the VRF proves").0
    }

    /// The system item by which the validator at this place proposes.
    pub fn proposer_item(&self, index: usize, proof: VrfProof) -> SystemItem {
        SystemItem::Proposer(ProposerProof { validator_index: index as u16, proof })
    }

    /// The certificate of the head, signed by all validators; none at genesis.
    pub fn certificate(&self) -> Option<&CommitCertificate> {
        self.certificate.as_ref()
    }

    /// The system items of the next block as its proposer brings them.
    pub fn system(&self) -> Vec<SystemItem> {
        let certificate = self.certificate.clone().map(SystemItem::ParentCertificate);
        let signals = Some(self.config.signals()).filter(|ids| !ids.is_empty());
        let proof = self.proposer_item(self.turn(), self.vrf_proof(self.proposer()));
        let before = certificate.into_iter().chain(signals.map(SystemItem::Signals));
        before.chain([proof]).collect()
    }

    /// The next proposer's block of what `source` offers.
    pub fn build(&self, source: &mut dyn TransactionSource) -> Result<ExecutedBlock, BlockError> {
        self.build_of(self.system(), source)
    }

    /// An empty block with this system section.
    pub fn build_with(&self, system: Vec<SystemItem>) -> Result<ExecutedBlock, BlockError> {
        self.build_of(system, &mut ())
    }

    fn build_of(
        &self,
        system: Vec<SystemItem>,
        source: &mut dyn TransactionSource,
    ) -> Result<ExecutedBlock, BlockError> {
        let time_ms = btt_runtime::block::header::time_ms(&self.head).unwrap_or(0);
        let request =
            BuildRequest { time_ms: time_ms + BLOCK_INTERVAL_MS, free_bytes: &[], system, source };
        execute_block(&self.context(), Input::Build(request))
    }

    /// Executes a block that somebody made, as a validator does before it votes.
    pub fn check(&self, block: &Block, memo: &RecoveryMemo) -> Result<ExecutedBlock, BlockError> {
        execute_block(&self.context(), Input::Check(block, memo))
    }

    /// Decides a block: every validator precommits, state and head move on.
    pub fn decide(&mut self, executed: &ExecutedBlock) {
        let header = &executed.block.header;
        self.certificate =
            Some(certificate(&self.validators, self.config.chain_id, header.number, executed.hash));
        self.store.commit(&executed.changes, &executed.trie);
        self.store.set_block_hash(header.number, executed.hash);
        if let Some(next) = &executed.next_validators {
            self.sets.push(header.number + 1, next.clone());
        }
        self.head = header.clone();
        self.head_hash = executed.hash;
        self.hand_over();
    }

    /// Builds and decides a block of these transactions, in order.
    ///
    /// # Panics
    /// If one of them is refused.
    pub fn produce(
        &mut self,
        transactions: impl IntoIterator<Item = Transaction>,
    ) -> ExecutedBlock {
        let mut queue = Queue::new(transactions);
        let executed = self.build(&mut queue).expect("a block");
        assert!(queue.refused.is_empty(), "refused: {:?}", queue.refused);
        self.decide(&executed);
        executed
    }
}

/// Precommits of all `validators` in round 0.
pub fn certificate(
    validators: &[Key],
    chain_id: u64,
    height: u64,
    block_hash: B256,
) -> CommitCertificate {
    let vote = Vote { kind: VoteKind::Precommit, height, round: 0, block_hash };
    let signed = |(index, key): (usize, &Key)| CommitSignature {
        validator_index: index as u16,
        signature: FixedBytes(key.sign_digest(vote.digest(chain_id)).as_bytes()),
    };
    let signatures = validators.iter().enumerate().map(signed).collect();
    CommitCertificate { height, round: 0, block_hash, signatures }
}

/// A memo of the senders of these transactions.
pub fn memo_of<'a>(transactions: impl IntoIterator<Item = &'a Arc<Transaction>>) -> RecoveryMemo {
    let mut memo = RecoveryMemo::default();
    for tx in transactions {
        memo.insert(signing_hash(tx.envelope()), tx.envelope().signature(), tx.sender());
    }
    memo
}

/// Transactions in the order given; remembers which ones a block refused, and why.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<Arc<Transaction>>,
    /// What did not make it.
    pub refused: Vec<(B256, Refusal)>,
}

impl Queue {
    /// A queue of these.
    pub fn new(transactions: impl IntoIterator<Item = Transaction>) -> Self {
        let waiting = transactions.into_iter().map(Arc::new).collect();
        Self { waiting, refused: Vec::new() }
    }
}

impl TransactionSource for Queue {
    fn next(&mut self, _gas_left: u64, _lane: &Lane) -> Option<Arc<Transaction>> {
        self.waiting.pop_front()
    }

    fn refused(&mut self, transaction: &Arc<Transaction>, refusal: &Refusal) {
        self.refused.push((transaction.hash(), refusal.clone()));
    }
}
