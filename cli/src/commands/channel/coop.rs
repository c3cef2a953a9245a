//! `btt channel coop-close`: one side signs a split, the other signs the same and sends both.

use std::path::Path;

use alloy_primitives::{Address, B256, Bytes, U256};
use btt_api::types::CoopCloseSplit;
use btt_runtime::modules::channels::IChannels;
use btt_runtime::modules::channels::voucher::{
    CoopClose, Domain, KnownSigner, SigningKey, parse_signature, sign,
};
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;
use serde::{Deserialize, Serialize};

use super::close::due_by_lane;
use super::{id, wei};
use crate::args::Sending;
use crate::channels::{Book, Kept, Ledger, Terms, folder, read_lines};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::keys::KeySource;
use crate::native::{Names, Session};
use crate::render::Fields;
use crate::rpc::Rpc;

/// One side's half, as it goes to the other side.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Half {
    split: CoopCloseSplit,
    signer: Address,
    signature: Bytes,
    digest: B256,
}

/// The channel that is split, as the chain and the wallet know it.
struct Split {
    id: B256,
    terms: Terms,
    domain: Domain,
    /// What the payee's kept vouchers claim beyond what was paid, in wei.
    due_wei: u128,
}

impl Split {
    async fn read(context: &Context, rpc: &Rpc, text: &str) -> Result<Self, CliError> {
        let id = id(context, rpc, text).await?;
        let terms = Book::new(rpc).terms(id, None).await?.ok_or_else(|| {
            CliError::new(Code::NotFound, format!("no channel {id} is open"))
                .hint("See what is open: btt channel list")
        })?;
        let chain_id = rpc.chain_id().await?;
        let ledger: Ledger<Kept> = Ledger::open(&folder(context, chain_id), "kept")?;
        let due = due_by_lane(&ledger, id, &terms);
        let due_wei = due.iter().fold(0u128, |sum, (_, wei)| sum.saturating_add(*wei));
        Ok(Self { id, terms, domain: Domain::of(chain_id), due_wei })
    }

    fn left_wei(&self) -> u128 {
        self.terms.deposit_wei.saturating_sub(self.terms.settled_wei)
    }

    fn of(&self, payee_part: u128) -> Result<CoopClose, CliError> {
        let left_wei = self.left_wei();
        let payer_part = left_wei.checked_sub(payee_part).ok_or_else(|| {
            let [part, left] = [payee_part, left_wei].map(|wei| format_btt(U256::from(wei)));
            CliError::new(Code::InvalidAmount, format!("{part} are more than what is left, {left}"))
        })?;
        let settled = self.terms.settled_wei;
        Ok(CoopClose { channelId: self.id, settled, payerPart: payer_part, payeePart: payee_part })
    }

    /// That who signs has a part in it, and does not sign its own money away.
    fn check(&self, who: Address, split: &CoopClose, force: bool) -> Result<(), CliError> {
        if who != self.terms.signer && who != self.terms.payee {
            return Err(CliError::new(
                Code::InvalidArgument,
                format!(
                    "{who} is neither the channel's signer, {}, nor its payee, {}",
                    self.terms.signer, self.terms.payee
                ),
            )
            .hint("Choose the key: --key"));
        }
        if !force && who == self.terms.payee && split.payeePart < self.due_wei {
            let [part, due] =
                [split.payeePart, self.due_wei].map(|wei| format_btt(U256::from(wei)));
            return Err(CliError::new(
                Code::InvalidAmount,
                format!("the vouchers that you keep are worth {due}, and this pays {part}"),
            )
            .hint("Take more, or close by them: btt channel close ID. To give it away: --force"));
        }
        Ok(())
    }

    fn effect(&self, split: &CoopClose) -> Fields {
        let btt = |wei: u128| format_btt(U256::from(wei));
        Fields::new()
            .line("closes", self.id)
            .line("to the payee", format!("{} ({})", btt(split.payeePart), self.terms.payee))
            .line("to the payer", format!("{} ({})", btt(split.payerPart), self.terms.payer))
    }
}

fn signing_key(key: &btt_api::keystore::SecretKey) -> Result<SigningKey, CliError> {
    SigningKey::from_byte_array(*key.to_bytes())
        .map_err(|error| CliError::new(Code::Keystore, format!("the key signs nothing: {error}")))
}

pub(super) async fn half(
    context: &Context,
    text: &str,
    payee_part: Option<&str>,
    force: bool,
) -> Result<(), CliError> {
    let payee_part = wei("--payee-part", payee_part.unwrap_or_default())?;
    let rpc = context.rpc()?;
    let channel = Split::read(context, &rpc, text).await?;
    let split = channel.of(payee_part)?;
    let key = KeySource::select(context)?.unlock(context)?;
    channel.check(key.address(), &split, force)?;
    let digest = channel.domain.digest(&split);
    let signature = sign(digest, &signing_key(&key)?);
    let line = serde_json::json!({
        "split": {
            "channelId": split.channelId, "settled": split.settled.to_string(),
            "payerPart": split.payerPart.to_string(), "payeePart": split.payeePart.to_string(),
        },
        "signer": key.address(), "signature": Bytes::copy_from_slice(&signature.as_bytes()),
        "digest": digest,
    });
    context.output.note(&format!(
        "{}\nsigned, not sent; the other side sends it: btt channel coop-close {} --with FILE",
        channel.effect(&split).render(),
        channel.id
    ));
    context.output.line(&line.to_string())
}

fn read_half(file: &Path, domain: &Domain) -> Result<(CoopClose, Half), CliError> {
    let refuse = |why: String| {
        CliError::new(Code::InvalidArgument, format!("--with is no half of a split: {why}"))
            .hint("The other side makes it: btt channel coop-close ID --payee-part AMOUNT")
    };
    let text = read_lines(file)?.concat();
    let half: Half = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let split: CoopClose = half.split.into();
    if domain.digest(&split) != half.digest {
        return Err(refuse("its digest is not the split's; is it of another chain?".to_owned()));
    }
    let signature = parse_signature(&half.signature).map_err(|error| refuse(error.to_string()))?;
    match KnownSigner::recover(half.digest, &signature) {
        Ok(signer) if signer.address() == half.signer => Ok((split, half)),
        _ => Err(refuse("it is not signed by who it says".to_owned())),
    }
}

pub(super) async fn submit(
    context: &Context,
    text: &str,
    payee_part: Option<&str>,
    with: &Path,
    force: bool,
    sending: &Sending,
) -> Result<(), CliError> {
    let session = Session::open(context, sending)?;
    let channel = Split::read(context, &session.rpc, text).await?;
    let (split, half) = read_half(with, &channel.domain)?;
    let wanted = match payee_part {
        Some(text) => channel.of(wei("--payee-part", text)?)?,
        // Whoever says yes without looking says to what.
        None if sending.yes => {
            return Err(CliError::new(Code::Usage, "--yes signs what you cannot see")
                .hint("Say what the payee gets: --payee-part AMOUNT"));
        }
        None => channel.of(split.payeePart)?,
    };
    if split != wanted {
        let btt = |wei: u128| format_btt(U256::from(wei));
        return Err(CliError::new(
            Code::InvalidArgument,
            format!(
                "the other side signed {} for the payee and {} for the payer, after {} were paid; \
                 it should be {}, {} and {}",
                btt(split.payeePart),
                btt(split.payerPart),
                btt(split.settled),
                btt(wanted.payeePart),
                btt(wanted.payerPart),
                btt(wanted.settled)
            ),
        )
        .hint("Agree on one, and have it signed again"));
    }
    channel.check(session.from, &split, force)?;
    let is_payee = session.from == channel.terms.payee;
    let other = if is_payee { channel.terms.signer } else { channel.terms.payee };
    if half.signer != other {
        return Err(CliError::new(
            Code::InvalidArgument,
            format!("the half is signed by {}, and must be by {other}", half.signer),
        ));
    }
    let key = signing_key(&session.unlock()?)?;
    let own = Bytes::copy_from_slice(&sign(channel.domain.digest(&split), &key).as_bytes());
    let effect = channel.effect(&split);
    let (signer, payee) = if is_payee { (half.signature, own) } else { (own, half.signature) };
    let call = IChannels::coopCloseCall { split, signerSignature: signer, payeeSignature: payee };
    session.preview(CHANNELS, &call).await?;
    session.send(CHANNELS, &call, U256::ZERO, effect, &Names::default(), Fields::new()).await
}
