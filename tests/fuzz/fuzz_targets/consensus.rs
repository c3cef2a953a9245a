//! What nodes say to each other from outside: see `btt_tests::fuzz::consensus`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::consensus(bytes);
});
