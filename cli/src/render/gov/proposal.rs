//! One proposal and its vote.

use alloy_primitives::Address;
use btt_api::types::{Proposal, ProposalKind, ProposalStatus, Tally, Votes};
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;
use serde_json::Value;

use super::action::{action_json, action_lines, kind_words, status_words};
use crate::output::Report;
use crate::render::{Fields, clean, deadline, now_ms, percent};

/// A proposal in JSON.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ProposalRow {
    id: u64,
    kind: ProposalKind,
    action: Option<Value>,
    status: ProposalStatus,
    is_expedited: bool,
    proposer: Address,
    title: String,
    deposit_wei: String,
    needed_deposit_wei: String,
    submitted_ms: u64,
    ends_at_ms: u64,
    ends_at_block: u64,
    yes_wei: String,
    no_wei: String,
    veto_wei: String,
    abstain_wei: String,
    total_wei: String,
    failure: Option<String>,
}

impl From<&Proposal> for ProposalRow {
    fn from(proposal: &Proposal) -> Self {
        Self {
            id: proposal.id,
            kind: proposal.kind,
            action: proposal.action.as_ref().map(action_json),
            status: proposal.status,
            is_expedited: proposal.is_expedited,
            proposer: proposal.proposer,
            title: proposal.title.clone(),
            deposit_wei: proposal.deposit_wei.to_string(),
            needed_deposit_wei: proposal.needed_deposit_wei.to_string(),
            submitted_ms: proposal.submitted_ms,
            ends_at_ms: proposal.ends_at_ms,
            ends_at_block: proposal.ends_at_block,
            yes_wei: proposal.yes_wei.to_string(),
            no_wei: proposal.no_wei.to_string(),
            veto_wei: proposal.veto_wei.to_string(),
            abstain_wei: proposal.abstain_wei.to_string(),
            total_wei: proposal.total_wei.to_string(),
            failure: Some(proposal.failure.clone()).filter(|failure| !failure.is_empty()),
        }
    }
}

/// What `btt gov show` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalReport {
    #[serde(flatten)]
    proposal: ProposalRow,
    turnout_bps: u32,
    quorum_bps: u32,
    yes_bps: u32,
    threshold_bps: u32,
    veto_bps: u32,
    veto_threshold_bps: u32,
    would_pass: bool,
    #[serde(skip)]
    shown: Proposal,
    #[serde(skip)]
    own: Option<Votes>,
}

impl ProposalReport {
    /// With the reader's own votes, where the reader is known.
    pub fn new(proposal: Proposal, tally: &Tally, own: Option<Votes>) -> Self {
        Self {
            proposal: ProposalRow::from(&proposal),
            turnout_bps: tally.turnout_bps,
            quorum_bps: tally.quorum_bps,
            yes_bps: tally.yes_bps,
            threshold_bps: tally.threshold_bps,
            veto_bps: tally.veto_bps,
            veto_threshold_bps: tally.veto_threshold_bps,
            would_pass: tally.would_pass,
            shown: proposal,
            own,
        }
    }

    fn votes(&self) -> Fields {
        let proposal = &self.shown;
        let weight = |wei| format!("{} BTT", crate::render::short_btt(wei));
        Fields::new()
            .line(
                "yes",
                format!(
                    "{}, {} of yes and no; needs more than {}",
                    weight(proposal.yes_wei),
                    percent(self.yes_bps),
                    percent(self.threshold_bps)
                ),
            )
            .line("no", weight(proposal.no_wei))
            .line(
                "veto",
                format!(
                    "{}, {} of all votes; rejects from {} on",
                    weight(proposal.veto_wei),
                    percent(self.veto_bps),
                    percent(self.veto_threshold_bps)
                ),
            )
            .line("abstain", weight(proposal.abstain_wei))
            .line(
                "turnout",
                format!(
                    "{} of {}; needs {}",
                    percent(self.turnout_bps),
                    weight(proposal.total_wei),
                    percent(self.quorum_bps)
                ),
            )
    }
}

impl Report for ProposalReport {
    fn human(&self) -> String {
        let proposal = &self.shown;
        let track = if proposal.is_expedited { ", expedited" } else { "" };
        let ends = |what: &str| {
            let end = deadline(proposal.ends_at_ms, proposal.ends_at_block, now_ms());
            format!("{what}; ends {end}")
        };
        let status = match proposal.status {
            ProposalStatus::Deposit => ends("collects its deposit"),
            ProposalStatus::Voting => ends("is voted on"),
            ProposalStatus::Passed => ends("has passed and waits to take effect"),
            other => status_words(other).to_owned(),
        };
        let deposit = format!(
            "{} of {}",
            format_btt(proposal.deposit_wei),
            format_btt(proposal.needed_deposit_wei)
        );
        let mut fields = Fields::new()
            .line("proposal", format!("{}, {}{track}", proposal.id, kind_words(proposal.kind)))
            .line("title", clean(&proposal.title));
        fields = match &proposal.action {
            Some(action) => fields.and(action_lines(action)),
            None => fields.line("does", "nothing that this wallet can read"),
        };
        fields =
            fields.line("by", proposal.proposer).line("status", status).line("deposit", deposit);
        if !proposal.failure.is_empty() {
            fields = fields.line("failed", clean(&proposal.failure));
        }
        if proposal.status != ProposalStatus::Deposit {
            fields = fields.and(self.votes());
        }
        if proposal.status == ProposalStatus::Voting {
            fields =
                fields.line("now", if self.would_pass { "would pass" } else { "would not pass" });
        }
        let own =
            self.own.iter().flat_map(|votes| votes.as_validator.iter().chain(&votes.delegations));
        for vote in own {
            let text = format!("{:?} with {}", vote.choice, format_btt(vote.weight_wei));
            fields = fields.line("your vote", text.to_lowercase().replace(" btt", " BTT"));
        }
        fields.render()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use alloy_primitives::{Bytes, U256};
    use btt_api::types::{ParamChange, ProposalAction};

    use super::*;
    use crate::testing::assert_golden;

    fn btt(amount: u64) -> U256 {
        U256::from(amount) * U256::from(10).pow(U256::from(18))
    }

    pub(in crate::render) fn sample() -> Proposal {
        let change = ParamChange {
            name: "blockGasLimit".to_owned(),
            value: U256::from(80_000_000),
            current_value: Some(U256::from(60_000_000)),
            unit: Some("gas".to_owned()),
        };
        Proposal {
            id: 7,
            kind: ProposalKind::ChangeParams,
            action: Some(ProposalAction::ChangeParams { changes: vec![change] }),
            payload: Bytes::new(),
            status: ProposalStatus::Voting,
            is_expedited: true,
            proposer: Address::repeat_byte(0x22),
            title: "Larger blocks".to_owned(),
            deposit_wei: btt(10_000),
            needed_deposit_wei: btt(10_000),
            submitted_ms: 500,
            ends_at_ms: 1_000,
            ends_at_block: 12_345,
            yes_wei: btt(600_000),
            no_wei: btt(200_000),
            veto_wei: U256::ZERO,
            abstain_wei: btt(1),
            total_wei: btt(2_000_000),
            failure: String::new(),
        }
    }

    #[test]
    fn a_proposal_shows_its_vote() {
        let proposal = sample();
        let tally = Tally {
            id: 7,
            status: proposal.status,
            yes_wei: proposal.yes_wei,
            no_wei: proposal.no_wei,
            veto_wei: proposal.veto_wei,
            abstain_wei: proposal.abstain_wei,
            total_wei: proposal.total_wei,
            turnout_bps: 4_000,
            quorum_bps: 3_340,
            yes_bps: 7_500,
            threshold_bps: 6_670,
            veto_bps: 0,
            veto_threshold_bps: 3_340,
            would_pass: true,
        };
        let report = ProposalReport::new(proposal, &tally, None);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert_golden("gov-show.txt", &text);
        assert_golden("gov-show.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
