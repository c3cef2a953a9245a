//! What a place in the book costs (rule E.6): a base fee, which nobody gets back. Above half full it doubles for
//! every further sixteenth, so that crowding others out gets dear while admitted bids stay; the swarms that
//! really trade keep some places at the base fee.

use super::{
    limits::{MAX_BIDS, MAX_EDGES, MAX_OFFERS, MAX_SWARM_PLACES},
    params as p,
    state::{Book, Share},
};
use crate::modules::{Host, ModuleError, params};
use alloy_primitives::B256;

/// How often the fee has doubled where `taken` of `all` places are.
fn doublings(taken: u32, all: u32) -> u32 {
    let sixteenth = all / 16;
    taken.saturating_sub(all / 2).checked_div(sixteenth).unwrap_or(0)
}

fn escalated(base_wei: u128, doublings: u32) -> u128 {
    base_wei.saturating_mul(1u128.checked_shl(doublings).unwrap_or(u128::MAX))
}

/// Of an offer, for each of its epochs.
pub(super) fn offer_fee_wei(host: &mut dyn Host, book: &Book) -> Result<u128, ModuleError> {
    let base_wei = params::value(host, &p::BOOK_FEE)?;
    let fullest = doublings(book.offers, MAX_OFFERS).max(doublings(book.edges, MAX_EDGES));
    Ok(escalated(base_wei, fullest))
}

/// Of a bid for a swarm, for each of its epochs, and whether it takes one of the swarm's own places.
pub(super) fn bid_fee_wei(
    host: &mut dyn Host,
    book: &Book,
    epoch: u32,
    swarm: B256,
) -> Result<(u128, Option<Share>), ModuleError> {
    let base_wei = params::value(host, &p::BOOK_FEE)?;
    let doublings = doublings(book.bid_places(), MAX_BIDS);
    let mut share = Share::load(host, swarm)?;
    if share.epoch == 0 || share.epoch != book.share_epoch {
        return Ok((escalated(base_wei, doublings), None));
    }
    if share.used_epoch != epoch {
        (share.used_epoch, share.used) = (epoch, 0);
    }
    if share.used >= own_places(book, &share) {
        return Ok((escalated(base_wei, doublings), None));
    }
    share.used = share.used.saturating_add(1);
    Ok((base_wei, Some(share)))
}

/// The swarm's part of the places up to half full, by the units leased in it in the newest epoch.
fn own_places(book: &Book, share: &Share) -> u32 {
    let half = u64::from(MAX_BIDS / 2);
    let part = u64::from(share.units).saturating_mul(half).checked_div(u64::from(book.share_units));
    u32::try_from(part.unwrap_or(0)).unwrap_or(u32::MAX).min(MAX_SWARM_PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_doubles_for_every_sixteenth_above_the_half() {
        let fees = |taken| escalated(10, doublings(taken, MAX_BIDS));
        assert_eq!(fees(0), 10);
        assert_eq!(fees(32_768 + 4_095), 10);
        assert_eq!(fees(32_768 + 4_096), 20);
        assert_eq!(fees(65_535), 10 << 7);
        assert_eq!(doublings(MAX_OFFERS - 1, MAX_OFFERS), 7);
        assert_eq!(doublings(MAX_EDGES - 1, MAX_EDGES), 7);
        assert_eq!(escalated(u128::MAX, 7), u128::MAX);
    }

    #[test]
    fn own_places_follow_the_share_and_are_bounded() {
        let book = Book { share_units: 1_000, ..Book::default() };
        let places = |units| own_places(&book, &Share { units, ..Share::default() });
        assert_eq!([places(0), places(1), places(7), places(8)], [0, 32, 229, 256]);
        assert_eq!(own_places(&Book::default(), &Share { units: 5, ..Share::default() }), 0);
    }
}
