//! A signed transaction from outside: see `btt_tests::fuzz::transaction`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::transaction(bytes);
});
