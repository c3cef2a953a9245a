//! Peers by the numbers under which consensus knows them.

use crate::{consensus::driver::Peer, network::PeerId};
use parking_lot::RwLock;
use std::collections::BTreeMap;

/// Numbers of connected peers; a peer that comes back gets a new one.
#[derive(Debug, Default)]
pub(super) struct Peers(RwLock<Table>);

#[derive(Debug, Default)]
struct Table {
    numbers: BTreeMap<PeerId, Peer>,
    ids: BTreeMap<Peer, PeerId>,
    last: u32,
}

impl Peers {
    /// Gives a peer that connected its number.
    pub(super) fn add(&self, id: PeerId) -> Peer {
        let mut table = self.0.write();
        table.last = table.last.wrapping_add(1);
        let number = Peer(table.last);
        if let Some(old) = table.numbers.insert(id, number) {
            table.ids.remove(&old);
        }
        table.ids.insert(number, id);
        number
    }

    /// Takes back the number of a peer that is gone.
    pub(super) fn remove(&self, id: &PeerId) -> Option<Peer> {
        let mut table = self.0.write();
        let number = table.numbers.remove(id)?;
        table.ids.remove(&number);
        Some(number)
    }

    pub(super) fn number_of(&self, id: &PeerId) -> Option<Peer> {
        self.0.read().numbers.get(id).copied()
    }

    pub(super) fn id_of(&self, number: Peer) -> Option<PeerId> {
        self.0.read().ids.get(&number).copied()
    }
}
