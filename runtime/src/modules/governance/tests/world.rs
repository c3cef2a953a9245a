//! A small chain for the module: all native modules on a state in memory, blocks of one second, calls by
//! ABI. After every call and block the invariants are checked, and that no coin appeared or vanished.

use crate::{
    block::{BlockFacts, Certified, ConsensusFacts, Offence},
    modules::{
        Host as _, ModuleError, Moment, NATIVE, OverlayHost, dispatch, find,
        governance::{self, IGovernance, payload::Payload},
        market::Cleared,
        run_hooks,
        staking::{self, GenesisDelegation, GenesisValidator, IStaking, epochs},
        tests_support::facts,
    },
    primitives::{
        SUPPLY_WEI, WEI_PER_BTT,
        addresses::{BURNT, EMISSION_RESERVE, FEE_POOL, GOVERNANCE, STAKING, TREASURY},
    },
    state::{MemoryStore, Overlay},
};
use IGovernance::{Choice, Kind, Status};
use alloy_primitives::{Address, B256, FixedBytes, Log, U256};
use alloy_sol_types::{SolCall, SolEvent};
use k256::ecdsa::SigningKey;
use std::sync::Arc;

pub(super) const BTT: u128 = WEI_PER_BTT;
/// What a proposal needs by the tests' parameters.
pub(super) const NEEDED: u128 = 1_000 * BTT;
pub(super) const TREASURY_WEI: u128 = 5_000_000 * BTT;
/// Holds what nobody else does.
const REST: Address = Address::repeat_byte(0xee);
/// Who proposes; has no stake.
pub(super) const PROPOSER: u8 = 50;

pub(super) struct World {
    pub(super) state: Overlay<MemoryStore>,
    pub(super) facts: BlockFacts,
    pub(super) logs: Vec<Log>,
    /// Place of the validator that proposes, and what its blocks signal.
    pub(super) proposer: u16,
    pub(super) signals: Vec<B256>,
    pub(super) offences: Vec<Offence>,
}

/// The account of a number; validators are 1, 2, ….
pub(super) fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn public_key(number: u8) -> FixedBytes<33> {
    let key = SigningKey::from_slice(&[number; 32]).unwrap();
    FixedBytes::from_slice(key.verifying_key().to_sec1_point(true).as_bytes())
}

/// Address of a validator's consensus key.
pub(super) fn key_address(number: u8) -> Address {
    crate::block::consensus_address(&public_key(number)).unwrap()
}

impl World {
    /// Validators 1, 2, … with these self stakes in BTT and delegations (delegator, validator, BTT), at
    /// block 1.
    pub(super) fn new(stakes_btt: &[u64], delegations: &[(u8, u8, u64)]) -> Self {
        let validator = |(number, stake): (u8, &u64)| GenesisValidator {
            operator: account(number),
            public_key: public_key(number),
            name: format!("v{number}"),
            self_stake_wei: u128::from(*stake) * BTT,
            commission_bps: 0,
            max_commission_bps: 2_000,
            max_commission_change_bps: 100,
        };
        let validators: Vec<_> = (1u8..).zip(stakes_btt).map(validator).collect();
        let delegation = |(delegator, validator, btt): &(u8, u8, u64)| GenesisDelegation {
            delegator: account(*delegator),
            validator: account(*validator),
            wei: u128::from(*btt) * BTT,
        };
        let delegations: Vec<_> = delegations.iter().map(delegation).collect();
        let staked = validators.iter().map(|v| v.self_stake_wei).sum::<u128>()
            + delegations.iter().map(|d| d.wei).sum::<u128>();
        let mut holders = vec![(STAKING, staked), (TREASURY, TREASURY_WEI)];
        holders.extend((1..=60).map(|number| (account(number), 1_000_000 * BTT)));
        let given: u128 = holders.iter().map(|(_, wei)| wei).sum();
        holders.push((REST, SUPPLY_WEI - given));
        let mut state = Overlay::new(MemoryStore::default());
        for (address, wei) in holders {
            state.credit(address, U256::from(wei)).unwrap();
        }
        let mut facts = facts(0);
        facts.time_ms = 1_700_000_000_000;
        staking::init(&mut OverlayHost::new(&mut state, &facts), &validators, &delegations)
            .unwrap();
        let (logs, signals, offences) = (Vec::new(), Vec::new(), Vec::new());
        let mut world = Self { state, facts, logs, proposer: 0, signals, offences };
        world.begin_block();
        world
    }

    pub(super) fn host<T>(
        &mut self,
        ask: impl FnOnce(&mut OverlayHost<'_, MemoryStore>) -> T,
    ) -> T {
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let answer = ask(&mut host);
        self.logs.extend(host.into_logs());
        answer
    }

    /// Ends the block under way and begins the next.
    pub(super) fn block(&mut self) {
        self.hook(Moment::EndBlock);
        self.begin_block();
    }

    pub(super) fn blocks(&mut self, count: u64) {
        (0..count).for_each(|_| self.block());
    }

    fn begin_block(&mut self) {
        let parent = self.facts.number;
        self.facts.number += 1;
        self.facts.time_ms += 1_000;
        let set = self.set_at(parent.max(1));
        let power = set.iter().map(|(_, power)| power).sum();
        let certificate = (parent > 0).then(|| Certified {
            height: parent,
            signed_power: power,
            total_power: power,
            signers: (0u16..).zip(&set).map(|(index, _)| index).collect(),
        });
        self.facts.consensus = Arc::new(ConsensusFacts {
            proposer: self.proposer,
            certificate,
            offences: std::mem::take(&mut self.offences),
            signals: self.signals.clone(),
            ..ConsensusFacts::default()
        });
        self.hook(Moment::BeginBlock);
    }

    fn hook(&mut self, moment: Moment) {
        let (logs, failures) =
            run_hooks(NATIVE, moment, &mut self.state, &self.facts, &Cleared::default()).unwrap();
        assert_eq!(failures, [], "block {}", self.facts.number);
        self.logs.extend(logs);
        self.check();
    }

    /// Operators and powers that decide a height.
    pub(super) fn set_at(&mut self, height: u64) -> Vec<(Address, u64)> {
        self.host(|host| {
            let epoch = epochs::epoch_at(host, height).unwrap().unwrap();
            let set = epochs::set(host, epoch.set_version).unwrap();
            set.into_iter().map(|member| (member.operator, member.power)).collect()
        })
    }

    pub(super) fn epoch(&mut self) -> epochs::Epoch {
        self.host(|host| epochs::current(host)).unwrap().unwrap()
    }

    /// Blocks until the next epoch has begun.
    pub(super) fn next_epoch(&mut self) {
        let now = self.epoch().number;
        while self.epoch().number == now {
            self.block();
        }
    }

    /// A call of a module with a value; nothing stays of one that fails.
    fn call<C: SolCall>(
        &mut self,
        module: Address,
        who: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        let checkpoint = self.state.checkpoint();
        let logs = self.logs.len();
        let value = U256::from(wei);
        let outcome = self.host(|host| {
            assert!(host.transfer(account(who), module, value).unwrap(), "the caller has it");
            let module = find(NATIVE, module).unwrap();
            dispatch(module, host, account(who), value, false, &call.abi_encode())
        });
        if outcome.is_ok() {
            self.state.commit(checkpoint);
        } else {
            self.state.revert(checkpoint);
            self.logs.truncate(logs);
        }
        self.check();
        outcome.map(|bytes| C::abi_decode_returns(&bytes).unwrap())
    }

    /// A call of governance.
    pub(super) fn gov<C: SolCall>(
        &mut self,
        who: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        self.call(GOVERNANCE, who, wei, call)
    }

    /// A call of staking.
    pub(super) fn stake<C: SolCall>(
        &mut self,
        who: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        self.call(STAKING, who, wei, call)
    }

    /// A proposal by [`PROPOSER`] with this deposit.
    pub(super) fn propose(
        &mut self,
        kind: Kind,
        payload: &Payload,
        wei: u128,
    ) -> Result<u64, ModuleError> {
        self.propose_bytes(kind, false, payload.encode(), wei)
    }

    pub(super) fn propose_bytes(
        &mut self,
        kind: Kind,
        is_expedited: bool,
        payload: Vec<u8>,
        wei: u128,
    ) -> Result<u64, ModuleError> {
        let title = "A title".to_owned();
        let call = IGovernance::proposeCall {
            kind,
            isExpedited: is_expedited,
            title,
            payload: payload.into(),
        };
        self.gov(PROPOSER, wei, &call)
    }

    /// A proposal that is voted on.
    pub(super) fn open(&mut self, kind: Kind, payload: &Payload) -> u64 {
        let id = self.propose(kind, payload, NEEDED).unwrap();
        assert_eq!(self.status(id), Status::Voting);
        id
    }

    pub(super) fn deposit(&mut self, who: u8, id: u64, wei: u128) -> Result<(), ModuleError> {
        self.gov(who, wei, &IGovernance::depositCall { id }).map(|_| ())
    }

    pub(super) fn reclaim(&mut self, who: u8, id: u64) -> Result<U256, ModuleError> {
        self.gov(who, 0, &IGovernance::reclaimDepositCall { id })
    }

    pub(super) fn vote(&mut self, who: u8, id: u64, choice: Choice) -> Result<(), ModuleError> {
        self.gov(who, 0, &IGovernance::voteCall { id, choice }).map(|_| ())
    }

    pub(super) fn vote_delegations(
        &mut self,
        who: u8,
        id: u64,
        choice: Choice,
        validators: &[u8],
    ) -> Result<(), ModuleError> {
        let validators = validators.iter().copied().map(account).collect();
        let call = IGovernance::voteDelegationsCall { id, choice, validators };
        self.gov(who, 0, &call).map(|_| ())
    }

    pub(super) fn proposal(&mut self, id: u64) -> IGovernance::Proposal {
        self.gov(PROPOSER, 0, &IGovernance::proposalCall { id }).unwrap()
    }

    pub(super) fn status(&mut self, id: u64) -> Status {
        self.proposal(id).status
    }

    /// Yes, no, veto, abstained and total, in whole BTT.
    pub(super) fn tally(&mut self, id: u64) -> [u64; 5] {
        let p = self.proposal(id);
        [p.yesWei, p.noWei, p.vetoWei, p.abstainWei, p.totalWei].map(|wei| {
            assert!((wei % U256::from(BTT)).is_zero(), "{wei} is not whole");
            (wei / U256::from(BTT)).to()
        })
    }

    /// Blocks until the status ends; it is the next one then.
    pub(super) fn pass(&mut self, id: u64) -> Status {
        let before = self.status(id);
        for _ in 0..100 {
            self.block();
            let now = self.status(id);
            if now != before {
                return now;
            }
        }
        panic!("proposal {id} stays {before:?}")
    }

    pub(super) fn param(&mut self, name: &str) -> u128 {
        let param = crate::modules::params::find(name).unwrap();
        self.host(|host| crate::modules::params::value(host, param)).unwrap()
    }

    pub(super) fn balance(&mut self, address: Address) -> u128 {
        self.state.balance(address).unwrap().to()
    }

    pub(super) fn validator(&mut self, number: u8) -> IStaking::Validator {
        self.stake(PROPOSER, 0, &IStaking::validatorCall { operator: account(number) }).unwrap()
    }

    /// Events of one kind so far; forgets all.
    pub(super) fn take_events<E: SolEvent>(&mut self) -> Vec<E> {
        let logs = std::mem::take(&mut self.logs);
        logs.iter().filter_map(|log| E::decode_log(log).ok()).map(|log| log.data).collect()
    }

    fn check(&mut self) {
        self.host(|host| staking::check_invariants(host)).unwrap();
        self.host(|host| governance::check_invariants(host)).unwrap();
        let system = [FEE_POOL, EMISSION_RESERVE, BURNT, STAKING, GOVERNANCE, TREASURY, REST];
        let accounts = (1..=60).map(account).chain(system);
        let sum: U256 = accounts.map(|account| self.state.balance(account).unwrap()).sum();
        assert_eq!(sum, U256::from(SUPPLY_WEI), "coins appeared or vanished");
    }
}

/// One change of a parameter.
pub(super) fn change(name: &str, value: u128) -> Payload {
    changes(&[(name, value)])
}

pub(super) fn changes(of: &[(&str, u128)]) -> Payload {
    let change = |(name, value): &(&str, u128)| IGovernance::Change {
        name: (*name).to_owned(),
        value: U256::from(*value),
    };
    Payload::ChangeParams(of.iter().map(change).collect())
}

pub(super) fn spend(to: Address, wei: u128) -> Payload {
    Payload::SpendTreasury { to, wei: U256::from(wei) }
}

pub(super) fn feature(name: &str) -> Payload {
    Payload::ActivateFeature { name: name.to_owned(), min_version: "2.0.0".to_owned() }
}
