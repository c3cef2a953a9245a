//! Clearing: from a book to who wins what, who pays and who earns how much. Pure, in integers, and the same on
//! every machine.

mod book;
mod outcome;
mod stand_in;

pub use book::{
    BPS, Bid, Book, BookError, MAX_BID_UNITS, MAX_CAPACITY_UNITS, MAX_ENTRIES, MAX_PRICE_TICKS,
    Offer, TieRule, Tier,
};
pub use outcome::{BidResult, LeaseResult, OfferResult, Outcome, SwarmResult};

/// Clears a book.
///
/// # Errors
/// [`BookError`] if it breaks a rule; a book that passes [`Book::check`] is always cleared.
pub fn clear(book: &Book) -> Result<Outcome, BookError> {
    book.check()?;
    Ok(stand_in::clear(book))
}
