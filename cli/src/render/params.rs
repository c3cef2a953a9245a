//! The chain's parameters.

use alloy_primitives::U256;
use serde::Serialize;

use super::quantity;
use super::table::{table, trimmed};
use crate::output::Report;

/// What `btt chain params` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ParamsReport {
    /// In the chain's order.
    pub params: Vec<ParamRow>,
}

/// One parameter. Numbers are decimal strings in the parameter's unit.
#[derive(Debug, Clone, Serialize)]
pub struct ParamRow {
    /// Its name.
    pub name: String,
    /// Its value now.
    pub value: String,
    /// The least governance may set.
    pub min: String,
    /// The most governance may set.
    pub max: String,
    /// Its value at genesis, unless the chain's file said otherwise.
    pub default: String,
    /// Its unit.
    pub unit: String,
}

impl Report for ParamsReport {
    fn human(&self) -> String {
        let mut table = table(["name", "value", "range", "default"], &[]);
        for row in &self.params {
            let number = |text: &str| text.parse().unwrap_or(U256::MAX);
            let bare = |text: &str| {
                let shown = quantity(number(text), &row.unit);
                // The unit in words stands with the value.
                let words = row.unit.split_once(' ').map_or("", |(_, words)| words);
                shown.trim_end_matches(words).trim_end().to_owned()
            };
            let default = if row.default == row.value { String::new() } else { bare(&row.default) };
            table.add_row([
                row.name.clone(),
                quantity(number(&row.value), &row.unit),
                format!("{} to {}", bare(&row.min), bare(&row.max)),
                default,
            ]);
        }
        trimmed(&table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn parameters_stand_in_a_table_without_frames() {
        let row = |name: &str, value: &str, unit: &str| ParamRow {
            name: name.to_owned(),
            value: value.to_owned(),
            min: "0".to_owned(),
            max: "100000000".to_owned(),
            default: value.to_owned(),
            unit: unit.to_owned(),
        };
        let mut report = ParamsReport {
            params: vec![
                row("blockGasLimit", "60000000", "gas"),
                row("epochBlocks", "20", "blocks"),
                row("quorumBps", "3340", "1/10,000 of all stake"),
                row("unbondingS", "1814400", "seconds"),
            ],
        };
        report.params[1].max = U256::MAX.to_string();
        report.params[2].default = "3000".to_owned();
        assert_golden("params.txt", &report.human());
        assert_golden("params.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
