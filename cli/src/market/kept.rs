//! Sealed bids in the wallet: what a reveal needs. Each is a file of its own, on the disk before its commit is sent
//! and never half written, so that no crash leaves a bid that bids its ceiling for want of its salt.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, U256};
use btt_api::types::BidTier;
use btt_runtime::modules::market::{IMarket, clearing::Tier, commit_hash};
use serde::{Deserialize, Serialize};

use crate::channels::{make_private_folder, private_file, sync_folder};
use crate::context::Context;
use crate::error::{CliError, Code};

/// Epochs, a day of them, after which a bid's secrets are of no use to anybody.
const KEPT_EPOCHS: u32 = 1_440;

/// All of a sealed bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBid {
    /// The chain.
    pub chain_id: u64,
    /// The epoch that it is sealed for.
    pub epoch: u32,
    /// Who pays, and reveals.
    pub buyer: Address,
    /// What is downloaded.
    pub swarm: B256,
    /// What it bids.
    pub tiers: Vec<BidTier>,
    /// Its secret.
    pub salt: B256,
    /// No unit costs more, in ticks.
    pub ceiling_ticks: u64,
    /// Most units.
    pub qmax: u32,
    /// Epochs that it stands for.
    pub epochs: u32,
    /// Who signs receipts.
    pub signer: Address,
    /// Its id; `null` until its commit is final.
    pub bid_id: Option<u64>,
    /// Whether it is revealed.
    pub is_revealed: bool,
}

impl KeptBid {
    /// What the chain knows of it before the reveal.
    pub fn commit_hash(&self) -> B256 {
        let tiers: Vec<Tier> = self.tiers.iter().map(tier).collect();
        commit_hash(self.chain_id, self.epoch, self.buyer, self.swarm, &tiers, self.salt)
    }

    /// Locked for each epoch, in ticks; `None` beyond all coins.
    pub fn lock_ticks(&self) -> Option<u64> {
        self.ceiling_ticks.checked_mul(u64::from(self.qmax))
    }

    /// The call that seals it, with at most so much for its place.
    pub fn commit(&self, max_book_fee_wei: U256) -> IMarket::commitBidCall {
        IMarket::commitBidCall {
            epoch: self.epoch,
            swarm: self.swarm,
            qmax: self.qmax,
            lockTicks: self.lock_ticks().unwrap_or(u64::MAX),
            commitHash: self.commit_hash(),
            signer: self.signer,
            maxBookFeeWei: max_book_fee_wei,
            epochs: self.epochs,
        }
    }

    /// The call that reveals it under this id.
    pub fn reveal(&self, id: u64) -> IMarket::revealBidCall {
        let tiers = self.tiers.iter().map(tier);
        let tiers = tiers.map(|t| IMarket::Tier { price: t.price, quantity: t.quantity });
        IMarket::revealBidCall { bidId: id, tiers: tiers.collect(), salt: self.salt }
    }
}

/// A tier as clearing has it.
pub fn tier(tier: &BidTier) -> Tier {
    Tier { price: tier.price_ticks.0, quantity: tier.quantity }
}

/// The folder of a chain's sealed bids.
#[derive(Debug)]
pub struct Kept(PathBuf);

impl Kept {
    /// Where the wallet keeps what it knows of a chain's market: beside the folder of its key files.
    pub fn of(context: &Context, chain_id: u64) -> Self {
        Self(context.folder.path().with_file_name("market").join(chain_id.to_string()))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self, bid: &KeptBid) -> PathBuf {
        self.0.join(format!("bid-{}-{:x}.json", bid.epoch, bid.commit_hash()))
    }

    /// Writes a bid, in place of what was known of it. When this returns, it is safe from a loss of power.
    ///
    /// # Errors
    /// [`Code::Io`]; the bid must not be sealed then.
    pub fn write(&self, bid: &KeptBid) -> Result<(), CliError> {
        let path = self.file(bid);
        let temporary = path.with_extension("json.new");
        let text = serde_json::to_string_pretty(bid)
            .map_err(|error| CliError::new(Code::Io, format!("cannot write JSON: {error}")))?;
        let replace = || -> std::io::Result<()> {
            make_private_folder(&self.0)?;
            let mut file = private_file(&temporary)?;
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            sync_folder(&self.0)
        };
        replace().map_err(|error| {
            CliError::new(Code::Io, format!("cannot write {}: {error}", path.display()))
        })
    }

    /// Forgets a bid that never came into the book.
    pub fn remove(&self, bid: &KeptBid) {
        // One that stays harms nobody: its epoch passes.
        let _ = fs::remove_file(self.file(bid));
    }

    /// Removes the bids of epochs that are long over when `epoch` is under way.
    pub fn forget_old(&self, epoch: u32) {
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for path in files.map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let sealed_for = name.strip_prefix("bid-").and_then(|rest| rest.split('-').next());
            let sealed_for = sealed_for.and_then(|epoch| epoch.parse::<u32>().ok());
            if sealed_for.is_some_and(|sealed| sealed.saturating_add(KEPT_EPOCHS) < epoch) {
                // One that stays harms nobody.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// All bids, oldest epoch first; those that are long over are left out.
    ///
    /// # Errors
    /// [`Code::Io`], also for a file that is not to be understood.
    pub fn bids(&self, epoch: u32) -> Result<Vec<KeptBid>, CliError> {
        let failed = |path: &Path, error: &dyn std::fmt::Display| {
            CliError::new(Code::Io, format!("cannot use {}: {error}", path.display()))
        };
        self.forget_old(epoch);
        let mut bids = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(bids),
            Err(error) => return Err(failed(&self.0, &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| failed(&self.0, &error))?.path();
            if path.extension().is_none_or(|kind| kind != "json") {
                continue;
            }
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
            let bid: KeptBid = serde_json::from_str(&text).map_err(|e| failed(&path, &e))?;
            bids.push(bid);
        }
        bids.sort_by_key(|bid| (bid.epoch, bid.bid_id));
        Ok(bids)
    }
}

#[cfg(test)]
mod tests {
    use btt_api::types::Number;

    use super::*;

    fn bid(epoch: u32) -> KeptBid {
        KeptBid {
            chain_id: 990_002,
            epoch,
            buyer: Address::repeat_byte(1),
            swarm: B256::repeat_byte(2),
            tiers: vec![BidTier { price_ticks: Number(50_000), quantity: 4 }],
            salt: B256::repeat_byte(3),
            ceiling_ticks: 60_000,
            qmax: 4,
            epochs: 1,
            signer: Address::ZERO,
            bid_id: None,
            is_revealed: false,
        }
    }

    #[test]
    fn a_bid_is_kept_for_its_owner_and_comes_back_whole() {
        let place = tempfile::tempdir().unwrap();
        let kept = Kept(place.path().join("market"));
        assert_eq!(kept.bids(1), Ok(Vec::new()));
        kept.write(&bid(7)).unwrap();
        let known = KeptBid { bid_id: Some(5), ..bid(7) };
        kept.write(&known).unwrap();
        // What a crash left behind before the rename is no bid.
        fs::write(kept.path().join("bid-7-ab.json.new"), "{").unwrap();
        kept.write(&bid(9)).unwrap();
        assert_eq!(kept.bids(9), Ok(vec![known, bid(9)]));
        let file = kept.file(&bid(7));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(kept.path())), (0o600, 0o700));
        }
        assert_eq!(kept.bids(8 + KEPT_EPOCHS), Ok(vec![bid(9)]), "its secrets are of no use");
        assert!(!file.exists());
        fs::write(kept.path().join("bid-8-ab.json.new"), "{").unwrap();
        fs::write(kept.path().join("other"), "mine").unwrap();
        kept.forget_old(10 + KEPT_EPOCHS);
        let left = fs::read_dir(kept.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["other"]);
        kept.write(&bid(9)).unwrap();
        fs::write(kept.path().join("bid-1.json"), "{}").unwrap();
        assert!(kept.bids(9).unwrap_err().message.contains("bid-1.json"));
    }

    #[test]
    fn what_is_sealed_is_what_is_revealed() {
        let bid = bid(7);
        let commit = bid.commit(U256::from(9));
        assert_eq!((commit.lockTicks, commit.epoch, commit.qmax), (240_000, 7, 4));
        let reveal = bid.reveal(5);
        let tiers = [Tier { price: reveal.tiers[0].price, quantity: reveal.tiers[0].quantity }];
        let hash = commit_hash(990_002, 7, bid.buyer, bid.swarm, &tiers, reveal.salt);
        assert_eq!(commit.commitHash, hash);
        assert_eq!(KeptBid { ceiling_ticks: u64::MAX, ..bid }.lock_ticks(), None);
    }
}
