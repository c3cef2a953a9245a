//! What offers and bids of `btt market` say.

use btt_runtime::modules::market::clearing::MAX_CAPACITY_UNITS;
use btt_runtime::modules::market::limits::MAX_UNITS;
use clap::Args;

use super::Sending;
use crate::parse::{any, whole};

/// Arguments of `market offer`.
#[derive(Debug, Args)]
pub struct Offer {
    /// A swarm that you seed; up to 16 share the capacity
    #[arg(long, value_name = "SWARM", required = true, num_args = 1..)]
    pub swarm: Vec<String>,
    /// Units for each epoch
    #[arg(long, value_name = "UNITS", value_parser = whole(1..=MAX_CAPACITY_UNITS))]
    pub capacity: u32,
    /// Least that you want for a unit after the fee
    #[arg(long, value_name = "PRICE")]
    pub reserve: String,
    /// How long, and with which bond.
    #[command(flatten)]
    pub span: OfferSpan,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// Arguments of `market change`.
#[derive(Debug, Args)]
pub struct ChangedOffer {
    /// The offer that ends
    #[arg(value_name = "OFFER", value_parser = any::<u64>)]
    pub id: u64,
    /// Other swarms
    #[arg(long, value_name = "SWARM", num_args = 1..)]
    pub swarm: Vec<String>,
    /// Another capacity
    #[arg(long, value_name = "UNITS", value_parser = whole(1..=MAX_CAPACITY_UNITS))]
    pub capacity: Option<u32>,
    /// Another reserve
    #[arg(long, value_name = "PRICE")]
    pub reserve: Option<String>,
    /// How long, and with which bond.
    #[command(flatten)]
    pub span: OfferSpan,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

impl ChangedOffer {
    /// Whether nothing of the offer is to be another.
    pub const fn names_nothing(&self) -> bool {
        let OfferSpan { epochs, to_epoch, bond } = &self.span;
        let terms = self.swarm.is_empty() && self.capacity.is_none() && self.reserve.is_none();
        terms && epochs.is_none() && to_epoch.is_none() && bond.is_none()
    }
}

/// How long an offer stands, and what secures it.
#[derive(Debug, Clone, Args)]
pub struct OfferSpan {
    /// For at least so many epochs; one without bids is short [default: as many as take an hour with bids]
    #[arg(long, value_name = "COUNT", conflicts_with = "to_epoch", value_parser = any::<u32>)]
    pub epochs: Option<u32>,
    /// Until the end of this epoch
    #[arg(long, value_name = "EPOCH", value_parser = any::<u32>)]
    pub to_epoch: Option<u32>,
    /// What is added to your bond [default: what it lacks]
    #[arg(long, value_name = "AMOUNT")]
    pub bond: Option<String>,
}

impl OfferSpan {
    /// The span of a changed offer: its old end stays where none is named, if there is an epoch left before it.
    pub fn or_end(&self, old_to_epoch: u32, current_epoch: u32) -> Self {
        let kept = old_to_epoch.max(current_epoch.saturating_add(1));
        let to_epoch = self.to_epoch.or((self.epochs.is_none()).then_some(kept));
        Self { to_epoch, ..self.clone() }
    }
}

/// So many units at this price, and more at lower ones.
#[derive(Debug, Args)]
pub struct Tiers {
    /// Units that you want
    #[arg(long, value_name = "UNITS", value_parser = whole(1..=MAX_UNITS))]
    pub units: u32,
    /// What a unit is worth to you: nobody pays more than that, and most pay less
    #[arg(long, value_name = "PRICE")]
    pub price: String,
    /// More units at a lower price, such as 0.03x4; up to three times
    #[arg(long, value_name = "PRICExUNITS")]
    pub tier: Vec<String>,
}

/// Arguments of `market bid`.
#[derive(Debug, Args)]
pub struct Bid {
    /// What you download
    #[arg(long, value_name = "SWARM")]
    pub swarm: String,
    /// What it bids.
    #[command(flatten)]
    pub tiers: Tiers,
    /// Locked for each unit, for all to see; above the price it hides how much you bid [default: the price]
    #[arg(long, value_name = "PRICE")]
    pub ceiling: Option<String>,
    /// Who signs receipts: an address or a name [default: who bids]
    #[arg(long, value_name = "ADDRESS")]
    pub signer: Option<String>,
    /// It stands for so many epochs, at most 60
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = any::<u32>)]
    pub epochs: u32,
    /// Bid at once, also where no seller sells before the next epoch
    #[arg(long)]
    pub now: bool,
    /// Return when it is sealed; `btt market reveal` must follow in the reveal phase
    #[arg(long)]
    pub no_wait: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// How long each transaction may take until it is final
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = any::<u64>)]
    pub timeout: u64,
}

#[cfg(test)]
mod tests {
    use super::OfferSpan;

    #[test]
    fn a_changed_offer_keeps_its_end_unless_another_is_named() {
        let span = |epochs, to_epoch| OfferSpan { epochs, to_epoch, bond: None };
        let end = |span: OfferSpan| (span.or_end(9, 5).epochs, span.or_end(9, 5).to_epoch);
        assert_eq!(end(span(None, None)), (None, Some(9)));
        assert_eq!(end(span(Some(3), None)), (Some(3), None));
        assert_eq!(end(span(None, Some(20))), (None, Some(20)));
        assert_eq!(
            span(None, None).or_end(9, 9).to_epoch,
            Some(10),
            "the next is the first it can be in"
        );
    }
}
