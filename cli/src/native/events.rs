//! What the events of a transaction say.

use std::collections::BTreeMap;

use alloy_dyn_abi::{DynSolValue, EventExt};
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, Log, U256};
use alloy_sol_types::SolEventInterface;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::modules::governance::IGovernance::{self, IGovernanceEvents as GovEvent};
use btt_runtime::modules::market::IMarket;
use btt_runtime::modules::staking::IStaking::{self, IStakingEvents as StakeEvent};
use btt_runtime::primitives::addresses::{CHANNELS, GOVERNANCE, MARKET, STAKING};
use btt_runtime::primitives::amount::format_btt;
use serde_json::{Map, Value};

use super::channel_events::words;
use super::market_events;
use crate::abi;
use crate::render::{Fields, clean, deadline, grouped, now_ms, percent};

/// An event in JSON: its name, and its values under their names in the wallet's writing.
pub(super) type Event = Map<String, Value>;

/// Names of validators.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Address, String>);

impl Names {
    /// Learns one.
    #[must_use]
    pub fn with(mut self, operator: Address, name: &str) -> Self {
        self.0.insert(operator, clean(name));
        self
    }

    /// The name, or the address of one without.
    pub fn of(&self, operator: Address) -> String {
        match self.0.get(&operator) {
            Some(name) => name.clone(),
            None => operator.to_string(),
        }
    }
}

/// Events of staking, governance, channels and the market, for programs and for people.
pub(super) fn read(logs: &[Log], names: &Names) -> (Vec<Event>, Fields) {
    let mut lines = Fields::new();
    let mut events = Vec::new();
    for log in logs {
        let (topics, data) = (log.topics(), &log.data.data);
        if log.address == STAKING {
            events.extend(event(&IStaking::abi::contract(), log));
            if let Ok(event) = StakeEvent::decode_raw_log(topics, data) {
                lines = lines.and(stake(&event, names));
            }
        } else if log.address == GOVERNANCE {
            events.extend(event(&IGovernance::abi::contract(), log));
            if let Ok(event) = GovEvent::decode_raw_log(topics, data) {
                lines = lines.and(gov(&event, names));
            }
        } else if log.address == CHANNELS {
            events.extend(event(&IChannels::abi::contract(), log));
            lines = lines.and(words(log));
        } else if log.address == MARKET {
            events.extend(event(&IMarket::abi::contract(), log));
            lines = lines.and(market_events::words(log));
        }
    }
    (events, lines)
}

/// An event of channels, for programs and for people.
pub(crate) fn channel_event(log: &Log) -> (Option<Event>, Fields) {
    (event(&IChannels::abi::contract(), log), words(log))
}

fn event(contract: &JsonAbi, log: &Log) -> Option<Event> {
    let selector = log.topics().first()?;
    let event = contract.events().find(|event| event.selector() == *selector)?;
    let decoded = event.decode_log(&log.data).ok()?;
    let (mut indexed, mut body) = (decoded.indexed.iter(), decoded.body.iter());
    let mut fields = Map::from_iter([("event".to_owned(), Value::from(event.name.as_str()))]);
    for input in &event.inputs {
        let value = if input.indexed { indexed.next() } else { body.next() }?;
        fields.insert(snake_case(&input.name), json(value));
    }
    Some(fields)
}

/// Counts, heights and times are numbers, amounts decimal strings, addresses in lower case.
fn json(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Uint(number, bits) if *bits <= 64 => {
            Value::from(number.saturating_to::<u64>())
        }
        DynSolValue::Address(address) => Value::from(format!("{address:?}").to_lowercase()),
        other => abi::value_json(other),
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn one(label: &str, text: impl ToString) -> Fields {
    Fields::new().line(label, text)
}

fn of(amount: U256, names: &Names, word: &str, validator: Address) -> String {
    format!("{} {word} {}", format_btt(amount), names.of(validator))
}

fn stake(event: &StakeEvent, names: &Names) -> Fields {
    match event {
        StakeEvent::ValidatorCreated(e) => {
            one("validator", e.operator).line("self stake", format_btt(e.selfStakeWei))
        }
        StakeEvent::ValidatorEdited(e) => {
            one("name", clean(&e.name)).line("website", clean(&e.website))
        }
        StakeEvent::CommissionChanged(e) => one(
            "commission",
            format!("{}, it was {}", percent(e.newBps.into()), percent(e.oldBps.into())),
        ),
        StakeEvent::ConsensusKeyRotationScheduled(e) => one("next key", &e.publicKey),
        StakeEvent::ValidatorRanked(_) => one("standing", "stands for election"),
        StakeEvent::ValidatorUnranked(_) => one("standing", "stands for election no more"),
        StakeEvent::ValidatorUnjailed(_) => one("standing", "out of jail"),
        StakeEvent::MaintenanceDeclared(e) => {
            one("maintenance", format!("until epoch {} begins", grouped(e.untilEpoch)))
        }
        StakeEvent::ValidatorExited(_) => one("standing", "leaves with the next epoch"),
        StakeEvent::Delegated(e) => one("delegated", of(e.amountWei, names, "to", e.validator)),
        StakeEvent::Undelegated(e) => {
            one("undelegated", of(e.amountWei, names, "from", e.validator))
                .line("unlocks", deadline(e.unlocksAtMs, e.unlocksAtBlock, now_ms()))
        }
        StakeEvent::Redelegated(e) => one(
            "moved",
            format!(
                "{} from {} to {}",
                format_btt(e.amountWei),
                names.of(e.fromValidator),
                names.of(e.toValidator)
            ),
        ),
        StakeEvent::Withdrawn(e) => one("withdrawn", of(e.amountWei, names, "from", e.validator)),
        StakeEvent::RewardsClaimed(e) => {
            one("claimed", of(e.amountWei, names, "from", e.validator))
        }
        StakeEvent::RewardsCompounded(e) => {
            one("compounded", of(e.amountWei, names, "to", e.validator))
        }
        StakeEvent::CommissionClaimed(e) => {
            one("claimed", format!("{} of commission", format_btt(e.amountWei)))
        }
        // What blocks do by themselves is in no transaction of a wallet.
        _ => Fields::new(),
    }
}

fn gov(event: &GovEvent, names: &Names) -> Fields {
    match event {
        GovEvent::Proposed(e) => one("proposal", e.id),
        GovEvent::Deposited(e) => {
            one("deposited", format!("{} in proposal {}", format_btt(e.amountWei), e.id))
        }
        GovEvent::VotingStarted(e) => one(
            "voting",
            format!("has begun; ends {}", deadline(e.endsAtMs, e.endsAtBlock, now_ms())),
        ),
        GovEvent::Voted(e) => one(
            "voted",
            format!(
                "{} with {} of {}",
                choice(e.choice),
                format_btt(e.weightWei),
                names.of(e.validator)
            ),
        ),
        GovEvent::DepositReturned(e) => {
            one("returned", format!("{} of proposal {}", format_btt(e.amountWei), e.id))
        }
        _ => Fields::new(),
    }
}

fn choice(choice: IGovernance::Choice) -> &'static str {
    match choice {
        IGovernance::Choice::Yes => "yes",
        IGovernance::Choice::No => "no",
        IGovernance::Choice::NoWithVeto => "no with veto",
        IGovernance::Choice::Abstain => "abstain",
        _ => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolEvent;
    use serde_json::json;

    use super::*;

    fn log(address: Address, event: &impl SolEvent) -> Log {
        Log { address, data: event.encode_log_data() }
    }

    #[test]
    fn figures_are_read_for_people_and_for_programs() {
        let (me, alpha) = (Address::repeat_byte(1), Address::repeat_byte(0xab));
        let undelegated = IStaking::Undelegated {
            delegator: me,
            validator: alpha,
            amountWei: U256::from(1_500_000_000_000_000_000u64),
            shares: U256::from(7),
            unlocksAtMs: 1_000,
            unlocksAtBlock: 1_812,
        };
        let foreign = log(Address::ZERO, &undelegated);
        let names = Names::default().with(alpha, "alpha\u{1b}");
        let (events, lines) = read(&[foreign, log(STAKING, &undelegated)], &names);
        assert_eq!(
            json!(events),
            json!([{
                "event": "Undelegated",
                "delegator": format!("0x{}", "01".repeat(20)),
                "validator": format!("0x{}", "ab".repeat(20)),
                "amount_wei": "1500000000000000000",
                "shares": "7",
                "unlocks_at_ms": 1_000,
                "unlocks_at_block": 1_812,
            }])
        );
        assert_eq!(
            lines.render(),
            "undelegated  1.5 BTT from alpha\u{fffd}\n\
             unlocks      as soon as block 1,812 has come"
        );
    }

    #[test]
    fn a_vote_is_told_in_words() {
        let voted = IGovernance::Voted {
            id: 7,
            voter: Address::ZERO,
            validator: Address::repeat_byte(1),
            choice: IGovernance::Choice::NoWithVeto,
            weightWei: U256::from(1),
        };
        let (events, lines) = read(&[log(GOVERNANCE, &voted)], &Names::default());
        assert!(
            lines.render().starts_with("voted  no with veto with 0.000000000000000001 BTT of 0x")
        );
        assert_eq!((&events[0]["choice"], &events[0]["id"]), (&json!(3), &json!(7)));
    }
}
