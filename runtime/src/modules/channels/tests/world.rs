//! A small chain for the module: accounts with keys, blocks of one second, calls by ABI. After every call the
//! invariants are checked, that the escrow holds exactly what is owed, and that no coin appeared or vanished.

use crate::{
    block::BlockFacts,
    modules::{
        Host as _, ModuleError, OverlayHost,
        channels::{
            Channels,
            IChannels::{self, ConditionalVoucher, CoopClose, PoolVoucher, Tick, Voucher, Watch},
            check_invariants,
            state::Totals,
            voucher::{Domain, SigningKey, sign},
        },
        dispatch,
        tests_support::facts,
    },
    primitives::{
        DEV_CHAIN_ID, WEI_PER_BTT,
        addresses::{BURNT, CHANNELS, TREASURY},
    },
    state::{MemoryStore, Overlay},
    tx::recover::public_key_to_address,
};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolStruct};
use secp256k1::{PublicKey, SECP256K1};

pub(super) const BTT: u128 = WEI_PER_BTT;
/// What everybody has at first.
pub(super) const WEALTH: u128 = 1_000_000 * BTT;
/// Storage deposit of a slot.
pub(super) const SLOT: u128 = BTT;
/// Of a channel, and of a pool.
pub(super) const CHANNEL_STORAGE: u128 = 8 * SLOT;
pub(super) const POOL_STORAGE: u128 = 4 * SLOT;
/// Grace that tests open with, in seconds.
pub(super) const GRACE: u32 = 10;

pub(super) const PAYER: u8 = 1;
pub(super) const PAYEE: u8 = 2;
pub(super) const STRANGER: u8 = 9;
pub(super) const PEOPLE: u8 = 40;

#[derive(Clone)]
pub(super) struct World {
    pub(super) state: Overlay<MemoryStore>,
    pub(super) facts: BlockFacts,
    pub(super) logs: Vec<Log>,
    supply: U256,
}

pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::from_byte_array([number; 32]).unwrap()
}

/// The account of a number.
pub(super) fn account(number: u8) -> Address {
    let key = PublicKey::from_secret_key(SECP256K1, &key(number));
    public_key_to_address(&key.serialize_uncompressed())
}

pub(super) fn domain() -> Domain {
    Domain::of(DEV_CHAIN_ID)
}

/// A 65-byte signature of account `by`.
pub(super) fn signed(message: &impl SolStruct, by: u8) -> Bytes {
    sign(domain().digest(message), &key(by)).as_bytes().into()
}

pub(super) fn voucher(id: B256, wei: u128) -> Voucher {
    Voucher { channelId: id, cumulativeAmount: wei, ..Voucher::default() }
}

pub(super) fn in_lane(id: B256, lane: u32, wei: u128) -> Voucher {
    Voucher { lane, ..voucher(id, wei) }
}

pub(super) fn pool_voucher(id: B256, payee: u8, wei: u128) -> PoolVoucher {
    let payee = account(payee);
    PoolVoucher { poolId: id, payee, cumulativeAmount: wei, ..PoolVoucher::default() }
}

/// The revert with this error.
pub(super) fn revert<T>(error: impl SolError) -> Result<T, ModuleError> {
    Err(ModuleError::revert(error))
}

impl World {
    pub(super) fn new() -> Self {
        let mut state = Overlay::new(MemoryStore::default());
        for number in 1..=PEOPLE {
            state.credit(account(number), U256::from(WEALTH)).unwrap();
        }
        let mut facts = facts(100);
        facts.time_ms = 1_700_000_000_000;
        facts.params.storage_deposit_wei_per_slot = SLOT;
        let supply = U256::from(WEALTH) * U256::from(PEOPLE);
        Self { state, facts, logs: Vec::new(), supply }
    }

    /// Goes on by so many blocks of one second.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.facts.number += seconds;
        self.facts.time_ms += seconds * 1000;
    }

    pub(super) fn now_s(&self) -> u64 {
        self.facts.time_ms / 1000
    }

    pub(super) fn host(&mut self) -> OverlayHost<'_, MemoryStore> {
        OverlayHost::new(&mut self.state, &self.facts)
    }

    /// A call with a value; what fails leaves no trace.
    pub(super) fn pay<C: SolCall>(
        &mut self,
        caller: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        let outcome = self.pay_unchecked(caller, wei, call);
        self.check();
        outcome
    }

    /// The same where a test has made coins.
    pub(super) fn pay_unchecked<C: SolCall>(
        &mut self,
        caller: u8,
        wei: u128,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        let checkpoint = self.state.checkpoint();
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        let value = U256::from(wei);
        assert!(host.transfer(account(caller), CHANNELS, value).unwrap(), "the caller has it");
        let outcome =
            dispatch(&Channels, &mut host, account(caller), value, false, &call.abi_encode());
        let logs = host.into_logs();
        match outcome {
            Ok(output) => {
                self.state.commit(checkpoint);
                self.logs.extend(logs);
                Ok(C::abi_decode_returns(&output).unwrap())
            }
            Err(error) => {
                self.state.revert(checkpoint);
                Err(error)
            }
        }
    }

    pub(super) fn call<C: SolCall>(
        &mut self,
        caller: u8,
        call: &C,
    ) -> Result<C::Return, ModuleError> {
        self.pay(caller, 0, call)
    }

    fn check(&mut self) {
        let mut host = OverlayHost::new(&mut self.state, &self.facts);
        check_invariants(&mut host).unwrap();
        let owed = Totals::load(&mut host).unwrap().escrow_wei;
        assert_eq!(host.balance(CHANNELS).unwrap(), U256::from(owed), "the escrow is what is owed");
        let people = (1..=PEOPLE).map(account);
        let all = people.chain([CHANNELS, BURNT, TREASURY]);
        let sum: U256 = all.map(|address| host.balance(address).unwrap()).sum();
        assert_eq!(sum, self.supply, "no coin appears or vanishes");
    }

    pub(super) fn balance(&mut self, number: u8) -> u128 {
        self.state.balance(account(number)).unwrap().to()
    }

    /// What an account gained (or lost) since the beginning.
    pub(super) fn gain(&mut self, number: u8) -> i128 {
        i128::try_from(self.balance(number)).unwrap() - i128::try_from(WEALTH).unwrap()
    }

    pub(super) fn burnt(&mut self) -> u128 {
        self.state.balance(BURNT).unwrap().to()
    }

    /// Opens a channel of PAYER for PAYEE with this deposit.
    pub(super) fn open(&mut self, deposit_wei: u128) -> B256 {
        self.pay(PAYER, deposit_wei + CHANNEL_STORAGE, &open_call(PAYEE)).unwrap()
    }

    /// Opens a pool of PAYER for eight payees, with as much collateral as deposit.
    pub(super) fn open_pool(&mut self, deposit_wei: u128) -> B256 {
        let value = 2 * deposit_wei + POOL_STORAGE;
        self.pay(PAYER, value, &open_pool_call(deposit_wei)).unwrap()
    }

    pub(super) fn channel(&mut self, id: B256) -> Result<IChannels::Channel, ModuleError> {
        self.call(STRANGER, &IChannels::channelCall { channelId: id })
    }

    pub(super) fn channel_unchecked(&mut self, id: B256) -> IChannels::Channel {
        self.pay_unchecked(STRANGER, 0, &IChannels::channelCall { channelId: id }).unwrap()
    }

    pub(super) fn pool(&mut self, id: B256) -> Result<IChannels::Pool, ModuleError> {
        self.call(STRANGER, &IChannels::poolCall { poolId: id })
    }

    /// The newest event of its kind.
    pub(super) fn event<E: SolEvent>(&self) -> E {
        let mut newest = self.logs.iter().rev();
        newest.find_map(|log| E::decode_log_data(&log.data).ok()).expect("the event was emitted")
    }
}

pub(super) fn open_call(payee: u8) -> IChannels::openCall {
    IChannels::openCall {
        payee: account(payee),
        operator: Address::ZERO,
        signer: Address::ZERO,
        salt: B256::ZERO,
        graceS: GRACE,
        expiry: 0,
    }
}

pub(super) fn open_pool_call(collateral_wei: u128) -> IChannels::poolOpenCall {
    IChannels::poolOpenCall {
        signer: Address::ZERO,
        salt: B256::ZERO,
        graceS: GRACE,
        expiry: 0,
        minPayees: 8,
        collateralWei: collateral_wei,
    }
}

/// Settles a voucher that `by` signs.
pub(super) fn settle(voucher: Voucher, by: u8) -> IChannels::settleCall {
    settle_ticks(voucher, Tick::default(), by)
}

pub(super) fn settle_ticks(voucher: Voucher, tick: Tick, by: u8) -> IChannels::settleCall {
    let signature = signed(&voucher, by);
    IChannels::settleCall { voucher, tick, signature }
}

pub(super) fn settle_pool(voucher: PoolVoucher, by: u8) -> IChannels::poolSettleCall {
    let signature = signed(&voucher, by);
    IChannels::poolSettleCall { voucher, tick: Tick::default(), signature }
}

pub(super) fn conditional(
    voucher: ConditionalVoucher,
    secret: B256,
    by: u8,
) -> IChannels::settleConditionalCall {
    let signature = signed(&voucher, by);
    IChannels::settleConditionalCall { voucher, secret, signature }
}

pub(super) fn close(voucher: Voucher, capture_wei: u128, by: u8) -> IChannels::closeCall {
    let signature = signed(&voucher, by);
    IChannels::closeCall { voucher, tick: Tick::default(), signature, captureWei: capture_wei }
}

pub(super) fn coop_close(split: CoopClose, payer: u8, payee: u8) -> IChannels::coopCloseCall {
    let (signer_signature, payee_signature) = (signed(&split, payer), signed(&split, payee));
    IChannels::coopCloseCall {
        split,
        signerSignature: signer_signature,
        payeeSignature: payee_signature,
    }
}

pub(super) fn settle_watched(
    voucher: Voucher,
    watch: Watch,
    by: (u8, u8),
) -> IChannels::settleWatchedCall {
    let (signature, watch_signature) = (signed(&voucher, by.0), signed(&watch, by.1));
    IChannels::settleWatchedCall {
        voucher,
        tick: Tick::default(),
        signature,
        watch,
        watchSignature: watch_signature,
    }
}
