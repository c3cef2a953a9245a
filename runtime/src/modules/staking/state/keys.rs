//! Whose consensus key an address is or was. A key belongs to one operator for ever.

use super::{key, load, of, store};
use crate::{
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::Address;

/// The owner of a consensus key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct KeyOwner {
    pub(in super::super) operator: Address,
    /// First epoch that it may sign in.
    pub(in super::super) from_epoch: u64,
}

impl KeyOwner {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        consensus: Address,
    ) -> Result<Option<Self>, ModuleError> {
        let mut fields = Unpack::new(load(host, key("key", &[of(&consensus)]))?);
        let operator = fields.address();
        let owner = Self { operator, from_epoch: fields.u64() };
        Ok((!operator.is_zero()).then_some(owner))
    }

    pub(in super::super) fn save(
        &self,
        host: &mut dyn Host,
        consensus: Address,
    ) -> Result<(), ModuleError> {
        let word = Pack::default().address(self.operator).u64(self.from_epoch).word();
        store(host, key("key", &[of(&consensus)]), word)
    }
}
