//! Malachite's vocabulary on this chain's types: heights, validators, votes, proposals, the rotation.
//!
//! A [`Ballot`] and an [`Offer`] are a vote and a proposal with their signer. From outside they come only
//! through [`super::message`], which takes the signer from the signature: a signer that is claimed but did
//! not sign does not exist as a value.

use alloy_primitives::{Address, B256, FixedBytes};
use arc_malachitebft_core_types as malachite;
use btt_runtime::{
    block::{Proposal, Vote, VoteKind, rotation, validator_address},
    config::Validator,
};
use malachite::{NilOrVal, Round, VoteType};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// The chain's types for Malachite.
#[derive(Debug, Clone, Copy)]
pub struct BttContext;

/// A block number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Height(pub u64);

/// Address of a validator's consensus key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValidatorId(pub Address);

/// Hash of a block: what is voted on. The block itself travels apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub B256);

/// A 65-byte recoverable signature `r ‖ s ‖ v` of a keccak256 digest, `v` 27 or 28, low `s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seal(pub FixedBytes<65>);

macro_rules! display_inner {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
display_inner!(Height, ValidatorId, BlockId);

impl malachite::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

impl malachite::Address for ValidatorId {}

impl malachite::Value for BlockId {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

/// Blocks are not streamed by Malachite, so it has no parts to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPart;

impl malachite::ProposalPart<BttContext> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

/// Recoverable secp256k1 over keccak256, as the EVM's `ecrecover` checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recoverable;

impl malachite::SigningScheme for Recoverable {
    type DecodingError = &'static str;
    type Signature = Seal;
    type PublicKey = FixedBytes<33>;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Seal, &'static str> {
        FixedBytes::try_from(bytes).map(Seal).map_err(|_| "a signature has 65 bytes")
    }

    fn encode_signature(signature: &Seal) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<FixedBytes<33>, &'static str> {
        FixedBytes::try_from(bytes).map_err(|_| "a public key has 33 bytes")
    }

    fn encode_public_key(key: &FixedBytes<33>) -> Vec<u8> {
        key.to_vec()
    }
}

/// A validator as Malachite sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Address of its consensus key.
    pub id: ValidatorId,
    /// Its place in the set.
    pub index: u16,
    /// Its key and power.
    pub validator: Validator,
}

impl malachite::Validator<BttContext> for Member {
    fn address(&self) -> &ValidatorId {
        &self.id
    }

    fn public_key(&self) -> &FixedBytes<33> {
        &self.validator.public_key
    }

    fn voting_power(&self) -> u64 {
        self.validator.power
    }
}

/// The validators of a height, and who of them takes no turn to propose (rule B.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committee(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    validators: Vec<Validator>,
    members: Vec<Member>,
    places: BTreeMap<ValidatorId, usize>,
    skipped: BTreeSet<u16>,
    total_power: u64,
}

impl Committee {
    /// The committee of a set in canonical order. Validators whose key is no curve point cannot sign and
    /// are left out; a chain spec holds none.
    pub fn new(validators: &[Validator], skipped: BTreeSet<u16>) -> Self {
        let indexed = (0..=u16::MAX).zip(validators);
        let members: Vec<Member> = indexed
            .filter_map(|(index, validator)| {
                let id = ValidatorId(validator_address(validator)?);
                Some(Member { id, index, validator: validator.clone() })
            })
            .collect();
        Self(Arc::new(Inner {
            places: members.iter().enumerate().map(|(place, m)| (m.id, place)).collect(),
            total_power: btt_runtime::block::total_power(validators),
            validators: validators.to_vec(),
            members,
            skipped,
        }))
    }

    /// The set in canonical order.
    pub fn validators(&self) -> &[Validator] {
        &self.0.validators
    }

    /// Who takes no turn.
    pub fn skipped(&self) -> &BTreeSet<u16> {
        &self.0.skipped
    }

    /// Power of the whole set.
    pub fn total_power(&self) -> u64 {
        self.0.total_power
    }

    /// The member with this key.
    pub fn member(&self, id: ValidatorId) -> Option<&Member> {
        self.0.members.get(*self.0.places.get(&id)?)
    }

    /// All members.
    pub fn members(&self) -> &[Member] {
        &self.0.members
    }

    /// Who proposes in a round.
    pub fn proposer(&self, height: u64, round: u32) -> Option<&Member> {
        let index = rotation::proposer(&self.0.validators, &self.0.skipped, height, round)?;
        self.0.members.iter().find(|member| member.index == index)
    }
}

impl malachite::ValidatorSet<BttContext> for Committee {
    fn count(&self) -> usize {
        self.0.members.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.total_power
    }

    fn get_by_address(&self, address: &ValidatorId) -> Option<&Member> {
        self.member(*address)
    }

    fn get_by_index(&self, index: usize) -> Option<&Member> {
        self.0.members.get(index)
    }
}

/// A vote with its voter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Which step.
    pub kind: VoteType,
    /// Height.
    pub height: Height,
    /// Round.
    pub round: Round,
    /// Block voted for.
    pub value: NilOrVal<BlockId>,
    /// Who votes.
    pub voter: ValidatorId,
}

impl Ballot {
    /// What is signed.
    pub fn vote(&self) -> Vote {
        Vote {
            kind: match self.kind {
                VoteType::Prevote => VoteKind::Prevote,
                VoteType::Precommit => VoteKind::Precommit,
            },
            height: self.height.0,
            round: self.round.as_u32().unwrap_or(0),
            block_hash: match self.value {
                NilOrVal::Nil => B256::ZERO,
                NilOrVal::Val(BlockId(hash)) => hash,
            },
        }
    }
}

impl malachite::Vote<BttContext> for Ballot {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &ValidatorId {
        &self.voter
    }

    fn extension(&self) -> Option<&malachite::SignedExtension<BttContext>> {
        None
    }

    fn take_extension(&mut self) -> Option<malachite::SignedExtension<BttContext>> {
        None
    }

    fn extend(self, _extension: malachite::SignedExtension<BttContext>) -> Self {
        self
    }
}

/// A proposal with its proposer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Height.
    pub height: Height,
    /// Round.
    pub round: Round,
    /// Block proposed.
    pub value: BlockId,
    /// Round of the proof of lock; nil for a new block.
    pub pol_round: Round,
    /// Who proposes.
    pub proposer: ValidatorId,
}

impl Offer {
    /// What is signed.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            height: self.height.0,
            round: self.round.as_u32().unwrap_or(0),
            pol_round: self.pol_round.as_i64(),
            block_hash: self.value.0,
        }
    }
}

impl malachite::Proposal<BttContext> for Offer {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &ValidatorId {
        &self.proposer
    }
}

impl malachite::Context for BttContext {
    type Address = ValidatorId;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = Offer;
    type Validator = Member;
    type ValidatorSet = Committee;
    type Timeouts = malachite::LinearTimeouts;
    type Value = BlockId;
    type Vote = Ballot;
    type Extension = ();
    type SigningScheme = Recoverable;

    #[expect(
        clippy::expect_used,
        reason = "the chain spec and every validator change refuse an empty set"
    )]
    fn select_proposer<'a>(&self, set: &'a Committee, height: Height, round: Round) -> &'a Member {
        let round = round.as_u32().unwrap_or(0);
        set.proposer(height.0, round).or(set.members().first()).expect("a set has members")
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockId,
        pol_round: Round,
        proposer: ValidatorId,
    ) -> Offer {
        Offer { height, round, value, pol_round, proposer }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: ValidatorId,
    ) -> Ballot {
        Ballot { kind: VoteType::Prevote, height, round, value, voter }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: ValidatorId,
    ) -> Ballot {
        Ballot { kind: VoteType::Precommit, height, round, value, voter }
    }
}
