//! A buyer's wallet on a chain of one: sealed bids survive a crash, are revealed once, and wrong words are refused
//! with what to do.

use btt_genesis::Preset;
use btt_node::keys;
use btt_runtime::config::Validator;
use btt_tests::{
    process::{Finished, Node, NodeOptions, Wallet, bttd},
    rpc::Rpc,
};
use serde_json::{Value, json};

const SWARM: &str = "2b66980093bc11806fab50cb3cb41835b95a0362";

fn market(wallet: &Wallet, index: usize, words: &[&str]) -> Finished {
    let secret = btt_genesis::dev_accounts()[index].secret_key.to_string();
    let all = ["--key", secret.as_str(), "market"].into_iter().chain(words.iter().copied());
    wallet.run(all)
}

/// Lets time pass until the market is in this phase; its epoch.
async fn until(rpc: &Rpc, phase: &str) -> u64 {
    for _ in 0..50 {
        let epoch = rpc.call("market_epoch", json!([])).await;
        if epoch["phase"] == phase {
            return epoch["epoch"].as_u64().unwrap();
        }
        rpc.call("evm_increaseTime", json!([1])).await;
        rpc.call("evm_mine", json!([])).await;
    }
    panic!("no phase {phase}");
}

/// The files of sealed bids.
fn kept(wallet: &Wallet) -> Vec<(std::path::PathBuf, Value)> {
    let folder = wallet.home().join(".btt/market/990003");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_sealed_bid_survives_a_crash_and_is_revealed_once() {
    let node = Node::on_demand();
    let (wallet, rpc) = (Wallet::new(node.rpc_url()), Rpc::new(node.rpc_url()));
    let offer = ["offer", "--swarm", SWARM, "--capacity", "4", "--reserve", "0.02", "--yes"];
    market(&wallet, 1, &offer).ok();
    // Without a yes, for there is nothing to say yes to.
    let early = market(&wallet, 2, &["reveal", "--json"]).json();
    assert_eq!(early["revealed"], json!([]));
    // The chain stands, and the next block ends its commit phase: the bid is sealed for the epoch that begins there.
    let blocks_left = async || rpc.call("market_epoch", json!([])).await["blocksLeft"].clone();
    while blocks_left().await != "0x1" {
        rpc.call("evm_mine", json!([])).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(2_200)).await;
    let standing = rpc.call("market_epoch", json!([])).await["epoch"].as_u64().unwrap();
    let bid = ["bid", "--swarm", SWARM, "--units", "2", "--price", "0.05", "--no-wait", "--yes"];
    let sent = market(&wallet, 2, &[&bid[..], &["--json"]].concat()).json();
    let event = &sent["events"][0];
    assert_eq!((&event["event"], &event["qmax"]), (&json!("BidCommitted"), &json!(2)));
    let (path, known) = kept(&wallet).remove(0);
    assert_eq!((&known["bid_id"], &known["is_revealed"]), (&event["bid_id"], &json!(false)));
    assert_eq!((&known["epoch"], &event["epoch"]), (&json!(standing + 1), &json!(standing + 1)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let twice = market(&wallet, 2, &bid).fails(1);
    assert!(twice.contains("already bids for"), "{twice}");
    let soon = market(&wallet, 2, &["reveal", "--yes"]).fails(1);
    assert!(soon.contains("bids are committed") && soon.contains("reveal --wait"), "{soon}");
    let shown = market(&wallet, 2, &["status"]).ok();
    assert!(shown.contains("sealed; open it: btt market reveal --wait"), "{shown}");
    let elsewhere = market(&Wallet::new(node.rpc_url()), 2, &["status"]).ok();
    assert!(elsewhere.contains("its secrets are not in this wallet"), "{elsewhere}");
    let elsewhere = market(&Wallet::new(node.rpc_url()), 2, &["reveal", "--wait", "--yes"]);
    let elsewhere = elsewhere.fails(1);
    assert!(elsewhere.contains("is sealed, and its secrets are not in "), "{elsewhere}");

    // As if the wallet had lost its power between the commit and what it learnt of it.
    let mut lost = known.clone();
    lost["bid_id"] = Value::Null;
    std::fs::write(&path, lost.to_string()).unwrap();
    let epoch = until(&rpc, "reveal").await;
    assert_eq!(Some(epoch), known["epoch"].as_u64());
    let revealed = market(&wallet, 2, &["reveal", "--yes", "--json"]).json();
    let row = &revealed["revealed"][0];
    assert_eq!((&row["bid"], &row["is_revealed"]), (&known["bid_id"], &json!(true)));
    assert_eq!(kept(&wallet)[0].1["is_revealed"], true);
    let again = market(&wallet, 2, &["reveal", "--yes"]).ok();
    assert!(again.contains("no bid of this account waits for a reveal"), "{again}");
    // A wallet that died before it wrote that down learns it from the chain.
    std::fs::write(&path, lost.to_string()).unwrap();
    let bid = known["bid_id"].to_string();
    let done = market(&wallet, 2, &["reveal", &bid, "--yes"]).ok();
    assert!(done.contains("it is revealed already"), "{done}");
    let other = market(&wallet, 2, &["reveal", "99", "--yes"]).fails(1);
    assert!(other.contains("is not in the open epoch, or not kept here"), "{other}");

    until(&rpc, "commit").await;
    let awards = market(&wallet, 2, &["awards", "--json"]).json();
    assert_eq!(awards["awards"][0]["units"], 2, "{awards}");
    // Nobody else bid: the units cost what the seller asks.
    assert_eq!(awards["awards"][0]["payment_wei"], "40818000000000000", "{awards}");
}

#[tokio::test]
async fn wrong_words_are_refused_with_what_to_do() {
    let node = Node::on_demand();
    let wallet = Wallet::new(node.rpc_url());
    let bid = |more: &[&str]| {
        let words = ["bid", "--swarm", SWARM, "--yes"];
        market(&wallet, 2, &[&words[..], more].concat()).fails(2)
    };
    for (words, wanted) in [
        (&["--units", "2", "--price", "0.0000005"][..], "is no multiple of 0.000001 BTT"),
        (&["--units", "0", "--price", "1"], "not a whole number from 1 to 256"),
        (&["--units", "257", "--price", "1"], "not a whole number from 1 to 256"),
        (&["--units", "200", "--price", "1", "--tier", "1x57"], "257 units are too many"),
        (&["--units", "1", "--price", "1", "--tier", "2x1"], "above the one before it"),
        (&["--units", "1", "--price", "1", "--ceiling", "0.5"], "is below the price"),
        (&["--units", "1", "--price", "1", "--epochs", "61"], "cannot stand for 61 epochs"),
    ] {
        let said = bid(words);
        assert!(said.contains(wanted), "{said}");
    }
    let short = ["offers", "--swarm", "2b66"];
    assert!(market(&wallet, 2, &short).fails(2).contains("'2b66' is no infohash"));
    let unknown = market(&wallet, 2, &["withdraw", "7", "--yes"]).fails(1);
    assert!(unknown.contains("there is no offer 7"), "{unknown}");
    assert!(unknown.contains("btt market seller"), "{unknown}");
    let bid = ["bid", "--swarm", SWARM, "--units", "1", "--price", "999999999", "--yes"];
    let poor = market(&wallet, 2, &bid).fails(1);
    assert!(poor.contains("insufficient funds: 0x") && poor.contains("999,999,999 BTT"), "{poor}");
    for (words, wanted) in [
        (&["change", "3", "--yes"][..], "nothing would change"),
        (&["bond", "add", "0", "--yes"], "nothing would change"),
        (
            &["simulate", "--swarm", SWARM, "--units", "1", "--price", "1", "--epochs", "9"],
            "from 1 to 8",
        ),
        (&["prices", "--swarm", SWARM, "--limit", "0"], "from 1 to 1000"),
    ] {
        let said = market(&wallet, 2, words).fails(2);
        assert!(said.contains(wanted), "{said}");
    }
    let nobody = wallet.run(["market", "offers"]).fails(2);
    assert!(nobody.contains("--swarm") && nobody.contains("--seller"), "{nobody}");
    let none = market(&wallet, 2, &["bond", "take", "--yes"]).fails(1);
    assert!(none.contains("no part of the bond is free"), "{none}");
    let book = market(&wallet, 2, &["book"]).fails(1);
    assert!(book.contains("no frozen book"), "{book}");
    let lease = format!("0x{}", "01".repeat(32));
    let lease = market(&wallet, 2, &["receipt", &lease, "all"]).fails(1);
    assert!(lease.contains("there is no lease"), "{lease}");

    // A seller's money: the bond comes with the offer, and is free when that is over.
    let offer =
        ["offer", "--swarm", SWARM, "--capacity", "4", "--reserve", "0.02", "--epochs", "1"];
    for epochs in ["0", "10081"] {
        let words = [&offer[..7], &["--epochs", epochs, "--yes"]].concat();
        let never = market(&wallet, 1, &words).fails(2);
        assert!(never.contains("an offer cannot stand for "), "{never}");
    }
    let posted = market(&wallet, 1, &[&offer[..], &["--yes", "--json"]].concat()).json();
    let event = &posted["events"][0];
    assert_eq!((&event["event"], &event["capacity"]), (&json!("OfferPosted"), &json!(4)));
    let id = event["offer_id"].to_string();
    let bond = market(&wallet, 1, &["bond", "--json"]).json();
    // A fifth of 4 units at 0.020409 BTT.
    assert_eq!(bond["bond_wei"], "16327200000000000");
    assert_eq!((&bond["required_wei"], &bond["is_enough"]), (&bond["bond_wei"], &json!(true)));
    let more = ["change", &id, "--capacity", "8", "--yes", "--json"];
    let changed = market(&wallet, 1, &more).json();
    let has = |name: &str| changed["events"].as_array().unwrap().iter().any(|e| e["event"] == name);
    assert!(has("OfferWithdrawn") && has("OfferPosted"), "{changed}");
    let added = market(&wallet, 1, &["bond", "add", "1", "--yes"]).ok();
    assert!(added.contains("of which offers bind"), "{added}");
    let taken = market(&wallet, 1, &["bond", "take", "--yes"]).ok();
    assert!(taken.contains("bond"), "{taken}");
}

/// What a place in the book costs on networks with money: 0.01 BTT.
const BOOK_FEE_WEI: u128 = 10_000_000_000_000_000;

#[tokio::test]
async fn an_offer_pays_for_its_place_in_each_epoch_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let [data, file] = ["data", "spec.json"].map(|name| folder.path().join(name));
    let key = keys::dev_validator_key();
    let validator = Validator {
        public_key: keys::public_key_of(&key),
        operator: btt_genesis::dev_accounts()[0].address,
        power: keys::LOCAL_POWER,
    };
    let mut spec = Preset::Dev.spec(vec![validator]);
    spec.params.market.book_fee_wei = BOOK_FEE_WEI;
    std::fs::write(&file, spec.to_json().unwrap()).unwrap();
    bttd(["init", "--chain", file.to_str().unwrap(), "--datadir", data.to_str().unwrap()]).ok();
    let node = NodeOptions::default().block_time(0).datadir(&data).start();
    let (wallet, rpc) = (Wallet::new(node.rpc_url()), Rpc::new(node.rpc_url()));
    let epoch = async || rpc.call("market_epoch", json!([])).await["epoch"].as_u64().unwrap();

    // Seven epochs from the next on, and one in case the current one ends before.
    let current = epoch().await;
    let offer = ["offer", "--swarm", SWARM, "--capacity", "4", "--reserve", "0.02"];
    let words = [&offer[..], &["--epochs", "7", "--yes", "--json"]].concat();
    let posted = market(&wallet, 1, &words).json();
    let event = &posted["events"][0];
    let [from, to] = ["from_epoch", "to_epoch"].map(|name| event[name].as_u64().unwrap());
    assert_eq!(to, current + 8, "{posted}");
    // An epoch that was over before the offer was posted is not paid for: that goes to the bond.
    let bond = market(&wallet, 1, &["bond", "--json"]).json();
    let [has, binds] = ["bond_wei", "required_wei"]
        .map(|name| bond[name].as_str().unwrap().parse::<u128>().unwrap());
    let unpaid = u128::from(8 - (to + 1 - from));
    assert!(unpaid <= 1 && has == binds + unpaid * BOOK_FEE_WEI, "{posted} {bond}");

    // The same for one that takes its place, and for a bid of several epochs.
    let id = event["offer_id"].to_string();
    let changed = market(&wallet, 1, &["change", &id, "--epochs", "9", "--yes", "--json"]).json();
    assert_eq!(changed["status"], "success", "{changed}");
    let bid = ["bid", "--swarm", SWARM, "--units", "2", "--price", "0.05", "--epochs", "5"];
    let bid = market(&wallet, 2, &[&bid[..], &["--no-wait", "--yes", "--json"]].concat()).json();
    assert_eq!(bid["status"], "success", "{bid}");
}

#[tokio::test]
async fn an_offer_that_the_blocks_own_work_made_wrong_says_why() {
    let node = Node::on_demand();
    let (wallet, rpc) = (Wallet::new(node.rpc_url()), Rpc::new(node.rpc_url()));
    // The chain stands, and the next block ends the epoch: when the offer comes, its last epoch has begun.
    let clock = async || rpc.call("market_epoch", json!([])).await;
    while clock().await["blocksLeft"] != "0x1" {
        rpc.call("evm_mine", json!([])).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(2_200)).await;
    let last = (clock().await["epoch"].as_u64().unwrap() + 1).to_string();
    let offer = ["offer", "--swarm", SWARM, "--capacity", "4", "--reserve", "0.02"];
    let said = market(&wallet, 1, &[&offer[..], &["--to-epoch", &last, "--yes"]].concat()).fails(1);
    assert!(said.contains(&format!("the last epoch {last} is not between")), "{said}");
    assert!(said.contains("its fee is paid"), "{said}");
}
