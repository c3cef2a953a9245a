//! Whom to dial, and when: persistent peers for ever, bootstrap peers while there are few, learnt ones as needed.

use super::{
    exchange::{acceptable, split_id},
    limits::{MAX_FAILED_DIALS, NetworkLimits},
    swarm::socket,
};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use rand::{Rng as _, seq::SliceRandom as _};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Why an address is dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The configuration wants a connection at all times.
    Persistent,
    /// Somebody asked for it; forgotten when it succeeds or fails too often.
    Asked,
    /// The configuration knows it as a beginning.
    Bootstrap,
    /// Another peer told it.
    Learnt,
}

#[derive(Debug)]
struct Target {
    kind: Kind,
    /// Whom we expect there: as configured or told, or as found.
    peer: Option<PeerId>,
    is_peer_fixed: bool,
    failures: u32,
    next: Instant,
    is_busy: bool,
}

/// What is wanted now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Whether bootstrap peers are.
    pub(super) bootstrap: bool,
    /// How many learnt addresses are to be tried.
    pub(super) learnt: usize,
}

/// Addresses and when to dial them; keyed by the address without the peer's id.
#[derive(Debug)]
pub(super) struct Dialer {
    local: PeerId,
    limits: NetworkLimits,
    targets: BTreeMap<Multiaddr, Target>,
}

impl Dialer {
    pub(super) fn new(local: PeerId, limits: NetworkLimits) -> Self {
        Self { local, limits, targets: BTreeMap::new() }
    }

    /// Adds an address. A learnt one must be plain, and there is an end to how many are remembered.
    pub(super) fn add(&mut self, address: &Multiaddr, kind: Kind, now: Instant) {
        let (bare, peer) = split_id(address);
        let is_learnt = kind == Kind::Learnt;
        if peer == Some(self.local) || (is_learnt && !acceptable(address)) {
            return;
        }
        if let Some(known) = self.targets.get_mut(&bare) {
            if kind < known.kind {
                known.kind = kind;
                known.next = now;
            }
            return;
        }
        if is_learnt && self.targets.len() >= self.limits.known_addresses {
            return;
        }
        let target = Target {
            kind,
            peer,
            is_peer_fixed: peer.is_some(),
            failures: 0,
            next: now,
            is_busy: false,
        };
        self.targets.insert(bare, target);
    }

    /// Addresses to dial now; each is busy until it succeeds, fails or is released.
    pub(super) fn due(
        &mut self,
        now: Instant,
        wanted: Wanted,
        is_connected: impl Fn(&PeerId) -> bool,
    ) -> Vec<(Multiaddr, Option<PeerId>)> {
        let busy = self.targets.values().filter(|target| target.is_busy).count();
        let mut room = self.limits.max_dials.saturating_sub(busy);
        let mut learnt = wanted.learnt;
        let mut due: Vec<_> = self
            .targets
            .iter_mut()
            .filter(|(_, target)| !target.is_busy && target.next <= now)
            .filter(|(_, target)| !target.peer.is_some_and(|peer| is_connected(&peer)))
            .collect();
        due.shuffle(&mut rand::rng());
        due.sort_by_key(|(_, target)| target.kind);
        let mut chosen = Vec::new();
        for (address, target) in due {
            let is_wanted = match target.kind {
                Kind::Persistent | Kind::Asked => true,
                Kind::Bootstrap => wanted.bootstrap,
                Kind::Learnt => learnt > 0,
            };
            if !is_wanted || room == 0 {
                continue;
            }
            room -= 1;
            learnt -= usize::from(target.kind == Kind::Learnt);
            target.is_busy = true;
            chosen.push((address.clone(), target.peer));
        }
        chosen
    }

    /// Who answered at an address.
    pub(super) fn found(&mut self, address: &Multiaddr, peer: PeerId) {
        if let Some(target) = self.targets.get_mut(address) {
            target.peer = Some(peer);
        }
    }

    /// There is a connection with a valid hello. That it lasts is not said yet.
    pub(super) fn succeeded(&mut self, address: &Multiaddr) {
        if let Some(target) = self.targets.get_mut(address) {
            target.is_busy = false;
            if target.kind == Kind::Asked {
                self.targets.remove(address);
            }
        }
    }

    /// A connection that lasted has ended.
    pub(super) fn lost(&mut self, address: &Multiaddr, now: Instant) {
        if let Some(target) = self.targets.get_mut(address) {
            target.failures = 0;
        }
        self.released(address, now);
    }

    /// There is no connection, or none with a valid hello.
    pub(super) fn failed(&mut self, address: &Multiaddr, now: Instant) {
        let Some(target) = self.targets.get_mut(address) else { return };
        target.is_busy = false;
        // Whoever was found there may be gone for good; whoever is expected there is still expected.
        target.peer = target.peer.filter(|_| target.is_peer_fixed);
        let doubled = 1u32.checked_shl(target.failures).unwrap_or(u32::MAX);
        let pause = self.limits.redial_first.saturating_mul(doubled).min(self.limits.redial_max);
        target.failures = target.failures.saturating_add(1);
        target.next = now + jittered(pause);
        let is_given_up = target.failures >= MAX_FAILED_DIALS;
        if is_given_up && matches!(target.kind, Kind::Learnt | Kind::Asked) {
            self.targets.remove(address);
        }
    }

    /// The dial was not made after all.
    pub(super) fn released(&mut self, address: &Multiaddr, now: Instant) {
        if let Some(target) = self.targets.get_mut(address) {
            target.is_busy = false;
            target.next = now + jittered(self.limits.redial_first);
        }
    }

    /// The address is not to be dialled for a while.
    pub(super) fn cool(&mut self, address: &Multiaddr, now: Instant) {
        if let Some(target) = self.targets.get_mut(address) {
            target.is_busy = false;
            target.next = now + self.limits.wrong_chain_cooldown;
        }
    }

    /// A peer's addresses are not to be dialled for a while.
    pub(super) fn cool_peer(&mut self, peer: PeerId, now: Instant) {
        for target in self.targets.values_mut().filter(|target| target.peer == Some(peer)) {
            target.next = now + self.limits.wrong_chain_cooldown;
        }
    }

    /// The address is our own.
    pub(super) fn forget(&mut self, address: &Multiaddr) {
        self.targets.remove(address);
    }
}

/// A duration give or take a quarter, so that peers do not dial in step.
fn jittered(duration: Duration) -> Duration {
    let percent = rand::rng().random_range(75..=125);
    duration * percent / 100
}

/// Whether an address has a form that we can dial.
pub(super) fn is_dialable(address: &Multiaddr) -> bool {
    socket(address).is_some() || host_name(address).is_some()
}

fn host_name(address: &Multiaddr) -> Option<String> {
    match address.iter().next()? {
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => Some(name.into()),
        _ => None,
    }
}

/// Whether an address begins with a name that must be looked up first.
pub(super) fn is_named(address: &Multiaddr) -> bool {
    host_name(address).is_some()
}

/// Looks up the name in an address, by the system's resolver.
pub(super) async fn resolve(address: &Multiaddr) -> Option<Multiaddr> {
    let found = tokio::net::lookup_host((host_name(address)?, 0)).await.ok()?;
    let fits = |ip: &std::net::IpAddr| match address.iter().next() {
        Some(Protocol::Dns4(_)) => ip.is_ipv4(),
        Some(Protocol::Dns6(_)) => ip.is_ipv6(),
        _ => true,
    };
    let ip = found.map(|socket| socket.ip()).find(fits)?;
    address.replace(0, |_| Some(ip.into())).filter(|address| socket(address).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted = Wanted { bootstrap: true, learnt: 9 };

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/192.0.2.1/tcp/{port}").parse().unwrap()
    }

    fn with_id(port: u16) -> (Multiaddr, PeerId) {
        let peer = PeerId::random();
        (address(port).with_p2p(peer).unwrap(), peer)
    }

    fn dialer() -> (Dialer, Instant) {
        (Dialer::new(PeerId::random(), NetworkLimits::default()), Instant::now())
    }

    #[test]
    fn a_persistent_peer_is_dialled_again_and_again_ever_more_rarely() {
        let (mut dialer, mut now) = dialer();
        dialer.add(&address(1), Kind::Persistent, now);
        let mut pauses = Vec::new();
        for _ in 0..20 {
            assert_eq!(dialer.due(now, ALL, |_| false), [(address(1), None)]);
            assert!(dialer.due(now, ALL, |_| false).is_empty());
            dialer.failed(&address(1), now);
            let next = dialer.targets[&address(1)].next;
            pauses.push(next - now);
            now = next;
        }
        assert!(pauses[0] < Duration::from_millis(200), "{pauses:?}");
        assert!(pauses[19] > Duration::from_secs(7), "{pauses:?}");
        assert!(pauses[19] < Duration::from_secs(13), "{pauses:?}");
        dialer.due(now, ALL, |_| false);
        dialer.succeeded(&address(1));
        dialer.lost(&address(1), now);
        assert!(dialer.targets[&address(1)].next - now < Duration::from_millis(200));
    }

    #[test]
    fn connected_peers_and_ourselves_are_not_dialled() {
        let (mut dialer, now) = dialer();
        let (there, peer) = with_id(1);
        dialer.add(&there, Kind::Persistent, now);
        let us = address(2).with_p2p(dialer.local).unwrap();
        dialer.add(&us, Kind::Persistent, now);
        assert!(dialer.due(now, ALL, |other| *other == peer).is_empty());
        assert_eq!(dialer.due(now, ALL, |_| false), [(address(1), Some(peer))]);
    }

    #[test]
    fn learnt_addresses_are_tried_as_needed_and_forgotten_when_they_fail() {
        let (mut dialer, mut now) = dialer();
        for port in 1..=5 {
            dialer.add(&with_id(port).0, Kind::Learnt, now);
        }
        dialer.add(&address(6), Kind::Learnt, now);
        assert_eq!(dialer.targets.len(), 5);
        let wanted = Wanted { bootstrap: false, learnt: 2 };
        assert_eq!(dialer.due(now, wanted, |_| false).len(), 2);
        for port in 1..=5 {
            for _ in 0..MAX_FAILED_DIALS {
                dialer.failed(&address(port), now);
            }
        }
        assert!(dialer.targets.is_empty());
        for _ in 0..2 * dialer.limits.known_addresses {
            let (address, _) = with_id(rand::random_range(1..=u16::MAX));
            dialer.add(&address, Kind::Learnt, now);
        }
        assert!(dialer.targets.len() <= dialer.limits.known_addresses);
        now += Duration::from_secs(1);
        assert_eq!(dialer.due(now, Wanted { bootstrap: true, learnt: 99 }, |_| false).len(), 16);
    }

    #[tokio::test]
    async fn names_are_looked_up() {
        let named: Multiaddr = "/dns4/localhost/tcp/7".parse().unwrap();
        assert!(is_named(&named) && is_dialable(&named));
        let found = resolve(&named).await;
        assert_eq!(found, Some("/ip4/127.0.0.1/tcp/7".parse().unwrap()));
        assert!(!is_dialable(&"/memory/1".parse().unwrap()));
    }
}
