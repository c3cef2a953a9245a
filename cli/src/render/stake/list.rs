//! All validators.

use btt_api::types::{Epoch, StakingTotals, StakingValidator};
use serde::Serialize;

use super::{ValidatorRow, next_epoch};
use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{grouped, percent, short_address, short_btt, shortened};

/// Characters of a name in the list.
const NAME_WIDTH: usize = 15;

/// What `btt stake list` prints.
#[derive(Debug, Clone, Serialize)]
pub struct StakeListReport {
    epoch: u64,
    active_validators: u16,
    total_power: u64,
    bonded_wei: String,
    unbonding_wei: String,
    validators: Vec<ValidatorRow>,
    #[serde(skip)]
    footer: String,
    #[serde(skip)]
    rows: Vec<[String; 8]>,
}

impl StakeListReport {
    /// In the order of their places.
    pub fn new(validators: &[StakingValidator], epoch: &Epoch, totals: &StakingTotals) -> Self {
        let footer = format!(
            "{} BTT are staked; {} epoch {}\nnext is {}",
            short_btt(totals.bonded_wei),
            if epoch.validators == 1 {
                "1 validator decides".to_owned()
            } else {
                format!("{} validators decide", epoch.validators)
            },
            grouped(epoch.number),
            next_epoch(epoch)
        );
        Self {
            epoch: epoch.number,
            active_validators: epoch.validators,
            total_power: epoch.total_power,
            bonded_wei: totals.bonded_wei.to_string(),
            unbonding_wei: totals.unbonding_wei.to_string(),
            validators: validators.iter().map(ValidatorRow::from).collect(),
            footer,
            rows: validators.iter().enumerate().map(|(index, v)| row(index + 1, v)).collect(),
        }
    }
}

fn row(place: usize, validator: &StakingValidator) -> [String; 8] {
    let status = format!("{:?}", validator.status).to_lowercase();
    [
        place.to_string(),
        shortened(&validator.name, NAME_WIDTH),
        short_btt(validator.stake_wei),
        percent(validator.share_bps),
        percent(validator.commission_bps.into()),
        missed(validator),
        status,
        short_address(validator.operator),
    ]
}

/// Of the epoch's blocks so far; nothing where it had none to sign.
fn missed(validator: &StakingValidator) -> String {
    let seen = u64::from(validator.signed_blocks).saturating_add(validator.missed_blocks.into());
    let bps = u64::from(validator.missed_blocks).saturating_mul(10_000).checked_div(seen);
    bps.map_or_else(|| "-".to_owned(), |bps| percent(u32::try_from(bps).unwrap_or(u32::MAX)))
}

impl Report for StakeListReport {
    fn human(&self) -> String {
        let header = ["#", "name", "stake BTT", "power", "comm.", "missed", "status", "operator"];
        let mut table = table(header, &[0, 2, 3, 4, 5]);
        for row in &self.rows {
            table.add_row(row);
        }
        format!(
            "{}\n\n{}\nMore of one, with its address: btt stake show NAME",
            trimmed(&table),
            self.footer
        )
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use btt_api::types::ValidatorStatus;

    use super::*;
    use crate::render::stake::validator::tests::sample;
    use crate::testing::assert_golden;

    #[test]
    fn validators_fit_80_columns_and_a_foreign_name_commands_nothing() {
        let epoch = Epoch {
            number: 12,
            first_block: 241,
            first_ms: 0,
            last_block: 260,
            validators: 2,
            total_power: 5_000_000,
            block: 250,
            block_ms: 0,
            next_expected_ms: None,
        };
        let btt = U256::from(10).pow(U256::from(18));
        let totals = StakingTotals {
            bonded_wei: btt * U256::from(5_000_000) + U256::from(1),
            unbonding_wei: U256::ZERO,
            rewards_wei: U256::ZERO,
            slash_escrow_wei: U256::ZERO,
            candidates: 3,
        };
        let mut fresh = sample("\u{1b}[2Jevil", ValidatorStatus::Candidate);
        (fresh.signed_blocks, fresh.missed_blocks, fresh.share_bps) = (0, 0, 0);
        let validators = [
            sample("alpha", ValidatorStatus::Active),
            sample("a name of thirty-two bytes, all!", ValidatorStatus::Tombstoned),
            fresh,
        ];
        let report = StakeListReport::new(&validators, &epoch, &totals);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_golden("stake-list.txt", &text);
        assert_golden("stake-list.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
