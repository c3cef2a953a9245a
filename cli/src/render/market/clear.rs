//! What a book's clearing gives.

use std::collections::BTreeMap;

use btt_runtime::modules::market::clearing::{Book, Outcome};
use serde::Serialize;

use crate::market::compare::Agreement;
use crate::market::{EpochBook, OutcomeFile};
use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{Fields, grouped, milliseconds, short_address, short_id};

/// Rows of a table that people read; JSON has all.
const MAX_ROWS: usize = 40;

/// What `btt market clear` prints. Amounts are in ticks.
#[derive(Debug, Clone, Serialize)]
pub struct ClearReport {
    #[serde(flatten)]
    outcome: OutcomeFile,
    #[serde(skip_serializing_if = "Option::is_none")]
    naive: Option<CheckedRow>,
    #[serde(skip)]
    text: String,
}

/// What the reference solver says of it.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedRow {
    winners: usize,
    payments_compared: usize,
    clear_us: u64,
    naive_us: u64,
    #[serde(skip)]
    bounded: usize,
}

impl CheckedRow {
    /// What agreed, and how long both took, in microseconds.
    pub fn new(agreement: &Agreement, clear_us: u64, naive_us: u64) -> Self {
        Self {
            winners: agreement.winners,
            payments_compared: agreement.payments,
            bounded: agreement.bounded,
            clear_us,
            naive_us,
        }
    }

    fn human(&self) -> String {
        let mut payments = format!(
            "{} of {} accounts, all equal",
            grouped(self.payments_compared as u64),
            grouped(self.winners as u64)
        );
        if self.bounded > 0 {
            payments.push_str(&format!("; {} within bounds", grouped(self.bounded as u64)));
        }
        Fields::new()
            .line("payments compared", payments)
            .line("clearing took", milliseconds(self.clear_us))
            .line("the reference solver took", milliseconds(self.naive_us))
            .render()
    }
}

impl ClearReport {
    /// The result of this book.
    pub fn new(known: &EpochBook, outcome: &Outcome) -> Self {
        let EpochBook { epoch, book } = known;
        let file = OutcomeFile::new(known, outcome);
        let epoch = match epoch {
            0 => "0, as the book names none".to_owned(),
            epoch => grouped((*epoch).into()),
        };
        let gross = outcome.offers.iter().map(|offer| offer.gross).sum();
        let fee: u128 = outcome.offers.iter().map(|offer| offer.fee).sum();
        let totals = Fields::new()
            .line("epoch", epoch)
            .line("welfare", in_ticks(outcome.welfare))
            .line("paid", in_ticks(outcome.bids.iter().map(|bid| bid.payment).sum()))
            .line("earned", format!("{}, {fee} of it the fee", in_ticks(gross)))
            .line("dust", in_ticks(outcome.dust))
            .line("burnt", in_ticks(outcome.burnt))
            .line("operations", grouped(outcome.ops))
            .line("root", file.root());
        let parts = [bids(book, outcome), offers(book, outcome), leases(outcome), totals.render()];
        Self { outcome: file, naive: None, text: parts.join("\n\n") }
    }

    /// Adds what the reference solver says.
    #[must_use]
    pub fn checked(mut self, checked: CheckedRow) -> Self {
        self.text = format!("{}\n\n{}", self.text, checked.human());
        self.naive = Some(checked);
        self
    }
}

impl Report for ClearReport {
    fn human(&self) -> String {
        self.text.clone()
    }
}

fn in_ticks(amount: u128) -> String {
    format!("{amount} ticks")
}

fn bids(book: &Book, outcome: &Outcome) -> String {
    let by_id: BTreeMap<u64, _> = book.bids.iter().map(|bid| (bid.id, bid)).collect();
    let mut table = table(["bid", "buyer", "swarm", "wants", "won", "pays"], &[0, 3, 4, 5]);
    for result in outcome.bids.iter().take(MAX_ROWS) {
        let Some(bid) = by_id.get(&result.id) else { continue };
        let wants: u32 = bid.tiers.iter().map(|tier| tier.quantity).sum();
        table.add_row([
            result.id.to_string(),
            short_address(bid.buyer),
            short_id(bid.swarm),
            wants.to_string(),
            result.won.to_string(),
            result.payment.to_string(),
        ]);
    }
    shown(&trimmed(&table), outcome.bids.len(), "bids")
}

fn offers(book: &Book, outcome: &Outcome) -> String {
    let by_id: BTreeMap<u64, _> = book.offers.iter().map(|offer| (offer.id, offer)).collect();
    let header = ["offer", "seller", "capacity", "sold", "gross", "fee", "net"];
    let mut table = table(header, &[0, 2, 3, 4, 5, 6]);
    for result in outcome.offers.iter().take(MAX_ROWS) {
        let Some(offer) = by_id.get(&result.id) else { continue };
        table.add_row([
            result.id.to_string(),
            short_address(offer.seller),
            offer.capacity.to_string(),
            result.sold.to_string(),
            result.gross.to_string(),
            result.fee.to_string(),
            result.net.to_string(),
        ]);
    }
    shown(&trimmed(&table), outcome.offers.len(), "offers")
}

fn leases(outcome: &Outcome) -> String {
    if outcome.leases.is_empty() {
        return "nothing is leased".to_owned();
    }
    let header = ["bid", "offer", "units", "buyer pays", "seller earns"];
    let mut table = table(header, &[0, 1, 2, 3, 4]);
    for lease in outcome.leases.iter().take(MAX_ROWS) {
        table.add_row([
            lease.bid.to_string(),
            lease.offer.to_string(),
            lease.units.to_string(),
            lease.buyer_total.to_string(),
            lease.seller_total.to_string(),
        ]);
    }
    shown(&trimmed(&table), outcome.leases.len(), "leases")
}

/// Says so where a table has more rows than are shown.
fn shown(table: &str, rows: usize, of: &str) -> String {
    match rows > MAX_ROWS {
        false => table.to_owned(),
        true => {
            format!("{table}\n{MAX_ROWS} of {} {of}; all of them: --json", grouped(rows as u64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::read_book;
    use crate::testing::assert_golden;
    use btt_runtime::modules::market::clearing::clear;
    use std::path::Path;

    #[test]
    fn the_example_of_the_documentation_clears_as_approved() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/market-book.json");
        let book = read_book(&file).unwrap();
        let outcome = clear(&book.book).unwrap();
        let report = ClearReport::new(&book, &outcome);
        let text = report.human();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        // By hand: the best losing units are 2,000 and 1,800, and nobody counts its own.
        let pays: Vec<(u32, u128)> = outcome.bids.iter().map(|b| (b.won, b.payment)).collect();
        assert_eq!(pays, [(2, 3_800), (1, 1_800), (0, 0), (2, 3_800), (0, 0)]);
        let earns = outcome.offers.iter().map(|o| (o.sold, o.gross, o.fee, o.net));
        assert_eq!(earns.collect::<Vec<_>>(), [(2, 3_760, 75, 3_685), (3, 5_640, 112, 5_528)]);
        assert_eq!((outcome.welfare, outcome.dust, outcome.burnt), (10_445, 0, 0));
        assert_golden("market-clear.txt", &text);
        assert_golden("market-clear.json", &serde_json::to_string_pretty(&report).unwrap());
    }

    #[test]
    fn a_check_says_what_was_compared_and_how_long_it_took() {
        let agreement = Agreement { winners: 1_200, payments: 200, bounded: 0, classes: 3 };
        let row = CheckedRow::new(&agreement, 1_234, 5_000_001);
        assert_eq!(
            row.human(),
            "payments compared          200 of 1,200 accounts, all equal\n\
             clearing took              1.234 ms\n\
             the reference solver took  5,000.001 ms"
        );
    }
}
