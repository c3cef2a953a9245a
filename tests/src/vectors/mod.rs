//! Readers and runners of other people's test files ("vectors"), which lie beside the repository in
//! `shared/vectors`. Where the folder is absent, its tests say so and pass.

pub mod state_test;

use eyre::{Context as _, Result};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file or folder of the outside vectors; `None`, with a printed line, where it is absent.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {name} not there");
    None
}

/// Reads a JSON file, gzipped if its name ends in `.gz`.
///
/// # Errors
/// With the file's name, if it cannot be read or is of another form.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let name = || path.display().to_string();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let file = fs::File::open(path).wrap_err_with(name)?;
        let unpacked = std::io::BufReader::new(GzDecoder::new(file));
        return serde_json::from_reader(unpacked).wrap_err_with(name);
    }
    serde_json::from_slice(&fs::read(path).wrap_err_with(name)?).wrap_err_with(name)
}

/// The JSON files under `path`, which may be one itself, in order of their names.
///
/// # Errors
/// If a folder cannot be read.
pub fn json_files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let path = entry?.into_path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}
