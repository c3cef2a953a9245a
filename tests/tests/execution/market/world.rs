//! A chain whose market has short epochs, and accounts that offer and bid through transactions. After every block
//! all invariants are checked, and the sum of all coins.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Log, TxKind, U256};
use alloy_sol_types::{SolCall, SolEvent};
use btt_genesis::{AllocAccount, Preset};
use btt_runtime::{
    block::{BlockFacts, header::time_ms},
    executor::{ExecutedBlock, check_invariants},
    modules::{
        Host as _, ModuleError, OverlayHost, dispatch,
        market::{
            IMarket::{self, Phase},
            Market, clearing, commit_hash, frozen_epoch, is_due,
            limits::TICK_WEI,
        },
    },
    primitives::{DEV_CHAIN_ID, WEI_PER_BTT, addresses::MARKET},
    state::{Overlay, StateReader as _},
    tx::{RecoveryMemo, Transaction},
};
use btt_tests::{
    chain::{BLOCK_INTERVAL_MS, Chain},
    keys::Key,
};
use std::collections::BTreeMap;

/// The validator, which also votes.
pub(super) const VALIDATOR: u64 = 0xb77;
/// Prices in ticks and units, the dearest first.
pub(super) type Prices<'a> = &'a [(u64, u32)];

const SALT: B256 = B256::repeat_byte(0x5a);
/// How long offers stand.
pub(super) const OFFER_EPOCHS: u32 = 40;
/// Gas of a call of the market; the dearest is an offer with many swarms.
const GAS: u64 = 2_000_000;

#[derive(Clone)]
pub(super) struct World {
    pub(super) chain: Chain,
    nonces: BTreeMap<Address, u64>,
    supply: U256,
}

pub(super) fn ticks(count: u64) -> U256 {
    U256::from(u128::from(count) * TICK_WEI)
}

pub(super) fn swarm(number: u32) -> B256 {
    B256::from(U256::from(number))
}

impl World {
    /// At block 0; `keys` own 10,000 BTT each, beside the test accounts.
    pub(super) fn new(keys: &[Key]) -> Self {
        let validator = Key::numbered(VALIDATOR);
        let mut spec = Preset::Dev.spec(vec![validator.validator(1)]);
        let market = &mut spec.params.market;
        (market.commit_blocks, market.commit_ms) = (2, 1_000);
        (market.reveal_blocks, market.reveal_ms) = (2, 1_000);
        (market.lease_s, market.receipt_s) = (3, 3);
        for key in keys.iter().chain([&validator]) {
            let balance = U256::from(10_000 * WEI_PER_BTT);
            spec.alloc.insert(key.address(), AllocAccount { balance, ..AllocAccount::default() });
        }
        let chain = Chain::of_spec(spec, vec![validator]);
        let supply = chain.store.total_balance().unwrap();
        Self { chain, nonces: BTreeMap::new(), supply }
    }

    /// A transaction with the sender's next nonce.
    pub(super) fn send(
        &mut self,
        key: &Key,
        to: Address,
        value: U256,
        call: &impl SolCall,
    ) -> Transaction {
        let nonce = self.nonces.entry(key.address()).or_default();
        *nonce += 1;
        key.sign(TxEip1559 {
            chain_id: DEV_CHAIN_ID,
            nonce: *nonce - 1,
            gas_limit: GAS,
            max_fee_per_gas: 1_000_000_000_000,
            to: TxKind::Call(to),
            value,
            input: call.abi_encode().into(),
            ..TxEip1559::default()
        })
    }

    /// A block of these transactions, each of which must succeed or fail as said.
    pub(super) fn block_of(
        &mut self,
        sent: Vec<Transaction>,
        successes: impl Fn(usize) -> bool,
    ) -> ExecutedBlock {
        let executed = self.chain.produce(sent);
        for (index, receipt) in executed.receipts.iter().enumerate() {
            assert_eq!(receipt.success, successes(index), "transaction {index}");
        }
        self.check();
        executed
    }

    /// A block of these transactions, which all succeed.
    pub(super) fn block(&mut self, sent: Vec<Transaction>) -> ExecutedBlock {
        self.block_of(sent, |_| true)
    }

    /// A block that somebody built is checked, and decided.
    pub(super) fn decide(&mut self, executed: &ExecutedBlock) {
        self.chain.check(&executed.block, &RecoveryMemo::default()).unwrap();
        self.chain.decide(executed);
        self.check();
    }

    fn check(&self) {
        check_invariants(&self.chain.config, &self.chain.store).unwrap();
        assert_eq!(self.chain.store.total_balance(), Some(self.supply), "all coins");
    }

    /// Asks the module on the newest state.
    pub(super) fn ask<T>(
        &self,
        ask: impl FnOnce(&mut OverlayHost<'_, &btt_runtime::state::MemoryStore>) -> T,
    ) -> T {
        let facts = BlockFacts::of(&self.chain.config, &self.chain.head);
        ask(&mut OverlayHost::new(&mut Overlay::new(&self.chain.store), &facts))
    }

    /// A view.
    pub(super) fn view<C: SolCall>(&self, call: &C) -> Result<C::Return, ModuleError> {
        let input = call.abi_encode();
        let output =
            self.ask(|host| dispatch(&Market, host, Address::ZERO, U256::ZERO, true, &input));
        output.map(|output| C::abi_decode_returns(&output).unwrap())
    }

    pub(super) fn clock(&self) -> IMarket::Clock {
        self.view(&IMarket::clockCall {}).unwrap()
    }

    /// What the module owes in all, and what of it are bonds.
    pub(super) fn owed(&self) -> (U256, U256) {
        let totals = self.view(&IMarket::totalsCall {}).unwrap();
        let has = self.ask(|host| host.balance(MARKET).unwrap());
        assert!(has >= totals.escrowWei, "{has} wei for {}", totals.escrowWei);
        (totals.escrowWei, totals.bondsWei)
    }

    pub(super) fn balance(&self, key: &Key) -> U256 {
        self.chain.store.account(key.address()).unwrap().map_or(U256::ZERO, |a| a.balance)
    }

    /// Epoch and seed of the frozen book.
    pub(super) fn frozen(&self) -> Option<(u32, B256)> {
        self.ask(|host| frozen_epoch(host).unwrap())
    }

    /// Whether the next block carries the result.
    pub(super) fn is_due(&self) -> bool {
        let head = &self.chain.head;
        let next_ms = time_ms(head).unwrap() + BLOCK_INTERVAL_MS;
        self.ask(|host| is_due(host, head.number + 1, next_ms).unwrap())
    }

    /// Empty blocks until something holds before the next one.
    pub(super) fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..100 {
            if holds(self) {
                return;
            }
            assert_eq!(self.block(Vec::new()).hook_failures, []);
        }
        panic!("it does not come");
    }

    /// Empty blocks until this phase.
    pub(super) fn until_phase(&mut self, phase: Phase) {
        self.until(|world| world.clock().phase == phase);
    }

    /// Posts an offer, with just the bond that it needs and `more_wei`.
    pub(super) fn offer(
        &mut self,
        seller: &Key,
        capacity: u32,
        reserve: u64,
        swarms: Vec<B256>,
        more_wei: U256,
    ) -> Transaction {
        let (swarm_count, to_epoch) = (swarms.len() as u32, self.clock().epoch + OFFER_EPOCHS);
        let cost =
            IMarket::offerCostCall { capacity, reserveTicks: reserve, swarmCount: swarm_count };
        let cost = self.view(&cost).unwrap();
        let value = cost.bondWei + cost.storageDepositWei + more_wei;
        let call =
            IMarket::postOfferCall { capacity, reserveTicks: reserve, swarms, toEpoch: to_epoch };
        self.send(seller, MARKET, value, &call)
    }

    /// Commits a bid with this ceiling; `of` is what it will reveal.
    pub(super) fn commit(
        &mut self,
        buyer: &Key,
        swarm: B256,
        ceiling: u64,
        of: Prices<'_>,
        epochs: u32,
    ) -> Transaction {
        let epoch = self.clock().epoch;
        let qmax: u32 = of.iter().map(|(_, units)| units).sum();
        let lock_ticks = ceiling * u64::from(qmax);
        let tiers: Vec<_> =
            of.iter().map(|&(price, quantity)| clearing::Tier { price, quantity }).collect();
        let call = IMarket::commitBidCall {
            epoch,
            swarm,
            qmax,
            lockTicks: lock_ticks,
            commitHash: commit_hash(DEV_CHAIN_ID, epoch, buyer.address(), swarm, &tiers, SALT),
            signer: Address::ZERO,
            maxBookFeeWei: U256::ZERO,
            epochs,
        };
        self.send(buyer, MARKET, ticks(lock_ticks) * U256::from(epochs), &call)
    }

    pub(super) fn reveal(&mut self, buyer: &Key, bid_id: u64, of: Prices<'_>) -> Transaction {
        let tiers = of.iter().map(|&(price, quantity)| IMarket::Tier { price, quantity }).collect();
        let call = IMarket::revealBidCall { bidId: bid_id, tiers, salt: SALT };
        self.send(buyer, MARKET, U256::ZERO, &call)
    }

    /// One seller of two units at 10; A bids 2 × 50 and B 1 × 40 in swarm 1, C seals 20 with a ceiling of 30 and does
    /// not reveal. Ends where the next block carries the result.
    pub(super) fn with_result_due() -> Self {
        let mut world = Self::new(&[]);
        let offer = world.offer(&Key::dev(0), 2, 10, vec![swarm(1)], U256::ZERO);
        world.block(vec![offer]);
        world.bid_until_due();
        world
    }

    /// The bids of [`Self::with_result_due`] in the next epoch.
    pub(super) fn bid_until_due(&mut self) {
        let epoch = self.clock().epoch;
        self.until(|world| world.clock().epoch > epoch && world.clock().phase == Phase::Commit);
        let [a, b, c] = [1, 2, 3].map(Key::dev);
        let sent = vec![
            self.commit(&a, swarm(1), 50, &[(50, 2)], 1),
            self.commit(&b, swarm(1), 40, &[(40, 1)], 1),
            self.commit(&c, swarm(1), 30, &[(20, 1)], 1),
        ];
        let block = self.block(sent);
        let committed: Vec<IMarket::BidCommitted> = events_of(&block);
        let ids: Vec<u64> = committed.iter().map(|bid| bid.bidId).collect();
        self.until_phase(Phase::Reveal);
        let sent = vec![self.reveal(&a, ids[0], &[(50, 2)]), self.reveal(&b, ids[1], &[(40, 1)])];
        self.block(sent);
        self.until(Self::is_due);
    }
}

/// Events of one kind, those of hooks first.
pub(super) fn events_of<E: SolEvent>(block: &ExecutedBlock) -> Vec<E> {
    let logs = block.receipts.iter().flat_map(|receipt| receipt.logs.iter());
    let all = block.hook_logs.iter().chain(logs);
    all.filter_map(|log: &Log| E::decode_log_data(&log.data).ok()).collect()
}
