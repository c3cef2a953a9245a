//! Orders to the supervisor: lines on its stdin, or on a Unix socket in the network's folder.

use super::layout::socket_path;
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fmt,
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

/// The socket's name in the network's folder.
pub(super) const SOCKET_NAME: &str = "control.sock";
/// How long one who connects may take to say what is wanted.
const READ_PATIENCE: Duration = Duration::from_secs(2);
/// How long a supervisor may take to do it: a node that is to stop may first finish a block.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// Longest order, in bytes.
const MAX_ORDER_BYTES: u64 = 200;

/// What the supervisor is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Show the nodes.
    Status,
    /// Kill one at once.
    Kill(u16),
    /// Stop one where it runs, and start it.
    Restart(u16),
    /// Stop one.
    Stop(u16),
    /// Stop all, and end.
    StopAll,
}

impl FromStr for Order {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let node = |text: &str| {
            let number = text.strip_prefix("node-").unwrap_or(text).parse::<u16>();
            number.map_err(|_| format!("'{text}' is no node; write its number"))
        };
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["status"] => Ok(Self::Status),
            ["kill", name] => Ok(Self::Kill(node(name)?)),
            ["restart", name] => Ok(Self::Restart(node(name)?)),
            ["stop", name] => Ok(Self::Stop(node(name)?)),
            ["stop"] => Ok(Self::StopAll),
            _ => Err(format!(
                "'{}' is no command; there are: status, kill N, restart N, stop N, stop",
                line.trim()
            )),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("status"),
            Self::Kill(node) => write!(f, "kill {node}"),
            Self::Restart(node) => write!(f, "restart {node}"),
            Self::Stop(node) => write!(f, "stop {node}"),
            Self::StopAll => f.write_str("stop"),
        }
    }
}

/// The supervisor's socket; its file goes with it.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) listener: UnixListener,
    file: PathBuf,
}

impl Drop for Socket {
    fn drop(&mut self) {
        // It may be gone with its folder.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Takes the socket of a network; fails where a supervisor has it.
pub(super) fn listen(folder: &Path) -> Result<Socket> {
    let file = socket_path(folder);
    std::fs::create_dir_all(folder)
        .wrap_err_with(|| format!("cannot make {}", folder.display()))?;
    if UnixStream::connect(&file).is_ok() {
        return Err(eyre!(
            "the network in {0} runs already; stop it with: bttd localnet stop --dir {0}",
            folder.display()
        ));
    }
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).wrap_err_with(|| format!("cannot replace {}", file.display()));
        }
        // What a supervisor that was killed has left.
        _ => {}
    }
    let listener = UnixListener::bind(&file)
        .wrap_err_with(|| format!("cannot listen on {} (a shorter --dir?)", file.display()))?;
    Ok(Socket { listener, file })
}

/// Sends an order to the supervisor of a network; what it answers.
pub(super) fn send(folder: &Path, line: &str) -> Result<String> {
    let mut stream = UnixStream::connect(socket_path(folder)).map_err(|_| {
        eyre!("no network runs in {0}; start it with: bttd localnet --dir {0}", folder.display())
    })?;
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    let mut answer = String::new();
    writeln!(stream, "{line}")
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .and_then(|()| stream.read_to_string(&mut answer))
        .wrap_err("the supervisor does not answer")?;
    match answer.strip_prefix("ok\n") {
        Some(text) => Ok(text.to_owned()),
        None => Err(eyre!("{}", answer.trim_start_matches("error ").trim_end())),
    }
}

/// Reads the order of one who connected.
pub(super) fn read_order(stream: &UnixStream) -> Option<String> {
    stream.set_read_timeout(Some(READ_PATIENCE)).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_ORDER_BYTES)).read_line(&mut line).ok()?;
    Some(line)
}

/// Answers one who connected.
pub(super) fn answer(mut stream: &UnixStream, result: &Result<String, String>) {
    // Who does not wait for the answer does not need it.
    let _ = match result {
        Ok(text) => write!(stream, "ok\n{text}"),
        Err(text) => writeln!(stream, "error {text}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_words_and_a_number() {
        for (line, order) in [
            ("status\n", Order::Status),
            (" kill 2 ", Order::Kill(2)),
            ("restart node-3", Order::Restart(3)),
            ("stop 0", Order::Stop(0)),
            ("stop", Order::StopAll),
        ] {
            assert_eq!(line.parse(), Ok(order));
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        for wrong in ["", "kill", "kill x", "restart 1 2", "kill -1", "quit"] {
            let error = wrong.parse::<Order>().unwrap_err();
            assert!(error.contains("no command") || error.contains("no node"), "{error}");
        }
    }

    #[test]
    fn one_supervisor_has_the_socket_and_answers() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = send(folder.path(), "status").unwrap_err().to_string();
        assert!(nobody.contains("no network runs"), "{nobody}");
        let socket = listen(folder.path()).unwrap();
        let listener = socket.listener.try_clone().unwrap();
        let server = std::thread::spawn(move || {
            for result in [Ok("fine\n".to_owned()), Err("no such node".to_owned())] {
                // One who only looks whether somebody is there says nothing.
                let line = loop {
                    let (stream, _) = listener.accept().unwrap();
                    match read_order(&stream).filter(|line| !line.is_empty()) {
                        Some(line) => {
                            answer(&stream, &result);
                            break line;
                        }
                        None => continue,
                    }
                };
                assert_eq!(line, "kill 1\n");
            }
        });
        let second = listen(folder.path()).unwrap_err().to_string();
        assert!(second.contains("runs already"), "{second}");
        assert_eq!(send(folder.path(), "kill 1").unwrap(), "fine\n");
        assert_eq!(send(folder.path(), "kill 1").unwrap_err().to_string(), "no such node");
        server.join().unwrap();
        drop(socket);
        assert!(!socket_path(folder.path()).exists());
        // What a killed supervisor leaves is no obstacle.
        std::fs::write(socket_path(folder.path()), "").unwrap();
        listen(folder.path()).unwrap();
    }
}
