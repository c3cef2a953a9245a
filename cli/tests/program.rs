//! The program as a script meets it: exit codes, and what goes to stdout and what to stderr.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const ACCOUNT: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

fn btt(keystore: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_btt"))
        .args(words)
        .env_clear()
        .env("BTT_KEYSTORE", keystore)
        .env("BTT_PASSWORD", "secret")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Fails with `status`, with nothing on stdout; returns stderr.
fn fails(status: i32, words: &[&str]) -> String {
    let output = btt(Path::new("does/not/exist"), words);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {errors}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{words:?}");
    errors
}

#[test]
fn a_wrong_command_line_exits_with_2_and_says_what_to_write() {
    assert_eq!(
        fails(2, &["balance", "0x12"]),
        "error: ADDRESS '0x12' has 2 of 40 hex digits. An address looks like \
         0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n"
    );
    let errors =
        fails(2, &["send", "1", "--to", ACCOUNT, "--key", &format!("0x{}", "11".repeat(32))]);
    assert!(errors.contains("needs a yes") && errors.contains("--yes"), "{errors}");
    assert!(fails(2, &["send", "1"]).contains("--to <ADDRESS>"));
    assert!(fails(2, &["nope"]).contains("unrecognized subcommand 'nope'"));
    assert!(fails(2, &["balance"]).contains("btt keys new NAME"));
}

#[test]
fn a_stopped_node_is_named_with_what_to_try() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    assert_eq!(
        fails(1, &["balance", ACCOUNT, "--rpc", &url]),
        format!("error: cannot reach {url} (connection refused). Is bttd running? Try: bttd dev\n")
    );
}

#[test]
fn errors_are_json_on_stderr_where_json_is_asked_for() {
    for (status, words, code) in [
        (2, ["balance", "0x12", "--json"].as_slice(), "invalid_address"),
        (2, &["--json", "send"], "usage"),
        (1, &["keys", "show", "nobody", "--json"], "unknown_account"),
    ] {
        let error: Value = serde_json::from_str(&fails(status, words)).unwrap();
        assert_eq!(error["error"]["code"], code);
        assert!(error["error"]["message"].is_string(), "{error}");
    }
}

#[test]
fn help_and_version_are_results() {
    for words in
        [["--help"].as_slice(), &["--version"], &["send", "--help"], &["completions", "zsh"]]
    {
        let output = btt(Path::new("does/not/exist"), words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
        assert!(!output.stdout.contains(&0x1b), "{words:?}: a pipe gets no colour");
    }
}

#[test]
fn a_key_is_made_listed_exported_and_deleted_without_a_terminal() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keystore");
    let run = |words: &[&str]| {
        let output = btt(&folder, words);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), errors)
    };
    let (status, address, note) = run(&["keys", "new", "alice"]);
    assert_eq!(status, Some(0), "{note}");
    assert!(note.starts_with("alice is in "), "{note}");
    let (_, list, _) = run(&["key", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["accounts"][0]["name"], "alice");
    assert_eq!(list["accounts"][0]["address"], address.trim().to_lowercase());
    let (status, shown, errors) = run(&["keys", "export", "alice"]);
    assert_eq!((status, shown.as_str()), (Some(2), ""), "{errors}");
    let (_, key, _) = run(&["keys", "export", "alice", "--yes-i-know"]);
    assert_eq!(key.trim().len(), 66);
    let (status, _, errors) = run(&["keys", "delete", "alice"]);
    assert_eq!(status, Some(2), "{errors}");
    assert_eq!(
        run(&["keys", "delete", "alice", "--yes", "--quiet"]),
        (Some(0), "deleted alice\n".into(), String::new())
    );
    assert_eq!(run(&["keys", "show", "alice"]).0, Some(1));
}

#[test]
fn a_book_is_cleared_and_checked_without_a_node() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/market-book.json");
    let book = book.to_str().unwrap();
    let nowhere = Path::new("does/not/exist");
    let output = btt(nowhere, &["market", "clear", book, "--naive", "--json", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["bids"][0], serde_json::json!({"id": 1, "won": 2, "payment": "3800"}));
    let offer = serde_json::json!(
        {"id": 1, "sold": 2, "gross": "3760", "fee": "75", "net": "3685"}
    );
    assert_eq!(result["offers"][0], offer);
    assert_eq!((&result["welfare"], &result["dust"]), (&"10445".into(), &"0".into()));
    assert_eq!(result["naive"]["payments_compared"], 3);
    assert_eq!(result["naive"]["winners"], 3);
    // Without a check there is no such field.
    let output = btt(nowhere, &["market", "clear", book, "--json"]);
    let alone: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(alone.get("naive").is_none());
    assert_eq!(alone["root"], result["root"]);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.starts_with("cleared 5 bids in "), "{note}");
}

#[test]
fn a_book_that_is_none_is_refused_with_what_is_wrong() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("book.json");
    let words = ["market", "clear", file.to_str().unwrap()];
    let refused = |text: &str| {
        std::fs::write(&file, text).unwrap();
        fails(2, &words).replace(words[2], "FILE")
    };
    assert_eq!(
        refused(r#"{"tie": "id", "bids": [], "offers": [{"id": 4}]}"#),
        "error: FILE is no book of a market: offer 4: missing field `seller`. \
         An example: docs/examples/market-book.json\n"
    );
    let buyer = ACCOUNT;
    let bid =
        format!(r#"{{"id": 3, "buyer": "{buyer}", "swarm": "{}", "tiers": []}}"#, "11".repeat(20));
    assert_eq!(
        refused(&format!(r#"{{"tie": "id", "offers": [], "bids": [{bid}]}}"#)),
        "error: FILE is no book of a market: bid 3 has no tier. \
         An example: docs/examples/market-book.json\n"
    );
}
