//! `btt channel entrust`: a payee hands its newest vouchers to a watchtower, with its word on the tip.

use alloy_primitives::{Address, B256, Bytes};
use btt_api::types::{AnyVoucher, ChannelWatch, WatchRequest, WatchedVoucher};
use btt_runtime::modules::channels::voucher::{Domain, SigningKey, Watch, sign};
use serde::Serialize;
use serde_json::json;

use super::id;
use crate::channels::{Entry, Kept, Ledger, folder};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::output::Report;
use crate::parse::{self, when};
use crate::render::{now_ms, percent, utc};
use crate::rpc::Rpc;

/// What the tower may keep, and for how long.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) tower: &'a str,
    pub(super) tip: &'a str,
    pub(super) valid_for: &'a str,
    pub(super) tower_rpc: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct EntrustReport {
    id: B256,
    tower: Address,
    tip_bps: u16,
    valid_until: u64,
    lanes: Vec<u32>,
}

impl Report for EntrustReport {
    fn human(&self) -> String {
        let lanes: Vec<String> = self.lanes.iter().map(ToString::to_string).collect();
        format!(
            "The tower {} keeps the newest voucher of lane {} and settles it when a close is requested; its tip is \
             {} until {}",
            self.tower,
            lanes.join(", "),
            percent(u32::from(self.tip_bps)),
            utc(self.valid_until)
        )
    }
}

pub(super) async fn run(context: &Context, text: &str, terms: &Terms<'_>) -> Result<(), CliError> {
    let tower = parse::address_or_name("--tower", terms.tower, &context.folder)?;
    let tip_bps = parse::percent("--tip", terms.tip)?;
    let valid_until = when::time_s("--for", terms.valid_for, now_ms() / 1_000)?;
    let rpc = context.rpc()?;
    let channel = id(context, &rpc, text).await?;
    let chain_id = rpc.chain_id().await?;
    let ledger: Ledger<Kept> = Ledger::open(&folder(context, chain_id), "kept")?;
    let kept: Vec<&Kept> = ledger
        .entries()
        .filter(|kept| kept.key().0 == channel)
        .filter(|kept| matches!(kept.0.voucher, AnyVoucher::Voucher(_)))
        .collect();
    if kept.is_empty() {
        return Err(CliError::new(
            Code::NotFound,
            format!("the wallet keeps no voucher of channel {channel}"),
        )
        .hint("Keep what the payer sends: btt channel verify --keep"));
    }
    let key = KeySource::select(context)?.unlock(context)?;
    let watch = Watch { channelId: channel, tower, tipBps: tip_bps, validUntil: valid_until };
    let signing = SigningKey::from_byte_array(*key.to_bytes()).map_err(|error| {
        CliError::new(Code::Keystore, format!("the key signs nothing: {error}"))
    })?;
    let signature = sign(Domain::of(chain_id).digest(&watch), &signing);
    let watch_signature = Bytes::copy_from_slice(&signature.as_bytes());
    let shown = ChannelWatch { channel_id: channel, tower, tip_bps, valid_until };
    let at = terms.tower_rpc.map_or_else(|| context.rpc(), Rpc::new)?;
    let mut lanes = Vec::new();
    for Kept(signed) in kept {
        let request = WatchRequest {
            voucher: signed.voucher,
            tick: signed.tick,
            signature: signed.signature.clone(),
            watch: Some(shown),
            watch_signature: Some(watch_signature.clone()),
        };
        let _: WatchedVoucher = at.request("channel_watch", vec![json!(request)]).await?;
        lanes.push(signed.voucher.lane());
    }
    context.output.emit(&EntrustReport { id: channel, tower, tip_bps, valid_until, lanes })
}
