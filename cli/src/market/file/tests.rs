//! Books as files: what is read, and what is said of those that are none.

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
    let EpochBook { epoch, book } = parse_book(BOOK).unwrap();
    assert_eq!(epoch, 0);
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
    let book = parse_book(BOOK).unwrap().book;
    for epoch in [0, 145] {
        let written = to_json(epoch, &book).unwrap();
        assert_eq!(written.contains("epoch"), epoch != 0, "{written}");
        assert_eq!(parse_book(&written), Ok(EpochBook { epoch, book: book.clone() }));
    }
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
        ("[\"9\", 1]", "[9, 1]", "bid 7: tiers[1] is not [\"price\", units], such as [\"50\", 2]"),
        ("[\"9\", 1]", "[\"9\"]", "bid 7: tiers[1] is not [\"price\", units], such as [\"50\", 2]"),
        ("\"9\", 1", "\"9\", 0", "bid 7: tiers[1] is for no units"),
        ("[[\"50\", 2], [\"9\", 1]]", "[]", "bid 7 has no tier"),
        (
            "\"capacity\": 4",
            "\"capacity\": -4",
            "offer 1: invalid value: integer `-4`, expected a whole number below 2^32",
        ),
        (
            "1111111111111111111111111111111111111111111111111111111111111111",
            "2222222222222222222222222222222222222222",
            "offer 1 names a swarm twice",
        ),
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
    assert_eq!(
        parse_book("nothing").unwrap_err(),
        "it is no JSON: expected ident at line 1 column 2"
    );
    assert_eq!(parse_book("{\"tie\":\n").unwrap_err(), "the file ends too early (line 2)");
    assert_eq!(parse_book("[]").unwrap_err(), "it is no JSON object");
    let none = parse_book(r#"{"tie": "id", "bids": [], "offers": [5]}"#).unwrap_err();
    assert_eq!(none, "offers[0]: invalid type: integer `5`, expected an offer");
    assert_eq!((named(Path::new("-")), named(Path::new("a/b"))), ("stdin".into(), "a/b".into()));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read_book(Path::new("does/not/exist.json")).unwrap_err();
    assert_eq!(error.code, Code::Io);
    assert!(error.message.starts_with("cannot read does/not/exist.json: "), "{error}");
}

#[test]
fn an_offer_without_swarms_is_named() {
    let (start, end) = (BOOK.find("[\"0x2222").unwrap(), BOOK.find("}],").unwrap());
    let text = BOOK.replacen(&BOOK[start..end], "[]", 1);
    assert_eq!(parse_book(&text).unwrap_err(), "offer 1 names no swarm");
}
