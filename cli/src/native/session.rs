//! One call of a native contract from beginning to end.

use std::time::Duration;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::SolCall;
use btt_api::keystore::SecretKey;
use serde::Serialize;

use super::Names;
use super::ask::ask;
use super::events::{self, Event};
use crate::args::Sending;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::{KeySource, prompt};
use crate::output::Report;
use crate::render::Fields;
use crate::rpc::Rpc;
use crate::sending::{self, Intent, Manner, SentReport};

/// How long a transaction may take to be final where nothing else is said.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// Whose key, which node, and whether to ask.
#[derive(Debug)]
pub struct Session<'c> {
    /// The options of the run.
    pub context: &'c Context,
    /// The node.
    pub rpc: Rpc,
    /// Who sends.
    pub from: Address,
    source: KeySource,
    manner: Manner,
}

/// What a call of a native contract prints.
#[derive(Debug, Serialize)]
struct NativeReport {
    #[serde(flatten)]
    sent: SentReport,
    events: Vec<Event>,
    #[serde(skip)]
    lines: Fields,
}

impl Report for NativeReport {
    fn human(&self) -> String {
        self.sent.human_with(self.lines.clone())
    }
}

fn manner(options: &Sending) -> Manner {
    Manner {
        yes: options.yes,
        wait: (!options.no_wait).then(|| Duration::from_secs(options.timeout)),
    }
}

impl<'c> Session<'c> {
    /// Selects the key, and opens it only where its file does not state its address.
    ///
    /// # Errors
    /// [`Code::ConfirmationRequired`] where nobody could say yes, before anything is asked of the node.
    pub fn open(context: &'c Context, options: &Sending) -> Result<Self, CliError> {
        manner(options).check()?;
        Self::look(context, options)
    }

    /// The same for verbs that look first whether there is anything to agree to.
    ///
    /// # Errors
    /// Where no key is to be had, or no node is named.
    pub fn look(context: &'c Context, options: &Sending) -> Result<Self, CliError> {
        let manner = manner(options);
        let source = KeySource::select(context)?;
        let (from, unlocked) = source.address_or_unlock(context)?;
        let source = unlocked.map_or(source, KeySource::Plain);
        Ok(Self { context, rpc: context.rpc()?, from, source, manner })
    }

    /// That there is a yes, or somebody to give it.
    ///
    /// # Errors
    /// [`Code::ConfirmationRequired`].
    pub fn can_be_agreed(&self) -> Result<(), CliError> {
        self.manner.check()
    }

    /// That the account has so many wei, before more is asked of anybody.
    ///
    /// # Errors
    /// [`Code::InsufficientFunds`].
    pub async fn check_balance(&self, value: U256) -> Result<(), CliError> {
        let balance = self.rpc.balance(self.from, BlockId::latest()).await?;
        sending::check_balance(self.from, balance, value)
    }

    /// What the call would return if it were made now.
    ///
    /// # Errors
    /// [`Code::Reverted`] where it would not succeed.
    pub async fn preview<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, CliError> {
        self.preview_with(contract, call, 0).await
    }

    /// The same for a call that brings so many wei.
    ///
    /// # Errors
    /// As [`Self::preview`].
    pub async fn preview_with<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        value_wei: u128,
    ) -> Result<C::Return, CliError> {
        let from = Some(self.from);
        Ok(ask(&self.rpc, from, contract, value_wei, call, BlockId::latest()).await?)
    }

    /// The key that the session sends with.
    ///
    /// # Errors
    /// As [`KeySource::unlock`].
    pub fn unlock(&self) -> Result<SecretKey, CliError> {
        self.source.unlock(self.context)
    }

    /// Shows `effect`, asks, and opens the key: what is sent from then on asks nothing more, and waits until it is
    /// final. For verbs that send when the time for it comes.
    ///
    /// # Errors
    /// [`Code::ConfirmationRequired`], [`Code::Cancelled`], and as [`KeySource::unlock`].
    pub fn agree(&mut self, effect: &Fields) -> Result<(), CliError> {
        if !self.manner.yes {
            let text =
                format!("{}\n", Fields::new().line("from", self.from).and(effect.clone()).render());
            self.context.output.ask(&text).map_err(|error| {
                CliError::new(Code::Io, format!("cannot write to the terminal: {error}"))
            })?;
            prompt::confirm(self.context.output, "Go ahead?", "add --yes")?;
            self.manner.yes = true;
        }
        self.source = KeySource::Plain(self.unlock()?);
        Ok(())
    }

    /// Sends without waiting; its hash. For several transactions that must be in the next block.
    ///
    /// # Errors
    /// As [`sending::submit`].
    pub async fn dispatch<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<B256, CliError> {
        let intent = Intent::call(contract, U256::ZERO, call.abi_encode().into(), Fields::new());
        let manner = Manner { wait: None, ..self.manner };
        let sent = sending::submit(self.context, &self.rpc, &self.source, intent, manner).await?;
        Ok(sent.transaction_hash)
    }

    /// Waits until a transaction is final; its receipt.
    ///
    /// # Errors
    /// As [`sending::submit`] where it waits.
    pub async fn receipt(&self, hash: B256) -> Result<TransactionReceipt, CliError> {
        let patience = self.manner.wait.unwrap_or(DEFAULT_PATIENCE);
        sending::until_final(self.context.output, &self.rpc, hash, patience).await
    }

    /// Sends with so much gas, without asking the node how much it would need: its answer is about the newest
    /// block, and the next one may be the first in which the call succeeds.
    ///
    /// # Errors
    /// As [`sending::submit`].
    pub async fn submit_with_gas<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        value: U256,
        gas_limit: u64,
    ) -> Result<SentReport, CliError> {
        let effect = Fields::new();
        let mut intent = Intent::call(contract, value, call.abi_encode().into(), effect);
        intent.gas_limit = Some(gas_limit);
        sending::submit(self.context, &self.rpc, &self.source, intent, self.manner).await
    }

    /// Shows `effect`, asks, sends, and prints what came of it, with `after` as its last lines.
    ///
    /// # Errors
    /// As [`sending::submit`]; [`Code::Reverted`] where it is included but reverted.
    pub async fn send<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        value: U256,
        effect: Fields,
        names: &Names,
        after: Fields,
    ) -> Result<(), CliError> {
        let sent = self.submit(contract, call, value, effect).await?;
        self.report(sent, names, after)
    }

    /// Shows `effect`, asks, sends, and says nothing of what came of it.
    ///
    /// # Errors
    /// As [`sending::submit`].
    pub async fn submit<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        value: U256,
        effect: Fields,
    ) -> Result<SentReport, CliError> {
        let intent = Intent::call(contract, value, call.abi_encode().into(), effect);
        sending::submit(self.context, &self.rpc, &self.source, intent, self.manner).await
    }

    /// Prints what came of it, with `after` as its last lines.
    ///
    /// # Errors
    /// [`Code::Reverted`] where it is included but reverted.
    pub fn report(&self, sent: SentReport, names: &Names, after: Fields) -> Result<(), CliError> {
        let (events, mut lines) = events::read(sent.logs(), names);
        if !events.is_empty() {
            lines = lines.and(after);
        }
        let report = NativeReport { sent, events, lines };
        self.context.output.emit(&report)?;
        report.sent.check_success()
    }
}
