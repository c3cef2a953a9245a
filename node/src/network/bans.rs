//! Penalty points and bans, by peer id; addresses from which many were banned are banned too.

use super::{event::Offence, limits::NetworkLimits};
use libp2p::PeerId;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::{Duration, Instant},
};

/// Points are forgiven one by one, each after this long.
const FORGIVEN_AFTER: Duration = Duration::from_secs(1);

/// Who misbehaved. Bounded: what was forgotten first goes first.
#[derive(Debug, Default)]
pub(super) struct Bans {
    points: BTreeMap<PeerId, Points>,
    banned: BTreeMap<PeerId, Ban>,
}

#[derive(Debug, Clone, Copy)]
struct Points {
    count: u32,
    counted: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Ban {
    until: Instant,
    ip: Option<IpAddr>,
}

impl Points {
    fn left(self, now: Instant) -> u32 {
        let forgiven = now.saturating_duration_since(self.counted).as_secs();
        self.count.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }
}

impl Bans {
    /// Points of a peer.
    pub(super) fn points(&self, peer: &PeerId, now: Instant) -> u32 {
        self.points.get(peer).map_or(0, |points| points.left(now))
    }

    /// Charges an offence, and says whether the peer is to be banned for it.
    pub(super) fn charge(
        &mut self,
        peer: PeerId,
        offence: Offence,
        limits: &NetworkLimits,
        now: Instant,
    ) -> bool {
        let entry = self.points.entry(peer).or_insert(Points { count: 0, counted: now });
        let left = entry.left(now);
        // What of a second is not forgiven yet stays to be.
        if left == 0 {
            entry.counted = now;
        } else {
            entry.counted += FORGIVEN_AFTER * (entry.count - left);
        }
        entry.count = left.saturating_add(offence.points());
        let too_many = entry.count >= limits.ban_points;
        if self.points.len() > limits.remembered_peers {
            self.points.retain(|_, points| points.left(now) > 0);
            if self.points.len() > limits.remembered_peers {
                let least = self.points.iter().min_by_key(|(_, points)| points.left(now));
                if let Some(least) = least.map(|(peer, _)| *peer) {
                    self.points.remove(&least);
                }
            }
        }
        too_many
    }

    /// Bans a peer.
    pub(super) fn ban(
        &mut self,
        peer: PeerId,
        ip: Option<IpAddr>,
        limits: &NetworkLimits,
        now: Instant,
    ) {
        self.points.remove(&peer);
        self.banned.retain(|_, ban| ban.until > now);
        if self.banned.len() >= limits.remembered_peers {
            let first = self.banned.iter().min_by_key(|(_, ban)| ban.until);
            if let Some(first) = first.map(|(peer, _)| *peer) {
                self.banned.remove(&first);
            }
        }
        self.banned.insert(peer, Ban { until: now + limits.ban_duration, ip });
    }

    pub(super) fn is_banned(&self, peer: &PeerId, now: Instant) -> bool {
        self.banned.get(peer).is_some_and(|ban| ban.until > now)
    }

    /// Whether too many peers of an address are banned. Loopback never is: there everyone shares one.
    pub(super) fn is_ip_banned(&self, ip: IpAddr, limits: &NetworkLimits, now: Instant) -> bool {
        let of_ip = self.banned.iter().filter(|(_, ban)| ban.until > now && ban.ip == Some(ip));
        !ip.is_loopback()
            && of_ip.map(|(peer, _)| peer).collect::<BTreeSet<_>>().len() >= limits.bans_per_ip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_add_up_to_a_ban_and_are_forgiven() {
        let limits = NetworkLimits::default();
        let (mut bans, peer, now) = (Bans::default(), PeerId::random(), Instant::now());
        assert!(!bans.charge(peer, Offence::Lie, &limits, now));
        assert!(!bans.charge(peer, Offence::Lie, &limits, now));
        assert_eq!(bans.points(&peer, now + Duration::from_secs(30)), 50);
        assert!(!bans.charge(peer, Offence::Lie, &limits, now + Duration::from_secs(30)));
        assert!(bans.charge(peer, Offence::Lie, &limits, now + Duration::from_secs(31)));
        assert_eq!(bans.points(&PeerId::random(), now), 0);
    }

    #[test]
    fn bans_end_and_their_address_shares_them() {
        let limits = NetworkLimits::default();
        let (mut bans, now) = (Bans::default(), Instant::now());
        let ip: IpAddr = [192, 0, 2, 1].into();
        let peers: Vec<PeerId> = (0..3).map(|_| PeerId::random()).collect();
        for peer in &peers {
            assert!(!bans.is_ip_banned(ip, &limits, now));
            bans.ban(*peer, Some(ip), &limits, now);
            assert!(bans.is_banned(peer, now));
        }
        assert!(bans.is_ip_banned(ip, &limits, now));
        let later = now + limits.ban_duration;
        assert!(!bans.is_banned(&peers[0], later) && !bans.is_ip_banned(ip, &limits, later));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = NetworkLimits { remembered_peers: 10, ..NetworkLimits::default() };
        let (mut bans, now) = (Bans::default(), Instant::now());
        for _ in 0..100 {
            bans.charge(PeerId::random(), Offence::Invalid, &limits, now);
            bans.ban(PeerId::random(), None, &limits, now);
        }
        assert!(bans.points.len() <= 10 && bans.banned.len() <= 10);
    }
}
