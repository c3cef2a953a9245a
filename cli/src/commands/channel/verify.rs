//! `btt channel verify`: what vouchers are worth, one answer a line. With `--keep` the newest is on the disk
//! before its answer is printed, so that a payee may serve on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use alloy_primitives::{Address, B256, U256};
use btt_api::types::SignedVoucher;
use btt_runtime::modules::channels::voucher::Domain;
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use crate::channels::{
    Book, Chunks, Entry, Fault, Kept, KeptKey, Ledger, Terms, Verdict, check, claim_wei, folder,
    parse_line, same_lane,
};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::render::{deadline, now_ms, short_id};
use crate::rpc::Rpc;

/// What is said of a line.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Answer {
    line: u64,
    pub(super) ok: bool,
    id: Option<B256>,
    payee: Option<Address>,
    lane: Option<u32>,
    claim_wei: Option<String>,
    due_wei: Option<String>,
    fault: Option<&'static str>,
    message: Option<String>,
    closes_at_ms: Option<u64>,
    #[serde(skip)]
    due: U256,
}

impl Answer {
    fn of_fault(line: u64, fault: Fault) -> Self {
        Self { line, fault: Some(fault.name), message: Some(fault.why), ..Self::default() }
    }

    fn human(&self) -> String {
        let what = match (self.id, self.lane) {
            (Some(id), Some(lane)) => format!("{} lane {lane}", short_id(id)),
            _ => format!("line {}", self.line),
        };
        match &self.message {
            None => format!("ok       {what}  {} are due", format_btt(self.due)),
            Some(why) => format!("refused  {what}  {why}"),
        }
    }
}

/// Checks vouchers one after the other and remembers what it has accepted.
pub(super) struct Checker<'r> {
    pub(super) domain: Domain,
    pub(super) book: Book<'r>,
    /// The highest accepted claim of each key.
    held: BTreeMap<KeptKey, u128>,
    told: BTreeSet<B256>,
}

impl<'r> Checker<'r> {
    pub(super) async fn new(rpc: &'r Rpc) -> Result<Self, CliError> {
        let domain = Domain::of(rpc.chain_id().await?);
        let (held, told) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { domain, book: Book::new(rpc), held, told })
    }

    /// Counts what is kept already.
    pub(super) fn count_kept(&mut self, ledger: &Ledger<Kept>) {
        for kept in ledger.entries() {
            self.held.insert(kept.key(), claim_wei(&kept.0).unwrap_or(0));
        }
    }

    /// What a voucher is worth, beside what was accepted for other lanes.
    pub(super) async fn check(
        &mut self,
        signed: &SignedVoucher,
    ) -> Result<Result<(Verdict, Terms), Fault>, CliError> {
        let key = Kept(signed.clone()).key();
        let (id, payee) = (key.0, key.1);
        let mut terms = self.book.terms(id, payee).await?;
        let now_s = self.book.now_s().await?;
        let mut verdict = self.against(signed, &key, terms.as_ref(), now_s);
        if verdict.is_err() {
            // It may have been opened, or its deposit have grown, since it was asked for.
            self.book.forget(id, payee);
            terms = self.book.terms(id, payee).await?;
            verdict = self.against(signed, &key, terms.as_ref(), now_s);
        }
        let (verdict, terms) = match (verdict, terms) {
            (Ok(verdict), Some(terms)) => (verdict, terms),
            (Err(fault), _) => return Ok(Err(fault)),
            (Ok(_), None) => return Ok(Err(Fault { name: "unknown_channel", why: String::new() })),
        };
        let held = self.held.entry(key).or_default();
        *held = verdict.claim_wei.max(*held);
        Ok(Ok((verdict, terms)))
    }

    fn against(
        &self,
        signed: &SignedVoucher,
        key: &KeptKey,
        terms: Option<&Terms>,
        now_s: u64,
    ) -> Result<Verdict, Fault> {
        let held_wei = terms.map_or(0, |terms| self.held_elsewhere(key, terms));
        check(&self.domain, signed, terms, held_wei, now_s)
    }

    /// What was accepted in other lanes beyond what was paid there. Conditions are no money yet.
    fn held_elsewhere(&self, key: &KeptKey, terms: &Terms) -> u128 {
        let first = (key.0, key.1, 0, None);
        let of_account =
            self.held.range(first..).take_while(|(held, _)| (held.0, held.1) == (key.0, key.1));
        of_account
            .filter(|(held, _)| held.3.is_none() && !same_lane(held, key))
            .map(|(held, claim_wei)| {
                let lane = usize::try_from(held.2).unwrap_or(usize::MAX);
                claim_wei.saturating_sub(terms.lanes_wei.get(lane).copied().unwrap_or(0))
            })
            .fold(0, u128::saturating_add)
    }

    async fn answer(
        &mut self,
        context: &Context,
        number: u64,
        line: &str,
    ) -> Result<(Answer, Option<SignedVoucher>), CliError> {
        let signed = match parse_line(&self.domain, line) {
            Ok(signed) => signed,
            Err(why) => {
                let fault = Fault { name: "malformed", why };
                return Ok((Answer::of_fault(number, fault), None));
            }
        };
        let (id, payee, lane, _) = Kept(signed.clone()).key();
        let answer = match self.check(&signed).await? {
            Err(fault) => Answer::of_fault(number, fault),
            Ok((verdict, terms)) => {
                self.warn(context, id, &terms);
                Answer {
                    line: number,
                    ok: true,
                    claim_wei: Some(verdict.claim_wei.to_string()),
                    due_wei: Some(verdict.due_wei.to_string()),
                    closes_at_ms: (terms.closes_at_ms > 0).then_some(terms.closes_at_ms),
                    due: U256::from(verdict.due_wei),
                    ..Answer::default()
                }
            }
        };
        let is_good = answer.ok;
        let answer = Answer { id: Some(id), payee, lane: Some(lane), ..answer };
        Ok((answer, is_good.then_some(signed)))
    }

    /// Once for each channel that is being closed.
    fn warn(&mut self, context: &Context, id: B256, terms: &Terms) {
        if terms.closes_at_ms > 0 && self.told.insert(id) {
            let until = deadline(terms.closes_at_ms, terms.closes_at_block, now_ms());
            context.output.note(&format!(
                "warning: the payer of {id} takes its deposit back, at the earliest {until}; settle before"
            ));
        }
    }
}

pub(super) async fn verify(context: &Context, file: &Path, keep: bool) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    let mut checker = Checker::new(&rpc).await?;
    let mut ledger = match keep {
        true => Some(Ledger::<Kept>::open(&folder(context, rpc.chain_id().await?), "kept")?),
        false => None,
    };
    if let Some(ledger) = &ledger {
        checker.count_kept(ledger);
    }
    let mut chunks = Chunks::open(file)?;
    let (mut all, mut refused) = (0u64, 0u64);
    loop {
        let chunk = chunks.next_chunk()?;
        if chunk.is_empty() {
            break;
        }
        let mut lines = Vec::with_capacity(chunk.len());
        for (number, line) in chunk {
            let (answer, good) = checker.answer(context, number, &line).await?;
            if let (Some(ledger), Some(signed)) = (&mut ledger, good) {
                ledger.offer(Kept(signed))?;
            }
            all += 1;
            refused += u64::from(!answer.ok);
            lines.push(if context.output.is_json() {
                serde_json::to_string(&answer)
                    .map_err(|e| CliError::new(Code::Io, format!("cannot write JSON: {e}")))?
            } else {
                answer.human()
            });
        }
        if let Some(ledger) = &mut ledger {
            ledger.commit()?;
        }
        context.output.line(&lines.join("\n"))?;
    }
    if refused == 0 {
        return Ok(());
    }
    Err(CliError::new(Code::VoucherInvalid, format!("{refused} of {all} vouchers do not hold")))
}
