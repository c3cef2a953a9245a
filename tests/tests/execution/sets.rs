//! Who decides comes from state: what staking's epochs say there, blocks are checked against.

use alloy_primitives::B256;
use btt_genesis::Preset;
use btt_runtime::{
    block::{
        CertificateError, Certified, ConsensusFacts, Evidence, EvidenceError, Offence, Statement,
        SystemItem, Vote, VoteKind,
    },
    config::Validator,
    executor::{BlockError, validator_sets, validator_sets_between},
    tx::RecoveryMemo,
};
use btt_tests::{
    chain::{Chain, Queue, certificate},
    keys::Key,
    native::create_validator,
};

fn keys(numbers: std::ops::Range<u64>) -> Vec<Key> {
    numbers.map(Key::numbered).collect()
}

/// Epochs of 20 blocks. Blocks 1 to 20 are decided by keys 1 to 4 with 100 BTT each, later ones by them and
/// key 8, whose operator is test account 5 and which has 50.
fn chain(blocks: u64) -> Chain {
    let validators: Vec<Key> = keys(1..5);
    let spec = Preset::Dev.spec(validators.iter().map(|key| key.validator(100)).collect());
    let mut chain = Chain::of_spec(spec, validators);
    chain.add_key(Key::numbered(8));
    let id = chain.config.chain_id;
    let join = create_validator(&Key::dev(5), id, 0, &Key::numbered(8), 50);
    let mut waiting = Some(join);
    for number in 1..=blocks {
        let executed = chain.produce(waiting.take());
        assert!(executed.hook_failures.is_empty(), "{:?}", executed.hook_failures);
        assert_eq!(executed.next_validators.is_some(), number == 20, "after block {number}");
    }
    chain
}

fn members(chain: &Chain, height: u64) -> Vec<u64> {
    let number_of = |v: &Validator| (1..9).find(|n| Key::numbered(*n).public_key() == v.public_key);
    let mut numbers: Vec<u64> = chain.sets.at(height).iter().filter_map(number_of).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn every_block_is_decided_by_the_set_that_state_names() {
    let chain = chain(24);
    let loaded = validator_sets(&chain.config, &chain.store, 24).unwrap();
    for height in 8..30 {
        assert_eq!(loaded.at(height), chain.sets.at(height), "{height}");
    }
    assert_eq!(members(&chain, 20), [1, 2, 3, 4]);
    assert_eq!(members(&chain, 21), [1, 2, 3, 4, 8]);
    let power = |v: &Validator| v.power;
    assert_eq!(chain.sets.at(21).iter().map(power).collect::<Vec<_>>(), [100, 100, 100, 100, 50]);
    let all = validator_sets_between(&chain.config, &chain.store, 1, 24).unwrap().unwrap();
    assert_eq!(all.at(1).len(), 4);
    assert_eq!(chain.config.scheduled_validators(24).len(), 4, "genesis says otherwise");
}

#[test]
fn a_certificate_by_the_old_set_is_refused_after_the_change() {
    let chain = chain(21);
    let mut block = chain.build(&mut Queue::default()).unwrap().block;
    assert!(chain.check(&block, &RecoveryMemo::default()).is_ok());
    if let Some(SystemItem::ParentCertificate(c)) = block.body.system.first_mut() {
        // Without the newcomer there is a quorum; with its place taken by another there is a lie.
        let mut signers = chain.validators().to_vec();
        signers.reverse();
        *c = certificate(&signers, chain.config.chain_id, c.height, c.block_hash);
    }
    block.header.requests_hash = Some(block.body.system_hash());
    match chain.check(&block, &RecoveryMemo::default()).unwrap_err() {
        BlockError::Certificate(CertificateError::Signature { index: 0, .. }) => {}
        other => panic!("{other}"),
    }
}

fn votes(key: &Key, chain_id: u64, height: u64) -> Evidence {
    let side = |block_hash| {
        let vote = Vote { kind: VoteKind::Prevote, height, round: 1, block_hash };
        let signature = key.sign_digest(vote.digest(chain_id)).as_bytes().into();
        Statement { block_hash, pol_round_plus_one: 0, signature }
    };
    Evidence::new(0, height, 1, side(B256::ZERO), side(B256::repeat_byte(1)))
}

/// What a block with this evidence comes to where its proposer does not look.
fn accuse(chain: &Chain, evidence: Evidence) -> Result<(), BlockError> {
    let mut block = chain.build(&mut Queue::default())?.block;
    block.body.system.push(SystemItem::Evidence(vec![evidence]));
    block.body.system.sort_by_key(SystemItem::kind);
    block.header.requests_hash = Some(block.body.system_hash());
    match chain.check(&block, &RecoveryMemo::default()) {
        // The proposer executed the block without it.
        Err(BlockError::Mismatch { field: "stateRoot", .. }) => Ok(()),
        other => other.map(|_| ()),
    }
}

#[test]
fn evidence_is_judged_by_the_set_of_its_height_and_its_age() {
    let chain = chain(25);
    let id = chain.config.chain_id;
    let (first, newcomer) = (Key::numbered(1), Key::numbered(8));
    for (key, height) in [(&first, 1), (&first, 20), (&first, 25), (&newcomer, 21)] {
        assert_eq!(accuse(&chain, votes(key, id, height)), Ok(()), "{height}");
    }
    let stranger = EvidenceError::Stranger(newcomer.address());
    let refused = accuse(&chain, votes(&newcomer, id, 20));
    assert_eq!(refused, Err(BlockError::Evidence(stranger)));
    // The evidence age of the dev chain is 10 s, a block here takes one.
    let chain = self::chain(35);
    let refused = accuse(&chain, votes(&first, id, 20));
    assert_eq!(refused, Err(BlockError::Evidence(EvidenceError::Height(20))));
}

#[test]
fn a_block_carries_evidence_against_one_validator_once() {
    let mut chain = chain(25);
    let id = chain.config.chain_id;
    let proofs = vec![votes(&Key::numbered(2), id, 24)];
    let system = |chain: &Chain| {
        let mut system = chain.system();
        system.push(SystemItem::Evidence(proofs.clone()));
        system.sort_by_key(SystemItem::kind);
        system
    };
    let executed = chain.build_with(system(&chain)).unwrap();
    assert_eq!(executed.block.body.evidence(), proofs);
    chain.decide(&executed);
    let again = chain.build_with(system(&chain)).unwrap();
    assert!(again.block.body.evidence().is_empty(), "the proposer leaves it out");
    let refused = accuse(&chain, votes(&Key::numbered(2), id, 25));
    let tombstoned = EvidenceError::Tombstoned(Key::numbered(2).address());
    assert_eq!(refused, Err(BlockError::Evidence(tombstoned)));
    while chain.head.number < 40 {
        chain.produce([]);
    }
    assert_eq!(members(&chain, 41), [1, 3, 4, 8], "out of the set with the next epoch");
}

#[test]
fn forgotten_epochs_judge_nobody() {
    // Twice the evidence age and all that blocks still speak of is kept: not the first epoch.
    let chain = chain(60);
    let refused = accuse(&chain, votes(&Key::numbered(1), chain.config.chain_id, 1));
    assert_eq!(refused, Err(BlockError::Evidence(EvidenceError::Forgotten(1))));
}

#[test]
fn modules_hear_what_validators_say() {
    let chain = chain(25);
    let id = chain.config.chain_id;
    let evidence = votes(&Key::numbered(2), id, 7);
    let mut body = chain.build(&mut Queue::default()).unwrap().block.body;
    body.system.push(SystemItem::Evidence(vec![evidence.clone()]));
    body.system.push(SystemItem::Signals(vec![B256::repeat_byte(5)]));
    body.system.sort_by_key(SystemItem::kind);
    let signer = Key::numbered(2).address();
    let want = ConsensusFacts {
        proposer: 25 % 5,
        certificate: Some(Certified {
            height: 25,
            signers: vec![0, 1, 2, 3, 4],
            signed_power: 450,
            total_power: 450,
        }),
        late: Vec::new(),
        offences: vec![Offence { signer, height: 7, round: 1, hash: evidence.hash() }],
        signals: vec![B256::repeat_byte(5)],
        market: None,
    };
    assert_eq!(ConsensusFacts::of_decided(id, &body, chain.sets.at(25)), Ok(want));
}
