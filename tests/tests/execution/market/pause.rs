//! A hook of the market that fails: the chain goes on, exits stay open, governance lets it work again (rule C.3).

use super::world::{VALIDATOR, World, events_of, swarm, ticks};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolValue as _;
use btt_runtime::{
    block::MarketResult,
    modules::{
        Moment,
        governance::IGovernance::{self, Choice, Kind},
        market::IMarket,
    },
    primitives::{
        WEI_PER_BTT,
        addresses::{GOVERNANCE, MARKET},
    },
    state::{Account, AccountChange, SlotChange, StateChanges, StateReader as _},
};
use btt_tests::{chain::Chain, keys::Key};

const BTT: u128 = WEI_PER_BTT;
/// Where coins go that the module loses.
const THIEF: Address = Address::repeat_byte(0x77);

/// Moves coins by no rule.
fn steal(chain: &mut Chain, from: Address, to: Address, wei: U256) {
    change(chain, from, |account| account.balance -= wei, []);
    change(chain, to, |account| account.balance += wei, []);
}

/// Changes an account and some of its slots, as no transaction can.
fn change(
    chain: &mut Chain,
    address: Address,
    change: impl FnOnce(&mut Account),
    slots: impl IntoIterator<Item = (U256, U256)>,
) {
    let before = chain.store.account(address).unwrap();
    let empty = || Account { code_hash: keccak256([]), ..Account::default() };
    let mut account = before.unwrap_or_else(empty);
    change(&mut account);
    let store = &chain.store;
    let slots = slots.into_iter().map(|(slot, after)| {
        (slot, SlotChange { before: store.storage(address, slot).unwrap(), after })
    });
    let slots = slots.collect();
    let changed = AccountChange { before, after: Some(account), wiped: false, slots };
    let mut changes = StateChanges::default();
    changes.accounts.insert(address, changed);
    chain.head.state_root = chain.store.apply(&mut changes).unwrap();
}

/// An epoch whose result is due: A's bid locks 1,000 BTT of which 997 return, B's stands for three epochs; the
/// seller's bond is 100 BTT above what it needs.
fn world() -> World {
    let mut world = World::new(&[]);
    let [seller, a, b] = [0, 1, 2].map(Key::dev);
    let offer = world.offer(&seller, 2, 1_000_000, vec![swarm(1)], U256::from(100 * BTT));
    world.block(vec![offer]);
    world.until(|world| world.clock().epoch == 2);
    let bids = vec![
        world.commit(&a, swarm(1), 1_000_000_000, &[(900_000_000, 1)], 1),
        world.commit(&b, swarm(1), 1_000_000, &[(1_000_000, 1)], 3),
    ];
    world.block(bids);
    world.until(World::is_due);
    world
}

#[test]
fn a_failing_hook_pauses_the_market_until_governance_clears_it() {
    let mut world = world();
    let [seller, a, b, proposer] = [0, 1, 2, 3].map(Key::dev);
    let epoch = world.clock().epoch;
    steal(&mut world.chain, MARKET, THIEF, U256::from(950 * BTT));
    let failed = world.chain.build(&mut ()).unwrap();
    assert!(matches!(failed.block.body.market(), Some(MarketResult::Root(_))));
    let [failure] = &failed.hook_failures[..] else { panic!("{:?}", failed.hook_failures) };
    assert_eq!((failure.module, failure.moment), (MARKET, Moment::BeginBlock));
    assert_eq!(events_of::<IMarket::EpochCleared>(&failed), [], "what it did is taken back");
    world.chain.check(&failed.block, &Default::default()).unwrap();
    world.chain.decide(&failed);

    // Paused: no result is due, the clock stands, money comes in no more and goes out as ever.
    let clock = world.clock();
    assert_eq!(clock.epoch, epoch);
    assert!(!world.is_due());
    let sent = vec![
        world.commit(&Key::dev(4), swarm(1), 50, &[(50, 1)], 1),
        world.send(&seller, MARKET, ticks(1), &IMarket::topUpBondCall {}),
        world.send(
            &seller,
            MARKET,
            U256::ZERO,
            &IMarket::withdrawBondCall { amountWei: U256::from(40 * BTT) },
        ),
        world.send(&b, MARKET, U256::ZERO, &IMarket::cancelBidCall { bidId: 2 }),
    ];
    let paid = world.chain.produce(sent);
    let outcomes: Vec<bool> = paid.receipts.iter().map(|receipt| receipt.success).collect();
    assert_eq!(outcomes, [false, false, true, true]);
    let cancelled: Vec<IMarket::BidCancelled> = events_of(&paid);
    assert_eq!(cancelled[0].refundWei, ticks(2_000_000), "two later epochs' locks");
    assert_eq!((paid.block.body.market(), paid.hook_failures), (None, Vec::new()));
    assert_eq!(world.clock(), clock);

    // The coins are found again; the vote, and the delay of what it says.
    steal(&mut world.chain, THIEF, MARKET, U256::from(950 * BTT));
    let propose = IGovernance::proposeCall {
        kind: Kind::Unpause,
        isExpedited: false,
        title: "The market's coins are back".to_owned(),
        payload: MARKET.abi_encode().into(),
    };
    let propose = world.send(&proposer, GOVERNANCE, U256::from(1_000 * BTT), &propose);
    let opened = world.block(vec![propose]);
    assert_eq!(opened.hook_failures, []);
    let vote = IGovernance::voteCall { id: 1, choice: Choice::Yes };
    let vote = world.send(&Key::numbered(VALIDATOR), GOVERNANCE, U256::ZERO, &vote);
    world.block(vec![vote]);
    let before = world.balance(&a);
    world.until(World::is_due);
    assert_eq!(world.clock(), clock, "the phase that is over ends now");
    let cleared = world.block(Vec::new());
    assert_eq!(cleared.hook_failures, []);
    let known: Vec<IMarket::EpochCleared> = events_of(&cleared);
    assert_eq!(known.iter().map(|cleared| cleared.epoch).collect::<Vec<_>>(), [epoch]);
    let won: Vec<IMarket::Won> = events_of(&cleared);
    assert_eq!(won[0].buyer, a.address());
    assert_eq!(world.balance(&a) - before, won[0].refundWei);
    assert_eq!(won[0].refundWei + won[0].paymentWei, U256::from(1_000 * BTT));
    // Bids and offers are taken again.
    world.until(|world| world.clock().applyingEpoch == 0);
    let bid = world.commit(&Key::dev(5), swarm(1), 50, &[(50, 1)], 1);
    world.block(vec![bid]);
}

/// State that only a bug or a broken disk leaves: nobody can clear the book, so its epoch is void, and as its bids
/// cannot be refunded either, the module pauses. The chain goes on.
#[test]
fn a_book_that_cannot_be_read_pauses_the_market_and_not_the_chain() {
    let mut world = world();
    let first = keccak256([b"btt.market.bid".as_slice(), &1u64.to_be_bytes()].concat());
    let slots = (0..4).map(|slot| (U256::from_be_bytes(first.0) + U256::from(slot), U256::ZERO));
    change(&mut world.chain, MARKET, |_| {}, slots);
    let failed = world.chain.build(&mut ()).unwrap();
    assert_eq!(failed.block.body.market(), Some(MarketResult::Void));
    let [failure] = &failed.hook_failures[..] else { panic!("{:?}", failed.hook_failures) };
    assert!(failure.reason.contains("bid 1 is listed and missing"), "{}", failure.reason);
    world.chain.check(&failed.block, &Default::default()).unwrap();
    world.chain.decide(&failed);
    for _ in 0..3 {
        let block = world.chain.produce([]);
        assert_eq!((block.block.body.market(), block.hook_failures), (None, Vec::new()));
    }
}
