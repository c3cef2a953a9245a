//! Reading the index: a page at a time, newest first, or how something began.

use super::{MarketLog, MarketSubject};
use crate::storage::{
    Place, Store,
    codec::Input,
    schema::{self, family},
};
use btt_runtime::state::StoreError;
use rocksdb::{Direction, IteratorMode};

impl Store {
    /// What happened to something, newest first: what was before a place, at most so much.
    pub fn market_logs(
        &self,
        subject: MarketSubject,
        before: Option<Place>,
        most: usize,
    ) -> Result<Vec<MarketLog>, StoreError> {
        let prefix = schema::market_prefix(subject);
        let end = before.unwrap_or(Place { block: u64::MAX, log: u32::MAX });
        let start = schema::market_key(subject, end.block, end.log);
        let mode = IteratorMode::From(&start, Direction::Reverse);
        let rows = self.db.iterator_cf(self.family(family::INDEX)?, mode);
        let mut found = Vec::new();
        for row in rows {
            let (key, value) = row.map_err(StoreError::new)?;
            let Some(rest) = key.strip_prefix(&prefix[..]).filter(|_| found.len() < most) else {
                break;
            };
            let place = place(rest)?;
            if place < end {
                found.push(event(place, &value)?);
            }
        }
        Ok(found)
    }

    /// The first that happened to something: how it came to be.
    pub fn first_market_log(
        &self,
        subject: MarketSubject,
    ) -> Result<Option<MarketLog>, StoreError> {
        let prefix = schema::market_prefix(subject);
        let mode = IteratorMode::From(&prefix, Direction::Forward);
        let Some(row) = self.db.iterator_cf(self.family(family::INDEX)?, mode).next() else {
            return Ok(None);
        };
        let (key, value) = row.map_err(StoreError::new)?;
        key.strip_prefix(&prefix[..]).map(|rest| event(place(rest)?, &value)).transpose()
    }
}

/// What follows the subject in a key.
fn place(rest: &[u8]) -> Result<Place, StoreError> {
    let mut rest = Input(rest);
    Ok(Place { block: rest.u64()?, log: rest.u32()? })
}

fn event(place: Place, value: &[u8]) -> Result<MarketLog, StoreError> {
    let mut value = Input(value);
    let transaction = value.hash()?;
    let log = alloy_rlp::decode_exact(value.0)
        .map_err(|error| StoreError::new(format!("damaged event of the market: {error}")))?;
    Ok(MarketLog { place, transaction: (!transaction.is_zero()).then_some(transaction), log })
}
