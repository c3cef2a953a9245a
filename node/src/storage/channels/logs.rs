//! From receipts to what happened, channel by channel. A batch's event stands for one payment an item.

use super::{ChannelChange, ChannelRecord};
use alloy_primitives::{Address, B256, Log};
use alloy_sol_types::SolEventInterface as _;
use btt_runtime::{
    block::Receipt,
    modules::channels::IChannels::{self, IChannelsEvents as Events},
    primitives::addresses::CHANNELS,
};

/// Bytes of an item of a batch's event: id ‖ paid wei.
const BATCH_ITEM_BYTES: usize = 48;

/// Something that happened to one channel, with its place in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelLog {
    /// Channel or pool.
    pub id: B256,
    /// Place of the transaction in the block.
    pub transaction: usize,
    /// Place of the log in the block.
    pub log: u32,
    /// Place in the event of a batch.
    pub item: u16,
    /// What happened.
    pub change: ChannelChange,
    /// What it was opened with, where it was opened; block and transaction are not filled in.
    pub(super) opened: Option<Box<ChannelRecord>>,
}

/// Everything that the transactions of a block did to channels, in order.
pub fn channel_logs(receipts: &[Receipt]) -> Vec<ChannelLog> {
    let mut found = Vec::new();
    let logs = receipts.iter().enumerate().flat_map(|(place, receipt)| {
        let logs = receipt.logs.iter();
        logs.map(move |log| (place, log))
    });
    for (index, (transaction, log)) in (0u32..).zip(logs) {
        if log.address == CHANNELS {
            add(log, transaction, index, &mut found);
        }
    }
    found
}

/// Only the module itself writes logs at its address, so what does not decode is from a later version's events.
fn add(log: &Log, transaction: usize, index: u32, found: &mut Vec<ChannelLog>) {
    let Ok(event) = Events::decode_raw_log(log.topics(), &log.data.data) else { return };
    let mut push = |id, item, change, opened| {
        found.push(ChannelLog { id, transaction, log: index, item, change, opened });
    };
    if let Events::BatchSettled(event) = &event {
        let (items, _) = event.items.as_chunks::<BATCH_ITEM_BYTES>();
        for (place, item) in (0u16..).zip(items) {
            let (id, paid) = item.split_at(32);
            let paid_wei = paid.iter().fold(0, |wei, byte| wei << 8 | u128::from(*byte));
            let change = ChannelChange::Settled { payee: event.payee, lane: None, paid_wei };
            push(B256::from_slice(id), place, change, None);
        }
        return;
    }
    let opened = opened(&event);
    if let Some((id, change)) = change(event) {
        push(id, 0, change, opened);
    }
}

fn lane(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn change(event: Events) -> Option<(B256, ChannelChange)> {
    use ChannelChange as C;
    Some(match event {
        Events::ChannelOpened(e) => {
            (e.channelId, C::Opened { deposit_wei: e.depositWei, collateral_wei: 0 })
        }
        Events::PoolOpened(e) => {
            let (deposit_wei, collateral_wei) = (e.depositWei, e.collateralWei);
            (e.poolId, C::Opened { deposit_wei, collateral_wei })
        }
        Events::ToppedUp(e) => {
            let (amount_wei, deposit_wei) = (e.amountWei, e.depositWei);
            let from = e.from;
            (e.channelId, C::ToppedUp { from, amount_wei, deposit_wei, collateral_wei: 0 })
        }
        Events::PoolToppedUp(e) => {
            let (amount_wei, deposit_wei) = (e.amountWei, e.depositWei);
            let (from, collateral_wei) = (e.payer, e.collateralWei);
            (e.poolId, C::ToppedUp { from, amount_wei, deposit_wei, collateral_wei })
        }
        Events::Settled(e) => {
            let lane = Some((lane(e.lane), e.settledWei));
            (e.channelId, C::Settled { payee: e.payee, lane, paid_wei: e.paidWei })
        }
        Events::PoolSettled(e) => {
            let lane = Some((lane(e.lane), e.settledWei));
            (e.poolId, C::Settled { payee: e.payee, lane, paid_wei: e.paidWei })
        }
        Events::TowerPaid(e) => (e.channelId, C::TowerPaid { tower: e.tower, tip_wei: e.tipWei }),
        Events::CloseRequested(e) => {
            (e.channelId, C::CloseRequested { time_ms: e.closesAtMs, block: e.closesAtBlock })
        }
        Events::PoolCloseRequested(e) => {
            (e.poolId, C::CloseRequested { time_ms: e.closesAtMs, block: e.closesAtBlock })
        }
        Events::CloseCancelled(e) => (e.channelId, C::CloseCancelled),
        Events::PoolCloseCancelled(e) => (e.poolId, C::CloseCancelled),
        Events::PoolFrozen(e) => (e.poolId, C::Frozen { payee: e.payee, burnt_wei: e.burntWei }),
        Events::ChannelClosed(e) => {
            (e.channelId, C::Closed { paid_wei: e.paidWei, refunded_wei: e.refundedWei })
        }
        Events::PoolClosed(e) => (e.poolId, C::Closed { paid_wei: 0, refunded_wei: e.refundedWei }),
        Events::BatchSettled(_) => return None,
    })
}

fn opened(event: &Events) -> Option<Box<ChannelRecord>> {
    Some(Box::new(match event {
        Events::ChannelOpened(IChannels::ChannelOpened {
            channelId: _,
            payer,
            payee,
            signer,
            operator,
            salt,
            openIndex,
            depositWei,
            graceS,
            expiry,
        }) => ChannelRecord {
            is_pool: false,
            payer: *payer,
            payee: *payee,
            signer: *signer,
            operator: *operator,
            salt: *salt,
            open_index: *openIndex,
            deposit_wei: *depositWei,
            grace_s: *graceS,
            expiry_s: *expiry,
            ..ChannelRecord::default()
        },
        Events::PoolOpened(event) => ChannelRecord {
            is_pool: true,
            payer: event.payer,
            payee: Address::ZERO,
            signer: event.signer,
            salt: event.salt,
            open_index: event.openIndex,
            deposit_wei: event.depositWei,
            collateral_wei: event.collateralWei,
            min_payees: event.minPayees,
            grace_s: event.graceS,
            expiry_s: event.expiry,
            ..ChannelRecord::default()
        },
        _ => return None,
    }))
}
