//! Proposals, newest first.

use btt_api::types::{Proposal, ProposalPage, ProposalStatus};
use serde::Serialize;

use super::action::{kind_words, status_words};
use super::proposal::ProposalRow;
use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{grouped, now_ms, shortened, span};

/// Characters of a title in the list.
const TITLE_WIDTH: usize = 40;

/// What `btt gov list` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalsReport {
    total: u64,
    proposals: Vec<ProposalRow>,
    #[serde(skip)]
    rows: Vec<[String; 5]>,
}

impl From<ProposalPage> for ProposalsReport {
    fn from(page: ProposalPage) -> Self {
        Self {
            total: page.total,
            proposals: page.proposals.iter().map(ProposalRow::from).collect(),
            rows: page.proposals.iter().map(row).collect(),
        }
    }
}

fn row(proposal: &Proposal) -> [String; 5] {
    let is_open = matches!(
        proposal.status,
        ProposalStatus::Deposit | ProposalStatus::Voting | ProposalStatus::Passed
    );
    let left = proposal.ends_at_ms.saturating_sub(now_ms());
    let ends = match (is_open, left) {
        (false, _) => String::new(),
        (true, 0) => "now".to_owned(),
        (true, left) => format!("in {}", span(left)),
    };
    [
        proposal.id.to_string(),
        shortened(&proposal.title, TITLE_WIDTH),
        kind_words(proposal.kind).to_owned(),
        status_words(proposal.status).to_owned(),
        ends,
    ]
}

impl Report for ProposalsReport {
    fn human(&self) -> String {
        if self.rows.is_empty() {
            return "there are no proposals".to_owned();
        }
        let mut table = table(["id", "title", "about", "status", "ends"], &[0]);
        for row in &self.rows {
            table.add_row(row);
        }
        let (shown, total) = (grouped(self.rows.len() as u64), grouped(self.total));
        format!("{}\n\n{shown} of {total}; one in detail: btt gov show ID", trimmed(&table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::gov::proposal::tests::sample;
    use crate::testing::assert_golden;

    #[test]
    fn proposals_fit_80_columns() {
        let mut enacted = sample();
        (enacted.id, enacted.status) = (6, ProposalStatus::NoQuorum);
        enacted.title = "a title that goes on and on until nobody can read it any more".to_owned();
        let report =
            ProposalsReport::from(ProposalPage { proposals: vec![sample(), enacted], total: 7 });
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_golden("gov-list.txt", &text);
        assert_golden("gov-list.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
