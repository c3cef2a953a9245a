//! `staking_` and `gov_` on modules that answer exactly what a test wants.

use super::{Fixture, fixture};
use crate::{
    rpc::{RpcLimits, context::Rpc, server},
    testing::{block, stranger},
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall as _, SolInterface as _};
use btt_api::types::{ParamChange, ProposalAction};
use btt_runtime::{
    modules::{
        Call, Module, ModuleError, Modules, governance::IGovernance, params::Params,
        staking::IStaking,
    },
    primitives::addresses::{GOVERNANCE, STAKING},
};
use serde_json::{Value, json};

/// 132 candidates, and one that is none.
struct FakeStaking;
/// Two proposals: one of each of the first two kinds.
struct FakeGovernance;

static FAKES: Modules = &[&Params, &FakeStaking, &FakeGovernance];

const CANDIDATES: u64 = 132;

fn wei(btt: u64) -> U256 {
    U256::from(btt) * U256::from(10).pow(U256::from(18))
}

fn validator(operator: Address) -> Result<IStaking::Validator, ModuleError> {
    let place = (1..=CANDIDATES).find(|place| stranger(*place) == operator);
    let (name, status, power) = match place {
        Some(1) => ("alpha", IStaking::Status::Active, 750),
        Some(2) => ("beta", IStaking::Status::Candidate, 0),
        Some(_) => ("one of many", IStaking::Status::Candidate, 0),
        None if operator == stranger(500) => ("gamma", IStaking::Status::Jailed, 250),
        None => return Err(ModuleError::revert(IStaking::UnknownValidator { operator })),
    };
    Ok(IStaking::Validator {
        operator,
        status,
        publicKey: Bytes::from(vec![2; 33]),
        name: name.to_owned(),
        website: String::new(),
        commissionBps: 500,
        maxCommissionBps: 2_000,
        maxCommissionChangeBps: 100,
        stakeWei: wei(power),
        selfStakeWei: wei(10),
        shares: wei(power),
        power,
        commissionOwedWei: U256::ZERO,
        jailedUntilMs: 0,
        maintenanceUntilEpoch: 0,
        acceptsDelegations: true,
        signedBlocks: 3,
        missedBlocks: 1,
    })
}

fn delegation(validator: Address, stake: u64, unbondings: u16) -> IStaking::Delegation {
    IStaking::Delegation {
        validator,
        shares: wei(stake),
        stakeWei: wei(stake),
        enteringWei: U256::ZERO,
        lockedWei: U256::ZERO,
        rewardsWei: U256::from(7),
        unbondings,
    }
}

fn unbonding(validator: Address, is_unlocked: bool) -> IStaking::Unbonding {
    IStaking::Unbonding {
        validator,
        amountWei: wei(5),
        unlocksAtMs: 1_000,
        unlocksAtBlock: 9,
        isFrozen: false,
        isUnlocked: is_unlocked,
    }
}

impl Module for FakeStaking {
    fn address(&self) -> Address {
        STAKING
    }
    fn name(&self) -> &'static str {
        "staking"
    }
    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        use IStaking::IStakingCalls as Calls;
        assert!(call.is_static && call.caller == Address::ZERO);
        let returned = match Calls::abi_decode_raw_validate(selector, arguments).unwrap() {
            Calls::epoch(_) => IStaking::epochCall::abi_encode_returns(&IStaking::Epoch {
                number: 4,
                firstBlock: 0,
                firstMs: 0,
                lastBlock: 19,
                validators: 2,
                totalPower: 1_000,
            }),
            Calls::candidates(asked) => {
                let places = 1 + asked.offset.to::<u64>()..=CANDIDATES;
                let operators = places.take(asked.limit.to()).map(stranger).collect();
                let total = U256::from(CANDIDATES);
                let page = IStaking::candidatesReturn { operators, total };
                IStaking::candidatesCall::abi_encode_returns(&page)
            }
            Calls::validators(asked) => {
                let all = [500, 2, 1].into_iter().skip(asked.offset.to());
                let operators = all.map(stranger).collect();
                let page = IStaking::validatorsReturn { operators, total: U256::from(3) };
                IStaking::validatorsCall::abi_encode_returns(&page)
            }
            Calls::validator(asked) => {
                IStaking::validatorCall::abi_encode_returns(&validator(asked.operator)?)
            }
            Calls::delegations(_) => IStaking::delegationsCall::abi_encode_returns(&vec![
                delegation(stranger(1), 100, 2),
                delegation(stranger(2), 0, 0),
            ]),
            Calls::unbondings(asked) => {
                let entries = [false, true].map(|done| unbonding(asked.validator, done)).to_vec();
                IStaking::unbondingsCall::abi_encode_returns(&entries)
            }
            Calls::redelegations(_) => IStaking::redelegationsCall::abi_encode_returns(&Vec::new()),
            Calls::rewards(_) => IStaking::rewardsCall::abi_encode_returns(&U256::from(7)),
            other => panic!("nobody needs {other:?}"),
        };
        Ok(returned.into())
    }
}

fn proposal(id: u64, action: &ProposalAction) -> IGovernance::Proposal {
    IGovernance::Proposal {
        id,
        kind: action.kind().to_abi(),
        status: if id == 1 { IGovernance::Status::Enacted } else { IGovernance::Status::Voting },
        isExpedited: false,
        proposer: stranger(9),
        title: "a title".to_owned(),
        payload: action.encode().into(),
        depositWei: wei(1),
        neededDepositWei: wei(1),
        submittedMs: 1,
        endsAtMs: 2,
        endsAtBlock: 3,
        yesWei: wei(60),
        noWei: wei(20),
        vetoWei: U256::ZERO,
        abstainWei: wei(20),
        totalWei: wei(200),
        failure: String::new(),
    }
}

impl Module for FakeGovernance {
    fn address(&self) -> Address {
        GOVERNANCE
    }
    fn name(&self) -> &'static str {
        "governance"
    }
    fn call(
        &self,
        _: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        use IGovernance::IGovernanceCalls as Calls;
        let change = ParamChange {
            name: "blockGasLimit".to_owned(),
            value: U256::from(80_000_000),
            current_value: None,
            unit: None,
        };
        let returned = match Calls::abi_decode_raw_validate(selector, arguments).unwrap() {
            Calls::proposals(asked) => {
                let ids = [2, 1].into_iter().skip(asked.offset.to()).take(asked.limit.to());
                let page = IGovernance::proposalsReturn { ids: ids.collect(), total: 2 };
                IGovernance::proposalsCall::abi_encode_returns(&page)
            }
            Calls::proposal(asked) => {
                let action = match asked.id {
                    1 => ProposalAction::CancelSlash { operator: stranger(1) },
                    2 => ProposalAction::ChangeParams { changes: vec![change] },
                    id => return Err(ModuleError::revert(IGovernance::UnknownProposal { id })),
                };
                IGovernance::proposalCall::abi_encode_returns(&proposal(asked.id, &action))
            }
            Calls::thresholds(_) => {
                let bars = IGovernance::thresholdsReturn {
                    quorumBps: 3_340,
                    thresholdBps: 5_000,
                    vetoBps: 3_340,
                };
                IGovernance::thresholdsCall::abi_encode_returns(&bars)
            }
            Calls::depositOf(_) => IGovernance::depositOfCall::abi_encode_returns(&wei(1)),
            Calls::validatorVote(asked) => {
                let operator = asked.validator;
                return Err(ModuleError::revert(IStaking::UnknownValidator { operator }));
            }
            Calls::delegationVote(asked) => {
                let has_voted = asked.validator == stranger(1);
                let choice = if has_voted {
                    IGovernance::Choice::NoWithVeto
                } else {
                    IGovernance::Choice::None
                };
                let vote = IGovernance::delegationVoteReturn { choice, weightWei: wei(100) };
                IGovernance::delegationVoteCall::abi_encode_returns(&vote)
            }
            other => panic!("nobody needs {other:?}"),
        };
        Ok(returned.into())
    }
}

fn with_fakes() -> Fixture {
    let mut node = fixture();
    let rpc = Rpc::with_modules(node.context.clone(), RpcLimits::default(), FAKES);
    node.methods = server::methods(&rpc).unwrap();
    node
}

#[tokio::test]
async fn validators_are_listed_in_parts_and_by_status() {
    let node = with_fakes();
    let all = node.ask("staking_validators", json!([])).await;
    assert_eq!(all["total"], "0x85");
    let listed = all["validators"].as_array().unwrap();
    assert_eq!(listed.len(), 100);
    assert_eq!((&listed[0]["name"], &listed[1]["name"]), (&json!("alpha"), &json!("beta")));
    let last = node.ask("staking_validators", json!([null, "0x84", 5])).await;
    let [gamma] = last["validators"].as_array().unwrap().as_slice() else { panic!("{last}") };
    assert_eq!((&gamma["status"], &gamma["shareBps"]), (&json!("jailed"), &json!(2_500)));
    let active = node.ask("staking_validators", json!(["active"])).await;
    assert_eq!(
        (&active["total"], &active["validators"][0]["power"]),
        (&json!("0x1"), &json!("0x2ee"))
    );
    let many = node.error("staking_validators", json!([null, 0, 129])).await;
    assert_eq!(many, (-32005, "a list of 129 entries, limit 128".to_owned()));
    assert_eq!(node.error("staking_validators", json!(["absent"])).await.0, -32602);
}

#[tokio::test]
async fn what_the_module_refuses_is_error_3_with_the_data_that_eth_call_gives() {
    let node = with_fakes();
    let error = node.response("staking_validator", json!([Address::ZERO])).await["error"].clone();
    let data = IStaking::IStakingErrors::UnknownValidator(IStaking::UnknownValidator {
        operator: Address::ZERO,
    });
    let data = Bytes::from(data.abi_encode());
    assert_eq!(error, json!({"code": 3, "message": "execution reverted", "data": data}));
    assert_eq!(node.error("staking_epoch", json!(["0x99"])).await.1, "header not found");
}

#[tokio::test]
async fn a_chain_without_the_module_says_so() {
    static BARE: Modules = &[&Params];
    let mut node = fixture();
    let rpc = Rpc::with_modules(node.context.clone(), RpcLimits::default(), BARE);
    node.methods = server::methods(&rpc).unwrap();
    let (code, text) = node.error("staking_totals", json!([])).await;
    assert_eq!((code, text), (-32000, format!("this chain has no module at {STAKING}")));
}

#[tokio::test]
async fn a_delegator_sees_stake_rewards_and_what_is_on_its_way_out() {
    let node = with_fakes();
    let own = node.ask("staking_delegator", json!([stranger(7)])).await;
    assert_eq!(own["delegations"][0]["validatorName"], "alpha");
    assert_eq!(own["unbondings"].as_array().unwrap().len(), 2);
    let hex = |amount: U256| json!(amount);
    assert_eq!(
        own["totals"],
        json!({"stakeWei": hex(wei(100)), "rewardsWei": "0xe", "unbondingWei": hex(wei(10)),
               "withdrawableWei": hex(wei(5))})
    );
    assert_eq!(node.ask("staking_unbonding", json!([stranger(7)])).await, own["unbondings"]);
    assert_eq!(node.ask("staking_delegations", json!([stranger(7)])).await, own["delegations"]);
    let all = node.ask("staking_rewards", json!([stranger(7)])).await;
    assert_eq!((&all["totalWei"], all["rewards"].as_array().unwrap().len()), (&json!("0xe"), 2));
    let one = node.ask("staking_rewards", json!([stranger(7), stranger(2)])).await;
    assert_eq!(
        (&one["totalWei"], &one["rewards"][0]["validatorName"]),
        (&json!("0x7"), &json!("beta"))
    );
}

#[tokio::test]
async fn the_epoch_tells_the_block_of_the_answer() {
    let node = with_fakes();
    block(&node.chain, vec![]);
    let now = node.ask("staking_epoch", json!([])).await;
    assert_eq!((&now["number"], &now["block"]), (&json!("0x4"), &json!("0x1")));
    assert!(now["nextExpectedMs"].is_string(), "{now}");
    let before = node.ask("staking_epoch", json!(["0x0"])).await;
    assert_eq!((&before["block"], &before["nextExpectedMs"]), (&json!("0x0"), &Value::Null));
}

#[tokio::test]
async fn proposals_say_what_they_do_and_how_the_vote_stands() {
    let node = with_fakes();
    let page = node.ask("gov_proposals", json!([])).await;
    assert_eq!((&page["total"], &page["proposals"][1]["id"]), (&json!("0x2"), &json!("0x1")));
    let change = &page["proposals"][0]["action"];
    assert_eq!(
        change["changes"][0],
        json!({"name": "blockGasLimit", "value": "0x4c4b400", "currentValue": "0x3938700", "unit": "gas"})
    );
    let enacted = node.ask("gov_proposals", json!(["enacted"])).await;
    assert_eq!((&enacted["total"], &enacted["proposals"][0]["id"]), (&json!("0x1"), &json!("0x1")));
    assert_eq!(enacted["proposals"][0]["action"]["kind"], "cancelSlash");
    let tally = node.ask("gov_tally", json!(["0x2"])).await;
    assert_eq!((&tally["turnoutBps"], &tally["yesBps"]), (&json!(5_000), &json!(7_500)));
    assert_eq!((&tally["quorumBps"], &tally["wouldPass"]), (&json!(3_340), &json!(true)));
    let (code, _) = node.error("gov_tally", json!([3])).await;
    assert_eq!(code, 3);
    let params = node.ask("gov_params", json!([])).await;
    let gas = params.as_array().unwrap().iter().find(|p| p["name"] == "blockGasLimit").unwrap();
    assert_eq!((&gas["value"], &gas["default"]), (&json!("0x3938700"), &json!("0x3938700")));
}

#[tokio::test]
async fn votes_are_those_that_were_cast() {
    let votes = with_fakes().ask("gov_votes", json!([2, stranger(7)])).await;
    assert_eq!(votes["asValidator"], Value::Null);
    let [vote] = votes["delegations"].as_array().unwrap().as_slice() else { panic!("{votes}") };
    assert_eq!(vote["choice"], "noWithVeto");
    assert_eq!(vote["validator"], json!(stranger(1)));
}
