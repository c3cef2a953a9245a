//! Validators, and their signatures under a block.

use alloy_primitives::{Address, B256, FixedBytes};
use btt_api::types::{Commit, CommitSigner, ValidatorInfo, ValidatorSet};
use serde::Serialize;

use super::table::{table, trimmed};
use super::{Fields, grouped, percent};
use crate::output::Report;

/// What `btt net validators` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ValidatorsReport {
    height: u64,
    total_power: u64,
    recent_blocks: u32,
    validators: Vec<ValidatorRow>,
}

#[derive(Debug, Clone, Serialize)]
struct ValidatorRow {
    index: u16,
    address: Address,
    public_key: FixedBytes<33>,
    operator: Address,
    power: u64,
    share_bps: u32,
    signed_recent: u32,
    missed_recent: u32,
    connected: Option<bool>,
    is_self: bool,
}

impl From<ValidatorSet> for ValidatorsReport {
    fn from(set: ValidatorSet) -> Self {
        let row = |validator: ValidatorInfo| ValidatorRow {
            index: validator.index,
            address: validator.address,
            public_key: validator.public_key,
            operator: validator.operator,
            power: validator.power,
            share_bps: validator.share_bps,
            signed_recent: validator.signed_recent,
            missed_recent: validator.missed_recent,
            connected: validator.connected,
            is_self: validator.is_self,
        };
        Self {
            height: set.height,
            total_power: set.total_power,
            recent_blocks: set.recent_blocks,
            validators: set.validators.into_iter().map(row).collect(),
        }
    }
}

impl Report for ValidatorsReport {
    fn human(&self) -> String {
        let header = ["#", "address", "power", "share", "missed", "peer"];
        let mut table = table(header, &[0, 2, 3, 4]);
        for row in &self.validators {
            let connected = match (row.is_self, row.connected) {
                (true, _) => "self",
                (false, Some(true)) => "yes",
                (false, Some(false)) => "no",
                (false, None) => "?",
            };
            table.add_row([
                row.index.to_string(),
                row.address.to_string(),
                grouped(row.power),
                percent(row.share_bps),
                row.missed_recent.to_string(),
                connected.to_owned(),
            ]);
        }
        format!(
            "{}\n\ndecide block {}; missed: of the {} blocks before it; peer: connected",
            trimmed(&table),
            grouped(self.height),
            self.recent_blocks
        )
    }
}

/// What `btt net commit` prints.
#[derive(Debug, Clone, Serialize)]
pub struct CommitReport {
    block_number: u64,
    round: u32,
    block_hash: B256,
    digest: B256,
    signed_power: u64,
    total_power: u64,
    signatures: Vec<SignatureRow>,
    absent: Vec<Address>,
}

#[derive(Debug, Clone, Serialize)]
struct SignatureRow {
    validator_index: u16,
    address: Address,
    power: u64,
    signature: FixedBytes<65>,
}

impl From<Commit> for CommitReport {
    fn from(commit: Commit) -> Self {
        let row = |entry: CommitSigner| SignatureRow {
            validator_index: entry.validator_index,
            address: entry.address,
            power: entry.power,
            signature: entry.signature,
        };
        Self {
            block_number: commit.height,
            round: commit.round,
            block_hash: commit.block_hash,
            digest: commit.digest,
            signed_power: commit.signed_power,
            total_power: commit.total_power,
            signatures: commit.signatures.into_iter().map(row).collect(),
            absent: commit.absent,
        }
    }
}

impl Report for CommitReport {
    fn human(&self) -> String {
        let fields = Fields::new()
            .line("block", format!("{} {}", grouped(self.block_number), self.block_hash))
            .line("round", self.round)
            .line(
                "signed",
                format!("{} of {} power", grouped(self.signed_power), grouped(self.total_power)),
            )
            .line("digest", self.digest);
        let mut table = table(["#", "validator", "power", "signature"], &[0, 2]);
        for row in &self.signatures {
            let signature = row.signature.to_string();
            // r tells them apart; `--json` has all of it.
            let start = signature.get(..18).unwrap_or(&signature);
            table.add_row([
                row.validator_index.to_string(),
                row.address.to_string(),
                grouped(row.power),
                format!("{start}…"),
            ]);
        }
        let absent: Vec<String> =
            self.absent.iter().map(|address| format!("absent {address}")).collect();
        let mut parts = vec![fields.render(), trimmed(&table)];
        if !absent.is_empty() {
            parts.push(absent.join("\n"));
        }
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn validators_fit_80_columns() {
        let validator = |index: u16| ValidatorInfo {
            index,
            address: Address::repeat_byte(0x11),
            public_key: FixedBytes::repeat_byte(2),
            operator: Address::repeat_byte(0x22),
            power: 250_000,
            share_bps: 2_500,
            signed_recent: 97,
            missed_recent: 3,
            connected: [Some(true), Some(true), Some(false), None][usize::from(index)],
            is_self: index == 0,
        };
        let report = ValidatorsReport::from(ValidatorSet {
            height: 1_813,
            total_power: 1_000_000,
            recent_blocks: 100,
            validators: (0..4).map(validator).collect(),
        });
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_golden("net-validators.txt", &text);
        assert_golden("net-validators.json", &serde_json::to_string_pretty(&report).unwrap());
    }

    #[test]
    fn a_commit_names_who_signed_and_who_did_not() {
        let signer = |validator_index: u16| CommitSigner {
            validator_index,
            address: Address::repeat_byte(0x11),
            power: 250_000,
            signature: FixedBytes::repeat_byte(0xab),
        };
        let report = CommitReport::from(Commit {
            height: 1_812,
            round: 1,
            block_hash: B256::repeat_byte(0x33),
            digest: B256::repeat_byte(0x44),
            signed_power: 750_000,
            total_power: 1_000_000,
            signatures: (0..3).map(signer).collect(),
            absent: vec![Address::repeat_byte(0x22)],
        });
        assert_golden("net-commit.txt", &report.human());
        assert_golden("net-commit.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
