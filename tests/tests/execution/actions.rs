//! Random transactions: what people and attackers do, as data that proptest can shrink.

use crate::program::{Child, Scheme, Step, deployment};
use alloy_consensus::{TxEip1559, TxEip7702, TxLegacy};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::SolCall as _;
use btt_runtime::{
    modules::params::IParams,
    primitives::addresses::{BURNT, FEE_POOL, GOVERNANCE, MARKET, PARAMS, TREASURY},
    state::StateReader as _,
    tx::Transaction,
};
use btt_tests::{chain::Chain, keys::Key};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Accounts of the test mnemonic that take part.
const PEOPLE: usize = 4;
const MAX_FEE_WEI: u128 = 100_000_000_000;

/// One transaction to be; accounts are places in [`World::targets`].
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Coins to anybody, or a call without input.
    Pay { from: usize, to: usize, wei: u64, gas: u64, legacy: bool },
    /// A new contract.
    Deploy { from: usize, init: Vec<Plan>, runtime: Vec<Plan>, wei: u64, gas: u64 },
    /// EIP-7702: `authority` lends itself the code of `target`, then is called with coins.
    Delegate { from: usize, authority: usize, target: usize, right_nonce: bool, wei: u64 },
    /// A call of the params module.
    Params { from: usize, input: Bytes, wei: u64 },
}

/// A step whose account is a place in [`World::targets`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plan {
    Exactly(Step),
    Call(Scheme, usize, u64),
    SelfDestructTo(usize),
}

pub(crate) fn action() -> impl Strategy<Value = Action> {
    let (who, anyone) = (0..PEOPLE, 0..64usize);
    // One gas short of a transfer's price now and then: refused, with all that follow from its sender.
    let gas = prop_oneof![
        1 => Just(20_999u64),
        8 => Just(21_000),
        8 => 30_000..200_000u64,
        8 => Just(1_000_000),
        4 => Just(3_000_000)
    ];
    prop_oneof![
        (who.clone(), anyone.clone(), wei(), gas, any::<bool>())
            .prop_map(|(from, to, wei, gas, legacy)| Action::Pay { from, to, wei, gas, legacy }),
        (who.clone(), plans(), plans(), wei(), 100_000..3_000_000u64).prop_map(
            |(from, init, runtime, wei, gas)| Action::Deploy { from, init, runtime, wei, gas }
        ),
        (who.clone(), who.clone(), anyone, prop::bool::weighted(0.8), wei()).prop_map(
            |(from, authority, target, right_nonce, wei)| Action::Delegate {
                from,
                authority,
                target,
                right_nonce,
                wei
            }
        ),
        (who, params_input(), prop_oneof![Just(0), wei()])
            .prop_map(|(from, input, wei)| Action::Params { from, input, wei }),
    ]
}

fn wei() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..1_000u64, any::<u64>()]
}

fn params_input() -> impl Strategy<Value = Bytes> {
    let set = IParams::setCall { name: "blockGasLimit".into(), value: U256::from(80_000_000) };
    prop_oneof![
        Just(IParams::allCall {}.abi_encode()),
        Just(IParams::getCall { name: "minBaseFeeWei".into() }.abi_encode()),
        Just(set.abi_encode()),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
    .prop_map(Bytes::from)
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let scheme = prop_oneof![
        4 => Just(Scheme::Call),
        1 => Just(Scheme::CallCode),
        1 => Just(Scheme::DelegateCall),
        1 => Just(Scheme::StaticCall),
    ];
    let child =
        prop_oneof![Just(Child::DiesAtOnce), Just(Child::DiesWhenCalled), Just(Child::Reverts)];
    let exactly = prop_oneof![
        4 => (0..4u8, 0..3u8).prop_map(|(slot, value)| Step::Store { slot, value }),
        2 => any::<u8>().prop_map(Step::Log),
        4 => (child, 0..1_000u64).prop_map(|(child, wei)| Step::Create { child, wei }),
        4 => (0..1_000u64).prop_map(|wei| Step::CallChild { wei }),
        1 => Just(Step::SelfDestruct(None)),
        1 => Just(Step::Revert),
        1 => Just(Step::Invalid),
        1 => Just(Step::Loop),
    ];
    let plan = prop_oneof![
        6 => exactly.prop_map(Plan::Exactly),
        3 => (scheme, 0..64usize, 0..1_000u64).prop_map(|(s, to, wei)| Plan::Call(s, to, wei)),
        1 => (0..64usize).prop_map(Plan::SelfDestructTo),
    ];
    prop::collection::vec(plan, 0..6)
}

/// Who is there to be paid and called, and the nonces that signing needs.
#[derive(Debug)]
pub(crate) struct World {
    people: Vec<Key>,
    targets: Vec<Address>,
    nonces: BTreeMap<Address, u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let people: Vec<Key> = (0..PEOPLE).map(Key::dev).collect();
        let mut targets: Vec<Address> = people.iter().map(Key::address).collect();
        targets.extend([PARAMS, MARKET, GOVERNANCE, FEE_POOL, BURNT, TREASURY]);
        targets.extend([Address::with_last_byte(1), Address::repeat_byte(0xde)]);
        Self { people, targets, nonces: BTreeMap::new() }
    }

    /// Signs a block's actions on the state that `chain` has.
    pub(crate) fn sign(&mut self, chain: &Chain, actions: &[Action]) -> Vec<Transaction> {
        for key in &self.people {
            let account = chain.store.account(key.address()).expect("memory does not fail");
            self.nonces.insert(key.address(), account.unwrap_or_default().nonce);
        }
        actions.iter().map(|action| self.sign_one(chain, action)).collect()
    }

    fn sign_one(&mut self, chain: &Chain, action: &Action) -> Transaction {
        let chain_id = chain.config.chain_id;
        let fees = TxEip1559 {
            chain_id,
            max_fee_per_gas: MAX_FEE_WEI,
            max_priority_fee_per_gas: 7,
            ..TxEip1559::default()
        };
        match action {
            Action::Pay { from, to, wei, gas, legacy } => {
                let (to, value) = (TxKind::Call(self.target(*to)), U256::from(*wei));
                let (nonce, gas_limit) = (self.next_nonce(*from), *gas);
                if *legacy {
                    let (chain_id, gas_price) = (Some(chain_id), MAX_FEE_WEI);
                    let input = Bytes::new();
                    let tx = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
                    return self.people[*from].sign(tx);
                }
                self.people[*from].sign(TxEip1559 { nonce, gas_limit, to, value, ..fees })
            }
            Action::Deploy { from, init, runtime, wei, gas } => {
                let nonce = self.next_nonce(*from);
                let input = deployment(&self.steps(init), &self.steps(runtime)).into();
                self.targets.push(self.people[*from].address().create(nonce));
                let (gas_limit, value) = (*gas, U256::from(*wei));
                let tx = TxEip1559 { nonce, gas_limit, to: TxKind::Create, value, input, ..fees };
                self.people[*from].sign(tx)
            }
            Action::Delegate { from, authority, target, right_nonce, wei } => {
                let nonce = self.next_nonce(*from);
                let target = self.target(*target);
                let key = &self.people[*authority];
                let next = self.nonces[&key.address()];
                let wrong = u64::from(!right_nonce);
                let authorization = key.authorize(chain_id, target, next + wrong);
                let to = key.address();
                let skipped = btt_runtime::primitives::addresses::is_module(&target)
                    || target == Address::with_last_byte(1);
                if *right_nonce && !skipped {
                    self.nonces.insert(to, next + 1);
                }
                self.people[*from].sign(TxEip7702 {
                    chain_id,
                    nonce,
                    gas_limit: 500_000,
                    max_fee_per_gas: MAX_FEE_WEI,
                    max_priority_fee_per_gas: 7,
                    to,
                    value: U256::from(*wei),
                    authorization_list: vec![authorization],
                    ..TxEip7702::default()
                })
            }
            Action::Params { from, input, wei } => {
                let nonce = self.next_nonce(*from);
                let (to, value) = (TxKind::Call(PARAMS), U256::from(*wei));
                let input = input.clone();
                let tx = TxEip1559 { nonce, gas_limit: 300_000, to, value, input, ..fees };
                self.people[*from].sign(tx)
            }
        }
    }

    fn target(&self, place: usize) -> Address {
        self.targets[place % self.targets.len()]
    }

    fn steps(&self, plans: &[Plan]) -> Vec<Step> {
        let step = |plan: &Plan| match *plan {
            Plan::Exactly(step) => step,
            Plan::Call(scheme, to, wei) => Step::Call { scheme, to: self.target(to), wei },
            Plan::SelfDestructTo(heir) => Step::SelfDestruct(Some(self.target(heir))),
        };
        plans.iter().map(step).collect()
    }

    fn next_nonce(&mut self, person: usize) -> u64 {
        let nonce = self.nonces.entry(self.people[person].address()).or_default();
        *nonce += 1;
        *nonce - 1
    }
}
