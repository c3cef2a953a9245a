//! A book of the bandwidth market: see `btt_tests::fuzz::market_book`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::market_book(bytes);
});
