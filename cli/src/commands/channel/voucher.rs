//! `btt channel voucher`, `tick`, `pool voucher`: what a payer signs off the chain. What was signed is on the
//! disk before it is printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use alloy_primitives::{Address, B256, Bytes, U256};
use btt_api::types::{
    AnyVoucher, ChannelVoucher, ConditionalChannelVoucher, PoolChannelVoucher, SignedVoucher,
};
use btt_runtime::modules::channels::voucher::{
    Domain, LANES, MAX_TICKS, SigningKey, TickChain, claim_wei, pool_tick_id, sign,
};
use btt_runtime::primitives::amount::format_btt;
use serde::Deserialize;
use serde_json::json;

use super::{id, wei};
use crate::args::{Signing, Voucher};
use crate::channels::{Book, Chunks, Entry, Ledger, Signed, digest, folder, tick_secret, to_line};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::parse::{self, when};
use crate::rpc::Rpc;

/// What is to be signed.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    id: B256,
    payee: Option<Address>,
    lane: u32,
    amount_wei: u128,
    ticks: u32,
    tick_value_wei: u128,
    /// Hash lock and timeout.
    condition: Option<(B256, u64)>,
}

/// A line of `--stdin`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: B256,
    amount: String,
    #[serde(default)]
    lane: u32,
    payee: Option<Address>,
}

/// The payer's key and its memory.
struct Payer<'r> {
    key: SigningKey,
    address: Address,
    domain: Domain,
    book: Book<'r>,
    ledger: Ledger<Signed>,
    /// What each pool was promised in all, in wei.
    promised_wei: BTreeMap<B256, u128>,
}

fn invalid(what: String, hint: &str) -> CliError {
    CliError::new(Code::InvalidArgument, what).hint(hint)
}

impl<'r> Payer<'r> {
    async fn open(context: &Context, rpc: &'r Rpc) -> Result<Self, CliError> {
        let chain_id = rpc.chain_id().await?;
        let secret = KeySource::select(context)?.unlock(context)?;
        let key = SigningKey::from_byte_array(*secret.to_bytes()).map_err(|error| {
            CliError::new(Code::Keystore, format!("the key signs nothing: {error}"))
        })?;
        Ok(Self {
            key,
            address: secret.address(),
            domain: Domain::of(chain_id),
            book: Book::new(rpc),
            ledger: Ledger::open(&folder(context, chain_id), "signed")?,
            promised_wei: BTreeMap::new(),
        })
    }

    /// Signs it and enters it in the ledger, which is still to be committed.
    async fn sign(&mut self, wanted: &Wanted, force: bool) -> Result<SignedVoucher, CliError> {
        if wanted.lane >= LANES {
            return Err(invalid(format!("there is no lane {}", wanted.lane), "Lanes are 0 to 3"));
        }
        if wanted.ticks > MAX_TICKS {
            return Err(invalid(
                format!("{} ticks are too many", wanted.ticks),
                "At most 1024 may follow",
            ));
        }
        let most_wei =
            claim_wei(wanted.amount_wei, wanted.tick_value_wei, wanted.ticks, wanted.ticks)
                .map_err(|error| invalid(error.to_string(), "Sign for less"))?;
        let mut entry = Signed {
            id: wanted.id,
            payee: wanted.payee,
            lane: wanted.lane,
            amount_wei: wanted.amount_wei,
            most_wei,
            ticks: wanted.ticks,
            tick_value_wei: wanted.tick_value_wei,
        };
        if let Err(error) = self.check(&entry, force).await {
            // The deposit may have grown since it was asked for.
            self.book.forget(wanted.id, wanted.payee);
            self.check(&entry, force).await.map_err(|_| error)?;
        }
        let last = self.ledger.get(&entry.key()).cloned();
        let last_most_wei = last.as_ref().map_or(0, |last| last.most_wei);
        entry.most_wei = entry.most_wei.max(last_most_wei);
        let added_wei = entry.most_wei.saturating_sub(last_most_wei);
        if wanted.condition.is_some() {
            // It may lapse; the next voucher without a condition counts from the last one without.
            (entry.amount_wei, entry.ticks, entry.tick_value_wei) =
                last.map_or((0, 0, 0), |last| (last.amount_wei, last.ticks, last.tick_value_wei));
        }
        let voucher = self.voucher(wanted);
        let signature = sign(digest(&self.domain, &voucher), &self.key);
        self.ledger.offer(entry)?;
        if wanted.payee.is_some() {
            let promised_wei = self.promised_wei.entry(wanted.id).or_default();
            *promised_wei = promised_wei.saturating_add(added_wei);
        }
        let signature = Bytes::copy_from_slice(&signature.as_bytes());
        Ok(SignedVoucher { voucher, tick: None, secret: None, signature, digest: None })
    }

    async fn check(&mut self, entry: &Signed, force: bool) -> Result<(), CliError> {
        let Signed { id, payee, lane, .. } = *entry;
        let terms = self.book.terms(id, payee).await?.ok_or_else(|| {
            CliError::new(Code::NotFound, format!("no channel or pool {id} is open"))
                .hint("See what is open: btt channel list. Of a pool: btt channel pool voucher")
        })?;
        if terms.signer != self.address {
            return Err(invalid(
                format!("its vouchers are signed by {}, not by {}", terms.signer, self.address),
                "Choose the key: --key",
            ));
        }
        if force {
            return Ok(());
        }
        let others = (0..LANES).zip(terms.lanes_wei).filter(|(other, _)| *other != lane);
        let others_wei = others
            .map(|(other, paid_wei)| {
                let signed = self.ledger.get(&(id, payee, other));
                paid_wei.max(signed.map_or(0, |signed| signed.most_wei))
            })
            .fold(0, u128::saturating_add);
        let last = self.ledger.get(&entry.key());
        entry.check(last, others_wei, terms.limit_wei)?;
        if payee.is_some() {
            let last_most_wei = last.map_or(0, |last| last.most_wei);
            let added_wei = entry.most_wei.saturating_sub(last_most_wei);
            self.check_pool(id, added_wei, terms.deposit_wei)?;
        }
        Ok(())
    }

    /// That a pool's payees together are promised no more than it has: its collateral would burn.
    fn check_pool(&mut self, id: B256, added_wei: u128, deposit_wei: u128) -> Result<(), CliError> {
        let ledger = &self.ledger;
        let promised_wei = *self.promised_wei.entry(id).or_insert_with(|| {
            let of_pool = ledger.entries().filter(|signed| signed.id == id);
            of_pool.fold(0, |sum, signed| sum.saturating_add(signed.most_wei))
        });
        let all_wei = promised_wei.saturating_add(added_wei);
        if all_wei <= deposit_wei {
            return Ok(());
        }
        let [all, deposit] = [all_wei, deposit_wei].map(|wei| format_btt(U256::from(wei)));
        Err(CliError::new(
            Code::InvalidAmount,
            format!("the pool's payees would be promised {all}, and its deposit is {deposit}"),
        )
        .hint("The first claim too much burns the collateral. Add first: btt channel pool topup"))
    }

    fn voucher(&self, wanted: &Wanted) -> AnyVoucher {
        let Wanted { id, lane, amount_wei, tick_value_wei, ticks, .. } = *wanted;
        if let Some((hash_lock, timeout)) = wanted.condition {
            return AnyVoucher::Conditional(ConditionalChannelVoucher {
                channel_id: id,
                lane,
                cumulative_amount: amount_wei,
                hash_lock,
                timeout,
            });
        }
        let tick_anchor = if ticks == 0 { B256::ZERO } else { self.chain(wanted).anchor() };
        match wanted.payee {
            None => AnyVoucher::Voucher(ChannelVoucher {
                channel_id: id,
                lane,
                cumulative_amount: amount_wei,
                tick_anchor,
                tick_value: tick_value_wei,
                tick_max: ticks,
            }),
            Some(payee) => AnyVoucher::Pool(PoolChannelVoucher {
                pool_id: id,
                payee,
                lane,
                cumulative_amount: amount_wei,
                tick_anchor,
                tick_value: tick_value_wei,
                tick_max: ticks,
            }),
        }
    }

    fn chain(&self, wanted: &Wanted) -> TickChain {
        let Wanted { id, payee, lane, amount_wei, ticks, tick_value_wei, .. } = *wanted;
        let signed = Signed { id, payee, lane, amount_wei, most_wei: 0, ticks, tick_value_wei };
        let bound_to = payee.map_or(id, |payee| pool_tick_id(id, payee));
        TickChain::new(bound_to, lane, amount_wei, ticks, tick_secret(&self.key, &signed))
    }
}

pub(super) async fn run(context: &Context, arguments: &Voucher) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    if arguments.stdin {
        return stream(context, &rpc, arguments.signing.force).await;
    }
    let id = id(context, &rpc, arguments.id.as_deref().unwrap_or_default()).await?;
    let condition = match (&arguments.hash_lock, &arguments.timeout) {
        (Some(lock), Some(timeout)) => {
            let now_s = Book::new(&rpc).now_s().await?;
            let timeout = when::time_s("--timeout", timeout, now_s)?;
            Some((parse::hash("--hash-lock", lock)?, timeout))
        }
        _ => None,
    };
    let amount = arguments.amount.as_deref().unwrap_or_default();
    one(context, &rpc, (id, None), amount, &arguments.signing, condition).await
}

/// Signs one voucher of a channel, or of a pool for a payee.
pub(super) async fn one(
    context: &Context,
    rpc: &Rpc,
    (id, payee): (B256, Option<Address>),
    amount: &str,
    signing: &Signing,
    condition: Option<(B256, u64)>,
) -> Result<(), CliError> {
    let tick_value_wei = match &signing.tick_value {
        Some(text) => wei("--tick-value", text)?,
        None => 0,
    };
    let wanted = Wanted {
        id,
        payee,
        lane: signing.lane,
        amount_wei: wei("--amount", amount)?,
        ticks: signing.ticks.unwrap_or(0),
        tick_value_wei,
        condition,
    };
    let mut payer = Payer::open(context, rpc).await?;
    let signed = payer.sign(&wanted, signing.force).await?;
    payer.ledger.commit()?;
    let line = to_line(&payer.domain, &signed);
    match &signing.file {
        Some(file) => append(file, &line),
        None => context.output.line(&line),
    }
}

fn append(file: &Path, line: &str) -> Result<(), CliError> {
    let write = || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        writeln!(file, "{line}")?;
        file.sync_all()
    };
    write().map_err(|error| {
        CliError::new(Code::Io, format!("cannot write {}: {error}", file.display()))
    })
}

/// Signs line by line. A line that is refused is answered with its error in its place.
async fn stream(context: &Context, rpc: &Rpc, force: bool) -> Result<(), CliError> {
    let mut payer = Payer::open(context, rpc).await?;
    let mut chunks = Chunks::open(Path::new("-"))?;
    let (mut all, mut refused) = (0u64, 0u64);
    loop {
        let chunk = chunks.next_chunk()?;
        if chunk.is_empty() {
            break;
        }
        let mut answers = Vec::with_capacity(chunk.len());
        for (number, line) in chunk {
            all += 1;
            answers.push(match sign_line(&mut payer, &line, force).await {
                Ok(signed) => to_line(&payer.domain, &signed),
                Err(error) if ends_the_stream(&error) => return Err(error),
                Err(error) => {
                    refused += 1;
                    let (code, message) = (error.code.as_str(), error.message);
                    json!({ "line": number, "error": { "code": code, "message": message } })
                        .to_string()
                }
            });
        }
        payer.ledger.commit()?;
        context.output.line(&answers.join("\n"))?;
    }
    if refused == 0 {
        return Ok(());
    }
    Err(CliError::new(Code::VoucherInvalid, format!("{refused} of {all} lines were not signed")))
}

/// What the next line would not do better.
fn ends_the_stream(error: &CliError) -> bool {
    matches!(error.code, Code::Io | Code::NoConnection | Code::Timeout | Code::BadResponse)
}

async fn sign_line(
    payer: &mut Payer<'_>,
    line: &str,
    force: bool,
) -> Result<SignedVoucher, CliError> {
    let line: Line = serde_json::from_str(line).map_err(|error| {
        CliError::new(Code::InvalidArgument, format!("it does not say what to sign: {error}"))
    })?;
    let wanted = Wanted {
        id: line.id,
        payee: line.payee,
        lane: line.lane,
        amount_wei: wei("amount", &line.amount)?,
        ticks: 0,
        tick_value_wei: 0,
        condition: None,
    };
    payer.sign(&wanted, force).await
}

pub(super) async fn tick(
    context: &Context,
    text: &str,
    count: u32,
    lane: u32,
    payee: Option<&str>,
) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let id = id(context, &rpc, text).await?;
    let payee = match payee {
        Some(text) => Some(parse::address_or_name("--payee", text, &context.folder)?),
        None => None,
    };
    let payer = Payer::open(context, &rpc).await?;
    let signed = payer.ledger.get(&(id, payee, lane)).filter(|signed| signed.ticks > 0);
    let signed = signed.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("no voucher with ticks was signed for lane {lane}"))
            .hint("Sign one: btt channel voucher ID --amount AMOUNT --ticks COUNT --tick-value AMOUNT")
    })?;
    let wanted = Wanted {
        id,
        payee,
        lane,
        amount_wei: signed.amount_wei,
        ticks: signed.ticks,
        tick_value_wei: signed.tick_value_wei,
        condition: None,
    };
    let preimage = payer.chain(&wanted).tick(count).ok_or_else(|| {
        invalid(format!("tick {count} is beyond the last, {}", signed.ticks), "Sign a new voucher")
    })?;
    context.output.line(&json!({ "index": count, "preimage": preimage }).to_string())
}
