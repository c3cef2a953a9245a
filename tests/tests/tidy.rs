//! Holds the structure of the house: which room may see which, file lengths, words, formats.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Longest source file, in lines. Think twice at 400.
const MAX_LINES: usize = 450;
/// The median source file, in lines.
const MAX_MEDIAN_LINES: usize = 200;
/// Crates and the workspace crates they may depend on.
const CRATE_ARROWS: &[(&str, &[&str])] = &[
    ("runtime", &[]),
    ("genesis", &["btt-runtime"]),
    ("node/api", &["btt-runtime", "btt-genesis"]),
    ("node", &["btt-runtime", "btt-genesis", "btt-api"]),
    ("cli", &["btt-runtime", "btt-genesis", "btt-api"]),
];
/// Rooms of the runtime and the rooms they may use, tests aside.
const RUNTIME_ARROWS: &[(&str, &[&str])] = &[
    ("primitives", &["primitives"]),
    ("features.rs", &[]),
    ("config.rs", &["primitives", "features", "config"]),
    ("state", &["primitives", "state"]),
    ("tx", &["primitives", "config", "state", "tx", "evm"]),
    ("block", &["primitives", "config", "tx", "block"]),
    ("modules", &["primitives", "features", "config", "tx", "block", "state", "modules"]),
    ("evm", &["primitives", "config", "state", "tx", "block", "modules", "evm"]),
];
/// Rooms of the node, lowest first: each may use itself and those before it.
const NODE_ORDER: &[&str] = &[
    "storage",
    "keys",
    "chain",
    "mempool",
    "metrics",
    "tower",
    "consensus",
    "network",
    "rpc",
    "config",
    "node",
    "commands",
];
/// What finished code does not say.
const BANNED: &[&str] = &["todo!(", "unimplemented!(", "FIXME", "XXX", "dbg!(", "HACK"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let folder = root().join(below);
    let files = WalkDir::new(&folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    files
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"))
        .filter(|entry| !entry.path().components().any(|c| c.as_os_str() == "target"))
        .map(|entry| {
            let path = entry.path().strip_prefix(root()).unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// A room of tests may use everything.
fn is_test(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str().to_string_lossy().starts_with("tests"))
}

fn all_sources() -> Vec<(PathBuf, String)> {
    ["runtime", "genesis", "node", "cli", "tests"].into_iter().flat_map(sources).collect()
}

/// Names after `crate::` in the code of a file, tests aside.
fn used_rooms(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut rooms = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for part in line.split("crate::").skip(1) {
            if let Some(inside) = part.strip_prefix('{') {
                rooms.extend(inside.split(',').filter_map(first_word));
            } else {
                rooms.extend(first_word(part));
            }
        }
    }
    // `use crate::{` over several lines: its first words at one indent.
    let mut rest = code;
    while let Some(start) = rest.find("use crate::{\n") {
        let block = &rest[start + 13..];
        let end = block.find("\n};").unwrap_or(block.len());
        let at_first_indent = |line: &&str| line.starts_with("    ") && !line.starts_with("     ");
        rooms.extend(block[..end].lines().filter(at_first_indent).filter_map(first_word));
        rest = &block[end..];
    }
    rooms
}

fn first_word(text: &str) -> Option<String> {
    let word: String =
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty() && word.starts_with(char::is_lowercase)).then_some(word)
}

#[test]
fn crates_depend_only_on_those_below() {
    for (folder, allowed) in CRATE_ARROWS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines().filter(|line| line.starts_with("btt-")) {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            assert!(allowed.contains(&name), "{folder} must not depend on {name}");
        }
    }
}

#[test]
fn rooms_of_the_runtime_use_only_those_to_their_left() {
    let rooms: BTreeSet<&str> = RUNTIME_ARROWS.iter().map(|(room, _)| *room).collect();
    for (room, allowed) in RUNTIME_ARROWS {
        for (path, text) in sources(&format!("runtime/src/{room}")) {
            for used in used_rooms(&text).into_iter().filter(|_| !is_test(&path)) {
                let known = rooms.contains(used.as_str()) || used == "config" || used == "executor";
                assert!(
                    !known || allowed.contains(&used.as_str()),
                    "{}: {room} must not use {used}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn rooms_of_the_node_use_only_those_before_them() {
    for (place, room) in NODE_ORDER.iter().enumerate().filter(|(_, room)| **room != "commands") {
        let folder = root().join("node/src").join(room);
        let below = if folder.is_dir() {
            format!("node/src/{room}")
        } else {
            format!("node/src/{room}.rs")
        };
        for (path, text) in sources(&below).into_iter().filter(|(path, _)| !is_test(path)) {
            for used in used_rooms(&text) {
                let Some(other) = NODE_ORDER.iter().position(|room| *room == used) else {
                    continue;
                };
                assert!(other <= place, "{}: {room} must not use {used}", path.display());
            }
        }
    }
}

#[test]
fn every_module_has_its_rooms_and_its_abi_file() {
    for entry in fs::read_dir(root().join("runtime/src/modules")).unwrap().filter_map(Result::ok) {
        if !entry.path().is_dir() {
            continue;
        }
        assert!(entry.path().join("mod.rs").is_file(), "{} lacks mod.rs", entry.path().display());
        for room in ["abi", "state", "calls", "views", "tests"] {
            let file = entry.path().join(format!("{room}.rs"));
            let folder = entry.path().join(room).join("mod.rs");
            assert!(file.is_file() || folder.is_file(), "{} is missing", file.display());
        }
        let name = entry.file_name().into_string().unwrap();
        let abi = root().join(format!("runtime/abi/{name}.json"));
        assert!(abi.is_file(), "{} is missing", abi.display());
    }
}

#[test]
fn files_are_short_and_have_one_subject() {
    let mut lengths = Vec::new();
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines, limit {MAX_LINES}", path.display());
        let is_module_doc = text.starts_with("//!") || text.starts_with("#!");
        let is_tests_room = path.ends_with("tests.rs");
        assert!(is_module_doc || is_tests_room, "{} does not say what it is", path.display());
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MAX_MEDIAN_LINES, "the median file has {median} lines");
}

#[test]
fn nothing_reads_like_unfinished_work() {
    for (path, text) in all_sources() {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for word in BANNED {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn dependencies_say_why_they_are_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    for line in dependencies.lines().filter(|l| l.contains('=') && !l.contains("path =")) {
        assert!(line.contains(" # "), "no reason is given: {line}");
    }
}
