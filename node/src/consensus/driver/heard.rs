//! Whether others are at a height already. One member alone cannot make the others hurry: more than a third
//! of the power must have spoken, or the one whose turn it is must have proposed.

use super::super::{
    context::{Committee, ValidatorId},
    message::Message,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who has spoken at a height.
#[derive(Debug, Default)]
struct Voices {
    any: BTreeSet<ValidatorId>,
    proposed: BTreeSet<ValidatorId>,
}

/// Voices of the height to be decided and of the next.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeMap<u64, Voices>);

impl Heard {
    /// A member spoke; certificates have no one speaker.
    pub(super) fn note(&mut self, message: &Message) {
        let at = self.0.entry(message.height()).or_default();
        match message {
            Message::Vote(vote) => {
                at.any.insert(vote.voter);
            }
            Message::Proposal(proposal) => {
                at.any.insert(proposal.proposer);
                at.proposed.insert(proposal.proposer);
            }
            Message::Polka(_) | Message::Round(_) => {}
        }
    }

    /// A new height is to be decided.
    pub(super) fn next_height(&mut self, height: u64) {
        self.0 = self.0.split_off(&height);
    }

    /// Whether enough of a height's committee is there.
    pub(super) fn is_started(&self, height: u64, committee: &Committee) -> bool {
        let Some(voices) = self.0.get(&height) else { return false };
        let proposer = committee.proposer(height, 0).map(|member| member.id);
        if proposer.is_some_and(|id| voices.proposed.contains(&id)) {
            return true;
        }
        let members = voices.any.iter().filter_map(|id| committee.member(*id));
        let power: u128 = members.map(|member| u128::from(member.validator.power)).sum();
        power * 3 > u128::from(committee.total_power())
    }
}
