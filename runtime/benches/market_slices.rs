//! What hooks do for the market beside a block's own gas (rule C.5): full slices of bids refunded, leases opened, and
//! leases closed with nothing delivered, which burns of bonds as well. All in memory: no root, no commit.
//!
//! Each bid of 256 units is served by as many sellers of one unit, so that there are as many leases as can be.

use alloy_primitives::{Address, B256, Log, U256};
use alloy_sol_types::{SolCall, SolEvent};
use btt_runtime::{
    block::{BlockFacts, ConsensusFacts, Header, MarketResult},
    config::{ChainConfig, ParamDefaults},
    modules::{
        Moment, OverlayHost, dispatch,
        market::{Cleared, IMarket, Market, clear_frozen, is_due, limits::TICK_WEI},
        run_hooks,
    },
    primitives::{DEV_CHAIN_ID, WEI_PER_BTT, addresses::MARKET},
    state::{MemoryStore, Overlay},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const SELLERS: u64 = 4_096;
const WHALES: u64 = 8;
const LOSERS: u64 = 4_096;
const SWARM: B256 = B256::repeat_byte(1);

struct World {
    state: Overlay<MemoryStore>,
    facts: BlockFacts,
    memo: Cleared,
}

fn main() {
    let mut world = World::new();
    world.block();
    for seller in 0..SELLERS {
        let call = IMarket::postOfferCall {
            capacity: 1,
            reserveTicks: 10,
            swarms: vec![SWARM],
            toEpoch: 100,
        };
        world.call(account(1 << 32 | seller), WEI_PER_BTT, &call);
    }
    world.until(IMarket::Phase::Commit, 2);
    for bid in 0..WHALES + LOSERS {
        let (qmax, price) = if bid < WHALES { (256, 50) } else { (1, 20) };
        world.bid(bid, qmax, price * u64::from(qmax));
    }
    let mut most: Vec<(&str, usize, Duration)> = Vec::new();
    for _ in 0..400 {
        let (logs, took) = world.block();
        let of =
            |topic| logs.iter().filter(|log| log.data.topics().first() == Some(&topic)).count();
        let kinds = [
            ("refund a bid", of(IMarket::Won::SIGNATURE_HASH)),
            ("open a lease", of(IMarket::LeaseOpened::SIGNATURE_HASH)),
            ("close a lease", of(IMarket::LeaseClosed::SIGNATURE_HASH)),
        ];
        // Blocks of one kind of record only.
        let [(kind, count)] = kinds.into_iter().filter(|(_, n)| *n > 0).collect::<Vec<_>>()[..]
        else {
            continue;
        };
        match most.iter_mut().find(|(other, ..)| *other == kind) {
            Some(found) if found.1 < count => (found.1, found.2) = (count, took),
            Some(_) => {}
            None => most.push((kind, count, took)),
        }
    }
    for (kind, count, took) in most {
        let each = took.as_secs_f64() * 1e6 / count as f64;
        println!(
            "{kind:<14} {each:>6.1} µs each; a slice of {count}: {:.1} ms",
            took.as_secs_f64() * 1e3
        );
    }
}

fn account(number: u64) -> Address {
    Address::left_padding_from(&(0x100_0000_0000 + number).to_be_bytes())
}

impl World {
    fn new() -> Self {
        let config = ChainConfig::new(DEV_CHAIN_ID, ParamDefaults::LOCAL, Vec::new());
        let header = Header { timestamp: 1_700_000_000, ..Header::default() };
        let state = Overlay::new(MemoryStore::default());
        Self { state, facts: BlockFacts::of(&config, &header), memo: Cleared::default() }
    }

    /// The next block of a second, with the result where it is due; what its hooks log, and how long
    /// they take.
    fn block(&mut self) -> (Vec<Log>, Duration) {
        let (number, time_ms) = (self.facts.number + 1, self.facts.time_ms + 1_000);
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let mut market = None;
        if is_due(&mut host, number, time_ms).unwrap() {
            self.memo = clear_frozen(&mut host, &self.memo).unwrap();
            market = Some(MarketResult::Root(self.memo.root().unwrap()));
        }
        (self.facts.number, self.facts.time_ms) = (number, time_ms);
        self.facts.mix = B256::left_padding_from(&number.to_be_bytes());
        self.facts.consensus = Arc::new(ConsensusFacts { market, ..ConsensusFacts::default() });
        let started = Instant::now();
        let (logs, failures) =
            run_hooks(&[&Market], Moment::BeginBlock, &mut self.state, &self.facts, &self.memo)
                .unwrap();
        let took = started.elapsed();
        assert!(failures.is_empty(), "{failures:?}");
        (logs, took)
    }

    fn call<C: SolCall>(&mut self, caller: Address, wei: u128, call: &C) -> C::Return {
        self.state.credit(MARKET, U256::from(wei)).unwrap();
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let input = call.abi_encode();
        let output = dispatch(&Market, &mut host, caller, U256::from(wei), false, &input).unwrap();
        C::abi_decode_returns(&output).unwrap()
    }

    /// A bid that is never revealed: its ceiling counts.
    fn bid(&mut self, buyer: u64, qmax: u32, lock_ticks: u64) {
        let epoch = self.call(Address::ZERO, 0, &IMarket::clockCall {}).epoch;
        let call = IMarket::commitBidCall {
            epoch,
            swarm: SWARM,
            qmax,
            lockTicks: lock_ticks,
            commitHash: B256::repeat_byte(7),
            signer: Address::ZERO,
            maxBookFeeWei: U256::ZERO,
            epochs: 1,
        };
        self.call(account(buyer), u128::from(lock_ticks) * TICK_WEI, &call);
    }

    /// Blocks until this phase of this epoch or a later one.
    fn until(&mut self, phase: IMarket::Phase, epoch: u32) {
        for _ in 0..1_000 {
            let clock = self.call(Address::ZERO, 0, &IMarket::clockCall {});
            if clock.phase == phase && clock.epoch >= epoch {
                return;
            }
            self.block();
        }
        panic!("it never comes");
    }
}
