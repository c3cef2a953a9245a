//! Starts the nodes of a local network, watches them, and obeys.
//!
//! A node dies with its supervisor, however that ends: its stdin is a pipe from here, and it stops when the
//! pipe closes.

use super::{
    banner,
    control::{self, Order, Socket},
    layout::{Layout, NodeLayout},
};
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fs::OpenOptions,
    io::BufRead as _,
    net::TcpStream,
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};

/// Time between two looks at the nodes.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a node may take to stop before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// How long a look at a port of this machine may take.
const CONNECT_PATIENCE: Duration = Duration::from_millis(50);

/// What the supervisor hears.
enum Event {
    /// A line, and who wants an answer; on stdin everybody sees it.
    Line(String, Option<UnixStream>),
    /// Ctrl-C, or SIGTERM.
    Interrupted,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Its process runs; the RPC does not answer yet.
    Starting(u32),
    /// Its RPC answers.
    Ready(u32),
    /// It ended, and how.
    Ended(String),
}

/// A node and its process.
struct Node<'a> {
    layout: &'a NodeLayout,
    process: Option<Child>,
    state: State,
}

struct Supervisor<'a> {
    program: PathBuf,
    nodes: Vec<Node<'a>>,
}

/// Runs a network until it is told to stop.
pub(super) fn run(layout: &Layout, socket: Socket) -> Result<()> {
    let (sender, events) = channel();
    hear_signals(sender.clone())?;
    hear_stdin(sender.clone());
    hear_socket(&socket, sender)?;
    // Looked up once: the file may be replaced by a new build while the network runs.
    let program = std::env::current_exe().wrap_err("cannot find this program's own file")?;
    let mut supervisor = Supervisor { program, nodes: Vec::new() };
    for node in &layout.nodes {
        let state = State::Ended("not started".to_owned());
        supervisor.nodes.push(Node { layout: node, process: None, state });
    }
    // Children that were started are stopped in any case.
    let started = (0..supervisor.nodes.len()).try_for_each(|place| supervisor.start(place));
    let result = started.and_then(|()| {
        banner::print(layout, &supervisor.states())?;
        supervisor.obey(&events)
    });
    supervisor.stop(None);
    drop(socket);
    result
}

impl<'a> Supervisor<'a> {
    fn states(&self) -> Vec<(&'a NodeLayout, State)> {
        self.nodes.iter().map(|node| (node.layout, node.state.clone())).collect()
    }

    /// Does what it is told until that is to end.
    fn obey(&mut self, events: &Receiver<Event>) -> Result<()> {
        loop {
            match events.recv_timeout(LOOK_INTERVAL) {
                Ok(Event::Interrupted) => return Ok(()),
                Ok(Event::Line(line, asker)) => {
                    let order = line.parse::<Order>();
                    let is_end = order == Ok(Order::StopAll);
                    let result = order.and_then(|order| self.carry_out(order));
                    match (&asker, &result) {
                        (Some(stream), _) => control::answer(stream, &result),
                        (None, Ok(text)) => eprint!("{text}"),
                        (None, Err(text)) => eprintln!("{text}"),
                    }
                    if is_end {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(eyre!("nobody can stop this")),
            }
            self.look();
        }
    }

    fn carry_out(&mut self, order: Order) -> Result<String, String> {
        match order {
            Order::Status => Ok(banner::table(&self.states())),
            Order::Kill(index) => {
                let node = self.running(index)?;
                let name = node.layout.name();
                if let Some(mut process) = node.process.take() {
                    // It may have ended by itself.
                    let _ = process.kill();
                    let _ = process.wait();
                }
                node.state = State::Ended("killed".to_owned());
                Ok(format!("{name} killed\n"))
            }
            Order::Stop(index) => {
                self.running(index)?;
                self.stop(Some(index));
                Ok(format!("node-{index} stopped\n"))
            }
            Order::Restart(index) => {
                let place = self.place(index)?;
                self.stop(Some(index));
                self.start(place).map_err(|error| format!("{error:#}"))?;
                Ok(format!("node-{index} started\n"))
            }
            Order::StopAll => {
                self.stop(None);
                Ok("all nodes stopped\n".to_owned())
            }
        }
    }

    fn place(&self, index: u16) -> Result<usize, String> {
        let place = self.nodes.iter().position(|node| node.layout.index == index);
        place.ok_or_else(|| {
            let last = self.nodes.last().map_or(0, |node| node.layout.index);
            format!("there is no node {index}; they are 0 to {last}")
        })
    }

    fn running(&mut self, index: u16) -> Result<&mut Node<'a>, String> {
        let place = self.place(index)?;
        let node = self.nodes.get_mut(place).filter(|node| node.process.is_some());
        node.ok_or_else(|| format!("node-{index} does not run; start it with: restart {index}"))
    }

    fn start(&mut self, place: usize) -> Result<()> {
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        let log = &node.layout.log;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(&self.program);
        // What the shell sets for a node of its own would be set for all of these.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("BTT_") && !text.starts_with("BTT_LOG") {
                command.env_remove(&name);
            }
        }
        let process = command
            .arg("run")
            .arg("--datadir")
            .arg(&node.layout.datadir)
            .arg("--exit-with-parent")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C is for the supervisor, which stops them in order.
            .process_group(0)
            .spawn()
            .wrap_err_with(|| format!("cannot start {}", self.program.display()))?;
        node.state = State::Starting(process.id());
        node.process = Some(process);
        Ok(())
    }

    /// Tells what has changed since the last look.
    fn look(&mut self) {
        for node in &mut self.nodes {
            let Some(process) = &mut node.process else { continue };
            let name = node.layout.name();
            if let Ok(Some(status)) = process.try_wait() {
                let last = last_line(&node.layout.log);
                eprintln!(
                    "{name} ended by itself ({status}): {last}\n  its log: {}; start it again with: restart {}",
                    node.layout.log.display(),
                    node.layout.index
                );
                node.state = State::Ended(status.to_string());
                node.process = None;
            } else if let State::Starting(pid) = node.state
                && TcpStream::connect_timeout(&node.layout.rpc, CONNECT_PATIENCE).is_ok()
            {
                node.state = State::Ready(pid);
                eprintln!("{name} is ready at http://{}", node.layout.rpc);
            }
        }
    }

    /// Stops a node, or all at once; kills what does not stop in time.
    fn stop(&mut self, which: Option<u16>) {
        let is_meant = |node: &Node<'_>| which.is_none_or(|which| node.layout.index == which);
        for node in self.nodes.iter_mut().filter(|node| is_meant(node)) {
            if let Some(process) = &mut node.process {
                // The node sees the end of its stdin.
                drop(process.stdin.take());
            }
        }
        let deadline = Instant::now() + STOP_PATIENCE;
        for node in self.nodes.iter_mut().filter(|node| is_meant(node)) {
            let Some(mut process) = node.process.take() else { continue };
            while Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
                thread::sleep(LOOK_INTERVAL / 4);
            }
            if matches!(process.try_wait(), Ok(None)) {
                let secs = STOP_PATIENCE.as_secs();
                eprintln!("{} does not stop within {secs} s: killed", node.layout.name());
                let _ = process.kill();
                let _ = process.wait();
            }
            node.state = State::Ended("stopped".to_owned());
        }
    }
}

/// The last line of a log: why a node ended.
fn last_line(log: &std::path::Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let end = text.get(text.len().saturating_sub(4_096)..).unwrap_or_default();
    let text = String::from_utf8_lossy(end);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no log").to_owned()
}

fn hear_signals(events: Sender<Event>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut streams = runtime.block_on(async {
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
            .into_iter()
            .map(signal)
            .collect::<std::io::Result<Vec<_>>>()
    })?;
    thread::spawn(move || {
        let any = futures::future::select_all(streams.iter_mut().map(|s| Box::pin(s.recv())));
        runtime.block_on(any);
        // The supervisor may be ending anyway.
        let _ = events.send(Event::Interrupted);
    });
    Ok(())
}

/// The end of stdin is no order: who starts a network in the background has none.
fn hear_stdin(events: Sender<Event>) {
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && events.send(Event::Line(line, None)).is_err() {
                return;
            }
        }
    });
}

fn hear_socket(socket: &Socket, events: Sender<Event>) -> Result<()> {
    let listener = socket.listener.try_clone()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Who only looks whether somebody is there says nothing.
            let Some(line) = control::read_order(&stream).filter(|line| !line.is_empty()) else {
                continue;
            };
            if events.send(Event::Line(line, Some(stream))).is_err() {
                return;
            }
        }
    });
    Ok(())
}
