//! `btt market offer`, `change`, `withdraw`.

use alloy_eips::BlockId;
use alloy_primitives::{B256, U256};
use btt_api::types::{MarketEpoch, MarketOffer};
use btt_runtime::modules::market::{
    IMarket, clearing,
    limits::{MAX_OFFER_EPOCHS, MAX_SWARMS},
};
use btt_runtime::primitives::addresses::MARKET;
use btt_runtime::primitives::amount::format_btt;
use serde_json::json;

use super::epoch;
use crate::args::{ChangedOffer, Offer, OfferSpan, Sending};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::market::{price, short_swarm, swarm};
use crate::native::{Names, Session, ask};
use crate::parse;
use crate::render::{Fields, grouped, percent};

/// How long an offer stands that names no end, in seconds.
const DEFAULT_OFFER_S: u32 = 3_600;

/// What is offered, and what it takes.
struct Terms {
    capacity: u32,
    reserve_ticks: u64,
    swarms: Vec<B256>,
    to_epoch: u32,
    /// What goes to the bond.
    bond_wei: U256,
    storage_wei: U256,
    fee: BookFee,
}

/// What its places in the book cost: one in each of its epochs.
#[derive(Debug, Clone, Copy)]
struct BookFee {
    /// Of one place.
    place_wei: U256,
    /// Epochs that are paid for.
    epochs: u32,
}

impl BookFee {
    /// The offer enters the book of the epoch after the current one. Where that has changed when it is posted, it
    /// has an epoch less, and what that would have cost goes to the bond.
    fn of(place_wei: U256, current_epoch: u32, to_epoch: u32) -> Self {
        Self { place_wei, epochs: to_epoch.saturating_sub(current_epoch) }
    }

    fn wei(self) -> U256 {
        self.place_wei.saturating_mul(U256::from(self.epochs))
    }

    /// The sum and what it is made of; `None` where places cost nothing.
    fn in_words(self) -> Option<String> {
        let Self { place_wei, epochs } = self;
        let (sum, place) = (format_btt(self.wei()), format_btt(place_wei));
        (!self.wei().is_zero()).then(|| match epochs {
            1 => format!("{sum} for one epoch, does not return"),
            _ => format!(
                "{sum}: {place} for each of {} epochs, does not return",
                grouped(epochs.into())
            ),
        })
    }
}

impl Terms {
    async fn read(
        session: &Session<'_>,
        now: &MarketEpoch,
        (capacity, reserve_ticks): (u32, u64),
        swarms: Vec<B256>,
        span: &OfferSpan,
    ) -> Result<Self, CliError> {
        if swarms.len() > MAX_SWARMS {
            let why = format!("{} swarms are too many for one offer", swarms.len());
            let hint = format!("At most {MAX_SWARMS}; post another offer for the rest");
            return Err(CliError::new(Code::InvalidArgument, why).hint(hint));
        }
        let view = BlockId::latest();
        let count = u32::try_from(swarms.len()).unwrap_or(u32::MAX);
        let cost =
            IMarket::offerCostCall { capacity, reserveTicks: reserve_ticks, swarmCount: count };
        let cost = ask(&session.rpc, None, MARKET, 0, &cost, view).await?;
        let fees = IMarket::bookFeeCall { swarm: B256::ZERO };
        let fees = ask(&session.rpc, None, MARKET, 0, &fees, view).await?;
        let bond = IMarket::bondCall { seller: session.from };
        let bond = ask(&session.rpc, None, MARKET, 0, &bond, view).await?;
        let bond_wei = match &span.bond {
            Some(text) => parse::amount("--bond", text)?,
            None => bond.requiredWei.saturating_add(cost.bondWei).saturating_sub(bond.bondWei),
        };
        let epochs = span.epochs.unwrap_or_else(|| (DEFAULT_OFFER_S / now.lease_s.max(1)).max(1));
        // One more: the epoch under way may end before the offer is in a block.
        let to_epoch =
            span.to_epoch.unwrap_or_else(|| now.epoch.saturating_add(1).saturating_add(epochs));
        Ok(Self {
            capacity,
            reserve_ticks,
            swarms,
            to_epoch,
            bond_wei,
            storage_wei: cost.storageDepositWei,
            fee: BookFee::of(fees.offerWei, now.epoch, to_epoch),
        })
    }

    fn value(&self) -> U256 {
        self.bond_wei.saturating_add(self.storage_wei).saturating_add(self.fee.wei())
    }

    fn effect(&self, now: &MarketEpoch) -> Fields {
        let ask = clearing::Offer {
            id: 0,
            seller: alloy_primitives::Address::ZERO,
            capacity: self.capacity,
            reserve: self.reserve_ticks,
            swarms: Vec::new(),
        }
        .ask(now.min_ask_ticks, now.fee_bps);
        let swarms: Vec<String> = self.swarms.iter().copied().map(short_swarm).collect();
        let from = grouped(now.epoch.saturating_add(1).into());
        let bond = format!("{}, free again when it is over", format_btt(self.bond_wei));
        let storage = format!("{}, returns when it is over", format_btt(self.storage_wei));
        Fields::new()
            .line("offers", format!("{} an epoch", price::units(self.capacity)))
            .line("swarms", swarms.join(" "))
            .line("you get", format!("at least {}", price::price(self.reserve_ticks)))
            .line(
                "asks",
                format!("{}, with the fee of {}", price::price(ask), percent(now.fee_bps.into())),
            )
            .line("sells", format!("from epoch {from} to {}", grouped(self.to_epoch.into())))
            .line("bond", bond)
            .line(
                "at risk",
                format!("{} of what is leased and not delivered", percent(now.penalty_bps.into())),
            )
            .line("storage", storage)
            .maybe("book fee", self.fee.in_words())
    }
}

/// How long it may stand, before anything is asked of the node.
fn check_span(span: &OfferSpan) -> Result<(), CliError> {
    match span.epochs {
        Some(epochs) if !(1..=MAX_OFFER_EPOCHS).contains(&epochs) => {
            let why = format!("an offer cannot stand for {} epochs", grouped(epochs.into()));
            let most = grouped(MAX_OFFER_EPOCHS.into());
            Err(CliError::new(Code::InvalidArgument, why).hint(format!("Choose 1 to {most}")))
        }
        _ => Ok(()),
    }
}

/// Sorted and each once, as the chain wants them.
fn swarms(texts: &[String]) -> Result<Vec<B256>, CliError> {
    let mut swarms =
        texts.iter().map(|text| swarm("--swarm", text)).collect::<Result<Vec<_>, _>>()?;
    swarms.sort_unstable();
    swarms.dedup();
    Ok(swarms)
}

pub(super) async fn post(context: &Context, arguments: &Offer) -> Result<(), CliError> {
    check_span(&arguments.span)?;
    let reserve_ticks = price::ticks("--reserve", &arguments.reserve)?;
    let swarms = swarms(&arguments.swarm)?;
    let session = Session::open(context, &arguments.sending)?;
    let now = epoch(&session.rpc).await?;
    let offered = (arguments.capacity, reserve_ticks);
    let terms = Terms::read(&session, &now, offered, swarms, &arguments.span).await?;
    let call = IMarket::postOfferCall {
        capacity: terms.capacity,
        reserveTicks: reserve_ticks,
        swarms: terms.swarms.clone(),
        toEpoch: terms.to_epoch,
    };
    let (effect, names) = (terms.effect(&now), Names::default());
    session.send(MARKET, &call, terms.value(), effect, &names, Fields::new()).await
}

pub(super) async fn change(context: &Context, arguments: &ChangedOffer) -> Result<(), CliError> {
    let id = arguments.id;
    check_span(&arguments.span)?;
    if arguments.names_nothing() {
        return Err(CliError::new(Code::InvalidArgument, "nothing would change")
            .hint("Name what is to be another: btt market change --help"));
    }
    let session = Session::open(context, &arguments.sending)?;
    let old: MarketOffer = session.rpc.request("market_offer", vec![json!(id)]).await?;
    let reserve_ticks = match &arguments.reserve {
        Some(text) => price::ticks("--reserve", text)?,
        None => old.reserve_ticks,
    };
    let swarms = match arguments.swarm.as_slice() {
        [] => old.swarms,
        texts => swarms(texts)?,
    };
    let now = epoch(&session.rpc).await?;
    let offered = (arguments.capacity.unwrap_or(old.capacity), reserve_ticks);
    let span = arguments.span.or_end(old.to_epoch, now.epoch);
    let terms = Terms::read(&session, &now, offered, swarms, &span).await?;
    let call = IMarket::changeOfferCall {
        offerId: id,
        capacity: terms.capacity,
        reserveTicks: reserve_ticks,
        swarms: terms.swarms.clone(),
        toEpoch: terms.to_epoch,
    };
    let ends = format!("offer {id} with epoch {}", now.epoch);
    let effect = Fields::new().line("ends", ends).and(terms.effect(&now));
    let names = Names::default();
    session.send(MARKET, &call, terms.value(), effect, &names, Fields::new()).await
}

pub(super) async fn withdraw(
    context: &Context,
    id: u64,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let call = IMarket::withdrawOfferCall { offerId: id };
    session.preview(MARKET, &call).await?;
    let now = epoch(&session.rpc).await?;
    let effect = Fields::new()
        .line("ends", format!("offer {id} with epoch {}", now.epoch))
        .line("bond", "what it binds is free when its last lease is closed: btt market bond take");
    session.send(MARKET, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_paid_for_in_each_epoch_from_the_next_to_the_last() {
        let place = U256::from(10_000_000_000_000_000u64);
        let fee = BookFee::of(place, 7, 11);
        assert_eq!((fee.epochs, fee.wei()), (4, place * U256::from(4)));
        let text = "0.04 BTT: 0.01 BTT for each of 4 epochs, does not return";
        assert_eq!(fee.in_words().as_deref(), Some(text));
        let one = BookFee::of(place, 7, 8).in_words();
        assert_eq!(one.as_deref(), Some("0.01 BTT for one epoch, does not return"));
        assert_eq!(BookFee::of(place, 7, 7).in_words(), None);
        assert_eq!(BookFee::of(U256::ZERO, 7, 11).in_words(), None);
    }
}
