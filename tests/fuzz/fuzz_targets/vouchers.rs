//! Vouchers from outside: see `btt_tests::fuzz::vouchers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::vouchers(bytes);
});
