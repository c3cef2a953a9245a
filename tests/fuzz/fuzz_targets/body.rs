//! A block's body from outside: see `btt_tests::fuzz::body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::body(bytes);
});
