//! How [`History`] stands in a TOML file: a word, or a number of blocks.

use crate::storage::History;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

pub(super) fn serialize<S: Serializer>(value: &Option<History>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(history) => to.collect_str(history),
        None => to.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<History>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Blocks(u64),
    }
    match Form::deserialize(from)? {
        Form::Text(text) => text.parse().map(Some).map_err(D::Error::custom),
        Form::Blocks(blocks) => blocks.to_string().parse().map(Some).map_err(D::Error::custom),
    }
}
