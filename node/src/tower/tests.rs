//! The tower on a real chain and a real mempool.

use super::{Tower, WatchError, WatchtowerSettings};
use crate::{
    chain::{Chain, Proposer},
    keys,
    mempool::{Mempool, PoolLimits},
    storage::{ChannelList, History},
    testing::{
        block,
        channels::{BTT, call_channels, channel_to, signature_of, voucher_of},
        dev_chain, stranger,
    },
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use btt_api::types::{AnyVoucher, ChannelVoucher, ChannelWatch, WatchRequest};
use btt_genesis::dev_accounts;
use btt_runtime::{
    block::header::time_ms,
    modules::channels::{
        IChannels,
        voucher::{PoolVoucher, Watch},
    },
    tx::Transaction,
};
use k256::SecretKey;
use std::{path::Path, sync::Arc};

/// The tower's own account among the dev accounts.
const TOWER: usize = 5;
/// The payee's.
const PAYEE: usize = 1;

struct Node {
    chain: Arc<Chain>,
    mempool: Arc<Mempool>,
    tower: Tower,
}

fn address(account: usize) -> Address {
    dev_accounts()[account].address
}

fn start(folder: &Path, settings: WatchtowerSettings) -> Node {
    let chain = Arc::new(dev_chain(folder, History::Archive));
    let mempool = Arc::new(Mempool::new(chain.clone(), PoolLimits::default()));
    let key = SecretKey::from_slice(dev_accounts()[TOWER].secret_key.as_slice()).unwrap();
    let tower = Tower::open(&chain, &mempool, settings, &key).unwrap();
    Node { chain, mempool, tower }
}

impl Node {
    fn now_ms(&self) -> u64 {
        time_ms(&self.chain.head().header).unwrap()
    }

    fn act(&self) {
        self.tower.act(self.now_ms()).unwrap();
    }

    /// Takes what waits into a block.
    fn mine(&self) {
        let proposer = Proposer::new(keys::dev_validator_key());
        let number = self.chain.head().number + 1;
        let executed = proposer.propose(&self.chain, number, &mut self.mempool.source()).unwrap();
        let certificate = proposer.certify_alone(&self.chain, &executed).unwrap();
        let (block, changes) = self.chain.commit(executed, certificate).unwrap();
        self.mempool.on_block(&block, &changes);
        self.tower.on_block(&block);
    }

    /// The block of others' transactions that the tower hears of.
    fn include(&self, transactions: Vec<Arc<Transaction>>) {
        block(&self.chain, transactions);
        let number = self.chain.head().number;
        self.tower.on_block(&self.chain.block(number).unwrap().unwrap());
    }

    fn open(&self) -> B256 {
        let deposit = call_channels(0, 0, 10 * BTT, &channel_to(address(PAYEE)));
        self.include(vec![deposit]);
        self.chain.store().channels_in(ChannelList::All, None, 1).unwrap()[0].1
    }

    /// Paid out, and when the grace ends; `None` when it is gone.
    fn channel(&self, id: B256) -> Option<IChannels::Channel> {
        let mut trial = self.chain.channel_trial(0).unwrap();
        trial.read(&IChannels::channelCall { channelId: id }).ok()
    }

    fn waiting(&self) -> Vec<Arc<Transaction>> {
        let hashes = self.mempool.hashes(10);
        hashes.iter().filter_map(|hash| self.mempool.get(hash)).collect()
    }
}

fn untipped() -> WatchtowerSettings {
    WatchtowerSettings { settle_untipped: true, ..WatchtowerSettings::default() }
}

fn request(id: B256, lane: u32, wei: u128) -> WatchRequest {
    let voucher = voucher_of(id, lane, wei);
    WatchRequest {
        signature: signature_of(0, &voucher),
        voucher: AnyVoucher::Voucher(ChannelVoucher::from(&voucher)),
        tick: None,
        watch: None,
        watch_signature: None,
    }
}

fn tipped(id: B256, wei: u128, tower: Address, tip_bps: u16) -> WatchRequest {
    let watch = ChannelWatch { channel_id: id, tower, tip_bps, valid_until: u64::from(u32::MAX) };
    WatchRequest {
        watch: Some(watch),
        watch_signature: Some(signature_of(PAYEE, &Watch::from(watch))),
        ..request(id, 0, wei)
    }
}

fn close_request(id: B256, nonce: u64) -> Arc<Transaction> {
    call_channels(0, nonce, 0, &IChannels::requestCloseCall { channelId: id })
}

fn refusal(result: Result<impl Sized, WatchError>) -> String {
    match result {
        Err(WatchError::Refused(text) | WatchError::Full(text)) => text,
        Err(WatchError::Module(error)) => format!("{error:?}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was kept"),
    }
}

#[test]
fn killed_between_close_request_and_settlement_it_settles_before_the_grace_ends() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), untipped());
    let id = node.open();
    node.tower.watch(&request(id, 0, BTT)).unwrap();
    node.tower.watch(&request(id, 0, 3 * BTT)).unwrap();
    node.tower.watch(&request(id, 2, BTT)).unwrap();
    node.act();
    assert!(node.waiting().is_empty(), "nobody has asked to close");
    node.include(vec![close_request(id, 1)]);
    // Dropped without a look: what a kill leaves.
    drop(node);

    let node = start(folder.path(), untipped());
    assert_eq!(node.tower.watched(id).len(), 2);
    node.act();
    assert_eq!(node.waiting().len(), 2, "one settlement a lane");
    node.act();
    assert_eq!(node.waiting().len(), 2, "not sent twice");
    node.mine();
    let channel = node.channel(id).unwrap();
    assert_eq!((channel.settledWei, channel.laneSettledWei), (4 * BTT, [3 * BTT, 0, BTT, 0]));
    assert!(node.now_ms() < channel.closesAtMs);
    let payee = node.chain.head_account(address(PAYEE)).unwrap().unwrap().balance;
    let before = U256::from(10_000_000) * U256::from(BTT);
    assert_eq!(payee, before + U256::from(4 * BTT));
    node.act();
    assert!(node.waiting().is_empty(), "all is settled");
}

#[test]
fn a_settlement_that_waits_is_offered_more_until_it_is_final() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), untipped());
    let id = node.open();
    node.tower.watch(&request(id, 0, BTT)).unwrap();
    node.include(vec![close_request(id, 1)]);
    node.act();
    let [first] = node.waiting().try_into().unwrap();
    for _ in 0..3 {
        node.include(vec![]);
    }
    node.act();
    let [second] = node.waiting().try_into().unwrap();
    let (old, new) = (first.envelope(), second.envelope());
    assert_eq!(old.nonce(), new.nonce());
    assert!(10 * new.max_fee_per_gas() >= 11 * old.max_fee_per_gas());
    assert!(new.max_priority_fee_per_gas() > old.max_priority_fee_per_gas());
    node.mine();
    assert_eq!(node.channel(id).unwrap().settledWei, BTT);
    node.act();
    assert!(node.waiting().is_empty());
}

#[test]
fn no_more_is_offered_than_the_settings_allow() {
    let folder = tempfile::tempdir().unwrap();
    let most = 3_000_000_000;
    let node = start(folder.path(), WatchtowerSettings { max_fee_wei: most, ..untipped() });
    let id = node.open();
    node.tower.watch(&request(id, 0, BTT)).unwrap();
    node.include(vec![close_request(id, 1)]);
    for _ in 0..5 {
        node.act();
        (0..3).for_each(|_| node.include(vec![]));
    }
    let [last] = node.waiting().try_into().unwrap();
    assert_eq!(last.envelope().max_fee_per_gas(), u128::from(most));
}

#[test]
fn a_tip_is_kept_of_what_the_payee_has_signed() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WatchtowerSettings::default());
    let id = node.open();
    let tower = address(TOWER);
    let plain = refusal(node.tower.watch(&request(id, 0, BTT)));
    assert!(plain.contains(&format!("names the tower {tower}")), "{plain}");
    let kept = node.tower.watch(&tipped(id, 2 * BTT, tower, 50)).unwrap();
    assert_eq!((kept.tip_bps, kept.tower, kept.claim_wei), (50, tower, 2 * BTT));
    node.include(vec![close_request(id, 1)]);
    node.act();
    node.mine();
    let number = node.chain.head().number;
    let receipts = &node.chain.block(number).unwrap().unwrap().receipts;
    assert!(receipts[0].success);
    let balance = node.chain.head_account(address(PAYEE)).unwrap().unwrap().balance;
    let before = U256::from(10_000_000) * U256::from(BTT);
    assert_eq!(balance, before + U256::from(2 * BTT - 2 * BTT / 200), "a tip of 0.5 %");
}

#[test]
fn what_breaks_a_rule_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WatchtowerSettings { max_vouchers: 1, ..untipped() });
    let id = node.open();
    let tower = address(TOWER);
    let refused = |request: &WatchRequest| refusal(node.tower.watch(request));
    let text = format!("the watch names another tower, this one is {tower}");
    assert_eq!(refused(&tipped(id, BTT, stranger(3), 50)), text);
    let mut foreign = tipped(id, BTT, tower, 50);
    foreign.watch_signature = foreign.signature.clone().into();
    let selector = |error: &[u8]| alloy_primitives::hex::encode(&error[..4]);
    let bad = selector(&alloy_sol_types::SolError::abi_encode(&IChannels::BadSignature {}));
    assert!(refused(&foreign).contains(&bad));
    let mut unsigned = request(id, 0, BTT);
    unsigned.signature = signature_of(1, &voucher_of(id, 0, BTT));
    assert!(refused(&unsigned).contains(&bad));
    assert!(refused(&request(id, 0, 11 * BTT)).contains("Revert"), "above the deposit");
    assert_eq!(refused(&request(id, 0, 0)), "the voucher claims no more than was paid");
    let pool = PoolVoucher::default();
    let pool = WatchRequest {
        voucher: AnyVoucher::Pool(
            serde_json::from_value(serde_json::json!({
                "poolId": pool.poolId, "payee": pool.payee, "cumulativeAmount": 1,
            }))
            .unwrap(),
        ),
        ..request(id, 0, BTT)
    };
    assert_eq!(refused(&pool), "the tower keeps plain vouchers of channels only");
    assert_eq!(node.tower.watched(id), []);

    node.tower.watch(&request(id, 0, BTT)).unwrap();
    let text = format!("the tower keeps a voucher of {BTT} wei for this lane");
    assert_eq!(refused(&request(id, 0, BTT)), text);
    assert_eq!(refused(&request(id, 1, BTT)), "the tower keeps 1 vouchers, no more are taken");
    node.tower.watch(&request(id, 0, 2 * BTT)).unwrap();
}

#[test]
fn a_channel_that_is_gone_or_open_again_asks_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), untipped());
    let id = node.open();
    node.tower.watch(&request(id, 0, BTT)).unwrap();
    let top_up = IChannels::topUpCall { channelId: id };
    node.include(vec![close_request(id, 1), call_channels(0, 2, BTT, &top_up)]);
    node.act();
    assert!(node.waiting().is_empty(), "the payer took it back");
    let close = IChannels::closeCall {
        voucher: voucher_of(id, 0, 0),
        tick: Default::default(),
        signature: Default::default(),
        captureWei: 0,
    };
    node.include(vec![call_channels(PAYEE, 0, 0, &close)]);
    node.act();
    assert_eq!(node.channel(id), None);
    assert_eq!(node.tower.watched(id), []);
    drop(node);
    let node = start(folder.path(), untipped());
    assert_eq!(node.tower.watched(id), [], "nor is it on the disk");
}
