//! Payment channels from two wallets, as a payer and a payee would try them: open, sign, check, settle, leave.

use btt_tests::{
    keys::Key,
    process::{Finished, Node, NodeOptions, Wallet, run},
    rpc::Rpc,
};
use serde_json::{Value, json};

fn secret(index: usize) -> String {
    btt_genesis::dev_accounts()[index].secret_key.to_string()
}

fn dev(index: usize) -> String {
    Key::dev(index).address().to_string()
}

/// A wallet with a key of its own, which stands in its files as its owner's home.
struct Party {
    wallet: Wallet,
    key: String,
}

impl Party {
    fn new(node: &Node, index: usize) -> Self {
        Self { wallet: Wallet::new(node.rpc_url()), key: secret(index) }
    }

    /// A verb of `btt channel` that asks nothing.
    fn run(&self, words: &[&str]) -> Finished {
        self.piped(words, None)
    }

    fn piped(&self, words: &[&str], stdin: Option<&str>) -> Finished {
        let all = ["--key", self.key.as_str(), "channel"].into_iter().chain(words.iter().copied());
        run(self.wallet.command(all), stdin)
    }

    /// A verb that sends; what its receipt says.
    fn send(&self, words: &[&str]) -> Value {
        self.run(&[words, &["--yes", "--json"]].concat()).json()
    }

    /// Opens a channel to the other account; its id.
    fn open(&self, to: &str, deposit: &str, more: &[&str]) -> String {
        let words = ["open", "--to", to, "--deposit", deposit];
        let opened = self.send(&[&words, more].concat());
        opened["events"][0]["channel_id"].as_str().unwrap().to_owned()
    }
}

/// Lets so many seconds pass, and as many blocks as they may take.
async fn pass(rpc: &Rpc, seconds: u64) {
    rpc.call("evm_increaseTime", json!([seconds])).await;
    rpc.call("evm_mine", json!([format!("{:#x}", seconds + 1)])).await;
}

#[tokio::test]
async fn a_payee_is_paid_in_the_grace_and_the_rest_returns() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (payer, payee) = (Party::new(&node, 1), Party::new(&node, 2));
    let words = ["open", "--to", &dev(2), "--deposit", "500", "--price", "3 BTT/MiB", "--yes"];
    let opened = payer.run(&words).ok();
    assert!(opened.contains("500 BTT buys 166.6 MiB at 3 BTT/MiB"), "{opened}");
    assert!(opened.contains("1 min after you ask"), "the grace of a dev chain: {opened}");
    let listed = payer.run(&["list", "--json"]).json();
    let id = listed["channels"][0]["id"].as_str().unwrap().to_owned();
    assert!(opened.contains(&id), "{opened}");
    assert_eq!(listed["channels"][0]["peer"], dev(2).to_lowercase());

    // Vouchers by the stream; the second lane, too. One too high is answered in its place.
    let amounts: String = [("10 BTT", 0), ("25 BTT", 0), ("5 BTT", 1), ("496 BTT", 0)]
        .map(|(amount, lane)| {
            json!({ "id": id, "amount": amount, "lane": lane }).to_string() + "\n"
        })
        .concat();
    let signed = payer.piped(&["voucher", "--stdin"], Some(&amounts));
    assert_eq!(signed.code, Some(1), "{signed:?}");
    let lines: Vec<&str> = signed.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{signed:?}");
    let refused: Value = serde_json::from_str(lines[3]).unwrap();
    assert_eq!(
        (&refused["line"], &refused["error"]["code"]),
        (&json!(4), &json!("invalid_amount"))
    );
    let vouchers = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[2]);
    // What was signed is remembered: less is refused, and the short id does.
    let less = payer.run(&["voucher", &id[..12], "--amount", "24"]).fails(2);
    assert!(less.contains("24 BTT is less than the 25 BTT that lane 0 was promised"), "{less}");

    let checked = payee.piped(&["verify", "--keep"], Some(&vouchers)).ok();
    assert_eq!(checked.lines().count(), 3, "{checked}");
    assert!(checked.contains("25 BTT are due"), "{checked}");
    let forged = lines[1].replace("25000000000000000000", "26000000000000000000");
    let forged: Value = serde_json::from_str(&forged).unwrap();
    let forged = json!({ "voucher": forged["voucher"], "signature": forged["signature"] });
    let answer = payee.piped(&["verify", "--json"], Some(&forged.to_string()));
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&answer["ok"], &answer["fault"]), (&json!(false), &json!("bad_signature")));
    let shown = payee.run(&["show", &id, "--json"]).json();
    assert_eq!(shown["unsettled_wei"], "30000000000000000000");

    // The payer leaves; the payee settles all that it keeps while the grace lasts.
    let asked = payer.send(&["request-close", &id]);
    assert_eq!(asked["events"][0]["event"], "CloseRequested");
    let early = payer.run(&["withdraw", &id, "--yes"]).fails(1);
    assert!(early.contains("the payee still has time to settle"), "{early}");
    let settled = payee.send(&["settle"]);
    assert_eq!(settled["paid_wei"], "30000000000000000000");
    let statuses: Vec<&Value> =
        settled["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["paid", "paid"]);
    let again = payee.run(&["settle", "--yes"]).fails(1);
    assert!(again.contains("there is nothing to settle"), "{again}");
    pass(&rpc, 61).await;
    let closed = payer.send(&["withdraw", &id]);
    assert_eq!(closed["events"][0]["refunded_wei"], "470000000000000000000");
    let shown = payer.run(&["show", &id]).ok();
    assert!(shown.contains("state") && shown.contains("closed"), "{shown}");
}

#[tokio::test]
async fn both_sides_end_a_channel_at_once() {
    let node = Node::on_demand();
    let (payer, payee) = (Party::new(&node, 1), Party::new(&node, 2));
    let id = payer.open(&dev(2), "100", &[]);
    let half = payer.run(&["coop-close", &id, "--payee-part", "40"]).ok();
    let file = payee.wallet.home().join("half.json");
    std::fs::write(&file, &half).unwrap();
    let file = file.to_str().unwrap();
    // A payee that keeps more is not talked out of it.
    let voucher = payer.run(&["voucher", &id, "--amount", "41"]).ok();
    payee.piped(&["verify", "--keep"], Some(&voucher)).ok();
    let with = ["coop-close", &id, "--with", file, "--payee-part", "40", "--yes"];
    let refused = payee.run(&with).fails(2);
    assert!(refused.contains("are worth 41 BTT, and this pays 40 BTT"), "{refused}");
    let other = ["coop-close", &id, "--with", file, "--payee-part", "50", "--yes"];
    assert!(payee.run(&other).fails(2).contains("signed 40 BTT for the payee"));
    let blind = payee.run(&["coop-close", &id, "--with", file, "--yes"]).fails(2);
    assert!(blind.contains("--yes signs what you cannot see"), "{blind}");
    let own = payer.run(&with).fails(2);
    assert!(own.contains("and must be by"), "the payer's half twice: {own}");
    let closed = payee.run(&[&with[..], &["--force", "--json"]].concat()).json();
    let event = &closed["events"][0];
    assert_eq!(
        (&event["event"], &event["paid_wei"], &event["refunded_wei"]),
        (&json!("ChannelClosed"), &json!("40000000000000000000"), &json!("60000000000000000000"))
    );
    let gone = payer.run(&["request-close", &id, "--yes"]).fails(1);
    assert!(gone.contains("is open: it never was, or it is closed"), "{gone}");
}

#[tokio::test]
async fn a_batch_names_what_became_of_each_voucher() {
    let node = Node::on_demand();
    let (payer, payee) = (Party::new(&node, 1), Party::new(&node, 2));
    let ids: Vec<String> =
        (0..3).map(|index| payer.open(&dev(2), &format!("{}", 10 + index), &[])).collect();
    let amounts: String =
        ids.iter().map(|id| json!({ "id": id, "amount": "2" }).to_string() + "\n").collect();
    let vouchers = payer.piped(&["voucher", "--stdin"], Some(&amounts)).ok();
    // A voucher that the payer signed by force above its deposit.
    let above = payer.run(&["voucher", &ids[0], "--amount", "11", "--lane", "1", "--force"]).ok();
    let file = payee.wallet.home().join("vouchers");
    std::fs::write(&file, format!("{vouchers}{above}")).unwrap();
    let settle = ["settle", file.to_str().unwrap(), "--yes", "--json"];
    let settled = payee.run(&settle);
    assert_eq!(settled.code, Some(1), "{settled:?}");
    let settled: Value = serde_json::from_str(&settled.stdout).unwrap();
    assert_eq!(settled["paid_wei"], "6000000000000000000");
    let count = |status: &str| {
        let items = settled["items"].as_array().unwrap();
        items.iter().filter(|item| item["status"] == status).count()
    };
    assert_eq!((count("paid"), count("above_deposit")), (3, 1), "{settled}");
    assert_eq!(settled["transactions"].as_array().unwrap().len(), 1);

    // The payee ends one with what it was paid, without any voucher.
    let closed = payee.send(&["close", &ids[0]]);
    assert_eq!(closed["events"][0]["refunded_wei"], "8000000000000000000");
    // Kept vouchers go to another wallet and come back no lower.
    let last = payer.run(&["voucher", &ids[1], "--amount", "5"]).ok();
    payee.piped(&["verify", "--keep"], Some(&last)).ok();
    let exported = payee.run(&["export"]).ok();
    let other = Party::new(&node, 2);
    let imported = other.piped(&["import", "-", "--json"], Some(&exported)).json();
    assert_eq!((&imported["read"], &imported["kept"]), (&json!(1), &json!(1)));
    let lower = vouchers.lines().nth(1).unwrap();
    assert_eq!(other.piped(&["import", "-", "--json"], Some(lower)).json()["kept"], 0);
    let closed = other.send(&["close", &ids[1]]);
    assert_eq!(closed["events"][0]["paid_wei"], "3000000000000000000");
}

#[tokio::test]
async fn ticks_conditions_and_pools_pay() {
    let node = Node::on_demand();
    let rpc = Rpc::new(node.rpc_url());
    let (payer, payee) = (Party::new(&node, 1), Party::new(&node, 2));
    let id = payer.open(&dev(2), "100", &[]);
    let words = ["voucher", &id, "--amount", "1", "--ticks", "100", "--tick-value", "0.01"];
    let mut voucher: Value = serde_json::from_str(&payer.run(&words).ok()).unwrap();
    voucher["tick"] = payer.run(&["tick", &id, "7"]).json();
    assert!(payer.run(&["tick", &id, "101"]).fails(2).contains("beyond the last, 100"));
    let checked = payee.piped(&["verify", "--keep"], Some(&voucher.to_string())).ok();
    assert!(checked.contains("1.07 BTT are due"), "{checked}");
    let settled = payee.send(&["settle"]);
    assert_eq!(settled["events"][0]["paid_wei"], "1070000000000000000");

    let secret = format!("0x{}", "07".repeat(32));
    let lock = alloy_primitives::keccak256([7; 32]).to_string();
    let words = ["voucher", &id, "--amount", "3", "--hash-lock", &lock, "--timeout", "2h"];
    let promise = payer.run(&words).ok();
    let file = payee.wallet.home().join("promise");
    std::fs::write(&file, &promise).unwrap();
    let file = file.to_str().unwrap();
    let told = payee.run(&["settle", file, "--yes"]).fails(1);
    assert!(told.contains("it has a condition: give its --secret"), "{told}");
    let wrong = payee.run(&["settle", file, "--secret", &lock, "--yes"]).fails(1);
    assert!(wrong.contains("the secret is not what its condition asks for"), "{wrong}");
    let settled = payee.send(&["settle", file, "--secret", &secret]);
    assert_eq!(settled["events"][0]["paid_wei"], "1930000000000000000");

    let opened = payer.send(&["pool", "open", "--deposit", "80"]);
    let pool = opened["events"][0]["pool_id"].as_str().unwrap().to_owned();
    let sign = |to: &str, amount: &str| {
        payer.run(&["pool", "voucher", &pool, "--to", to, "--amount", amount])
    };
    let share = sign(&dev(2), "11").fails(2);
    assert!(share.contains("11 BTT would be promised, and 10 BTT can be claimed"), "{share}");
    let voucher = sign(&dev(2), "10").ok();
    payee.piped(&["verify", "--keep"], Some(&voucher)).ok();
    let settled = payee.send(&["pool", "settle"]);
    assert_eq!(settled["events"][0]["event"], "PoolSettled");
    // Eight payees share it; a ninth would burn the collateral.
    for index in 3..10 {
        sign(&dev(index), "10").ok();
    }
    let ninth = sign(&dev(0), "1").fails(2);
    assert!(ninth.contains("would be promised 81 BTT, and its deposit is 80 BTT"), "{ninth}");
    let asked = payer.send(&["pool", "close", &pool]);
    assert_eq!(asked["events"][0]["event"], "PoolCloseRequested");
    pass(&rpc, 61).await;
    let closed = payer.send(&["pool", "close", &pool]);
    // 70 BTT of deposit and 80 of collateral.
    assert_eq!(closed["events"][0]["refunded_wei"], "150000000000000000000");
}

/// The node that is the payee's watchtower loses its power twice: once with the vouchers just kept, once with the
/// close request just final.
#[tokio::test]
async fn a_watchtower_that_was_killed_settles_before_the_grace_ends() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("tower"), secret(3)).unwrap();
    let key_file = at("tower").display().to_string();
    let config = format!("block_time = 0\n[watchtower]\nkey_file = {key_file:?}\n");
    std::fs::write(at("config.toml"), config).unwrap();
    let start = || {
        let config = format!("--config={}", at("config.toml").display());
        NodeOptions::default().datadir(&at("data")).argument(config).start()
    };
    let node = start();
    let (payer, payee) = (Party::new(&node, 1), Party::new(&node, 2));
    let id = payer.open(&dev(2), "500", &["--grace", "60s"]);
    let voucher = payer.run(&["voucher", &id, "--amount", "120"]).ok();
    payee.piped(&["verify", "--keep"], Some(&voucher)).ok();
    let entrusted =
        payee.run(&["entrust", &id, "--tower", &dev(3), "--tip", "0.5%", "--json"]).json();
    assert_eq!((&entrusted["lanes"], &entrusted["tip_bps"]), (&json!([0]), &json!(50)));
    node.kill();

    let node = start();
    let party = |index: usize| Party { wallet: Wallet::new(node.rpc_url()), key: secret(index) };
    party(1).send(&["request-close", &id]);
    node.kill();

    let node = start();
    let rpc = Rpc::new(node.rpc_url());
    let settled = async || {
        let channel = rpc.call("channel_get", json!([id])).await;
        channel["settledWei"].clone()
    };
    let hex = json!(format!("{:#x}", 120 * btt_runtime::primitives::WEI_PER_BTT));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while settled().await != hex {
        assert!(std::time::Instant::now() < deadline, "not settled: {}", node.stderr());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let history = rpc.call("channel_history", json!([id])).await.to_string();
    assert!(history.contains(&dev(3).to_lowercase()), "the tower got its tip: {history}");
}
