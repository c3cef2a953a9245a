//! A store that fails says nothing about a block (rule C.3): the node must stop, not vote it down.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::SolCall as _;
use btt_runtime::{
    executor::{BlockContext, BlockError, Input, execute_block},
    modules::params::IParams,
    primitives::addresses::PARAMS,
    state::{
        Account, MemoryStore, StateReader, StoreError,
        trie::{BranchNode, Child, Nibbles, TrieId, TrieReader},
    },
    tx::RecoveryMemo,
};
use btt_tests::{
    chain::{Chain, Queue},
    keys::Key,
};
use revm::state::Bytecode;

/// Reads of the params module's slots fail.
struct Faulty<'a>(&'a MemoryStore);

fn fault() -> StoreError {
    StoreError::new("the disk is gone")
}

impl StateReader for Faulty<'_> {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.0.account(address)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        // The pause flag is read before every block by the hooks.
        let is_flag = slot == flag();
        if address == PARAMS && !is_flag { Err(fault()) } else { self.0.storage(address, slot) }
    }

    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        self.0.code(code_hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        self.0.block_hash(number)
    }
}

/// Slot of the params module's own pause flag.
fn flag() -> U256 {
    alloy_primitives::keccak256([b"btt.paused".as_slice(), PARAMS.as_slice()].concat()).into()
}

impl TrieReader for Faulty<'_> {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        self.0.root(trie)
    }

    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        self.0.branch(trie, path)
    }

    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        self.0.leaf_under(trie, prefix)
    }
}

#[test]
fn a_store_that_fails_under_a_module_is_not_the_transactions_fault() {
    let chain = Chain::dev();
    let ask = Key::dev(0).sign(TxEip1559 {
        chain_id: chain.config.chain_id,
        gas_limit: 300_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(PARAMS),
        input: Bytes::from(IParams::allCall {}.abi_encode()),
        ..TxEip1559::default()
    });
    let built = chain.build(&mut Queue::new([ask])).unwrap();
    assert_eq!(built.receipts.len(), 1);
    let context = chain.context();
    let faulty = BlockContext {
        config: context.config,
        parent: context.parent,
        parent_hash: context.parent_hash,
        validators: context.validators,
        state: &Faulty(&chain.store),
        cleared: context.cleared,
    };
    let memo = RecoveryMemo::default();
    let checked = execute_block(&faulty, Input::Check(&built.block, &memo));
    assert_eq!(checked.err(), Some(BlockError::Store(fault())));
}
