//! Ethereum's GeneralStateTests through this chain's own decoder, executor, overlay and trie.
//!
//! ```text
//! format (JSON) ► case (run, judge) ► report          plain (revm alone, to compare)
//! ```
//! Fees are Ethereum's and modules are off (rule A.7); all else is what executes blocks.

mod case;
mod fork;
pub mod format;
mod plain;
mod refusal;
mod sign;

pub use case::{Case, Verdict};
pub use refusal::Refused;
pub use sign::build;

use super::read_json;
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Test, fork and the indexes of data, gas and value.
    pub case: String,
    /// By this chain.
    pub verdict: Verdict,
    /// By plain revm, where it was asked.
    pub plain: Option<Verdict>,
}

/// When plain revm runs beside this chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Never.
    Never,
    /// For what this chain fails.
    Failures,
    /// For every case.
    Always,
}

/// Passed, failed and skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// As the files say.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not run.
    pub skipped: usize,
}

impl Counts {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Passed => counts.passed += 1,
                Verdict::Failed(_) => counts.failed += 1,
                Verdict::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Runs all cases of one file. A file that is no state test is one failed case of its name.
pub fn run_file(path: &Path, compare: Compare) -> Vec<Line> {
    let failed = |reason: String| {
        let case = path.display().to_string();
        vec![Line { case, verdict: Verdict::Failed(reason), plain: None }]
    };
    let file: format::File = match read_json(path) {
        Ok(file) => file,
        Err(error) => return failed(format!("not a state test: {}", error.root_cause())),
    };
    let mut lines = Vec::new();
    for (name, test) in &file {
        let before = match case::state_before(test) {
            Ok(before) => before,
            Err(error) => return failed(error.to_string()),
        };
        for (fork, posts) in &test.post {
            for post in posts {
                let case = Case { test, before: &before, fork, post };
                lines.push(run_case(name, &case, compare));
            }
        }
    }
    lines
}

fn run_case(name: &str, case: &Case<'_>, compare: Compare) -> Line {
    let verdict = case.run();
    let wanted = match compare {
        Compare::Never => false,
        Compare::Failures => matches!(verdict, Verdict::Failed(_)),
        Compare::Always => true,
    };
    let format::Indexes { data, gas, value } = case.post.indexes;
    Line {
        case: format!("{name}/{}/d{data}g{gas}v{value}", case.fork),
        plain: wanted.then(|| case.run_plain()),
        verdict,
    }
}

/// Runs files on `threads` threads; the lines come in the order of the files.
pub fn run_files(files: &[PathBuf], threads: usize, compare: Compare) -> Vec<Line> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![Vec::new(); files.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some((index, path)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    files.get(index).map(|path| (index, path))
                } {
                    let lines = run_file(path, compare);
                    if let Ok(mut done) = done.lock() {
                        done[index] = lines;
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default().into_iter().flatten().collect()
}
