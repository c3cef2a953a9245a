//! Who was slashed.

use alloy_primitives::{Address, U256};
use btt_api::types::{Slash, SlashReason, SlashState};
use serde::Serialize;

use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{grouped, now_ms, short_address, short_btt, span, utc_ms};

/// What `btt stake slashes` prints.
#[derive(Debug, Clone, Serialize)]
pub struct SlashesReport {
    slashes: Vec<SlashRow>,
}

#[derive(Debug, Clone, Serialize)]
struct SlashRow {
    validator: Address,
    reason: SlashReason,
    state: SlashState,
    /// In parts of 10¹⁸ of the stake.
    fraction: u64,
    amount_wei: String,
    infraction_block: u64,
    accepted_block: u64,
    accepted_ms: u64,
    decided_at_ms: u64,
    #[serde(skip)]
    amount: U256,
}

impl From<Vec<Slash>> for SlashesReport {
    fn from(slashes: Vec<Slash>) -> Self {
        let row = |slash: Slash| SlashRow {
            validator: slash.validator,
            reason: slash.reason,
            state: slash.state,
            fraction: slash.fraction,
            amount_wei: slash.amount_wei.to_string(),
            infraction_block: slash.infraction_block,
            accepted_block: slash.accepted_block,
            accepted_ms: slash.accepted_ms,
            decided_at_ms: slash.decided_at_ms,
            amount: slash.amount_wei,
        };
        Self { slashes: slashes.into_iter().map(row).collect() }
    }
}

impl Report for SlashesReport {
    fn human(&self) -> String {
        if self.slashes.is_empty() {
            return "nobody was slashed".to_owned();
        }
        let mut table = table(["when", "validator", "why", "block", "lost BTT", "state"], &[3, 4]);
        for slash in &self.slashes {
            let why = match slash.reason {
                SlashReason::SignedTwice => "signed twice",
                SlashReason::Downtime => "downtime",
                SlashReason::Unknown => "?",
            };
            let state = match slash.state {
                SlashState::Open => {
                    format!("burnt in {}", span(slash.decided_at_ms.saturating_sub(now_ms())))
                }
                SlashState::Burnt => "burnt".to_owned(),
                SlashState::Cancelled => "cancelled".to_owned(),
                SlashState::Unknown => "?".to_owned(),
            };
            table.add_row([
                utc_ms(slash.accepted_ms),
                short_address(slash.validator),
                why.to_owned(),
                grouped(slash.infraction_block),
                short_btt(slash.amount),
                state,
            ]);
        }
        trimmed(&table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn slashes_are_told_with_what_became_of_them() {
        let slash = |reason, state| Slash {
            validator: Address::repeat_byte(0x11),
            reason,
            state,
            fraction: 50_000_000_000_000_000,
            amount_wei: U256::from(62_500) * U256::from(10).pow(U256::from(18)),
            infraction_block: 1_810,
            accepted_block: 1_812,
            accepted_ms: 1_795_173_918_000,
            decided_at_ms: 1_000,
        };
        let report = SlashesReport::from(vec![
            slash(SlashReason::SignedTwice, SlashState::Cancelled),
            slash(SlashReason::Downtime, SlashState::Burnt),
        ]);
        assert_golden("stake-slashes.txt", &report.human());
        assert_golden("stake-slashes.json", &serde_json::to_string_pretty(&report).unwrap());
        assert_eq!(SlashesReport::from(Vec::new()).human(), "nobody was slashed");
    }
}
