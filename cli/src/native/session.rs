//! One call of a native contract from beginning to end.

use std::time::Duration;

use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::SolCall;
use serde::Serialize;

use super::Names;
use super::events::{self, Event};
use crate::args::Sending;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::output::Report;
use crate::render::Fields;
use crate::rpc::Rpc;
use crate::sending::{self, Intent, Manner, SentReport};

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

impl<'c> Session<'c> {
    /// Selects the key, and opens it only where its file does not state its address.
    ///
    /// # Errors
    /// [`Code::ConfirmationRequired`] where nobody could say yes, before anything is asked of the node.
    pub fn open(context: &'c Context, options: &Sending) -> Result<Self, CliError> {
        let manner = Manner {
            yes: options.yes,
            wait: (!options.no_wait).then(|| Duration::from_secs(options.timeout)),
        };
        manner.check()?;
        let source = KeySource::select(context)?;
        let (from, unlocked) = source.address_or_unlock(context)?;
        let source = unlocked.map_or(source, KeySource::Plain);
        Ok(Self { context, rpc: context.rpc()?, from, source, manner })
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
        let request = TransactionRequest {
            from: Some(self.from),
            to: Some(contract.into()),
            input: TransactionInput::new(call.abi_encode().into()),
            ..Default::default()
        };
        let data = self.rpc.call(&request, BlockId::latest()).await?;
        C::abi_decode_returns_validate(&data).map_err(|_| {
            CliError::new(Code::BadResponse, format!("the chain has no {}", C::SIGNATURE))
                .hint("Is it a btt-chain of this wallet's version? btt chain info")
        })
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
        let intent = Intent::call(contract, value, call.abi_encode().into(), effect);
        let sent =
            sending::submit(self.context, &self.rpc, &self.source, intent, self.manner).await?;
        let (events, mut lines) = events::read(sent.logs(), names);
        if !events.is_empty() {
            lines = lines.and(after);
        }
        let report = NativeReport { sent, events, lines };
        self.context.output.emit(&report)?;
        report.sent.check_success()
    }
}
