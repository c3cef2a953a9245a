//! Leases.

use alloy_primitives::Address;
use btt_api::types::MarketLease;

use crate::market::short_swarm;
use crate::render::table::{table, trimmed};
use crate::render::{counted, grouped, now_ms, short_address, short_btt, span};

const MIB: u64 = 1 << 20;

/// Leases of an account.
pub fn leases(leases: &[MarketLease], account: Address) -> String {
    if leases.is_empty() {
        return "no lease yet".to_owned();
    }
    lease_table(leases, account)
}

/// So many bytes: `8 MiB`, or `8,388,609 bytes`.
pub fn size(bytes: u128) -> String {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    match bytes {
        1.. if bytes.is_multiple_of(MIB) => format!("{} MiB", grouped(bytes / MIB)),
        _ => counted(bytes, "byte"),
    }
}

/// A part of a lease: `8 MiB of 48 MiB (8,388,608 bytes)`.
pub fn share(bytes: u128, due: u128) -> String {
    let exact = u64::try_from(bytes).unwrap_or(u64::MAX);
    let (part, whole) = (size(bytes), size(due));
    match part.ends_with("MiB") {
        true => format!("{part} of {whole} ({})", counted(exact, "byte")),
        false => format!("{part} of {whole}"),
    }
}

/// The table alone.
pub fn lease_table(leases: &[MarketLease], account: Address) -> String {
    let header =
        ["lease", "swarm", "epoch", "units", "peer", "role", "worth", "delivered", "state"];
    let mut table = table(header, &[2, 3, 6, 7]);
    for lease in leases {
        let (peer, role, worth) = match lease.buyer == account {
            true => (lease.seller, "buyer", lease.buyer_wei),
            false => (lease.buyer, "seller", lease.seller_wei),
        };
        table.add_row([
            lease.id.to_string(),
            short_swarm(lease.swarm),
            grouped(lease.epoch.into()),
            lease.units.to_string(),
            short_address(peer),
            role.to_owned(),
            short_btt(worth),
            delivered(lease.delivered_bytes, lease.due_bytes),
            state(lease),
        ]);
    }
    trimmed(&table)
}

fn delivered(delivered: u128, due: u128) -> String {
    let tenths = delivered.saturating_mul(1_000).checked_div(due).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn state(lease: &MarketLease) -> String {
    if let Some(end) = &lease.end {
        return format!(
            "closed: {} to the seller, {} back, {} burnt, {} of the bond",
            short_btt(end.net_wei),
            short_btt(end.refund_wei),
            short_btt(end.burnt_wei),
            short_btt(end.bond_burnt_wei)
        );
    }
    let left = |at_ms: u64| at_ms.checked_sub(now_ms()).filter(|left| *left > 0).map(span);
    match (lease.ends_at_ms.and_then(left), lease.receipts_until_ms.and_then(left)) {
        (Some(left), _) => format!("runs for {left}"),
        (None, Some(left)) => format!("receipts for {left}"),
        (None, None) if lease.ends_at_ms.is_none() => "being opened".to_owned(),
        (None, None) => "about to be closed".to_owned(),
    }
}
