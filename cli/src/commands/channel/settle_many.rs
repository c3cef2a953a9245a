//! Batches: each item by itself, so that one that is refused costs the others nothing.

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::{SolCall, SolEvent};
use btt_api::types::SignedVoucher;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::modules::channels::batch::{BatchItem, MAX_BATCH_ITEMS};
use btt_runtime::modules::channels::voucher::parse_signature;
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;
use btt_runtime::primitives::limits::TX_GAS_LIMIT_CAP;
use serde::Serialize;

use super::settle::Payable;
use crate::channels::{Entry, Kept, payment, status_name};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{Session, batch_items};
use crate::output::Report;
use crate::render::{Fields, grouped, short_id};
use crate::sending::SentReport;

/// Most bytes of items in a transaction: with the rest of the call it fits the payment lane's 130 KiB.
const MAX_ITEM_BYTES: usize = 128 * 1024;

/// A voucher that is not sent.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) signed: SignedVoucher,
    pub(super) status: &'static str,
    pub(super) why: String,
}

#[derive(Debug, Serialize)]
struct Item {
    id: B256,
    payee: Option<Address>,
    lane: u32,
    status: &'static str,
    paid_wei: String,
    transaction_hash: Option<B256>,
    #[serde(skip)]
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct BatchReport {
    paid_wei: String,
    transactions: Vec<SentReport>,
    items: Vec<Item>,
    #[serde(skip)]
    paid: U256,
}

impl Report for BatchReport {
    fn human(&self) -> String {
        let paid = self.items.iter().filter(|item| item.status == "paid").count() as u64;
        let mut parts: Vec<String> = self.transactions.iter().map(Report::human).collect();
        parts.push(format!("{} paid by {} vouchers", format_btt(self.paid), grouped(paid)));
        let refused = self.items.iter().filter(|item| item.status != "paid");
        parts.extend(refused.map(|item| {
            let why = item.why.as_deref().unwrap_or("the chain refused it");
            format!("not paid  {} lane {}  {}: {why}", short_id(item.id), item.lane, item.status)
        }));
        parts.join("\n")
    }
}

impl Item {
    fn new(signed: &SignedVoucher, status: &'static str, why: Option<String>) -> Self {
        let (id, payee, lane, _) = Kept(signed.clone()).key();
        let paid_wei = "0".to_owned();
        Self { id, payee, lane, status, paid_wei, transaction_hash: None, why }
    }
}

fn call_of(items: &[Payable]) -> Result<IChannels::batchSettleCall, CliError> {
    let mut bytes = Vec::new();
    for item in items {
        let signature = parse_signature(&item.signed.signature);
        let (Ok(signature), Some(payment)) = (signature, payment(&item.signed)) else {
            return Err(CliError::new(Code::VoucherInvalid, "a voucher lacks signature or secret"));
        };
        BatchItem::new(payment, &signature).encode(&mut bytes);
    }
    Ok(IChannels::batchSettleCall { items: bytes.into() })
}

/// The first items that fit one transaction, and the call for them.
async fn next_batch(
    session: &Session<'_>,
    items: &[Payable],
) -> Result<(usize, IChannels::batchSettleCall), CliError> {
    let mut count = items.len().min(MAX_BATCH_ITEMS);
    loop {
        let call = call_of(items.get(..count).unwrap_or(items))?;
        let is_small = call.items.len() <= MAX_ITEM_BYTES;
        let request = TransactionRequest {
            from: Some(session.from),
            to: Some(CHANNELS.into()),
            input: TransactionInput::new(call.abi_encode().into()),
            ..Default::default()
        };
        if count == 1 {
            return Ok((count, call));
        }
        if is_small {
            // A fifth more than the estimate is sent with it.
            match session.rpc.estimate_gas(&request).await {
                Ok(gas) if gas.saturating_add(gas / 5) <= TX_GAS_LIMIT_CAP => {
                    return Ok((count, call));
                }
                Ok(_) => {}
                Err(error) if error.revert_data().is_some() => return Err(error.into()),
                // Out of gas is told in words that differ.
                Err(_) if count > 64 => {}
                Err(error) => return Err(error.into()),
            }
        }
        count = count.div_ceil(2);
    }
}

pub(super) async fn run(
    context: &Context,
    session: &Session<'_>,
    payable: Vec<Payable>,
    refused: Vec<Refused>,
) -> Result<(), CliError> {
    let mut report = BatchReport {
        paid_wei: String::new(),
        transactions: Vec::new(),
        items: refused
            .into_iter()
            .map(|refused| Item::new(&refused.signed, refused.status, Some(refused.why)))
            .collect(),
        paid: U256::ZERO,
    };
    let mut rest = &payable[..];
    let mut failure = None;
    while !rest.is_empty() {
        let (count, call) = next_batch(session, rest).await?;
        let (batch, later) = rest.split_at(count);
        rest = later;
        let statuses = session.preview(CHANNELS, &call).await?;
        let due_wei = batch.iter().fold(0u128, |sum, item| sum.saturating_add(item.due_wei));
        let effect = Fields::new()
            .line("settles", format!("{} vouchers", grouped(count as u64)))
            .line("pays", format!("{} to their payees", format_btt(U256::from(due_wei))));
        match session.submit(CHANNELS, &call, U256::ZERO, effect).await {
            Ok(sent) => {
                report.take(batch, &statuses, &sent);
                failure = failure.or(sent.check_success().err());
                report.transactions.push(sent);
            }
            // What came before is to be told all the same.
            Err(error) if !report.transactions.is_empty() => {
                failure = Some(error);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    report.paid_wei = report.paid.to_string();
    let unpaid = report.items.iter().filter(|item| !["paid", "submitted"].contains(&item.status));
    let unpaid = unpaid.count();
    context.output.emit(&report)?;
    match failure {
        Some(error) => Err(error),
        None if unpaid == 0 => Ok(()),
        None => Err(CliError::new(
            Code::VoucherInvalid,
            format!("{unpaid} of {} vouchers were not paid", report.items.len()),
        )),
    }
}

impl BatchReport {
    /// What the events say was paid; of the rest, what the contract said a moment before.
    fn take(&mut self, batch: &[Payable], statuses: &[u8], sent: &SentReport) {
        let mut paid = paid_by(sent);
        for (item, status) in batch.iter().zip(statuses) {
            let mut row = Item::new(&item.signed, status_name(*status), None);
            row.transaction_hash = Some(sent.transaction_hash);
            let wei = paid.get_mut(&row.id).and_then(VecDeque::pop_front);
            match (wei, sent.status) {
                (Some(wei), _) => {
                    row.status = "paid";
                    row.paid_wei = wei.to_string();
                    self.paid += U256::from(wei);
                }
                (None, "submitted") if *status == 0 => row.status = "submitted",
                (None, "reverted") => row.status = "reverted",
                // Somebody settled it in between.
                (None, _) if *status == 0 => row.status = status_name(1),
                (None, _) => {}
            }
            self.items.push(row);
        }
    }
}

/// Amounts that the events of a batch name, by id and in the order of the batch.
fn paid_by(sent: &SentReport) -> BTreeMap<B256, VecDeque<u128>> {
    let mut paid: BTreeMap<B256, VecDeque<u128>> = BTreeMap::new();
    for log in sent.logs().iter().filter(|log| log.address == CHANNELS) {
        if let Ok(event) = IChannels::BatchSettled::decode_log(log) {
            for (id, wei) in batch_items(&event.items) {
                paid.entry(id).or_default().push_back(wei);
            }
        }
    }
    paid
}
