//! Leases: what is won and sold is leased out, and what is paid and earned is split over them.

use std::collections::BTreeMap;

use super::{Case, Difference, ensure, same};

impl Case<'_> {
    /// Every unit and every tick of bids and offers is in exactly one lease, and each lease can be served.
    pub(super) fn leases(&self) -> Result<(), Difference> {
        let leases = &self.outcome.leases;
        ensure!(
            leases.is_sorted_by(|a, b| (a.bid, a.offer) < (b.bid, b.offer)),
            "the leases are not in the order of bid and offer, each pair once"
        );
        let mut of_bid: BTreeMap<usize, (u64, u128)> = BTreeMap::new();
        let mut of_offer: BTreeMap<usize, (u64, u128)> = BTreeMap::new();
        for lease in leases {
            let name = || format!("lease of bid {} with offer {}", lease.bid, lease.offer);
            let places = (self.bid_of.get(&lease.bid), self.offer_of.get(&lease.offer));
            let (Some(bid), Some(offer)) = places else {
                return Err(format!("{}: the book has no such pair", name()));
            };
            ensure!(lease.units > 0, "{}: no units", name());
            let swarm = &self.book.bids[*bid].swarm;
            let lists = self.book.offers[*offer].swarms.binary_search(swarm).is_ok();
            ensure!(lists, "{}: the offer does not list the bid's swarm", name());
            let (units, ticks) = of_bid.entry(*bid).or_default();
            (*units, *ticks) = (*units + u64::from(lease.units), *ticks + lease.buyer_total);
            let (units, ticks) = of_offer.entry(*offer).or_default();
            (*units, *ticks) = (*units + u64::from(lease.units), *ticks + lease.seller_total);
        }
        for bid in &self.outcome.bids {
            let (units, ticks) = of_bid.get(&self.bid_of[&bid.id]).copied().unwrap_or_default();
            same(|| format!("bid {}: units leased", bid.id), units, u64::from(bid.won))?;
            same(|| format!("bid {}: paid in leases", bid.id), ticks, bid.payment)?;
        }
        for offer in &self.outcome.offers {
            let (units, ticks) =
                of_offer.get(&self.offer_of[&offer.id]).copied().unwrap_or_default();
            same(|| format!("offer {}: units leased", offer.id), units, u64::from(offer.sold))?;
            same(|| format!("offer {}: earned in leases", offer.id), ticks, offer.gross)?;
        }
        self.few_leases()
    }

    /// Every swarm has fewer leases than it has winners and sellers together.
    fn few_leases(&self) -> Result<(), Difference> {
        let mut of_swarm: BTreeMap<_, (usize, Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for lease in &self.outcome.leases {
            let swarm = self.book.bids[self.bid_of[&lease.bid]].swarm;
            let (count, bids, offers) = of_swarm.entry(swarm).or_default();
            *count += 1;
            bids.push(lease.bid);
            offers.push(lease.offer);
        }
        for (swarm, (count, mut bids, mut offers)) in of_swarm {
            for ids in [&mut bids, &mut offers] {
                ids.sort_unstable();
                ids.dedup();
            }
            let most = bids.len() + offers.len() - 1;
            ensure!(count <= most, "swarm {swarm}: {count} leases, at most {most} are needed");
        }
        Ok(())
    }
}
