//! The `state-test` program: its words and exit codes.

use btt_tests::vectors::find;
use std::{
    ffi::OsStr,
    fs,
    process::{Command, Output},
};

fn state_test(arguments: &[&OsStr]) -> Output {
    let program = env!("CARGO_BIN_EXE_state-test");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_folder_that_passes_ends_with_the_counts_and_code_0() {
    let Some(folder) = find("ethereum-tests/GeneralStateTests/stSelfBalance") else { return };
    let output = state_test(&[folder.as_os_str()]);
    assert_eq!(output.status.code(), Some(0));
    let line = last_line(&output);
    assert!(line.ends_with(" passed, 0 failed, 0 skipped") && !line.starts_with('0'), "{line}");
}

#[test]
fn a_wrong_state_root_is_named_and_ends_with_code_1() -> eyre::Result<()> {
    let Some(file) = find("ethereum-tests/GeneralStateTests/stSelfBalance/selfBalance.json") else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut test: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
    test["selfBalance"]["post"]["Cancun"][0]["hash"] = format!("0x{:064x}", 1).into();
    let fork = test["selfBalance"]["post"]["Cancun"][0].clone();
    test["selfBalance"]["post"]["Frontier"] = serde_json::json!([fork]);
    fs::write(folder.path().join("wrong.json"), test.to_string())?;
    fs::write(folder.path().join("other.json"), "[]")?;
    let output = state_test(&["--verbose".as_ref(), folder.path().as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("FAIL selfBalance/Cancun/d0g0v0: state root 0x"), "{text}");
    assert!(text.contains("skip selfBalance/Frontier/d0g0v0: "), "{text}");
    assert!(text.contains("other.json: not a state test"), "{text}");
    assert!(last_line(&output).ends_with(" passed, 2 failed, 1 skipped"), "{text}");
    Ok(())
}

#[test]
fn a_wrong_command_line_ends_with_code_2() {
    for arguments in [&[][..], &["--fast"], &["no-such-folder"]] {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let output = state_test(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}
