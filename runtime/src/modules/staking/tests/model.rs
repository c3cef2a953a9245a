//! The module against exact fractions: random histories of delegations, undelegations, claims, fees and
//! slashes over many epochs. What the chain holds and pays differs from the exact value by less than a
//! wei for each operation, and rewards are never above it.

use super::world::{BTT, World, account};
use crate::{
    modules::{ModuleError, staking::IStaking},
    primitives::addresses::FEE_POOL,
};
use alloy_primitives::U256;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Exact = BigRational;

fn exact(n: u128) -> Exact {
    Exact::from_integer(BigInt::from(n))
}

/// A validator and its delegations, divided into exact shares.
#[derive(Debug, Clone)]
struct Pool {
    tokens: Exact,
    /// Delegator → shares that earn, shares that enter, rewards not claimed.
    delegations: BTreeMap<u8, [Exact; 3]>,
}

impl Pool {
    fn shares(&self) -> Exact {
        self.delegations.values().map(|[earning, entering, _]| earning + entering).sum()
    }

    fn of(&mut self, who: u8) -> &mut [Exact; 3] {
        self.delegations.entry(who).or_insert_with(|| [exact(0), exact(0), exact(0)])
    }

    fn delegate(&mut self, who: u8, wei: u128) {
        let shares = exact(wei) * self.shares() / &self.tokens;
        self.tokens += exact(wei);
        self.of(who)[1] += shares;
    }

    fn undelegate(&mut self, who: u8, wei: &Exact) {
        let mut shares = wei * self.shares() / &self.tokens;
        self.tokens -= wei;
        let [earning, entering, _] = self.of(who);
        let first = entering.clone().min(shares.clone());
        *entering -= &first;
        shares -= first;
        *earning -= shares;
    }

    fn reward(&mut self, wei: &Exact) {
        let earning: Exact = self.delegations.values().map(|[earning, ..]| earning.clone()).sum();
        if earning == exact(0) {
            return;
        }
        for [shares, _, rewards] in self.delegations.values_mut() {
            *rewards += wei * &*shares / &earning;
        }
    }

    fn enter(&mut self) {
        for [earning, entering, _] in self.delegations.values_mut() {
            *earning += std::mem::replace(entering, exact(0));
        }
    }

    fn stake(&self, who: u8) -> Exact {
        let shares = self.shares();
        match self.delegations.get(&who) {
            Some([earning, entering, _]) if shares > exact(0) => {
                (earning + entering) * &self.tokens / shares
            }
            _ => exact(0),
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Delegate(u8, u8, u128),
    /// Parts of 1,000 of what is there.
    Undelegate(u8, u8, u128),
    Claim(u8, u8),
    Epoch(u64),
    Slash(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let (who, validator) = (10u8..14, 1u8..4);
    let op = prop_oneof![
        5 => (who.clone(), validator.clone(), BTT..5_000 * BTT)
            .prop_map(|(d, v, wei)| Op::Delegate(d, v, wei)),
        3 => (who.clone(), validator.clone(), 1u128..=1_000)
            .prop_map(|(d, v, part)| Op::Undelegate(d, v, part)),
        3 => (who, validator.clone()).prop_map(|(d, v)| Op::Claim(d, v)),
        4 => (0u64..3_000).prop_map(Op::Epoch),
        1 => validator.prop_map(Op::Slash),
    ];
    proptest::collection::vec(op, 1..40)
}

/// The chain and its exact double.
struct Pair {
    world: World,
    pools: BTreeMap<u8, Pool>,
    /// Operations so far: each may lose a wei.
    done: u128,
}

impl Pair {
    fn new() -> Self {
        let stakes = [1_000_000, 700_000, 333_333];
        let pool = |(number, stake): (u8, &u64)| {
            let wei = u128::from(*stake) * BTT;
            let own = [exact(wei), exact(0), exact(0)];
            (number, Pool { tokens: exact(wei), delegations: BTreeMap::from([(number, own)]) })
        };
        let pools = (1u8..).zip(&stakes).map(pool).collect();
        Self { world: World::new(&stakes), pools, done: 0 }
    }

    fn pool(&mut self, validator: u8) -> &mut Pool {
        self.pools.get_mut(&validator).unwrap()
    }

    fn act(&mut self, op: &Op) {
        self.done += 1;
        match *op {
            Op::Delegate(who, validator, wei) => {
                if self.world.delegate(who, validator, wei).is_ok() {
                    self.pool(validator).delegate(who, wei);
                }
            }
            Op::Undelegate(who, validator, part) => {
                let stake: u128 = self.world.delegation(who, validator).stakeWei.to();
                let wei = stake / 1_000 * part;
                match self.world.undelegate(who, validator, wei.max(1)) {
                    Ok(out) => {
                        let taken = exact(out.takenWei.to());
                        self.pool(validator).undelegate(who, &taken);
                        // What is left of all is the chain's dust.
                        if self.world.delegation(who, validator).shares == U256::ZERO {
                            let [earning, entering, _] = self.pool(validator).of(who);
                            (*earning, *entering) = (exact(0), exact(0));
                        }
                    }
                    Err(error) => assert!(matches!(error, ModuleError::Revert(_)), "{error:?}"),
                }
            }
            Op::Claim(who, validator) => {
                if let Ok(paid) = self.world.claim(who, validator) {
                    self.pool(validator).of(who)[2] -= exact(paid.to());
                }
            }
            Op::Epoch(fees_btt) => self.epoch(fees_btt),
            Op::Slash(validator) => self.slash(validator),
        }
    }

    fn epoch(&mut self, fees_btt: u64) {
        // As many blocks as are missing, one by one, so that the last one's pool is seen.
        let now = self.world.epoch_number();
        let set = self.world.set();
        self.world.block(fees_btt);
        let pool = loop {
            let pool = self.world.balance(FEE_POOL);
            let (fees, number) = (pool, self.world.epoch_number());
            self.world.block(0);
            if self.world.epoch_number() != now {
                assert_eq!(number, now);
                break fees;
            }
        };
        let event = self.world.events::<IStaking::RewardsDistributed>().pop().unwrap();
        let pool = pool + event.emissionWei.to::<u128>();
        let bonus = pool * 500 / 10_000;
        let total: u64 = set.iter().map(|(_, power)| power).sum();
        for (index, (operator, power)) in set.iter().enumerate() {
            let mut reward = exact(pool - bonus) * exact((*power).into()) / exact(total.into());
            if index == 0 {
                reward += exact(bonus);
            }
            self.pool(operator.as_slice()[0]).reward(&reward);
        }
        self.pools.values_mut().for_each(Pool::enter);
    }

    fn slash(&mut self, validator: u8) {
        // Two are left to go on; the slashed one signs no more blocks after its epoch.
        let is_member = self.world.set().iter().any(|(o, _)| *o == account(validator));
        let tombstoned = self.world.events::<IStaking::EvidenceAccepted>().len();
        if !is_member || tombstoned > 0 {
            return;
        }
        self.world.accuse(validator, self.world.facts.number);
        self.world.block(0);
        let pool = self.pool(validator);
        pool.tokens = &pool.tokens * exact(95) / exact(100);
    }

    fn compare(&mut self) {
        // A wei for each operation and one for each block's end of an epoch.
        let allowed = exact(self.done + u128::from(self.world.epoch_number()) + 1);
        for (validator, pool) in self.pools.clone() {
            let tokens = exact(self.world.validator(validator).stakeWei.to());
            assert!((&tokens - &pool.tokens).max(&pool.tokens - &tokens) <= allowed);
            for (who, [_, _, rewards]) in &pool.delegations {
                let have = self.world.delegation(*who, validator);
                let (stake, wanted) = (exact(have.stakeWei.to()), pool.stake(*who));
                let off = (&stake - &wanted).max(&wanted - &stake);
                assert!(off <= allowed, "stake of {who} with {validator}: {stake} for {wanted}");
                let paid = exact(have.rewardsWei.to());
                let lost = rewards - &paid;
                assert!(lost <= allowed, "rewards of {who} with {validator}: {lost} too little");
                assert!(lost >= exact(0) - exact(1), "rewards of {who}: {lost}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_chain_pays_what_exact_arithmetic_says(ops in ops()) {
        let mut pair = Pair::new();
        for op in &ops {
            pair.act(op);
        }
        pair.compare();
    }
}
