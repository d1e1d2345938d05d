//! Which entries of an arc the next sweep has to look at.
//!
//! ```text
//!   graves     written where something was deleted                    looked at by every sweep until they are gone
//!   expiring   a heap of what expires before the horizon              looked at by the first sweep after their time
//!              ------------------------------- horizon ---------- >   not listed: found by looking at every entry, then
//! ```
//!
//! An arc of ten thousand entries is swept every five seconds. Looking at each of them took a tenth of a core for each million entries
//! of the node as soon as anything was deleted or expired anywhere, and held the arc's lock for a millisecond. So what a sweep may change is
//! listed as it is written. The lists are short, or they are given up: of what expires the later half, by lowering the horizon; of
//! the graves all. Then a sweep looks at everything, and begins new lists.
//!
//! An entry is named by its hash, not by its key: others of the same name are looked at too, which changes nothing. It may be named
//! more often than once, or though there is nothing left to drop. A collection is named anew for the parts that a write changed, not for the
//! others, which are listed since they were written.
//!
//! Invariant: an entry that a sweep may change is listed (at its first expiry, or earlier), or expires at the horizon or later, or the graves are given up.
//!
//! Refused: a timer wheel over all expiries, 8 bytes for each entry that has one: memory is what a cache has least of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use circlet_core::time::WallMs;

use super::key::HashedKey;

/// After every expiry.
const NEVER: WallMs = WallMs::new(u64::MAX);

/// Of how many entries one may be listed, in either list. Raising it saves memory, 16 bytes for a listed expiry, and gives up sooner.
const ENTRIES_A_LISTED: usize = 8;

/// A list of fewer is not given up.
const LISTED_MIN: usize = 64;

/// An entry's slot and hash, but for eight bits of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(u64);

/// See the module's header.
#[derive(Debug)]
pub(super) struct Due {
    graves: Vec<Name>,
    /// Whether there are graves that are not listed.
    are_graves_given_up: bool,
    expiring: BinaryHeap<Reverse<(WallMs, Name)>>,
    horizon: WallMs,
}

/// What a sweep may find in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sweepable {
    /// Something was deleted.
    pub(super) has_grave: bool,
    /// When the first of what expires does.
    pub(super) expires: Option<WallMs>,
}

impl Sweepable {
    pub(super) const NOTHING: Self = Self {
        has_grave: false,
        expires: None,
    };
}

impl Name {
    /// The name of an entry in the arc that begins with slot `first_slot`.
    #[inline]
    pub(super) fn of(key: &HashedKey<'_>, first_slot: u16) -> Self {
        // An arc has 64 slots at most: six bits. The low byte of a hash is its tag.
        let slot = u64::from(key.slot.get() - first_slot);
        Self(slot << 56 | (key.hash >> 16) << 8 | key.hash & 0xff)
    }

    /// The number of the slot, and the hash with zeros for what the name lacks.
    #[inline]
    pub(super) fn slot_and_hash(self, first_slot: u16) -> (u16, u64) {
        let slot = first_slot + (self.0 >> 56) as u16;
        (slot, (self.0 << 8 >> 16) << 16 | self.0 & 0xff)
    }
}

impl Default for Due {
    fn default() -> Self {
        Self {
            graves: Vec::new(),
            are_graves_given_up: false,
            expiring: BinaryHeap::new(),
            horizon: NEVER,
        }
    }
}

impl Due {
    /// Notes what was written, or is left by a sweep, under `name` in an arc of so many `entries`.
    #[inline]
    pub(super) fn note(&mut self, name: Name, what: Sweepable, entries: usize) {
        if what.has_grave && !self.are_graves_given_up && self.graves.last() != Some(&name) {
            self.note_grave(name, entries);
        }
        if let Some(at) = what.expires
            && at < self.horizon
        {
            self.note_expiry(at, name, entries);
        }
    }

    /// Whether there may be something that has expired by `now`.
    pub(super) fn has_expired(&self, now: WallMs) -> bool {
        let first = self.expiring.peek().map_or(self.horizon, |Reverse((at, _))| *at);
        first < now
    }

    /// Takes out what a sweep by the time of `now` has to look at. `None` if that is everything: then nothing is listed any more.
    pub(super) fn take(&mut self, now: WallMs) -> Option<Vec<Name>> {
        if self.are_graves_given_up || self.horizon < now {
            *self = Self::default();
            return None;
        }
        let mut names = std::mem::take(&mut self.graves);
        while let Some(Reverse((at, name))) = self.expiring.peek() {
            if *at >= now {
                break;
            }
            names.push(*name);
            self.expiring.pop();
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// What is listed, to be searched.
    pub(super) fn listed(&self) -> Listed<'_> {
        Listed {
            due: self,
            graves: self.graves.iter().copied().collect(),
            expiring: first_by_name(&self.expiring),
        }
    }

    fn note_grave(&mut self, name: Name, entries: usize) {
        if self.graves.len() >= listed_max(entries) {
            self.graves.sort_unstable();
            self.graves.dedup();
            // At least half must be gone, or sorting would come too often.
            if self.graves.len() * 2 > listed_max(entries) {
                self.graves = Vec::new();
                self.are_graves_given_up = true;
                return;
            }
        }
        self.graves.push(name);
    }

    fn note_expiry(&mut self, at: WallMs, name: Name, entries: usize) {
        self.expiring.push(Reverse((at, name)));
        if self.expiring.len() > listed_max(entries) {
            let mut listed = std::mem::take(&mut self.expiring).into_vec();
            let middle = listed.len() / 2;
            let (_, Reverse((horizon, _)), _) = listed.select_nth_unstable_by_key(middle, |Reverse(listed)| *listed);
            self.horizon = *horizon;
            listed.retain(|Reverse((at, _))| *at < self.horizon);
            listed.shrink_to_fit();
            self.expiring = listed.into();
        }
    }
}

/// What is listed, to check that nothing is missing.
pub(super) struct Listed<'a> {
    due: &'a Due,
    graves: BTreeSet<Name>,
    expiring: BTreeMap<Name, WallMs>,
}

fn first_by_name(expiring: &BinaryHeap<Reverse<(WallMs, Name)>>) -> BTreeMap<Name, WallMs> {
    let mut first = BTreeMap::new();
    for Reverse((at, name)) in expiring {
        let listed = first.entry(*name).or_insert(*at);
        *listed = (*listed).min(*at);
    }
    first
}

impl Listed<'_> {
    /// Asserts that an entry of which this is true would be found.
    pub(super) fn check(&self, name: Name, what: Sweepable) {
        let is_listed = self.due.are_graves_given_up || self.graves.contains(&name);
        assert!(!what.has_grave || is_listed, "{name:?} has something deleted");
        if let Some(at) = what.expires.filter(|at| *at < self.due.horizon) {
            let listed = self.expiring.get(&name);
            assert!(listed.is_some_and(|listed| *listed <= at), "{name:?} expires at {at:?}");
        }
    }
}

fn listed_max(entries: usize) -> usize {
    (entries / ENTRIES_A_LISTED).max(LISTED_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u64) -> Name {
        Name(number)
    }

    fn expires(at: u64) -> Sweepable {
        Sweepable {
            expires: Some(WallMs::new(at)),
            ..Sweepable::NOTHING
        }
    }

    const GRAVE: Sweepable = Sweepable {
        has_grave: true,
        expires: None,
    };

    #[test]
    fn a_name_gives_back_slot_and_hash_but_for_the_second_byte() {
        let key = HashedKey::new(b"some key");
        let first_slot = key.slot.get() - 13;
        let (slot, hash) = Name::of(&key, first_slot).slot_and_hash(first_slot);
        assert_eq!((slot, hash), (key.slot.get(), key.hash & !0xff00));
    }

    #[test]
    fn what_expires_is_taken_in_its_time_and_graves_every_time() {
        let mut due = Due::default();
        due.note(name(1), expires(10), 0);
        due.note(name(2), expires(20), 0);
        due.note(name(3), GRAVE, 0);
        assert!(!due.has_expired(WallMs::new(10)) && due.has_expired(WallMs::new(11)));
        assert_eq!(due.take(WallMs::new(11)), Some(vec![name(1), name(3)]));
        assert_eq!(due.take(WallMs::new(20)), Some(vec![]));
        assert_eq!(due.take(WallMs::new(21)), Some(vec![name(2)]));
    }

    #[test]
    fn of_too_many_that_expire_the_later_ones_are_found_by_looking_at_all() {
        let mut due = Due::default();
        for number in (0..1_000).rev() {
            due.note(name(number), expires(number), 800);
        }
        assert!(due.expiring.len() <= 100, "an eighth of the entries");
        for number in 0..1_000 {
            due.listed().check(name(number), expires(number));
        }
        let first = due.take(WallMs::new(10)).unwrap();
        assert_eq!(first, (0..10).map(name).collect::<Vec<_>>());
        assert!(due.has_expired(WallMs::new(999)), "perhaps");
        assert_eq!(due.take(WallMs::new(999)), None, "beyond the horizon");
        assert_eq!(due.take(WallMs::new(999)), Some(vec![]), "a new beginning");
    }

    #[test]
    fn too_many_graves_are_given_up_but_not_one_that_is_written_again_and_again() {
        let mut due = Due::default();
        for number in 0..10_000 {
            due.note(name(number % 2), GRAVE, 800);
        }
        assert_eq!(due.take(WallMs::ZERO), Some(vec![name(0), name(1)]));
        (0..101).for_each(|number| due.note(name(number), GRAVE, 800));
        assert_eq!(due.take(WallMs::ZERO), None);
    }
}
