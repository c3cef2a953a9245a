//! `btt chain info` and `btt chain params`.

use alloy_eips::BlockId;
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::SolCall;
use btt_runtime::modules::params::IParams;
use btt_runtime::primitives::{
    DEV_CHAIN_ID, LOCALNET_CHAIN_ID, MAINNET_CHAIN_ID, TESTNET_CHAIN_ID, addresses,
};
use serde::Serialize;

use crate::args::Chain;
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::output::Report;
use crate::render::{Fields, ParamRow, ParamsReport, grouped, gwei, utc};
use crate::rpc::Rpc;

#[derive(Debug, Serialize)]
struct InfoReport {
    rpc_url: String,
    chain_id: u64,
    network: &'static str,
    client_version: String,
    block_number: u64,
    finalized_block_number: u64,
    timestamp: u64,
    base_fee_wei: Option<String>,
    gas_limit: u64,
    peers: Option<u64>,
    syncing: bool,
    #[serde(skip)]
    base_fee: Option<u64>,
}

impl Report for InfoReport {
    fn human(&self) -> String {
        Fields::new()
            .line("chain", format!("{} ({})", self.chain_id, self.network))
            .line("node", format!("{} at {}", self.client_version, self.rpc_url))
            .line("block", format!("{} at {}", grouped(self.block_number), utc(self.timestamp)))
            .line("finalized", grouped(self.finalized_block_number))
            .maybe("base fee", self.base_fee.map(|fee| gwei(fee.into())))
            .line("gas limit", grouped(self.gas_limit))
            .maybe("peers", self.peers)
            .line("in sync", if self.syncing { "no, catching up" } else { "yes" })
            .render()
    }
}

pub(super) async fn run(context: &Context, verb: Chain) -> Result<(), CliError> {
    let rpc = context.rpc()?;
    match verb {
        Chain::Info => context.output.emit(&Box::pin(info(&rpc)).await?),
        Chain::Params => context.output.emit(&params(&rpc).await?),
    }
}

async fn info(rpc: &Rpc) -> Result<InfoReport, CliError> {
    let (chain_id, client_version, head, finalized, peers, syncing) = tokio::try_join!(
        rpc.chain_id(),
        rpc.client_version(),
        rpc.known_block(BlockId::latest()),
        rpc.known_block(BlockId::finalized()),
        rpc.peer_count(),
        rpc.is_syncing(),
    )?;
    Ok(InfoReport {
        rpc_url: rpc.url().to_owned(),
        chain_id,
        network: network(chain_id),
        client_version,
        block_number: head.header.number,
        finalized_block_number: finalized.header.number,
        timestamp: head.header.timestamp,
        base_fee_wei: head.header.base_fee_per_gas.map(|fee| fee.to_string()),
        gas_limit: head.header.gas_limit,
        peers,
        syncing,
        base_fee: head.header.base_fee_per_gas,
    })
}

const fn network(chain_id: u64) -> &'static str {
    match chain_id {
        MAINNET_CHAIN_ID => "mainnet",
        TESTNET_CHAIN_ID => "testnet",
        LOCALNET_CHAIN_ID => "localnet",
        DEV_CHAIN_ID => "dev",
        _ => "not a btt-chain",
    }
}

async fn params(rpc: &Rpc) -> Result<ParamsReport, CliError> {
    let call = TransactionRequest {
        to: Some(addresses::PARAMS.into()),
        input: TransactionInput::new(IParams::allCall {}.abi_encode().into()),
        ..Default::default()
    };
    let data = rpc.call(&call, BlockId::latest()).await?;
    decode_params(&data).ok_or_else(|| {
        CliError::new(Code::BadResponse, "this chain has no parameters to show")
            .hint("Is it a btt-chain? btt chain info")
    })
}

fn decode_params(data: &[u8]) -> Option<ParamsReport> {
    let params = IParams::allCall::abi_decode_returns_validate(data).ok()?;
    let row = |param: IParams::Param| ParamRow {
        name: param.name,
        value: param.value.to_string(),
        min: param.min.to_string(),
        max: param.max.to_string(),
        default: param.defaultValue.to_string(),
        unit: param.unit,
    };
    Some(ParamsReport { params: params.into_iter().map(row).collect() })
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;
    use crate::testing::assert_golden;

    #[test]
    fn parameters_are_read_by_abi() {
        let param = IParams::Param {
            name: "block_gas_limit".to_owned(),
            value: U256::from(60_000_000),
            min: U256::from(1),
            max: U256::MAX,
            defaultValue: U256::from(60_000_000),
            unit: "gas".to_owned(),
        };
        let data = IParams::allCall::abi_encode_returns(&vec![param]);
        let report = decode_params(&data).unwrap();
        assert_eq!(report.params[0].max, U256::MAX.to_string());
        assert_eq!(report.params[0].name, "block_gas_limit");
        assert!(decode_params(&[]).is_none());
        assert!(decode_params(&data[..data.len() - 32]).is_none());
    }

    #[test]
    fn the_chains_state_reads_well() {
        let info = InfoReport {
            rpc_url: "http://127.0.0.1:8545".to_owned(),
            chain_id: DEV_CHAIN_ID,
            network: network(DEV_CHAIN_ID),
            client_version: "bttd/v0.1.0".to_owned(),
            block_number: 1812,
            finalized_block_number: 1812,
            timestamp: 1_795_173_918,
            base_fee_wei: Some("1000000000".to_owned()),
            gas_limit: 60_000_000,
            peers: Some(0),
            syncing: false,
            base_fee: Some(1_000_000_000),
        };
        assert_golden("chain-info.txt", &info.human());
        assert_golden("chain-info.json", &serde_json::to_string_pretty(&info).unwrap());
    }
}
