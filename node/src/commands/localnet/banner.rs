//! What people see of a local network: its nodes, its accounts, what to try.

use super::{
    layout::{Layout, NodeLayout},
    supervisor::State,
};
use btt_genesis::{DEV_ACCOUNT_BALANCE_WEI, DEV_MNEMONIC, dev_accounts};
use btt_runtime::primitives::amount::format_btt;
use eyre::Result;
use std::{fmt::Write as _, io::Write as _};

/// Prints the banner to stdout.
pub(super) fn print(layout: &Layout, states: &[(&NodeLayout, State)]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text(layout, states).as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The nodes, a line each.
pub(super) fn table(states: &[(&NodeLayout, State)]) -> String {
    let mut text = format!("{:<9}{:<29}{:<18}{:<10}state\n", "node", "RPC", "p2p", "pid");
    for (node, state) in states {
        let (pid, words) = match state {
            State::Starting(pid) => (pid.to_string(), "starting".to_owned()),
            State::Ready(pid) => (pid.to_string(), "runs".to_owned()),
            State::Ended(how) => ("-".to_owned(), how.clone()),
        };
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{:<9}{:<29}{:<18}{pid:<10}{words}",
            node.name(),
            format!("http://{}", node.rpc),
            node.p2p.to_string()
        );
    }
    text
}

fn text(layout: &Layout, states: &[(&NodeLayout, State)]) -> String {
    let mut text = String::new();
    let count = states.len();
    let plural = if count == 1 { "validator" } else { "validators" };
    let folder = layout.folder.display();
    let _ = writeln!(
        text,
        "\n  btt-chain {} · local network, {count} {plural}, chain id {}\n\n{}",
        env!("CARGO_PKG_VERSION"),
        layout.chain_id,
        table(states)
    );
    let _ = writeln!(
        text,
        "Data       {folder}/node-N\nLogs       {folder}/node-N/log\nSettings   {folder}/node-N/config.toml\n\
         \nAccounts (test keys that everybody knows: never fund them elsewhere)"
    );
    let balance = format_btt(DEV_ACCOUNT_BALANCE_WEI.try_into().unwrap_or_default());
    for (index, account) in dev_accounts().iter().enumerate() {
        let _ = writeln!(text, "  ({index}) {}  {}", account.address, account.secret_key);
    }
    let _ = writeln!(text, "  {balance} each at genesis\nMnemonic   {DEV_MNEMONIC}\n\nTry");
    let [first, second, ..] = dev_accounts();
    let rpc = states.first().map_or_else(String::new, |(node, _)| format!("http://{}", node.rpc));
    let last = states.last().map_or(0, |(node, _)| node.index);
    let _ = writeln!(
        text,
        "  btt status --rpc {rpc}\n  btt net validators --rpc {rpc}\n  \
         btt net peers --rpc {rpc} --admin-token-file {}\n  \
         btt send 1.5 --to {} --key {} --rpc {rpc}\n  \
         bttd localnet kill {last} --dir {folder}       # and see the blocks go on\n  \
         bttd localnet restart {last} --dir {folder}\n\n\
         Commands here: status, kill N, restart N, stop N, stop. Ctrl-C stops all.\n",
        layout.admin_token.display(),
        second.address,
        first.secret_key,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn the_banner_names_every_node_and_what_to_try() {
        let node = |index: u16| NodeLayout {
            index,
            datadir: PathBuf::new(),
            log: PathBuf::new(),
            rpc: format!("127.0.0.1:{}", 8_545 + 10 * index).parse().unwrap(),
            p2p: format!("127.0.0.1:{}", 8_546 + 10 * index).parse().unwrap(),
        };
        let layout = Layout {
            folder: PathBuf::from("/net"),
            chain_id: 990_002,
            admin_token: PathBuf::from("/net/admin-token"),
            nodes: vec![node(0), node(1)],
        };
        let states = [
            (&layout.nodes[0], State::Ready(4_242)),
            (&layout.nodes[1], State::Ended("killed".to_owned())),
        ];
        let text = text(&layout, &states);
        for wanted in [
            "2 validators, chain id 990002",
            "node-0   http://127.0.0.1:8545        127.0.0.1:8546    4242      runs",
            "node-1   http://127.0.0.1:8555        127.0.0.1:8556    -         killed",
            "/net/node-N/log",
            "test test test",
            "never fund",
            "10,000,000 BTT each",
            "btt status --rpc http://127.0.0.1:8545",
            "bttd localnet restart 1 --dir /net",
        ] {
            assert!(text.contains(wanted), "no '{wanted}' in {text}");
        }
    }
}
