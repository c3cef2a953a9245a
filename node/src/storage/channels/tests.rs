//! The index over real blocks of a real chain.

use super::{ChannelChange, ChannelList, ChannelRecord, Place};
use crate::{
    chain::Chain,
    storage::{History, Store, codec::Input},
    testing::{
        block,
        channels::{BTT, call_channels, channel_to, signature_of, voucher_of},
        dev_chain, open, stranger,
    },
};
use alloy_primitives::B256;
use btt_genesis::dev_accounts;
use btt_runtime::modules::channels::{
    IChannels,
    batch::{BatchItem, Payment},
    voucher::{Tick, Voucher, parse_signature},
};

fn voucher(id: B256, wei: u128) -> BatchItem {
    let voucher = voucher_of(id, 0, wei);
    let signature = parse_signature(&signature_of(0, &voucher)).unwrap();
    BatchItem::new(Payment::Voucher(voucher, Tick::default()), &signature)
}

fn listed(store: &Store, list: ChannelList) -> Vec<B256> {
    store.channels_in(list, None, 100).unwrap().into_iter().map(|(_, id)| id).collect()
}

/// Two channels in one block; then a top-up, a batch over both, a close request; then the end of the first.
fn grow(chain: &Chain) -> (B256, B256) {
    let (a, b) = (stranger(1), dev_accounts()[1].address);
    block(
        chain,
        vec![
            call_channels(0, 0, 10 * BTT, &channel_to(a)),
            call_channels(0, 1, 20 * BTT, &channel_to(b)),
        ],
    );
    let [first, second] = listed(chain.store(), ChannelList::All).try_into().unwrap();
    let mut items = Vec::new();
    voucher(first, BTT).encode(&mut items);
    voucher(second, 2 * BTT).encode(&mut items);
    let top_up = IChannels::topUpCall { channelId: second };
    let batch = IChannels::batchSettleCall { items: items.into() };
    let request = IChannels::requestCloseCall { channelId: first };
    block(
        chain,
        vec![
            call_channels(0, 2, BTT, &top_up),
            call_channels(2, 0, 0, &batch),
            call_channels(0, 3, 0, &request),
        ],
    );
    let close = IChannels::closeCall {
        voucher: Voucher { channelId: second, ..Voucher::default() },
        tick: Tick::default(),
        signature: vec![0; 64].into(),
        captureWei: 2 * BTT,
    };
    block(chain, vec![call_channels(1, 0, 0, &close)]);
    (first, second)
}

#[test]
fn lists_events_and_ends_come_from_committed_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let (first, second) = grow(&chain);
    let store = chain.store();
    let payer = dev_accounts()[0].address;
    assert_eq!(listed(store, ChannelList::Payer(payer)), [first, second]);
    assert_eq!(listed(store, ChannelList::Payee(stranger(1))), [first]);
    assert!(listed(store, ChannelList::Payee(stranger(2))).is_empty());

    let record = store.channel_record(first).unwrap().unwrap();
    assert_eq!((record.payer, record.payee, record.signer), (payer, stranger(1), payer));
    assert_eq!((record.operator, record.salt), (stranger(7), B256::repeat_byte(9)));
    assert_eq!((record.opened, record.open_index), (Place { block: 1, log: 0 }, 0));
    assert_eq!(record.transaction, chain.block(1).unwrap().unwrap().transactions[0].hash());

    let events = store.channel_events(first, None, 100).unwrap();
    let payee = stranger(1);
    let places: Vec<_> = events.iter().map(|e| (e.place.block, e.item)).collect();
    assert_eq!(places, [(1, 0), (2, 0), (2, 0)]);
    assert_eq!(events[1].change, ChannelChange::Settled { payee, lane: None, paid_wei: BTT });
    let hash = chain.block(2).unwrap().unwrap().transactions[2].hash();
    assert_eq!(events[2].transaction, hash);
    assert!(matches!(events[2].change, ChannelChange::CloseRequested { .. }));
    let rest = store.channel_events(first, Some((events[0].place, 0)), 1).unwrap();
    assert_eq!(rest, events[1..2], "a page goes on after the place it is given");

    let deposit_wei = store.channel_record(second).unwrap().unwrap().deposit_wei + BTT;
    assert_eq!(store.last_deposit_wei(second).unwrap(), Some((deposit_wei, 0)));
    assert_eq!(store.last_deposit_wei(first).unwrap(), None);
    let end = store.channel_end(second).unwrap().unwrap();
    assert_eq!((end.block, end.paid_wei), (3, 0));
    assert_eq!(end.refunded_wei, deposit_wei - 2 * BTT);
    assert_eq!(store.channel_end(first).unwrap(), None);
}

#[test]
fn a_rollback_takes_out_what_the_blocks_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let chain = dev_chain(folder.path(), History::Archive);
    let (first, second) = grow(&chain);
    drop(chain);
    let store = open(folder.path());
    store.rollback(1).unwrap();
    assert_eq!(store.channel_end(second).unwrap(), None);
    assert_eq!(store.last_deposit_wei(second).unwrap(), None);
    assert_eq!(store.channel_events(first, None, 100).unwrap().len(), 1);
    assert_eq!(listed(&store, ChannelList::All), [first, second]);
    store.rollback(0).unwrap();
    assert!(listed(&store, ChannelList::All).is_empty());
    assert!(listed(&store, ChannelList::Payer(dev_accounts()[0].address)).is_empty());
    assert_eq!(store.channel_record(first).unwrap(), None);
    assert_eq!(store.channel_events(first, None, 100).unwrap(), []);
}

#[test]
fn rows_survive_the_database() {
    let account = stranger(3);
    let changes = [
        ChannelChange::Opened { deposit_wei: u128::MAX, collateral_wei: 1 },
        ChannelChange::ToppedUp { from: account, amount_wei: 1, deposit_wei: 2, collateral_wei: 3 },
        ChannelChange::Settled { payee: account, lane: Some((3, 9)), paid_wei: 4 },
        ChannelChange::Settled { payee: account, lane: None, paid_wei: 4 },
        ChannelChange::TowerPaid { tower: account, tip_wei: 5 },
        ChannelChange::CloseRequested { time_ms: u64::MAX, block: 6 },
        ChannelChange::CloseCancelled,
        ChannelChange::Frozen { payee: account, burnt_wei: 7 },
        ChannelChange::Closed { paid_wei: 8, refunded_wei: 0 },
    ];
    for change in changes {
        let mut bytes = Vec::new();
        change.encode(&mut bytes);
        assert_eq!(ChannelChange::decode(&mut Input(&bytes)), Ok(change));
        assert!(ChannelChange::decode(&mut Input(&bytes[..bytes.len() - 1])).is_err());
    }
    let record = ChannelRecord {
        is_pool: true,
        min_payees: 8,
        grace_s: 5,
        expiry_s: u64::MAX,
        collateral_wei: 1 << 90,
        opened: Place { block: 77, log: 2 },
        ..ChannelRecord::default()
    };
    assert_eq!(ChannelRecord::decode(&record.encode()), Ok(record));
}
