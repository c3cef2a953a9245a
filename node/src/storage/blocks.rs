//! Reading blocks back.

use super::{
    Store,
    codec::{Input, damaged},
    market::{MarketLog, market_logs},
    schema::{self, Part, family},
};
use alloy_primitives::{Address, B256, Log};
use btt_runtime::{
    block::{Block, Body, CommitCertificate, Header, Receipt},
    executor::LaneFees,
    state::StoreError,
    tx::{RecoveryMemo, Transaction, UnrecoveredTransaction, signing_hash},
};
use std::sync::Arc;

/// A final block with everything the chain keeps of it.
#[derive(Debug, Clone)]
pub struct StoredBlock {
    /// Header and body.
    pub block: Block,
    /// Hash of the header.
    pub hash: B256,
    /// Transactions with senders.
    pub transactions: Vec<Arc<Transaction>>,
    /// Their receipts.
    pub receipts: Vec<Receipt>,
    /// Which of them rode in the payment lane.
    pub lane_fees: LaneFees,
    /// What modules' hooks logged, in order; in no receipt.
    pub hook_logs: Vec<Log>,
    /// Who signed it; none for genesis.
    pub certificate: Option<CommitCertificate>,
}

impl StoredBlock {
    /// The market's events, those of hooks first.
    pub fn market_logs(&self) -> Vec<MarketLog> {
        let hashes = |place: usize| self.transactions.get(place).map_or(B256::ZERO, |tx| tx.hash());
        market_logs(self.block.header.number, &self.hook_logs, &self.receipts, hashes)
    }

    /// The base fee that the transaction at `place` paid, in wei per gas.
    pub fn base_fee_of(&self, place: usize) -> Option<u64> {
        self.lane_fees.base_fee_of(place, self.block.header.base_fee_per_gas)
    }
}

impl Store {
    fn part(&self, number: u64, part: Part) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(family::BLOCK, &schema::block_key(number, part))
    }

    /// Header of a block.
    pub fn header(&self, number: u64) -> Result<Option<Header>, StoreError> {
        self.part(number, Part::Header)?.map(|bytes| rlp(&bytes)).transpose()
    }

    /// Number of the block with this hash.
    pub fn number_of(&self, hash: B256) -> Result<Option<u64>, StoreError> {
        let bytes = self.get(family::INDEX, &schema::block_index_key(hash))?;
        bytes.map(|bytes| Input(&bytes).u64()).transpose()
    }

    /// Block and place of a transaction.
    pub fn transaction_place(&self, hash: B256) -> Result<Option<(u64, usize)>, StoreError> {
        let bytes = self.get(family::INDEX, &schema::transaction_index_key(hash))?;
        bytes
            .map(|bytes| {
                let mut input = Input(&bytes);
                Ok((input.u64()?, input.u32()? as usize))
            })
            .transpose()
    }

    /// The commit certificate of a block.
    pub fn certificate(&self, number: u64) -> Result<Option<CommitCertificate>, StoreError> {
        self.part(number, Part::Certificate)?.map(|bytes| rlp(&bytes)).transpose()
    }

    /// A whole block; `None` above the head.
    pub fn block(&self, number: u64) -> Result<Option<StoredBlock>, StoreError> {
        let Some(header) = self.header(number)? else { return Ok(None) };
        let missing = |what| StoreError::new(format!("{what} of block {number} is missing"));
        let body = self.part(number, Part::Body)?.ok_or_else(|| missing("body"))?;
        let body = Body::decode(&body).map_err(StoreError::new)?;
        let senders = self.part(number, Part::Senders)?.ok_or_else(|| missing("senders"))?;
        let receipts = self.part(number, Part::Receipts)?.ok_or_else(|| missing("receipts"))?;
        let receipts: Vec<Receipt> = rlp(&receipts)?;
        let transactions = with_senders(&body, &senders)?;
        if receipts.len() != transactions.len() {
            return Err(damaged("a block's receipts"));
        }
        let lane_fees = match self.part(number, Part::LaneFees)? {
            Some(bytes) => rlp(&bytes)?,
            None => LaneFees::default(),
        };
        let hook_logs = match self.part(number, Part::HookLogs)? {
            Some(bytes) => rlp(&bytes)?,
            None => Vec::new(),
        };
        let certificate = self.certificate(number)?;
        let hash = header.hash_slow();
        let block = Block { header, body };
        Ok(Some(StoredBlock {
            block,
            hash,
            transactions,
            receipts,
            lane_fees,
            hook_logs,
            certificate,
        }))
    }
}

fn rlp<T: alloy_rlp::Decodable>(bytes: &[u8]) -> Result<T, StoreError> {
    alloy_rlp::decode_exact(bytes).map_err(|e| StoreError::new(format!("damaged record: {e}")))
}

/// Joins transactions with the senders that were recovered when they came in.
fn with_senders(body: &Body, senders: &[u8]) -> Result<Vec<Arc<Transaction>>, StoreError> {
    let decoded = body.decode_transactions().map_err(StoreError::new)?;
    let (addresses, rest) = senders.as_chunks::<20>();
    if addresses.len() != decoded.len() || !rest.is_empty() {
        return Err(damaged("a block's senders"));
    }
    decoded
        .into_iter()
        .zip(addresses)
        .map(|(tx, sender)| known_sender(tx, Address::from(*sender)).map(Arc::new))
        .collect()
}

fn known_sender(tx: UnrecoveredTransaction, sender: Address) -> Result<Transaction, StoreError> {
    let mut memo = RecoveryMemo::default();
    memo.insert(signing_hash(&tx.envelope), tx.envelope.signature(), sender);
    tx.recover(&memo).map_err(StoreError::new)
}
