//! Features that votes turned on.

use btt_api::types::Feature;
use serde::Serialize;

use crate::output::Report;
use crate::render::table::{table, trimmed};
use crate::render::{clean, grouped, percent};

/// What `btt gov features` prints.
#[derive(Debug, Clone, Serialize)]
pub struct FeaturesReport {
    features: Vec<FeatureRow>,
}

#[derive(Debug, Clone, Serialize)]
struct FeatureRow {
    name: String,
    min_version: String,
    ready_power: u64,
    total_power: u64,
    activation_block: Option<u64>,
}

impl From<Vec<Feature>> for FeaturesReport {
    fn from(features: Vec<Feature>) -> Self {
        let row = |feature: Feature| FeatureRow {
            name: feature.name,
            min_version: feature.min_version,
            ready_power: feature.ready_power,
            total_power: feature.total_power,
            activation_block: feature.activation_block,
        };
        Self { features: features.into_iter().map(row).collect() }
    }
}

impl Report for FeaturesReport {
    fn human(&self) -> String {
        if self.features.is_empty() {
            return "no vote has turned a feature on".to_owned();
        }
        let mut table = table(["feature", "needs bttd", "ready power", "from block"], &[2, 3]);
        for row in &self.features {
            let ready = u128::from(row.ready_power) * 10_000 / u128::from(row.total_power.max(1));
            table.add_row([
                clean(&row.name),
                clean(&row.min_version),
                percent(u32::try_from(ready).unwrap_or(u32::MAX)),
                row.activation_block.map_or_else(|| "at 66.67 % ready".to_owned(), grouped),
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
    fn features_say_how_ready_validators_are() {
        let feature = |name: &str, activation_block| Feature {
            name: name.to_owned(),
            min_version: "0.3.0".to_owned(),
            ready_power: 700,
            total_power: 1_000,
            activation_block,
        };
        let report =
            FeaturesReport::from(vec![feature("market-2", Some(12_000)), feature("bridge", None)]);
        assert_golden("gov-features.txt", &report.human());
        assert_golden("gov-features.json", &serde_json::to_string_pretty(&report).unwrap());
        assert!(FeaturesReport::from(Vec::new()).human().starts_with("no vote"));
    }
}
