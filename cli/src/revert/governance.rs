//! Every error of the governance contract in a sentence.

use alloy_sol_types::SolInterface;
use btt_runtime::modules::governance::IGovernance::IGovernanceErrors as Error;
use btt_runtime::primitives::amount::format_btt;

use super::Explanation;
use crate::render::clean;

/// `None` for data that is no error of governance.
pub(super) fn explain(data: &[u8]) -> Option<Explanation> {
    let error = Error::abi_decode_validate(data).ok()?;
    let (what, hint) = match error {
        Error::UnknownProposal(e) => {
            (format!("there is no proposal {}", e.id), "See all proposals: btt gov list")
        }
        Error::BadText(_) => (
            "the title is empty or longer than 128 bytes, or the proposal is too long".to_owned(),
            "Shorten it; letters beyond ASCII take two bytes or more",
        ),
        Error::BadPayload(e) => (
            format!("what is proposed cannot be read: {}", clean(&e.reason)),
            "Let the wallet write it: btt gov propose --help",
        ),
        Error::BadChange(e) => (
            format!("{} cannot be changed to this: {}", clean(&e.name), clean(&e.reason)),
            "See names and ranges: btt gov params",
        ),
        Error::DepositTooLow(e) => (
            format!(
                "a deposit of {} is below the least, which is {}",
                format_btt(e.amountWei),
                format_btt(e.minWei)
            ),
            "Give more with --deposit",
        ),
        Error::TooManyProposals(e) => (
            format!("{} proposals are open, and no more may be", e.max),
            "Wait until one is over: btt gov list",
        ),
        Error::NotInDeposit(e) => (
            format!("proposal {} takes no deposits any more", e.id),
            "See where it stands: btt gov show ID",
        ),
        Error::NotInVoting(e) => (
            format!("proposal {} is not voted on now", e.id),
            "See where it stands: btt gov show ID",
        ),
        Error::BadChoice(_) => {
            ("there is no such choice in a vote".to_owned(), "Choose yes, no, veto or abstain")
        }
        Error::NoWeight(e) => (
            format!("no stake of {} counts in the vote on proposal {}", e.voter, e.id),
            "What counts is stake that was there when the vote began: btt stake show",
        ),
        Error::NotAllowed(e) => (
            format!("this cannot be proposed: {}", clean(&e.reason)),
            "See what can: btt gov propose --help",
        ),
        Error::NothingToReturn(e) => (
            format!("{} has no deposit in proposal {} to take back", e.depositor, e.id),
            "Deposits come back when a proposal is over, unless they were burnt: btt gov show ID",
        ),
        Error::TooMany(e) => (
            format!("a list of {} entries is longer than the contract takes, {}", e.count, e.max),
            "Do it in several parts",
        ),
    };
    Some(Explanation::new(what, hint))
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolError as _;
    use btt_runtime::modules::governance::IGovernance;

    use crate::revert::{explain, tests::every_error_is_a_sentence};

    #[test]
    fn every_error_of_governance_is_a_sentence() {
        every_error_is_a_sentence(&IGovernance::abi::contract());
    }

    #[test]
    fn a_text_of_the_chain_cannot_command_the_terminal() {
        let error = IGovernance::BadChange {
            name: "blockGasLimit".to_owned(),
            reason: "too \u{1b}[31mlarge\u{202e}".to_owned(),
        };
        assert_eq!(
            explain(&error.abi_encode()).unwrap().what,
            "blockGasLimit cannot be changed to this: too \u{fffd}[31mlarge\u{fffd}"
        );
    }
}
