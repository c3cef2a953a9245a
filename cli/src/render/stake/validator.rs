//! One validator.

use alloy_primitives::{Address, Bytes};
use btt_api::types::{StakingValidator, ValidatorStatus};
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use super::{DelegatorReport, about};
use crate::output::Report;
use crate::render::{clean, grouped};

/// A validator in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct ValidatorRow {
    operator: Address,
    status: ValidatorStatus,
    public_key: Bytes,
    name: String,
    website: String,
    commission_bps: u16,
    max_commission_bps: u16,
    max_commission_change_bps: u16,
    stake_wei: String,
    self_stake_wei: String,
    shares: String,
    power: u64,
    share_bps: u32,
    commission_owed_wei: String,
    jailed_until_ms: Option<u64>,
    maintenance_until_epoch: Option<u64>,
    accepts_delegations: bool,
    signed_blocks: u32,
    missed_blocks: u32,
}

impl From<&StakingValidator> for ValidatorRow {
    fn from(validator: &StakingValidator) -> Self {
        let some = |number: u64| Some(number).filter(|number| *number > 0);
        Self {
            operator: validator.operator,
            status: validator.status,
            public_key: validator.public_key.clone(),
            name: validator.name.clone(),
            website: validator.website.clone(),
            commission_bps: validator.commission_bps,
            max_commission_bps: validator.max_commission_bps,
            max_commission_change_bps: validator.max_commission_change_bps,
            stake_wei: validator.stake_wei.to_string(),
            self_stake_wei: validator.self_stake_wei.to_string(),
            shares: validator.shares.to_string(),
            power: validator.power,
            share_bps: validator.share_bps,
            commission_owed_wei: validator.commission_owed_wei.to_string(),
            jailed_until_ms: some(validator.jailed_until_ms),
            maintenance_until_epoch: some(validator.maintenance_until_epoch),
            accepts_delegations: validator.accepts_delegations,
            signed_blocks: validator.signed_blocks,
            missed_blocks: validator.missed_blocks,
        }
    }
}

/// What `btt stake show` prints: a validator, what an account has at stake, or both.
#[derive(Debug, Clone, Serialize)]
pub struct ShowReport {
    validator: Option<ValidatorRow>,
    delegator: Option<DelegatorReport>,
    #[serde(skip)]
    shown: Option<StakingValidator>,
}

impl ShowReport {
    /// Of what there is.
    pub fn new(validator: Option<StakingValidator>, delegator: Option<DelegatorReport>) -> Self {
        Self { validator: validator.as_ref().map(ValidatorRow::from), delegator, shown: validator }
    }
}

impl Report for ShowReport {
    fn human(&self) -> String {
        let validator = self.shown.as_ref().map(describe);
        let delegator = self.delegator.as_ref().map(Report::human);
        let parts: Vec<String> = validator.into_iter().chain(delegator).collect();
        parts.join("\n\n")
    }
}

fn describe(validator: &StakingValidator) -> String {
    let own = format!(
        "{}, its own {}",
        format_btt(validator.stake_wei),
        format_btt(validator.self_stake_wei)
    );
    let website = Some(clean(&validator.website)).filter(|website| !website.is_empty());
    about(validator, "validator")
        .line("stake", own)
        .line("power", format!("{} in this epoch", grouped(validator.power)))
        .line(
            "open",
            if validator.accepts_delegations { "takes delegations" } else { "takes none now" },
        )
        .line("owed", format!("{} of commission", format_btt(validator.commission_owed_wei)))
        .line("key", &validator.public_key)
        .maybe("website", website)
        .render()
}

#[cfg(test)]
pub(super) mod tests {
    use alloy_primitives::U256;

    use super::*;
    use crate::testing::assert_golden;

    pub(in crate::render) fn sample(name: &str, status: ValidatorStatus) -> StakingValidator {
        let btt = U256::from(10).pow(U256::from(18));
        StakingValidator {
            operator: Address::repeat_byte(0x11),
            status,
            public_key: Bytes::from(vec![2; 33]),
            name: name.to_owned(),
            website: "https://alpha.example".to_owned(),
            commission_bps: 500,
            max_commission_bps: 2_000,
            max_commission_change_bps: 100,
            stake_wei: btt * U256::from(1_250_000),
            self_stake_wei: btt * U256::from(1_000_000),
            shares: btt * U256::from(1_250_000),
            power: 1_250_000,
            share_bps: 2_500,
            commission_owed_wei: btt / U256::from(4),
            jailed_until_ms: 0,
            maintenance_until_epoch: 0,
            accepts_delegations: true,
            signed_blocks: 119,
            missed_blocks: 1,
        }
    }

    #[test]
    fn a_validator_reads_well() {
        let report = ShowReport::new(Some(sample("alpha", ValidatorStatus::Active)), None);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert_golden("stake-validator.txt", &text);
        assert_golden("stake-validator.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
