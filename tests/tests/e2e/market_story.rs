//! The bandwidth market on a local network of four validators, through the wallet alone: two sellers, five buyers in
//! two swarms, awards held against a clearing of the same book, receipts, and what everybody ends with.

use alloy_primitives::U256;
use btt_tests::{
    keys::Key,
    localnet::Localnet,
    process::{Finished, LOOK_INTERVAL, Wallet},
    rpc::{Rpc, typed},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// How long the network may take for what it does by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// Wei in a tick.
const TICK_WEI: u64 = 1_000_000_000_000;

const FIRST: &str = "2b66980093bc11806fab50cb3cb41835b95a0362";
const SECOND: &str = "magnet:?xt=urn:btih:9b4c1489bfccd8205d152345f7a8aad52d9a1f57&dn=second";

/// An account of the test mnemonic with a wallet of its own.
struct Party {
    wallet: Wallet,
    index: usize,
}

impl Party {
    fn new(network: &Localnet, node: u16, index: usize) -> Self {
        Self { wallet: Wallet::new(&format!("http://{}", network.rpc(node))), index }
    }

    fn run(&self, words: &[&str]) -> Finished {
        let secret = btt_genesis::dev_accounts()[self.index].secret_key.to_string();
        let all = ["--key", secret.as_str(), "market"].into_iter().chain(words.iter().copied());
        self.wallet.run(all)
    }

    fn json(&self, words: &[&str]) -> Value {
        self.run(&[words, &["--json"]].concat()).json()
    }

    fn address(&self) -> String {
        Key::dev(self.index).address().to_string()
    }
}

fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(LOOK_INTERVAL * 10);
    }
}

fn wei(value: &Value) -> U256 {
    typed(value.clone())
}

/// Waits for a commit phase in which there is time for all, of an epoch in which the offers sell.
fn fresh_epoch(party: &Party, from: u64) {
    eventually("a fresh commit phase", || {
        let epoch = party.json(&["status"])["epoch"].clone();
        let is_open = epoch["phase"] == "commit" && epoch["ms_left"].as_u64()? > 1_200;
        (is_open && epoch["epoch"].as_u64()? >= from).then_some(())
    });
}

/// The book of an epoch, cleared here: root, and awards and leases as the chain tells them.
fn check_epoch(party: &Party, epoch: u64, epochs: &Value, awards: &[&Value], leases: &[Value]) {
    let book = party.run(&["book", "--epoch", &epoch.to_string()]).ok();
    let file = party.wallet.home().join(format!("book-{epoch}.json"));
    std::fs::write(&file, &book).unwrap();
    let cleared = party.json(&["clear", file.to_str().unwrap(), "--naive"]);
    let in_wei = |ticks: &Value| wei(ticks) * U256::from(TICK_WEI);
    assert_eq!(cleared["bids"].as_array().unwrap().len(), awards.len(), "{cleared}");
    for award in awards {
        let bids = cleared["bids"].as_array().unwrap();
        let bid = bids.iter().find(|bid| bid["id"] == award["bid"]).unwrap();
        assert_eq!(bid["won"], award["units"], "{award}");
        assert_eq!(in_wei(&bid["payment"]), wei(&award["payment_wei"]), "{award}");
    }
    let of_epoch: Vec<&Value> = leases.iter().filter(|lease| lease["epoch"] == epoch).collect();
    assert_eq!(cleared["leases"].as_array().unwrap().len(), of_epoch.len(), "{cleared}");
    for lease in of_epoch {
        let expected = cleared["leases"].as_array().unwrap();
        let same = |e: &&Value| (&e["bid"], &e["offer"]) == (&lease["bid"], &lease["offer"]);
        let expected = expected.iter().find(same).unwrap();
        assert_eq!(expected["units"], lease["units"]);
        assert_eq!(in_wei(&expected["buyer_total"]), wei(&lease["buyer_wei"]));
        assert_eq!(in_wei(&expected["seller_total"]), wei(&lease["seller_wei"]));
    }
    // The very root that the validators compared.
    let told = epochs.as_array().unwrap().iter().find(|e| e["epoch"] == epoch).unwrap();
    assert_eq!((&cleared["epoch"], &cleared["root"]), (&json!(epoch), &told["root"]));
}

/// Rule E.5 for one closed lease, in wei.
fn check_division(lease: &Value) {
    let end = &lease["end"];
    let [buyer, seller] = ["buyer_wei", "seller_wei"].map(|name| wei(&lease[name]));
    let of = |name: &str| U256::from(lease[name].as_u64().unwrap());
    let (delivered, due) = (of("delivered_bytes"), of("due_bytes"));
    let gross = seller * delivered / due;
    let fee = gross * U256::from(200) / U256::from(10_000);
    let missing = seller.min(buyer) * (due - delivered) / due;
    let refund = missing * U256::from(8_000) / U256::from(10_000);
    assert_eq!(wei(&end["net_wei"]), gross - fee, "{lease}");
    assert_eq!(wei(&end["fee_wei"]), fee, "{lease}");
    assert_eq!(wei(&end["refund_wei"]), refund, "{lease}");
    assert_eq!(wei(&end["burnt_wei"]), missing - refund, "{lease}");
    // As much again of the bond, while there is something of it.
    assert!(wei(&end["bond_burnt_wei"]) <= missing - refund, "{lease}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sellers_and_buyers_meet_and_everybody_gets_what_the_rules_say() {
    let folder = tempfile::tempdir().unwrap();
    let network = Localnet::start(&folder.path().join("net"), 4, &["--block-time=200"]);
    for node in 0..4 {
        network.wait_for(&format!("node-{node} is ready"), 1);
    }
    let rpc = Rpc::new(&format!("http://{}", network.rpc(3)));
    let sellers = [0, 1].map(|index| Party::new(&network, 0, index));
    let buyers: Vec<Party> =
        (2..7).map(|index| Party::new(&network, index as u16 % 4, index)).collect();

    // The first has little and asks less; the second seeds both swarms.
    let cheap = ["offer", "--swarm", FIRST, "--capacity", "3", "--reserve", "0.02", "--yes"];
    let posted = sellers[0].run(&cheap).ok();
    assert!(posted.contains("sells") && posted.contains("3 units (24 MiB) an epoch"), "{posted}");
    let both = ["offer", "--swarm", FIRST, SECOND, "--capacity", "4", "--reserve", "0.03 BTT"];
    let posted = sellers[1].json(&[&both[..], &["--yes"]].concat());
    let from = posted["events"][0]["from_epoch"].as_u64().unwrap();
    let listed = buyers[0].json(&["offers", "--swarm", FIRST]);
    assert_eq!(listed["offers"].as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(listed["offers"][0]["ask_ticks"], 20_409, "0.02 / 0.98, rounded up: {listed}");

    let bonds = [&sellers[0], &sellers[1]].map(|seller| wei(&seller.json(&["bond"])["bond_wei"]));
    // A fifth of the ask for all units.
    assert_eq!(
        bonds[0],
        U256::from(20_409 * 3 / 5) * U256::from(TICK_WEI) + U256::from(400_000_000_000u64)
    );

    fresh_epoch(&buyers[0], from);
    let watcher = Wallet::new(&format!("http://{}", network.rpc(1)));
    let words = [
        &["bid", "--swarm", FIRST, "--units", "2", "--price", "0.1"][..],
        &["bid", "--swarm", FIRST, "--units", "2", "--price", "0.08", "--tier", "0.04x1"],
        &["bid", "--swarm", FIRST, "--units", "3", "--price", "0.05", "--ceiling", "0.09"],
        &["bid", "--swarm", SECOND, "--units", "2", "--price", "0.07"],
        // Never revealed: it bids its ceiling.
        &[
            "bid",
            "--swarm",
            SECOND,
            "--units",
            "1",
            "--price",
            "0.035",
            "--ceiling",
            "0.04",
            "--no-wait",
        ],
    ];
    let (results, seen) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            watcher.run(["--json", "--quiet", "market", "watch", "--swarm", FIRST, "--count", "4"])
        });
        let threads: Vec<_> = buyers
            .iter()
            .zip(words)
            .map(|(buyer, words)| scope.spawn(move || buyer.json(&[words, &["--yes"]].concat())))
            .collect();
        let results: Vec<Value> =
            threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        (results, watch.join().unwrap().ok())
    });
    for line in seen.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string() && event["block"].is_u64(), "{line}");
    }
    assert_eq!(seen.lines().count(), 4);
    for result in &results[..4] {
        assert_eq!(result["is_revealed"], true, "{result}");
    }
    let sealed = &results[4]["events"][0];
    assert_eq!((&sealed["event"], &sealed["lock_ticks"]), (&json!("BidCommitted"), &json!(40_000)));

    // Receipts while the leases run: one for all of a lease, one for a unit; none for the rest.
    let leases: Vec<(usize, Value)> = (0..4)
        .flat_map(|buyer| {
            let leases = results[buyer]["leases"].as_array().unwrap().clone();
            leases.into_iter().map(move |lease| (buyer, lease))
        })
        .collect();
    assert!(leases.len() >= 2, "{results:?}");
    let (buyer, whole) = &leases[0];
    let id = whole["id"].as_str().unwrap();
    let own = sellers[0].run(&["receipt", id, "all"]).fails(1);
    assert!(own.contains("receipts of this lease are signed by"), "{own}");
    let handed = buyers[*buyer].json(&["receipt", id, "all", "--submit", "--yes"]);
    assert_eq!(handed["receipts"][0]["status"], "counts");
    let (buyer, part) = leases.iter().find(|(_, lease)| lease["units"].as_u64() > Some(1)).unwrap();
    if part["id"] != whole["id"] {
        let signed = buyers[*buyer].run(&["receipt", part["id"].as_str().unwrap(), "8MiB"]).ok();
        let file = sellers[1].wallet.home().join("receipts");
        std::fs::write(&file, &signed).unwrap();
        sellers[1].run(&["submit", file.to_str().unwrap(), "--yes"]).ok();
        let again = sellers[1].run(&["submit", file.to_str().unwrap(), "--yes"]).fails(1);
        assert!(
            again.contains("1 receipt does not count: not higher than what the chain has"),
            "{again}"
        );
    }

    // Every epoch that was bid in is what its book comes to, by a validator that no wallet has asked.
    let awards: Vec<Value> = buyers
        .iter()
        .map(|buyer| {
            eventually("an award", || {
                buyer.json(&["awards"])["awards"].as_array()?.first().cloned()
            })
        })
        .collect();
    assert!(awards.iter().any(|award| award["units"].as_u64() > Some(0)), "{awards:?}");
    let all: Vec<Value> = buyers
        .iter()
        .flat_map(|buyer| buyer.json(&["leases"])["leases"].as_array().unwrap().clone())
        .collect();
    let witness = Party::new(&network, 3, 9);
    let epochs = rpc.call("market_epochs", json!([])).await;
    let numbers: BTreeSet<u64> = awards.iter().map(|a| a["epoch"].as_u64().unwrap()).collect();
    for epoch in numbers {
        let of_epoch: Vec<&Value> = awards.iter().filter(|a| a["epoch"] == epoch).collect();
        check_epoch(&witness, epoch, &epochs, &of_epoch, &all);
    }
    let prices = witness.run(&["prices", "--swarm", SECOND]).ok();
    assert!(prices.contains("there is one seller only"), "{prices}");

    // The time for receipts passes; escrows are divided as rule E.5 says, and the balances say the same.
    let closed: Vec<Value> = eventually("all leases closed", || {
        let all: Vec<Value> = buyers
            .iter()
            .flat_map(|buyer| buyer.json(&["leases"])["leases"].as_array().unwrap().clone())
            .collect();
        all.iter().all(|lease| lease["end"].is_object()).then_some(all)
    });
    assert!(closed.iter().any(|lease| lease["delivered_bytes"] == lease["due_bytes"]));
    assert!(closed.iter().any(|lease| lease["delivered_bytes"] == 0), "{closed:?}");
    closed.iter().for_each(check_division);
    for (seller, bond) in sellers.iter().zip(bonds) {
        let address = seller.address().to_lowercase();
        let sum = |name: &str| -> U256 {
            let own = closed.iter().filter(|lease| lease["seller"] == address);
            own.map(|lease| wei(&lease["end"][name])).sum()
        };
        let burnt = sum("bond_burnt_wei");
        assert_eq!(burnt, sum("burnt_wei").min(bond), "{address}");
        assert_eq!(wei(&seller.json(&["bond"])["bond_wei"]), bond - burnt, "{address}");
    }
    for party in sellers.iter().chain(&buyers) {
        let address = party.address().to_lowercase();
        let blocks: BTreeSet<u64> =
            closed.iter().map(|lease| lease["end"]["block"].as_u64().unwrap()).collect();
        for block in blocks {
            let of_block = closed.iter().filter(|lease| lease["end"]["block"] == block);
            let gain: U256 = of_block
                .map(|lease| match lease["seller"] == address {
                    true => wei(&lease["end"]["net_wei"]),
                    false if lease["buyer"] == address => wei(&lease["end"]["refund_wei"]),
                    false => U256::ZERO,
                })
                .sum();
            let at = async |block: u64| {
                wei(&rpc.call("eth_getBalance", json!([address, format!("{block:#x}")])).await)
            };
            assert_eq!(at(block).await - at(block - 1).await, gain, "{address} in {block}");
        }
    }
    let seller = witness.json(&["seller", &sellers[1].address()]);
    assert!(seller["closed_leases"].as_u64() > Some(0), "{seller}");
    let tried = ["simulate", "--swarm", FIRST, "--units", "1", "--price", "0.2"];
    let tried = witness.json(&tried);
    assert_eq!(tried["epochs"][0]["units"], 1, "{tried}");
}
