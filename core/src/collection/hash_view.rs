//! A hash: fields with values.

use std::borrow::Cow;

use super::live::{Live, Shape};
use crate::state::{Kind, Part, State};
use crate::time::WallMs;

/// A hash as it is at some moment.
#[derive(Clone, Copy, Debug)]
pub struct HashView<'a> {
    live: Live<'a>,
}

/// One field of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value; a counter's in decimal form.
    pub value: Cow<'a, [u8]>,
    /// The last millisecond in which it is there; `None` if it does not expire.
    pub expires_at: Option<WallMs>,
}

impl<'a> HashView<'a> {
    /// The hash that `state` is at `now`.
    #[must_use]
    pub fn new(state: State<'a>, now: WallMs) -> Self {
        Self {
            live: Live::new(state, Kind::Hash, now),
        }
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &[u8]) -> Option<Cow<'a, [u8]>> {
        self.live.get(field).map(|part| part.text())
    }

    /// A field with all that is known of it.
    #[must_use]
    pub fn field(&self, field: &[u8]) -> Option<Field<'a>> {
        self.live.get(field).map(Field::of)
    }

    /// All fields, in an order that is the same on every node.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        self.live.iter().map(Field::of)
    }

    /// One step of HSCAN: see [`Live::scan`].
    #[must_use]
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Field<'a>>) {
        let (next, step) = self.live.scan(cursor, count);
        (next, step.into_iter().map(Field::of).collect())
    }

    /// One field, chosen by a random number.
    #[must_use]
    pub fn random(&self, random: u64) -> Option<Field<'a>> {
        self.live.random(random).map(Field::of)
    }

    /// Different fields: see [`Live::random_distinct`].
    pub fn random_distinct(&self, count: usize, random: impl FnMut() -> u64) -> Vec<Field<'a>> {
        let chosen = self.live.random_distinct(count, random);
        chosen.into_iter().map(Field::of).collect()
    }

    /// What OBJECT ENCODING goes by.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.live.shape()
    }
}

impl<'a> Field<'a> {
    /// The field that a part of a hash is.
    #[must_use]
    pub fn of(part: Part<'a>) -> Self {
        Self {
            name: part.name,
            value: part.text(),
            expires_at: part.state.expiry.at,
        }
    }
}
