//! The four chains that everybody means: dev, localnet, testnet, mainnet.

use crate::{AllocAccount, ChainSpec, DEV_ACCOUNT_BALANCE_WEI, SpecValidator, dev_accounts};
use alloy_primitives::{Address, U256, address};
use btt_runtime::{
    config::{
        ChannelDefaults, Fork, GovernanceDefaults, MarketDefaults, ParamDefaults, StakingDefaults,
        Validator,
    },
    primitives::{
        DEV_CHAIN_ID, LOCALNET_CHAIN_ID, MAINNET_CHAIN_ID, SUPPLY_WEI, TESTNET_CHAIN_ID,
        WEI_PER_BTT,
        addresses::{BRIDGE_RESERVE, EMISSION_RESERVE, TREASURY},
        limits::BLOCK_GAS_LIMIT,
    },
};
use std::collections::BTreeMap;

/// A chain by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// One validator, funded accounts, nothing to configure.
    Dev,
    /// Several validators on one machine.
    Localnet,
    /// The public test network.
    Testnet,
    /// The main network.
    Mainnet,
}

/// Everyone, in the order of the command line's help.
pub(crate) const ALL: [Preset; 4] =
    [Preset::Dev, Preset::Localnet, Preset::Testnet, Preset::Mainnet];

/// A row of the token's distribution, and who holds it at genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocationRow {
    /// Category of the white paper.
    pub category: &'static str,
    /// Thousandths of the supply.
    pub permille: u16,
    /// Holder at genesis.
    pub holder: Address,
}

/// Holds the row until the foundation names an account in its own spec; nobody has its key.
const TEAM_VAULT: Address = address!("0000000000000000000000000000000000b77120");
/// As [`TEAM_VAULT`].
const TRON_FOUNDATION_VAULT: Address = address!("0000000000000000000000000000000000b77121");
/// As [`TEAM_VAULT`].
const PARTNERSHIPS_VAULT: Address = address!("0000000000000000000000000000000000b77122");

const fn row(category: &'static str, permille: u16, holder: Address) -> AllocationRow {
    AllocationRow { category, permille, holder }
}

/// The nine categories of the white paper as rule G places them; the ecosystem row is held in two parts.
/// Sold and airdropped coins live on TRON, so the bridge reserve holds them here.
pub const ALLOCATION: [AllocationRow; 10] = [
    row("Public sale", 60, BRIDGE_RESERVE),
    row("Private sale", 20, BRIDGE_RESERVE),
    row("Seed sale", 90, BRIDGE_RESERVE),
    row("TRON airdrop", 101, BRIDGE_RESERVE),
    row("BitTorrent protocol airdrop", 100, BRIDGE_RESERVE),
    row("BitTorrent team and BitTorrent Foundation", 190, TEAM_VAULT),
    row("TRON Foundation", 200, TRON_FOUNDATION_VAULT),
    row("BitTorrent ecosystem: emission", 99, EMISSION_RESERVE),
    row("BitTorrent ecosystem: treasury", 100, TREASURY),
    row("Partnerships", 40, PARTNERSHIPS_VAULT),
];

impl Preset {
    /// By its name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Names of all presets.
    pub fn names() -> [&'static str; 4] {
        ALL.map(Self::name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Localnet => "localnet",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        }
    }

    /// Its spec with these validators.
    pub fn spec(self, validators: Vec<Validator>) -> ChainSpec {
        let (chain_id, min_base_fee_wei, deposit) = match self {
            Self::Dev => (DEV_CHAIN_ID, 1_000_000_000, 0),
            Self::Localnet => (LOCALNET_CHAIN_ID, 1_000_000_000, WEI_PER_BTT),
            Self::Testnet => (TESTNET_CHAIN_ID, 10_000_000_000_000, WEI_PER_BTT),
            Self::Mainnet => (MAINNET_CHAIN_ID, 10_000_000_000_000, WEI_PER_BTT),
        };
        let (max_block_interval_ms, staking, channels, market, governance) = match self {
            Self::Dev | Self::Localnet => (
                1_000,
                StakingDefaults::LOCAL,
                ChannelDefaults::LOCAL,
                MarketDefaults::LOCAL,
                GovernanceDefaults::LOCAL,
            ),
            Self::Testnet | Self::Mainnet => (
                10_000,
                StakingDefaults::PUBLIC,
                ChannelDefaults::PUBLIC,
                MarketDefaults::PUBLIC,
                GovernanceDefaults::PUBLIC,
            ),
        };
        let stake_wei = validators.iter().map(|v| u128::from(v.power) * WEI_PER_BTT).sum();
        ChainSpec {
            name: self.name().to_owned(),
            chain_id,
            fork: Fork::Osaka,
            genesis_time_ms: 0,
            params: ParamDefaults {
                block_gas_limit: BLOCK_GAS_LIMIT,
                min_base_fee_wei,
                max_block_interval_ms,
                storage_deposit_wei_per_slot: deposit,
                staking,
                channels,
                market,
                governance,
            },
            validators: (0..).zip(validators).map(named).collect(),
            delegations: Vec::new(),
            remainder_to: matches!(self, Self::Dev | Self::Localnet).then_some(BRIDGE_RESERVE),
            alloc: match self {
                Self::Dev | Self::Localnet => test_accounts(),
                // Genesis stake comes out of the team's row (rule G).
                Self::Testnet | Self::Mainnet => distribution(stake_wei),
            },
        }
    }
}

/// A validator of a preset, called by its number until it says otherwise.
fn named((number, validator): (usize, Validator)) -> SpecValidator {
    SpecValidator { name: format!("validator-{number}"), ..validator.into() }
}

fn system_account(balance_wei: u128) -> AllocAccount {
    AllocAccount { balance: U256::from(balance_wei), ..AllocAccount::default() }
}

fn test_accounts() -> BTreeMap<Address, AllocAccount> {
    let hundred_billion = system_account(100_000_000_000 * WEI_PER_BTT);
    let mut alloc =
        BTreeMap::from([(EMISSION_RESERVE, hundred_billion.clone()), (TREASURY, hundred_billion)]);
    for account in dev_accounts() {
        let balance = U256::from(DEV_ACCOUNT_BALANCE_WEI);
        alloc.insert(account.address, AllocAccount { balance, ..AllocAccount::default() });
    }
    alloc
}

fn distribution(stake_wei: u128) -> BTreeMap<Address, AllocAccount> {
    let mut alloc = BTreeMap::<Address, AllocAccount>::new();
    for row in ALLOCATION {
        let wei = SUPPLY_WEI / 1000 * u128::from(row.permille);
        let account = alloc.entry(row.holder).or_insert_with(|| system_account(0));
        account.balance += U256::from(wei);
    }
    if let Some(team) = alloc.get_mut(&TEAM_VAULT) {
        // More than the row holds fails the check of the supply.
        team.balance = team.balance.saturating_sub(U256::from(stake_wei));
    }
    alloc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpecError, Totals, genesis_header, stream_spec};
    use alloy_primitives::b256;
    use btt_runtime::state::{MemoryStore, NewAccount};

    fn validator() -> Validator {
        let mut key = [0u8; 33];
        key[0] = 2;
        key[1..].copy_from_slice(&alloy_primitives::hex!(
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        ));
        Validator { public_key: key.into(), operator: Address::repeat_byte(1), power: 1_000 }
    }

    fn build(spec: ChainSpec) -> Result<(MemoryStore, ChainSpec, Totals), SpecError> {
        let mut accounts = BTreeMap::new();
        let mut sink = |address, account: AllocAccount| {
            let AllocAccount { nonce, balance, code, storage } = account;
            accounts.insert(address, NewAccount { nonce, balance, code, storage });
            Ok(())
        };
        let (spec, totals) = spec.stream(&mut sink)?;
        Ok((MemoryStore::with_accounts(accounts).unwrap(), spec, totals))
    }

    #[test]
    fn every_preset_holds_the_whole_supply() {
        for preset in ALL {
            let (store, _, totals) = build(preset.spec(vec![validator()])).unwrap();
            assert_eq!(totals.balance_wei, U256::from(SUPPLY_WEI), "{}", preset.name());
            assert_eq!(store.total_balance(), Some(U256::from(SUPPLY_WEI)));
        }
        assert_eq!(ALLOCATION.iter().map(|row| row.permille).sum::<u16>(), 1000);
    }

    #[test]
    fn rule_gs_shares_are_where_it_says() {
        let alloc = distribution(0);
        let share = |holder| alloc[&holder].balance;
        let permille = |n: u128| U256::from(SUPPLY_WEI / 1000 * n);
        assert_eq!(share(BRIDGE_RESERVE), permille(371));
        assert_eq!(share(EMISSION_RESERVE), permille(99));
        assert_eq!(share(TREASURY), permille(100));
    }

    #[test]
    fn a_spec_survives_its_file() {
        for preset in ALL {
            let spec = preset.spec(vec![validator()]);
            let json = spec.to_json().unwrap();
            assert_eq!(ChainSpec::from_json(&json).unwrap(), spec);
            let mut from_file = Vec::new();
            let mut from_memory = Vec::new();
            stream_spec(json.as_bytes(), &mut |a, b| {
                from_file.push((a, b));
                Ok(())
            })
            .unwrap();
            spec.stream(&mut |a, b| {
                from_memory.push((a, b));
                Ok(())
            })
            .unwrap();
            assert_eq!(from_file, from_memory);
        }
    }

    #[test]
    fn public_networks_refuse_the_test_mnemonic() {
        let mut spec = Preset::Mainnet.spec(vec![validator()]);
        spec.alloc.insert(dev_accounts()[0].address, AllocAccount::default());
        let error = build(spec).unwrap_err();
        assert!(error.to_string().contains("test mnemonic"), "{error}");
    }

    #[test]
    fn wrong_fields_are_named() {
        let good = || Preset::Dev.spec(vec![validator()]);
        let named = |spec: ChainSpec| match build(spec) {
            Err(SpecError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(ChainSpec { name: "No Good".into(), ..good() }), "name");
        assert_eq!(named(ChainSpec { chain_id: 31337, ..good() }), "chainId");
        assert_eq!(named(ChainSpec { validators: vec![], ..good() }), "validators");
        let mut spec = good();
        spec.params.block_gas_limit = 1;
        assert_eq!(named(spec), "params.blockGasLimit");
        let twice =
            ChainSpec { validators: vec![validator().into(), validator().into()], ..good() };
        assert_eq!(named(twice), "validators[1].publicKey");
        let mut spec = good();
        spec.validators[0].public_key = Default::default();
        assert_eq!(named(spec), "validators[0].publicKey");
        let mut spec = good();
        let module = btt_runtime::primitives::addresses::PARAMS;
        let code = alloy_primitives::Bytes::from_static(&[0]);
        spec.alloc.insert(module, AllocAccount { code, ..AllocAccount::default() });
        assert_eq!(named(spec), format!("alloc.{module}.code"));
    }

    #[test]
    fn a_supply_that_does_not_add_up_is_refused() {
        let mut spec = Preset::Mainnet.spec(vec![validator()]);
        spec.alloc.get_mut(&TREASURY).unwrap().balance -= U256::from(1);
        assert!(matches!(build(spec), Err(SpecError::Supply { .. })));
        let mut spec = Preset::Dev.spec(vec![validator()]);
        spec.alloc.get_mut(&TREASURY).unwrap().balance = U256::MAX;
        assert!(matches!(build(spec), Err(SpecError::Supply { .. })));
    }

    #[test]
    fn unknown_fields_and_bad_amounts_are_refused() {
        let json = Preset::Dev.spec(vec![validator()]).to_json().unwrap();
        for (from, to) in [
            ("\"name\"", "\"nmae\""),
            ("\"balance\": \"", "\"balance\": \"x"),
            ("\"balance\": \"", "\"balance\": \"-"),
            ("\"osaka\"", "\"london\""),
            ("\"name\": \"dev\",", "\"name\": \"dev\", \"name\": \"dev\","),
            ("\"alloc\": {", "\"alloc\": {}, \"alloc\": {"),
            ("\"power\": 1", "\"power\": 1, \"power\": 1"),
        ] {
            let broken = json.replacen(from, to, 1);
            let result = stream_spec(broken.as_bytes(), &mut |_, _| Ok(()));
            assert!(matches!(result, Err(SpecError::Json(_))), "{to}: {result:?}");
        }
    }

    /// Golden: whoever changes this changes every dev chain there is.
    #[test]
    fn the_dev_genesis_hash_is_what_it_was() {
        let (store, spec, _) = build(Preset::Dev.spec(vec![validator()])).unwrap();
        let hash = genesis_header(&spec, store.state_root()).unwrap().hash_slow();
        let golden = b256!("007f69a45d12818ed0524745da07b23372542cc41d9d9d7e6491da3d7a3825ce");
        assert_eq!(hash, golden);
    }
}
