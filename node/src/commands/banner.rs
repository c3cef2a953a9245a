//! What a person sees when a dev chain starts, and what a program reads of it.

use crate::chain::Head;
use alloy_primitives::U256;
use btt_genesis::{ChainSpec, DEV_ACCOUNT_BALANCE_WEI, DEV_MNEMONIC, DevAccount};
use btt_runtime::primitives::amount::format_btt;
use eyre::{Result, WrapErr as _};
use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Everything the banner tells.
pub(super) struct Banner<'a> {
    pub(super) spec: &'a ChainSpec,
    pub(super) rpc: SocketAddr,
    pub(super) accounts: &'a [DevAccount],
    pub(super) folder: Option<&'a Path>,
    pub(super) head: Arc<Head>,
}

/// Prints the banner to stdout.
pub(super) fn print_banner(banner: &Banner<'_>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(banner.text().as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Version, and of a shipped binary the commit that it was built from.
fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("BTT_BUILD_COMMIT") {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
}

impl Banner<'_> {
    fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        let mut line = |s: &str| {
            text.push_str(s);
            text.push('\n');
        };
        let (spec, rpc) = (self.spec, self.rpc);
        line(&format!("\n  btt-chain {} · dev chain, one validator\n", version()));
        if !self.accounts.is_empty() {
            line("Accounts");
            let balance = format_btt(U256::from(DEV_ACCOUNT_BALANCE_WEI));
            for (index, account) in self.accounts.iter().enumerate() {
                line(&format!("  ({index}) {}  {balance} at genesis", account.address));
            }
            line("\nPrivate keys (test keys that everybody knows: never fund them elsewhere)");
            for (index, account) in self.accounts.iter().enumerate() {
                line(&format!("  ({index}) {}", account.secret_key));
            }
            line(&format!("\nMnemonic   {DEV_MNEMONIC}"));
            line("Path       m/44'/60'/0'/0/i");
        }
        line(&format!("\nChain id   {}", spec.chain_id));
        line(&format!("Base fee   {} wei per gas", self.head.next_base_fee_wei));
        line(&format!("Gas limit  {}", spec.params.block_gas_limit));
        let folder = match self.folder {
            Some(folder) => folder.display().to_string(),
            None => "temporary; gone when bttd stops (keep it with --datadir FOLDER)".to_owned(),
        };
        line(&format!("Data       {folder}"));
        line(&format!("RPC        http://{rpc}"));
        line(&format!("WebSocket  ws://{rpc}"));
        line("\nTry");
        let rpc_flag =
            if rpc.port() == 8545 { String::new() } else { format!(" --rpc http://{rpc}") };
        if let [first, second, ..] = self.accounts {
            let to = second.address;
            line(&format!("  btt balance {to}{rpc_flag}"));
            line(&format!("  btt send 1.5 --to {to} --key {}{rpc_flag}", first.secret_key));
            line(&format!(
                "  cast send --rpc-url http://{rpc} --private-key {} {to} --value 1ether",
                first.secret_key
            ));
        }
        line(&format!("  btt chain info{rpc_flag}"));
        line(&format!(
            "  MetaMask: add a network with RPC http://{rpc}, chain id {}, symbol BTT\n",
            spec.chain_id
        ));
        let head = &self.head;
        let _ = writeln!(text, "Ready at block {} ({}).", head.number, head.hash);
        text
    }

    /// Writes what a program needs, whole or not at all.
    pub(super) fn write_json(&self, file: &Path) -> Result<()> {
        let accounts: Vec<_> = self
            .accounts
            .iter()
            .map(|account| {
                serde_json::json!({ "address": account.address, "privateKey": account.secret_key })
            })
            .collect();
        let json = serde_json::json!({
            "chainId": self.spec.chain_id,
            "chain": self.spec.name,
            "rpc": format!("http://{}", self.rpc),
            "ws": format!("ws://{}", self.rpc),
            "mnemonic": DEV_MNEMONIC,
            "accounts": accounts,
        });
        let mut unfinished = file.as_os_str().to_owned();
        unfinished.push(".tmp");
        let unfinished = PathBuf::from(unfinished);
        let name = || format!("cannot write {}", file.display());
        std::fs::write(&unfinished, format!("{json:#}\n")).wrap_err_with(name)?;
        std::fs::rename(&unfinished, file).wrap_err_with(name)?;
        Ok(())
    }
}
