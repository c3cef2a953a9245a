//! What people should know of a validator before they trust it, and when stake begins to earn.

use btt_api::types::{Epoch, StakingValidator, ValidatorStatus};

use crate::render::{Fields, clean, grouped, moment, now_ms, percent};

/// Name and address under `label`, commission, and how it stands.
pub fn about(validator: &StakingValidator, label: &str) -> Fields {
    let commission = format!(
        "{}, never above {}, rises by {} a day at most",
        percent(validator.commission_bps.into()),
        percent(validator.max_commission_bps.into()),
        percent(validator.max_commission_change_bps.into())
    );
    Fields::new()
        .line(label, format!("{} ({})", clean(&validator.name), validator.operator))
        .line("commission", commission)
        .line("standing", standing(validator))
}

/// How it stands, in a few words.
fn standing(validator: &StakingValidator) -> String {
    match validator.status {
        ValidatorStatus::Active => {
            let seen = validator.signed_blocks.saturating_add(validator.missed_blocks);
            format!(
                "active, {} of the power, missed {} of {} blocks of this epoch",
                percent(validator.share_bps),
                grouped(validator.missed_blocks.into()),
                grouped(seen.into())
            )
        }
        ValidatorStatus::Candidate => "candidate: not elected, earns nothing now".to_owned(),
        ValidatorStatus::Jailed => {
            let until = moment(validator.jailed_until_ms, now_ms());
            format!("jailed, earns nothing; may come back {until}")
        }
        ValidatorStatus::Tombstoned => "out for ever: it signed twice".to_owned(),
        ValidatorStatus::Maintenance => format!(
            "in maintenance until epoch {}, earns nothing",
            grouped(validator.maintenance_until_epoch)
        ),
        ValidatorStatus::Exited => "has left".to_owned(),
    }
}

/// When the next epoch begins: `epoch 13, in 42 s (…) if blocks go on as they do`.
pub fn next_epoch(epoch: &Epoch) -> String {
    let number = grouped(epoch.number.saturating_add(1));
    let block = grouped(epoch.last_block.saturating_add(1));
    match epoch.next_expected_ms {
        Some(at) if at > now_ms() => {
            format!("epoch {number}: about {}, block {block}", moment(at, now_ms()))
        }
        _ => format!("epoch {number}: block {block}; the newest is {}", grouped(epoch.block)),
    }
}
