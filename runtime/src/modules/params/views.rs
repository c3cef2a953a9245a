//! The module's reads.

use super::{IParams, Param, registry, state};
use crate::modules::{Call, ModuleError};
use alloy_primitives::U256;

/// Every parameter with its range.
pub(super) fn all(call: &mut Call<'_>) -> Result<Vec<IParams::Param>, ModuleError> {
    registry::registry()
        .map(|param| {
            Ok(IParams::Param {
                name: param.name.to_owned(),
                value: value(call, param)?,
                min: U256::from(param.min),
                max: U256::from(param.max),
                defaultValue: U256::from((param.default)(&call.block().params)),
                unit: param.unit.to_owned(),
            })
        })
        .collect()
}

/// The value of one parameter.
pub(super) fn get(call: &mut Call<'_>, name: &str) -> Result<U256, ModuleError> {
    let param = registry::find(name)
        .ok_or_else(|| ModuleError::revert(IParams::UnknownParam { name: name.to_owned() }))?;
    value(call, param)
}

/// Names of all parameters.
pub(super) fn names() -> Vec<String> {
    registry::registry().map(|param| param.name.to_owned()).collect()
}

fn value(call: &mut Call<'_>, param: &Param) -> Result<U256, ModuleError> {
    let default = (param.default)(&call.block().params);
    Ok(state::value_of(call.load(state::slot(param.name))?, default))
}
