//! The libp2p swarm: transports and what runs on every connection.

use super::{
    NetworkConfig, NetworkError,
    book::Book,
    gate::{Arrived, Gate},
    limits::MAX_SUBSTREAMS,
    protocol::Protocols,
};
use libp2p::{
    Multiaddr, Swarm, SwarmBuilder, identify, multiaddr::Protocol, noise, swarm::NetworkBehaviour,
    tcp, yamux,
};
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    time::Duration,
};

/// Substreams of one connection that may be negotiating their protocol.
const MAX_NEGOTIATING: usize = 16;
/// QUIC asks for a sign of life this often.
const QUIC_KEEP_ALIVE: Duration = Duration::from_secs(2);

/// What runs on every connection.
#[derive(NetworkBehaviour)]
#[behaviour(to_swarm = "SwarmOut")]
pub(super) struct Behaviour {
    pub(super) gate: Gate,
    identify: identify::Behaviour,
}

/// What the behaviours tell.
#[derive(Debug)]
pub(super) enum SwarmOut {
    Arrived(Arrived),
    Identify(Box<identify::Event>),
}

impl From<Arrived> for SwarmOut {
    fn from(arrived: Arrived) -> Self {
        Self::Arrived(arrived)
    }
}

impl From<identify::Event> for SwarmOut {
    fn from(event: identify::Event) -> Self {
        Self::Identify(Box::new(event))
    }
}

/// Builds the swarm and binds its listeners.
pub(super) fn build(
    config: &NetworkConfig,
    book: Arc<Book>,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let limits = &config.limits;
    let protocols = Protocols::new(config.genesis_hash);
    let gate = Gate::new(book, limits.clone(), protocols);
    // No cache of addresses: dialling is ours.
    let identify = identify::Config::new("/btt/1".to_owned(), config.node_key.public())
        .with_agent_version(concat!("bttd/", env!("CARGO_PKG_VERSION")).to_owned())
        .with_push_listen_addr_updates(true)
        .with_cache_size(0);
    let behaviour = Behaviour { gate, identify: identify::Behaviour::new(identify) };
    let muxer = || {
        let mut muxer = yamux::Config::default();
        muxer.set_max_num_streams(MAX_SUBSTREAMS);
        muxer
    };
    let silence_millis = u32::try_from(limits.silence.as_millis()).unwrap_or(u32::MAX);
    let transport = |reason: &dyn std::fmt::Display| NetworkError::Transport(reason.to_string());
    let mut swarm = SwarmBuilder::with_existing_identity(config.node_key.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, muxer)
        .map_err(|reason| transport(&reason))?
        .with_quic_config(|mut quic| {
            quic.handshake_timeout = limits.handshake_timeout;
            quic.max_idle_timeout = silence_millis;
            quic.keep_alive_interval = QUIC_KEEP_ALIVE;
            quic.max_concurrent_stream_limit = MAX_SUBSTREAMS as u32;
            quic
        })
        .with_behaviour(|_| behaviour)
        .map_err(|reason| transport(&reason))?
        .with_swarm_config(|swarm| swarm.with_max_negotiating_inbound_streams(MAX_NEGOTIATING))
        .with_connection_timeout(limits.handshake_timeout)
        .build();
    for address in &config.listen {
        listen(&mut swarm, address)
            .map_err(|reason| NetworkError::Listen { address: address.clone(), reason })?;
    }
    Ok(swarm)
}

fn listen(swarm: &mut Swarm<Behaviour>, address: &Multiaddr) -> io::Result<()> {
    // libp2p shares listening ports (SO_REUSEPORT): two nodes on one port would each get half of the connections.
    match socket(address) {
        Some((socket, true)) => drop(TcpListener::bind(socket)?),
        Some((socket, false)) => drop(UdpSocket::bind(socket)?),
        None => {
            return Err(io::Error::other("not of the form /ip4/…/tcp/… or /ip4/…/udp/…/quic-v1"));
        }
    }
    swarm.listen_on(address.clone()).map_err(io::Error::other)?;
    Ok(())
}

/// Host and port of an address that we can listen on and dial, and whether it is of TCP.
pub(super) fn socket(address: &Multiaddr) -> Option<(SocketAddr, bool)> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    let (port, is_tcp) = match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), None | Some(Protocol::P2p(_))) => (port, true),
        (Protocol::Udp(port), Some(Protocol::QuicV1)) => (port, false),
        _ => return None,
    };
    let rest_is_id = parts.all(|part| matches!(part, Protocol::P2p(_)));
    rest_is_id.then_some((SocketAddr::new(ip, port), is_tcp))
}
