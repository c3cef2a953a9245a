//! What several tests share: outside vectors, golden files.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

/// An outside vector file; `None`, with a line that says so, where the folder is absent.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = ["../../shared/vectors", "../../../shared/vectors"]
        .iter()
        .map(|folder| here.join(folder).join(name))
        .find(|path| path.exists());
    let Some(path) = path else {
        println!("skipped: no outside vectors {name}");
        return None;
    };
    let bytes = std::fs::read(&path).unwrap();
    let mut text = String::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    Some(serde_json::from_str(&text).unwrap())
}

/// Compares with a file in `cli/tests/golden`; `UPDATE=1` writes it instead.
pub(crate) fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let actual = format!("{}\n", actual.trim_end());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let (mut actual, mut expected) = (actual.lines(), expected.lines());
    for line in 1.. {
        let (is, was) = (actual.next(), expected.next());
        assert_eq!(is, was, "{name} differs in line {line}; approve with UPDATE=1");
        if is.is_none() {
            return;
        }
    }
}
