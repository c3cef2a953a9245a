//! Vouchers as lines of JSON: `{"voucher": {…}, "signature": "0x…", "digest": "0x…"}`, with `tick` or `secret`
//! where there is one. The voucher's fields are those of its EIP-712 type, so that any tool can sign or check it.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use btt_api::types::{AnyVoucher, SignedVoucher};
use btt_runtime::modules::channels::batch::Payment;
use btt_runtime::modules::channels::voucher::{
    ClaimError, ConditionalVoucher, Domain, PoolVoucher, Tick, Voucher, claim_wei as claim,
};
use serde_json::{Value, json};

use crate::error::{CliError, Code};

/// Longest line that is read, in bytes; a voucher has less than 1,000.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// A voucher as the chain's own type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Of a channel.
    Voucher(Voucher),
    /// Of a pool.
    Pool(PoolVoucher),
    /// With a condition.
    Conditional(ConditionalVoucher),
}

/// The chain's own type of a voucher.
pub fn typed(voucher: &AnyVoucher) -> Typed {
    match *voucher {
        AnyVoucher::Voucher(v) => Typed::Voucher(v.into()),
        AnyVoucher::Pool(v) => Typed::Pool(v.into()),
        AnyVoucher::Conditional(v) => Typed::Conditional(v.into()),
    }
}

/// What its signer signs.
pub fn digest(domain: &Domain, voucher: &AnyVoucher) -> B256 {
    fn of(domain: &Domain, message: &impl SolStruct) -> B256 {
        domain.digest(message)
    }
    match typed(voucher) {
        Typed::Voucher(v) => of(domain, &v),
        Typed::Pool(v) => of(domain, &v),
        Typed::Conditional(v) => of(domain, &v),
    }
}

/// What it claims in its lane, ticks included, in wei.
///
/// # Errors
/// [`ClaimError`].
pub fn claim_wei(signed: &SignedVoucher) -> Result<u128, ClaimError> {
    let ticks = signed.tick.map_or(0, |tick| tick.index);
    match signed.voucher {
        AnyVoucher::Voucher(v) => claim(v.cumulative_amount, v.tick_value, v.tick_max, ticks),
        AnyVoucher::Pool(v) => claim(v.cumulative_amount, v.tick_value, v.tick_max, ticks),
        AnyVoucher::Conditional(v) => Ok(v.cumulative_amount),
    }
}

/// The same as an item of a batch; `None` for a condition without its secret.
pub fn payment(signed: &SignedVoucher) -> Option<Payment> {
    let tick = signed.tick.map_or_else(Tick::default, Into::into);
    Some(match typed(&signed.voucher) {
        Typed::Voucher(v) => Payment::Voucher(v, tick),
        Typed::Pool(v) => Payment::Pool(v, tick),
        Typed::Conditional(v) => Payment::Conditional(v, signed.secret?),
    })
}

/// Writes a voucher as one line. Amounts are decimal wei.
pub fn to_line(domain: &Domain, signed: &SignedVoucher) -> String {
    let voucher = match signed.voucher {
        AnyVoucher::Voucher(v) => json!({
            "channelId": v.channel_id, "lane": v.lane,
            "cumulativeAmount": v.cumulative_amount.to_string(), "tickAnchor": v.tick_anchor,
            "tickValue": v.tick_value.to_string(), "tickMax": v.tick_max,
        }),
        AnyVoucher::Pool(v) => json!({
            "poolId": v.pool_id, "payee": v.payee, "lane": v.lane,
            "cumulativeAmount": v.cumulative_amount.to_string(), "tickAnchor": v.tick_anchor,
            "tickValue": v.tick_value.to_string(), "tickMax": v.tick_max,
        }),
        AnyVoucher::Conditional(v) => json!({
            "channelId": v.channel_id, "lane": v.lane,
            "cumulativeAmount": v.cumulative_amount.to_string(), "hashLock": v.hash_lock,
            "timeout": v.timeout,
        }),
    };
    let mut line = json!({
        "voucher": voucher, "signature": signed.signature,
        "digest": digest(domain, &signed.voucher),
    });
    if let Some(fields) = line.as_object_mut() {
        if let Some(tick) = signed.tick {
            let tick = json!({ "index": tick.index, "preimage": tick.preimage });
            fields.insert("tick".to_owned(), tick);
        }
        if let Some(secret) = signed.secret {
            fields.insert("secret".to_owned(), json!(secret));
        }
    }
    line.to_string()
}

/// Reads a line. A digest on it must be the voucher's on this chain: a voucher of another chain is found out.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_line(domain: &Domain, line: &str) -> Result<SignedVoucher, String> {
    let mut json: Value =
        serde_json::from_str(line).map_err(|error| format!("it is no JSON ({error})"))?;
    let fields = json.as_object_mut().ok_or_else(|| "it is no JSON object".to_owned())?;
    let stated = fields.remove("digest");
    let signed: SignedVoucher = serde_json::from_value(json).map_err(|error| error.to_string())?;
    let right = digest(domain, &signed.voucher);
    let is_right = |stated: Value| serde_json::from_value(stated).is_ok_and(|d: B256| d == right);
    if stated.is_none_or(is_right) {
        return Ok(signed);
    }
    Err("its digest is not the voucher's; is it of another chain?".to_owned())
}

/// A file of lines; `-` is stdin. A file that is one JSON document over several lines is read as one line.
///
/// # Errors
/// [`Code::Io`], and [`Code::InvalidArgument`] for a line that is too long.
pub fn read_lines(file: &Path) -> Result<Vec<String>, CliError> {
    let shown = file.display();
    let failed =
        |error: io::Error| CliError::new(Code::Io, format!("cannot read {shown}: {error}"));
    let mut lines = Vec::new();
    let mut reader: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(std::fs::File::open(file).map_err(failed)?))
    };
    let mut line = String::new();
    while reader.read_line(&mut line).map_err(failed)? > 0 {
        if line.len() > MAX_LINE_BYTES {
            return Err(CliError::new(
                Code::InvalidArgument,
                format!("line {} of {shown} is too long for a voucher", lines.len() + 1),
            ));
        }
        if !line.trim().is_empty() {
            lines.push(line.trim().to_owned());
        }
        line.clear();
    }
    if lines.len() > 1 && lines.first().is_some_and(|first| first == "{") {
        return Ok(vec![lines.concat()]);
    }
    Ok(lines)
}

#[cfg(test)]
pub(super) mod tests {
    use alloy_primitives::{Address, Bytes};
    use btt_api::types::{
        ChannelVoucher, ConditionalChannelVoucher, PoolChannelVoucher, VoucherTick,
    };
    use btt_runtime::modules::channels::voucher::{SigningKey, sign};

    use super::*;

    /// The channel of all tests here.
    pub(in super::super) const ID: B256 = B256::repeat_byte(7);

    pub(in super::super) fn domain() -> Domain {
        Domain::of(990_003)
    }

    pub(in super::super) fn key() -> SigningKey {
        SigningKey::from_byte_array([5; 32]).unwrap()
    }

    pub(in super::super) fn signed(voucher: AnyVoucher) -> SignedVoucher {
        let signature = sign(digest(&domain(), &voucher), &key());
        let signature = Bytes::copy_from_slice(&signature.as_bytes());
        SignedVoucher { voucher, tick: None, secret: None, signature, digest: None }
    }

    pub(in super::super) fn plain(lane: u32, cumulative_amount: u128) -> SignedVoucher {
        signed(AnyVoucher::Voucher(ChannelVoucher {
            channel_id: ID,
            lane,
            cumulative_amount,
            ..Default::default()
        }))
    }

    #[test]
    fn every_kind_is_one_line_that_reads_back() {
        let pool = PoolChannelVoucher {
            pool_id: ID,
            payee: Address::repeat_byte(2),
            cumulative_amount: u128::MAX,
            tick_max: 9,
            tick_value: 3,
            ..Default::default()
        };
        let tick = Some(VoucherTick { index: 4, preimage: B256::repeat_byte(1) });
        let conditional = ConditionalChannelVoucher {
            channel_id: ID,
            cumulative_amount: 1,
            hash_lock: B256::repeat_byte(3),
            timeout: 1_800_000_000,
            ..Default::default()
        };
        let secret = Some(B256::repeat_byte(4));
        for held in [
            plain(3, 12_500_000_000_000_000_000),
            SignedVoucher { tick, ..signed(AnyVoucher::Pool(pool)) },
            SignedVoucher { secret, ..signed(AnyVoucher::Conditional(conditional)) },
        ] {
            let line = to_line(&domain(), &held);
            assert!(!line.contains('\n'));
            assert_eq!(parse_line(&domain(), &line), Ok(held));
        }
        let line = to_line(&domain(), &plain(0, 12_500_000_000_000_000_000));
        assert!(line.contains(r#""cumulativeAmount":"12500000000000000000""#), "{line}");
    }

    #[test]
    fn a_line_of_another_chain_or_no_voucher_at_all_says_so() {
        let line = to_line(&domain(), &plain(0, 1));
        let elsewhere = parse_line(&Domain::of(990_000), &line).unwrap_err();
        assert_eq!(elsewhere, "its digest is not the voucher's; is it of another chain?");
        assert!(parse_line(&domain(), "{").unwrap_err().starts_with("it is no JSON"));
        assert_eq!(parse_line(&domain(), "[]").unwrap_err(), "it is no JSON object");
        let unknown = line.replace("tickMax", "tickMost");
        assert!(parse_line(&domain(), &unknown).unwrap_err().contains("tickMost"));
    }

    #[test]
    fn a_document_over_several_lines_is_one_voucher() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = to_line(&domain(), &plain(0, 1));
        std::fs::write(file.path(), format!("{line}\n\n{line}\n")).unwrap();
        assert_eq!(read_lines(file.path()).unwrap(), [line.clone(), line.clone()]);
        let json: Value = serde_json::from_str(&line).unwrap();
        std::fs::write(file.path(), serde_json::to_string_pretty(&json).unwrap()).unwrap();
        let lines = read_lines(file.path()).unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(parse_line(&domain(), &lines[0]), Ok(plain(0, 1)));
    }
}
