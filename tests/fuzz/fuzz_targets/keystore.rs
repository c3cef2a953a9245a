//! A key file from outside: see `btt_tests::fuzz::keystore`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::keystore(bytes);
});
