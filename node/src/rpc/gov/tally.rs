//! Votes counted: turnout, quorum, threshold, veto.

use alloy_primitives::{U256, U512};
use btt_api::types::{GovParam, Proposal, ProposalKind, Tally};

/// The whole of a share.
const SHARE_UNIT: u64 = 10_000;
/// Two thirds: what cancelling a slash needs, whatever the parameters say (rule F.5).
const CANCEL_SLASH_BPS: u32 = 6_667;

/// What a proposal must reach, in hundredths of a percent; `None` where the chain has no such parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bars {
    quorum_bps: Option<u32>,
    threshold_bps: Option<u32>,
    veto_bps: Option<u32>,
}

impl Bars {
    /// From the chain's parameters.
    pub(super) fn of(proposal: &Proposal, params: &[GovParam]) -> Self {
        let bar = |name: &str| {
            let param = params.iter().find(|param| param.name == name)?;
            u32::try_from(param.value).ok()
        };
        let threshold_bps = match (proposal.kind, proposal.is_expedited) {
            (ProposalKind::CancelSlash, _) => Some(CANCEL_SLASH_BPS),
            (_, true) => bar("govExpeditedThresholdBps"),
            (_, false) => bar("govThresholdBps"),
        };
        Self { quorum_bps: bar("govQuorumBps"), threshold_bps, veto_bps: bar("govVetoBps") }
    }
}

/// Counts. Abstentions make quorum; yes must be more than its share of the others.
pub(super) fn tally(proposal: &Proposal, bars: Bars) -> Tally {
    let Proposal { yes_wei, no_wei, veto_wei, abstain_wei, total_wei, .. } = *proposal;
    let decided = yes_wei.saturating_add(no_wei).saturating_add(veto_wei);
    let cast = decided.saturating_add(abstain_wei);
    let would_pass = || {
        let has_quorum = reaches(cast, total_wei, bars.quorum_bps?);
        let is_vetoed = !cast.is_zero() && reaches(veto_wei, cast, bars.veto_bps?);
        let has_threshold = exceeds(yes_wei, decided, bars.threshold_bps?);
        Some(has_quorum && !is_vetoed && has_threshold)
    };
    Tally {
        id: proposal.id,
        status: proposal.status,
        yes_wei,
        no_wei,
        veto_wei,
        abstain_wei,
        total_wei,
        turnout_bps: share_bps(cast, total_wei),
        quorum_bps: bars.quorum_bps,
        yes_bps: share_bps(yes_wei, decided),
        threshold_bps: bars.threshold_bps,
        veto_bps: share_bps(veto_wei, cast),
        veto_threshold_bps: bars.veto_bps,
        would_pass: would_pass(),
    }
}

/// Whether `part` is at least that share of `whole`.
fn reaches(part: U256, whole: U256, bps: u32) -> bool {
    scaled(part, SHARE_UNIT) >= scaled(whole, u64::from(bps))
}

/// Whether `part` is more than that share of `whole`.
fn exceeds(part: U256, whole: U256, bps: u32) -> bool {
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
    use btt_api::types::ProposalStatus;

    const BARS: Bars =
        Bars { quorum_bps: Some(3_340), threshold_bps: Some(5_000), veto_bps: Some(3_340) };

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
            |yes, no, veto, abstain| tally(&votes(yes, no, veto, abstain), BARS).would_pass;
        assert_eq!(passes(0, 0, 0, 0), Some(false));
        assert_eq!(passes(333, 0, 0, 0), Some(false), "below the quorum");
        assert_eq!(passes(334, 0, 0, 0), Some(true));
        assert_eq!(passes(200, 199, 0, 200), Some(true), "abstentions count for the quorum only");
        assert_eq!(passes(200, 200, 0, 0), Some(false), "half is not more than half");
        assert_eq!(passes(666, 0, 334, 0), Some(false), "a third vetoes");
        assert_eq!(passes(667, 0, 333, 0), Some(true));
    }

    #[test]
    fn shares_are_hundredths_of_a_percent_and_nobody_divides_by_zero() {
        let counted = tally(&votes(300, 100, 50, 50), BARS);
        let shares = (counted.turnout_bps, counted.yes_bps, counted.veto_bps);
        assert_eq!(shares, (5_000, 6_666, 1_000));
        let mut none = votes(0, 0, 0, 0);
        none.total_wei = U256::ZERO;
        assert_eq!(tally(&none, BARS).turnout_bps, 0);
    }

    #[test]
    fn without_the_parameters_nothing_is_promised() {
        let param = |name: &str, value: u64| GovParam {
            name: name.to_owned(),
            value: U256::from(value),
            min: U256::ZERO,
            max: U256::MAX,
            default_value: U256::ZERO,
            unit: String::new(),
        };
        let mut proposal = votes(1_000, 0, 0, 0);
        assert_eq!(Bars::of(&proposal, &[]), Bars::default());
        assert_eq!(tally(&proposal, Bars::default()).would_pass, None);
        let params = [
            param("govQuorumBps", 3_340),
            param("govThresholdBps", 5_000),
            param("govExpeditedThresholdBps", 6_670),
            param("govVetoBps", 3_340),
        ];
        assert_eq!(Bars::of(&proposal, &params), BARS);
        proposal.is_expedited = true;
        assert_eq!(Bars::of(&proposal, &params).threshold_bps, Some(6_670));
        proposal.kind = ProposalKind::CancelSlash;
        assert_eq!(Bars::of(&proposal, &params).threshold_bps, Some(6_667));
    }
}
