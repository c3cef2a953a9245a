//! Every error of the channels contract in a sentence.

use alloy_primitives::U256;
use alloy_sol_types::SolInterface;
use btt_runtime::modules::channels::IChannels::IChannelsErrors as Error;
use btt_runtime::primitives::amount::format_btt;

use super::Explanation;
use crate::render::{deadline, grouped, now_ms, percent, span, utc};

const LIST: &str = "See what is open: btt channel list";
const SHOW: &str = "See how it stands: btt channel show ID";
const CHECK: &str = "Check it: btt channel verify FILE";

/// `None` for data that is no error of channels, or one that staking has as well.
pub(super) fn explain(data: &[u8]) -> Option<Explanation> {
    let error = Error::abi_decode_validate(data).ok()?;
    of_opening(&error).or_else(|| of_vouchers(&error)).or_else(|| of_ending(&error))
}

fn btt(wei: u128) -> String {
    format_btt(U256::from(wei))
}

fn seconds(seconds: u32) -> String {
    span(u64::from(seconds).saturating_mul(1_000))
}

/// What payers meet who open or add; `None` for the rest.
fn of_opening(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::UnknownChannel(e) => {
            (format!("no channel {} is open: it never was, or it is closed", e.channelId), LIST)
        }
        Error::UnknownPool(e) => {
            (format!("no pool {} is open: it never was, or it is closed", e.poolId), LIST)
        }
        Error::BadPayee(e) => (
            format!(
                "{} cannot be paid by this account: it is zero, the payer itself, or a contract of the chain",
                e.payee
            ),
            "Name another payee with --to",
        ),
        Error::BadGrace(e) => (
            format!(
                "a grace of {} is not between {} and {}",
                seconds(e.graceS),
                seconds(e.minS),
                seconds(e.maxS)
            ),
            "Choose another: --grace 24h",
        ),
        Error::BadExpiry(e) => (
            format!(
                "it cannot expire at {}: that is past, or more than ten years away",
                utc(e.expiry)
            ),
            "Choose another time: --expiry 30d",
        ),
        Error::DepositTooLow(e) => (
            format!(
                "a deposit of {} is below the least, {}",
                format_btt(e.depositWei),
                format_btt(e.minWei)
            ),
            "Deposit more; the storage deposit comes on top of it",
        ),
        Error::TooManyChannels(e) => (
            format!(
                "the account has {} channels and pools open, as many as one may",
                grouped(e.max.into())
            ),
            "End some, or use another account: btt channel list",
        ),
        Error::TooManyToPayee(e) => (
            format!("{} channels to {} are open, as many as there may be", e.max, e.payee),
            "Add to one of them (btt channel topup), or use its lanes",
        ),
        Error::AmountOverflow(_) => (
            "the amount is larger than the contract can hold".to_owned(),
            "No such amount of BTT exists; check the voucher or the deposit",
        ),
        Error::CollateralTooLow(e) => (
            format!(
                "a collateral of {} is below the deposit of {}",
                btt(e.collateralWei),
                btt(e.depositWei)
            ),
            "Give as much collateral as deposit, or more: --collateral",
        ),
        Error::BadMinPayees(e) => (
            format!("a pool for {} payees is too narrow; the least is {}", e.minPayees, e.min),
            "Choose more: --min-payees. For one payee: btt channel open",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What payees meet with their vouchers; `None` for the rest.
fn of_vouchers(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::BadSignature(_) => (
            "the signature is not by who must sign, or not over this chain's text".to_owned(),
            "Vouchers are signed by the channel's signer for this chain id and module: btt channel verify FILE",
        ),
        Error::BadLane(e) => (format!("there is no lane {}; lanes are 0 to 3", e.lane), CHECK),
        Error::BadTick(e) => (
            format!("the preimage of tick {} does not lead to the voucher's anchor", e.index),
            CHECK,
        ),
        Error::TickTooFar(e) => {
            (format!("tick {} is beyond the last that counts, {}", e.index, e.max), CHECK)
        }
        Error::AboveDeposit(e) => (
            format!(
                "the voucher and the other lanes claim {}, and the deposit is {}",
                format_btt(e.claimWei),
                format_btt(e.depositWei)
            ),
            "Settle a lower one, or have the payer add: btt channel topup",
        ),
        Error::AbovePayeeShare(e) => (
            format!(
                "the voucher claims {}, and one payee of the pool may have {}",
                format_btt(e.claimWei),
                format_btt(e.maxWei)
            ),
            "Settle a lower one, or have the payer add: btt channel pool topup",
        ),
        Error::BadSecret(_) => (
            "the secret is not what the voucher's condition asks for".to_owned(),
            "Its keccak256 must be the hash lock: --secret",
        ),
        Error::ConditionExpired(e) => (
            format!("the time of the voucher's condition was over at {}", utc(e.timeout)),
            "Ask the payer for a new voucher",
        ),
        Error::BadCapture(e) => (
            format!(
                "{} cannot be taken: {} were paid and the voucher claims {}",
                btt(e.captureWei),
                btt(e.settledWei),
                btt(e.claimWei)
            ),
            SHOW,
        ),
        Error::BadSplit(e) => (
            format!(
                "the parts are not what is left, {}, or were signed before {} were paid",
                btt(e.remainingWei),
                btt(e.settledWei)
            ),
            "Make and sign a new one: btt channel coop-close ID --payee-part AMOUNT",
        ),
        Error::ClaimTooSmall(e) => (
            format!(
                "a first claim of {} does not pay for the payee's record, {}",
                btt(e.claimWei),
                btt(e.storageDepositWei)
            ),
            "Wait for a higher voucher; the record's deposit returns when it is deleted",
        ),
        Error::PoolIsFrozen(e) => (
            format!("pool {} promised more than it had and pays no more", e.poolId),
            "What was left has gone to who claimed first; its collateral is burnt",
        ),
        Error::MalformedBatch(e) => (
            format!("the batch does not decode from byte {} on", e.offset),
            "The format is in docs/channels.md",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What both meet at the end; `None` for the rest.
fn of_ending(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::NotPayer(e) => (
            format!("only the payer may do this, not {}", e.caller),
            "Send with the account that opened it: --key",
        ),
        Error::NotPayee(e) => (
            format!("only the payee or its operator may do this, not {}", e.caller),
            "The payer asks instead: btt channel request-close. An operator adds --operator-salt",
        ),
        Error::AlreadyClosing(_) => (
            "the payer has asked to close it already".to_owned(),
            "See how long the grace lasts: btt channel show ID",
        ),
        Error::NotClosing(_) => (
            "nobody has asked to close it".to_owned(),
            "Ask first, and wait for the grace: btt channel request-close ID",
        ),
        Error::NoExpiry(_) => (
            "it was opened without an expiry".to_owned(),
            "The payer can ask for its deposit: btt channel request-close ID",
        ),
        Error::TooEarly(e) => (
            format!(
                "the payee still has time to settle; this can be done {}",
                deadline(e.untilMs, e.untilBlock, now_ms())
            ),
            "Both the time and the block must come; try again then",
        ),
        Error::WrongTower(e) => (
            format!("the payee named another tower than {}, or another channel", e.caller),
            "Anyone may settle without a tip: btt channel settle",
        ),
        Error::WatchExpired(e) => (
            format!("the payee's word for its tower was good until {}", utc(e.validUntil)),
            "Anyone may settle without a tip: btt channel settle",
        ),
        Error::TipTooHigh(e) => (
            format!(
                "a tip of {} is above the most, {}",
                percent(e.tipBps.into()),
                percent(e.maxBps.into())
            ),
            "Have the payee sign a lower one",
        ),
        Error::PoolIsOpen(e) => (
            format!("pool {} is still open", e.poolId),
            "Records are deleted after it: btt channel pool close ID",
        ),
        Error::NoClaim(e) => {
            (format!("pool {} keeps no record of {}", e.poolId, e.payee), "Leave this payee out")
        }
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;
    use alloy_sol_types::SolError as _;
    use btt_runtime::modules::channels::IChannels;

    use super::*;
    use crate::revert::{reason, tests::every_error_is_a_sentence};

    #[test]
    fn every_error_of_channels_is_a_sentence() {
        every_error_is_a_sentence(&IChannels::abi::contract());
    }

    #[test]
    fn figures_are_read_as_people_write_them() {
        let wei = U256::from(1_500_000_000_000_000_000u64);
        let above = IChannels::AboveDeposit { claimWei: wei * U256::from(2), depositWei: wei };
        assert_eq!(
            reason(&above.abi_encode()),
            "the voucher and the other lanes claim 3 BTT, and the deposit is 1.5 BTT"
        );
        let grace = IChannels::BadGrace { graceS: 60, minS: 900, maxS: 604_800 };
        assert_eq!(reason(&grace.abi_encode()), "a grace of 1 min is not between 15 min and 7 d");
        let early = IChannels::TooEarly { untilMs: 1_000, untilBlock: 1_812 };
        assert!(reason(&early.abi_encode()).ends_with("done as soon as block 1,812 has come"));
        let tip = IChannels::TipTooHigh { tipBps: 500, maxBps: 100 };
        assert_eq!(reason(&tip.abi_encode()), "a tip of 5.00 % is above the most, 1.00 %");
        let payer = IChannels::NotPayer { caller: Address::repeat_byte(1) };
        assert!(explain(&payer.abi_encode()).unwrap().hint.contains("--key"));
    }
}
