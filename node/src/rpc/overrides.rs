//! State and block as a request wants them instead of as they are.

use super::RpcError;
use alloy_primitives::{Address, U256, keccak256};
use btt_api::types::{BlockOverrides, StateOverride};
use btt_runtime::{
    block::BlockFacts,
    state::{Account, Overlay, StateReader},
};
use revm::state::Bytecode;

/// Writes the overrides into the overlay that the call runs on.
pub(super) fn override_state<S: StateReader>(
    overlay: &mut Overlay<S>,
    overrides: StateOverride,
) -> Result<(), RpcError> {
    for (address, account) in overrides {
        let wrong = |what: &str| RpcError::InvalidParams(format!("override of {address}: {what}"));
        if account.move_precompile_to.is_some() {
            return Err(wrong("movePrecompileToAddress is not supported"));
        }
        let mut now = overlay.account(address)?.unwrap_or_default();
        now.balance = account.balance.unwrap_or(now.balance);
        now.nonce = account.nonce.unwrap_or(now.nonce);
        if let Some(code) = account.code {
            now.code_hash = keccak256(&code);
            let code = Bytecode::new_raw_checked(code)
                .map_err(|error| wrong(&format!("code cannot be run: {error}")))?;
            overlay.add_code(now.code_hash, code);
        }
        write(overlay, address, now)?;
        match (account.state, account.state_diff) {
            (Some(_), Some(_)) => return Err(wrong("both state and stateDiff are given")),
            (Some(slots), None) => {
                overlay.wipe_storage(address)?;
                set_slots(overlay, address, slots)?;
            }
            (None, Some(slots)) => set_slots(overlay, address, slots)?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn write<S: StateReader>(
    overlay: &mut Overlay<S>,
    address: Address,
    account: Account,
) -> Result<(), RpcError> {
    Ok(overlay.set_account(address, Some(account))?)
}

fn set_slots<S: StateReader>(
    overlay: &mut Overlay<S>,
    address: Address,
    slots: impl IntoIterator<Item = (alloy_primitives::B256, alloy_primitives::B256)>,
) -> Result<(), RpcError> {
    for (slot, value) in slots {
        overlay.set_storage(address, U256::from_be_bytes(slot.0), U256::from_be_bytes(value.0))?;
    }
    Ok(())
}

/// Changes the block that the call sees.
pub(super) fn override_block(
    facts: &mut BlockFacts,
    overrides: &BlockOverrides,
) -> Result<(), RpcError> {
    let too_large = |field: &str| {
        RpcError::InvalidParams(format!("block override {field} does not fit 64 bits"))
    };
    if overrides.block_hash.is_some() {
        let text = "block override blockHash is not supported";
        return Err(RpcError::InvalidParams(text.to_owned()));
    }
    if let Some(number) = overrides.number {
        facts.number = number.try_into().map_err(|_| too_large("number"))?;
    }
    if let Some(time) = overrides.time {
        facts.time_ms = time.checked_mul(1000).ok_or_else(|| too_large("time"))?;
    }
    if let Some(base_fee) = overrides.base_fee {
        facts.base_fee_wei = base_fee.try_into().map_err(|_| too_large("baseFee"))?;
    }
    facts.gas_limit = overrides.gas_limit.unwrap_or(facts.gas_limit);
    facts.beneficiary = overrides.coinbase.unwrap_or(facts.beneficiary);
    facts.mix = overrides.random.unwrap_or(facts.mix);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use btt_runtime::state::MemoryStore;

    const ADDRESS: Address = Address::repeat_byte(0x42);

    fn overlay() -> Overlay<MemoryStore> {
        let mut overlay = Overlay::new(MemoryStore::default());
        overlay.set_account(ADDRESS, Some(Account::with_balance(U256::from(5)))).unwrap();
        overlay.set_storage(ADDRESS, U256::from(1), U256::from(11)).unwrap();
        overlay.set_storage(ADDRESS, U256::from(2), U256::from(22)).unwrap();
        overlay
    }

    fn overridden(json: &str) -> Result<Overlay<MemoryStore>, RpcError> {
        let mut overlay = overlay();
        let json = format!(r#"{{"{ADDRESS}":{json}}}"#);
        override_state(&mut overlay, serde_json::from_str(&json).unwrap())?;
        Ok(overlay)
    }

    fn slots(overlay: &mut Overlay<MemoryStore>) -> [u64; 2] {
        [1, 2].map(|slot| overlay.storage(ADDRESS, U256::from(slot)).unwrap().to())
    }

    #[test]
    fn a_state_override_replaces_all_slots_and_a_diff_only_those_it_names() {
        let slot = |n: u8| format!("\"{}\"", alloy_primitives::B256::with_last_byte(n));
        let entry = format!("{{{}:{}}}", slot(1), slot(9));
        let mut all = overridden(&format!(r#"{{"state":{entry}}}"#)).unwrap();
        assert_eq!(slots(&mut all), [9, 0]);
        let mut diff = overridden(&format!(r#"{{"stateDiff":{entry}}}"#)).unwrap();
        assert_eq!(slots(&mut diff), [9, 22]);
        let both = overridden(&format!(r#"{{"state":{entry},"stateDiff":{entry}}}"#));
        assert!(both.unwrap_err().to_string().contains("both state and stateDiff"));
    }

    #[test]
    fn balance_nonce_and_code_are_overridden_each_on_its_own() {
        let mut overlay = overridden(r#"{"balance":"0x7","code":"0x6001"}"#).unwrap();
        let account = overlay.account(ADDRESS).unwrap().unwrap();
        assert_eq!((account.balance, account.nonce), (U256::from(7), 0));
        assert_eq!(overlay.code(account.code_hash).unwrap().original_bytes().as_ref(), [0x60, 1]);
        let mut overlay = overridden(r#"{"nonce":"0x9"}"#).unwrap();
        let account = overlay.account(ADDRESS).unwrap().unwrap();
        assert_eq!((account.balance, account.nonce), (U256::from(5), 9));
    }

    #[test]
    fn what_cannot_be_overridden_is_named() {
        let moved = overridden(&format!(r#"{{"movePrecompileToAddress":"{ADDRESS}"}}"#));
        assert!(moved.unwrap_err().to_string().contains("movePrecompileToAddress"));
        let broken = overridden(r#"{"code":"0xef0100aa"}"#);
        assert!(broken.unwrap_err().to_string().contains("code cannot be run"));
    }
}
