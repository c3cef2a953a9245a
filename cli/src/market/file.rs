//! Books as JSON. Prices are decimal strings of ticks; whatever is wrong is said with the bid or offer, and the
//! field, that it is in.

use std::io::Read;
use std::path::Path;

use alloy_primitives::{B256, hex};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer, TieRule, Tier};
use serde::{Deserialize, Serialize};

use crate::error::{CliError, Code};
use crate::parse;

mod fault;

/// Largest book that is read: some two million bids.
pub const MAX_BOOK_BYTES: u64 = 512 << 20;
/// What the chain keeps of sellers' earnings unless a vote changes it, in basis points.
const DEFAULT_FEE_BPS: u16 = 200;

/// A book and the epoch that it is of; 0 for one outside the chain (rule E.9). The root of a result is of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochBook {
    /// The epoch.
    pub epoch: u32,
    /// What is cleared.
    pub book: Book,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    #[serde(default, skip_serializing_if = "is_zero")]
    epoch: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    #[serde(default)]
    tie: TieFile,
    #[serde(default = "one")]
    min_ask: String,
    #[serde(default = "default_fee_bps")]
    fee_bps: u16,
    offers: Vec<OfferFile>,
    bids: Vec<BidFile>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TieFile {
    #[default]
    Key,
    Id,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferFile {
    id: u64,
    seller: String,
    capacity: u32,
    reserve: String,
    swarms: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BidFile {
    id: u64,
    buyer: String,
    swarm: String,
    tiers: Vec<(String, u32)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    defaulted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(epoch: &u32) -> bool {
    *epoch == 0
}

fn one() -> String {
    "1".to_owned()
}

const fn default_fee_bps() -> u16 {
    DEFAULT_FEE_BPS
}

/// Reads a book; `-` is standard input. It may still break a rule of [`Book::check`].
///
/// # Errors
/// [`Code::Io`] where the file cannot be read or is larger than [`MAX_BOOK_BYTES`]; [`Code::InvalidArgument`]
/// where it is not a book, with the offer or bid and its field.
pub fn read_book(file: &Path) -> Result<EpochBook, CliError> {
    let is_stdin = file.as_os_str() == "-";
    let name = named(file);
    let cannot = |error| CliError::new(Code::Io, format!("cannot read {name}: {error}"));
    let mut text = String::new();
    let source: Box<dyn Read> = match is_stdin {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).map_err(cannot)?),
    };
    source.take(MAX_BOOK_BYTES + 1).read_to_string(&mut text).map_err(cannot)?;
    if text.len() as u64 > MAX_BOOK_BYTES {
        let limit = MAX_BOOK_BYTES >> 20;
        return Err(CliError::new(Code::Io, format!("{name} is larger than {limit} MiB")));
    }
    parse_book(&text).map_err(|why| {
        CliError::new(Code::InvalidArgument, format!("{name} is no book of a market: {why}"))
            .hint("An example: docs/examples/market-book.json")
    })
}

/// A file as people read of it.
pub fn named(file: &Path) -> String {
    match file.as_os_str() == "-" {
        true => "stdin".to_owned(),
        false => file.display().to_string(),
    }
}

/// Writes a book of an epoch, or of none (0), as [`read_book`] reads it.
///
/// # Errors
/// Where the JSON cannot be written.
pub fn to_json(epoch: u32, book: &Book) -> serde_json::Result<String> {
    let offer = |offer: &Offer| OfferFile {
        id: offer.id,
        seller: offer.seller.to_string(),
        capacity: offer.capacity,
        reserve: offer.reserve.to_string(),
        swarms: offer.swarms.iter().map(B256::to_string).collect(),
    };
    let bid = |bid: &Bid| BidFile {
        id: bid.id,
        buyer: bid.buyer.to_string(),
        swarm: bid.swarm.to_string(),
        tiers: bid.tiers.iter().map(|tier| (tier.price.to_string(), tier.quantity)).collect(),
        defaulted: bid.defaulted,
    };
    serde_json::to_string(&BookFile {
        epoch,
        seed: Some(book.seed.to_string()),
        tie: match book.tie {
            TieRule::Key => TieFile::Key,
            TieRule::Id => TieFile::Id,
        },
        min_ask: book.min_ask.to_string(),
        fee_bps: book.fee_bps,
        offers: book.offers.iter().map(offer).collect(),
        bids: book.bids.iter().map(bid).collect(),
    })
}

/// Reads a book from its text. It may still break a rule of [`Book::check`].
///
/// # Errors
/// What is wrong, with the offer or bid and its field.
pub fn parse_book(text: &str) -> Result<EpochBook, String> {
    let file: BookFile = serde_json::from_str(text).map_err(|error| fault::of(text, &error))?;
    let tie = match file.tie {
        TieFile::Key => TieRule::Key,
        TieFile::Id => TieRule::Id,
    };
    let seed = match (&file.seed, tie) {
        (Some(seed), _) => hash("seed", seed)?,
        (None, TieRule::Id) => B256::ZERO,
        (None, TieRule::Key) => {
            return Err(
                "seed is missing: ties are decided by it, unless \"tie\" is \"id\"".to_owned()
            );
        }
    };
    let book = Book {
        seed,
        tie,
        min_ask: ticks("min_ask", &file.min_ask)?,
        fee_bps: file.fee_bps,
        offers: file.offers.iter().map(offer).collect::<Result<_, _>>()?,
        bids: file.bids.iter().map(bid).collect::<Result<_, _>>()?,
    };
    Ok(EpochBook { epoch: file.epoch, book })
}

fn offer(file: &OfferFile) -> Result<Offer, String> {
    let field = |name: &str| format!("offer {}: {name}", file.id);
    let swarms = file.swarms.iter().enumerate();
    let swarms = swarms.map(|(place, text)| swarm(&field(&format!("swarms[{place}]")), text));
    let mut swarms = swarms.collect::<Result<Vec<B256>, String>>()?;
    // The chain wants them in order; a person need not know.
    swarms.sort_unstable();
    if swarms.is_empty() {
        return Err(format!("offer {} names no swarm", file.id));
    }
    if !swarms.is_sorted_by(|a, b| a < b) {
        return Err(format!("offer {} names a swarm twice", file.id));
    }
    Ok(Offer {
        id: file.id,
        seller: address(&field("seller"), &file.seller)?,
        capacity: file.capacity,
        reserve: ticks(&field("reserve"), &file.reserve)?,
        swarms,
    })
}

fn bid(file: &BidFile) -> Result<Bid, String> {
    let field = |name: &str| format!("bid {}: {name}", file.id);
    let tiers = file.tiers.iter().enumerate().map(|(place, (price, quantity))| {
        let price = ticks(&field(&format!("tiers[{place}] price")), price)?;
        Ok(Tier { price, quantity: *quantity })
    });
    let tiers = tiers.collect::<Result<Vec<_>, String>>()?;
    if tiers.is_empty() {
        return Err(format!("bid {} has no tier", file.id));
    }
    if let Some(place) = tiers.iter().position(|tier: &Tier| tier.quantity == 0) {
        return Err(format!("bid {}: tiers[{place}] is for no units", file.id));
    }
    Ok(Bid {
        id: file.id,
        buyer: address(&field("buyer"), &file.buyer)?,
        swarm: swarm(&field("swarm"), &file.swarm)?,
        tiers,
        defaulted: file.defaulted,
    })
}

fn ticks(field: &str, text: &str) -> Result<u64, String> {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = is_decimal.then(|| text.parse().ok()).flatten();
    value.ok_or_else(|| format!("{field} {text:?} is not a whole number of ticks below 2^64"))
}

fn address(field: &str, text: &str) -> Result<alloy_primitives::Address, String> {
    parse::address(field, text).map_err(|error| error.message)
}

fn hash(field: &str, text: &str) -> Result<B256, String> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(B256::from).ok_or_else(|| format!("{field} {text:?} is not 32 bytes in hex"))
}

/// An infohash: 32 bytes, or the 20 of a v1 torrent, which stand at the left.
fn swarm(field: &str, text: &str) -> Result<B256, String> {
    match hex::decode(text).ok() {
        Some(bytes) if matches!(bytes.len(), 20 | 32) => Ok(B256::right_padding_from(&bytes)),
        _ => Err(format!("{field} {text:?} is not 20 or 32 bytes in hex")),
    }
}

#[cfg(test)]
mod tests;
