//! `[watchtower]` of the settings file.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of the watchtower. Without a key file there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchtowerSettings {
    /// Key of the account that pays for settlements: a V3 keystore, or 64 hexadecimal digits.
    pub key_file: Option<PathBuf>,
    /// File whose first line is the password of that key.
    pub password_file: Option<PathBuf>,
    /// Settle vouchers without a tip too, at the tower's own cost.
    pub settle_untipped: bool,
    /// Most vouchers kept.
    pub max_vouchers: usize,
    /// Most that a settlement offers for gas, in wei a gas.
    pub max_fee_wei: u64,
}

impl Default for WatchtowerSettings {
    fn default() -> Self {
        Self {
            key_file: None,
            password_file: None,
            settle_untipped: false,
            max_vouchers: 10_000,
            max_fee_wei: 10_000_000_000_000,
        }
    }
}
