//! A set: members.

use super::live::{Live, Shape};
use crate::state::{Kind, State};
use crate::time::WallMs;

/// A set as it is at some moment.
#[derive(Clone, Copy, Debug)]
pub struct SetView<'a> {
    live: Live<'a>,
}

impl<'a> SetView<'a> {
    /// The set that `state` is at `now`.
    #[must_use]
    pub fn new(state: State<'a>, now: WallMs) -> Self {
        Self {
            live: Live::new(state, Kind::Set, now),
        }
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Whether `member` is one of them.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        self.live.get(member).is_some()
    }

    /// All members, in an order that is the same on every node.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.live.iter().map(|part| part.name)
    }

    /// One step of SSCAN: see [`Live::scan`].
    #[must_use]
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<&'a [u8]>) {
        let (next, step) = self.live.scan(cursor, count);
        (next, step.into_iter().map(|part| part.name).collect())
    }

    /// One member, chosen by a random number.
    #[must_use]
    pub fn random(&self, random: u64) -> Option<&'a [u8]> {
        self.live.random(random).map(|part| part.name)
    }

    /// Different members: see [`Live::random_distinct`].
    pub fn random_distinct(&self, count: usize, random: impl FnMut() -> u64) -> Vec<&'a [u8]> {
        let chosen = self.live.random_distinct(count, random);
        chosen.into_iter().map(|part| part.name).collect()
    }

    /// What OBJECT ENCODING goes by.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.live.shape()
    }
}
