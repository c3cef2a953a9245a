//! What the module does in every block: it books who signed and who lied, and ends epochs.

use super::{epochs, signing, slashing, state::broken, turnover};
use crate::modules::{Host, ModuleError, Moment};
use std::sync::Arc;

/// The work of one moment.
pub(super) fn run(moment: Moment, host: &mut dyn Host) -> Result<(), ModuleError> {
    let Some(epoch) = epochs::current(host)? else { return Ok(()) };
    match moment {
        Moment::BeginBlock => {
            let facts = Arc::clone(&host.block().consensus);
            let members = epochs::members(host, epoch.set_version)?;
            signing::observe(host, &epoch, members, &facts)?;
            for offence in &facts.offences {
                // The executor refuses a block with others; two of one offender may stand in one block.
                if let Ok(case) = slashing::examine(host, offence.signer, offence.height)? {
                    slashing::accept(host, case, offence.hash)?;
                }
            }
            Ok(())
        }
        Moment::EndBlock => turnover::turn_over(host),
    }
    .map_err(|error: ModuleError| match error {
        // A hook has nobody to tell a revert.
        ModuleError::Revert(data) => broken(&format!("a hook reverts: {data}")),
        other => other,
    })
}
