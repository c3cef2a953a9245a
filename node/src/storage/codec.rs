//! Values as the database holds them: compact, and decoded with errors instead of panics.

use alloy_primitives::{Address, B256, U256};
use btt_runtime::state::{Account, StoreError};

const HAS_STORAGE: u8 = 1;
const HAS_CODE: u8 = 2;

/// `address ‖ flags ‖ nonce ‖ balance ‖ [storage root] ‖ [code hash]`, the numbers trimmed behind their length.
pub(crate) fn encode_account(address: Address, account: &Account) -> Vec<u8> {
    let empty = Account::default();
    let has_storage = account.storage_root != empty.storage_root;
    let has_code = account.code_hash != empty.code_hash;
    let mut out = Vec::with_capacity(48);
    out.extend_from_slice(address.as_slice());
    out.push((u8::from(has_storage) * HAS_STORAGE) | (u8::from(has_code) * HAS_CODE));
    put_number(&mut out, U256::from(account.nonce));
    put_number(&mut out, account.balance);
    if has_storage {
        out.extend_from_slice(account.storage_root.as_slice());
    }
    if has_code {
        out.extend_from_slice(account.code_hash.as_slice());
    }
    out
}

pub(crate) fn decode_account(bytes: &[u8]) -> Result<(Address, Account), StoreError> {
    let mut input = Input(bytes);
    let address = Address::from_slice(input.take(20)?);
    let flags = input.byte()?;
    let nonce = u64::try_from(input.number()?).map_err(|_| damaged("nonce"))?;
    let mut account = Account { nonce, balance: input.number()?, ..Account::default() };
    if flags & HAS_STORAGE != 0 {
        account.storage_root = input.hash()?;
    }
    if flags & HAS_CODE != 0 {
        account.code_hash = input.hash()?;
    }
    input.end()?;
    Ok((address, account))
}

/// `value ‖ slot number`, both trimmed behind their length.
pub(crate) fn encode_slot(slot: U256, value: U256) -> Vec<u8> {
    let mut out = Vec::with_capacity(34);
    put_number(&mut out, value);
    put_number(&mut out, slot);
    out
}

/// The slot number and its value.
pub(crate) fn decode_slot(bytes: &[u8]) -> Result<(U256, U256), StoreError> {
    let mut input = Input(bytes);
    let value = input.number()?;
    let slot = input.number()?;
    input.end()?;
    Ok((slot, value))
}

pub(crate) fn put_number(out: &mut Vec<u8>, number: U256) {
    let bytes = number.to_be_bytes::<32>();
    let skip = number.leading_zeros() / 8;
    out.push((32 - skip) as u8);
    out.extend_from_slice(&bytes[skip..]);
}

pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::new(format!("the database is damaged: {what} does not decode"))
}

/// Reads from the front of a value.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (head, tail) = self.0.split_at_checked(length).ok_or_else(|| damaged("a value"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn hash(&mut self) -> Result<B256, StoreError> {
        Ok(B256::from_slice(self.take(32)?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StoreError> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes(bytes.try_into().map_err(|_| damaged("a number"))?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StoreError> {
        let bytes = self.take(8)?;
        Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| damaged("a number"))?))
    }

    pub(crate) fn number(&mut self) -> Result<U256, StoreError> {
        let length = usize::from(self.byte()?);
        U256::try_from_be_slice(self.take(length)?).ok_or_else(|| damaged("a number"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn end(&self) -> Result<(), StoreError> {
        if self.is_empty() { Ok(()) } else { Err(damaged("a value with bytes left over")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_slots_survive_the_database() {
        let plain = Account::with_balance(U256::from(1234567));
        let contract = Account {
            nonce: u64::MAX,
            balance: U256::MAX,
            storage_root: B256::repeat_byte(1),
            code_hash: B256::repeat_byte(2),
        };
        for account in [Account::default(), plain, contract] {
            let bytes = encode_account(Address::repeat_byte(7), &account);
            assert_eq!(decode_account(&bytes), Ok((Address::repeat_byte(7), account)));
            for cut in 0..bytes.len() {
                assert!(decode_account(&bytes[..cut]).is_err());
            }
        }
        for (slot, value) in [(U256::ZERO, U256::from(1)), (U256::MAX, U256::MAX)] {
            assert_eq!(decode_slot(&encode_slot(slot, value)), Ok((slot, value)));
        }
        assert!(decode_slot(&[33; 40]).is_err());
    }
}
