//! What peers may ask of this node.

use super::wire;
use crate::{
    chain::Chain,
    consensus::{context::ValidatorId, shell::Shell},
    mempool::Mempool,
    network::{Request, Response},
};
use alloy_primitives::{B256, Bytes};
use btt_runtime::{block::Block, state::StoreError};
use std::sync::Arc;

/// Bytes of decided blocks in one answer; one block is always given.
const MAX_BLOCKS_BYTES: usize = 4 << 20;
/// Decided blocks in one answer.
const MAX_BLOCKS: u32 = 256;

/// Where the answers come from.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) chain: Arc<Chain>,
    pub(super) mempool: Arc<Mempool>,
    pub(super) shell: Arc<Shell>,
}

impl Answers {
    pub(super) async fn answer(self: &Arc<Self>, request: Request) -> Response {
        match request {
            Request::Blocks { from, count } => {
                let answers = self.clone();
                let blocks = move || answers.decided(from, count.min(MAX_BLOCKS));
                match tokio::task::spawn_blocking(blocks).await {
                    Ok(Ok(blocks)) => Response::Blocks(blocks),
                    Ok(Err(error)) => {
                        tracing::error!(%error, "cannot read blocks for a peer");
                        Response::Refused
                    }
                    Err(_) => Response::Refused,
                }
            }
            Request::Block { hash } => {
                Response::Block(self.block(hash).await.map(|block| block.encode().into()))
            }
            Request::BlockTransactions { hash, indexes } => match self.block(hash).await {
                Some(block) => {
                    let transactions = &block.body.transactions;
                    let given =
                        indexes.iter().map_while(|i| transactions.get(*i as usize).cloned());
                    Response::Transactions(given.collect())
                }
                None => Response::Refused,
            },
            Request::Transactions { hashes } => {
                let known = hashes.iter().filter_map(|hash| self.mempool.get(hash));
                Response::Transactions(known.map(|tx| tx.raw().clone()).collect())
            }
            Request::SignedStep { address } => {
                let step = self.shell.signed_step(ValidatorId(address)).await;
                Response::SignedStep(step.map(|step| wire::encode_step(step).into()))
            }
            Request::Peers => Response::Refused,
        }
    }

    /// A block of the height under way, or one that was decided.
    async fn block(&self, hash: B256) -> Option<Arc<Block>> {
        if let Some(block) = self.shell.block(hash).await {
            return Some(block);
        }
        let number = self.chain.number_of(hash).ok()??;
        let stored = self.chain.block(number).ok()??;
        Some(Arc::new(stored.block.clone()))
    }

    fn decided(&self, from: u64, count: u32) -> Result<Vec<Bytes>, StoreError> {
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for number in (from.max(1)..).take(count as usize) {
            let Some(stored) = self.chain.block(number)? else { break };
            let Some(certificate) = &stored.certificate else { break };
            let block = wire::encode_decided(&stored.block, certificate);
            bytes += block.len();
            if bytes > MAX_BLOCKS_BYTES && !blocks.is_empty() {
                break;
            }
            blocks.push(block.into());
        }
        Ok(blocks)
    }
}
