//! The folder of a local network: one spec, and for each node keys, data and settings.

use super::{
    super::{
        datadir::{SpecSource, store_options},
        keys::{Protection, new_validator_key, write_secret},
    },
    DEFAULT_VALIDATORS,
    control::SOCKET_NAME,
};
use crate::{
    config::{CONFIG_FILE_NAME, DEFAULT_HTTP_PORT, Settings},
    keys, network,
    storage::Store,
};
use btt_api::keystore::SecretKey;
use btt_genesis::{ChainSpec, Preset, dev_accounts};
use btt_runtime::config::Validator;
use eyre::{Result, WrapErr as _, eyre};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
};

/// The chain spec that all nodes share. It is written last: with it the network is whole.
const SPEC_NAME: &str = "spec.json";
/// The token that opens `admin_` of all nodes.
const ADMIN_TOKEN_NAME: &str = "admin-token";
/// Records of what validators signed last, beside their data folders (rule C.6).
const GUARD_NAME: &str = "guard";
/// From one node's ports to the next's (rule H.1).
const PORT_STEP: u16 = 10;
/// Where everything listens.
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    pub(super) validators: Option<u16>,
    pub(super) base_port: Option<u16>,
    pub(super) block_time_ms: Option<u64>,
    pub(super) fresh: bool,
}

/// A node as its settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeLayout {
    pub(super) index: u16,
    pub(super) datadir: PathBuf,
    pub(super) log: PathBuf,
    pub(super) rpc: SocketAddr,
    pub(super) p2p: SocketAddr,
}

/// A network that is ready to start.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) folder: PathBuf,
    pub(super) chain_id: u64,
    pub(super) admin_token: PathBuf,
    pub(super) nodes: Vec<NodeLayout>,
}

impl NodeLayout {
    pub(super) fn name(&self) -> String {
        format!("node-{}", self.index)
    }
}

impl Layout {
    /// Makes the network, or continues the one that is there.
    pub(super) fn prepare(folder: &Path, wish: &Wish) -> Result<Self> {
        check_is_ours(folder)?;
        if wish.fresh {
            remove(folder)?;
        }
        let spec_file = folder.join(SPEC_NAME);
        if !spec_file.exists() {
            if node_folder(folder, 0).exists() {
                return Err(eyre!(
                    "{} holds a network that was not made to its end; begin anew with --fresh",
                    folder.display()
                ));
            }
            make(folder, wish)?;
        }
        let text = fs::read_to_string(&spec_file)
            .wrap_err_with(|| format!("cannot read {}", spec_file.display()))?;
        let spec: ChainSpec = serde_json::from_str(&text)
            .wrap_err_with(|| format!("{} is no chain spec", spec_file.display()))?;
        let count = u16::try_from(spec.validators.len())?;
        if let Some(wanted) = wish.validators.filter(|wanted| *wanted != count) {
            return Err(eyre!(
                "the network in {} has {count} validators, not {wanted}; begin anew with --fresh, \
                 or choose another --dir",
                folder.display()
            ));
        }
        let has_settings = (0..count).all(|i| config_file(folder, i).exists());
        if wish.base_port.is_some() || wish.block_time_ms.is_some() || !has_settings {
            write_settings(folder, count, wish)?;
        }
        let nodes = (0..count).map(|index| read_node(folder, index)).collect::<Result<_>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            chain_id: spec.chain_id,
            admin_token: folder.join(ADMIN_TOKEN_NAME),
            nodes,
        })
    }

    /// Fails where somebody else listens on a port of a node.
    pub(super) fn check_ports(&self) -> Result<()> {
        for node in &self.nodes {
            for (what, address) in [("RPC", node.rpc), ("p2p", node.p2p)] {
                let taken = TcpListener::bind(address).is_err()
                    || what == "p2p" && UdpSocket::bind(address).is_err();
                if taken {
                    return Err(eyre!(
                        "port {} ({what} of {}) is in use by another process; nothing was started; \
                         try --base-port {}",
                        address.port(),
                        node.name(),
                        self.nodes.first().map_or(0, |first| first.rpc.port()).wrapping_add(1_000)
                    ));
                }
            }
        }
        Ok(())
    }
}

fn node_folder(folder: &Path, index: u16) -> PathBuf {
    folder.join(format!("node-{index}"))
}

fn config_file(folder: &Path, index: u16) -> PathBuf {
    node_folder(folder, index).join(CONFIG_FILE_NAME)
}

/// A folder of something else is not filled with nodes, and not deleted.
fn check_is_ours(folder: &Path) -> Result<()> {
    if folder.join("db").exists() {
        return Err(eyre!(
            "{} is the data folder of a single node; choose another --dir",
            folder.display()
        ));
    }
    Ok(())
}

/// Deletes what [`make`] makes, and nothing else.
fn remove(folder: &Path) -> Result<()> {
    let gone = |result: std::io::Result<()>, path: &Path| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).wrap_err_with(|| format!("cannot delete {}", path.display()))
        }
        _ => Ok(()),
    };
    // First what says that the network is whole.
    for name in [SPEC_NAME, ADMIN_TOKEN_NAME] {
        let file = folder.join(name);
        gone(fs::remove_file(&file), &file)?;
    }
    let guard = folder.join(GUARD_NAME);
    gone(fs::remove_dir_all(&guard), &guard)?;
    for index in (0u16..).take_while(|index| node_folder(folder, *index).exists()) {
        let node = node_folder(folder, index);
        gone(fs::remove_dir_all(&node), &node)?;
    }
    Ok(())
}

fn make(folder: &Path, wish: &Wish) -> Result<()> {
    let count = wish.validators.unwrap_or(DEFAULT_VALIDATORS);
    let token = folder.join(ADMIN_TOKEN_NAME);
    if !token.exists() {
        write_secret(&token, &SecretKey::random()?.to_hex())?;
    }
    let mut validators = Vec::new();
    for index in 0..count {
        let datadir = node_folder(folder, index);
        let key = new_validator_key(&keys::validator_key_path(&datadir), &Protection::default())?;
        network::node_key(&network::node_key_path(&datadir))?;
        validators.push(Validator {
            public_key: keys::public_key_of(&key),
            // The wallet has the keys of the test accounts at hand.
            operator: dev_accounts()
                .get(usize::from(index))
                .map_or_else(|| keys::address_of(&key), |account| account.address),
            power: keys::LOCAL_POWER,
        });
    }
    let spec = Preset::Localnet.spec(validators);
    for index in 0..count {
        let store = Store::open(&node_folder(folder, index), store_options(None))?;
        SpecSource::Spec(Box::new(spec.clone())).write(&store)?;
    }
    write_settings(folder, count, wish)?;
    let (unfinished, file) = (folder.join("spec.json.tmp"), folder.join(SPEC_NAME));
    fs::write(&unfinished, spec.to_json()? + "\n")
        .and_then(|()| fs::rename(&unfinished, &file))
        .wrap_err_with(|| format!("cannot write {}", file.display()))
}

/// Writes every node's `config.toml`. What is set there and not by the command line stays.
fn write_settings(folder: &Path, count: u16, wish: &Wish) -> Result<()> {
    let mut all = Vec::new();
    for index in 0..count {
        let file = config_file(folder, index);
        let old = if file.exists() { Settings::from_file(&file)? } else { Settings::default() };
        let (rpc, p2p) = match (wish.base_port, old.http_port, old.p2p_port) {
            (None, Some(rpc), Some(p2p)) => (rpc, p2p),
            (base, ..) => ports(base.unwrap_or(DEFAULT_HTTP_PORT), index)?,
        };
        all.push(Settings {
            http_port: Some(rpc),
            p2p_addr: Some(HOST),
            p2p_port: Some(p2p),
            block_time_ms: wish.block_time_ms.or(old.block_time_ms),
            admin_token_file: Some(folder.join(ADMIN_TOKEN_NAME)),
            guard_dir: Some(folder.join(GUARD_NAME).join(format!("node-{index}"))),
            ..old
        });
    }
    let mut addresses = Vec::new();
    for (index, settings) in (0u16..).zip(&all) {
        let key = network::node_key(&network::node_key_path(&node_folder(folder, index)))?;
        let port = settings.p2p().port();
        addresses.push(format!("/ip4/{HOST}/tcp/{port}/p2p/{}", key.public().to_peer_id()));
    }
    for (index, mut settings) in (0u16..).zip(all) {
        let own = usize::from(index);
        let others = addresses.iter().enumerate().filter(|(place, _)| *place != own);
        settings.persistent_peers = Some(others.map(|(_, address)| address.clone()).collect());
        let file = config_file(folder, index);
        let text = format!(
            "# Written by bttd localnet, again when --base-port or --block-time is given.\n{}",
            toml::to_string(&settings)?
        );
        fs::write(&file, text).wrap_err_with(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// RPC and p2p port of a node.
fn ports(base: u16, index: u16) -> Result<(u16, u16)> {
    let rpc = index.checked_mul(PORT_STEP).and_then(|step| base.checked_add(step));
    rpc.and_then(|rpc| Some((rpc, rpc.checked_add(1)?))).filter(|_| base > 0).ok_or_else(|| {
        eyre!("--base-port {base}: node-{index} would have no port; choose one from 1 to 64000")
    })
}

fn read_node(folder: &Path, index: u16) -> Result<NodeLayout> {
    let datadir = node_folder(folder, index);
    let settings = Settings::from_file(&config_file(folder, index))?;
    let (rpc, p2p) = (settings.http(), settings.p2p());
    Ok(NodeLayout { index, log: datadir.join("log"), datadir, rpc, p2p })
}

/// What a network leaves beside its nodes, for the test of [`remove`].
#[cfg(test)]
const ALL_NAMES: [&str; 3] = [SPEC_NAME, ADMIN_TOKEN_NAME, GUARD_NAME];

/// Where the supervisor listens.
pub(super) fn socket_path(folder: &Path) -> PathBuf {
    folder.join(SOCKET_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn wish(validators: u16) -> Wish {
        Wish { validators: Some(validators), base_port: Some(21_000), ..Wish::default() }
    }

    #[test]
    fn a_network_has_one_spec_and_each_node_knows_all_others() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::prepare(folder.path(), &wish(3)).unwrap();
        assert_eq!((layout.nodes.len(), layout.chain_id), (3, 990_002));
        let mut hashes = BTreeSet::new();
        for node in &layout.nodes {
            let store = Store::open(&node.datadir, store_options(None)).unwrap();
            hashes.insert(store.head().unwrap().unwrap().1);
            let spec = store.spec(None).unwrap();
            assert_eq!(spec.validators.len(), 3);
            let own = keys::load(&keys::validator_key_path(&node.datadir), || panic!("plain"));
            let own = keys::public_key_of(&own.unwrap());
            assert_eq!(spec.validators[usize::from(node.index)].public_key, own);
            let settings = Settings::from_file(&node.datadir.join(CONFIG_FILE_NAME)).unwrap();
            let port = 21_000 + 10 * node.index;
            assert_eq!(settings.http(), format!("127.0.0.1:{port}").parse().unwrap());
            assert_eq!(settings.p2p(), format!("127.0.0.1:{}", port + 1).parse().unwrap());
            let peers = settings.persistent_peers();
            assert_eq!(peers.len(), 2);
            for other in layout.nodes.iter().filter(|other| other.index != node.index) {
                let id = network::node_key(&network::node_key_path(&other.datadir))
                    .unwrap()
                    .public()
                    .to_peer_id();
                let address = format!("/ip4/127.0.0.1/tcp/{}/p2p/{id}", other.p2p.port());
                assert!(peers.contains(&address), "{peers:?} without {address}");
            }
            assert!(settings.guard_dir().unwrap().starts_with(folder.path().join("guard")));
        }
        assert_eq!(hashes.len(), 1);
        assert!(crate::rpc::AdminToken::load(&layout.admin_token).is_ok());
    }

    #[test]
    fn a_network_is_continued_and_begun_anew_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let first = Layout::prepare(folder.path(), &wish(1)).unwrap();
        let key = || fs::read(keys::validator_key_path(&first.nodes[0].datadir)).unwrap();
        let made = key();
        let config = first.nodes[0].datadir.join(CONFIG_FILE_NAME);
        let mine = fs::read_to_string(&config).unwrap() + "txpool_max = 7\n";
        fs::write(&config, &mine).unwrap();
        let again = Layout::prepare(folder.path(), &Wish::default()).unwrap();
        assert_eq!((again.nodes, key()), (first.nodes.clone(), made.clone()));
        assert_eq!(fs::read_to_string(&config).unwrap(), mine);
        let moved = Wish { base_port: Some(22_000), block_time_ms: Some(200), ..Wish::default() };
        let moved = Layout::prepare(folder.path(), &moved).unwrap();
        assert_eq!(moved.nodes[0].rpc.port(), 22_000);
        let settings = Settings::from_file(&config).unwrap();
        assert_eq!((settings.txpool_max, settings.block_time_ms), (Some(7), Some(200)));
        let other = Layout::prepare(folder.path(), &wish(2)).unwrap_err().to_string();
        assert!(other.contains("has 1 validators, not 2") && other.contains("--fresh"), "{other}");
        fs::write(folder.path().join("letter"), "mine").unwrap();
        let fresh = Wish { fresh: true, ..wish(2) };
        assert_eq!(Layout::prepare(folder.path(), &fresh).unwrap().nodes.len(), 2);
        assert_ne!(key(), made);
        remove(folder.path()).unwrap();
        assert!(ALL_NAMES.iter().all(|name| !folder.path().join(name).exists()));
        assert!(folder.path().join("letter").exists() && !node_folder(folder.path(), 1).exists());
    }

    #[test]
    fn folders_of_something_else_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("db")).unwrap();
        let fresh = Wish { fresh: true, ..wish(1) };
        let error = Layout::prepare(folder.path(), &fresh).unwrap_err().to_string();
        assert!(error.contains("single node") && error.contains("--dir"), "{error}");
        let half = tempfile::tempdir().unwrap();
        fs::create_dir(half.path().join("node-0")).unwrap();
        let error = Layout::prepare(half.path(), &wish(1)).unwrap_err().to_string();
        assert!(error.contains("--fresh"), "{error}");
    }

    #[test]
    fn a_port_in_use_is_named_before_anything_starts() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut layout = Layout::prepare(folder.path(), &wish(1)).unwrap();
        layout.nodes[0].rpc.set_port(port);
        let error = layout.check_ports().unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} (RPC of node-0)")), "{error}");
        assert!(error.contains("--base-port"), "{error}");
        assert_eq!(ports(8_545, 3).unwrap(), (8_575, 8_576));
        assert!(ports(65_530, 1).is_err() && ports(0, 0).is_err() && ports(65_535, 0).is_err());
    }
}
