//! The verbs of a validator's operator.

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use btt_api::types::{Epoch, StakingValidator};
use btt_runtime::modules::staking::IStaking;
use btt_runtime::primitives::addresses::STAKING;
use btt_runtime::primitives::amount::format_btt;

use crate::args::{ConsensusKey, Description, Sending, Stake};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::native::{self, Names, Session, find, operated_by};
use crate::parse;
use crate::render::{Fields, about, clean, grouped, next_epoch, percent};

pub(super) async fn run(context: &Context, verb: Stake) -> Result<(), CliError> {
    match verb {
        Stake::CreateValidator {
            description,
            self_stake,
            commission,
            max_commission,
            max_commission_change,
            consensus_key,
            sending,
        } => {
            let rates = [
                parse::percent("--commission", &commission)?,
                parse::percent("--max-commission", &max_commission)?,
                parse::percent("--max-commission-change", &max_commission_change)?,
            ];
            let self_stake = parse::amount("--self-stake", &self_stake)?;
            create(context, description, self_stake, rates, &consensus_key, &sending).await
        }
        Stake::Edit { name, website, sending } => edit(context, name, website, &sending).await,
        Stake::Commission { percent, sending } => commission(context, &percent, &sending).await,
        Stake::RotateKey { consensus_key, sending } => {
            rotate_key(context, &consensus_key, &sending).await
        }
        Stake::EnterRanking { validator, sending } => {
            enter_ranking(context, validator.as_deref(), &sending).await
        }
        Stake::Maintenance { epochs, sending } => maintenance(context, epochs, &sending).await,
        Stake::Exit { sending } => exit(context, &sending).await,
        Stake::Unjail { sending } => {
            let (session, validator) = own(context, &sending).await?;
            let effect = about(&validator, "unjails")
                .line("then", "it stands for election again, for the next epoch at the earliest");
            submit(&session, &IStaking::unjailCall {}, effect).await
        }
        // Every other verb has gone to another file.
        _ => Ok(()),
    }
}

/// A session, and the validator that its account operates.
async fn own<'c>(
    context: &'c Context,
    sending: &Sending,
) -> Result<(Session<'c>, StakingValidator), CliError> {
    let session = Session::open(context, sending)?;
    let validator = operated_by(&session.rpc, session.from).await?.ok_or_else(|| {
        CliError::new(Code::NotFound, format!("{} operates no validator", session.from))
            .hint("Say whose key with --key, or make one: btt stake create-validator")
    })?;
    Ok((session, validator))
}

/// Sends what brings no money, after a look at whether it would succeed.
async fn submit<C: SolCall>(
    session: &Session<'_>,
    call: &C,
    effect: Fields,
) -> Result<(), CliError> {
    session.preview(STAKING, call).await?;
    session.send(STAKING, call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}

async fn create(
    context: &Context,
    description: Description,
    self_stake: U256,
    [commission, max_commission, max_change]: [u16; 3],
    consensus_key: &ConsensusKey,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let chain_id = session.rpc.chain_id().await?;
    let key = native::possession(consensus_key, chain_id, session.from)?;
    let epoch: Epoch = session.rpc.request("staking_epoch", vec![]).await?;
    let bps = |bps: u16| percent(u32::from(bps));
    let website = Some(&description.website).filter(|website| !website.is_empty());
    let effect = Fields::new()
        .line("creates", format!("validator {}", clean(&description.name)))
        .maybe("website", website.map(|website| clean(website)))
        .line("operator", session.from)
        .line("key", &key.public_key)
        .line("self stake", format_btt(self_stake))
        .line("commission", bps(commission))
        .line(
            "for ever",
            format!(
                "commission never above {}, rises by {} a day at most",
                bps(max_commission),
                bps(max_change)
            ),
        )
        .line("elected from", format!("{}, if its stake suffices", next_epoch(&epoch)))
        .line("at risk", "a part of the stake, if its key signs twice or it is down for long");
    let call = IStaking::createValidatorCall {
        publicKey: key.public_key,
        possession: key.signature,
        name: description.name,
        website: description.website,
        commissionBps: commission,
        maxCommissionBps: max_commission,
        maxCommissionChangeBps: max_change,
    };
    let after = Fields::new().line("see it", "btt stake show");
    session.send(STAKING, &call, self_stake, effect, &Names::default(), after).await
}

async fn edit(
    context: &Context,
    name: Option<String>,
    website: Option<String>,
    sending: &Sending,
) -> Result<(), CliError> {
    let (session, validator) = own(context, sending).await?;
    let name = name.unwrap_or(validator.name);
    let website = website.unwrap_or(validator.website);
    let effect = Fields::new().line("name", clean(&name)).line("website", clean(&website));
    submit(&session, &IStaking::editValidatorCall { name, website }, effect).await
}

async fn commission(context: &Context, text: &str, sending: &Sending) -> Result<(), CliError> {
    let bps = parse::percent("PERCENT", text)?;
    let (session, validator) = own(context, sending).await?;
    let change =
        format!("{} in place of {}", percent(bps.into()), percent(validator.commission_bps.into()));
    let effect = Fields::new()
        .line("commission", change)
        .line("counts from", "the next epoch's rewards on")
        .line("then", "it can be raised again after 24 hours, and lowered at any time");
    submit(&session, &IStaking::setCommissionCall { commissionBps: bps }, effect).await
}

async fn rotate_key(
    context: &Context,
    consensus_key: &ConsensusKey,
    sending: &Sending,
) -> Result<(), CliError> {
    let (session, validator) = own(context, sending).await?;
    let chain_id = session.rpc.chain_id().await?;
    let key = native::possession(consensus_key, chain_id, session.from)?;
    let epoch: Epoch = session.rpc.request("staking_epoch", vec![]).await?;
    let effect = Fields::new()
        .line("old key", &validator.public_key)
        .line("new key", &key.public_key)
        .line("signs from", next_epoch(&epoch))
        .line("until then", "the old key must go on signing; afterwards it stays liable");
    let call =
        IStaking::rotateConsensusKeyCall { publicKey: key.public_key, possession: key.signature };
    submit(&session, &call, effect).await
}

async fn enter_ranking(
    context: &Context,
    validator: Option<&str>,
    sending: &Sending,
) -> Result<(), CliError> {
    let (session, validator) = match validator {
        None => own(context, sending).await?,
        Some(text) => {
            let session = Session::open(context, sending)?;
            let validator = find(&session.rpc, "VALIDATOR", text).await?;
            (session, validator)
        }
    };
    let effect = about(&validator, "ranks");
    let call = IStaking::enterRankingCall { operator: validator.operator };
    submit(&session, &call, effect).await
}

async fn maintenance(context: &Context, epochs: u64, sending: &Sending) -> Result<(), CliError> {
    let (session, _) = own(context, sending).await?;
    let epoch: Epoch = session.rpc.request("staking_epoch", vec![]).await?;
    let from = epoch.number.saturating_add(1);
    let effect = Fields::new()
        .line("away from", next_epoch(&epoch))
        .line("back in", format!("epoch {}", grouped(from.saturating_add(epochs))))
        .line("meanwhile", "it need not sign, is not jailed, and earns nothing");
    submit(&session, &IStaking::declareMaintenanceCall { epochs }, effect).await
}

async fn exit(context: &Context, sending: &Sending) -> Result<(), CliError> {
    let (session, validator) = own(context, sending).await?;
    let epoch: Epoch = session.rpc.request("staking_epoch", vec![]).await?;
    let effect = about(&validator, "ends")
        .line("leaves with", next_epoch(&epoch))
        .line("for ever", "this account cannot operate a validator again")
        .line("its stake", "goes out by: btt stake undelegate --all --from …");
    submit(&session, &IStaking::exitCall {}, effect).await
}
