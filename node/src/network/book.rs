//! The book of peers: who is connected, who counts as a validator, who is banned. Shared by the handle, the
//! swarm's task and the sessions; nobody holds its lock while waiting.

use super::{
    bans::Bans,
    event::{Offence, PeerInfo, Target},
    limits::{KNOWN_PER_VALIDATOR, NetworkLimits, PEERS_PER_VALIDATOR},
    peer::Peer,
};
use alloy_primitives::Address;
use libp2p::PeerId;
use metrics::{counter, gauge};
use parking_lot::RwLock;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::Instant,
};

/// Who is there.
#[derive(Debug)]
pub(super) struct Book {
    local: PeerId,
    limits: NetworkLimits,
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    peers: BTreeMap<PeerId, Arc<Peer>>,
    validators: BTreeSet<Address>,
    /// Ids of persistent peers, which may use the reserved slots.
    trusted: BTreeSet<PeerId>,
    /// Ids that proved a key of the set, connected or not.
    proven: BTreeMap<PeerId, Address>,
    bans: Bans,
}

/// Why a peer that said a valid hello is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unwanted {
    #[error("it is banned")]
    Banned,
    #[error("there is a connection to it already")]
    Duplicate,
    #[error("all slots are taken")]
    Full,
}

impl Book {
    pub(super) fn new(local: PeerId, limits: NetworkLimits, trusted: BTreeSet<PeerId>) -> Self {
        let inner = Inner { trusted, ..Inner::default() };
        Self { local, limits, inner: RwLock::new(inner) }
    }

    /// Takes a peer in. A connection that it replaces is told to close.
    pub(super) fn admit(&self, peer: &Arc<Peer>) -> Result<(), Unwanted> {
        let mut inner = self.inner.write();
        if inner.bans.is_banned(&peer.id, Instant::now()) {
            return Err(Unwanted::Banned);
        }
        match inner.peers.get(&peer.id) {
            Some(old) if self.is_better(peer, old) => old.close("a newer connection replaced it"),
            Some(_) => return Err(Unwanted::Duplicate),
            None if !inner.has_slot(peer, &self.limits) => return Err(Unwanted::Full),
            None => {}
        }
        inner.peers.insert(peer.id, peer.clone());
        inner.remember(peer);
        inner.show();
        Ok(())
    }

    /// Of two connections to one peer both sides must keep the same: if both dialled, the one whose dialler has
    /// the lower id. A peer that was started anew has lost the old connection, whoever dialled.
    fn is_better(&self, new: &Peer, old: &Peer) -> bool {
        let lower_dials = new.outbound == (self.local < new.id);
        let is_old_dead = new.instance != old.instance || old.is_closing();
        is_old_dead || new.outbound == old.outbound || lower_dials
    }

    /// Takes a peer out, unless another connection stands for it by now.
    pub(super) fn remove(&self, peer: &Peer) {
        let mut inner = self.inner.write();
        if inner.peers.get(&peer.id).is_some_and(|other| other.connection == peer.connection) {
            inner.peers.remove(&peer.id);
        }
        inner.show();
    }

    pub(super) fn get(&self, peer: &PeerId) -> Option<Arc<Peer>> {
        self.inner.read().peers.get(peer).cloned()
    }

    pub(super) fn is_connected(&self, peer: &PeerId) -> bool {
        self.inner.read().peers.contains_key(peer)
    }

    /// Every peer.
    pub(super) fn all(&self) -> Vec<Arc<Peer>> {
        self.inner.read().peers.values().cloned().collect()
    }

    /// Those whom a message is for.
    pub(super) fn select(&self, target: Target) -> Vec<Arc<Peer>> {
        let inner = self.inner.read();
        match target {
            Target::Peer(peer) => inner.peers.get(&peer).into_iter().cloned().collect(),
            Target::Validators => {
                inner.peers.values().filter(|peer| inner.in_set(peer)).cloned().collect()
            }
            Target::All => inner.peers.values().cloned().collect(),
        }
    }

    /// Whether a peer proved a key of the set.
    pub(super) fn in_set(&self, peer: &Peer) -> bool {
        self.inner.read().in_set(peer)
    }

    /// Whether an address is one of the set.
    pub(super) fn is_validator(&self, address: &Address) -> bool {
        self.inner.read().validators.contains(address)
    }

    pub(super) fn set_validators(&self, validators: BTreeSet<Address>) {
        let mut inner = self.inner.write();
        inner.validators = validators;
        let Inner { validators, proven, .. } = &mut *inner;
        proven.retain(|_, address| validators.contains(address));
        for peer in inner.peers.values().cloned().collect::<Vec<_>>() {
            inner.remember(&peer);
        }
        inner.show();
    }

    /// Whether a peer is one of the persistent ones, or proved before that it is a validator.
    pub(super) fn is_trusted(&self, peer: &PeerId) -> bool {
        let inner = self.inner.read();
        inner.trusted.contains(peer) || inner.proven.contains_key(peer)
    }

    /// Validators of the set that are not connected, ourselves left out.
    pub(super) fn missing_validators(&self, ours: Option<Address>) -> usize {
        let inner = self.inner.read();
        let there: BTreeSet<Address> =
            inner.peers.values().filter_map(|peer| peer.validator).chain(ours).collect();
        inner.validators.difference(&there).count()
    }

    /// How many peers we dialled, and how many there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        let inner = self.inner.read();
        (inner.peers.values().filter(|peer| peer.outbound).count(), inner.peers.len())
    }

    /// Charges an offence; bans and closes when it was one too many.
    pub(super) fn report(&self, peer: PeerId, ip: Option<IpAddr>, offence: Offence) {
        let now = Instant::now();
        let too_many = self.inner.write().bans.charge(peer, offence, &self.limits, now);
        if too_many {
            tracing::warn!(%peer, ?offence, "peer is banned");
            self.ban(peer, ip);
        }
    }

    /// Bans a peer now.
    pub(super) fn ban(&self, peer: PeerId, ip: Option<IpAddr>) {
        let mut inner = self.inner.write();
        let connected = inner.peers.get(&peer).cloned();
        let ip = ip.or_else(|| connected.as_ref().and_then(|peer| peer.ip()));
        inner.bans.ban(peer, ip, &self.limits, Instant::now());
        drop(inner);
        counter!("btt_network_bans_total").increment(1);
        if let Some(peer) = connected {
            peer.close("banned");
        }
    }

    pub(super) fn is_banned(&self, peer: &PeerId) -> bool {
        self.inner.read().bans.is_banned(peer, Instant::now())
    }

    pub(super) fn is_ip_banned(&self, ip: IpAddr) -> bool {
        self.inner.read().bans.is_ip_banned(ip, &self.limits, Instant::now())
    }

    /// A snapshot for those who look.
    pub(super) fn infos(&self) -> Vec<PeerInfo> {
        let inner = self.inner.read();
        let now = Instant::now();
        let peers = inner.peers.values();
        peers.map(|p| p.info(inner.in_set(p), inner.bans.points(&p.id, now))).collect()
    }

    /// Ends every session.
    pub(super) fn close_all(&self) {
        for peer in self.all() {
            peer.close("the node stops");
        }
    }
}

impl Inner {
    fn in_set(&self, peer: &Peer) -> bool {
        peer.validator.is_some_and(|address| self.validators.contains(&address))
    }

    /// Remembers a peer's proof while the set has its key.
    fn remember(&mut self, peer: &Peer) {
        let Some(address) = peer.validator.filter(|_| self.in_set(peer)) else { return };
        let known = self.proven.values().filter(|other| **other == address).count();
        if known < KNOWN_PER_VALIDATOR {
            self.proven.insert(peer.id, address);
        }
    }

    /// Whether an accepted peer finds a slot. Those that we dialled were counted before.
    fn has_slot(&self, peer: &Peer, limits: &NetworkLimits) -> bool {
        if peer.outbound {
            return true;
        }
        let inbound = || self.peers.values().filter(|other| !other.outbound);
        let same_key = self.peers.values().filter(|other| other.validator == peer.validator);
        let is_validator = self.in_set(peer) && same_key.count() < PEERS_PER_VALIDATOR;
        if is_validator || self.trusted.contains(&peer.id) {
            return inbound().count() < limits.max_inbound + limits.reserved_inbound;
        }
        let others =
            inbound().filter(|other| !self.in_set(other) && !self.trusted.contains(&other.id));
        others.count() < limits.max_inbound
    }

    fn show(&self) {
        let validators = self.peers.values().filter(|peer| self.in_set(peer)).count();
        gauge!("btt_network_peers", "role" => "validator").set(validators as f64);
        gauge!("btt_network_peers", "role" => "other").set((self.peers.len() - validators) as f64);
    }
}
