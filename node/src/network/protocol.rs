//! Names of the protocols: each class of traffic has substreams of its own, so that none waits for another.

use super::limits::{ClassLimits, NetworkLimits, Rate};
use alloy_primitives::{B256, hex};
use libp2p::StreamProtocol;

/// A class of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Votes, proposals, certificates.
    Consensus,
    /// Undecided blocks.
    Blocks,
    /// Transactions and their hashes.
    Transactions,
    /// Height and head of a peer.
    Status,
    /// Questions and answers.
    Requests,
}

impl Class {
    /// Every class, in the order of its number.
    pub const ALL: [Self; 5] =
        [Self::Consensus, Self::Blocks, Self::Transactions, Self::Status, Self::Requests];

    /// Its name on the wire, in metrics and in RPC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Blocks => "blocks",
            Self::Transactions => "transactions",
            Self::Status => "status",
            Self::Requests => "request",
        }
    }

    pub(super) const fn limits(self, limits: &NetworkLimits) -> &ClassLimits {
        match self {
            Self::Consensus => &limits.consensus,
            Self::Blocks => &limits.blocks,
            Self::Transactions => &limits.transactions,
            Self::Status => &limits.status,
            Self::Requests => &limits.requests,
        }
    }

    pub(super) const fn rate(self, limits: &NetworkLimits, is_validator: bool) -> Rate {
        let class = self.limits(limits);
        if is_validator { class.validator } else { class.peer }
    }
}

/// What a substream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// The first exchange on a connection.
    Hello,
    /// Everything after it.
    Class(Class),
}

/// The protocol names of one chain: a peer of another chain shares none of them.
#[derive(Debug, Clone)]
pub(super) struct Protocols(Vec<(StreamProtocol, Purpose)>);

impl Protocols {
    pub(super) fn new(genesis_hash: B256) -> Self {
        let chain = hex::encode(&genesis_hash[..4]);
        let classes = Class::ALL.into_iter().map(|class| (class.name(), Purpose::Class(class)));
        // The hello alone is common to all chains, so that a wrong chain is told from a broken peer.
        let hello = [(StreamProtocol::new("/btt/hello/1"), Purpose::Hello)];
        let classes = classes.filter_map(|(name, purpose)| {
            let name = format!("/btt/{chain}/{name}/1");
            StreamProtocol::try_from_owned(name).ok().map(|name| (name, purpose))
        });
        Self(hello.into_iter().chain(classes).collect())
    }

    pub(super) fn names(&self) -> Vec<StreamProtocol> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn name(&self, purpose: Purpose) -> Option<StreamProtocol> {
        self.0.iter().find(|(_, other)| *other == purpose).map(|(name, _)| name.clone())
    }

    pub(super) fn purpose(&self, name: &StreamProtocol) -> Option<Purpose> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, purpose)| *purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_genesis_hash_and_are_found_again() {
        let protocols = Protocols::new(B256::repeat_byte(0xab));
        let names: Vec<String> = protocols.names().iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "/btt/hello/1",
                "/btt/abababab/consensus/1",
                "/btt/abababab/blocks/1",
                "/btt/abababab/transactions/1",
                "/btt/abababab/status/1",
                "/btt/abababab/request/1",
            ]
        );
        for (name, purpose) in &protocols.0 {
            assert_eq!(protocols.purpose(name), Some(*purpose));
            assert_eq!(protocols.name(*purpose).as_ref(), Some(name));
        }
    }
}
