//! `bttd localnet`: several validators on one machine, each a process of its own, under one supervisor.
//!
//! ```text
//! layout     folders, keys, the shared spec, a config.toml a node
//! supervisor starts nodes, watches them, obeys
//! control    what it obeys: lines on stdin or on a socket
//! banner     what people see
//! ```

mod banner;
mod control;
mod layout;
mod supervisor;

use super::datadir::default_datadir;
use clap::{Args, Subcommand};
use control::Order;
use eyre::Result;
use layout::{Layout, Wish};
use std::path::PathBuf;

/// Validators of a new network where nothing else is said: one may fail.
const DEFAULT_VALIDATORS: u16 = 4;

/// Run a network of several validators on this machine.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = HELP)]
pub(super) struct Localnet {
    #[command(subcommand)]
    control: Option<Control>,
    #[command(flatten)]
    start: Start,
}

const HELP: &str = "\
While it runs it takes the commands status, kill N, restart N, stop N and stop: lines on its
stdin, or `bttd localnet COMMAND` elsewhere. Ctrl-C stops all nodes.
In the background: bttd localnet < /dev/null &";

#[derive(Debug, Args)]
struct Start {
    /// How many validators; a network that exists keeps its own. Default: 4.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    count: Option<u16>,
    /// The same.
    #[arg(long, value_name = "N", conflicts_with = "count",
        value_parser = clap::value_parser!(u16).range(1..=64))]
    validators: Option<u16>,
    #[command(flatten)]
    folder: Folder,
    /// RPC port of node-0. Node i has its RPC there plus 10·i, and the port for other nodes next to it.
    /// Default: 8545, or what the network has.
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Milliseconds between blocks. Default: 1000, or what the network has.
    #[arg(long, value_name = "MS")]
    block_time: Option<u64>,
    /// Delete the network in the folder and begin a new one.
    #[arg(long)]
    fresh: bool,
}

#[derive(Debug, Args)]
struct Folder {
    /// Where the network lives. Default: `~/.btt/localnet`.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Control {
    /// Show the nodes of the network that runs.
    Status(Folder),
    /// Kill a node, as a power cut would.
    Kill(One),
    /// Stop a node where it runs, and start it.
    Restart(One),
    /// Stop a node, or all and the supervisor.
    Stop {
        /// Which; all if it is left out.
        #[arg(value_name = "NODE")]
        node: Option<String>,
        #[command(flatten)]
        folder: Folder,
    },
}

#[derive(Debug, Args)]
struct One {
    /// Its number.
    #[arg(value_name = "NODE")]
    node: String,
    #[command(flatten)]
    folder: Folder,
}

impl Folder {
    fn path(&self) -> Result<PathBuf> {
        let folder = match &self.dir {
            Some(folder) => folder.clone(),
            None => default_datadir("localnet")?,
        };
        // The nodes are given it whole, wherever they run.
        Ok(std::path::absolute(folder)?)
    }
}

impl Localnet {
    pub(super) fn run(self) -> Result<()> {
        let (folder, line) = match self.control {
            None => return self.start.run(),
            Some(Control::Status(folder)) => (folder, "status".to_owned()),
            Some(Control::Kill(one)) => (one.folder, format!("kill {}", one.node)),
            Some(Control::Restart(one)) => (one.folder, format!("restart {}", one.node)),
            Some(Control::Stop { node: Some(node), folder }) => (folder, format!("stop {node}")),
            Some(Control::Stop { node: None, folder }) => (folder, "stop".to_owned()),
        };
        // Wrong words are told without a supervisor, too.
        line.parse::<Order>().map_err(|error| eyre::eyre!(error))?;
        print!("{}", control::send(&folder.path()?, &line)?);
        Ok(())
    }
}

impl Start {
    fn run(self) -> Result<()> {
        let folder = self.folder.path()?;
        let wish = Wish {
            validators: self.count.or(self.validators),
            base_port: self.base_port,
            block_time_ms: self.block_time,
            fresh: self.fresh,
        };
        // The socket first: two supervisors of one folder would fight over its nodes.
        let socket = control::listen(&folder)?;
        let layout = Layout::prepare(&folder, &wish)?;
        layout.check_ports()?;
        supervisor::run(&layout, socket)
    }
}
