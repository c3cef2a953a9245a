//! `btt channel list`, `show`, `pool show`.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use btt_api::types::{ChannelInfo, ChannelKind, ChannelStatus};
use serde_json::json;

use super::{account, channels, id, of_payee, of_payer};
use crate::channels::{Book, Kept, Ledger, Signed, claim_wei, folder};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::parse;
use crate::render::{ChannelListReport, ChannelReport, ChannelRow, Role};
use crate::rpc::Rpc;

/// What the wallet's own files say of channels.
struct Files {
    kept: Ledger<Kept>,
    signed: Ledger<Signed>,
}

impl Files {
    fn open(context: &Context, chain_id: u64) -> Result<Self, CliError> {
        let folder = folder(context, chain_id);
        Ok(Self { kept: Ledger::open(&folder, "kept")?, signed: Ledger::open(&folder, "signed")? })
    }

    /// What kept vouchers claim beyond what was paid, in wei; conditions do not count.
    fn unsettled_wei(&self, id: B256, payee: Option<Address>, lanes_wei: [u128; 4]) -> u128 {
        let of_account = self.kept.entries().filter(|kept| {
            let key = crate::channels::Entry::key(*kept);
            (key.0, key.1, key.3) == (id, payee, None)
        });
        let due = of_account.filter_map(|kept| {
            let lane = usize::try_from(kept.0.voucher.lane()).ok()?;
            Some(claim_wei(&kept.0).ok()?.saturating_sub(*lanes_wei.get(lane)?))
        });
        due.fold(0, u128::saturating_add)
    }

    /// What was signed beyond what was paid, in wei.
    fn signed_wei(&self, id: B256, lanes_wei: [u128; 4]) -> u128 {
        let of_channel = self.signed.entries().filter(|s| s.id == id && s.payee.is_none());
        let open = of_channel.filter_map(|signed| {
            let lane = usize::try_from(signed.lane).ok()?;
            Some(signed.amount_wei.saturating_sub(*lanes_wei.get(lane)?))
        });
        open.fold(0, u128::saturating_add)
    }
}

pub(super) async fn list(
    context: &Context,
    payer: Option<&str>,
    payee: Option<&str>,
) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let mut found: BTreeMap<B256, (ChannelInfo, Role)> = BTreeMap::new();
    let (paying, paid) = match (payer, payee) {
        (None, None) => {
            let own = account(context, "ADDRESS", None)?;
            (Some(own), Some(own))
        }
        (payer, payee) => {
            let read = |argument: &str, text: Option<&str>| {
                text.map(|text| account(context, argument, Some(text))).transpose()
            };
            (read("--payer", payer)?, read("--payee", payee)?)
        }
    };
    if let Some(payer) = paying {
        let all = channels(&rpc, of_payer(payer)).await?;
        found.extend(all.into_iter().map(|info| (info.id, (info, Role::Payer))));
    }
    if let Some(payee) = paid {
        let all = channels(&rpc, of_payee(payee)).await?;
        found.extend(all.into_iter().map(|info| (info.id, (info, Role::Payee))));
    }
    let files = Files::open(context, rpc.chain_id().await?)?;
    let mut rows: Vec<ChannelRow> = found
        .into_values()
        .filter(|(info, _)| info.status != ChannelStatus::Closed)
        .map(|(info, role)| {
            let lanes_wei = lanes(&info);
            let unsettled_wei = match (role, info.kind) {
                (_, ChannelKind::Pool) => 0,
                (Role::Payer, _) => files.signed_wei(info.id, lanes_wei),
                (Role::Payee, _) => files.unsettled_wei(info.id, None, lanes_wei),
            };
            ChannelRow::new(&info, role, unsettled_wei)
        })
        .collect();
    rows.sort_by_key(ChannelRow::opened_at);
    context.output.emit(&ChannelListReport::new(rows))
}

fn lanes(info: &ChannelInfo) -> [u128; 4] {
    info.lane_settled_wei.unwrap_or_default().map(|wei| wei.saturating_to())
}

/// As the node's index tells it; where it keeps none, as the contract does, which knows open ones only.
async fn info(rpc: &Rpc, id: B256) -> Result<ChannelInfo, CliError> {
    Ok(rpc.request("channel_get", vec![json!(id)]).await?)
}

pub(super) async fn show(context: &Context, text: &str) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let id = id(context, &rpc, text).await?;
    let info = info(&rpc, id).await?;
    let files = Files::open(context, rpc.chain_id().await?)?;
    let lanes_wei = lanes(&info);
    let unsettled_wei = files.unsettled_wei(id, None, lanes_wei);
    let signed_wei = files.signed_wei(id, lanes_wei);
    context.output.emit(&ChannelReport::new(&info, signed_wei, unsettled_wei, None))
}

pub(super) async fn show_pool(
    context: &Context,
    text: &str,
    payee: Option<&str>,
) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let id = id(context, &rpc, text).await?;
    let info = info(&rpc, id).await?;
    if info.kind != ChannelKind::Pool {
        return Err(CliError::new(Code::InvalidArgument, format!("{id} is a channel, not a pool"))
            .hint(format!("btt channel show {id}")));
    }
    let payee = match payee {
        Some(text) => Some(parse::address_or_name("--payee", text, &context.folder)?),
        None => None,
    };
    let files = Files::open(context, rpc.chain_id().await?)?;
    let (mut unsettled_wei, mut paid) = (0, None);
    if let Some(payee) = payee
        && let Some(terms) = Book::new(&rpc).terms(id, Some(payee)).await?
    {
        unsettled_wei = files.unsettled_wei(id, Some(payee), terms.lanes_wei);
        let paid_wei = terms.lanes_wei.into_iter().fold(0, u128::saturating_add);
        paid = Some((payee, paid_wei));
    }
    let signed = files.signed.entries().filter(|signed| signed.id == id);
    let signed_wei = signed.fold(0u128, |sum, signed| sum.saturating_add(signed.amount_wei));
    let signed_wei = signed_wei.saturating_sub(info.settled_wei.saturating_to());
    context.output.emit(&ChannelReport::new(&info, signed_wei, unsettled_wei, paid))
}
