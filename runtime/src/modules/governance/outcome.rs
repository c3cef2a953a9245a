//! What a tally means. Comparisons are exact: nothing is rounded.

use super::IGovernance::Status;
use crate::modules::staking::ballots::Tally;
use alloy_primitives::U256;

const ALL_BPS: u16 = 10_000;

/// What a proposal needs, in parts of 10,000; fixed when its vote starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rules {
    /// At least this part of all stake must vote.
    pub(super) quorum_bps: u16,
    /// More than this part of yes, no and veto must say yes.
    pub(super) threshold_bps: u16,
    /// At this part of all votes a veto rejects.
    pub(super) veto_bps: u16,
}

/// Where a proposal stands after its vote.
pub(super) fn judge(tally: &Tally, rules: Rules) -> Status {
    let against = U256::from(tally.no).saturating_add(U256::from(tally.veto));
    let decided = U256::from(tally.yes).saturating_add(against);
    let turnout = decided.saturating_add(U256::from(tally.abstain));
    let all = |part: U256| part.saturating_mul(U256::from(ALL_BPS));
    let part = |bps: u16, whole: U256| whole.saturating_mul(U256::from(bps));
    if turnout.is_zero() || all(turnout) < part(rules.quorum_bps, U256::from(tally.total)) {
        Status::NoQuorum
    } else if all(U256::from(tally.veto)) >= part(rules.veto_bps, turnout) {
        Status::Vetoed
    } else if all(U256::from(tally.yes)) > part(rules.threshold_bps, decided) {
        Status::Passed
    } else {
        Status::Rejected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { quorum_bps: 3_340, threshold_bps: 5_000, veto_bps: 3_340 };

    fn of(yes: u128, no: u128, veto: u128, abstain: u128) -> Status {
        judge(&Tally { yes, no, veto, abstain, total: 10_000 }, RULES)
    }

    #[test]
    fn each_border_is_where_it_is_said_to_be() {
        assert_eq!(of(0, 0, 0, 0), Status::NoQuorum);
        assert_eq!(of(3_339, 0, 0, 0), Status::NoQuorum);
        assert_eq!(of(3_340, 0, 0, 0), Status::Passed);
        assert_eq!(of(1, 0, 0, 3_339), Status::Passed, "who abstains is there");
        assert_eq!(of(0, 0, 0, 5_000), Status::Rejected, "nobody said yes");
        assert_eq!(of(2_500, 2_500, 0, 0), Status::Rejected, "half is not more than half");
        assert_eq!(of(2_501, 2_500, 0, 4_999), Status::Passed);
        assert_eq!(of(2_500, 1_000, 1_500, 0), Status::Rejected, "a veto is a no");
        assert_eq!(of(6_660, 0, 3_340, 0), Status::Vetoed);
        assert_eq!(of(6_661, 0, 3_339, 0), Status::Passed);
        assert_eq!(of(1, 0, 3_339, 6_660), Status::Rejected, "of all votes, who abstains too");
    }

    #[test]
    fn sums_of_the_largest_stakes_do_not_overflow() {
        let most =
            Tally { yes: u128::MAX, no: u128::MAX - 1, total: u128::MAX, ..Tally::default() };
        assert_eq!(judge(&most, RULES), Status::Passed);
    }

    #[test]
    fn without_stake_there_is_no_quorum() {
        assert_eq!(judge(&Tally::default(), RULES), Status::NoQuorum);
    }
}
