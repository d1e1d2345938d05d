//! What clients see of a state.

use std::borrow::Cow;

use circlet_core::collection::{HashView, ListView, SetView, SortedSetView};
use circlet_core::state::{Kind, State, Value};
use circlet_core::time::WallMs;

use crate::command::PartOf;

/// The part as clients see it.
pub(super) fn shown_part(state: State<'_>, part: &PartOf, now: WallMs) -> Option<Vec<u8>> {
    let name = &*part.name;
    match part.kind {
        Kind::Hash | Kind::String => HashView::new(state, now).get(name).map(Cow::into_owned),
        Kind::SortedSet => {
            let score = SortedSetView::new(state, now).score(name)?;
            Some(score.to_string().into_bytes())
        }
        Kind::Set => SetView::new(state, now).contains(name).then(Vec::new),
        Kind::List => {
            let mut elements = ListView::new(state, now).iter();
            elements.any(|element| element.value == name).then(Vec::new)
        }
    }
}

/// The value as clients see it.
pub(super) fn shown(value: Value<'_>) -> Option<Vec<u8>> {
    match value {
        Value::Missing | Value::Unreadable => None,
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Counter(number) => Some(number.to_string().into_bytes()),
        Value::Collection(kind) => Some(kind.name().into()),
    }
}
