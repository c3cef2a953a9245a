//! What validators say about each other in a block: late precommits, evidence, and who is left out of the
//! rotation for it.

use alloy_primitives::{B256, FixedBytes};
use btt_genesis::Preset;
use btt_runtime::{
    block::{
        Body, BodyError, CommitCertificate, Evidence, EvidenceError, LateError, LatePrecommit,
        MAX_EVIDENCE, Proposal, Statement, SystemItem, Vote, VoteKind, rotation,
    },
    executor::{BlockError, BuildRequest, ExecutedBlock, Input, execute_block},
    tx::RecoveryMemo,
};
use btt_tests::{
    chain::{Chain, Queue},
    keys::Key,
};
use std::collections::BTreeSet;

fn chain(blocks: usize) -> Chain {
    let mut chain = Chain::new(Preset::Dev, (1..=4).map(Key::numbered).collect());
    for _ in 0..blocks {
        chain.produce([]);
    }
    chain
}

/// The next block with one more system item, made and then checked as another validator would.
fn with(chain: &Chain, item: SystemItem) -> Result<ExecutedBlock, BlockError> {
    let mut system = chain.system();
    system.push(item);
    system.sort_by_key(SystemItem::kind);
    let time_ms = btt_runtime::block::header::time_ms(&chain.head).unwrap() + 1;
    let mut source = Queue::default();
    let request = BuildRequest { time_ms, free_bytes: &[], system, source: &mut source };
    let executed = execute_block(&chain.context(), Input::Build(request))?;
    chain.check(&executed.block, &RecoveryMemo::default())?;
    Ok(executed)
}

/// The next block with one more system item, as a proposer that checks nothing makes it.
fn careless(chain: &Chain, item: SystemItem) -> Result<ExecutedBlock, BlockError> {
    let mut block = chain.build(&mut Queue::default())?.block;
    block.body.system.push(item);
    block.body.system.sort_by_key(SystemItem::kind);
    block.header.requests_hash = Some(block.body.system_hash());
    chain.check(&block, &RecoveryMemo::default())
}

fn seal(key: &Key, digest: B256) -> FixedBytes<65> {
    FixedBytes(key.sign_digest(digest).as_bytes())
}

fn precommit(chain: &Chain, height: u64, index: u16) -> LatePrecommit {
    let block_hash = match height {
        h if h == chain.head.number => chain.head_hash,
        h => btt_runtime::state::StateReader::block_hash(&chain.store, h).unwrap().unwrap(),
    };
    let vote = Vote { kind: VoteKind::Precommit, height, round: 3, block_hash };
    let key = &chain.validators()[usize::from(index)];
    let signature = seal(key, vote.digest(chain.config.chain_id));
    LatePrecommit { height, validator_index: index, round: 3, signature }
}

#[test]
fn late_precommits_of_the_last_eight_blocks_are_taken() {
    let chain = chain(10);
    // The next block is 11: late are 3 to 9.
    let late = (3..=9).flat_map(|height| [0, 2].map(|index| precommit(&chain, height, index)));
    let executed = with(&chain, SystemItem::LatePrecommits(late.collect())).unwrap();
    assert_eq!(executed.block.body.late_precommits().len(), 14);
    let read = Body::decode(&executed.block.body.encode()).unwrap();
    assert_eq!(read, executed.block.body);
}

#[test]
fn late_precommits_that_prove_nothing_make_a_block_invalid() {
    let chain = chain(10);
    let error = |late: Vec<LatePrecommit>| match with(&chain, SystemItem::LatePrecommits(late)) {
        Err(BlockError::Late(error)) => error,
        other => panic!("{other:?}"),
    };
    for height in [2, 10] {
        assert_eq!(error(vec![precommit(&chain, height, 0)]), LateError::Height(height));
    }
    let (a, b) = (precommit(&chain, 5, 0), precommit(&chain, 5, 1));
    assert_eq!(error(vec![b, a.clone()]), LateError::Order);
    assert_eq!(error(vec![a.clone(), a.clone()]), LateError::Order);
    let wrong = [
        LatePrecommit { validator_index: 1, ..a.clone() },
        LatePrecommit { validator_index: 9, ..a.clone() },
        LatePrecommit { round: 2, ..a.clone() },
        LatePrecommit { height: 6, ..a },
    ];
    for late in wrong {
        assert!(matches!(error(vec![late]), LateError::Signature { .. }));
    }
}

fn votes(key: &Key, chain_id: u64, height: u64, hashes: [B256; 2]) -> Evidence {
    let side = |block_hash| {
        let vote = Vote { kind: VoteKind::Prevote, height, round: 1, block_hash };
        let signature = seal(key, vote.digest(chain_id));
        Statement { block_hash, pol_round_plus_one: 0, signature }
    };
    Evidence::new(0, height, 1, side(hashes[0]), side(hashes[1]))
}

#[test]
fn two_votes_or_proposals_for_one_place_are_evidence() {
    let chain = chain(5);
    let id = chain.config.chain_id;
    let key = &chain.validators()[2];
    let double_vote = votes(key, id, 4, [B256::ZERO, B256::repeat_byte(1)]);
    let set = &chain.config.validators;
    let offence = double_vote.verify(id, 6, set).unwrap();
    let place = (offence.signer, offence.height, offence.round, offence.hash);
    assert_eq!(place, (key.address(), 4, 1, double_vote.hash()));
    let block_hash = B256::repeat_byte(7);
    let side = |pol_round: i64| {
        let proposal = Proposal { height: 4, round: 2, pol_round, block_hash };
        let signature = seal(key, proposal.digest(id));
        Statement { block_hash, pol_round_plus_one: (pol_round + 1) as u64, signature }
    };
    let double_proposal = Evidence::new(2, 4, 2, side(1), side(-1));
    assert_eq!(double_proposal.verify(id, 6, set).map(|o| o.signer), Ok(key.address()));
    let mut both = vec![double_vote, double_proposal];
    both.sort_by_key(Evidence::hash);
    assert!(with(&chain, SystemItem::Evidence(both.clone())).is_ok());
    both.reverse();
    let disorder = with(&chain, SystemItem::Evidence(both));
    assert_eq!(disorder.unwrap_err(), BlockError::Evidence(EvidenceError::Order));
}

#[test]
fn evidence_that_proves_nothing_makes_a_block_invalid() {
    let chain = chain(5);
    let id = chain.config.chain_id;
    let (key, other) = (&chain.validators()[2], &chain.validators()[3]);
    let hashes = [B256::ZERO, B256::repeat_byte(1)];
    let good = votes(key, id, 4, hashes);
    // Who checks refuses the block; who proposes leaves the proof out and has its block.
    let error = |evidence: Evidence| {
        let item = SystemItem::Evidence(vec![evidence]);
        assert!(with(&chain, item.clone()).unwrap().block.body.evidence().is_empty());
        match careless(&chain, item) {
            Err(BlockError::Evidence(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(error(votes(key, id, 4, [hashes[1]; 2])), EvidenceError::Agree);
    assert_eq!(error(votes(key, id, 7, hashes)), EvidenceError::Height(7));
    assert_eq!(error(votes(key, id, 0, hashes)), EvidenceError::Height(0));
    let stranger = Key::numbered(77);
    assert_eq!(error(votes(&stranger, id, 4, hashes)), EvidenceError::Stranger(stranger.address()));
    let mixed = Evidence { second: votes(other, id, 4, hashes).second, ..good.clone() };
    assert_eq!(error(mixed), EvidenceError::TwoSigners(key.address(), other.address()));
    assert_eq!(error(Evidence { kind: 3, ..good.clone() }), EvidenceError::Kind(3));
    // Of another chain: some other key signed it, as far as anybody can tell.
    assert!(matches!(
        error(votes(key, id + 1, 4, hashes)),
        EvidenceError::TwoSigners(..) | EvidenceError::Signature(_)
    ));
    let many = vec![good; MAX_EVIDENCE + 1];
    let refused = with(&chain, SystemItem::Evidence(many)).unwrap_err();
    assert_eq!(refused, BlockError::Evidence(EvidenceError::Order));
}

#[test]
fn a_proposer_keeps_the_good_proofs_among_the_bad() {
    let chain = chain(5);
    let hashes = [B256::ZERO, B256::repeat_byte(1)];
    let proof = |key: &Key, height| votes(key, chain.config.chain_id, height, hashes);
    let good = [proof(&chain.validators()[0], 3), proof(&chain.validators()[1], 5)];
    let bad = [proof(&Key::numbered(77), 3), proof(&chain.validators()[2], 9)];
    let mut all: Vec<_> = good.iter().chain(&bad).cloned().collect();
    all.sort_by_key(Evidence::hash);
    let block = with(&chain, SystemItem::Evidence(all)).unwrap().block;
    let mut want = good.to_vec();
    want.sort_by_key(Evidence::hash);
    assert_eq!(block.body.evidence(), want);
}

#[test]
fn a_proposer_signals_the_features_that_its_node_knows_and_others_need_not_know_them() {
    let mut chain = chain(2);
    let other = chain.clone();
    chain.config.features = ["b", "a"].map(str::to_owned).into();
    let executed = chain.build(&mut Queue::default()).unwrap();
    let mut ids = ["a", "b"].map(btt_runtime::features::id);
    ids.sort();
    assert_eq!(executed.block.body.signals(), Some(&ids[..]));
    let read = Body::decode(&executed.block.body.encode()).unwrap();
    assert_eq!(read, executed.block.body);
    assert_eq!(other.check(&executed.block, &RecoveryMemo::default()).unwrap().hash, executed.hash);
    ids.reverse();
    let refused = careless(&other, SystemItem::Signals(ids.to_vec())).unwrap_err();
    assert_eq!(refused, BlockError::Body(BodyError::Signals));
}

/// Bodies of blocks 2 to 9, each with the certificate of the block before it, signed by `signers`.
fn bodies(signers: impl Fn(u64) -> Vec<u16>, late: Option<&LatePrecommit>) -> Vec<(u64, Body)> {
    let body = |number: u64| {
        let signatures = signers(number - 1).into_iter().map(|validator_index| {
            let signature = FixedBytes::ZERO;
            btt_runtime::block::CommitSignature { validator_index, signature }
        });
        let certificate = CommitCertificate {
            height: number - 1,
            signatures: signatures.collect(),
            ..CommitCertificate::default()
        };
        let late = late.filter(|_| number == 9).map(|late| vec![late.clone()]);
        let system = [
            Some(SystemItem::ParentCertificate(certificate)),
            late.map(SystemItem::LatePrecommits),
        ];
        Body { transactions: Vec::new(), system: system.into_iter().flatten().collect() }
    };
    (2..=9).map(|number| (number, body(number))).collect()
}

fn skipped(chain: &Chain, bodies: &[(u64, Body)]) -> BTreeSet<u16> {
    let recent: Vec<_> = bodies.iter().map(|(number, body)| (*number, body)).collect();
    rotation::skipped(&chain.sets, 10, &recent)
}

#[test]
fn who_is_in_none_of_the_last_eight_commits_takes_no_turn() {
    let chain = chain(0);
    let absent = bodies(|_| vec![0, 1, 3], None);
    assert_eq!(skipped(&chain, &absent), BTreeSet::from([2]));
    assert!(skipped(&chain, &absent[1..]).is_empty(), "seven blocks are too few to tell");
    let once = bodies(|height| if height == 5 { vec![0, 1, 2] } else { vec![0, 1, 3] }, None);
    assert!(skipped(&chain, &once).is_empty());
}

#[test]
fn a_late_precommit_counts_and_no_more_than_a_third_is_left_out() {
    let chain = chain(0);
    let late = LatePrecommit { height: 4, validator_index: 2, ..LatePrecommit::default() };
    assert!(skipped(&chain, &bodies(|_| vec![0, 1, 3], Some(&late))).is_empty());
    // However many seem dead: somebody must propose.
    assert_eq!(skipped(&chain, &bodies(|_| vec![], None)), BTreeSet::from([0]));
}
