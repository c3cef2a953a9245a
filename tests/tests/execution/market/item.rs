//! System item 4: missing, too early, false; with and without what the node cleared before; void.

use super::world::{World, events_of, swarm, ticks};
use alloy_primitives::B256;
use btt_runtime::{
    block::{Block, MarketResult, SystemItem},
    executor::{BlockContext, BlockError, BuildRequest, ExecutedBlock, Input, execute_block},
    modules::market::{
        Cleared,
        IMarket::{self, Phase},
        clear_frozen, clearing,
    },
    state::MemoryStore,
    tx::RecoveryMemo,
};
use btt_tests::{
    chain::{BLOCK_INTERVAL_MS, Chain},
    keys::Key,
};

/// The error after a change of a block's system section that its header follows.
fn refused(chain: &Chain, block: &Block, change: impl FnOnce(&mut Vec<SystemItem>)) -> BlockError {
    let mut block = block.clone();
    change(&mut block.body.system);
    block.body.system.sort_by_key(SystemItem::kind);
    block.header.requests_hash = Some(block.body.system_hash());
    chain.check(&block, &RecoveryMemo::default()).expect_err("a block that nobody accepts")
}

fn without_result(system: &mut Vec<SystemItem>) {
    system.retain(|item| !matches!(item, SystemItem::Market(_)));
}

fn root_of(block: &Block) -> B256 {
    match block.body.market() {
        Some(MarketResult::Root(root)) => root,
        other => panic!("{other:?} is no root"),
    }
}

#[test]
fn a_block_without_the_result_that_is_due_is_refused() {
    let chain = World::with_result_due().chain;
    let block = chain.build(&mut ()).unwrap().block;
    let root = root_of(&block);
    assert!(!root.is_zero());
    assert_eq!(refused(&chain, &block, without_result), BlockError::MarketResultMissing);
}

#[test]
fn a_block_with_another_root_is_refused_and_told_the_right_one() {
    let chain = World::with_result_due().chain;
    let block = chain.build(&mut ()).unwrap().block;
    let want = root_of(&block);
    for have in [B256::ZERO, B256::repeat_byte(7)] {
        let error = refused(&chain, &block, |system| {
            without_result(system);
            system.push(SystemItem::Market(MarketResult::Root(have)));
        });
        assert_eq!(error, BlockError::MarketRoot { have, want: Some(want) });
    }
    // An honest proposer's block does not carry what somebody put into its section.
    let mut system = chain.system();
    system.push(SystemItem::Market(MarketResult::Root(B256::ZERO)));
    system.sort_by_key(SystemItem::kind);
    assert_eq!(root_of(&chain.build_with(system).unwrap().block), want);
}

#[test]
fn a_result_that_is_not_due_is_refused_at_every_moment_of_an_epoch() {
    let mut world = World::new(&[]);
    let offer = world.offer(&Key::dev(0), 2, 10, vec![swarm(1)], ticks(0));
    world.block(vec![offer]);
    world.until(|world| world.clock().epoch == 2);
    let bid = world.commit(&Key::dev(1), swarm(1), 50, &[(50, 2)], 1);
    world.block(vec![bid]);
    let mut seen = Vec::new();
    while !world.is_due() {
        seen.push((world.clock().phase, world.frozen().is_some()));
        let block = world.chain.build(&mut ()).unwrap().block;
        assert_eq!(block.body.market(), None);
        for result in [MarketResult::Root(B256::repeat_byte(7)), MarketResult::Void] {
            let item = SystemItem::Market(result);
            let error = refused(&world.chain, &block, |system| system.push(item));
            assert_eq!(error, BlockError::MarketResultNotDue, "{:?}", world.clock());
        }
        world.block(Vec::new());
    }
    seen.dedup();
    // What breaks ties is known two blocks after the freeze, which is when the result is due here.
    assert_eq!(seen, [(Phase::Commit, false), (Phase::Reveal, false), (Phase::Clearing, false)]);
    assert_eq!(world.frozen().map(|(epoch, _)| epoch), Some(2));
}

/// The next block, made and checked by a node that has this memo.
fn with_memo(chain: &Chain, block: Option<&Block>, cleared: Cleared) -> ExecutedBlock {
    let context: BlockContext<'_, MemoryStore> = BlockContext { cleared, ..chain.context() };
    let memo = RecoveryMemo::default();
    let input = match block {
        Some(block) => Input::Check(block, &memo),
        None => Input::Build(BuildRequest {
            time_ms: btt_runtime::block::header::time_ms(&chain.head).unwrap() + BLOCK_INTERVAL_MS,
            free_bytes: &[],
            system: chain.system(),
            source: &mut (),
        }),
    };
    execute_block(&context, input).unwrap()
}

#[test]
fn what_a_node_cleared_before_changes_nothing() {
    let world = World::with_result_due();
    let chain = &world.chain;
    let (epoch, seed) = world.frozen().unwrap();
    let right = world.ask(|host| clear_frozen(host, &Cleared::default()).unwrap());
    let nothing = clearing::Outcome::default;
    let memos = [
        Cleared::default(),
        right,
        Cleared::new(epoch - 1, seed, nothing()),
        Cleared::new(epoch, B256::repeat_byte(1), nothing()),
    ];
    let first = with_memo(chain, None, memos[0].clone());
    for memo in &memos {
        let built = with_memo(chain, None, memo.clone());
        assert_eq!((built.hash, &built.changes), (first.hash, &first.changes));
        assert_eq!(built.hook_logs, first.hook_logs);
        let checked = with_memo(chain, Some(&first.block), memo.clone());
        assert_eq!((checked.hash, &checked.changes), (first.hash, &first.changes));
    }
    let cleared: Vec<IMarket::EpochCleared> = events_of(&first);
    assert_eq!(cleared.len(), 1);
    assert_eq!((cleared[0].epoch, cleared[0].root), (epoch, root_of(&first.block)));
    // The ask is ⌈10 × 10,000 / 9,800⌉ = 11: A wins both units and pays what B and C, by its ceiling, lose.
    assert_eq!((cleared[0].volumeWei, cleared[0].welfareWei), (ticks(70), ticks(100 - 22)));
}

#[test]
fn a_void_epoch_returns_every_lock_in_a_block_that_all_accept() {
    let mut world = World::with_result_due();
    let buyers = [1, 2, 3].map(Key::dev);
    let before = buyers.each_ref().map(|key| world.balance(key));
    let (owed, bonds) = world.owed();
    assert_eq!(owed - bonds, ticks(100 + 40 + 30));
    let epoch = world.clock().epoch;
    let mut system = world.chain.system();
    system.push(SystemItem::Market(MarketResult::Void));
    system.sort_by_key(SystemItem::kind);
    let void = world.chain.build_with(system).unwrap();
    assert_eq!(void.block.body.market(), Some(MarketResult::Void));
    world.decide(&void);
    let after = buyers.each_ref().map(|key| world.balance(key));
    let back: Vec<_> = after.iter().zip(before).map(|(after, before)| *after - before).collect();
    assert_eq!(back, [ticks(100), ticks(40), ticks(30)]);
    assert_eq!(world.owed(), (bonds, bonds), "nothing but the bond is left");
    assert_eq!(events_of::<IMarket::EpochVoided>(&void), [IMarket::EpochVoided { epoch }]);
    assert_eq!(events_of::<IMarket::LeaseOpened>(&void), []);
    let won: Vec<IMarket::Won> = events_of(&void);
    assert!(won.iter().all(|bid| bid.units == 0 && bid.paymentWei.is_zero()), "{won:?}");
    assert_eq!((world.clock().epoch, world.clock().applyingEpoch), (epoch + 1, 0));
    // The next epoch is cleared as if nothing had been.
    world.bid_until_due();
    let cleared = world.block(Vec::new());
    let opened: Vec<IMarket::LeaseOpened> = events_of(&cleared);
    assert_eq!(opened.len(), 1);
    assert_eq!((opened[0].buyer, opened[0].units), (buyers[0].address(), 2));
    assert_eq!(opened[0].buyerWei, ticks(70));
}
