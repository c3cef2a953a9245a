//! What an account has at stake.

use alloy_primitives::{Address, U256};
use btt_api::types::{
    Delegation, Delegator, DelegatorTotals, Redelegation, Rewards, Unbonding, ValidatorStatus,
};
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{Fields, grouped, moment, now_ms, short_address, short_btt, shortened};

/// Characters of a name in a table.
const NAME_WIDTH: usize = 20;

/// All that an account has at stake.
#[derive(Debug, Clone, Serialize)]
pub struct DelegatorReport {
    delegator: Address,
    stake_wei: String,
    rewards_wei: String,
    unbonding_wei: String,
    withdrawable_wei: String,
    delegations: Vec<DelegationRow>,
    unbondings: Vec<UnbondingRow>,
    redelegations: Vec<RedelegationRow>,
    #[serde(skip)]
    totals: DelegatorTotals,
}

#[derive(Debug, Clone, Serialize)]
struct DelegationRow {
    validator: Address,
    validator_name: String,
    validator_status: ValidatorStatus,
    shares: String,
    stake_wei: String,
    entering_wei: String,
    locked_wei: String,
    rewards_wei: String,
    #[serde(skip)]
    amounts: [U256; 4],
}

impl From<Delegation> for DelegationRow {
    fn from(delegation: Delegation) -> Self {
        let Delegation { stake_wei, entering_wei, locked_wei, rewards_wei, .. } = delegation;
        Self {
            validator: delegation.validator,
            validator_name: delegation.validator_name,
            validator_status: delegation.validator_status,
            shares: delegation.shares.to_string(),
            stake_wei: stake_wei.to_string(),
            entering_wei: entering_wei.to_string(),
            locked_wei: locked_wei.to_string(),
            rewards_wei: rewards_wei.to_string(),
            amounts: [stake_wei, entering_wei, locked_wei, rewards_wei],
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct UnbondingRow {
    validator: Address,
    validator_name: String,
    amount_wei: String,
    unlocks_at_ms: u64,
    unlocks_at_block: u64,
    is_frozen: bool,
    is_unlocked: bool,
    #[serde(skip)]
    amount: U256,
}

impl From<Unbonding> for UnbondingRow {
    fn from(entry: Unbonding) -> Self {
        Self {
            validator: entry.validator,
            validator_name: entry.validator_name,
            amount_wei: entry.amount_wei.to_string(),
            unlocks_at_ms: entry.unlocks_at_ms,
            unlocks_at_block: entry.unlocks_at_block,
            is_frozen: entry.is_frozen,
            is_unlocked: entry.is_unlocked,
            amount: entry.amount_wei,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct RedelegationRow {
    from_validator: Address,
    to_validator: Address,
    shares: String,
    unlocks_at_ms: u64,
    unlocks_at_block: u64,
}

impl From<Redelegation> for RedelegationRow {
    fn from(entry: Redelegation) -> Self {
        Self {
            from_validator: entry.from_validator,
            to_validator: entry.to_validator,
            shares: entry.shares.to_string(),
            unlocks_at_ms: entry.unlocks_at_ms,
            unlocks_at_block: entry.unlocks_at_block,
        }
    }
}

impl From<Delegator> for DelegatorReport {
    fn from(delegator: Delegator) -> Self {
        let totals = delegator.totals;
        Self {
            delegator: delegator.delegator,
            stake_wei: totals.stake_wei.to_string(),
            rewards_wei: totals.rewards_wei.to_string(),
            unbonding_wei: totals.unbonding_wei.to_string(),
            withdrawable_wei: totals.withdrawable_wei.to_string(),
            delegations: delegator.delegations.into_iter().map(Into::into).collect(),
            unbondings: delegator.unbondings.into_iter().map(Into::into).collect(),
            redelegations: delegator.redelegations.into_iter().map(Into::into).collect(),
            totals,
        }
    }
}

impl Report for DelegatorReport {
    fn human(&self) -> String {
        let unlocked = self.totals.withdrawable_wei;
        let unlocked =
            (!unlocked.is_zero()).then(|| format!("{} (btt stake withdraw)", format_btt(unlocked)));
        let fields = Fields::new()
            .line("account", self.delegator)
            .line("staked", format_btt(self.totals.stake_wei))
            .line("rewards", format_btt(self.totals.rewards_wei))
            .line("unbonding", format_btt(self.totals.unbonding_wei))
            .maybe("unlocked", unlocked);
        let mut parts = vec![fields.render()];
        if !self.delegations.is_empty() {
            let header = ["validator", "stake BTT", "entering", "locked", "rewards", "status"];
            let mut table = table(header, &[1, 2, 3, 4]);
            for row in &self.delegations {
                let [stake, entering, locked, rewards] = row.amounts.map(short_btt);
                let name = shortened(&row.validator_name, NAME_WIDTH);
                let status = format!("{:?}", row.validator_status).to_lowercase();
                table.add_row([name, stake, entering, locked, rewards, status]);
            }
            parts.push(trimmed(&table));
        }
        if !self.unbondings.is_empty() {
            parts.push(unbonding_table(&self.unbondings));
        }
        if !self.redelegations.is_empty() {
            let mut table = table(["moved from", "to", "answers for it until", "block"], &[3]);
            for row in &self.redelegations {
                table.add_row([
                    short_address(row.from_validator),
                    short_address(row.to_validator),
                    moment(row.unlocks_at_ms, now_ms()),
                    grouped(row.unlocks_at_block),
                ]);
            }
            parts.push(trimmed(&table));
        }
        parts.join("\n\n")
    }
}

fn unbonding_table(rows: &[UnbondingRow]) -> String {
    let mut table = table(["on its way from", "BTT", "unlocks", "not before block"], &[1, 3]);
    for row in rows {
        let unlocks = match (row.is_unlocked, row.is_frozen) {
            (true, _) => "now: btt stake withdraw".to_owned(),
            (false, true) => "frozen: the validator is accused".to_owned(),
            (false, false) if row.unlocks_at_ms <= now_ms() => "waits for the block".to_owned(),
            (false, false) => moment(row.unlocks_at_ms, now_ms()),
        };
        table.add_row([
            shortened(&row.validator_name, NAME_WIDTH),
            short_btt(row.amount),
            unlocks,
            grouped(row.unlocks_at_block),
        ]);
    }
    trimmed(&table)
}

/// What `btt stake unbonding` prints.
#[derive(Debug, Clone, Serialize)]
pub struct UnbondingReport {
    unbondings: Vec<UnbondingRow>,
}

impl From<Vec<Unbonding>> for UnbondingReport {
    fn from(entries: Vec<Unbonding>) -> Self {
        Self { unbondings: entries.into_iter().map(Into::into).collect() }
    }
}

impl Report for UnbondingReport {
    fn human(&self) -> String {
        if self.unbondings.is_empty() {
            return "nothing is on its way out".to_owned();
        }
        unbonding_table(&self.unbondings)
    }
}

/// What `btt stake rewards` prints.
#[derive(Debug, Clone, Serialize)]
pub struct RewardsReport {
    total_wei: String,
    rewards: Vec<RewardRow>,
    #[serde(skip)]
    total: U256,
}

#[derive(Debug, Clone, Serialize)]
struct RewardRow {
    validator: Address,
    validator_name: String,
    amount_wei: String,
    #[serde(skip)]
    amount: U256,
}

impl From<Rewards> for RewardsReport {
    fn from(rewards: Rewards) -> Self {
        let rows = rewards.rewards.into_iter().map(|reward| RewardRow {
            validator: reward.validator,
            validator_name: reward.validator_name,
            amount_wei: reward.amount_wei.to_string(),
            amount: reward.amount_wei,
        });
        Self {
            total_wei: rewards.total_wei.to_string(),
            rewards: rows.collect(),
            total: rewards.total_wei,
        }
    }
}

impl Report for RewardsReport {
    fn human(&self) -> String {
        if self.rewards.is_empty() {
            return "nothing is delegated, so nothing is earned".to_owned();
        }
        let mut table = table(["validator", "rewards BTT"], &[1]);
        for row in &self.rewards {
            table.add_row([shortened(&row.validator_name, NAME_WIDTH), short_btt(row.amount)]);
        }
        format!(
            "{}\n\n{} in all; pay out: btt stake claim",
            trimmed(&table),
            format_btt(self.total)
        )
    }
}

#[cfg(test)]
mod tests {
    use btt_api::types::Reward;

    use super::*;
    use crate::testing::assert_golden;

    fn btt(amount: u64) -> U256 {
        U256::from(amount) * U256::from(10).pow(U256::from(18))
    }

    fn unbonding(is_unlocked: bool, is_frozen: bool) -> Unbonding {
        Unbonding {
            validator: Address::repeat_byte(0x11),
            validator_name: "alpha".to_owned(),
            amount_wei: btt(50),
            unlocks_at_ms: 1_000,
            unlocks_at_block: 12_345,
            is_frozen,
            is_unlocked,
        }
    }

    fn delegator() -> Delegator {
        let delegation = |name: &str, stake: u64| Delegation {
            validator: Address::repeat_byte(0x11),
            validator_name: name.to_owned(),
            validator_status: ValidatorStatus::Active,
            shares: btt(stake),
            stake_wei: btt(stake),
            entering_wei: btt(1),
            locked_wei: U256::ZERO,
            rewards_wei: U256::from(3_214_159_265_358_979_323u64),
            unbondings: 2,
        };
        Delegator {
            delegator: Address::repeat_byte(0x22),
            delegations: vec![delegation("alpha", 1_000), delegation("beta", 250_000)],
            unbondings: vec![
                unbonding(true, false),
                unbonding(false, true),
                unbonding(false, false),
            ],
            redelegations: vec![Redelegation {
                from_validator: Address::repeat_byte(0x11),
                to_validator: Address::repeat_byte(0x33),
                shares: btt(7),
                unlocks_at_ms: 1_000,
                unlocks_at_block: 12_345,
            }],
            totals: DelegatorTotals {
                stake_wei: btt(251_000),
                rewards_wei: U256::from(6_428_318_530_717_958_646u64),
                unbonding_wei: btt(150),
                withdrawable_wei: btt(50),
            },
        }
    }

    #[test]
    fn all_that_an_account_has_fits_100_columns() {
        let report = DelegatorReport::from(delegator());
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert_golden("stake-delegator.txt", &text);
        assert_golden("stake-delegator.json", &serde_json::to_string_pretty(&report).unwrap());
    }

    #[test]
    fn rewards_have_a_sum_and_nothing_is_said_plainly() {
        let reward = Reward {
            validator: Address::repeat_byte(0x11),
            validator_name: "alpha".to_owned(),
            amount_wei: U256::from(1),
        };
        let report =
            RewardsReport::from(Rewards { rewards: vec![reward], total_wei: U256::from(1) });
        assert_golden("stake-rewards.txt", &report.human());
        assert_golden("stake-rewards.json", &serde_json::to_string_pretty(&report).unwrap());
        let none = RewardsReport::from(Rewards { rewards: Vec::new(), total_wei: U256::ZERO });
        assert_eq!(none.human(), "nothing is delegated, so nothing is earned");
        assert_eq!(UnbondingReport::from(Vec::new()).human(), "nothing is on its way out");
    }
}
