//! One channel, lists, history: open ones from state, what else there is to say from the index.

use super::{
    super::{
        RpcError,
        context::Rpc,
        limits::{CHANNEL_ROWS_PER_PAGE, DEFAULT_CHANNEL_PAGE},
    },
    refused,
};
use crate::{
    chain::ChannelTrial,
    storage::{ChannelChange as Indexed, ChannelEnd, ChannelList, ChannelRecord, Place},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use btt_api::types::{
    ChannelChange, ChannelEvent, ChannelEventPage, ChannelInfo, ChannelKind, ChannelPage,
    ChannelQuery, ChannelStatus, PoolPayeeClaim, StorageDeposits,
};
use btt_runtime::modules::channels::IChannels;

/// Bytes of a cursor of a list: block ‖ log; of a history: the same ‖ item.
const LIST_CURSOR: usize = 12;
const HISTORY_CURSOR: usize = 14;

/// The numbers of which zero says that there are none.
fn some(number: u64) -> Option<u64> {
    (number != 0).then_some(number)
}

impl Rpc {
    /// What an id was opened with, as far as the trial's state knows of it.
    pub(super) fn record(
        &self,
        trial: &ChannelTrial<'_>,
        id: B256,
    ) -> Result<ChannelRecord, RpcError> {
        let record = self.chain().store().channel_record(id)?;
        record.filter(|record| record.opened.block <= trial.block()).ok_or_else(|| {
            RpcError::Failed(format!("no channel or pool was ever opened with the id {id}"))
        })
    }

    /// How it ended, as far as the trial's state knows of it.
    pub(super) fn end(
        &self,
        trial: &ChannelTrial<'_>,
        id: B256,
    ) -> Result<Option<ChannelEnd>, RpcError> {
        let end = self.chain().store().channel_end(id)?;
        Ok(end.filter(|end| end.block <= trial.block()))
    }

    pub(super) fn channel_info(&self, id: B256) -> Result<ChannelInfo, RpcError> {
        let mut trial = self.trial()?;
        let record = self.record(&trial, id)?;
        self.describe(&mut trial, id, &record)
    }

    pub(super) fn pool_info(&self, id: B256) -> Result<ChannelInfo, RpcError> {
        let info = self.channel_info(id)?;
        if info.kind == ChannelKind::Pool {
            return Ok(info);
        }
        Err(RpcError::InvalidParams(format!("{id} is a channel, not a pool; ask channel_get")))
    }

    pub(super) fn claim_of(&self, id: B256, payee: Address) -> Result<PoolPayeeClaim, RpcError> {
        let mut trial = self.trial()?;
        if !self.record(&trial, id)?.is_pool {
            return Err(RpcError::InvalidParams(format!("{id} is a channel, not a pool")));
        }
        let call = IChannels::poolClaimCall { poolId: id, payee };
        let claim = trial.read(&call).map_err(refused)?;
        let lanes = claim.laneSettledWei.map(U256::from);
        Ok(PoolPayeeClaim {
            pool_id: id,
            payee,
            settled_wei: lanes.iter().fold(U256::ZERO, |sum, wei| sum.saturating_add(*wei)),
            lane_settled_wei: lanes,
            storage_deposit_wei: U256::from(claim.storageDepositWei),
        })
    }

    pub(super) fn storage_deposits(&self) -> Result<StorageDeposits, RpcError> {
        let call = IChannels::storageDepositCall {};
        let deposits = self.trial()?.read(&call).map_err(refused)?;
        let (channel_wei, pool_wei) =
            (U256::from(deposits.channelWei), U256::from(deposits.poolWei));
        Ok(StorageDeposits { channel_wei, pool_wei })
    }

    fn describe(
        &self,
        trial: &mut ChannelTrial<'_>,
        id: B256,
        record: &ChannelRecord,
    ) -> Result<ChannelInfo, RpcError> {
        let described = of_record(id, record);
        if let Some(end) = self.end(trial, id)? {
            return self.ended(&described, record, end);
        }
        if record.is_pool {
            let pool = trial.read(&IChannels::poolCall { poolId: id }).map_err(refused)?;
            return Ok(open_pool(&described, &pool));
        }
        let channel = trial.read(&IChannels::channelCall { channelId: id }).map_err(refused)?;
        Ok(open_channel(&described, &channel))
    }

    /// Deposit and payments of what is gone: all that was deposited was paid, refunded or burnt.
    fn ended(
        &self,
        described: &ChannelInfo,
        record: &ChannelRecord,
        end: ChannelEnd,
    ) -> Result<ChannelInfo, RpcError> {
        let (store, id) = (self.chain().store(), described.id);
        let (deposit_wei, collateral_wei) =
            store.last_deposit_wei(id)?.unwrap_or((record.deposit_wei, record.collateral_wei));
        let is_frozen = store.was_frozen(id)?;
        let held_wei = if is_frozen {
            U256::from(deposit_wei)
        } else {
            U256::from(deposit_wei).saturating_add(U256::from(collateral_wei))
        };
        Ok(ChannelInfo {
            status: ChannelStatus::Closed,
            deposit_wei: U256::from(deposit_wei),
            settled_wei: held_wei.saturating_sub(U256::from(end.refunded_wei)),
            collateral_wei: record.is_pool.then_some(U256::from(collateral_wei)),
            is_frozen: record.is_pool.then_some(is_frozen),
            closed_at_block: Some(end.block),
            ..*described
        })
    }

    pub(super) fn channel_page(&self, query: &ChannelQuery) -> Result<ChannelPage, RpcError> {
        let limit = self.page_size(query.limit.map(|limit| limit.0))?;
        let list = match (query.payer, query.payee) {
            (Some(payer), _) => ChannelList::Payer(payer),
            (None, Some(payee)) => ChannelList::Payee(payee),
            (None, None) => ChannelList::All,
        };
        let after = query
            .cursor
            .as_ref()
            .map(|cursor| read_cursor::<LIST_CURSOR>(cursor).map(|(place, _)| place));
        let store = self.chain().store();
        let rows = store.channels_in(list, after.transpose()?, CHANNEL_ROWS_PER_PAGE)?;
        let (mut trial, guard) = (self.trial()?, self.guard());
        let has_more_rows = rows.len() == CHANNEL_ROWS_PER_PAGE;
        let (mut channels, mut last) = (Vec::new(), None);
        let mut rows = rows.into_iter().peekable();
        while let Some((place, id)) = rows.next_if(|(place, _)| place.block <= trial.block()) {
            if channels.len() == limit {
                return Ok(ChannelPage { channels, next: last.map(list_cursor) });
            }
            guard.check()?;
            last = Some(place);
            let record = self.record(&trial, id)?;
            if query.payee.is_some_and(|payee| payee != record.payee) {
                continue;
            }
            let info = self.describe(&mut trial, id, &record)?;
            if query.status.is_none_or(|status| status == info.status) {
                channels.push(info);
            }
        }
        let next = last.filter(|_| has_more_rows).map(list_cursor);
        Ok(ChannelPage { channels, next })
    }

    pub(super) fn channel_history(
        &self,
        id: B256,
        cursor: Option<&Bytes>,
    ) -> Result<ChannelEventPage, RpcError> {
        let record = self.record(&self.trial()?, id)?;
        let after = cursor.map(read_cursor::<HISTORY_CURSOR>).transpose()?;
        let limit = self.page_size(None)?;
        let entries = self.chain().store().channel_events(id, after, limit)?;
        let last = entries.last().filter(|_| entries.len() == limit);
        let next = last.map(|entry| {
            let place = [list_cursor(entry.place).as_ref(), &entry.item.to_be_bytes()].concat();
            place.into()
        });
        let events = entries
            .iter()
            .map(|entry| event(id, &record, entry.place, entry.transaction, &entry.change));
        Ok(ChannelEventPage { events: events.collect(), next })
    }

    fn page_size(&self, asked: Option<u64>) -> Result<usize, RpcError> {
        let most = self.limits.channel_page;
        let Some(asked) = asked else { return Ok(DEFAULT_CHANNEL_PAGE.min(most)) };
        let size = usize::try_from(asked).unwrap_or(usize::MAX);
        if size > most || size == 0 {
            return Err(RpcError::Limit(format!("a list of {asked} channels, limit 1 to {most}")));
        }
        Ok(size)
    }
}

fn list_cursor(place: Place) -> Bytes {
    [&place.block.to_be_bytes()[..], &place.log.to_be_bytes()].concat().into()
}

/// Block, log, and in a history the item.
fn read_cursor<const N: usize>(cursor: &Bytes) -> Result<(Place, u16), RpcError> {
    let number = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    if cursor.len() != N {
        let text = format!("cursor of {} bytes: give the `next` of the part before", cursor.len());
        return Err(RpcError::InvalidParams(text));
    }
    let (block, rest) = cursor.split_at(8);
    let (log, item) = rest.split_at(4);
    let log = u32::try_from(number(log)).unwrap_or(u32::MAX);
    Ok((Place { block: number(block), log }, u16::try_from(number(item)).unwrap_or(u16::MAX)))
}

fn of_record(id: B256, record: &ChannelRecord) -> ChannelInfo {
    ChannelInfo {
        id,
        kind: kind(record),
        status: ChannelStatus::Open,
        payer: record.payer,
        payee: (!record.is_pool).then_some(record.payee),
        signer: record.signer,
        operator: record.operator,
        salt: record.salt,
        open_index: record.open_index,
        deposit_wei: U256::ZERO,
        settled_wei: U256::ZERO,
        lane_settled_wei: None,
        remaining_wei: U256::ZERO,
        collateral_wei: None,
        min_payees: record.is_pool.then_some(record.min_payees),
        is_frozen: None,
        grace_s: record.grace_s,
        storage_deposit_wei: U256::ZERO,
        closes_at_ms: None,
        closes_at_block: None,
        expires_at_ms: None,
        expires_at_block: None,
        opened_at_block: record.opened.block,
        open_transaction: record.transaction,
        closed_at_block: None,
    }
}

fn kind(record: &ChannelRecord) -> ChannelKind {
    if record.is_pool { ChannelKind::Pool } else { ChannelKind::Channel }
}

/// Where an open one stands, by the time at which it closes.
pub(super) fn status(closes_at_ms: u64) -> ChannelStatus {
    if closes_at_ms == 0 { ChannelStatus::Open } else { ChannelStatus::Closing }
}

fn open_channel(described: &ChannelInfo, channel: &IChannels::Channel) -> ChannelInfo {
    ChannelInfo {
        status: status(channel.closesAtMs),
        deposit_wei: U256::from(channel.depositWei),
        settled_wei: U256::from(channel.settledWei),
        lane_settled_wei: Some(channel.laneSettledWei.map(U256::from)),
        remaining_wei: U256::from(channel.depositWei.saturating_sub(channel.settledWei)),
        storage_deposit_wei: U256::from(channel.storageDepositWei),
        closes_at_ms: some(channel.closesAtMs),
        closes_at_block: some(channel.closesAtBlock),
        expires_at_ms: some(channel.expiresAtMs),
        expires_at_block: some(channel.expiresAtBlock),
        ..*described
    }
}

fn open_pool(described: &ChannelInfo, pool: &IChannels::Pool) -> ChannelInfo {
    ChannelInfo {
        status: status(pool.closesAtMs),
        deposit_wei: U256::from(pool.depositWei),
        settled_wei: U256::from(pool.settledWei),
        remaining_wei: U256::from(pool.depositWei.saturating_sub(pool.settledWei)),
        collateral_wei: Some(U256::from(pool.collateralWei)),
        is_frozen: Some(pool.isFrozen),
        storage_deposit_wei: U256::from(pool.storageDepositWei),
        closes_at_ms: some(pool.closesAtMs),
        closes_at_block: some(pool.closesAtBlock),
        expires_at_ms: some(pool.expiresAtMs),
        expires_at_block: some(pool.expiresAtBlock),
        ..*described
    }
}

/// An event for the wire.
pub(super) fn event(
    id: B256,
    record: &ChannelRecord,
    place: Place,
    transaction_hash: B256,
    change: &Indexed,
) -> ChannelEvent {
    let paid = match change {
        Indexed::Settled { payee, .. } | Indexed::Frozen { payee, .. } => Some(*payee),
        _ => None,
    };
    ChannelEvent {
        id,
        kind: kind(record),
        payer: record.payer,
        payee: if record.is_pool { paid } else { Some(record.payee) },
        change: shown(change, record.is_pool),
        block_number: place.block,
        transaction_hash,
        log_index: u64::from(place.log),
    }
}

fn shown(change: &Indexed, is_pool: bool) -> ChannelChange {
    let of_pool = |wei: u128| is_pool.then_some(U256::from(wei));
    match *change {
        Indexed::Opened { deposit_wei, collateral_wei } => ChannelChange::Opened {
            deposit_wei: U256::from(deposit_wei),
            collateral_wei: of_pool(collateral_wei),
        },
        Indexed::ToppedUp { from, amount_wei, deposit_wei, collateral_wei } => {
            ChannelChange::ToppedUp {
                from,
                amount_wei: U256::from(amount_wei),
                deposit_wei: U256::from(deposit_wei),
                collateral_wei: of_pool(collateral_wei),
            }
        }
        Indexed::Settled { lane, paid_wei, .. } => ChannelChange::Settled {
            lane: lane.map(|(lane, _)| u32::from(lane)),
            paid_wei: U256::from(paid_wei),
            settled_wei: lane.map(|(_, settled_wei)| U256::from(settled_wei)),
        },
        Indexed::TowerPaid { tower, tip_wei } => {
            ChannelChange::TowerPaid { tower, tip_wei: U256::from(tip_wei) }
        }
        Indexed::CloseRequested { time_ms, block } => {
            ChannelChange::CloseRequested { closes_at_ms: time_ms, closes_at_block: block }
        }
        Indexed::CloseCancelled => ChannelChange::CloseCancelled,
        Indexed::Frozen { burnt_wei, .. } => {
            ChannelChange::Frozen { burnt_wei: U256::from(burnt_wei) }
        }
        Indexed::Closed { paid_wei, refunded_wei } => ChannelChange::Closed {
            paid_wei: (!is_pool).then_some(U256::from(paid_wei)),
            refunded_wei: U256::from(refunded_wei),
        },
    }
}
