//! Who decides comes from state: what staking's epochs say there, blocks are checked against.

use alloy_primitives::B256;
use btt_genesis::Preset;
use btt_runtime::{
    block::{
        BlockFacts, CertificateError, ConsensusFacts, Evidence, EvidenceError, Header, Offence,
        Statement, SystemItem, Vote, VoteKind,
    },
    config::Validator,
    executor::{BlockError, validator_sets, validator_sets_between},
    modules::{Host, ModuleError, OverlayHost, staking::epochs},
    state::Overlay,
    tx::RecoveryMemo,
};
use btt_tests::{
    chain::{Chain, Queue, certificate},
    keys::Key,
};

fn keys(numbers: std::ops::Range<u64>) -> Vec<Key> {
    numbers.map(Key::numbered).collect()
}

fn set_of(keys: &[Key]) -> Vec<Validator> {
    keys.iter().map(|key| key.validator(1)).collect()
}

/// Writes what staking's hooks would, into the state of the head.
fn write(chain: &mut Chain, f: impl FnOnce(&mut dyn Host) -> Result<u64, ModuleError>) -> u64 {
    let facts = BlockFacts::of(&chain.config, &Header::default());
    let mut overlay = Overlay::new(chain.store.clone());
    let written = f(&mut OverlayHost::new(&mut overlay, &facts)).unwrap();
    chain.store.apply(&mut overlay.into_changes()).unwrap();
    written
}

fn start_epoch(chain: &mut Chain, first_block: u64, keys: &[Key]) {
    write(chain, |host| {
        epochs::start(host, first_block, 1_000 * first_block, &set_of(keys)).map(|e| e.number)
    });
}

/// Blocks 1 to 10 are decided by keys 1 to 4, 11 to 20 by 3 to 7, later ones by 5 to 8.
fn chain(blocks: u64) -> Chain {
    let mut chain = Chain::new(Preset::Dev, keys(1..5));
    start_epoch(&mut chain, 1, &keys(1..5));
    chain.sets = validator_sets(&chain.config, &chain.store, 0).unwrap();
    for number in 1..=blocks {
        let next = match number {
            10 => Some(keys(3..8)),
            20 => Some(keys(5..9)),
            _ => None,
        };
        if let Some(next) = &next {
            // The end hook of this block does it; nothing that the block itself checks sees it before.
            start_epoch(&mut chain, number + 1, next);
        }
        let executed = chain.produce([]);
        let told = executed.next_validators.as_deref().map(<[Validator]>::to_vec);
        assert_eq!(told, next.as_deref().map(set_of), "after block {number}");
        if let Some(next) = next {
            chain.hand_over(next);
        }
    }
    chain
}

#[test]
fn every_block_is_decided_by_the_set_that_state_names() {
    let chain = chain(24);
    let loaded = validator_sets(&chain.config, &chain.store, 24).unwrap();
    for height in 8..30 {
        assert_eq!(loaded.at(height), chain.sets.at(height), "{height}");
    }
    let want = [(11, 1), (12, 3), (21, 5)].map(|(height, _)| chain.sets.at(height).to_vec());
    assert_eq!(want, [set_of(&keys(3..8)), set_of(&keys(3..8)), set_of(&keys(5..9))]);
    let all = validator_sets_between(&chain.config, &chain.store, 1, 24).unwrap().unwrap();
    assert_eq!(*all.at(1), set_of(&keys(1..5)).into());
    assert_eq!(
        chain.config.scheduled_validators(24),
        set_of(&keys(1..5)),
        "genesis says otherwise"
    );
}

#[test]
fn a_certificate_by_the_old_set_is_refused_after_the_change() {
    let chain = chain(11);
    let mut block = chain.build(&mut Queue::default()).unwrap().block;
    assert!(chain.check(&block, &RecoveryMemo::default()).is_ok());
    if let Some(SystemItem::ParentCertificate(c)) = block.body.system.first_mut() {
        *c = certificate(&keys(1..5), chain.config.chain_id, c.height, c.block_hash);
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
    chain.check(&block, &RecoveryMemo::default()).map(|_| ())
}

#[test]
fn evidence_is_judged_by_the_set_of_its_height_for_as_long_as_state_keeps_it() {
    let mut chain = chain(60);
    let id = chain.config.chain_id;
    let (first, last) = (Key::numbered(1), Key::numbered(8));
    for (key, height) in [(&first, 1), (&first, 10), (&last, 21), (&last, 61)] {
        assert_eq!(accuse(&chain, votes(key, id, height)), Ok(()), "{height}");
    }
    for (key, height) in [(&first, 11), (&last, 20)] {
        let refused = accuse(&chain, votes(key, id, height));
        let stranger = EvidenceError::Stranger(key.address());
        assert_eq!(refused, Err(BlockError::Evidence(stranger)), "{height}");
    }
    start_epoch(&mut chain, 50, &keys(5..9));
    assert_eq!(write(&mut chain, |host| epochs::prune(host, 11_000)), 1);
    let refused = accuse(&chain, votes(&first, id, 10));
    assert_eq!(refused, Err(BlockError::Evidence(EvidenceError::Forgotten(10))));
    assert_eq!(accuse(&chain, votes(&Key::numbered(3), id, 11)), Ok(()));
}

#[test]
fn modules_hear_what_validators_say() {
    let chain = chain(12);
    let id = chain.config.chain_id;
    let evidence = votes(&Key::numbered(2), id, 7);
    let mut body = chain.build(&mut Queue::default()).unwrap().block.body;
    body.system.push(SystemItem::Evidence(vec![evidence.clone()]));
    body.system.push(SystemItem::Signals(vec![B256::repeat_byte(5)]));
    body.system.sort_by_key(SystemItem::kind);
    let signer = Key::numbered(2).address();
    let want = ConsensusFacts {
        proposer: 12 % 5,
        certificate: Some((12, vec![0, 1, 2, 3, 4])),
        late: Vec::new(),
        offences: vec![Offence { signer, height: 7, round: 1, hash: evidence.hash() }],
        signals: vec![B256::repeat_byte(5)],
    };
    assert_eq!(ConsensusFacts::of_decided(id, &body), Ok(want));
}
