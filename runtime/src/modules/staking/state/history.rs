//! Running sums by epoch: how much left a validator since an epoch began. Found by binary search.

use super::{at, broken, key, load, of, plus, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// A sum that only grows, remembered for the end of each epoch in which it grew.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct History(U256);

impl History {
    /// Wei that left a validator for unbonding.
    pub(in super::super) fn unbonded(validator: Address) -> Self {
        Self(key("unbonded", &[of(&validator)]))
    }

    /// Shares of `to` that came from `from` by redelegation.
    pub(in super::super) fn redelegated(from: Address, to: Address) -> Self {
        Self(key("redelegated", &[of(&from), of(&to)]))
    }

    fn len(self, host: &mut dyn Host) -> Result<u64, ModuleError> {
        Ok(Unpack::new(load(host, self.0)?).u64())
    }

    fn entry(self, host: &mut dyn Host, index: u64) -> Result<(u64, u128), ModuleError> {
        let mut fields = Unpack::new(load(host, at(self.0, index.saturating_add(1)))?);
        Ok((fields.u64(), fields.u128()))
    }

    /// The epoch in which it grew last.
    pub(in super::super) fn newest_epoch(
        self,
        host: &mut dyn Host,
    ) -> Result<Option<u64>, ModuleError> {
        match self.len(host)?.checked_sub(1) {
            Some(last) => Ok(Some(self.entry(host, last)?.0)),
            None => Ok(None),
        }
    }

    /// Adds to the sum in `epoch`, which no call before was later than.
    pub(in super::super) fn add(
        self,
        host: &mut dyn Host,
        epoch: u64,
        amount: u128,
    ) -> Result<(), ModuleError> {
        let len = self.len(host)?;
        let (index, sum) = match len.checked_sub(1) {
            Some(last) => {
                let (newest, sum) = self.entry(host, last)?;
                (if newest == epoch { last } else { len }, sum)
            }
            None => (0, 0),
        };
        let word = Pack::default().u64(epoch).u128(plus(sum, amount)?).word();
        store(host, at(self.0, index.saturating_add(1)), word)?;
        if index == len {
            let longer = len.checked_add(1).ok_or_else(|| broken("a history is full"))?;
            store(host, self.0, Pack::default().u64(longer).word())?;
        }
        Ok(())
    }

    /// What was added in `epoch` and after it.
    pub(in super::super) fn since(
        self,
        host: &mut dyn Host,
        epoch: u64,
    ) -> Result<u128, ModuleError> {
        let len = self.len(host)?;
        let Some(last) = len.checked_sub(1) else { return Ok(0) };
        let (_, sum) = self.entry(host, last)?;
        // The first entry that is not before `epoch` lies in low..high.
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = low.midpoint(high);
            if self.entry(host, middle)?.0 < epoch {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let before = match low.checked_sub(1) {
            Some(index) => self.entry(host, index)?.1,
            None => 0,
        };
        super::minus(sum, before)
    }
}
