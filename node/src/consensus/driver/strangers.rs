//! What those say who have no vote at the height under way, but perhaps at the next one: a validator that
//! enters the set speaks as soon as it has the block that lets it in, and that may be sooner than here.

use super::{super::message::Message, event::Peer};

/// Messages kept in all; and of one peer, so that none can take the room of the others.
const MAX_KEPT: usize = 1_024;
const MAX_OF_PEER: usize = 16;

/// Messages of the next height by those who are not in the set of this one.
#[derive(Debug, Default)]
pub(super) struct Strangers(Vec<(Peer, Message)>);

impl Strangers {
    pub(super) fn keep(&mut self, from: Peer, message: Message) {
        let of_peer = self.0.iter().filter(|(peer, _)| *peer == from).count();
        if self.0.len() < MAX_KEPT && of_peer < MAX_OF_PEER {
            self.0.push((from, message));
        }
    }

    /// All of them: the next height is there, and its set tells who counts.
    pub(super) fn take(&mut self) -> Vec<(Peer, Message)> {
        std::mem::take(&mut self.0)
    }
}
