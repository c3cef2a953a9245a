//! One channel or pool.

use alloy_primitives::{Address, B256, U256};
use btt_api::types::{ChannelInfo, ChannelKind, ChannelStatus};
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use super::standing;
use crate::output::Report;
use crate::render::{Fields, deadline, grouped, now_ms, span};

/// Characters of the bar.
const BAR_WIDTH: u64 = 40;

/// What `btt channel show` and `btt channel pool show` print.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelReport {
    id: B256,
    kind: ChannelKind,
    status: ChannelStatus,
    payer: Address,
    payee: Option<Address>,
    signer: Address,
    operator: Address,
    salt: B256,
    open_index: u64,
    deposit_wei: String,
    settled_wei: String,
    lane_settled_wei: Option<Vec<String>>,
    remaining_wei: String,
    signed_wei: String,
    unsettled_wei: String,
    collateral_wei: Option<String>,
    min_payees: Option<u16>,
    is_frozen: Option<bool>,
    paid_to: Option<Address>,
    paid_wei: Option<String>,
    grace_s: u32,
    storage_deposit_wei: String,
    closes_at_ms: Option<u64>,
    closes_at_block: Option<u64>,
    expires_at_ms: Option<u64>,
    expires_at_block: Option<u64>,
    opened_at_block: u64,
    closed_at_block: Option<u64>,
    #[serde(skip)]
    text: String,
}

impl ChannelReport {
    /// `signed_wei` and `unsettled_wei`: what the wallet signed as payer and keeps as payee, beyond what was
    /// paid; `paid`: a payee of a pool and what it was paid.
    pub fn new(
        info: &ChannelInfo,
        signed_wei: u128,
        unsettled_wei: u128,
        paid: Option<(Address, u128)>,
    ) -> Self {
        // What was not paid when it closed never will be.
        let is_over = info.status == ChannelStatus::Closed;
        let [signed_wei, unsettled_wei] =
            [signed_wei, unsettled_wei].map(|wei| if is_over { 0 } else { wei });
        let lanes = info.lane_settled_wei.map(|lanes| lanes.map(|wei| wei.to_string()).to_vec());
        Self {
            id: info.id,
            kind: info.kind,
            status: info.status,
            payer: info.payer,
            payee: info.payee,
            signer: info.signer,
            operator: info.operator,
            salt: info.salt,
            open_index: info.open_index,
            deposit_wei: info.deposit_wei.to_string(),
            settled_wei: info.settled_wei.to_string(),
            lane_settled_wei: lanes,
            remaining_wei: info.remaining_wei.to_string(),
            signed_wei: signed_wei.to_string(),
            unsettled_wei: unsettled_wei.to_string(),
            collateral_wei: info.collateral_wei.map(|wei| wei.to_string()),
            min_payees: info.min_payees,
            is_frozen: info.is_frozen,
            paid_to: paid.map(|(payee, _)| payee),
            paid_wei: paid.map(|(_, wei)| wei.to_string()),
            grace_s: info.grace_s,
            storage_deposit_wei: info.storage_deposit_wei.to_string(),
            closes_at_ms: info.closes_at_ms,
            closes_at_block: info.closes_at_block,
            expires_at_ms: info.expires_at_ms,
            expires_at_block: info.expires_at_block,
            opened_at_block: info.opened_at_block,
            closed_at_block: info.closed_at_block,
            text: text(info, signed_wei.max(unsettled_wei), unsettled_wei, paid),
        }
    }
}

impl Report for ChannelReport {
    fn human(&self) -> String {
        self.text.clone()
    }
}

fn text(
    info: &ChannelInfo,
    promised_wei: u128,
    unsettled_wei: u128,
    paid: Option<(Address, u128)>,
) -> String {
    let kind = match info.kind {
        ChannelKind::Channel => "channel",
        ChannelKind::Pool => "pool",
    };
    let lanes = info.lane_settled_wei.filter(|lanes| lanes.iter().skip(1).any(|w| !w.is_zero()));
    let lanes = lanes.map(|lanes| lanes.map(format_btt).join(", "));
    let promised = U256::from(promised_wei);
    let share = info
        .min_payees
        .filter(|count| *count > 0)
        .map(|count| format!("may claim {}", format_btt(info.deposit_wei / U256::from(count))));
    let closes = info
        .closes_at_ms
        .filter(|_| info.status == ChannelStatus::Closing)
        .map(|ms| deadline(ms, info.closes_at_block.unwrap_or_default(), now_ms()));
    let expires = info
        .expires_at_ms
        .map(|ms| deadline(ms, info.expires_at_block.unwrap_or_default(), now_ms()));
    let storage = (!info.storage_deposit_wei.is_zero())
        .then(|| format!("{}, returns when it ends", format_btt(info.storage_deposit_wei)));
    let is_closing = closes.is_some();
    let hint = (unsettled_wei > 0).then(|| {
        let what =
            format!("{} are yours: btt channel settle", format_btt(U256::from(unsettled_wei)));
        if is_closing { format!("{what}, now: the payer takes its deposit back") } else { what }
    });
    let mut fields = Fields::new()
        .line(kind, info.id)
        .line("state", standing(info, now_ms()))
        .line("payer", info.payer)
        .maybe("payee", info.payee)
        .maybe("signer", (info.signer != info.payer).then_some(info.signer))
        .maybe("operator", (!info.operator.is_zero()).then_some(info.operator))
        .line("deposit", format_btt(info.deposit_wei));
    if info.status != ChannelStatus::Closed {
        fields = fields.line("", bar(info.deposit_wei, info.settled_wei, promised));
    }
    fields
        .line("settled", format_btt(info.settled_wei))
        .maybe("by lane", lanes)
        .line("unsettled", format!("{} by this wallet's vouchers", format_btt(promised)))
        .line("left", format_btt(info.remaining_wei))
        .maybe("collateral", info.collateral_wei.map(format_btt))
        .maybe("a payee", share)
        .maybe("paid", paid.map(|(who, wei)| format!("{} to {who}", format_btt(U256::from(wei)))))
        .line("grace", span(u64::from(info.grace_s) * 1_000))
        .maybe("payee's time", closes)
        .maybe("expires", expires)
        .maybe("storage", storage)
        .line("opened", format!("in block {}", grouped(info.opened_at_block)))
        .maybe("closed", info.closed_at_block.map(|block| format!("in block {}", grouped(block))))
        .maybe("to do", hint)
        .render()
}

/// `[####::......]`: settled, promised beyond it, free.
fn bar(deposit: U256, settled: U256, promised: U256) -> String {
    let cells = |wei: U256| -> u64 {
        let width = U256::from(BAR_WIDTH);
        wei.min(deposit)
            .saturating_mul(width)
            .checked_div(deposit)
            .unwrap_or_default()
            .saturating_to()
    };
    let settled_cells = cells(settled);
    let promised_cells = cells(settled.saturating_add(promised)).saturating_sub(settled_cells);
    let free = BAR_WIDTH.saturating_sub(settled_cells + promised_cells);
    let of = |mark: &str, count: u64| mark.repeat(usize::try_from(count).unwrap_or(0));
    format!("[{}{}{}]", of("#", settled_cells), of(":", promised_cells), of(".", free))
}

#[cfg(test)]
mod tests {
    use super::super::list::tests::sample;
    use super::*;
    use crate::testing::assert_golden;

    const BTT: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn a_channel_is_shown_with_its_bar_and_what_is_to_be_done() {
        let report =
            ChannelReport::new(&sample(ChannelStatus::Closing), 0, 75 * BTT + BTT / 2, None);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert_golden("channel-show.txt", &text);
        assert_golden("channel-show.json", &serde_json::to_string_pretty(&report).unwrap());
    }

    #[test]
    fn what_a_closed_channel_has_not_paid_is_not_unsettled() {
        let closed = sample(ChannelStatus::Closed);
        let text = ChannelReport::new(&closed, 7 * BTT, 9 * BTT, None).human();
        assert!(text.contains("0 BTT by this wallet's vouchers"), "{text}");
    }

    #[test]
    fn a_pool_tells_share_and_collateral() {
        let pool = ChannelInfo {
            kind: ChannelKind::Pool,
            payee: None,
            lane_settled_wei: None,
            collateral_wei: Some(U256::from(500 * BTT)),
            min_payees: Some(8),
            is_frozen: Some(false),
            ..sample(ChannelStatus::Open)
        };
        let report = ChannelReport::new(&pool, BTT, 0, Some((Address::repeat_byte(3), 7 * BTT)));
        assert_golden("channel-pool-show.txt", &report.human());
    }

    #[test]
    fn the_bar_never_overflows() {
        let [none, one, most] = [U256::ZERO, U256::from(1), U256::MAX];
        assert_eq!(bar(none, none, one).len(), 42);
        assert_eq!(bar(one, most, most), format!("[{}]", "#".repeat(40)));
        assert_eq!(
            bar(U256::from(4), one, one),
            format!("[{}{}{}]", "#".repeat(10), ":".repeat(10), ".".repeat(20))
        );
    }
}
