//! `state-test DIR…`: runs Ethereum's GeneralStateTests under the folders and prints what failed.
//!
//! The last line is `N passed, N failed, N skipped`. Exit code 0 if nothing failed, 1 if something did,
//! 2 if the command line or a folder is wrong.

use btt_tests::vectors::{
    json_files,
    state_test::{Compare, Counts, Line, Verdict, run_files},
};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "usage: state-test [--verbose] [--compare] DIR…

Runs Ethereum's GeneralStateTests (JSON files under each DIR) through btt-chain's executor, state and
trie. --verbose prints every case, --compare runs every case by plain revm too and prints its counts.";
const THREADS: usize = 2;

struct Options {
    verbose: bool,
    compare: bool,
    folders: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprintln!("state-test: {reason}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(counts) if counts.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("state-test: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { verbose: false, compare: false, folders: Vec::new() };
    for argument in arguments {
        match argument.as_str() {
            "--verbose" => options.verbose = true,
            "--compare" => options.compare = true,
            "--help" | "-h" => return Ok(None),
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            folder => options.folders.push(folder.into()),
        }
    }
    if options.folders.is_empty() {
        return Err("name at least one folder".into());
    }
    Ok(Some(options))
}

fn run(options: &Options) -> eyre::Result<Counts> {
    let mut files = Vec::new();
    for folder in &options.folders {
        files.extend(files_of(folder)?);
    }
    let compare = if options.compare { Compare::Always } else { Compare::Failures };
    let lines = run_files(&files, THREADS, compare);
    let mut out = io::stdout().lock();
    for line in &lines {
        print_line(&mut out, line, options.verbose)?;
    }
    if options.compare {
        writeln!(out, "plain revm: {}", Counts::of(lines.iter().filter_map(|l| l.plain.as_ref())))?;
    }
    let counts = Counts::of(lines.iter().map(|line| &line.verdict));
    writeln!(out, "{counts}")?;
    Ok(counts)
}

fn files_of(folder: &Path) -> eyre::Result<Vec<PathBuf>> {
    let files = json_files(folder)?;
    eyre::ensure!(!files.is_empty(), "no JSON files under {}", folder.display());
    Ok(files)
}

fn print_line(out: &mut impl Write, line: &Line, verbose: bool) -> io::Result<()> {
    match &line.verdict {
        Verdict::Failed(reason) => write!(out, "FAIL {}: {reason}", line.case)?,
        Verdict::Passed if verbose => write!(out, "pass {}", line.case)?,
        Verdict::Skipped(reason) if verbose => write!(out, "skip {}: {reason}", line.case)?,
        Verdict::Passed | Verdict::Skipped(_) => return Ok(()),
    }
    match &line.plain {
        Some(Verdict::Failed(reason)) => writeln!(out, " (plain revm fails too: {reason})"),
        Some(Verdict::Passed) if line.verdict != Verdict::Passed => {
            writeln!(out, " (plain revm passes)")
        }
        _ => writeln!(out),
    }
}
