//! The next validator set: the largest stakes, and no more change than an epoch allows (rule F.1). Pure.

use alloy_primitives::Address;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// How much of the power may change now, in units of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Most validators.
    pub(super) max_validators: usize,
    /// Most change in this step.
    pub(super) budget: u64,
}

/// The next set and what it changes of the power that is not forced out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextSet {
    /// By falling power, equal ones by address.
    pub(super) powers: Vec<(Address, u64)>,
    /// Σ |Δ power|.
    pub(super) churn: u64,
}

/// Chooses the next set. `candidates` are those fit for election with the power of their stake; members
/// that are `forced_out` leave at once, without counting. The set never becomes empty: where nobody
/// would be left, it stays as it is.
pub(super) fn next_set(
    current: &[(Address, u64)],
    forced_out: &BTreeSet<Address>,
    candidates: &[(Address, u64)],
    limits: Limits,
) -> NextSet {
    let mut elected: Vec<_> = candidates.iter().copied().filter(|(_, power)| *power > 0).collect();
    sort(&mut elected);
    elected.truncate(limits.max_validators);

    let stays = current.iter().filter(|(member, _)| !forced_out.contains(member));
    let mut changes: BTreeMap<Address, (u64, u64)> =
        stays.map(|(member, power)| (*member, (*power, 0))).collect();
    let is_empty = changes.is_empty();
    for (member, power) in elected {
        changes.entry(member).or_insert((0, 0)).1 = power;
    }
    let wanted: u128 = changes.values().map(|(from, to)| u128::from(from.abs_diff(*to))).sum();
    let budget = if is_empty { wanted } else { wanted.min(u128::from(limits.budget)) };

    // Each gets its part of the budget; running sums keep the parts' sum exact.
    let mut powers = Vec::with_capacity(changes.len());
    let (mut seen, mut given) = (0u128, 0u128);
    for (member, (from, to)) in changes {
        seen = seen.saturating_add(u128::from(from.abs_diff(to)));
        let upto = if wanted == 0 {
            0
        } else {
            seen.saturating_mul(budget).checked_div(wanted).unwrap_or(0)
        };
        let step = u64::try_from(upto.saturating_sub(given)).unwrap_or(u64::MAX);
        given = upto;
        let power = if to >= from { from.saturating_add(step) } else { from.saturating_sub(step) };
        if power > 0 {
            powers.push((member, power));
        }
    }
    if powers.is_empty() {
        return NextSet { powers: current.to_vec(), churn: 0 };
    }
    sort(&mut powers);
    let churn = if is_empty { 0 } else { u64::try_from(given).unwrap_or(u64::MAX) };
    NextSet { powers, churn }
}

fn sort(set: &mut [(Address, u64)]) {
    set.sort_unstable_by_key(|(operator, power)| (Reverse(*power), *operator));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FREE: Limits = Limits { max_validators: 100, budget: u64::MAX };

    fn set(powers: &[(u8, u64)]) -> Vec<(Address, u64)> {
        powers.iter().map(|(n, power)| (Address::repeat_byte(*n), *power)).collect()
    }

    fn out(members: &[u8]) -> BTreeSet<Address> {
        members.iter().map(|n| Address::repeat_byte(*n)).collect()
    }

    #[test]
    fn the_largest_stakes_are_elected() {
        let limits = Limits { max_validators: 2, ..FREE };
        let next = next_set(&set(&[(1, 5)]), &out(&[]), &set(&[(1, 5), (2, 9), (3, 7)]), limits);
        assert_eq!(next, NextSet { powers: set(&[(2, 9), (3, 7)]), churn: 21 });
    }

    #[test]
    fn more_change_than_the_budget_waits() {
        let limits = Limits { budget: 10, ..FREE };
        let (now, wish) = (set(&[(1, 40)]), set(&[(1, 40), (2, 30)]));
        let next = next_set(&now, &out(&[]), &wish, limits);
        assert_eq!(next, NextSet { powers: set(&[(1, 40), (2, 10)]), churn: 10 });
        let next = next_set(&next.powers, &out(&[]), &wish, limits);
        assert_eq!(next.powers, set(&[(1, 40), (2, 20)]));
    }

    #[test]
    fn the_jailed_leave_at_once() {
        let limits = Limits { budget: 0, ..FREE };
        let next = next_set(&set(&[(1, 5), (2, 4)]), &out(&[1]), &set(&[(2, 4)]), limits);
        assert_eq!(next, NextSet { powers: set(&[(2, 4)]), churn: 0 });
    }

    #[test]
    fn the_last_validator_stays() {
        let now = set(&[(1, 5)]);
        assert_eq!(next_set(&now, &out(&[1]), &[], FREE).powers, now);
        assert_eq!(next_set(&now, &out(&[]), &[], FREE).powers, now);
        // Unless others are there to take over.
        assert_eq!(next_set(&now, &out(&[1]), &set(&[(2, 3)]), FREE).powers, set(&[(2, 3)]));
    }

    proptest! {
        #[test]
        fn no_step_changes_more_than_the_budget_and_waiting_ends(
            now in proptest::collection::btree_map(0u8..20, 1u64..1_000, 1..15),
            wish in proptest::collection::btree_map(0u8..20, 0u64..1_000, 1..15),
            budget in 1u64..500,
        ) {
            let sets = |powers: &BTreeMap<u8, u64>| {
                let mut set = set(&powers.iter().map(|(n, p)| (*n, *p)).collect::<Vec<_>>());
                sort(&mut set);
                set
            };
            prop_assume!(wish.values().any(|power| *power > 0));
            let (mut current, wish) = (sets(&now), sets(&wish));
            let limits = Limits { budget, ..FREE };
            let wanted: Vec<_> = wish.iter().copied().filter(|(_, power)| *power > 0).collect();
            for _ in 0..40_000 {
                let next = next_set(&current, &out(&[]), &wish, limits);
                let power = |set: &[(Address, u64)], who| {
                    set.iter().find(|(member, _)| *member == who).map_or(0, |(_, power)| *power)
                };
                let all = (0u8..20).map(Address::repeat_byte);
                let churn: u64 =
                    all.map(|a| power(&current, a).abs_diff(power(&next.powers, a))).sum();
                prop_assert_eq!(churn, next.churn);
                prop_assert!(churn <= budget);
                if next.powers == wanted {
                    return Ok(());
                }
                current = next.powers;
            }
            prop_assert!(false, "never gets there");
        }
    }
}
