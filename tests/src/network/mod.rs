//! Several validators, each a process that a test starts, kills and starts again.
//!
//! Folders, keys and settings are those of `bttd localnet`; the processes belong to the test, and die with
//! it however it ends: their stdin is a pipe from here.

pub mod link;
pub mod load;
pub mod space;
pub mod watch;

use crate::{
    localnet::{eventually, free_base_port},
    process::{Finished, Running, Wallet, bttd, program},
    rpc::Rpc,
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How long a node may take from its start until it answers, on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long a node may take to stop after SIGTERM.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// A node of the network: its folder, where it listens, and its process while it has one.
#[derive(Debug)]
pub struct Member {
    datadir: PathBuf,
    rpc: SocketAddr,
    /// The port for RPC that its network was made with.
    port: u16,
    arguments: Vec<String>,
    /// Words before `bttd`: in which network namespace it runs.
    inside: Vec<String>,
    running: Option<Running>,
    /// What its earlier lives have written to stderr.
    past: String,
}

/// A network in a temporary folder. Nodes are numbered from 0; validators come first.
#[derive(Debug)]
pub struct Network {
    nodes: Vec<Member>,
    // Removed after the processes are gone: fields are dropped in order.
    folder: tempfile::TempDir,
}

impl Network {
    /// Makes the folders of so many validators; nothing runs yet.
    #[track_caller]
    pub fn prepare(validators: u16, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let base_port = free_base_port(validators + 1);
        let dir = folder.path().join("net");
        let port = base_port.to_string();
        let count = validators.to_string();
        let words = ["localnet", "init", "--validators", &count, "--base-port", &port, "--dir"];
        bttd(words.into_iter().chain([dir.to_str().expect("UTF-8")]).chain(more.iter().copied()))
            .ok();
        let nodes = (0..validators).map(|index| Member {
            datadir: dir.join(format!("node-{index}")),
            rpc: SocketAddr::from(([127, 0, 0, 1], base_port + 10 * index)),
            port: base_port + 10 * index,
            arguments: Vec::new(),
            inside: Vec::new(),
            running: None,
            past: String::new(),
        });
        Self { nodes: nodes.collect(), folder }
    }

    /// The same, with all of them started and connected.
    #[track_caller]
    pub fn start(validators: u16, more: &[&str]) -> Self {
        let mut network = Self::prepare(validators, more);
        network.run_all();
        network
    }

    /// Starts all that do not run, and waits until they answer.
    #[track_caller]
    pub fn run_all(&mut self) {
        let all: Vec<usize> = (0..self.nodes.len()).filter(|i| !self.is_running(*i)).collect();
        all.iter().for_each(|node| self.spawn(*node));
        all.iter().for_each(|node| self.wait_ready(*node));
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// A node.
    pub fn node(&self, node: usize) -> &Member {
        &self.nodes[node]
    }

    /// A node, to be changed before it is started.
    pub fn node_mut(&mut self, node: usize) -> &mut Member {
        &mut self.nodes[node]
    }

    /// The folder that holds all of them.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// A client of a node.
    pub fn rpc(&self, node: usize) -> Rpc {
        Rpc::new(&self.nodes[node].url())
    }

    /// Clients of all nodes.
    pub fn rpcs(&self) -> Vec<Rpc> {
        (0..self.count()).map(|node| self.rpc(node)).collect()
    }

    /// A wallet that asks a node.
    pub fn wallet(&self, node: usize) -> Wallet {
        Wallet::new(&self.nodes[node].url())
    }

    /// Whether a node's process was started and not ended here.
    pub fn is_running(&self, node: usize) -> bool {
        self.nodes[node].running.is_some()
    }

    /// Adds a node that follows without a vote, connected to these; it does not run yet. Its number.
    pub fn add_follower(&mut self, of: &[usize]) -> usize {
        let number = self.count();
        let base = self.nodes[0].rpc.port();
        let rpc =
            SocketAddr::from(([127, 0, 0, 1], base + 10 * u16::try_from(number).unwrap_or(0)));
        let datadir = self.folder().join(format!("node-{number}"));
        let spec = self.folder().join("spec.json");
        let arguments = ["init", "--chain", spec.to_str().expect("UTF-8"), "--datadir"];
        bttd(arguments.into_iter().chain([datadir.to_str().expect("UTF-8")])).ok();
        let peers: Vec<String> = of.iter().map(|of| self.nodes[*of].p2p_address(self)).collect();
        let config = format!(
            "http_port = {}\np2p_addr = \"127.0.0.1\"\np2p_port = {}\nfull_node = true\n\
             persistent_peers = {peers:?}\n",
            rpc.port(),
            rpc.port() + 1
        );
        fs::write(datadir.join("config.toml"), config).expect("a file can be written");
        self.nodes.push(Member {
            datadir,
            rpc,
            port: rpc.port(),
            arguments: Vec::new(),
            inside: Vec::new(),
            running: None,
            past: String::new(),
        });
        number
    }

    /// Deletes the data of a node that does not run, keys and settings aside, and makes block 0 anew.
    pub fn wipe(&self, node: usize) {
        let datadir = &self.nodes[node].datadir;
        for entry in fs::read_dir(datadir).expect("a folder").map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            if name == "keys" || name == "config.toml" {
                continue;
            }
            let removed =
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            removed.expect("it can be removed");
        }
        let spec = self.folder().join("spec.json");
        let paths = [spec.to_str().expect("UTF-8"), datadir.to_str().expect("UTF-8")];
        bttd(["init", "--chain", paths[0], "--datadir", paths[1]]).ok();
    }

    /// Starts a node's process without waiting for it.
    #[track_caller]
    pub fn spawn(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        assert!(node.running.is_none(), "{} runs already", node.datadir.display());
        let mut words = node.inside.clone();
        words.push(program("bttd").to_str().expect("UTF-8").to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("run").arg("--datadir").arg(&node.datadir);
        command.arg("--exit-with-parent").args(&node.arguments);
        node.running = Some(Running::start_tied(command));
    }

    /// Waits until a node answers.
    #[track_caller]
    pub fn wait_ready(&mut self, node: usize) {
        let member = &mut self.nodes[node];
        let running = member.running.as_mut().expect("it was started");
        let deadline = std::time::Instant::now() + START_PATIENCE;
        while !running.stderr.text().contains("bttd is ready") {
            let ended = running.wait(Duration::ZERO);
            let is_late = std::time::Instant::now() > deadline;
            assert!(
                ended.is_none() && !is_late,
                "node {node} is not ready: {ended:?}\n{}",
                running.stderr.text()
            );
            std::thread::sleep(crate::process::LOOK_INTERVAL);
        }
    }

    /// Starts a node and waits until it answers.
    #[track_caller]
    pub fn run(&mut self, node: usize) {
        self.spawn(node);
        self.wait_ready(node);
    }

    /// Kills a node as a power cut would (SIGKILL).
    #[track_caller]
    pub fn kill(&mut self, node: usize) {
        let member = &mut self.nodes[node];
        let mut running = member.running.take().expect("it runs");
        running.kill();
        member.past.push_str(&running.stderr.text());
    }

    /// Asks a node to stop (the end of its stdin) and waits until it has.
    #[track_caller]
    pub fn stop(&mut self, node: usize) -> Finished {
        let member = &mut self.nodes[node];
        let mut running = member.running.take().expect("it runs");
        running.close_stdin();
        let status = running.wait(STOP_PATIENCE);
        member.past.push_str(&running.stderr.text());
        let status = status.unwrap_or_else(|| panic!("does not stop: {}", running.stderr.text()));
        Finished {
            code: status.code(),
            stdout: running.stdout.text(),
            stderr: running.stderr.text(),
        }
    }

    /// Waits until a node has written something to its log in the life under way.
    #[track_caller]
    pub fn wait_for_log(&self, node: usize, words: &str) {
        let said = || self.nodes[node].log().contains(words);
        assert!(
            eventually(said),
            "node {node} does not say '{words}':\n{}",
            self.nodes[node].log()
        );
    }

    /// Stops all nodes and checks every data folder: each must hold a whole chain whose money adds up.
    #[track_caller]
    pub fn stop_and_verify(mut self) {
        let all: Vec<usize> = (0..self.count()).filter(|node| self.is_running(*node)).collect();
        for node in &all {
            self.nodes[*node].running.as_mut().expect("it runs").close_stdin();
        }
        for node in all {
            assert_eq!(self.stop(node).code, Some(0), "node {node}: {}", self.nodes[node].past);
        }
        for node in &self.nodes {
            bttd(["verify", "--datadir", node.datadir.to_str().expect("UTF-8")]).ok();
            let all = &node.past;
            assert!(!all.contains("panicked"), "{all}");
        }
    }
}

impl Member {
    /// Where its RPC is.
    pub fn url(&self) -> String {
        format!("http://{}", self.rpc)
    }

    /// Where its RPC listens.
    pub fn rpc_addr(&self) -> SocketAddr {
        self.rpc
    }

    /// Where other nodes connect to, in a network on loopback.
    pub fn p2p_addr(&self) -> SocketAddr {
        SocketAddr::new(self.rpc.ip(), self.rpc.port() + 1)
    }

    /// The port for peers that its network was made with.
    pub fn original_p2p(&self) -> u16 {
        self.port + 1
    }

    /// The same as a multiaddr with its peer id, which the settings of another validator name.
    fn p2p_address(&self, network: &Network) -> String {
        let wanted = format!("/tcp/{}/p2p/", self.p2p_addr().port());
        let configs = network.nodes.iter().map(|node| node.config());
        let found = configs.filter_map(|config| {
            let peers = config.get("persistent_peers")?.as_array()?.clone();
            peers.iter().filter_map(|p| p.as_str()).find(|p| p.contains(&wanted)).map(str::to_owned)
        });
        found.into_iter().next().expect("another validator knows it")
    }

    /// Its data folder.
    pub fn datadir(&self) -> &Path {
        &self.datadir
    }

    /// Its settings.
    pub fn config(&self) -> toml::Table {
        let text = fs::read_to_string(self.datadir.join("config.toml")).expect("settings");
        text.parse().expect("TOML")
    }

    /// Replaces its settings.
    pub fn set_config(&self, config: &toml::Table) {
        fs::write(self.datadir.join("config.toml"), config.to_string()).expect("can be written");
    }

    /// Another argument of `bttd run`.
    pub fn argument(&mut self, argument: impl Into<String>) {
        self.arguments.push(argument.into());
    }

    /// Forgets the arguments.
    pub fn without_arguments(&mut self) {
        self.arguments.clear();
    }

    /// Runs it behind these words, with its RPC elsewhere: in a network namespace.
    pub fn place(&mut self, inside: Vec<String>, rpc: SocketAddr) {
        (self.inside, self.rpc) = (inside, rpc);
    }

    /// Its process.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("it runs").id()
    }

    /// What it has logged in the life under way, or in all where it does not run.
    pub fn log(&self) -> String {
        self.running.as_ref().map_or_else(|| self.past.clone(), |running| running.stderr.text())
    }

    /// What it has logged in all its lives.
    pub fn whole_log(&self) -> String {
        let now = self.running.as_ref().map(|running| running.stderr.text()).unwrap_or_default();
        format!("{}{now}", self.past)
    }

    /// Memory of its process, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }
}
