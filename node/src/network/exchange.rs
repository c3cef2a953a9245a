//! Peer exchange: the addresses of peers that a peer may hear of, and those that we take from one.

use super::{event::Response, peer::Peer, shared::Shared, swarm::socket};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use rand::seq::SliceRandom as _;
use std::net::IpAddr;

/// Addresses of one peer that are told.
const TOLD_PER_PEER: usize = 2;

/// How far an address reaches. A peer hears only of addresses that reach at least as far as its own: private
/// ones are of no use to the rest of the world, and none of its business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Loopback,
    Private,
    Public,
}

impl Reach {
    fn of(ip: IpAddr) -> Self {
        let is_private = match ip {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        match ip {
            ip if ip.is_loopback() => Self::Loopback,
            _ if is_private => Self::Private,
            _ => Self::Public,
        }
    }
}

/// Some of our peers' addresses for a peer that asks, validators of the set first.
pub(super) fn answer(shared: &Shared, asking: &Peer) -> Response {
    let least = asking.ip().map_or(Reach::Public, Reach::of);
    let mut others = shared.book.all();
    others.retain(|other| other.id != asking.id);
    others.shuffle(&mut rand::rng());
    others.sort_by_key(|other| !shared.book.in_set(other));
    let addresses = others.iter().flat_map(|other| {
        let told = other.listens().into_iter().filter(move |address| {
            socket(address).is_some_and(|(socket, _)| Reach::of(socket.ip()) >= least)
        });
        told.filter_map(|address| address.with_p2p(other.id).ok()).take(TOLD_PER_PEER)
    });
    Response::Peers(addresses.take(shared.limits.exchange_addresses).collect())
}

/// An address that a peer told, if it can be dialled: a plain one, with the id of whom it is of.
pub(super) fn acceptable(address: &Multiaddr) -> bool {
    let is_plain = socket(address)
        .is_some_and(|(socket, _)| socket.port() != 0 && !socket.ip().is_unspecified());
    is_plain && split_id(address).1.is_some()
}

/// An address without the peer's id, and the id.
pub(super) fn split_id(address: &Multiaddr) -> (Multiaddr, Option<PeerId>) {
    let mut bare = address.clone();
    match bare.pop() {
        Some(Protocol::P2p(peer)) => (bare, Some(peer)),
        _ => (address.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_reach_as_far_as_they_say() {
        let reach = |ip: &str| Reach::of(ip.parse().unwrap());
        assert_eq!(reach("127.0.0.1"), Reach::Loopback);
        assert_eq!(reach("::1"), Reach::Loopback);
        assert_eq!(reach("10.1.2.3"), Reach::Private);
        assert_eq!(reach("fd00::1"), Reach::Private);
        assert_eq!(reach("192.0.2.1"), Reach::Public);
        assert!(Reach::Loopback < Reach::Private && Reach::Private < Reach::Public);
    }

    #[test]
    fn only_plain_addresses_with_an_id_are_taken() {
        let peer = PeerId::random();
        let taken = |text: String| acceptable(&text.parse().unwrap());
        assert!(taken(format!("/ip4/192.0.2.1/tcp/30303/p2p/{peer}")));
        assert!(taken(format!("/ip6/2001:db8::1/udp/30303/quic-v1/p2p/{peer}")));
        assert!(!taken("/ip4/192.0.2.1/tcp/30303".to_owned()));
        assert!(!taken(format!("/ip4/192.0.2.1/tcp/0/p2p/{peer}")));
        assert!(!taken(format!("/ip4/0.0.0.0/tcp/1/p2p/{peer}")));
        assert!(!taken(format!("/dns4/example.org/tcp/1/p2p/{peer}")));
        assert!(!taken(format!("/ip4/192.0.2.1/udp/1/p2p/{peer}")));
    }
}
