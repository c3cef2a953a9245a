//! What an account pays: the value that the others would have without it, less what they have with it.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use super::greedy::{Basis, Element, Owner};
use super::part::Part;
use super::{Account, Price};

/// Who wins something, in the order of addresses. Prices are still open.
pub(super) fn winners(part: &Part<'_>, basis: &Basis) -> Vec<Account> {
    let mut accounts: BTreeMap<Address, (Vec<usize>, u128)> = BTreeMap::new();
    for (bid, won) in part.bids.iter().zip(&basis.won) {
        let (bids, value) = accounts.entry(bid.buyer).or_default();
        bids.push(bid.place);
        let mut left = *won;
        for tier in &bid.bid.tiers {
            let units = left.min(u64::from(tier.quantity));
            *value += u128::from(tier.price) * u128::from(units);
            left -= units;
        }
    }
    accounts
        .into_iter()
        .filter(|(_, (_, value))| *value > 0)
        .map(|(buyer, (bids, value))| Account { buyer, bids, value, price: None })
        .collect()
}

/// A solved part of the market, to be solved again without one account.
pub(super) struct Pricing<'b> {
    part: Part<'b>,
    elements: Vec<Element>,
    /// Without the losing units of defaulted bids; `None` where there are none.
    earning: Option<Vec<Element>>,
    value: u128,
}

impl<'b> Pricing<'b> {
    pub(super) fn new(part: Part<'b>, elements: Vec<Element>, basis: &Basis) -> Self {
        let is_defaulted = |element: &Element| match element.of {
            Owner::Bid(bid) => part.bids[bid].bid.defaulted,
            Owner::Keep(_) => false,
        };
        let cut = |(element, taken): (&Element, &u64)| match is_defaulted(element) {
            true => Element { units: *taken, ..*element },
            false => *element,
        };
        let earning: Vec<Element> = elements.iter().zip(&basis.taken).map(cut).collect();
        let earning = (earning != elements).then_some(earning);
        Self { part, elements, earning, value: basis.value }
    }

    /// Solves without the account.
    pub(super) fn price(&self, account: &Account) -> Price {
        let payment = self.externality(&self.elements, account);
        let earned = match &self.earning {
            Some(elements) => self.externality(elements, account),
            None => payment,
        };
        Price { payment, earned }
    }

    fn externality(&self, elements: &[Element], account: &Account) -> u128 {
        let is_other = |element: &&Element| match element.of {
            Owner::Bid(bid) => self.part.bids[bid].buyer != account.buyer,
            Owner::Keep(_) => true,
        };
        let others: Vec<Element> = elements.iter().filter(is_other).copied().collect();
        Basis::of(&self.part, &others).value - (self.value - account.value)
    }
}
