//! Open channels and pools.

use alloy_primitives::{Address, B256, U256};
use btt_api::types::{ChannelInfo, ChannelKind};
use serde::Serialize;

use super::standing;
use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{now_ms, short_address, short_btt, short_id};

/// On which side of it an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It deposited.
    Payer,
    /// It is paid.
    Payee,
}

/// A channel or pool of the list.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelRow {
    id: B256,
    kind: ChannelKind,
    role: Role,
    peer: Option<Address>,
    deposit_wei: String,
    settled_wei: String,
    unsettled_wei: String,
    status: btt_api::types::ChannelStatus,
    closes_at_ms: Option<u64>,
    closes_at_block: Option<u64>,
    #[serde(skip)]
    opened_at_block: u64,
    #[serde(skip)]
    amounts: [U256; 3],
    #[serde(skip)]
    standing: String,
}

impl ChannelRow {
    /// `unsettled_wei`: what the wallet's own vouchers say is still to be paid.
    pub fn new(info: &ChannelInfo, role: Role, unsettled_wei: u128) -> Self {
        let peer = match role {
            Role::Payer => info.payee,
            Role::Payee => Some(info.payer),
        };
        let unsettled_wei = U256::from(unsettled_wei);
        Self {
            id: info.id,
            kind: info.kind,
            role,
            peer,
            deposit_wei: info.deposit_wei.to_string(),
            settled_wei: info.settled_wei.to_string(),
            unsettled_wei: unsettled_wei.to_string(),
            status: info.status,
            closes_at_ms: info.closes_at_ms,
            closes_at_block: info.closes_at_block,
            opened_at_block: info.opened_at_block,
            amounts: [info.deposit_wei, info.settled_wei, unsettled_wei],
            standing: standing(info, now_ms()),
        }
    }

    /// The block that opened it.
    pub fn opened_at(&self) -> u64 {
        self.opened_at_block
    }
}

/// What `btt channel list` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelListReport {
    channels: Vec<ChannelRow>,
}

impl ChannelListReport {
    /// In the order given.
    pub fn new(channels: Vec<ChannelRow>) -> Self {
        Self { channels }
    }
}

impl Report for ChannelListReport {
    fn human(&self) -> String {
        if self.channels.is_empty() {
            return "no channel is open".to_owned();
        }
        let header = ["id", "peer", "role", "deposit", "settled", "unsettled", "state"];
        let mut table = table(header, &[3, 4, 5]);
        for row in &self.channels {
            let peer = match (row.peer, row.kind) {
                (Some(peer), _) => short_address(peer),
                (None, _) => "pool".to_owned(),
            };
            let role = match row.role {
                Role::Payer => "payer",
                Role::Payee => "payee",
            };
            let [deposit, settled, unsettled] = row.amounts.map(short_btt);
            let standing = row.standing.clone();
            let id = short_id(row.id);
            table.add_row([id, peer, role.to_owned(), deposit, settled, unsettled, standing]);
        }
        format!(
            "{}\n\nBTT; unsettled is what this wallet's vouchers say. More of one: btt channel show ID",
            trimmed(&table)
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use btt_api::types::ChannelStatus;

    use super::*;
    use crate::testing::assert_golden;

    pub(in super::super) fn sample(status: ChannelStatus) -> ChannelInfo {
        let btt = U256::from(10).pow(U256::from(18));
        let is_closing = status == ChannelStatus::Closing;
        ChannelInfo {
            id: B256::repeat_byte(0xab),
            kind: ChannelKind::Channel,
            status,
            payer: Address::repeat_byte(0x11),
            payee: Some(Address::repeat_byte(0x22)),
            signer: Address::repeat_byte(0x11),
            operator: Address::ZERO,
            salt: B256::ZERO,
            open_index: 3,
            deposit_wei: btt * U256::from(500),
            settled_wei: btt * U256::from(120),
            lane_settled_wei: Some([btt * U256::from(120), U256::ZERO, U256::ZERO, U256::ZERO]),
            remaining_wei: btt * U256::from(380),
            collateral_wei: None,
            min_payees: None,
            is_frozen: None,
            grace_s: 86_400,
            storage_deposit_wei: btt,
            closes_at_ms: is_closing.then_some(1_000),
            closes_at_block: is_closing.then_some(1_812),
            expires_at_ms: None,
            expires_at_block: None,
            opened_at_block: 12,
            open_transaction: B256::repeat_byte(0xcd),
            closed_at_block: None,
        }
    }

    #[test]
    fn channels_and_pools_fit_100_columns() {
        let pool = ChannelInfo {
            kind: ChannelKind::Pool,
            payee: None,
            is_frozen: Some(true),
            ..sample(ChannelStatus::Open)
        };
        let rows = vec![
            ChannelRow::new(&sample(ChannelStatus::Open), Role::Payer, 7_500_000_000_000_000_000),
            ChannelRow::new(&sample(ChannelStatus::Closing), Role::Payee, 0),
            ChannelRow::new(&pool, Role::Payer, 0),
        ];
        let report = ChannelListReport::new(rows);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert_golden("channel-list.txt", &text);
        assert_golden("channel-list.json", &serde_json::to_string_pretty(&report).unwrap());
        assert_eq!(ChannelListReport::new(Vec::new()).human(), "no channel is open");
    }
}
