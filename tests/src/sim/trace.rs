//! What happened: a digest of every step, and the last steps in words.

use super::rng::mix;
use std::collections::VecDeque;

/// Steps kept in words.
const LAST: usize = 60;

/// A trace.
#[derive(Debug, Default)]
pub struct Trace {
    digest: u64,
    last: VecDeque<String>,
    /// Steps so far.
    pub steps: u64,
    /// Whether everything is printed as it happens.
    pub is_loud: bool,
}

impl Trace {
    /// Takes a number into the digest.
    pub fn add(&mut self, value: u64) {
        self.digest = mix(self.digest.rotate_left(5) ^ value);
    }

    /// Keeps a line; its bytes go into the digest.
    pub fn say(&mut self, at_us: u64, line: impl FnOnce() -> String) {
        let line = format!("{:>10}.{:03} ms  {}", at_us / 1_000, at_us % 1_000, line());
        for chunk in line.as_bytes().chunks(8) {
            let value = chunk.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
            self.add(value);
        }
        if self.is_loud {
            println!("{line}");
        }
        if self.last.len() >= LAST {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// The digest of all steps.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The last lines.
    pub fn last(&self) -> impl Iterator<Item = &str> {
        self.last.iter().map(String::as_str)
    }
}
