//! Every error of the staking contract in a sentence.

use alloy_sol_types::SolInterface;
use btt_runtime::modules::staking::IStaking::IStakingErrors as Error;
use btt_runtime::primitives::amount::format_btt;

use super::Explanation;
use crate::render::{clean, grouped, percent, utc_ms};

const LIST: &str = "See all validators: btt stake list";
const HOLDINGS: &str = "See what the account has: btt stake show";

/// `None` for data that is no error of staking.
pub(super) fn explain(data: &[u8]) -> Option<Explanation> {
    let error = Error::abi_decode_validate(data).ok()?;
    of_stake(&error).or_else(|| of_operating(&error)).or_else(|| of_standing(&error))
}

fn bps(bps: u16) -> String {
    percent(u32::from(bps))
}

/// What delegators meet; `None` for the rest.
fn of_stake(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::UnknownValidator(e) => (format!("no validator is operated by {}", e.operator), LIST),
        Error::AmountTooLow(e) => (
            format!(
                "{} is too little; the least is {}",
                format_btt(e.amountWei),
                format_btt(e.minWei)
            ),
            "Give more; a rest that is smaller than that goes out whole: --all",
        ),
        Error::ExceedsDelegation(e) => (
            format!(
                "{} is more than the delegation holds free, which is {}",
                format_btt(e.amountWei),
                format_btt(e.freeWei)
            ),
            "Take all that is free: --all. What is locked: btt stake show",
        ),
        Error::NoDelegation(e) => {
            (format!("{} has nothing delegated to {}", e.delegator, e.validator), HOLDINGS)
        }
        Error::ValidatorClosed(e) => (
            format!(
                "validator {} takes no stake: it has left, signed twice, or lost all its stake",
                e.operator
            ),
            "Choose another: btt stake list --status active",
        ),
        Error::DelegationCapReached(e) => (
            format!(
                "validator {} would hold more than {} of all stake, and takes no more",
                e.operator,
                bps(e.capBps)
            ),
            "Give less, or choose a smaller validator: btt stake list",
        ),
        Error::SlashOpen(e) => (
            format!(
                "validator {} is accused of signing twice, and its stake stands still until that is \
                 decided",
                e.operator
            ),
            "See when that is: btt stake slashes",
        ),
        Error::TooManyUnbondings(_) => (
            "seven amounts are on their way out of this validator already".to_owned(),
            "Withdraw what has unlocked, or wait: btt stake unbonding",
        ),
        Error::TooManyRedelegations(_) => (
            "seven amounts that were moved to this validator are still locked".to_owned(),
            "Wait for one of them, or choose another validator: btt stake show",
        ),
        Error::TooManyDelegations(_) => (
            "the account has stake with as many validators as one may".to_owned(),
            "Take all out of one of them (--all), or use another account",
        ),
        Error::RedelegationLocked(e) => (
            format!(
                "{} was redelegated and cannot move again yet, because it still answers for the \
                 validator it was with",
                format_btt(e.lockedWei)
            ),
            "See until when: btt stake show",
        ),
        Error::SameValidator(_) => (
            "the stake would move from a validator to itself".to_owned(),
            "Name two different ones with --from and --to",
        ),
        Error::NothingToClaim(_) => (
            "there is nothing to claim or withdraw yet".to_owned(),
            "See what there is: btt stake rewards, btt stake unbonding",
        ),
        Error::TooMany(e) => (
            format!("a list of {} entries is longer than the contract takes, {}", e.count, e.max),
            "Do it in several parts",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What operators meet when they make or change a validator; `None` for the rest.
fn of_operating(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::ValidatorExists(e) => (
            format!("{} operates a validator already", e.operator),
            "Change it: btt stake edit, commission, rotate-key. A second one needs another account",
        ),
        Error::BadPublicKey(_) => (
            "the consensus key is no compressed secp256k1 public key".to_owned(),
            "It has 33 bytes and begins with 02 or 03; print it: bttd keys show FILE",
        ),
        Error::BadProofOfPossession(_) => (
            "the proof of possession is not this key's signature for this account and this chain"
                .to_owned(),
            "Make it for the account that sends: bttd keys possession --datadir DIR --operator ADDRESS",
        ),
        Error::ConsensusKeyUsed(e) => (
            format!("the consensus key of address {} is or was a validator's already", e.key),
            "A key serves once; make another: bttd keys new --out FILE",
        ),
        Error::TooManyRotations(_) => (
            "the consensus key was replaced too often: it may be once an epoch, and four times within \
             the age of evidence"
                .to_owned(),
            "Try again in the next epoch",
        ),
        Error::CommissionTooHigh(e) => (
            format!("a commission of {} is above the most, which is {}", bps(e.bps), bps(e.maxBps)),
            "Choose less; a validator's own maximum was fixed when it was made",
        ),
        Error::CommissionStepTooLarge(e) if e.maxChangeBps == 0 => (
            format!(
                "commission cannot rise from {} to {} yet: it was changed less than a day ago",
                bps(e.oldBps),
                bps(e.newBps)
            ),
            "Try again tomorrow; it can be lowered at any time",
        ),
        Error::CommissionStepTooLarge(e) => (
            format!(
                "commission cannot rise from {} to {} at once: it may rise by {} a day",
                bps(e.oldBps),
                bps(e.newBps),
                bps(e.maxChangeBps)
            ),
            "Go in smaller steps, one a day",
        ),
        Error::BadDescription(_) => (
            "the name is empty or longer than 32 bytes, the website is longer than 64, or one has \
             control characters"
                .to_owned(),
            "Shorten it; letters beyond ASCII take two bytes or more",
        ),
        Error::SelfStakeTooLow(e) => (
            format!(
                "a self stake of {} is below the least, which is {}",
                format_btt(e.amountWei),
                format_btt(e.minWei)
            ),
            "Give more with --self-stake",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// Jail, places, evidence; `None` for the rest.
fn of_standing(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::NotJailed(e) => (
            format!("validator {} is not jailed", e.operator),
            "See where it stands: btt stake show",
        ),
        Error::StillJailed(e) => (
            format!("the validator stays jailed until {}", utc_ms(e.untilMs)),
            "Mend what kept it from signing, and unjail it then",
        ),
        Error::Tombstoned(e) => (
            format!("validator {} signed twice and is out for ever", e.operator),
            "Only a vote can bring it back: btt gov propose cancel-slash",
        ),
        Error::AlreadyTombstoned(e) => (
            format!("validator {} is out for signing twice already", e.operator),
            "Nothing more can be proven against it",
        ),
        Error::BadMaintenance(e) => (
            format!(
                "maintenance lasts 1 to {} epochs, and as many must pass before the next one",
                grouped(e.maxEpochs)
            ),
            "Give fewer epochs, or wait: btt stake show",
        ),
        Error::AlreadyRanked(e) => (
            format!("validator {} stands for election already", e.operator),
            "See its place: btt stake list",
        ),
        Error::RankingFull(e) => (
            format!(
                "all places for candidates are taken; one needs more than {} of stake",
                format_btt(e.neededWei)
            ),
            "Add stake and try again: btt stake delegate",
        ),
        Error::NotEligible(e) => (
            format!(
                "validator {} is not fit for this: it is jailed, leaving, in maintenance, has too \
                 little stake of its own, or is the last one",
                e.operator
            ),
            "See where it stands: btt stake show",
        ),
        Error::BadEvidence(e) => (
            format!("the two statements prove nothing: {}", clean(&e.reason)),
            "Evidence is two signed statements of one validator for one height, round and step",
        ),
        Error::EvidenceTooOld(e) => (
            format!("block {} is too old for evidence, or is still to come", grouped(e.height)),
            "See how old it may be: btt gov params (evidenceAgeS)",
        ),
        Error::NoOpenSlash(e) => {
            (format!("no slash of validator {} is open", e.operator), "See: btt stake slashes")
        }
        Error::NotGovernance(e) => (
            format!("only a vote may do this, not {}", e.caller),
            "Propose it: btt gov propose --help",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256};
    use alloy_sol_types::SolError as _;
    use btt_runtime::modules::staking::IStaking;

    use crate::revert::{explain, reason, tests::every_error_is_a_sentence};

    #[test]
    fn every_error_of_staking_is_a_sentence() {
        every_error_is_a_sentence(&IStaking::abi::contract());
    }

    #[test]
    fn figures_are_read_as_people_write_them() {
        let amount = U256::from(1_500_000_000_000_000_000u64);
        let error = IStaking::AmountTooLow { amountWei: amount, minWei: amount * U256::from(2) };
        assert_eq!(reason(&error.abi_encode()), "1.5 BTT is too little; the least is 3 BTT");
        let step = IStaking::CommissionStepTooLarge { oldBps: 500, newBps: 700, maxChangeBps: 100 };
        let explained = explain(&step.abi_encode()).unwrap();
        assert_eq!(
            explained.what,
            "commission cannot rise from 5.00 % to 7.00 % at once: it may rise by 1.00 % a day"
        );
        assert_eq!(explained.hint, "Go in smaller steps, one a day");
        let again = IStaking::CommissionStepTooLarge { maxChangeBps: 0, ..step };
        assert!(reason(&again.abi_encode()).contains("less than a day ago"));
        let jailed = IStaking::StillJailed { untilMs: 1_795_173_918_000 };
        assert_eq!(
            reason(&jailed.abi_encode()),
            "the validator stays jailed until 2026-11-20 11:25:18 UTC"
        );
        let unknown = IStaking::UnknownValidator { operator: Address::repeat_byte(1) };
        assert!(reason(&unknown.abi_encode()).starts_with("no validator is operated by 0x0101"));
    }
}
