//! Real processes: the node `bttd`, the wallet `btt`, and other people's clients.
//!
//! The programs are those of the build that the test belongs to. A node listens on a port of its own, keeps
//! its data in a temporary folder unless told otherwise, and dies with the value that stands for it.

use std::{
    ffi::OsStr,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long a node may take from its start until it answers, on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long a node may take to stop after SIGTERM.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// How long a command may run.
const COMMAND_PATIENCE: Duration = Duration::from_secs(60);
/// Time between two looks at something that will happen.
pub const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Where the build put a program of the workspace.
///
/// # Panics
/// If it is not there: cargo builds the programs of other packages only when it builds them all.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // Tests lie in `target/PROFILE/deps`, programs in `target/PROFILE`.
    let folder = test.ancestors().nth(2).expect("a test lies in deps");
    let program = folder.join(name);
    let file = program.display();
    assert!(program.is_file(), "{file} is missing; run cargo build --workspace first");
    program
}

/// What a process has written so far.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<String>>);

impl Captured {
    /// The text so far.
    pub fn text(&self) -> String {
        self.0.lock().expect("no reader panics").clone()
    }

    fn collect(mut from: impl Read + Send + 'static) -> (Self, JoinHandle<()>) {
        let captured = Self::default();
        let into = captured.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                into.0.lock().expect("no reader panics").push_str(&text);
            }
        });
        (captured, reader)
    }
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(mut command: Command, stdin: Option<&str>) -> Self {
        // What the caller's shell sets for its own node must not reach a test's.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BTT_") {
                command.env_remove(name);
            }
        }
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_owned();
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
            // A process that ended without reading has its own error to tell.
            let _ = pipe.write_all(text.as_bytes());
        }
        let (stdout, first) = Captured::collect(child.stdout.take().expect("piped"));
        let (stderr, second) = Captured::collect(child.stderr.take().expect("piped"));
        Self { child, stdout, stderr, readers: vec![first, second] }
    }

    /// Its exit status, where it ends in time.
    pub(crate) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                for reader in self.readers.drain(..) {
                    reader.join().expect("a reader does not panic");
                }
                return Some(status);
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All it wrote to stdout.
    pub stdout: String,
    /// All it wrote to stderr.
    pub stderr: String,
}

impl Finished {
    /// Its stdout.
    ///
    /// # Panics
    /// If it failed; tells what it wrote.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its stdout as JSON.
    ///
    /// # Panics
    /// If it failed, or wrote something else.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Its stderr.
    ///
    /// # Panics
    /// If it did not fail with this code.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stderr
    }
}

/// Runs a command to its end.
///
/// # Panics
/// If it cannot be started, or does not end within a minute.
#[track_caller]
pub fn run(command: Command, stdin: Option<&str>) -> Finished {
    let shown = format!("{command:?}");
    let mut running = Running::start(command, stdin);
    let Some(status) = running.wait(COMMAND_PATIENCE) else {
        let (stdout, stderr) = (running.stdout.text(), running.stderr.text());
        panic!("{shown} does not end\nstdout: {stdout}\nstderr: {stderr}");
    };
    Finished { code: status.code(), stdout: running.stdout.text(), stderr: running.stderr.text() }
}

/// Runs a command of `bttd` to its end.
#[track_caller]
pub fn bttd<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Finished {
    let mut command = Command::new(program("bttd"));
    command.args(arguments);
    run(command, None)
}

/// A node under way.
#[derive(Debug)]
pub struct Node {
    running: Running,
    rpc_url: String,
    ws_url: String,
    datadir: PathBuf,
    // Removed after the process is gone: fields are dropped in order.
    _folder: Option<tempfile::TempDir>,
}

/// A node to be started: `bttd dev` with these settings.
#[derive(Debug, Default)]
pub struct NodeOptions {
    datadir: Option<PathBuf>,
    arguments: Vec<String>,
}

impl NodeOptions {
    /// Keeps the chain in this folder, or continues the one that is there.
    #[must_use]
    pub fn datadir(mut self, folder: &Path) -> Self {
        self.datadir = Some(folder.to_owned());
        self
    }

    /// Time between blocks in ms; 0 makes one as soon as a transaction waits.
    #[must_use]
    pub fn block_time(self, ms: u64) -> Self {
        self.argument(format!("--block-time={ms}"))
    }

    /// Another argument of `bttd dev`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// If it does not come up; tells what it wrote.
    #[track_caller]
    pub fn start(self) -> Node {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let own = self.datadir.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
        let datadir =
            self.datadir.or_else(|| Some(own.as_ref()?.path().join("data"))).expect("one of both");
        // Beside the data: written when the node is ready, removed once it is read.
        let config =
            datadir.with_extension(format!("ready-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut command = Command::new(program("bttd"));
        command.arg("dev").arg("--http-port=0").arg("--datadir").arg(&datadir);
        command.arg("--config-out").arg(&config).args(&self.arguments);
        let mut running = Running::start(command, None);
        let deadline = Instant::now() + START_PATIENCE;
        while !config.exists() {
            let ended = running.wait(Duration::ZERO);
            if ended.is_some() || Instant::now() > deadline {
                let (stdout, stderr) = (running.stdout.text(), running.stderr.text());
                panic!("bttd is not ready: {ended:?}\nstdout: {stdout}\nstderr: {stderr}");
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        let text = std::fs::read_to_string(&config).expect("the file was written whole");
        std::fs::remove_file(&config).expect("the file can be removed");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let url = |name: &str| json[name].as_str().expect("a URL").to_owned();
        Node { rpc_url: url("rpc"), ws_url: url("ws"), running, datadir, _folder: own }
    }
}

impl Node {
    /// A dev chain that makes a block as soon as a transaction waits.
    #[track_caller]
    pub fn on_demand() -> Self {
        NodeOptions::default().block_time(0).start()
    }

    /// Where its RPC is, over HTTP.
    pub fn rpc_url(&self) -> &str {
        &self.rpc_url
    }

    /// Where its RPC is, over WebSocket.
    pub fn ws_url(&self) -> &str {
        &self.ws_url
    }

    /// The port of both.
    pub fn port(&self) -> u16 {
        self.rpc_url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Where its data is.
    pub fn datadir(&self) -> &Path {
        &self.datadir
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.id()
    }

    /// What it has written to stdout.
    pub fn stdout(&self) -> String {
        self.running.stdout.text()
    }

    /// What it has written to stderr.
    pub fn stderr(&self) -> String {
        self.running.stderr.text()
    }

    /// Kills it as a power cut would (SIGKILL).
    pub fn kill(mut self) {
        self.running.kill();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    ///
    /// # Panics
    /// If it does not stop in time.
    #[track_caller]
    pub fn stop(mut self) -> Finished {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("kill -TERM {}", self.pid()));
        run(command, None).ok();
        let status = self.running.wait(STOP_PATIENCE).expect("bttd stops after SIGTERM");
        Finished { code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }
}

/// The wallet with a home folder of its own.
#[derive(Debug)]
pub struct Wallet {
    home: tempfile::TempDir,
    rpc_url: String,
}

impl Wallet {
    /// A wallet without keys, for this node.
    pub fn new(rpc_url: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        Self { home, rpc_url: rpc_url.to_owned() }
    }

    /// Its home folder; key files are in `.btt/keystore` there.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command line of it, to be completed.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(program("btt"));
        command.env("HOME", self.home()).args(["--rpc", &self.rpc_url]).args(arguments);
        command
    }

    /// Runs a command line of it, without anybody who could answer questions.
    #[track_caller]
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        run(self.command(arguments), None)
    }
}
