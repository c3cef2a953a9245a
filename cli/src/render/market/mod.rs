//! The bandwidth market.

mod bids;
mod clear;
mod event;
mod leases;
mod offers;
mod plain;
mod prices;
#[cfg(test)]
mod tests;

pub use bids::{award_lines, awards, bid_table};
pub use clear::{CheckedRow, ClearReport};
pub use event::event;
pub use leases::{lease_table, leases, share, size};
pub use offers::{bond, offer_table, offers, seller};
pub use plain::plain;
pub use prices::{left, phase, phase_lines, prices, simulated};

use serde::Serialize;
use serde_json::Value;

use crate::output::Report;

/// What a verb of the market prints: the node's answer as JSON, and what people read.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct MarketReport {
    json: Value,
    #[serde(skip)]
    text: String,
}

impl MarketReport {
    /// Both forms.
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into() }
    }
}

impl Report for MarketReport {
    fn human(&self) -> String {
        self.text.trim_end().to_owned()
    }
}
