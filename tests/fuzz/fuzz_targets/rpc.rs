//! Parameters of a JSON-RPC request from outside: see `btt_tests::fuzz::rpc_parameters`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    btt_tests::fuzz::rpc_parameters(bytes);
});
