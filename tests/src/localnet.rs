//! A local network under its supervisor: `bttd localnet`.

use crate::process::{Finished, LOOK_INTERVAL, Running, bttd, program, run};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// How long what a supervisor does may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A supervisor and its nodes. It is killed when this is dropped, and its nodes end with it.
#[derive(Debug)]
pub struct Localnet {
    running: Running,
    folder: PathBuf,
    base_port: u16,
}

impl Localnet {
    /// Starts a network in a folder, with ports that were free a moment ago.
    pub fn start(folder: &Path, validators: u16, more: &[&str]) -> Self {
        let base_port = free_base_port(validators);
        let mut command = Command::new(program("bttd"));
        command.arg("localnet").arg("--validators").arg(validators.to_string());
        command.arg("--dir").arg(folder).arg("--base-port").arg(base_port.to_string()).args(more);
        Self { running: Running::start(command, None), folder: folder.to_owned(), base_port }
    }

    /// RPC port of node-0.
    pub fn base_port(&self) -> u16 {
        self.base_port
    }

    /// Where a node's RPC is.
    pub fn rpc(&self, node: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.base_port + 10 * node))
    }

    /// What the supervisor has written to stdout.
    pub fn stdout(&self) -> String {
        self.running.stdout.text()
    }

    /// What the supervisor has written to stderr.
    pub fn stderr(&self) -> String {
        self.running.stderr.text()
    }

    /// Waits until the supervisor has said something on stderr so many times.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn wait_for(&self, words: &str, times: usize) {
        let said = || self.stderr().matches(words).count() >= times;
        assert!(eventually(said), "no '{words}': {}\n{}", self.stdout(), self.stderr());
    }

    /// Waits until nobody listens on a node's RPC port.
    ///
    /// # Panics
    /// If somebody goes on.
    #[track_caller]
    pub fn wait_until_silent(&self, node: u16) {
        let rpc = self.rpc(node);
        assert!(eventually(|| TcpStream::connect(rpc).is_err()), "{rpc} still listens");
    }

    /// Gives an order as another process.
    pub fn order(&self, words: &[&str]) -> Finished {
        let folder = self.folder.to_str().expect("a path in UTF-8");
        bttd(["localnet"].iter().chain(words).chain(&["--dir", folder]))
    }

    /// Kills the supervisor as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        self.running.kill();
    }

    /// Asks the supervisor to stop (SIGTERM); its exit code.
    ///
    /// # Panics
    /// If it does not stop in time.
    #[track_caller]
    pub fn stop(&mut self) -> Option<i32> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("kill -TERM {}", self.running.id()));
        run(command, None).ok();
        self.ended()
    }

    /// Waits until the supervisor has ended by itself; its exit code.
    ///
    /// # Panics
    /// If it does not end in time.
    #[track_caller]
    pub fn ended(&mut self) -> Option<i32> {
        self.running.wait(PATIENCE).expect("the supervisor ends").code()
    }
}

/// Below the ports that the system gives to connections, so that no other test gets one of them meanwhile.
fn free_base_port(validators: u16) -> u16 {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let are_free =
        |base: &u16| (0..validators).all(|i| is_free(base + 10 * i) && is_free(base + 10 * i + 1));
    let mut candidates = std::iter::repeat_with(|| rand::random_range(12_000..30_000));
    candidates.find(are_free).expect("the iterator does not end")
}

fn eventually(is_so: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
    true
}
