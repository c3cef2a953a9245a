//! The chain's parameters.

use alloy_primitives::U256;
use serde::Serialize;

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
        let mut table = table(["name", "value", "unit", "min", "max", "default"], &[1, 3, 4, 5]);
        for row in &self.params {
            let max = if row.max == U256::MAX.to_string() { "no limit" } else { &row.max };
            table.add_row([&row.name, &row.value, &row.unit, &row.min, max, &row.default]);
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
                row("block_gas_limit", "60000000", "gas"),
                row("epoch_blocks", "20", "blocks"),
            ],
        };
        report.params[1].max = U256::MAX.to_string();
        assert_golden("params.txt", &report.human());
        assert_golden("params.json", &serde_json::to_string_pretty(&report).unwrap());
    }
}
