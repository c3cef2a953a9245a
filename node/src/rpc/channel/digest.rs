//! What a voucher's signer signs, as a hash and as the typed data that wallets show (EIP-712).

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use btt_api::types::{AnyVoucher, VoucherDigest};
use btt_runtime::{
    modules::channels::voucher::{ConditionalVoucher, Domain, PoolVoucher, Voucher},
    primitives::addresses::CHANNELS,
};
use serde_json::{Value, json};

/// Digest and typed data of a voucher.
pub(super) fn of(chain_id: u64, voucher: &AnyVoucher) -> VoucherDigest {
    VoucherDigest { digest: hash(chain_id, voucher), typed_data: typed(chain_id, voucher) }
}

/// Digest of a voucher.
pub(super) fn hash(chain_id: u64, voucher: &AnyVoucher) -> B256 {
    let domain = Domain::of(chain_id);
    match *voucher {
        AnyVoucher::Voucher(v) => domain.digest(&Voucher::from(v)),
        AnyVoucher::Pool(v) => domain.digest(&PoolVoucher::from(v)),
        AnyVoucher::Conditional(v) => domain.digest(&ConditionalVoucher::from(v)),
    }
}

fn typed(chain_id: u64, voucher: &AnyVoucher) -> Value {
    // Numbers above 2⁵³ are no numbers in every wallet: decimal strings are read by all.
    let (primary, encoded, message) = match voucher {
        AnyVoucher::Voucher(v) => (
            Voucher::NAME,
            Voucher::eip712_root_type(),
            json!({
                "channelId": v.channel_id,
                "lane": v.lane,
                "cumulativeAmount": v.cumulative_amount.to_string(),
                "tickAnchor": v.tick_anchor,
                "tickValue": v.tick_value.to_string(),
                "tickMax": v.tick_max,
            }),
        ),
        AnyVoucher::Pool(v) => (
            PoolVoucher::NAME,
            PoolVoucher::eip712_root_type(),
            json!({
                "poolId": v.pool_id,
                "payee": v.payee,
                "lane": v.lane,
                "cumulativeAmount": v.cumulative_amount.to_string(),
                "tickAnchor": v.tick_anchor,
                "tickValue": v.tick_value.to_string(),
                "tickMax": v.tick_max,
            }),
        ),
        AnyVoucher::Conditional(v) => (
            ConditionalVoucher::NAME,
            ConditionalVoucher::eip712_root_type(),
            json!({
                "channelId": v.channel_id,
                "lane": v.lane,
                "cumulativeAmount": v.cumulative_amount.to_string(),
                "hashLock": v.hash_lock,
                "timeout": v.timeout.to_string(),
            }),
        ),
    };
    let domain = Domain::typed(chain_id);
    json!({
        "types": {
            "EIP712Domain": fields("(string name,string version,uint256 chainId,address verifyingContract)"),
            primary: fields(&encoded),
        },
        "primaryType": primary,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": chain_id,
            "verifyingContract": CHANNELS,
        },
        "message": message,
    })
}

/// `Name(type field,…)` as a list of types and names.
fn fields(encoded: &str) -> Vec<Value> {
    let (_, inside) = encoded.split_once('(').unwrap_or_default();
    let fields = inside.trim_end_matches(')').split(',');
    let fields = fields.filter_map(|field| field.split_once(' '));
    fields.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;
    use btt_api::types::{ChannelVoucher, ConditionalChannelVoucher, PoolChannelVoucher};

    #[test]
    fn typed_data_has_the_types_of_the_module_in_their_order() {
        let voucher = ChannelVoucher { cumulative_amount: u128::MAX, ..Default::default() };
        let data = of(990_003, &AnyVoucher::Voucher(voucher)).typed_data;
        let names: Vec<&str> = data["types"]["Voucher"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["channelId", "lane", "cumulativeAmount", "tickAnchor", "tickValue", "tickMax"]
        );
        assert_eq!(data["types"]["Voucher"][2]["type"], "uint128");
        assert_eq!(data["types"]["EIP712Domain"][3]["name"], "verifyingContract");
        assert_eq!(data["message"]["cumulativeAmount"], u128::MAX.to_string());
        assert_eq!(
            (&data["primaryType"], &data["domain"]["chainId"]),
            (&"Voucher".into(), &990_003.into())
        );
    }

    #[test]
    fn a_message_has_exactly_the_fields_of_its_type() {
        let pool = PoolChannelVoucher { payee: Address::repeat_byte(1), ..Default::default() };
        let conditional = ConditionalChannelVoucher::default();
        for voucher in [AnyVoucher::Pool(pool), AnyVoucher::Conditional(conditional)] {
            let data = of(1, &voucher).typed_data;
            let kind = data["primaryType"].as_str().unwrap();
            let fields = data["types"][kind].as_array().unwrap();
            let message = data["message"].as_object().unwrap();
            assert_eq!(fields.len(), message.len());
            for field in fields {
                assert!(message.contains_key(field["name"].as_str().unwrap()), "{field}");
            }
        }
    }
}
