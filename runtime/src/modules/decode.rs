//! ABI decoding of what strangers send. The encoding lets many offsets point at one tail, so that a short input can
//! stand for much data; here what is decoded is bounded by what was paid for as input.

use super::{ModuleError, dispatch};
use alloy_sol_types::{SolInterface, SolType, abi::AbiDecoderConfig};

/// Bytes that may be decoded for each byte of input. Honest encodings need less than one: every value has its own
/// word or more.
const DECODED_PER_BYTE: usize = 2;
/// Bytes that may be decoded of any input.
const DECODED_AT_LEAST: usize = 1_024;

fn config(input_bytes: usize) -> AbiDecoderConfig {
    let limit = input_bytes.saturating_mul(DECODED_PER_BYTE).saturating_add(DECODED_AT_LEAST);
    AbiDecoderConfig::new().validate(true).memory_limit(limit)
}

/// The call of a module, from selector and arguments.
///
/// # Errors
/// A revert with `MalformedArguments`.
pub(super) fn arguments<C: SolInterface>(
    selector: [u8; 4],
    arguments: &[u8],
) -> Result<C, ModuleError> {
    C::abi_decode_raw_with_config(selector, arguments, config(arguments.len()))
        .map_err(dispatch::malformed)
}

/// The call of a module, from a transaction's whole input; none if it is not one.
pub(super) fn input<C: SolInterface>(input: &[u8]) -> Option<C> {
    C::abi_decode_with_config(input, config(input.len())).ok()
}

/// One value.
///
/// # Errors
/// If it does not decode, or stands for more than it is.
pub(super) fn value<T: SolType>(bytes: &[u8]) -> alloy_sol_types::Result<T::RustType> {
    T::abi_decode_with_config(bytes, config(bytes.len()))
}

/// Several values, as arguments are encoded.
///
/// # Errors
/// As [`value`].
pub(super) fn params<'de, T>(bytes: &'de [u8]) -> alloy_sol_types::Result<T::RustType>
where
    T: SolType,
    T::Token<'de>: alloy_sol_types::abi::TokenSeq<'de>,
{
    T::abi_decode_params_with_config(bytes, config(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::{
        MalformedArguments,
        market::IMarket::{IMarketCalls, SignedReceipt, submitReceiptsCall},
    };
    use alloy_primitives::{B256, U256};
    use alloy_sol_types::SolCall as _;

    fn receipts(count: usize) -> Vec<u8> {
        let receipt = |n| SignedReceipt {
            leaseId: B256::with_last_byte(n as u8),
            deliveredBytes: n as u128,
            signature: vec![1; 65].into(),
        };
        submitReceiptsCall { receipts: (0..count).map(receipt).collect() }.abi_encode()
    }

    #[test]
    fn honest_calls_decode() {
        for count in [0, 1, 2, 512] {
            let bytes = receipts(count);
            let Some(IMarketCalls::submitReceipts(call)) = input(&bytes) else { panic!("{count}") };
            assert_eq!(call.receipts.len(), count);
            assert_eq!(call.abi_encode(), bytes);
        }
    }

    #[test]
    fn many_offsets_to_one_tail_do_not() {
        let word = |n: usize| U256::from(n).to_be_bytes::<32>();
        let bomb = |offsets: usize, tail_bytes: usize| {
            // The array's place and length, then offsets, all to the one receipt behind them.
            let mut words = vec![word(32), word(offsets)];
            words.extend(vec![word(offsets * 32); offsets]);
            words.extend([word(0), word(0), word(96), word(tail_bytes)]);
            words.extend(vec![word(1); tail_bytes / 32]);
            [&submitReceiptsCall::SELECTOR[..], &words.concat()].concat()
        };
        let decoded = |bytes: &[u8]| input::<IMarketCalls>(bytes).is_some();
        assert!(decoded(&bomb(1, 96)) && decoded(&bomb(2, 96)), "the form is right");
        assert!(!decoded(&bomb(1_000, 32_000)), "32 MB of 64 kB");
        let bytes = bomb(100, 3_200);
        let (selector, rest) = bytes.split_first_chunk::<4>().unwrap();
        let Err(error) = arguments::<IMarketCalls>(*selector, rest) else {
            panic!("320 kB of 6 kB")
        };
        assert_eq!(error, ModuleError::revert(MalformedArguments {}));
    }
}
