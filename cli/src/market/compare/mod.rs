//! Whether the chain's result of a book is what the reference solver finds. Compared is what the book alone
//! decides; which seller serves which winner is not, so leases must add up, and the part of a payment that an
//! account has in each of several classes must follow from its leases.

mod leases;
mod money;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use alloy_primitives::B256;
use btt_runtime::modules::market::clearing::{Book, Outcome};

use super::naive::{Account, Reference};

/// What agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Accounts that win something.
    pub winners: usize,
    /// Payments of accounts that were compared to the tick.
    pub payments: usize,
    /// Payments of which only the bounds were checked, because a fall-back set them.
    pub bounded: usize,
    /// Classes whose sellers' earnings were compared to the tick.
    pub classes: usize,
}

/// The first difference, in words.
pub type Difference = String;

/// Fails with this text unless it holds.
macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}
use ensure;

/// Two numbers that must be the same, of one thing.
fn same<T: Copy + PartialEq + std::fmt::Display>(
    what: impl FnOnce() -> String,
    ours: T,
    reference: T,
) -> Result<(), Difference> {
    match ours == reference {
        true => Ok(()),
        false => Err(format!("{}: {ours}, and by the reference solver {reference}", what())),
    }
}

/// The result beside the book: places in the book instead of ids.
struct Case<'a> {
    book: &'a Book,
    outcome: &'a Outcome,
    reference: &'a Reference,
    /// By place in the book.
    payment: Vec<u128>,
    /// By place in the book.
    gross: Vec<u128>,
    bid_of: BTreeMap<u64, usize>,
    offer_of: BTreeMap<u64, usize>,
    /// Swarms that a fall-back priced.
    is_fallback: BTreeMap<B256, bool>,
}

/// Compares a result with the reference solver's.
///
/// # Errors
/// The first difference, in words.
pub fn compare(
    book: &Book,
    outcome: &Outcome,
    reference: &Reference,
) -> Result<Agreement, Difference> {
    let case = Case::new(book, outcome, reference)?;
    let is_pinned = outcome.pinned_components > 0;
    if !is_pinned {
        same(|| "welfare".to_owned(), outcome.welfare, reference.welfare)?;
        for (bid, result) in by_place(&case.bid_of, &outcome.bids, |bid| bid.id)? {
            let what = || format!("bid {}: units won", book.bids[bid].id);
            same(what, u64::from(result.won), reference.won[bid])?;
        }
        for (offer, result) in by_place(&case.offer_of, &outcome.offers, |offer| offer.id)? {
            let what = || format!("offer {}: units sold", book.offers[offer].id);
            same(what, u64::from(result.sold), reference.sold[offer])?;
        }
    }
    case.leases()?;
    case.conservation()?;
    let mut agreement = Agreement { winners: reference.accounts.len(), ..Agreement::default() };
    if is_pinned {
        return Ok(agreement);
    }
    case.swarms()?;
    for account in &reference.accounts {
        match case.account(account)? {
            Some(true) => agreement.payments += 1,
            Some(false) => agreement.bounded += 1,
            None => {}
        }
    }
    agreement.classes = case.classes()?;
    Ok(agreement)
}

/// Results that stand in the order of their ids, each with its place in the book.
fn by_place<'o, T>(
    place_of: &BTreeMap<u64, usize>,
    results: &'o [T],
    id: impl Fn(&T) -> u64,
) -> Result<Vec<(usize, &'o T)>, Difference> {
    ensure!(
        results.iter().map(&id).eq(place_of.keys().copied()),
        "the results are not those of the book, each once and by id"
    );
    Ok(place_of.values().copied().zip(results).collect())
}

impl<'a> Case<'a> {
    fn new(
        book: &'a Book,
        outcome: &'a Outcome,
        reference: &'a Reference,
    ) -> Result<Self, Difference> {
        let bid_of = book.bids.iter().enumerate().map(|(place, bid)| (bid.id, place)).collect();
        let offer_of =
            book.offers.iter().enumerate().map(|(place, offer)| (offer.id, place)).collect();
        let mut payment = vec![0; book.bids.len()];
        for (bid, result) in by_place(&bid_of, &outcome.bids, |bid| bid.id)? {
            payment[bid] = result.payment;
        }
        let mut gross = vec![0; book.offers.len()];
        for (offer, result) in by_place(&offer_of, &outcome.offers, |offer| offer.id)? {
            gross[offer] = result.gross;
        }
        let is_fallback =
            outcome.swarms.iter().map(|swarm| (swarm.swarm, swarm.is_fallback)).collect();
        Ok(Self { book, outcome, reference, payment, gross, bid_of, offer_of, is_fallback })
    }

    /// Whether a bid's payment is a fall-back's.
    fn is_fallback(&self, bid: usize) -> bool {
        self.reference.won[bid] > 0
            && self.is_fallback.get(&self.book.bids[bid].swarm).copied().unwrap_or(false)
    }

    /// Whether the payment was compared to the tick; `None` if it was left out of the sample.
    fn account(&self, account: &Account) -> Result<Option<bool>, Difference> {
        let paid: u128 = account.bids.iter().map(|bid| self.payment[*bid]).sum();
        let what = || {
            let ids: Vec<String> =
                account.bids.iter().map(|bid| self.book.bids[*bid].id.to_string()).collect();
            format!("payment of {} (bids {})", account.buyer, ids.join(", "))
        };
        ensure!(paid <= account.value, "{}: {paid}, above its value {}", what(), account.value);
        let Some(price) = account.price else { return Ok(None) };
        if account.bids.iter().any(|bid| self.is_fallback(*bid)) {
            ensure!(paid >= price.payment, "{}: {paid}, below {}", what(), price.payment);
            return Ok(Some(false));
        }
        same(what, paid, price.payment)?;
        Ok(Some(true))
    }

    /// What is told of each swarm.
    fn swarms(&self) -> Result<(), Difference> {
        #[derive(Default)]
        struct Told {
            sellers: u32,
            bids: u32,
            won: u64,
        }
        let mut told: BTreeMap<B256, Told> = BTreeMap::new();
        for offer in &self.book.offers {
            offer.swarms.iter().for_each(|swarm| told.entry(*swarm).or_default().sellers += 1);
        }
        for (bid, won) in self.book.bids.iter().zip(&self.reference.won) {
            let swarm = told.entry(bid.swarm).or_default();
            (swarm.bids, swarm.won) = (swarm.bids + 1, swarm.won + won);
        }
        let results = &self.outcome.swarms;
        ensure!(
            results.iter().map(|result| &result.swarm).eq(told.keys()),
            "the swarms are not those of the book, each once and in order"
        );
        let marginal: BTreeMap<B256, u128> =
            self.reference.marginal_prices.iter().copied().collect();
        for (result, (swarm, told)) in results.iter().zip(&told) {
            let what = |field: &str| format!("swarm {swarm}: {field}");
            same(|| what("sellers"), result.sellers, told.sellers)?;
            same(|| what("bids"), result.bids, told.bids)?;
            same(|| what("units won"), u64::from(result.won), told.won)?;
            let price = marginal.get(swarm).copied().unwrap_or(0);
            same(|| what("marginal price"), u128::from(result.marginal_price), price)?;
        }
        Ok(())
    }
}
