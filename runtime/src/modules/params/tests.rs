use super::{IParams, Params, effective, state};
use crate::{
    modules::{
        ModuleError, NATIVE, OverlayHost, UnexpectedValue, UnknownSelector, dispatch,
        tests_support::{DEFAULTS, config, facts},
    },
    primitives::addresses::{GOVERNANCE, MODULE_CODE, PARAMS},
    state::{MemoryStore, Overlay, memory::NewAccount},
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};

type State = Overlay<MemoryStore>;

fn state_with_module() -> State {
    let module = NewAccount { nonce: 1, code: MODULE_CODE.into(), ..NewAccount::default() };
    Overlay::new(MemoryStore::with_accounts([(PARAMS, module)]).unwrap())
}

fn call(state: &mut State, caller: Address, input: &[u8]) -> Result<Bytes, ModuleError> {
    let facts = facts(1);
    dispatch(&Params, &mut OverlayHost::new(state, &facts), caller, U256::ZERO, false, input)
}

fn get(state: &mut State, name: &str) -> Result<U256, ModuleError> {
    let input = IParams::getCall { name: name.into() }.abi_encode();
    call(state, Address::ZERO, &input)
        .map(|output| IParams::getCall::abi_decode_returns(&output).unwrap())
}

fn set(state: &mut State, caller: Address, name: &str, value: u64) -> Result<Bytes, ModuleError> {
    let input = IParams::setCall { name: name.into(), value: U256::from(value) }.abi_encode();
    call(state, caller, &input)
}

#[test]
fn every_parameter_starts_at_its_default_inside_of_its_range() {
    let mut state = state_with_module();
    let output = call(&mut state, Address::ZERO, &IParams::allCall {}.abi_encode()).unwrap();
    let all = IParams::allCall::abi_decode_returns(&output).unwrap();
    assert_eq!(all.len(), super::registry().count());
    for param in all {
        assert_eq!(param.value, param.defaultValue, "{}", param.name);
        assert!(param.min <= param.value && param.value <= param.max, "{}", param.name);
        assert_eq!(get(&mut state, &param.name), Ok(param.value));
    }
}

#[test]
fn governance_changes_a_parameter_and_the_next_block_uses_it() {
    let mut state = state_with_module();
    let facts = facts(1);
    let mut host = OverlayHost::new(&mut state, &facts);
    let input = IParams::setCall { name: "blockGasLimit".into(), value: U256::from(80_000_000) }
        .abi_encode();
    dispatch(&Params, &mut host, GOVERNANCE, U256::ZERO, false, &input).unwrap();
    let event = IParams::ParamChanged::decode_log(&host.into_logs()[0]).unwrap();
    assert_eq!(event.address, PARAMS);
    assert_eq!((event.oldValue, event.newValue), (U256::from(60_000_000), U256::from(80_000_000)));
    assert_eq!(get(&mut state, "blockGasLimit"), Ok(U256::from(80_000_000)));

    let mut store = state.reader().clone();
    assert_eq!(effective(&store, &DEFAULTS).unwrap().block_gas_limit, 60_000_000);
    store.apply(&mut state.into_changes()).unwrap();
    let values = effective(&store, &DEFAULTS).unwrap();
    assert_eq!(values.block_gas_limit, 80_000_000);
    assert_eq!(values.min_base_fee_wei, DEFAULTS.min_base_fee_wei);
}

#[test]
fn a_value_of_zero_is_not_the_default() {
    let mut state = state_with_module();
    state.set_storage(PARAMS, state::slot("storageDepositWeiPerSlot"), U256::from(8)).unwrap();
    assert_eq!(get(&mut state, "storageDepositWeiPerSlot"), Ok(U256::from(7)));
    set(&mut state, GOVERNANCE, "storageDepositWeiPerSlot", 0).unwrap();
    assert_eq!(get(&mut state, "storageDepositWeiPerSlot"), Ok(U256::ZERO));
}

#[test]
fn nobody_but_governance_writes() {
    let mut state = state_with_module();
    let stranger = Address::repeat_byte(1);
    assert_eq!(
        set(&mut state, stranger, "blockGasLimit", 80_000_000),
        Err(ModuleError::revert(IParams::NotGovernance { caller: stranger }))
    );
}

#[test]
fn values_outside_of_the_range_and_unknown_names_are_refused() {
    let mut state = state_with_module();
    let too_low = set(&mut state, GOVERNANCE, "blockGasLimit", 21_000);
    assert_eq!(
        too_low,
        Err(ModuleError::revert(IParams::OutOfRange {
            name: "blockGasLimit".into(),
            value: U256::from(21_000),
            min: U256::from(1 << 24),
            max: U256::from(1u64 << 40),
        }))
    );
    let unknown = ModuleError::revert(IParams::UnknownParam { name: "speed".into() });
    assert_eq!(set(&mut state, GOVERNANCE, "speed", 1), Err(unknown.clone()));
    assert_eq!(get(&mut state, "speed"), Err(unknown));
}

#[test]
fn a_static_call_cannot_write() {
    let mut state = state_with_module();
    let facts = facts(1);
    let input =
        IParams::setCall { name: "minBaseFeeWei".into(), value: U256::from(5) }.abi_encode();
    let mut host = OverlayHost::new(&mut state, &facts);
    let result = dispatch(&Params, &mut host, GOVERNANCE, U256::ZERO, true, &input);
    assert_eq!(result, Err(ModuleError::StaticViolation));
}

#[test]
fn value_unknown_selectors_and_broken_arguments_are_refused_by_name() {
    let mut state = state_with_module();
    let facts = facts(1);
    let mut host = OverlayHost::new(&mut state, &facts);
    let mut run = |value: u64, input: &[u8]| match dispatch(
        &Params,
        &mut host,
        GOVERNANCE,
        U256::from(value),
        false,
        input,
    ) {
        Err(ModuleError::Revert(data)) => data,
        other => panic!("{other:?}"),
    };
    let unexpected = Bytes::from(UnexpectedValue {}.abi_encode());
    assert_eq!(run(1, &IParams::allCall {}.abi_encode()), unexpected);
    assert_eq!(run(1, &[]), unexpected);
    assert_eq!(
        run(0, &[1, 2, 3, 4]),
        Bytes::from(UnknownSelector { selector: [1, 2, 3, 4].into() }.abi_encode())
    );
    let truncated = &IParams::getCall { name: "blockGasLimit".into() }.abi_encode()[..40];
    assert_eq!(run(0, truncated), Bytes::from(super::super::MalformedArguments {}.abi_encode()));
}

#[test]
fn the_registry_fits_the_spec_and_the_module_list() {
    assert_eq!(NATIVE[0].address(), PARAMS);
    for param in super::registry() {
        assert!(param.allows(U256::from((param.default)(&config().params))), "{}", param.name);
    }
}

/// Golden: what wallets and contracts are built against. `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_abi_file_is_the_interface() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/abi/params.json");
    let json = serde_json::to_string_pretty(&super::abi::IParams::abi::contract()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &json).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), json);
}
