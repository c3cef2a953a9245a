//! Offers and sellers.

use btt_api::types::{MarketOffer, MarketSeller};
use btt_runtime::primitives::amount::{format_btt, format_btt_number};

use crate::market::{price, short_swarm};
use crate::render::table::{table, trimmed};
use crate::render::{Fields, counted, grouped, percent, short_address, short_btt};

/// Standing offers.
pub fn offers(offers: &[MarketOffer]) -> String {
    if offers.is_empty() {
        return "no offer stands".to_owned();
    }
    let text = offer_table(offers);
    format!("{text}\n\nasks are BTT for a unit of 8 MiB, the fee included")
}

/// The table alone.
pub fn offer_table(offers: &[MarketOffer]) -> String {
    let header = ["offer", "seller", "units", "ask", "swarms", "epochs", "open leases"];
    let mut table = table(header, &[0, 2, 3, 6]);
    for offer in offers {
        let swarms: Vec<String> = offer.swarms.iter().copied().map(short_swarm).collect();
        table.add_row([
            offer.id.to_string(),
            short_address(offer.seller),
            grouped(offer.capacity.into()),
            short_btt(price::wei(offer.ask_ticks)),
            swarms.join(" "),
            epochs(offer),
            offer.open_leases.to_string(),
        ]);
    }
    trimmed(&table)
}

/// In the books of which epochs it is.
fn epochs(offer: &MarketOffer) -> String {
    let (from, to) = (grouped(offer.from_epoch.into()), grouped(offer.to_epoch.into()));
    match offer.active_from {
        _ if offer.to_epoch < offer.from_epoch => "withdrawn".to_owned(),
        None => format!("{from} to {to}; out of the book: bond too low"),
        // The bond has become whole again.
        Some(back) if back > offer.from_epoch => format!("{} to {to}", grouped(back.into())),
        Some(_) => format!("{from} to {to}"),
    }
}

/// A seller's bond.
pub fn bond(seller: &MarketSeller) -> Fields {
    let free = seller.bond_wei.saturating_sub(seller.required_wei);
    let short = seller.required_wei.saturating_sub(seller.bond_wei);
    let is_enough = match (seller.is_enough, seller.active_from) {
        (true, _) => "yes".to_owned(),
        (false, Some(_)) => format!("no, {} short", format_btt(short)),
        (false, None) => format!("no, {} short: its offers are in no book", format_btt(short)),
    };
    let add = format!("btt market bond add {}", format_btt_number(short));
    Fields::new()
        .line("bond", format_btt(seller.bond_wei))
        .line("bound", format!("{} by offers", format_btt(seller.required_wei)))
        .line("free", format_btt(free))
        .line("is enough", is_enough)
        .maybe("to be whole", (!seller.is_enough).then_some(add))
}

/// A seller, what it offers and how well it delivers.
pub fn seller(seller: &MarketSeller, offers: &[MarketOffer]) -> String {
    let delivered = match seller.leased_bytes {
        0 => "nothing was leased yet".to_owned(),
        leased => {
            let bps = seller.delivered_bytes.saturating_mul(10_000) / leased;
            format!(
                "{} of what was leased, in the newest {}",
                percent(u32::try_from(bps).unwrap_or(u32::MAX)),
                counted(seller.closed_leases.into(), "closed lease")
            )
        }
    };
    let lines = Fields::new()
        .line("seller", seller.seller)
        .and(bond(seller))
        .line("delivered", delivered)
        .line("earned", format!("{} after fees", format_btt(seller.net_wei)))
        .line("bond burnt", format_btt(seller.bond_burnt_wei))
        .render();
    match offers {
        [] => lines,
        offers => format!("{lines}\n\n{}", offer_table(offers)),
    }
}
