//! Books as JSON. Prices are decimal strings of ticks; whatever is wrong is said with the bid or offer, and the
//! field, that it is in.

use std::io::Read;
use std::path::Path;

use alloy_primitives::{B256, hex};
use btt_runtime::modules::market::clearing::{Bid, Book, Offer, TieRule, Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{CliError, Code};
use crate::parse;

/// Largest book that is read: some two million bids.
pub const MAX_BOOK_BYTES: u64 = 512 << 20;
/// What the chain keeps of sellers' earnings unless a vote changes it, in basis points.
const DEFAULT_FEE_BPS: u16 = 200;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
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
pub fn read_book(file: &Path) -> Result<Book, CliError> {
    let name = file.display();
    let is_stdin = file.as_os_str() == "-";
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

/// Writes a book as [`read_book`] reads it.
///
/// # Errors
/// Where the JSON cannot be written.
pub fn to_json(book: &Book) -> serde_json::Result<String> {
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

/// The book, or what is wrong and where.
pub(super) fn parse_book(text: &str) -> Result<Book, String> {
    let file: BookFile = serde_json::from_str(text).map_err(|error| fault(text, &error))?;
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
    Ok(Book {
        seed,
        tie,
        min_ask: ticks("min_ask", &file.min_ask)?,
        fee_bps: file.fee_bps,
        offers: file.offers.iter().map(offer).collect::<Result<_, _>>()?,
        bids: file.bids.iter().map(bid).collect::<Result<_, _>>()?,
    })
}

/// Where a text that does not have the form of a book leaves it. Only then it is read a second time.
fn fault(text: &str, error: &serde_json::Error) -> String {
    let Ok(Value::Object(whole)) = serde_json::from_str::<Value>(text) else {
        return error.to_string();
    };
    fn first<T: serde::de::DeserializeOwned>(kind: &str, list: Option<&Value>) -> Option<String> {
        let list = list.and_then(Value::as_array)?;
        list.iter().enumerate().find_map(|(place, item)| {
            let error = T::deserialize(item).err()?;
            let name = match item.get("id").and_then(Value::as_u64) {
                Some(id) => format!("{kind} {id}"),
                None => format!("{kind}s[{place}]"),
            };
            Some(format!("{name}: {error}"))
        })
    }
    first::<OfferFile>("offer", whole.get("offers"))
        .or_else(|| first::<BidFile>("bid", whole.get("bids")))
        .unwrap_or_else(|| error.to_string())
}

fn offer(file: &OfferFile) -> Result<Offer, String> {
    let field = |name: &str| format!("offer {}: {name}", file.id);
    let swarms = file.swarms.iter().enumerate();
    let swarms = swarms.map(|(place, text)| swarm(&field(&format!("swarms[{place}]")), text));
    let mut swarms = swarms.collect::<Result<Vec<B256>, String>>()?;
    // The chain wants them in order; a person need not know.
    swarms.sort_unstable();
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
    let tiers = tiers.collect::<Result<_, String>>()?;
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
mod tests {
    use super::*;

    const BOOK: &str = r#"{"tie": "id",
        "offers": [{"id": 1, "seller": "0x00000000000000000000000000000000000000aa", "capacity": 4, "reserve": "10",
            "swarms": ["0x2222222222222222222222222222222222222222", "0x1111111111111111111111111111111111111111111111111111111111111111"]}],
        "bids": [{"id": 7, "buyer": "0x00000000000000000000000000000000000000bb",
            "swarm": "2222222222222222222222222222222222222222", "tiers": [["50", 2], ["9", 1]], "defaulted": true}]}"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(BOOK.contains(from), "{from}");
        parse_book(&BOOK.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn a_book_has_defaults_and_its_swarms_are_put_in_order() {
        let book = parse_book(BOOK).unwrap();
        assert_eq!(
            (book.seed, book.tie, book.min_ask, book.fee_bps),
            (B256::ZERO, TieRule::Id, 1, 200)
        );
        let (v1, v2) = (B256::right_padding_from(&[0x22; 20]), B256::repeat_byte(0x11));
        assert_eq!(book.offers[0].swarms, [v2, v1]);
        assert_eq!(book.bids[0].swarm, v1);
        let tiers = [Tier { price: 50, quantity: 2 }, Tier { price: 9, quantity: 1 }];
        assert_eq!(book.bids[0].tiers, tiers);
        assert!(book.bids[0].defaulted);
        book.check().unwrap();
    }

    #[test]
    fn what_is_written_is_read_as_the_same_book() {
        let book = parse_book(BOOK).unwrap();
        assert_eq!(parse_book(&to_json(&book).unwrap()).unwrap(), book);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, expected) in [
            (
                "\"50\", 2",
                "\"-50\", 2",
                "bid 7: tiers[0] price \"-50\" is not a whole number of ticks below 2^64",
            ),
            (
                "\"9\", 1",
                "\"18446744073709551616\", 1",
                "bid 7: tiers[1] price \"18446744073709551616\" is not a whole number of ticks below 2^64",
            ),
            ("\"9\", 1", "9, 1", "bid 7: invalid type: integer `9`, expected a string"),
            ("\"9\", 1", "\"9\", -1", "bid 7: invalid value: integer `-1`, expected u32"),
            (
                "\"reserve\": \"10\"",
                "\"reserve\": \"+10\"",
                "offer 1: reserve \"+10\" is not a whole number of ticks below 2^64",
            ),
            (
                "\"reserve\"",
                "\"price\"",
                "offer 1: unknown field `price`, expected one of `id`, `seller`, `capacity`, `reserve`, `swarms`",
            ),
            ("\"id\": 7,", "", "bids[0]: missing field `id`"),
            (
                "\"0x2222222222222222222222222222222222222222\"",
                "\"0x22\"",
                "offer 1: swarms[0] \"0x22\" is not 20 or 32 bytes in hex",
            ),
            (
                "00bb\"",
                "00b\"",
                "bid 7: buyer '0x00000000000000000000000000000000000000b' has 39 of 40 hex digits",
            ),
            (
                "\"tie\": \"id\",",
                "",
                "seed is missing: ties are decided by it, unless \"tie\" is \"id\"",
            ),
            ("\"tie\": \"id\",", "\"seed\": \"0x12\",", "seed \"0x12\" is not 32 bytes in hex"),
            (
                "\"tie\": \"id\",",
                "\"min_ask\": \"\",",
                "seed is missing: ties are decided by it, unless \"tie\" is \"id\"",
            ),
            (
                "\"tie\": \"id\",",
                "\"tie\": \"id\", \"min_ask\": \"1.5\",",
                "min_ask \"1.5\" is not a whole number of ticks below 2^64",
            ),
        ] {
            assert_eq!(refused(from, to), expected);
        }
        assert!(refused("\"tie\": \"id\"", "\"ties\": \"id\"").starts_with("unknown field `ties`"));
        assert!(refused("\"tie\": \"id\",", "").starts_with("seed is missing"));
        assert!(parse_book("nothing").unwrap_err().starts_with("expected ident at line 1"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read_book(Path::new("does/not/exist.json")).unwrap_err();
        assert_eq!(error.code, Code::Io);
        assert!(error.message.starts_with("cannot read does/not/exist.json: "), "{error}");
    }
}
