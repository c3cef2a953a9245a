//! A small chain for the module: accounts with keys, blocks of one second with the module's hooks, calls by ABI.
//! After every call and block the invariants are checked, that the escrow holds exactly what is owed, and that no
//! coin appeared or vanished. Hooks work on five records a block here.

use crate::{
    block::{BlockFacts, ConsensusFacts, MarketResult},
    modules::{
        Host as _, ModuleError, Moment, OverlayHost,
        channels::voucher::{SigningKey, sign},
        dispatch,
        market::{
            Cleared, IMarket, Market, check_invariants, clear_frozen, clearing::Tier, commit_hash,
            is_due, lease_id, limits::TICK_WEI, receipt_digest, state::Totals,
        },
        run_hooks,
        tests_support::facts,
    },
    primitives::{
        DEV_CHAIN_ID, WEI_PER_BTT,
        addresses::{BURNT, FEE_POOL, MARKET, TREASURY},
    },
    state::{MemoryStore, Overlay},
    tx::recover::public_key_to_address,
};
use IMarket::Phase;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use secp256k1::{PublicKey, SECP256K1};
use std::sync::{Arc, LazyLock};

pub(super) const BTT: u128 = WEI_PER_BTT;
/// What everybody has at first.
pub(super) const WEALTH: u128 = 1_000_000 * BTT;
/// Storage deposit of a slot.
pub(super) const SLOT: u128 = BTT;
pub(super) const SELLER: u8 = 1;
/// Buyers are 10, 11, ….
pub(super) const BUYER: u8 = 10;
pub(super) const STRANGER: u8 = 9;
pub(super) const PEOPLE: u8 = 60;
pub(super) const UNIT: u128 = 8 * 1024 * 1024;
pub(super) const FOREVER: u32 = 10_000;

#[derive(Clone)]
pub(super) struct World {
    pub(super) state: Overlay<MemoryStore>,
    pub(super) facts: BlockFacts,
    pub(super) logs: Vec<Log>,
    /// Whether the node hands over what it has cleared.
    pub(super) has_memo: bool,
    /// Whether proposers call epochs void.
    pub(super) votes_void: bool,
    memo: Cleared,
}

pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::from_byte_array([number; 32]).unwrap()
}

/// The account of a number.
pub(super) fn account(number: u8) -> Address {
    static ACCOUNTS: LazyLock<Vec<Address>> = LazyLock::new(|| {
        let of = |number| {
            let key = PublicKey::from_secret_key(SECP256K1, &key(number));
            public_key_to_address(&key.serialize_uncompressed())
        };
        (1..=PEOPLE).map(of).collect()
    });
    ACCOUNTS[usize::from(number) - 1]
}

pub(super) fn swarm(number: u8) -> B256 {
    B256::repeat_byte(number)
}

pub(super) fn tiers(of: &[(u64, u32)]) -> Vec<Tier> {
    of.iter().map(|&(price, quantity)| Tier { price, quantity }).collect()
}

/// Prices in ticks and units, the dearest first.
pub(super) type Prices<'a> = &'a [(u64, u32)];

/// The salt of everybody's bids.
pub(super) const SALT: B256 = B256::repeat_byte(0x5a);

/// The revert with this error.
pub(super) fn revert<T>(error: impl SolError) -> Result<T, ModuleError> {
    Err(ModuleError::revert(error))
}

pub(super) fn ticks(n: u64) -> u128 {
    u128::from(n) * TICK_WEI
}

impl World {
    /// At the first block of epoch 1.
    pub(super) fn new() -> Self {
        let mut state = Overlay::new(MemoryStore::default());
        for number in 1..=PEOPLE {
            state.credit(account(number), U256::from(WEALTH)).unwrap();
        }
        let mut facts = facts(99);
        facts.time_ms = 1_700_000_000_000;
        facts.params.storage_deposit_wei_per_slot = SLOT;
        let (logs, memo) = (Vec::new(), Cleared::default());
        let mut world = Self { state, facts, logs, has_memo: true, votes_void: false, memo };
        world.block();
        world
    }

    pub(super) fn host(&mut self) -> OverlayHost<'_, MemoryStore> {
        OverlayHost::new(&mut self.state, &self.facts)
    }

    /// The next block, with the result where it is due.
    pub(super) fn block(&mut self) {
        let (number, time_ms) = (self.facts.number + 1, self.facts.time_ms + 1_000);
        let memo = self.memo.clone();
        let mut host = self.host();
        let result = is_due(&mut host, number, time_ms).unwrap().then(|| {
            let cleared = clear_frozen(&mut host, &memo).unwrap();
            (MarketResult::Root(cleared.root().unwrap()), cleared)
        });
        let mut market = None;
        if let Some((root, cleared)) = result {
            market = Some(if self.votes_void { MarketResult::Void } else { root });
            self.memo = cleared;
        }
        self.facts.number = number;
        self.facts.time_ms = time_ms;
        self.facts.mix = B256::left_padding_from(&number.to_be_bytes());
        self.facts.consensus = Arc::new(ConsensusFacts { market, ..ConsensusFacts::default() });
        let memo = if self.has_memo { self.memo.clone() } else { Cleared::default() };
        for moment in [Moment::BeginBlock, Moment::EndBlock] {
            let (logs, failures) =
                run_hooks(&[&Market], moment, &mut self.state, &self.facts, &memo).unwrap();
            assert_eq!(failures, [], "block {}", self.facts.number);
            self.logs.extend(logs);
        }
        self.check();
    }

    pub(super) fn blocks(&mut self, count: u64) {
        (0..count).for_each(|_| self.block());
    }

    pub(super) fn clock(&mut self) -> IMarket::Clock {
        self.call(STRANGER, &IMarket::clockCall {}).unwrap()
    }

    pub(super) fn epoch(&mut self) -> u32 {
        self.clock().epoch
    }

    /// Blocks until this phase; it may be under way.
    pub(super) fn until(&mut self, phase: Phase) {
        for _ in 0..1_000 {
            if self.clock().phase == phase {
                return;
            }
            self.block();
        }
        panic!("{phase:?} does not come");
    }

    /// Blocks until the result of the epoch under way is applied.
    pub(super) fn clear(&mut self) {
        let epoch = self.epoch();
        for _ in 0..1_000 {
            self.block();
            let clock = self.clock();
            if clock.epoch > epoch && clock.applyingEpoch == 0 {
                return;
            }
        }
        panic!("epoch {epoch} is never applied");
    }

    /// Blocks until an event of this kind.
    pub(super) fn until_event<E: SolEvent>(&mut self) -> E {
        self.logs.clear();
        for _ in 0..1_000 {
            self.block();
            if let Some(event) = self.events::<E>().into_iter().next() {
                return event;
            }
        }
        panic!("{} does not come", E::SIGNATURE);
    }

    /// A call with a value; what fails leaves no trace.
    pub(super) fn pay<C: SolCall>(
        &mut self,
        caller: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        let checkpoint = self.state.checkpoint();
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let value = U256::from(wei);
        assert!(host.transfer(account(caller), MARKET, value).unwrap(), "the caller has it");
        let outcome =
            dispatch(&Market, &mut host, account(caller), value, false, &call.abi_encode());
        let logs = host.into_logs();
        let outcome = match outcome {
            Ok(output) => {
                self.state.commit(checkpoint);
                self.logs.extend(logs);
                Ok(C::abi_decode_returns(&output).unwrap())
            }
            Err(error) => {
                self.state.revert(checkpoint);
                Err(error)
            }
        };
        self.check();
        outcome
    }

    pub(super) fn call<C: SolCall>(
        &mut self,
        caller: u8,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        self.pay(caller, 0, call)
    }

    pub(super) fn check(&mut self) {
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        check_invariants(&mut host).unwrap();
        let owed = Totals::load(&mut host).unwrap().escrow_wei;
        assert_eq!(host.balance(MARKET).unwrap(), U256::from(owed), "the escrow is what is owed");
        let all = (1..=PEOPLE).map(account).chain([MARKET, BURNT, TREASURY, FEE_POOL]);
        let sum: U256 = all.map(|address| host.balance(address).unwrap()).sum();
        assert_eq!(sum, U256::from(WEALTH) * U256::from(PEOPLE), "no coin appears or vanishes");
    }

    /// What an address holds, in wei.
    pub(super) fn balance(&mut self, address: Address) -> u128 {
        self.state.balance(address).unwrap().to()
    }

    /// What an account gained (or lost) since the beginning.
    pub(super) fn gain(&mut self, number: u8) -> i128 {
        i128::try_from(self.balance(account(number))).unwrap() - i128::try_from(WEALTH).unwrap()
    }

    /// All events of one kind since the last [`Self::until_event`].
    pub(super) fn events<E: SolEvent>(&self) -> Vec<E> {
        let logs = self.logs.iter();
        logs.filter_map(|log| E::decode_log_data(&log.data).ok()).collect()
    }

    /// Posts an offer for ever, with just the bond that it needs.
    pub(super) fn offer(&mut self, seller: u8, capacity: u32, reserve: u64, swarms: &[u8]) -> u64 {
        let call = post(capacity, reserve, swarms, FOREVER);
        let value = self.offer_value(&call);
        self.pay(seller, value, &call).unwrap()
    }

    /// Bond and storage deposit of an offer; book fees are zero unless a test wants them.
    pub(super) fn offer_value(&mut self, call: &IMarket::postOfferCall) -> u128 {
        let swarms = u32::try_from(call.swarms.len()).unwrap();
        let (capacity, reserve) = (call.capacity, call.reserveTicks);
        let cost = IMarket::offerCostCall { capacity, reserveTicks: reserve, swarmCount: swarms };
        let cost = self.call(STRANGER, &cost).unwrap();
        (cost.bondWei + cost.storageDepositWei).to()
    }

    /// Commits a bid that its tiers need the lock of: the first price for every unit.
    pub(super) fn bid(&mut self, buyer: u8, swarm: u8, of: &[(u64, u32)]) -> u64 {
        self.bid_for(buyer, swarm, of, 1)
    }

    pub(super) fn bid_for(&mut self, buyer: u8, swarm: u8, of: &[(u64, u32)], epochs: u32) -> u64 {
        let call = self.commit_call(buyer, swarm, of, epochs);
        let value = ticks(call.lockTicks) * u128::from(epochs);
        self.pay(buyer, value, &call).unwrap()
    }

    pub(super) fn commit_call(
        &mut self,
        buyer: u8,
        swarm_number: u8,
        of: &[(u64, u32)],
        epochs: u32,
    ) -> IMarket::commitBidCall {
        let epoch = self.epoch();
        let units: u32 = of.iter().map(|(_, units)| units).sum();
        let swarm = swarm(swarm_number);
        let hash = commit_hash(DEV_CHAIN_ID, epoch, account(buyer), swarm, &tiers(of), SALT);
        IMarket::commitBidCall {
            epoch,
            swarm,
            qmax: units,
            lockTicks: of[0].0 * u64::from(units),
            commitHash: hash,
            signer: Address::ZERO,
            maxBookFeeWei: U256::ZERO,
            epochs,
        }
    }

    pub(super) fn reveal(
        &mut self,
        buyer: u8,
        id: u64,
        of: &[(u64, u32)],
    ) -> Result<(), ModuleError> {
        self.call(buyer, &reveal_call(id, of)).map(|_| ())
    }

    /// Commits these bids (buyer, swarm, tiers), reveals them, and has the epoch applied. Returns the ids.
    pub(super) fn auction(&mut self, bids: &[(u8, u8, Prices<'_>)]) -> Vec<u64> {
        self.until(Phase::Commit);
        let ids: Vec<u64> =
            bids.iter().map(|(buyer, swarm, of)| self.bid(*buyer, *swarm, of)).collect();
        self.until(Phase::Reveal);
        for (id, (buyer, _, of)) in ids.iter().zip(bids) {
            self.reveal(*buyer, *id, of).unwrap();
        }
        self.clear();
        ids
    }

    pub(super) fn lease(&mut self, id: B256) -> Result<IMarket::Lease, ModuleError> {
        self.call(STRANGER, &IMarket::leaseCall { leaseId: id })
    }

    pub(super) fn offer_of(&mut self, id: u64) -> Result<IMarket::Offer, ModuleError> {
        self.call(STRANGER, &IMarket::offerCall { offerId: id })
    }

    pub(super) fn bond(&mut self, seller: u8) -> (u128, u128, bool) {
        let bond = self.call(STRANGER, &IMarket::bondCall { seller: account(seller) }).unwrap();
        (bond.bondWei.to(), bond.requiredWei.to(), bond.isEnough)
    }

    /// A receipt that `by` signs, handed in by a stranger.
    pub(super) fn receipt(&mut self, id: B256, bytes: u128, by: u8) -> Result<(), ModuleError> {
        self.call(STRANGER, &receipt_call(id, bytes, by)).map(|_| ())
    }

    pub(super) fn lease_id(&self, epoch: u32, bid: u64, offer: u64) -> B256 {
        lease_id(DEV_CHAIN_ID, epoch, bid, offer)
    }
}

pub(super) fn post(
    capacity: u32,
    reserve: u64,
    swarms: &[u8],
    to_epoch: u32,
) -> IMarket::postOfferCall {
    IMarket::postOfferCall {
        capacity,
        reserveTicks: reserve,
        swarms: swarms.iter().copied().map(swarm).collect(),
        toEpoch: to_epoch,
    }
}

pub(super) fn reveal_call(id: u64, of: &[(u64, u32)]) -> IMarket::revealBidCall {
    let of = tiers(of);
    let tiers = of.iter().map(|t| IMarket::Tier { price: t.price, quantity: t.quantity }).collect();
    IMarket::revealBidCall { bidId: id, tiers, salt: SALT }
}

pub(super) fn receipt_call(id: B256, bytes: u128, by: u8) -> IMarket::submitReceiptCall {
    IMarket::submitReceiptCall {
        leaseId: id,
        deliveredBytes: bytes,
        signature: signed(id, bytes, by),
    }
}

pub(super) fn signed(id: B256, bytes: u128, by: u8) -> Bytes {
    sign(receipt_digest(DEV_CHAIN_ID, id, bytes), &key(by)).as_bytes().into()
}
