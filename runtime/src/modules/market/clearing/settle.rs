//! The money of a component: payments by bid, earnings by class and offer, leases with their parts of both.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "numbers of a component stay in range; sums of ticks stay below 2^120 by the book's limits"
)]

use super::{
    BPS, BidResult, LeaseResult, OfferResult, Outcome, SwarmResult,
    leases::{Served, leases, share, split},
    plan::{Part, Plan},
    solver::{Earned, NONE, Solved, classes},
};

/// Money by bid: what it pays, and the part of it that sellers may earn.
#[derive(Debug, Clone, Copy, Default)]
struct Paid {
    payment: u128,
    earned: u128,
}

/// Adds a component to the outcome.
pub(super) fn settle(plan: &Plan<'_>, part: &Part, solved: &Solved, outcome: &mut Outcome) {
    let graph = &part.component;
    let classes = classes(graph, &solved.flow);
    let leases = leases(plan, part, &solved.flow, &solved.won);
    let values = values(part, solved);
    let paid = payments(part, solved, &leases, &classes, &values);
    let class_of_seller = &classes[graph.swarms..];

    let mut pools = vec![0u128; graph.nodes()];
    for (bid, paid) in paid.iter().enumerate() {
        let swarm = graph.bid_swarm[bid] as usize;
        pools[classes[swarm] as usize] += paid.earned;
        let won = solved.won[bid];
        let id = plan.bids[part.bids[bid] as usize].id;
        outcome.bids.push(BidResult { id, won, payment: paid.payment });
    }
    // By account: over one account's bids either split may be the larger by what does not divide.
    outcome.burnt += paid.iter().map(|paid| paid.payment).sum::<u128>();
    outcome.burnt -= paid.iter().map(|paid| paid.earned).sum::<u128>();
    let mut sold = vec![0u32; graph.capacity.len()];
    for served in &leases {
        sold[served.seller as usize] += served.units;
    }
    let prices = seller_prices(&graph.ask, &sold, class_of_seller, &pools);
    let gross = |seller: usize| {
        let price = prices[class_of_seller[seller] as usize].max(u128::from(graph.ask[seller]));
        price * u128::from(sold[seller])
    };
    outcome.dust += pools.iter().sum::<u128>();
    for (seller, place) in part.offers.iter().enumerate() {
        let gross = gross(seller);
        let fee = share(gross, u64::from(plan.book.fee_bps), u64::from(BPS));
        let id = plan.offers[*place as usize].id;
        outcome.dust -= gross;
        outcome.offers.push(OfferResult { id, sold: sold[seller], gross, fee, net: gross - fee });
    }
    outcome.leases.extend(lease_results(plan, part, &leases, &paid, gross));
    let asks = graph.ask.iter().zip(&sold);
    outcome.welfare += values.iter().sum::<u128>()
        - asks.map(|(ask, sold)| u128::from(*ask) * u128::from(*sold)).sum::<u128>();
    outcome.swarms.extend(swarm_results(plan, part, solved, &classes, &prices));
    outcome.ops += solved.ops;
    outcome.pinned_components += u32::from(solved.pinned);
}

/// What every bid pays. A joint account's payment is split over classes, and in them over bids: first the asks of
/// the leased units, then the rest by units, what does not divide to the first; but no bid pays more than
/// what it won is worth to it, for no more may be locked for it.
fn payments(
    part: &Part,
    solved: &Solved,
    leases: &[Served],
    classes: &[u32],
    values: &[u128],
) -> Vec<Paid> {
    let graph = &part.component;
    let mut cost = vec![0u128; solved.won.len()];
    for served in leases {
        let ask = graph.ask[served.seller as usize];
        cost[served.bid as usize] += u128::from(ask) * u128::from(served.units);
    }
    let mut paid = vec![Paid::default(); solved.won.len()];
    for agent in &solved.prices.agents {
        let bids = solved.prices.bids_of(agent);
        let asks: u128 = bids.iter().map(|bid| cost[*bid as usize]).sum();
        let earned = match agent.earned {
            Earned::Exactly(earned) => earned,
            Earned::AtLeast(earned) => earned.max(asks),
        };
        if let [bid] = bids[..] {
            paid[bid as usize] = Paid { payment: agent.payment, earned };
            continue;
        }
        let mut groups: Vec<(u32, Vec<u32>)> = Vec::new();
        for &bid in bids {
            let class = classes[graph.bid_swarm[bid as usize] as usize];
            match groups.iter_mut().find(|(other, _)| *other == class) {
                Some((_, bids)) => bids.push(bid),
                None => groups.push((class, vec![bid])),
            }
        }
        let portion = |bids: &[u32]| Portion {
            cost: bids.iter().map(|bid| cost[*bid as usize]).sum(),
            units: bids.iter().map(|bid| u64::from(solved.won[*bid as usize])).sum(),
            value: bids.iter().map(|bid| values[*bid as usize]).sum(),
        };
        let of_groups: Vec<Portion> = groups.iter().map(|(_, bids)| portion(bids)).collect();
        let payments = divide(agent.payment, &of_groups);
        let earnings = divide(earned, &of_groups);
        for (((_, bids), payment), earned) in groups.iter().zip(payments).zip(earnings) {
            let of_bids: Vec<Portion> = bids.iter().map(|bid| portion(&[*bid])).collect();
            let split = divide(payment, &of_bids).into_iter().zip(divide(earned, &of_bids));
            for (bid, (payment, earned)) in bids.iter().zip(split) {
                paid[*bid as usize] = Paid { payment, earned };
            }
        }
    }
    paid
}

/// Asks, units and declared value of a part of a joint account.
struct Portion {
    cost: u128,
    units: u64,
    value: u128,
}

/// Divides an amount between the sum of all costs and that of all values: to each its cost, the rest by units, what
/// does not divide to the first. What is above a part's value goes to the first that have room.
fn divide(amount: u128, portions: &[Portion]) -> Vec<u128> {
    let rest = amount - portions.iter().map(|portion| portion.cost).sum::<u128>();
    let units = portions.iter().map(|portion| portion.units).sum();
    let mut parts: Vec<u128> =
        portions.iter().map(|p| p.cost + share(rest, p.units, units)).collect();
    let left = amount - parts.iter().sum::<u128>();
    if let Some(first) = parts.first_mut() {
        *first += left;
    }
    let mut above = 0;
    for (part, portion) in parts.iter_mut().zip(portions) {
        above += part.saturating_sub(portion.value);
        *part = (*part).min(portion.value);
    }
    for (part, portion) in parts.iter_mut().zip(portions) {
        let more = above.min(portion.value - *part);
        *part += more;
        above -= more;
    }
    parts
}

/// By class: the largest whole price at which all sellers of the class, none below its ask, can be paid from the
/// class's pool.
fn seller_prices(asks: &[u64], sold: &[u32], class_of: &[u32], pools: &[u128]) -> Vec<u128> {
    let mut sellers: Vec<usize> = (0..asks.len()).filter(|seller| sold[*seller] > 0).collect();
    sellers.sort_unstable_by_key(|seller| (class_of[*seller], asks[*seller]));
    let mut prices = vec![0; pools.len()];
    for class in sellers.chunk_by(|a, b| class_of[*a] == class_of[*b]) {
        let place = class_of[class[0]] as usize;
        let cost = |seller: usize| u128::from(asks[seller]) * u128::from(sold[seller]);
        let mut dearer: u128 = class.iter().map(|seller| cost(*seller)).sum();
        let mut units = 0u128;
        for (rank, &seller) in class.iter().enumerate() {
            dearer -= cost(seller);
            units += u128::from(sold[seller]);
            prices[place] = (pools[place] - dearer) / units;
            let next = class.get(rank + 1).map(|seller| u128::from(asks[*seller]));
            if next.is_some_and(|ask| prices[place] < ask) {
                break;
            }
        }
    }
    prices
}

fn lease_results(
    plan: &Plan<'_>,
    part: &Part,
    leases: &[Served],
    paid: &[Paid],
    gross: impl Fn(usize) -> u128,
) -> Vec<LeaseResult> {
    let mut results: Vec<LeaseResult> = leases
        .iter()
        .map(|served| LeaseResult {
            bid: plan.bids[part.bids[served.bid as usize] as usize].id,
            offer: plan.offers[part.offers[served.seller as usize] as usize].id,
            units: served.units,
            buyer_total: 0,
            seller_total: 0,
        })
        .collect();
    let units = |places: &[usize]| -> Vec<u32> {
        places.iter().map(|place| leases[*place].units).collect()
    };
    let mut order: Vec<usize> = (0..leases.len()).collect();
    for places in order.chunk_by(|a, b| leases[*a].bid == leases[*b].bid) {
        let parts = split(paid[leases[places[0]].bid as usize].payment, &units(places));
        for (place, amount) in places.iter().zip(parts) {
            results[*place].buyer_total = amount;
        }
    }
    // Stable: a seller's leases stay in the order of their bids.
    order.sort_by_key(|place| leases[*place].seller);
    for places in order.chunk_by(|a, b| leases[*a].seller == leases[*b].seller) {
        let parts = split(gross(leases[places[0]].seller as usize), &units(places));
        for (place, amount) in places.iter().zip(parts) {
            results[*place].seller_total = amount;
        }
    }
    results
}

/// Declared value of what each bid won.
fn values(part: &Part, solved: &Solved) -> Vec<u128> {
    let mut left = solved.won.clone();
    let mut values = vec![0; left.len()];
    // A bid wins its tiers from the first on.
    for item in part.component.items.iter().filter(|item| item.bid != NONE) {
        let left = &mut left[item.bid as usize];
        let taken = item.units.min(*left);
        *left -= taken;
        values[item.bid as usize] += u128::from(item.price) * u128::from(taken);
    }
    values
}

fn swarm_results(
    plan: &Plan<'_>,
    part: &Part,
    solved: &Solved,
    classes: &[u32],
    prices: &[u128],
) -> Vec<SwarmResult> {
    let graph = &part.component;
    let mut results: Vec<SwarmResult> = part
        .swarms
        .iter()
        .enumerate()
        .map(|(swarm, place)| SwarmResult {
            swarm: plan.swarms[*place as usize],
            sellers: graph.swarm_start[swarm + 1] - graph.swarm_start[swarm],
            bids: 0,
            won: 0,
            marginal_price: solved.prices.marginal[swarm],
            seller_price: prices[classes[swarm] as usize],
            is_fallback: solved.prices.fallback[swarm],
        })
        .collect();
    for (bid, won) in solved.won.iter().enumerate() {
        let result = &mut results[graph.bid_swarm[bid] as usize];
        result.bids += 1;
        result.won += won;
    }
    results
}
