//! A chain spec from outside: see `btt_tests::fuzz::chain_spec`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::chain_spec(bytes);
});
