//! A small chain for the module: state in memory, blocks with certificates, calls by ABI. After every call
//! and block the invariants are checked, and that no coin appeared or vanished.

use crate::{
    block::{BlockFacts, Certified, ConsensusFacts, Evidence, Offence, Statement, Vote, VoteKind},
    modules::{
        Module, ModuleError, Moment, OverlayHost, dispatch,
        market::Cleared,
        run_hooks,
        staking::{GenesisDelegation, GenesisValidator, IStaking, Staking, epochs, init},
        tests_support::facts,
    },
    primitives::{
        SUPPLY_WEI, WEI_PER_BTT,
        addresses::{BURNT, EMISSION_RESERVE, FEE_POOL, STAKING},
    },
    state::{MemoryStore, Overlay},
};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Log, U256};
use alloy_sol_types::{SolCall, SolEvent};
use k256::ecdsa::SigningKey;
use std::sync::Arc;

pub(super) const BTT: u128 = WEI_PER_BTT;
/// Blocks of an epoch by the tests' parameters.
pub(super) const EPOCH: u64 = 20;

pub(super) struct World {
    pub(super) state: Overlay<MemoryStore>,
    pub(super) facts: BlockFacts,
    /// Who is down: by operator.
    pub(super) absent: Vec<Address>,
    pub(super) offences: Vec<Offence>,
    pub(super) logs: Vec<Log>,
    accounts: Vec<Address>,
}

/// The account of a number.
pub(super) fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number.max(1); 32]).unwrap()
}

pub(super) fn public_key(number: u8) -> FixedBytes<33> {
    FixedBytes::from_slice(key(number).verifying_key().to_sec1_point(true).as_bytes())
}

pub(super) fn sign(number: u8, digest: B256) -> FixedBytes<65> {
    let (signature, recovery) = key(number).sign_prehash_recoverable(digest.as_slice());
    let mut bytes = [0u8; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    bytes.into()
}

impl World {
    /// Validators 1.. with these self stakes in BTT, without commission.
    pub(super) fn new(stakes_btt: &[u64]) -> Self {
        Self::with(stakes_btt, &[])
    }

    /// The same with delegations (delegator, validator, BTT).
    pub(super) fn with(stakes_btt: &[u64], delegations: &[(u8, u8, u64)]) -> Self {
        let validators: Vec<_> = (1u8..)
            .zip(stakes_btt)
            .map(|(number, stake)| GenesisValidator {
                operator: account(number),
                public_key: public_key(number),
                name: format!("v{number}"),
                self_stake_wei: u128::from(*stake) * BTT,
                commission_bps: 0,
                max_commission_bps: 2_000,
                max_commission_change_bps: 100,
            })
            .collect();
        let delegations: Vec<_> = delegations
            .iter()
            .map(|(delegator, validator, btt)| GenesisDelegation {
                delegator: account(*delegator),
                validator: account(*validator),
                wei: u128::from(*btt) * BTT,
            })
            .collect();
        let mut state = Overlay::new(MemoryStore::default());
        let staked = validators.iter().map(|v| v.self_stake_wei).sum::<u128>()
            + delegations.iter().map(|d| d.wei).sum::<u128>();
        let accounts: Vec<_> = (1u8..=60).map(account).collect();
        let mut holders = vec![(STAKING, staked), (EMISSION_RESERVE, 100_000_000_000 * BTT)];
        holders.extend(accounts.iter().map(|account| (*account, 1_000_000_000 * BTT)));
        let given: u128 = holders.iter().map(|(_, wei)| wei).sum();
        holders.push((Address::repeat_byte(0xee), SUPPLY_WEI - given));
        for (address, wei) in holders {
            state.credit(address, U256::from(wei)).unwrap();
        }
        let mut facts = facts(0);
        facts.time_ms = 1_700_000_000_000;
        let mut host = OverlayHost::new(&mut state, &facts);
        init(&mut host, &validators, &delegations).unwrap();
        let mut world = Self {
            state,
            facts,
            absent: Vec::new(),
            offences: Vec::new(),
            logs: Vec::new(),
            accounts,
        };
        world.block(0);
        world
    }

    fn host<T>(&mut self, ask: impl FnOnce(&mut OverlayHost<'_, MemoryStore>) -> T) -> T {
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let answer = ask(&mut host);
        self.logs.extend(host.into_logs());
        answer
    }

    /// A whole block: the parent's certificate by everyone who is not absent, `fees` in BTT.
    pub(super) fn block(&mut self, fees_btt: u64) {
        self.end_block();
        self.begin_block(fees_btt);
    }

    fn end_block(&mut self) {
        if self.facts.number > 0 {
            self.hook(Moment::EndBlock);
        }
    }

    fn begin_block(&mut self, fees_btt: u64) {
        let parent = self.facts.number;
        self.facts.number += 1;
        self.facts.time_ms += 1_000;
        let set = self.set_of(parent.max(1));
        let signed: Vec<u16> = (0u16..)
            .zip(&set)
            .filter(|(_, (operator, _))| !self.absent.contains(operator))
            .map(|(index, _)| index)
            .collect();
        let power = |index: &u16| set[usize::from(*index)].1;
        let certificate = (parent > 0).then(|| Certified {
            height: parent,
            signed_power: signed.iter().map(power).sum(),
            total_power: set.iter().map(|(_, power)| power).sum(),
            signers: signed,
        });
        self.facts.consensus = Arc::new(ConsensusFacts {
            certificate,
            offences: std::mem::take(&mut self.offences),
            ..ConsensusFacts::default()
        });
        self.hook(Moment::BeginBlock);
        if fees_btt > 0 {
            let payer = Address::repeat_byte(0xee);
            let fees = U256::from(u128::from(fees_btt) * BTT);
            let mut account = self.state.account(payer).unwrap().unwrap();
            account.balance -= fees;
            self.state.set_account(payer, Some(account)).unwrap();
            self.state.credit(FEE_POOL, fees).unwrap();
        }
        self.check();
    }

    fn hook(&mut self, moment: Moment) {
        let (logs, failures) =
            run_hooks(&[&Staking], moment, &mut self.state, &self.facts, &Cleared::default())
                .unwrap();
        assert_eq!(failures, [], "block {}", self.facts.number);
        self.logs.extend(logs);
        self.check();
    }

    /// Blocks until the next epoch has begun.
    pub(super) fn epoch(&mut self) {
        self.epoch_with_fees(0);
    }

    /// The same, with so many BTT of fees in its first block.
    pub(super) fn epoch_with_fees(&mut self, fees_btt: u64) {
        let now = self.epoch_number();
        self.block(fees_btt);
        while self.epoch_number() == now {
            self.block(0);
        }
    }

    pub(super) fn epochs(&mut self, count: u64) {
        (0..count).for_each(|_| self.epoch());
    }

    pub(super) fn epoch_number(&mut self) -> u64 {
        self.host(|host| epochs::current(host)).unwrap().unwrap().number
    }

    fn set_of(&mut self, height: u64) -> Vec<(Address, u64)> {
        let set = self.host(|host| {
            let epoch = epochs::epoch_at(host, height).unwrap().unwrap();
            epochs::set(host, epoch.set_version).unwrap()
        });
        set.into_iter().map(|member| (member.operator, member.power)).collect()
    }

    /// Operators and powers of the epoch under way.
    pub(super) fn set(&mut self) -> Vec<(Address, u64)> {
        let height = self.facts.number;
        self.set_of(height)
    }

    pub(super) fn power(&mut self, number: u8) -> u64 {
        let set = self.set();
        set.iter().find(|(o, _)| *o == account(number)).map_or(0, |(_, power)| *power)
    }

    /// A call with a value; nothing stays of one that fails.
    #[expect(clippy::needless_pass_by_value, reason = "calls are made for this one use")]
    pub(super) fn pay<C: SolCall>(
        &mut self,
        caller: Address,
        wei: u128,
        call: C,
    ) -> Result<C::Return, ModuleError> {
        let outcome = self.raw(caller, wei, &call.abi_encode());
        outcome.map(|bytes| C::abi_decode_returns(&bytes).unwrap())
    }

    pub(super) fn raw(
        &mut self,
        caller: Address,
        wei: u128,
        input: &[u8],
    ) -> Result<Bytes, ModuleError> {
        let checkpoint = self.state.checkpoint();
        let logs = self.logs.len();
        let value = U256::from(wei);
        let outcome = self.host(|host| {
            use crate::modules::Host as _;
            assert!(host.transfer(caller, STAKING, value).unwrap(), "the caller has the value");
            dispatch(&Staking as &dyn Module, host, caller, value, false, input)
        });
        if outcome.is_ok() {
            self.state.commit(checkpoint);
        } else {
            self.state.revert(checkpoint);
            self.logs.truncate(logs);
        }
        self.check();
        outcome
    }

    pub(super) fn call<C: SolCall>(&mut self, who: u8, call: C) -> Result<C::Return, ModuleError> {
        self.pay(account(who), 0, call)
    }

    /// A read.
    pub(super) fn view<C: SolCall>(&mut self, call: C) -> C::Return {
        self.pay(Address::ZERO, 0, call).unwrap()
    }

    pub(super) fn delegate(
        &mut self,
        who: u8,
        validator: u8,
        wei: u128,
    ) -> Result<U256, ModuleError> {
        self.pay(account(who), wei, IStaking::delegateCall { validator: account(validator) })
    }

    pub(super) fn undelegate(
        &mut self,
        who: u8,
        validator: u8,
        wei: u128,
    ) -> Result<IStaking::undelegateReturn, ModuleError> {
        let amount = if wei == u128::MAX { U256::MAX } else { U256::from(wei) };
        let call = IStaking::undelegateCall { validator: account(validator), amountWei: amount };
        self.call(who, call)
    }

    pub(super) fn redelegate(
        &mut self,
        who: u8,
        from: u8,
        to: u8,
        wei: u128,
    ) -> Result<U256, ModuleError> {
        self.call(
            who,
            IStaking::redelegateCall {
                fromValidator: account(from),
                toValidator: account(to),
                amountWei: U256::from(wei),
            },
        )
    }

    pub(super) fn claim(&mut self, who: u8, validator: u8) -> Result<U256, ModuleError> {
        self.call(who, IStaking::claimRewardsCall { validator: account(validator) })
    }

    pub(super) fn withdraw(&mut self, who: u8, validator: u8) -> Result<U256, ModuleError> {
        self.call(who, IStaking::withdrawUnbondedCall { validator: account(validator) })
    }

    /// A new validator with its own key.
    pub(super) fn create(&mut self, who: u8, stake_btt: u64) -> Result<(), ModuleError> {
        let call = self.creation(who, who);
        let input = call.abi_encode();
        self.raw(account(who), u128::from(stake_btt) * BTT, &input).map(|_| ())
    }

    /// The call by which an account makes a validator with a key.
    pub(super) fn creation(&mut self, who: u8, key: u8) -> IStaking::createValidatorCall {
        let operator = account(who);
        let digest = self.view(IStaking::possessionDigestCall { operator });
        IStaking::createValidatorCall {
            publicKey: Bytes::copy_from_slice(public_key(key).as_slice()),
            possession: Bytes::copy_from_slice(sign(key, digest).as_slice()),
            name: format!("v{who}"),
            website: String::new(),
            commissionBps: 500,
            maxCommissionBps: 2_000,
            maxCommissionChangeBps: 100,
        }
    }

    pub(super) fn validator(&mut self, number: u8) -> IStaking::Validator {
        self.view(IStaking::validatorCall { operator: account(number) })
    }

    pub(super) fn delegation(&mut self, who: u8, validator: u8) -> IStaking::Delegation {
        let (delegator, validator) = (account(who), account(validator));
        self.view(IStaking::delegationCall { delegator, validator })
    }

    pub(super) fn balance(&mut self, address: Address) -> u128 {
        self.state.balance(address).unwrap().to()
    }

    pub(super) fn burnt(&mut self) -> u128 {
        self.balance(BURNT)
    }

    /// Two precommits of a key for one height that exclude each other.
    pub(super) fn double_vote(&self, key: u8, height: u64) -> Evidence {
        let statement = |byte: u8| {
            let block_hash = B256::repeat_byte(byte);
            let vote = Vote { kind: VoteKind::Precommit, height, round: 0, block_hash };
            let signature = sign(key, vote.digest(self.facts.chain_id));
            Statement { block_hash, pol_round_plus_one: 0, signature }
        };
        Evidence::new(1, height, 0, statement(1), statement(2))
    }

    /// The next block carries a proof against the validator.
    pub(super) fn accuse(&mut self, key: u8, height: u64) {
        let offence = self.double_vote(key, height).prove(self.facts.chain_id).unwrap();
        self.offences.push(offence);
    }

    /// A proof as a transaction brings it.
    pub(super) fn submission(evidence: &Evidence) -> IStaking::submitEvidenceCall {
        let statement = |s: &Statement| IStaking::Statement {
            blockHash: s.block_hash,
            polRoundPlusOne: s.pol_round_plus_one,
            signature: Bytes::copy_from_slice(s.signature.as_slice()),
        };
        IStaking::submitEvidenceCall {
            kind: evidence.kind,
            height: evidence.height,
            round: evidence.round,
            first: statement(&evidence.first),
            second: statement(&evidence.second),
        }
    }

    /// Events of one kind so far.
    pub(super) fn events<E: SolEvent>(&self) -> Vec<E> {
        self.logs.iter().filter_map(|log| E::decode_log(log).ok()).map(|log| log.data).collect()
    }

    fn check(&mut self) {
        self.host(|host| super::super::check_invariants(host)).unwrap();
        let mut sum = U256::ZERO;
        let system = [FEE_POOL, EMISSION_RESERVE, BURNT, STAKING, Address::repeat_byte(0xee)];
        for account in self.accounts.clone().iter().chain(&system) {
            sum += self.state.balance(*account).unwrap();
        }
        assert_eq!(sum, U256::from(SUPPLY_WEI), "coins appeared or vanished");
    }
}
