//! Consensus and network as the RPC sees them.

use crate::{
    chain::Chain,
    consensus::{context::ValidatorId, driver::DriverStatus, shell::Shell},
    network::{Multiaddr, Network, PeerId},
    rpc::{ConsensusState, ConsensusView, NetworkView, SyncProgress},
};
use alloy_primitives::Address;
use btt_api::types::{ConsensusStep, Endpoint, PeerInfo};
use std::sync::Arc;

/// A node counts as catching up when it is so many blocks behind.
const BEHIND: u64 = 2;

/// Consensus for the RPC.
pub(super) struct ConsensusWindow {
    pub(super) chain: Arc<Chain>,
    pub(super) shell: Arc<Shell>,
    pub(super) own: Option<ValidatorId>,
    /// Head when the node started.
    pub(super) starting: u64,
}

/// How far behind a node is, if it is.
pub(super) fn progress(
    chain: &Chain,
    status: &DriverStatus,
    starting: u64,
) -> Option<SyncProgress> {
    let (current, highest) = (chain.head().number, status.best_peer_height);
    (highest >= current.saturating_add(BEHIND)).then_some(SyncProgress {
        starting,
        current,
        highest,
    })
}

impl ConsensusView for ConsensusWindow {
    fn status(&self) -> ConsensusState {
        let status = self.shell.status();
        ConsensusState {
            height: status.height,
            round: status.round.unwrap_or(0),
            step: match status.step {
                "propose" => ConsensusStep::Propose,
                "prevote" => ConsensusStep::Prevote,
                "precommit" => ConsensusStep::Precommit,
                "commit" => ConsensusStep::Commit,
                _ => ConsensusStep::Waiting,
            },
            validator: self.own.map(|id| id.0),
            sync: progress(&self.chain, &status, self.starting),
        }
    }

    fn proposer(&self, height: u64, round: u32) -> Option<Address> {
        let status = self.shell.status();
        // Who takes no turn is known for the height under way only.
        let member = (height == status.height).then(|| status.committee.proposer(height, round));
        member.flatten().map(|member| member.id.0)
    }
}

/// The network for the RPC.
pub(super) struct NetworkWindow {
    pub(super) network: Network,
    pub(super) listening: Vec<Multiaddr>,
    pub(super) persistent: Vec<PeerId>,
}

impl NetworkView for NetworkWindow {
    fn peers(&self) -> Vec<PeerInfo> {
        let peers = self.network.peers().into_iter();
        peers
            .map(|peer| PeerInfo {
                peer_id: peer.peer.to_string(),
                address: peer.address.to_string(),
                inbound: !peer.outbound,
                persistent: self.persistent.contains(&peer.peer),
                client: Some(peer.client_version).filter(|text| !text.is_empty()),
                height: Some(peer.status.height),
                validator: peer.validator,
                connected_secs: peer.connected_since.elapsed().unwrap_or_default().as_secs(),
                ping_ms: None,
            })
            .collect()
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            peer_id: self.network.local_peer().to_string(),
            listening: self.listening.iter().map(ToString::to_string).collect(),
        }
    }

    fn add_peer(&self, multiaddr: &str) -> Result<(), String> {
        let address = multiaddr.parse::<Multiaddr>().map_err(|error| error.to_string())?;
        self.network.dial(address);
        Ok(())
    }

    fn remove_peer(&self, peer: &str) -> Result<(), String> {
        let name = peer.rsplit('/').next().unwrap_or(peer);
        let id = name.parse::<PeerId>().map_err(|error| format!("peer id {name}: {error}"))?;
        if !self.network.peers().iter().any(|info| info.peer == id) {
            return Err(format!("{id} is not connected"));
        }
        self.network.disconnect(id);
        Ok(())
    }
}
