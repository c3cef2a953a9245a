//! Reading the index, a page at a time.

use super::{ChannelChange, ChannelEnd, ChannelRecord, change::wei};
pub use crate::storage::schema::ChannelList;
use crate::storage::{
    Store,
    codec::{Input, damaged},
    schema::{self, family},
};
use alloy_primitives::B256;
use btt_runtime::state::StoreError;
use rocksdb::{Direction, IteratorMode};

/// Place of a log: its block, and its number in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Block.
    pub block: u64,
    /// Log of the block.
    pub log: u32,
}

/// An event of a channel as the index holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelEntry {
    /// Where.
    pub place: Place,
    /// Place in the event of a batch.
    pub item: u16,
    /// Transaction.
    pub transaction: B256,
    /// What happened.
    pub change: ChannelChange,
}

impl Store {
    /// What a channel or pool was opened with; `None` where there never was one of this id.
    pub fn channel_record(&self, id: B256) -> Result<Option<ChannelRecord>, StoreError> {
        let bytes = self.get(family::INDEX, &schema::channel_key(id))?;
        bytes.map(|bytes| ChannelRecord::decode(&bytes)).transpose()
    }

    /// How it ended, if it did.
    pub fn channel_end(&self, id: B256) -> Result<Option<ChannelEnd>, StoreError> {
        let bytes = self.get(family::INDEX, &schema::channel_end_key(id))?;
        bytes.map(|bytes| ChannelEnd::decode(&bytes)).transpose()
    }

    /// Whether a pool was frozen.
    pub fn was_frozen(&self, id: B256) -> Result<bool, StoreError> {
        Ok(self.get(family::INDEX, &schema::channel_frozen_key(id))?.is_some())
    }

    /// Deposit and collateral after the last top-up; `None` where there was none.
    pub fn last_deposit_wei(&self, id: B256) -> Result<Option<(u128, u128)>, StoreError> {
        let last = schema::channel_deposit_key(id, u64::MAX, u32::MAX);
        let prefix = &last[..33];
        let mode = IteratorMode::From(&last, Direction::Reverse);
        let mut rows = self.db.iterator_cf(self.family(family::INDEX)?, mode);
        let Some(row) = rows.next() else { return Ok(None) };
        let (key, value) = row.map_err(StoreError::new)?;
        if !key.starts_with(prefix) {
            return Ok(None);
        }
        let mut input = Input(&value);
        Ok(Some((wei(&mut input)?, wei(&mut input)?)))
    }

    /// Channels and pools of a list in the order of their opening: those after a place, at most so many.
    pub fn channels_in(
        &self,
        list: ChannelList,
        after: Option<Place>,
        most: usize,
    ) -> Result<Vec<(Place, B256)>, StoreError> {
        let prefix = schema::channel_list_prefix(list);
        let start = match after {
            Some(place) => past(schema::channel_list_key(list, place.block, place.log)),
            None => prefix.clone(),
        };
        self.rows(&prefix, &start, most, |rest, value| {
            let mut rest = Input(rest);
            let place = Place { block: rest.u64()?, log: rest.u32()? };
            let id = B256::try_from(value).map_err(|_| damaged("a list of channels"))?;
            Ok((place, id))
        })
    }

    /// What happened to a channel, oldest first: what is after a place, at most so much.
    pub fn channel_events(
        &self,
        id: B256,
        after: Option<(Place, u16)>,
        most: usize,
    ) -> Result<Vec<ChannelEntry>, StoreError> {
        let prefix = schema::channel_event_prefix(id);
        let start = match after {
            Some((place, item)) => {
                past(schema::channel_event_key(id, place.block, place.log, item))
            }
            None => prefix.clone(),
        };
        self.rows(&prefix, &start, most, |rest, value| {
            let mut rest = Input(rest);
            let place = Place { block: rest.u64()?, log: rest.u32()? };
            let [high, low] = <[u8; 2]>::try_from(rest.take(2)?).unwrap_or_default();
            let mut value = Input(value);
            let transaction = value.hash()?;
            let change = ChannelChange::decode(&mut value)?;
            value.end()?;
            Ok(ChannelEntry { place, item: u16::from_be_bytes([high, low]), transaction, change })
        })
    }

    /// Rows from `start` on whose keys begin with `prefix`; `read` gets the key's rest and the value.
    fn rows<T>(
        &self,
        prefix: &[u8],
        start: &[u8],
        most: usize,
        read: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mode = IteratorMode::From(start, Direction::Forward);
        let rows = self.db.iterator_cf(self.family(family::INDEX)?, mode);
        let mut found = Vec::new();
        for row in rows.take(most) {
            let (key, value) = row.map_err(StoreError::new)?;
            let Some(rest) = key.strip_prefix(prefix) else { break };
            found.push(read(rest, &value)?);
        }
        Ok(found)
    }
}

/// The first key after this one.
fn past(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}
