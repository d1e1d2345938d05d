//! What a command does to a collection: changes to parts, gathered until they become one delta with one stamp.
//!
//! ```text
//!   found --+--> part, set, delete, incr, expire ...  (each sees what the ones before it did)
//!           |        \--> changes
//!           +--> finish --> delta: generation as found, the changed parts, all of them stamped alike
//! ```
//!
//! The state that was found is handed to each call instead of being kept, so that whoever holds the lock may keep it in
//! whatever form it likes; it must be the same one in all calls, as [`found`](super::found) gives it.
//!
//! A change that changes nothing is none: SADD of a member that is there, SREM of one that is not. Neither leaves a trace
//! or costs a message; against a concurrent SREM or SADD on the other side of a partition it has no say.

use super::changes::{Change, Changes};
use super::incr::add;
use super::{Author, MutateError, head_of_delta};
use smallvec::SmallVec;

use crate::stamp::Stamp;
use crate::state::{Base, Expiry, Kind, Part, PartId, State, parse_integer, score_bytes};
use crate::time::WallMs;

/// The greatest whole number to which no other sum is rounded: one below 2^53.
const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

/// Changes to the parts of one collection.
#[derive(Clone, Debug)]
pub struct Edit {
    kind: Kind,
    now: WallMs,
    author: Author,
    /// What every changed part is stamped with.
    stamp: Stamp,
    /// The generation to begin, if all that there is goes away.
    replaces: Option<Replaced>,
    changes: Changes,
    /// How many more live parts there are than were found; if it replaces all, how many there are.
    len_change: isize,
}

#[derive(Clone, Copy, Debug)]
struct Replaced {
    generation: Stamp,
    expires_at: Option<WallMs>,
}

impl Edit {
    /// Changes to what was found, at a stamp above all that was found.
    #[must_use]
    pub fn new(kind: Kind, now: WallMs, stamp: Stamp, author: Author) -> Self {
        Self {
            kind,
            now,
            author,
            stamp,
            replaces: None,
            changes: Changes::new(),
            len_change: 0,
        }
    }

    /// A whole new collection in place of whatever was found, which the calls that take it do not look at: what the STORE
    /// commands, RENAME and COPY write. It begins the generation `stamp`, and its parts are stamped right above that.
    #[must_use]
    pub fn replacing(kind: Kind, now: WallMs, stamp: Stamp, author: Author, expires_at: Option<WallMs>) -> Self {
        Self {
            replaces: Some(Replaced {
                generation: stamp,
                expires_at,
            }),
            ..Self::new(kind, now, stamp.next(), author)
        }
    }

    /// The type of the collection.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// In whose name it is changed.
    #[must_use]
    pub const fn author(&self) -> Author {
        self.author
    }

    /// The generation that the collection has after it.
    #[must_use]
    pub fn generation(&self, found: State<'_>) -> Stamp {
        self.replaces.map_or(found.generation, |replaced| replaced.generation)
    }

    /// Whether all that was found goes away.
    #[must_use]
    pub const fn is_replacing(&self) -> bool {
        self.replaces.is_some()
    }

    /// The live part `name`, with what was changed so far.
    #[must_use]
    pub fn part<'s>(&'s self, found: State<'s>, name: &'s [u8]) -> Option<Part<'s>> {
        self.current(found, name).filter(|part| part.is_live(self.now))
    }

    /// Whether there is a part `name` that has expired.
    #[must_use]
    pub fn finds_expired(&self, found: State<'_>, name: &[u8]) -> bool {
        self.current(found, name)
            .is_some_and(|part| part.state.is_expired(self.now))
    }

    /// How many live parts there are, if `found_len` were found.
    #[must_use]
    pub fn len_after(&self, found_len: usize) -> usize {
        let before = if self.is_replacing() { 0 } else { found_len };
        before.saturating_add_signed(self.len_change)
    }

    /// Whether there are no changes, or if it replaces all, no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Writes a part; says whether there was none.
    pub fn set(&mut self, found: State<'_>, name: &[u8], value: &[u8], expires_at: Option<WallMs>) -> bool {
        let is_new = self.part(found, name).is_none();
        if expires_at.is_some_and(|at| at < self.now) {
            self.delete(found, name);
            return is_new;
        }
        self.changes.put(name, Change::written(self.stamp, value, expires_at));
        self.len_change += isize::from(is_new);
        is_new
    }

    /// Writes a part that is known not to be there, neither dead nor alive, nor changed before.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(self.changes.get(name).is_none(), "it was changed before");
        self.changes.put(name, Change::written(self.stamp, value, None));
        self.len_change += 1;
    }

    /// Deletes a part; says whether there was one.
    pub fn delete(&mut self, found: State<'_>, name: &[u8]) -> bool {
        if self.part(found, name).is_none() {
            return false;
        }
        self.len_change -= 1;
        if self.is_replacing() {
            self.changes.remove(name);
        } else {
            let deleted = Part::deleted(self.kind, name, self.stamp);
            self.changes.put(name, Change::of(deleted.state));
        }
        true
    }

    /// Adds to the whole number that a part's value is, 0 if there is none, and answers the sum.
    ///
    /// # Errors
    ///
    /// [`MutateError::NotAnInteger`], [`MutateError::Overflow`], [`MutateError::TooManyRuns`]; nothing is changed then.
    pub fn incr(&mut self, found: State<'_>, name: &[u8], by: i64) -> Result<i64, MutateError> {
        let is_new = self.part(found, name).is_none();
        let state = self.to_add_to(found, name);
        let base = match state.base {
            Base::Bytes(text) => parse_integer(text).ok_or(MutateError::NotAnInteger)?,
            Base::None | Base::Unknown => 0,
        };
        let (sum, change) = if self.is_own(state) {
            let sum = base.checked_add(by).ok_or(MutateError::Overflow)?;
            (sum, self.overwritten(state, sum.to_string().as_bytes()))
        } else {
            let (sum, run) = add(state, base, self.stamp, self.author, by)?;
            (sum, Change::with_run(state, run))
        };
        self.changes.put(name, change);
        self.len_change += isize::from(is_new);
        Ok(sum)
    }

    /// Adds to a member's score, 0 if there is none, and answers the sum.
    ///
    /// Whole numbers that stay exact are added as runs, so that concurrent ones add up; others are written as the sum, the
    /// last of which wins.
    ///
    /// # Errors
    ///
    /// [`MutateError::NotANumber`] if the sum is none, [`MutateError::TooManyRuns`]; nothing is changed then.
    pub fn incr_score(&mut self, found: State<'_>, name: &[u8], by: f64) -> Result<f64, MutateError> {
        let before = self.part(found, name).map(|part| part.score());
        let sum = before.unwrap_or(0.0) + by;
        if sum.is_nan() {
            return Err(MutateError::NotANumber);
        }
        let state = self.to_add_to(found, name);
        let written = self.view(name, state).written_score().unwrap_or(0.0);
        let is_exact = [by, written, before.unwrap_or(0.0), sum].into_iter().all(is_exact);
        let change = if is_exact && !self.is_own(state) {
            let (_, run) = add(state, 0, self.stamp, self.author, by as i64)?;
            Change::with_run(state, run)
        } else {
            self.overwritten(state, &score_bytes(sum))
        };
        self.changes.put(name, change);
        self.len_change += isize::from(before.is_none());
        Ok(sum)
    }

    /// Lets a part expire at the end of `at`, or never; says whether there was one. A time that is past deletes it.
    pub fn expire(&mut self, found: State<'_>, name: &[u8], at: Option<WallMs>) -> bool {
        if at.is_some_and(|at| at < self.now) {
            return self.delete(found, name);
        }
        let Some(part) = self.part(found, name) else {
            return false;
        };
        // An expiry belongs to a generation of the part. One that was only ever added to has none: it gets the least that it can have here, under which
        // all additions live on, those too that were not seen.
        let least = self.generation(found).next();
        let change = if part.state.generation > Stamp::ZERO || part.state.runs.iter().all(|run| run.birth > least) {
            Change::of(State {
                generation: part.state.generation.max(least),
                expiry: Expiry { at, stamp: self.stamp },
                ..part.state
            })
        } else {
            // Born in the same tick as the collection's generation: no stamp is between the two.
            Change::written(self.stamp, &part.value_bytes(), at)
        };
        self.changes.put(name, change);
        true
    }

    /// Appends the encoded delta to `delta`; says whether there is anything to be written.
    pub fn finish(&self, found: State<'_>, delta: &mut Vec<u8>) -> bool {
        if let Some(Replaced { generation, expires_at }) = self.replaces {
            let expiry = Expiry {
                at: expires_at,
                stamp: generation,
            };
            let whole = State {
                expiry: if self.changes.is_empty() {
                    State::tombstone(generation).expiry
                } else {
                    expiry
                },
                ..State::tombstone(generation)
            };
            self.encode_with_changes(whole, delta);
            return true;
        }
        if self.changes.is_empty() {
            return false;
        }
        self.encode_with_changes(head_of_delta(found, self.now, self.stamp), delta);
        true
    }

    fn encode_with_changes(&self, head: State<'_>, delta: &mut Vec<u8>) {
        let mut changes: SmallVec<[(PartId<'_>, &Change); 4]> = SmallVec::new();
        changes.extend(
            self.changes
                .iter()
                .map(|(name, change)| (PartId::new(self.kind, name), change)),
        );
        changes.sort_unstable_by_key(|(id, _)| *id);
        let changes = changes.iter().map(|(id, change)| self.view(id.name, change.state()));
        head.encode_with_parts(changes, delta);
    }

    fn current<'s>(&'s self, found: State<'s>, name: &'s [u8]) -> Option<Part<'s>> {
        match self.changes.get(name) {
            Some(change) => Some(self.view(name, change.state())),
            None if self.is_replacing() => None,
            None => found.parts.find(self.kind, name),
        }
    }

    /// The state of the part `name` as additions find it: an expired one was deleted at its greatest stamp.
    fn to_add_to<'s>(&'s self, found: State<'s>, name: &'s [u8]) -> State<'s> {
        match self.current(found, name) {
            None => State {
                base: Base::None,
                ..State::ABSENT
            },
            Some(part) if part.state.is_expired(self.now) => State::tombstone(part.state.max_stamp()),
            Some(part) => part.state,
        }
    }

    /// Whether `state` was written by this edit, so that a run born now would be dead.
    fn is_own(&self, state: State<'_>) -> bool {
        self.is_replacing() || state.generation >= self.stamp
    }

    /// The change that writes `value` over `state`, and keeps its expiry.
    fn overwritten(&self, state: State<'_>, value: &[u8]) -> Change {
        Change::written(self.stamp, value, state.expiry.at)
    }

    fn view<'s>(&self, name: &'s [u8], state: State<'s>) -> Part<'s> {
        Part {
            kind: self.kind,
            name,
            state,
        }
    }
}

fn is_exact(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= EXACT_MAX
}
