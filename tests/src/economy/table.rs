//! The tables of the bench.

use btt_runtime::modules::market::clearing::Book;

use super::mechanism::{Mechanism, best_posted_price, welfare};

/// What a mechanism achieves with honest bids, both in hundredths of a percent of the greatest welfare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The mechanism, in words.
    pub name: &'static str,
    /// Values won less asks sold.
    pub welfare: i128,
    /// What buyers pay in all.
    pub payments: i128,
}

/// All mechanisms on one market.
pub fn achievements(book: &Book) -> Vec<Row> {
    let best = welfare(book, &Mechanism::Vcg.run(book)).max(1);
    let row = |name, book: &Book, mechanism: Mechanism| {
        let shares = mechanism.run(book);
        let paid: u128 = shares.paid.iter().sum();
        Row {
            name,
            welfare: welfare(book, &shares) * 10_000 / best,
            payments: paid as i128 * 10_000 / best,
        }
    };
    let posted = Mechanism::Posted(best_posted_price(book));
    let mut pinned = book.clone();
    pinned.offers.iter_mut().for_each(|offer| offer.swarms.truncate(1));
    vec![
        row("VCG (the chain's)", book, Mechanism::Vcg),
        row("uniform price (best losing bid)", book, Mechanism::Uniform),
        row("pay as bid, if bids were honest", book, Mechanism::PayAsBid),
        row("best single posted price", book, posted),
        row("equal split, unpaid", book, Mechanism::EqualSplit),
        row("VCG, each seller in one swarm", &pinned, Mechanism::Vcg),
    ]
}

/// Hundredths of a percent as percent with one decimal, the rest cut off.
pub fn percent(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", hundredths.abs() / 100, hundredths.abs() / 10 % 10)
}

/// Lines in columns; the first is at the left.
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let width =
        |column: usize| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = widths.iter().enumerate().map(|(column, width)| match column {
            0 => format!("{:width$}", cell(row, column)),
            _ => format!("{:>width$}", cell(row, column)),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
