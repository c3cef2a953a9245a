//! Where the money goes: what sellers of each class earn, and that no tick is lost or made.

use std::collections::{BTreeMap, BTreeSet};

use btt_runtime::modules::market::clearing::BPS;

use super::super::naive::{Account, Class, Price};
use super::{Case, Difference, ensure, same};

/// The highest price that a pool of money can pay for all units, each at least at its seller's ask. `None` where
/// it cannot even pay the asks. Asks and units stand in pairs.
fn uniform_price(pool: u128, sales: &[(u128, u128)]) -> Option<u128> {
    let is_payable = |price: u128| {
        let add = |cost: u128, (ask, units): &(u128, u128)| {
            cost.checked_add(price.max(*ask).checked_mul(*units)?)
        };
        sales.iter().try_fold(0, add).is_some_and(|cost| cost <= pool)
    };
    if !is_payable(0) {
        return None;
    }
    // Payable at the low end, not payable at the high end.
    let (mut low, mut high) = (0, pool + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match is_payable(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(low)
}

impl Case<'_> {
    /// Payments are earnings, dust and what is burnt; fees come off the earnings.
    pub(super) fn conservation(&self) -> Result<(), Difference> {
        let paid: u128 = self.payment.iter().sum();
        let earned: u128 = self.gross.iter().sum();
        let all = earned + self.outcome.dust + self.outcome.burnt;
        same(|| "earnings, dust and burnt against payments".to_owned(), all, paid)?;
        for result in &self.outcome.offers {
            let name = format!("offer {}", result.id);
            let fee = result.gross * u128::from(self.book.fee_bps) / u128::from(BPS);
            same(|| format!("{name}: fee"), result.fee, fee)?;
            same(|| format!("{name}: net"), result.net, result.gross - fee)?;
            let (offer, sold) = (self.offer_of[&result.id], u128::from(result.sold));
            let least = self.ask(offer) * sold;
            ensure!(result.gross >= least, "{name}: {} are below the asks {least}", result.gross);
            let reserve = u128::from(self.book.offers[offer].reserve) * sold;
            ensure!(result.net >= reserve, "{name}: {} net are below the reserve", result.net);
        }
        Ok(())
    }

    fn ask(&self, offer: usize) -> u128 {
        u128::from(self.book.offers[offer].ask(self.book.min_ask, self.book.fee_bps))
    }

    /// What is burnt, the dust, and the earnings in every class whose money the book or the payments tell; says in
    /// how many.
    pub(super) fn classes(&self) -> Result<usize, Difference> {
        let accounts = &self.reference.accounts;
        let mut account_of = BTreeMap::new();
        for (number, account) in accounts.iter().enumerate() {
            account_of.extend(account.bids.iter().map(|bid| (*bid, number)));
        }
        if self.is_all_priced() {
            let burnt = accounts.iter().filter_map(|account| account.price);
            let burnt: u128 = burnt.map(|price| price.payment - price.earned).sum();
            same(|| "burnt".to_owned(), self.outcome.burnt, burnt)?;
        }
        let cost = self.cost_of_bids();
        let (mut compared, mut dust) = (0, 0);
        let mut seller_price = BTreeMap::new();
        for class in &self.reference.classes {
            self.asks_are_paid(class, &account_of, &cost)?;
            let Some(pool) = self.pool(class, &account_of) else { continue };
            let sold = |offer: &usize| u128::from(self.reference.sold[*offer]);
            let sales: Vec<(u128, u128)> =
                class.offers.iter().map(|offer| (self.ask(*offer), sold(offer))).collect();
            let name = || {
                let first = class.swarms.first().copied().unwrap_or_default();
                format!("class of swarm {first}")
            };
            let Some(price) = uniform_price(pool, &sales) else {
                return Err(format!("{}: payments of {pool} do not cover the asks", name()));
            };
            for (offer, (ask, units)) in class.offers.iter().zip(&sales) {
                let what = || format!("offer {}: gross earnings", self.book.offers[*offer].id);
                same(what, self.gross[*offer], price.max(*ask) * units)?;
            }
            let spent: u128 = sales.iter().map(|(ask, units)| price.max(*ask) * units).sum();
            dust += pool - spent;
            seller_price.extend(class.swarms.iter().map(|swarm| (*swarm, price)));
            compared += 1;
        }
        if compared == self.reference.classes.len() {
            same(|| "dust".to_owned(), self.outcome.dust, dust)?;
        }
        for result in &self.outcome.swarms {
            if let Some(price) = seller_price.get(&result.swarm) {
                let what = || format!("swarm {}: seller price", result.swarm);
                same(what, result.seller_price, *price)?;
            }
            if result.won == 0 {
                same(|| format!("swarm {}: seller price", result.swarm), result.seller_price, 0)?;
            }
        }
        Ok(compared)
    }

    /// The asks of the units that each bid leases.
    fn cost_of_bids(&self) -> BTreeMap<usize, u128> {
        let mut cost = BTreeMap::new();
        for lease in &self.outcome.leases {
            let ask = self.ask(self.offer_of[&lease.offer]);
            *cost.entry(self.bid_of[&lease.bid]).or_default() += ask * u128::from(lease.units);
        }
        cost
    }

    /// What an account pays in a class covers the asks of what it leases there.
    fn asks_are_paid(
        &self,
        class: &Class,
        account_of: &BTreeMap<usize, usize>,
        cost: &BTreeMap<usize, u128>,
    ) -> Result<(), Difference> {
        let mut balance: BTreeMap<usize, (u128, u128)> = BTreeMap::new();
        for bid in &class.bids {
            let (paid, asked) = balance.entry(account_of[bid]).or_default();
            (*paid, *asked) = (*paid + self.payment[*bid], *asked + cost[bid]);
        }
        for (member, (paid, asked)) in balance {
            let buyer = self.reference.accounts[member].buyer;
            ensure!(paid >= asked, "{buyer} pays {paid} in a class, below the asks {asked}");
        }
        Ok(())
    }

    fn is_all_priced(&self) -> bool {
        let accounts = &self.reference.accounts;
        accounts.iter().all(|account| account.price.is_some() && !self.has_fallback(account))
    }

    fn has_fallback(&self, account: &Account) -> bool {
        account.bids.iter().any(|bid| self.is_fallback(*bid))
    }

    /// The money of a class. An account that wins in several classes, or that was left out of the sample, gives
    /// what the result says that its bids pay: its part is then only checked for being enough. `None` where that
    /// is not all known: where some of it may be burnt.
    fn pool(&self, class: &Class, account_of: &BTreeMap<usize, usize>) -> Option<u128> {
        let members: BTreeSet<usize> = class.bids.iter().map(|bid| account_of[bid]).collect();
        let inside: BTreeSet<usize> = class.bids.iter().copied().collect();
        let mut pool = 0;
        for member in members {
            let account = &self.reference.accounts[member];
            let mut wins = account.bids.iter().filter(|bid| self.reference.won[**bid] > 0);
            let is_local = wins.all(|bid| inside.contains(bid));
            pool += match account.price {
                _ if self.has_fallback(account) => return None,
                Some(Price { earned, .. }) if is_local => earned,
                Some(Price { payment, earned }) if payment != earned => return None,
                None if self.book.bids.iter().any(|bid| bid.defaulted) => return None,
                _ => {
                    let own = account.bids.iter().filter(|bid| inside.contains(bid));
                    own.map(|bid| self.payment[*bid]).sum()
                }
            };
        }
        Some(pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_pays_one_price_but_nobody_less_than_its_ask() {
        assert_eq!(uniform_price(11, &[(1, 1), (10, 1)]), Some(1));
        assert_eq!(uniform_price(94, &[(5, 2), (5, 3)]), Some(18));
        assert_eq!(uniform_price(160, &[(10, 4)]), Some(40));
        assert_eq!(uniform_price(10, &[(1, 1), (10, 1)]), None);
        let most = u128::MAX - 1;
        assert_eq!(uniform_price(most, &[(1 << 63, 1 << 20)]), Some(most >> 20));
    }
}
