//! Every column family and every key of the database, in one file.
//!
//! All numbers are big-endian. `account` is keccak(address), `slot` keccak(slot number), `place` the block's number
//! and the log's in it.
//!
//! | family | key | value |
//! |---|---|---|
//! | `meta` | name | see [`MetaKey`] |
//! | `acct` | account | address, compact account ([`super::codec`]) |
//! | `slot` | account ‖ slot | value and slot number, trimmed |
//! | `code` | code hash | bytecode |
//! | `trie` | trie ‖ depth ‖ packed nibbles | branch; depth 0xff holds the root record |
//! | `block` | number ‖ part | header, body, senders, receipts, certificate, lane fees, hook logs |
//! | `index` | `b` ‖ block hash; `t` ‖ transaction hash | number; number ‖ place in the block |
//! | `index` | `C` ‖ id; `X` ‖ id; `F` ‖ id | channel: as opened; how it ended; a pool that was frozen |
//! | `index` | `A` ‖ place; `P` ‖ payer ‖ place; `E` ‖ payee ‖ place | id of the channel opened there |
//! | `index` | `M` ‖ subject ‖ place | event of the market: transaction hash (zero for a hook), RLP of the log |
//! | `index` | `D` ‖ id ‖ place; `V` ‖ id ‖ place ‖ item | deposit and collateral since; event of the channel |
//! | `undo` | number | what the block's changes replaced, as one blob |
//! | `hist_a` | account ‖ number | the account before that block; empty if there was none |
//! | `hist_s` | account ‖ slot ‖ number | the slot before that block |
//! | `tower` | channel ‖ lane | RLP of a voucher that the watchtower keeps |

use alloy_primitives::{Address, B256, U256, keccak256};
use btt_runtime::state::{TrieId, trie::Nibbles};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, Options, SliceTransform,
};

/// Version of this layout. A database of another version is refused.
pub(crate) const SCHEMA_VERSION: u32 = 3;

/// Column families.
pub(crate) mod family {
    pub(crate) const META: &str = "meta";
    pub(crate) const ACCOUNT: &str = "acct";
    pub(crate) const SLOT: &str = "slot";
    pub(crate) const CODE: &str = "code";
    pub(crate) const TRIE: &str = "trie";
    pub(crate) const BLOCK: &str = "block";
    pub(crate) const INDEX: &str = "index";
    pub(crate) const UNDO: &str = "undo";
    pub(crate) const ACCOUNT_HISTORY: &str = "hist_a";
    pub(crate) const SLOT_HISTORY: &str = "hist_s";
    pub(crate) const TOWER: &str = "tower";
    pub(crate) const ALL: [&str; 11] =
        [META, ACCOUNT, SLOT, CODE, TRIE, BLOCK, INDEX, UNDO, ACCOUNT_HISTORY, SLOT_HISTORY, TOWER];
}

/// Keys of `meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetaKey {
    /// u32: layout.
    Schema,
    /// Hash of block 0: which chain this is.
    Genesis,
    /// The chain spec without its accounts, JSON.
    Spec,
    /// number ‖ hash of the newest final block.
    Head,
    /// Number of the block whose trie the `trie` family holds; at most the head.
    TrieHead,
    /// Number of the oldest block whose state can still be read.
    HistoryFrom,
}

impl MetaKey {
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Schema => b"schema",
            Self::Genesis => b"genesis",
            Self::Spec => b"spec",
            Self::Head => b"head",
            Self::TrieHead => b"trie_head",
            Self::HistoryFrom => b"history_from",
        }
    }
}

/// Parts of a block, last byte of a `block` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    /// RLP of the header.
    Header = 0,
    /// RLP of the body.
    Body = 1,
    /// 20 bytes for each transaction.
    Senders = 2,
    /// RLP list of receipts without blooms.
    Receipts = 3,
    /// RLP of the commit certificate; none for genesis.
    Certificate = 4,
    /// RLP of [`btt_runtime::executor::LaneFees`]; none where nobody rode in the lane.
    LaneFees = 5,
    /// RLP list of what hooks logged; none where they logged nothing.
    HookLogs = 6,
}

pub(crate) const PARTS: [Part; 7] = [
    Part::Header,
    Part::Body,
    Part::Senders,
    Part::Receipts,
    Part::Certificate,
    Part::LaneFees,
    Part::HookLogs,
];

pub(crate) fn block_key(number: u64, part: Part) -> [u8; 9] {
    let mut key = [part as u8; 9];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key
}

pub(crate) fn block_index_key(hash: B256) -> [u8; 33] {
    prefixed(b'b', hash)
}

pub(crate) fn transaction_index_key(hash: B256) -> [u8; 33] {
    prefixed(b't', hash)
}

fn prefixed(prefix: u8, hash: B256) -> [u8; 33] {
    let mut key = [prefix; 33];
    key[1..].copy_from_slice(hash.as_slice());
    key
}

/// A list of channels and pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelList {
    /// Of all.
    All,
    /// Of this payer.
    Payer(Address),
    /// Channels to this payee.
    Payee(Address),
}

/// First bytes of a list's keys.
pub(crate) fn channel_list_prefix(list: ChannelList) -> Vec<u8> {
    match list {
        ChannelList::All => vec![b'A'],
        ChannelList::Payer(payer) => [b"P", payer.as_slice()].concat(),
        ChannelList::Payee(payee) => [b"E", payee.as_slice()].concat(),
    }
}

pub(crate) fn channel_list_key(list: ChannelList, block: u64, log: u32) -> Vec<u8> {
    placed(channel_list_prefix(list), block, log)
}

pub(crate) fn channel_key(id: B256) -> Vec<u8> {
    prefixed(b'C', id).to_vec()
}

pub(crate) fn channel_end_key(id: B256) -> Vec<u8> {
    prefixed(b'X', id).to_vec()
}

pub(crate) fn channel_frozen_key(id: B256) -> Vec<u8> {
    prefixed(b'F', id).to_vec()
}

pub(crate) fn channel_deposit_key(id: B256, block: u64, log: u32) -> Vec<u8> {
    placed(prefixed(b'D', id).to_vec(), block, log)
}

/// First bytes of the keys of a channel's events.
pub(crate) fn channel_event_prefix(id: B256) -> Vec<u8> {
    prefixed(b'V', id).to_vec()
}

pub(crate) fn channel_event_key(id: B256, block: u64, log: u32, item: u16) -> Vec<u8> {
    let mut key = placed(channel_event_prefix(id), block, log);
    key.extend_from_slice(&item.to_be_bytes());
    key
}

/// What an event of the market is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarketSubject {
    /// Ends of epochs.
    Epochs,
    /// Prices of a swarm.
    Swarm(B256),
    /// Everything of an account.
    Account(Address),
    /// What bids of an account came to.
    Buyer(Address),
    /// Closed leases of a seller.
    Seller(Address),
    /// A bid and its leases.
    Bid(u64),
    /// An offer.
    Offer(u64),
    /// A lease.
    Lease(B256),
}

/// First bytes of the keys of a subject's events.
pub(crate) fn market_prefix(subject: MarketSubject) -> Vec<u8> {
    match subject {
        MarketSubject::Epochs => b"ME".to_vec(),
        MarketSubject::Swarm(swarm) => [b"MS", swarm.as_slice()].concat(),
        MarketSubject::Account(account) => [b"MA", account.as_slice()].concat(),
        MarketSubject::Buyer(account) => [b"MW", account.as_slice()].concat(),
        MarketSubject::Seller(account) => [b"MC", account.as_slice()].concat(),
        MarketSubject::Bid(id) => [&b"MB"[..], &id.to_be_bytes()].concat(),
        MarketSubject::Offer(id) => [&b"MO"[..], &id.to_be_bytes()].concat(),
        MarketSubject::Lease(id) => [b"ML", id.as_slice()].concat(),
    }
}

pub(crate) fn market_key(subject: MarketSubject, block: u64, log: u32) -> Vec<u8> {
    placed(market_prefix(subject), block, log)
}

fn placed(mut key: Vec<u8>, block: u64, log: u32) -> Vec<u8> {
    key.extend_from_slice(&block.to_be_bytes());
    key.extend_from_slice(&log.to_be_bytes());
    key
}

pub(crate) fn account_key(address: Address) -> B256 {
    keccak256(address)
}

pub(crate) fn slot_hash(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

pub(crate) fn slot_key(account: B256, slot: B256) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(account.as_slice());
    key[32..].copy_from_slice(slot.as_slice());
    key
}

pub(crate) fn account_history_key(account: B256, number: u64) -> [u8; 40] {
    let mut key = [0; 40];
    key[..32].copy_from_slice(account.as_slice());
    key[32..].copy_from_slice(&number.to_be_bytes());
    key
}

pub(crate) fn slot_history_key(account: B256, slot: B256, number: u64) -> [u8; 72] {
    let mut key = [0; 72];
    key[..64].copy_from_slice(&slot_key(account, slot));
    key[64..].copy_from_slice(&number.to_be_bytes());
    key
}

/// First bytes of all `trie` keys of one trie.
pub(crate) fn trie_prefix(trie: TrieId) -> Vec<u8> {
    match trie {
        TrieId::Accounts => vec![0],
        TrieId::Storage(account) => [&[1], account.as_slice()].concat(),
    }
}

pub(crate) fn trie_root_key(trie: TrieId) -> Vec<u8> {
    let mut key = trie_prefix(trie);
    key.push(0xff);
    key
}

pub(crate) fn trie_node_key(trie: TrieId, path: &Nibbles) -> Vec<u8> {
    let mut key = trie_prefix(trie);
    // A branch lies at depth 63 at most.
    key.push(path.len() as u8);
    let mut packed = [0u8; 32];
    for (index, nibble) in path.iter().enumerate() {
        packed[index / 2] |= nibble << (4 * (1 - index % 2));
    }
    key.extend_from_slice(&packed[..path.len().div_ceil(2)]);
    key
}

/// Families with their settings. State is random reads of small values: small blocks, bloom filters, no
/// compression. Blocks are read whole and rarely: compressed.
pub(crate) fn descriptors(cache: &Cache) -> Vec<ColumnFamilyDescriptor> {
    family::ALL
        .into_iter()
        .map(|name| ColumnFamilyDescriptor::new(name, family_options(name, cache)))
        .collect()
}

fn family_options(name: &str, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_format_version(5);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut options = Options::default();
    match name {
        family::BLOCK | family::UNDO | family::CODE => {
            table.set_block_size(16 << 10);
            options.set_compression_type(DBCompressionType::Lz4);
            options.set_bottommost_compression_type(DBCompressionType::Zstd);
            options.set_write_buffer_size(32 << 20);
        }
        family::ACCOUNT_HISTORY | family::SLOT_HISTORY => {
            let prefix = if name == family::ACCOUNT_HISTORY { 32 } else { 64 };
            table.set_block_size(16 << 10);
            table.set_bloom_filter(10.0, false);
            options.set_prefix_extractor(SliceTransform::create_fixed_prefix(prefix));
            options.set_compression_type(DBCompressionType::Lz4);
            options.set_write_buffer_size(32 << 20);
        }
        family::META | family::TOWER => options.set_write_buffer_size(1 << 20),
        _ => {
            table.set_block_size(4 << 10);
            table.set_bloom_filter(10.0, false);
            options.set_compression_type(DBCompressionType::None);
            options.set_write_buffer_size(32 << 20);
        }
    }
    options.set_block_based_table_factory(&table);
    options
}
