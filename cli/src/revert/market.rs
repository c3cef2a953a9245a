//! Every error of the market contract in a sentence.

use alloy_primitives::U256;
use alloy_sol_types::SolInterface;
use btt_runtime::modules::market::{
    IMarket::{IMarketErrors as Error, Phase},
    limits::TICK_WEI,
};
use btt_runtime::primitives::amount::format_btt;

use super::Explanation;
use crate::market::long_swarm;
use crate::render::market::size;
use crate::render::{deadline, grouped, now_ms};

const STATUS: &str = "See the epoch and its phase: btt market status";
const TIERS: &str = "Write tiers as price x units, the dearest first, e.g. 0.05x2,0.03x4";
const BIDS: &str = "See your bids: btt market status";
const OFFERS: &str = "See your offers and your bond: btt market seller";

/// `None` for data that is no error of the market, or one that another module has as well.
pub(super) fn explain(data: &[u8]) -> Option<Explanation> {
    let error = Error::abi_decode_validate(data).ok()?;
    of_bids(&error)
        .or_else(|| of_reveals(&error))
        .or_else(|| of_offers(&error))
        .or_else(|| of_receipts(&error))
}

fn ticks(ticks: impl TryInto<u64>) -> String {
    let ticks = U256::from(ticks.try_into().unwrap_or(u64::MAX));
    format_btt(ticks.saturating_mul(U256::from(TICK_WEI)))
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Reveal => "bids are being revealed",
        Phase::Clearing => "the book is frozen",
        _ => "bids are being committed",
    }
}

/// What buyers meet who commit or end bids; `None` for the rest.
fn of_bids(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::UnknownBid(e) => {
            (format!("there is no bid {}: it never was, or its epoch is over", e.bidId), BIDS)
        }
        Error::WrongEpoch(e) => {
            (format!("this is for epoch {}, and epoch {} is under way", e.epoch, e.current), STATUS)
        }
        Error::WrongPhase(e) => (format!("this cannot be done now: {}", phase(e.phase)), STATUS),
        Error::NotBuyer(e) => (
            format!("only the buyer may do this, not {}", e.caller),
            "Send with the account that committed the bid: --key",
        ),
        Error::WrongValue(e) => (
            format!(
                "{} came, and lock and book fee are {}",
                format_btt(e.valueWei),
                format_btt(e.wantedWei)
            ),
            "Send exactly that; what the place does not cost returns at once",
        ),
        Error::BadQuantity(e) => (
            format!("a bid for {} units is not between 1 and {}", e.qmax, e.max),
            "Choose another number of units",
        ),
        Error::LockNotMultiple(e) => (
            format!("a lock of {} does not divide by {} units", ticks(e.lockTicks), e.qmax),
            "Lock the highest price times the units",
        ),
        Error::BadEpochs(e) => (
            format!("a bid cannot stand for {} epochs; it may for 1 to {}", e.epochs, e.max),
            "Choose another number of epochs",
        ),
        Error::NoSwarm(_) => {
            ("the swarm is zero".to_owned(), "Give the torrent's infohash: 40 or 64 hex digits")
        }
        Error::BidTwice(e) => (
            format!("the account already bids for {} in this epoch", long_swarm(e.swarm)),
            "Wait for the next epoch, or bid from another account",
        ),
        Error::TooManyBids(e) => (
            format!("the account has {} bids in this epoch, as many as one may", e.max),
            "Wait for the next epoch, or bid from another account",
        ),
        Error::BookFull(e) => (
            format!("the epoch's book has {} bids and no place left", grouped(e.max.into())),
            "Bid in the next epoch",
        ),
        Error::BookFeeTooHigh(e) => (
            format!(
                "a place in the book costs {}, and at most {} were offered for it",
                format_btt(e.feeWei),
                format_btt(e.maxWei)
            ),
            "The book is crowded: offer more for the place, or wait for the next epoch",
        ),
        Error::NotStanding(e) => (
            format!("bid {} ends with its epoch anyway", e.bidId),
            "What its result leaves of the lock returns by itself",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What buyers meet who reveal; `None` for the rest.
fn of_reveals(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::AlreadyRevealed(e) => (format!("bid {} is revealed already", e.bidId), BIDS),
        Error::RevealMismatch(_) => (
            "tiers and salt are not what was sealed".to_owned(),
            "Reveal with the file that the wallet wrote when it committed the bid",
        ),
        Error::BadTierCount(e) => {
            (format!("a bid has 1 to {} tiers, not {}", e.max, e.count), TIERS)
        }
        Error::ZeroPrice(_) => ("a tier has no price".to_owned(), TIERS),
        Error::ZeroQuantity(_) => ("a tier has no units".to_owned(), TIERS),
        Error::RisingPrice(e) => {
            (format!("the price of {} is above that of the tier before it", ticks(e.price)), TIERS)
        }
        Error::AboveCeiling(e) => (
            format!(
                "a price of {} is above the bid's ceiling, {}",
                ticks(e.price),
                ticks(e.ceiling)
            ),
            "The ceiling is what was locked for each unit",
        ),
        Error::TooManyUnits(e) => {
            (format!("the tiers have {} units, and the bid is for {}", e.units, e.qmax), TIERS)
        }
        Error::AboveLock(e) => (
            format!("the tiers cost {}, and {} are locked", ticks(e.ticks), ticks(e.lockTicks)),
            TIERS,
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What sellers meet; `None` for the rest.
fn of_offers(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::UnknownOffer(e) => {
            (format!("there is no offer {}: it never was, or it is over", e.offerId), OFFERS)
        }
        Error::NotSeller(e) => (
            format!("only the seller may do this, not {}", e.caller),
            "Send with the account that posted the offer: --key",
        ),
        Error::BadCapacity(e) => (
            format!(
                "a capacity of {} units is not between 1 and {}",
                grouped(e.capacity.into()),
                grouped(e.max.into())
            ),
            "Choose another capacity",
        ),
        Error::BadReserve(e) => (
            format!("a reserve of {} is more than any price can be", ticks(e.reserveTicks)),
            "Choose a lower reserve",
        ),
        Error::BadSwarmCount(e) => (
            format!("an offer lists 1 to {} swarms, not {}", e.max, e.count),
            "Split it into several offers",
        ),
        Error::SwarmsNotRising(_) => (
            "the swarms of an offer must rise, each once".to_owned(),
            "Sort them; the wallet does it by itself",
        ),
        Error::BadLastEpoch(e) => (
            format!("the last epoch {} is not between {} and {}", e.toEpoch, e.first, e.last),
            "An offer begins with the next epoch; choose another end",
        ),
        Error::TooManyOffers(e) => (
            format!("{} offers stand, and no more may", grouped(e.max.into())),
            "Wait until some are over",
        ),
        Error::TooManyEdges(e) => (
            format!("all offers together list {} swarms, and no more may", grouped(e.max.into())),
            "List fewer swarms, or wait until some offers are over",
        ),
        Error::BondTooLow(e) => (
            format!(
                "a bond of {} is below what the offers bind, {}",
                format_btt(e.bondWei),
                format_btt(e.requiredWei)
            ),
            "Send more; storage deposit and book fee are taken off first",
        ),
        Error::BondBound(e) => (
            format!(
                "{} cannot be taken out: only {} of the bond are free",
                format_btt(e.amountWei),
                format_btt(e.freeWei)
            ),
            "It is free when the offers are over and their leases closed",
        ),
        Error::OfferEnding(e) => {
            (format!("offer {} ends with epoch {} anyway", e.offerId, e.lastEpoch), OFFERS)
        }
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

/// What both meet with receipts; `None` for the rest.
fn of_receipts(error: &Error) -> Option<Explanation> {
    let (what, hint) = match error {
        Error::UnknownLease(e) => (
            format!("there is no lease {}: it never was, or it is closed", e.leaseId),
            "See your leases: btt market leases",
        ),
        Error::ReceiptTooLate(e) => (
            format!("the time for receipts ended {}", deadline(e.untilMs, e.untilBlock, now_ms())),
            "The lease is closed by what was handed in until then",
        ),
        Error::ReceiptNotIncreasing(e) => (
            format!(
                "a receipt for {} says no more than what is known, {}",
                size(e.deliveredBytes),
                size(e.known)
            ),
            "Only a higher receipt counts",
        ),
        Error::AboveLease(e) => (
            format!("the lease is of {}, not {}", size(e.dueBytes), size(e.deliveredBytes)),
            "A unit is 8 MiB: sign for what was delivered, not more",
        ),
        _ => return None,
    };
    Some(Explanation::new(what, hint))
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolError as _;
    use btt_runtime::modules::market::IMarket;

    use super::*;
    use crate::revert::{reason, tests::every_error_is_a_sentence};

    #[test]
    fn every_error_of_the_market_is_a_sentence() {
        every_error_is_a_sentence(&IMarket::abi::contract());
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        let above = IMarket::AboveCeiling { price: 2_500_000, ceiling: 2_000_000 };
        assert_eq!(
            reason(&above.abi_encode()),
            "a price of 2.5 BTT is above the bid's ceiling, 2 BTT"
        );
        let swarm = alloy_primitives::B256::right_padding_from(&[0x2b; 20]);
        let twice = reason(&IMarket::BidTwice { swarm }.abi_encode());
        let infohash = "2b".repeat(20);
        assert_eq!(twice, format!("the account already bids for {infohash} in this epoch"));
        let unknown = IMarket::UnknownOffer { offerId: 7 }.abi_encode();
        assert!(explain(&unknown).unwrap().hint.ends_with("btt market seller"));
        let early = IMarket::WrongPhase { phase: Phase::Clearing };
        assert_eq!(reason(&early.abi_encode()), "this cannot be done now: the book is frozen");
    }
}
