//! Ethereum's GeneralStateTests through our own decoder, executor, overlay and trie.

use btt_tests::vectors::{
    find, json_files, read_json,
    state_test::{Compare, Counts, Verdict, build, format, run_files},
};
use std::collections::BTreeSet;

const EIP_7610: &str = "EIP-7610 refuses to create a contract where storage is left over from before \
                        EIP-161; no such account exists on this chain, and revm does not check";

/// Tests that plain revm fails too. This list may only shrink.
const REVM_FAILS: [(&str, &str); 5] = [
    ("InitCollisionParis", EIP_7610),
    ("RevertInCreateInInitCreate2Paris", EIP_7610),
    ("RevertInCreateInInit_Paris", EIP_7610),
    ("create2collisionStorageParis", EIP_7610),
    ("dynamicAccountOverwriteEmpty_Paris", EIP_7610),
];

#[test]
fn every_state_test_that_plain_revm_passes_passes_through_our_store() -> eyre::Result<()> {
    let Some(folder) = find("ethereum-tests/GeneralStateTests") else { return Ok(()) };
    let lines = run_files(&json_files(&folder)?, 2, Compare::Always);
    println!("btt-chain:  {}", Counts::of(lines.iter().map(|line| &line.verdict)));
    let plain = Counts::of(lines.iter().filter_map(|line| line.plain.as_ref()));
    println!("plain revm: {plain}");
    assert!(plain.passed > 0, "no state test ran");
    let mut failed = BTreeSet::new();
    for line in &lines {
        if let Verdict::Failed(reason) = &line.verdict {
            let both = matches!(line.plain, Some(Verdict::Failed(_)));
            assert!(both, "{}, which plain revm passes: {reason}", line.case);
            failed.extend(line.case.split('/').next());
        }
    }
    let listed: BTreeSet<&str> = REVM_FAILS.iter().map(|(name, _)| *name).collect();
    assert_eq!(failed, listed, "fails now (left) against the list (right)");
    Ok(())
}

#[test]
fn transactions_built_from_fields_and_key_are_those_of_the_files() -> eyre::Result<()> {
    let Some(folder) = find("ethereum-tests/GeneralStateTests/stEIP1559") else { return Ok(()) };
    let others =
        ["stEIP2930", "stExample", "stTransactionTest"].map(|name| folder.with_file_name(name));
    let mut compared = 0;
    for folder in [folder].iter().chain(&others) {
        for file in json_files(folder)? {
            for (name, test) in read_json::<format::File>(&file)? {
                for post in test.post.values().flatten() {
                    // What does not fit its type cannot be built.
                    let Ok(built) = build(&test.transaction, post.indexes) else { continue };
                    assert_eq!(Some(built), post.txbytes, "{name} {:?}", post.indexes);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 0);
    Ok(())
}
