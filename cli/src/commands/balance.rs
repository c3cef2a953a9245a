//! `btt balance`.

use alloy_primitives::{Address, U256};
use serde::Serialize;

use crate::args::{Balance, Unit};
use crate::context::Context;
use crate::error::CliError;
use crate::keys::KeySource;
use crate::output::Report;
use crate::parse;
use crate::render::in_unit;

#[derive(Debug, Serialize)]
struct BalanceReport {
    address: Address,
    balance_wei: String,
    #[serde(skip)]
    balance: U256,
    #[serde(skip)]
    unit: Unit,
}

impl Report for BalanceReport {
    fn human(&self) -> String {
        in_unit(self.balance, self.unit)
    }
}

pub(super) async fn run(context: &Context, arguments: &Balance) -> Result<(), CliError> {
    let block = parse::block(&arguments.block)?;
    let address = match &arguments.address {
        Some(text) => parse::address_or_name("ADDRESS", text, &context.folder)?,
        None => KeySource::select(context)?.address_or_unlock(context)?.0,
    };
    let balance = context.rpc()?.balance(address, block).await?;
    context.output.emit(&BalanceReport {
        address,
        balance_wei: balance.to_string(),
        balance,
        unit: arguments.unit,
    })
}
