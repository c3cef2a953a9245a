//! What tests of the node share: a dev chain in a folder, and transactions for it.

pub(crate) mod channels;

use crate::{
    chain::{Chain, Proposer},
    keys,
    storage::{GenesisWriter, History, Store, StoreOptions},
};
use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use btt_genesis::{ChainSpec, Preset, dev_accounts};
use btt_runtime::{
    config::Validator,
    executor::{Lane, Refusal, TransactionSource},
    tx::Transaction,
};
use k256::ecdsa::SigningKey;
use std::{collections::VecDeque, path::Path, sync::Arc};

/// Takes transactions in the order given.
pub(crate) struct Fixed(pub(crate) VecDeque<Arc<Transaction>>);

impl TransactionSource for Fixed {
    fn next(&mut self, _gas_left: u64, _lane: &Lane) -> Option<Arc<Transaction>> {
        self.0.pop_front()
    }
    fn refused(&mut self, tx: &Arc<Transaction>, refusal: &Refusal) {
        panic!("{} was refused: {refusal}", tx.hash());
    }
}

pub(crate) fn open(folder: &Path) -> Store {
    Store::open(folder, StoreOptions::default()).unwrap()
}

pub(crate) fn dev_chain(folder: &Path, history: History) -> Chain {
    dev_chain_with(folder, history, |_| {})
}

/// The same of a spec that is changed before.
pub(crate) fn dev_chain_with(
    folder: &Path,
    history: History,
    change: impl FnOnce(&mut ChainSpec),
) -> Chain {
    let store = open(folder);
    if store.is_empty().unwrap() {
        let key = keys::dev_validator_key();
        let validator = Validator {
            public_key: keys::public_key_of(&key),
            operator: keys::address_of(&key),
            power: 1,
        };
        let mut writer = GenesisWriter::new(&store).unwrap();
        let mut spec = Preset::Dev.spec(vec![validator]);
        change(&mut spec);
        let (spec, _) = spec.stream(&mut writer).unwrap();
        writer.finish(&spec).unwrap();
    }
    Chain::open(store, history).unwrap()
}

pub(crate) fn signed(
    account: usize,
    nonce: u64,
    to: TxKind,
    value: u64,
    input: Bytes,
) -> Arc<Transaction> {
    let tx = unsigned(nonce, to, value, input);
    sign(account, tx)
}

/// A transaction to change before it is signed: 100 gwei at most, 1 gwei tip.
pub(crate) fn unsigned(nonce: u64, to: TxKind, value: u64, input: Bytes) -> TxEip1559 {
    TxEip1559 {
        chain_id: 990_003,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to,
        value: U256::from(value),
        access_list: Default::default(),
        input,
    }
}

/// Signs with one of the test mnemonic's keys.
pub(crate) fn sign(account: usize, tx: TxEip1559) -> Arc<Transaction> {
    let key = SigningKey::from_slice(dev_accounts()[account].secret_key.as_slice()).unwrap();
    let (signature, recovery) = key.sign_prehash_recoverable(tx.signature_hash().as_slice());
    let bytes: [u8; 64] = signature.to_bytes().into();
    let signature = Signature::from_bytes_and_parity(&bytes, recovery.is_y_odd());
    let envelope: btt_runtime::tx::Envelope = tx.into_signed(signature).into();
    Arc::new(Transaction::decode(envelope.encoded_2718().into()).unwrap().unwrap())
}

pub(crate) fn pay(account: usize, nonce: u64, to: Address, value: u64) -> Arc<Transaction> {
    signed(account, nonce, TxKind::Call(to), value, Bytes::new())
}

pub(crate) fn block(chain: &Chain, transactions: Vec<Arc<Transaction>>) -> B256 {
    block_at(chain, chain.head().number + 1, transactions)
}

/// A block at a time in ms, or just after its parent if that is later.
pub(crate) fn block_at(chain: &Chain, ms: u64, transactions: Vec<Arc<Transaction>>) -> B256 {
    let proposer = Proposer::new(keys::dev_validator_key());
    let executed = proposer.propose(chain, ms, &mut Fixed(transactions.into())).unwrap();
    let certificate = proposer.certify_alone(chain, &executed).unwrap();
    let (block, _) = chain.commit(executed, certificate).unwrap();
    assert!(block.receipts.iter().all(|receipt| receipt.success));
    block.hash
}

pub(crate) fn stranger(n: u64) -> Address {
    Address::left_padding_from(&(0x5000 + n).to_be_bytes())
}
