//! The network: where consensus is, and who this node is connected to.

use alloy_primitives::{Address, B256};
use btt_api::types::{ConsensusRole, ConsensusStatus, ConsensusStep, PeerInfo};
use serde::Serialize;

use super::table::{table, trimmed};
use super::{Fields, grouped, percent, short_address};
use crate::output::Report;

/// End of a peer id that is shown in a table; `--json` has all of it.
const PEER_ID_END: usize = 8;

/// What `btt net status` prints.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    rpc_url: String,
    client_version: String,
    block_number: u64,
    block_hash: B256,
    since_block_ms: Option<u64>,
    height: u64,
    round: u32,
    step: ConsensusStep,
    role: ConsensusRole,
    proposer: Option<Address>,
    validator: Option<Address>,
    power: u64,
    total_power: u64,
    share_bps: u32,
    validators: u32,
    missed_recent: u32,
    recent_blocks: u32,
    peers: Option<u64>,
    syncing: bool,
    highest_block: Option<u64>,
}

impl StatusReport {
    /// What the node says of itself and of consensus.
    pub fn new(
        rpc_url: &str,
        client_version: String,
        peers: Option<u64>,
        highest_block: Option<u64>,
        status: &ConsensusStatus,
    ) -> Self {
        Self {
            rpc_url: rpc_url.to_owned(),
            client_version,
            block_number: status.head_number,
            block_hash: status.head_hash,
            since_block_ms: status.since_block_ms,
            height: status.height,
            round: status.round,
            step: status.step,
            role: status.role,
            proposer: status.proposer,
            validator: status.validator,
            power: status.power,
            total_power: status.total_power,
            share_bps: status.share_bps,
            validators: status.validators,
            missed_recent: status.missed_recent,
            recent_blocks: status.recent_blocks,
            peers,
            syncing: status.syncing,
            highest_block,
        }
    }
}

impl Report for StatusReport {
    fn human(&self) -> String {
        let block = match self.since_block_ms {
            Some(ms) => {
                format!("{}, {}.{} s ago", grouped(self.block_number), ms / 1_000, ms % 1_000 / 100)
            }
            None => grouped(self.block_number),
        };
        let step = match self.step {
            ConsensusStep::Waiting => "waiting",
            ConsensusStep::Propose => "propose",
            ConsensusStep::Prevote => "prevote",
            ConsensusStep::Precommit => "precommit",
            ConsensusStep::Commit => "commit",
        };
        let role = match self.role {
            ConsensusRole::Proposer => "validator, proposer of this round",
            ConsensusRole::Validator => "validator",
            ConsensusRole::Full => "full node, without a vote",
        };
        let is_validator = self.role != ConsensusRole::Full;
        let power = || format!("{} of {}", percent(self.share_bps), grouped(self.total_power));
        let missed = || format!("{} of the last {} blocks", self.missed_recent, self.recent_blocks);
        let in_sync = match (self.syncing, self.highest_block) {
            (false, _) => "yes".to_owned(),
            (true, None) => "no, catching up".to_owned(),
            (true, Some(highest)) => format!("no, catching up to block {}", grouped(highest)),
        };
        Fields::new()
            .line("node", format!("{} at {}", self.client_version, self.rpc_url))
            .line("block", block)
            .line("deciding", format!("{}, round {}, {step}", grouped(self.height), self.round))
            .line("role", role)
            .maybe("validator", self.validator)
            .maybe("power", is_validator.then(power))
            .maybe("missed", is_validator.then(missed))
            .maybe("proposer", self.proposer)
            .line("validators", self.validators)
            .maybe("peers", self.peers)
            .line("in sync", in_sync)
            .render()
    }
}

/// What `btt net peers` prints.
#[derive(Debug, Clone, Serialize)]
pub struct PeersReport {
    peers: Vec<PeerRow>,
}

#[derive(Debug, Clone, Serialize)]
struct PeerRow {
    peer_id: String,
    address: String,
    inbound: bool,
    persistent: bool,
    client_version: Option<String>,
    block_number: Option<u64>,
    validator: Option<Address>,
    connected_secs: u64,
    ping_ms: Option<u64>,
}

impl From<Vec<PeerInfo>> for PeersReport {
    fn from(peers: Vec<PeerInfo>) -> Self {
        let row = |peer: PeerInfo| PeerRow {
            peer_id: peer.peer_id,
            address: peer.address,
            inbound: peer.inbound,
            persistent: peer.persistent,
            client_version: peer.client,
            block_number: peer.height,
            validator: peer.validator,
            connected_secs: peer.connected_secs,
            ping_ms: peer.ping_ms,
        };
        Self { peers: peers.into_iter().map(row).collect() }
    }
}

impl Report for PeersReport {
    fn human(&self) -> String {
        if self.peers.is_empty() {
            return "no peers".to_owned();
        }
        let header = ["peer", "address", "way", "block", "ping", "connected", "validator"];
        let mut table = table(header, &[3, 4, 5]);
        for row in &self.peers {
            let start = row.peer_id.len().saturating_sub(PEER_ID_END);
            let end = row.peer_id.get(start..).unwrap_or(&row.peer_id);
            let known = |text: Option<String>| text.unwrap_or_else(|| "?".to_owned());
            // The id, which has a column of its own, ends the address.
            let address = row.address.split("/p2p/").next().unwrap_or_default();
            table.add_row([
                format!("…{end}"),
                address.to_owned(),
                if row.inbound { "in" } else { "out" }.to_owned(),
                known(row.block_number.map(grouped)),
                known(row.ping_ms.map(|ms| format!("{ms} ms"))),
                format!("{} s", grouped(row.connected_secs)),
                row.validator.map(short_address).unwrap_or_default(),
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
    fn a_validators_status_fits_one_screen() {
        let status = ConsensusStatus {
            height: 1_813,
            round: 0,
            step: ConsensusStep::Prevote,
            role: ConsensusRole::Validator,
            proposer: Some(Address::repeat_byte(0x22)),
            validator: Some(Address::repeat_byte(0x11)),
            power: 250_000,
            total_power: 1_000_000,
            share_bps: 2_500,
            validators: 4,
            head_number: 1_812,
            head_hash: B256::repeat_byte(0x33),
            since_block_ms: Some(450),
            syncing: false,
            missed_recent: 3,
            recent_blocks: 100,
        };
        let url = "http://127.0.0.1:8545";
        let report = |highest, status| {
            StatusReport::new(url, "bttd/v0.1.0".to_owned(), Some(3), highest, status)
        };
        assert_golden("net-status.txt", &report(None, &status).human());
        let json = serde_json::to_string_pretty(&report(None, &status)).unwrap();
        assert_golden("net-status.json", &json);
        let behind = ConsensusStatus {
            role: ConsensusRole::Full,
            validator: None,
            syncing: true,
            since_block_ms: None,
            ..status
        };
        let text = report(Some(9_000), &behind).human();
        assert!(text.contains("full node, without a vote") && !text.contains("power"), "{text}");
        assert!(text.ends_with("no, catching up to block 9,000"), "{text}");
    }

    #[test]
    fn peers_stand_in_a_table() {
        let peer = |number: u64| PeerInfo {
            peer_id: format!("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6i{number:03}"),
            address: format!("/ip4/10.0.0.{number}/tcp/30303/p2p/12D3KooW"),
            inbound: number == 2,
            persistent: number == 1,
            client: Some("bttd/v0.1.0".to_owned()),
            height: (number == 1).then_some(1_812),
            validator: (number == 1).then_some(Address::repeat_byte(0x11)),
            connected_secs: 4_321,
            ping_ms: (number == 1).then_some(12),
        };
        let report = PeersReport::from(vec![peer(1), peer(2)]);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_golden("net-peers.txt", &text);
        assert_golden("net-peers.json", &serde_json::to_string_pretty(&report).unwrap());
        assert_eq!(PeersReport::from(vec![]).human(), "no peers");
    }
}
