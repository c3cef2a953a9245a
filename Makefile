# make run · make test · make release. See README.md.
SHELL := /bin/bash
# Compilers behind ccache by way of the PATH: unlike CXX, it is no setting that build scripts compare, so a
# plain `cargo build` beside make does not compile RocksDB again.
export PATH := $(if $(wildcard /usr/lib/ccache),/usr/lib/ccache:)$(PATH)
# Property tests try the same cases in every run of CI; PROPTEST_RNG_SEED=NUMBER tries others.
export PROPTEST_RNG_SEED ?= 20261120
# One profile and one set of features for everything but `release`: RocksDB and revm compile once.
WORKSPACE := --workspace --locked

.PHONY: run test release setup lint build bench bench-network sim network-test fuzz market-nightly market-economy market-ortools

run: build ## A dev chain: builds, starts, prints accounts and what to try.
	@target/debug/bttd dev $(ARGS)

test: setup ## All that CI runs: format, lints, unit, property, golden and end-to-end tests.
	@scripts/step "format" cargo fmt --all -- --check
	@scripts/step "lints (clippy; the first run compiles RocksDB: expect 10 to 20 minutes on 2 cores)" cargo clippy $(WORKSPACE) --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then scripts/step "licences, bans, sources (cargo-deny)" cargo deny --offline check bans licenses sources; \
	  else echo "skipped: cargo-deny is not installed"; fi
	@scripts/step "build" cargo build $(WORKSPACE) --all-targets
	@scripts/clients
	@scripts/step "tests" cargo nextest run $(WORKSPACE) --no-fail-fast
	@scripts/fuzz

build: setup
	@scripts/step "build (the first one compiles RocksDB: expect 15 to 25 minutes on 2 cores)" cargo build $(WORKSPACE) --all-targets

release: export BTT_BUILD_COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null)
release: setup ## The binaries that ship, in target/release.
	@scripts/step "release build" cargo build --locked --release -p btt-node -p btt-cli --bins

lint: setup
	@cargo clippy $(WORKSPACE) --all-targets -- -D warnings

bench-network: ## Figures of four validators; needs `make release`, and LOADGEN=path for transfers.
	@scripts/bench-network

bench: setup ## Benches of execution, trie, recovery, admission and staking.
	@cargo bench $(WORKSPACE) --bench trie --bench pipeline --bench staking --bench market --bench market_memory --bench market_slices

# A load generator for Ethereum JSON-RPC that the kills run under, beside the tests' own transfers.
export LOADGEN ?= $(shell command -v loadgen)

network-test: build ## Networks of real processes for long: kills at random (KILL_SECONDS, KILL_SEED), split and slow lines.
	@scripts/step "networks under stress (some 10 minutes; parts need root)" \
	  cargo nextest run $(WORKSPACE) -E 'package(btt-tests) & binary(network)' --run-ignored only --no-capture --no-fail-fast

fuzz: ## A long run of every fuzz target; needs cargo-fuzz and a nightly toolchain.
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-600} scripts/fuzz

sim: export SIM_COUNT = $(shell expr $(or $(SEEDS),550) / $(if $(SCENARIO),1,13))
sim: export SIM_FIRST ?= 0
sim: setup ## Networks in virtual time: SEEDS=2000 of all scenarios, SCENARIO=name, or one SEED=123 of it.
	@$(if $(SEED),test -n "$(SCENARIO)" || { echo "which SCENARIO=?"; exit 1; };) \
	  cargo nextest run $(WORKSPACE) --no-fail-fast --success-output final --failure-output final $(if $(SEED),--no-capture) \
	  -E 'package(btt-tests) & binary(simulation) & test(/^scenarios::$(or $(SCENARIO),.*)$$/)'

market-nightly: export BTT_MARKETS ?= 300000
market-nightly: setup ## The market's property tests on so many random books each: BTT_MARKETS=300000, from BTT_MARKET_SEED on.
	@scripts/step "the market on $(BTT_MARKETS) random books a test (some minutes)" \
	  cargo nextest run $(WORKSPACE) --no-fail-fast --status-level pass -E 'package(btt-tests) & binary(market)'

market-economy: setup ## Tables: what the market's mechanism achieves beside others, and what lies gain.
	@cargo run $(WORKSPACE) --quiet --bin market-economy

market-ortools: setup ## OR-tools' minimum-cost flow against ours, same books; needs python3 and `make release`.
	@scripts/ortools-compare

setup:
	@scripts/setup
