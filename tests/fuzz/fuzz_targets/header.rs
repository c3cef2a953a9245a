//! A header or a commit certificate from outside: see `btt_tests::fuzz::header_and_certificate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::header_and_certificate(bytes);
});
