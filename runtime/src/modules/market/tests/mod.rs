//! Tests of the module through its calls and hooks, on a state in memory.

mod fees;
mod histories;
mod life;
mod receipts;
mod refusals;
mod standing;
mod world;

/// Golden: what wallets and contracts are built against. `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_abi_file_is_the_interface() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/abi/market.json");
    let json = serde_json::to_string_pretty(&super::abi::IMarket::abi::contract()).unwrap();
    let json = json + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &json).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), json);
}
