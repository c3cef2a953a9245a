//! Votes counted: turnout, quorum, threshold, veto.

use alloy_primitives::{U256, U512};
use btt_api::types::{Proposal, Tally};
use btt_runtime::modules::governance::IGovernance::thresholdsReturn as Bars;

/// The whole of a share.
const SHARE_UNIT: u64 = 10_000;
/// Counts. Abstentions make quorum; yes must be more than its share of the others.
pub(super) fn tally(proposal: &Proposal, bars: &Bars) -> Tally {
    let Proposal { yes_wei, no_wei, veto_wei, abstain_wei, total_wei, .. } = *proposal;
    let decided = yes_wei.saturating_add(no_wei).saturating_add(veto_wei);
    let cast = decided.saturating_add(abstain_wei);
    let has_quorum = reaches(cast, total_wei, bars.quorumBps);
    let is_vetoed = !cast.is_zero() && reaches(veto_wei, cast, bars.vetoBps);
    let has_threshold = exceeds(yes_wei, decided, bars.thresholdBps);
    Tally {
        id: proposal.id,
        status: proposal.status,
        yes_wei,
        no_wei,
        veto_wei,
        abstain_wei,
        total_wei,
        turnout_bps: share_bps(cast, total_wei),
        quorum_bps: bars.quorumBps.into(),
        yes_bps: share_bps(yes_wei, decided),
        threshold_bps: bars.thresholdBps.into(),
        veto_bps: share_bps(veto_wei, cast),
        veto_threshold_bps: bars.vetoBps.into(),
        would_pass: has_quorum && !is_vetoed && has_threshold,
    }
}

/// Whether `part` is at least that share of `whole`.
fn reaches(part: U256, whole: U256, bps: u16) -> bool {
    scaled(part, SHARE_UNIT) >= scaled(whole, u64::from(bps))
}

/// Whether `part` is more than that share of `whole`.
fn exceeds(part: U256, whole: U256, bps: u16) -> bool {
    scaled(part, SHARE_UNIT) > scaled(whole, u64::from(bps))
}

fn scaled(amount: U256, factor: u64) -> U512 {
    U512::from(amount).saturating_mul(U512::from(factor))
}

/// Rounded down.
fn share_bps(part: U256, whole: U256) -> u32 {
    let share = scaled(part, SHARE_UNIT).checked_div(U512::from(whole)).unwrap_or_default();
    u32::try_from(share).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, Bytes};
    use btt_api::types::{ProposalKind, ProposalStatus};

    const BARS: Bars = Bars { quorumBps: 3_340, thresholdBps: 5_000, vetoBps: 3_340 };

    /// A proposal with these votes of 1,000.
    fn votes(yes: u64, no: u64, veto: u64, abstain: u64) -> Proposal {
        Proposal {
            id: 1,
            kind: ProposalKind::ChangeParams,
            action: None,
            payload: Bytes::new(),
            status: ProposalStatus::Voting,
            is_expedited: false,
            proposer: Address::ZERO,
            title: String::new(),
            deposit_wei: U256::ZERO,
            needed_deposit_wei: U256::ZERO,
            submitted_ms: 0,
            ends_at_ms: 0,
            ends_at_block: 0,
            yes_wei: U256::from(yes),
            no_wei: U256::from(no),
            veto_wei: U256::from(veto),
            abstain_wei: U256::from(abstain),
            total_wei: U256::from(1_000),
            failure: String::new(),
        }
    }

    #[test]
    fn a_vote_passes_with_quorum_without_veto_and_by_more_than_half() {
        let passes =
            |yes, no, veto, abstain| tally(&votes(yes, no, veto, abstain), &BARS).would_pass;
        assert!(!passes(0, 0, 0, 0));
        assert!(!passes(333, 0, 0, 0), "below the quorum");
        assert!(passes(334, 0, 0, 0));
        assert!(passes(200, 199, 0, 200), "abstentions count for the quorum only");
        assert!(!passes(200, 200, 0, 0), "half is not more than half");
        assert!(!passes(666, 0, 334, 0), "a third vetoes");
        assert!(passes(667, 0, 333, 0));
    }

    #[test]
    fn shares_are_hundredths_of_a_percent_and_nobody_divides_by_zero() {
        let counted = tally(&votes(300, 100, 50, 50), &BARS);
        let shares = (counted.turnout_bps, counted.yes_bps, counted.veto_bps);
        assert_eq!(shares, (5_000, 6_666, 1_000));
        let mut none = votes(0, 0, 0, 0);
        none.total_wei = U256::ZERO;
        assert_eq!(tally(&none, &BARS).turnout_bps, 0);
    }
}
