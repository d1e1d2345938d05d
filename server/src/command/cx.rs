//! What a command handler sees: keys, one at a time, under their arc's lock.
//!
//! ```text
//!   handler --- string, hash, list ..., exists, expiry ---> the entry, as it is at this moment
//!           --- set, delete, incr_by, expire_at, edits ---> stamp -> merged here -> Delta, for the other owners
//! ```
//!
//! A handler decides on what it reads and says what is to be; stamps, generations, runs and tombstones are none of its
//! business. What it changed is in the [`Delta`] afterwards, ready to be sent. It may be run again from the start, since
//! an error means that nothing was changed.

mod collections;
mod hash_edit;
mod hyperloglog;
mod in_place;
mod list_edit;
mod set_edit;
mod slot_cx;
mod sorted_set_edit;
mod whole;

use std::borrow::Cow;

use bytes::Bytes;
use circlet_core::mutate::{self, Author, MutateError};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Merged, State, Value, merge};
use circlet_core::time::WallMs;

pub(crate) use self::collections::kind_of;
pub use self::hash_edit::HashEdit;
pub use self::hyperloglog::HyperLogLogEdit;
pub use self::list_edit::ListEdit;
pub use self::set_edit::SetEdit;
pub use self::slot_cx::{Deltas, SlotCx};
pub use self::sorted_set_edit::SortedSetEdit;
pub use self::whole::Whole;
use super::error::CommandError;
use super::lookups::Lookups;
use crate::store::{HashedKey, Shard};

/// A draft that grew longer than this, in bytes, is not kept for the next command.
const DRAFT_BYTES_MAX: usize = 4 << 10;

/// What becomes of a key's expiry when it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It does not expire.
    None,
    /// It expires when it did before.
    Keep,
    /// Its last millisecond is this one.
    At(WallMs),
}

/// In whose name, and when, commands are executed. One for a batch of commands; copied freely.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    /// The wall clock, read once for the batch, or the time of the arc's clock where that is ahead
    /// ([`ArcClock::time`](circlet_core::clock::ArcClock::time)).
    pub now: WallMs,
    /// Whose runs INCR adds to.
    pub author: Author,
    /// Whether deleting a key that is absent here leaves a tombstone: always, unless no other owner can have the key.
    pub buries_absent: bool,
    /// Whether other owners are to be asked about what has expired here before something is added to it. That ends the entry at its greatest stamp here,
    /// and all of it that is older everywhere; but where two nodes coordinate for a moment, the other one may have given it more time.
    pub asks_if_expired: bool,
}

/// What a command did with one key: what it changed, as encoded [`State`], and whether it found what it read. Reused from command to
/// command.
#[derive(Debug, Default)]
pub struct Delta {
    /// Where what is changed is written before it is merged here.
    draft: Vec<u8>,
    // Invariant: empty, or the encoded state of all that was changed since it was cleared.
    bytes: Vec<u8>,
    /// The greatest stamp of all that was changed.
    stamp: Stamp,
    is_changed: bool,
    is_unwanted: bool,
    lookups: Lookups,
}

/// One key, while its arc is locked.
#[derive(Debug)]
pub struct KeyCx<'a> {
    shard: &'a mut Shard,
    key: HashedKey<'a>,
    writer: Writer,
    delta: &'a mut Delta,
}

impl<'a> KeyCx<'a> {
    /// `key` in the shard of its arc. What is changed is added to `delta`.
    #[inline]
    pub fn new(shard: &'a mut Shard, key: HashedKey<'a>, writer: Writer, delta: &'a mut Delta) -> Self {
        Self {
            shard,
            key,
            writer,
            delta,
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &HashedKey<'a> {
        &self.key
    }

    /// The time: see [`Writer::now`].
    #[must_use]
    pub fn now(&self) -> WallMs {
        self.writer.now
    }

    /// The string that the key holds, a counter in its decimal form; `None` if there is no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if there is a value but not here.
    #[inline]
    pub fn string(&self) -> Result<Option<Cow<'_, [u8]>>, CommandError> {
        string(self.shard, &self.key, self.writer.now)
    }

    /// The value as a refcounted one, if it is so long that it is kept as one: it can be sent after the lock was given
    /// back, without a copy. `None` says nothing about whether there is a value.
    #[must_use]
    pub fn shared_string(&self) -> Option<Bytes> {
        let entry = self.shard.get(&self.key)?;
        let is_live = !entry.is_expired(self.writer.now);
        entry.plain_shared().filter(|_| is_live).cloned()
    }

    /// Whether the key holds a value.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if that is not known here.
    pub fn exists(&self) -> Result<bool, CommandError> {
        Ok(self.kind()?.is_some())
    }

    /// As [`KeyCx::string`], and counts whether there was a value: for a command that reads the key for its client. As in Redis, one
    /// that looks only to write (SETNX, APPEND, INCR) does not count.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::string`].
    #[inline]
    pub fn look_up(&mut self) -> Result<Option<Cow<'_, [u8]>>, CommandError> {
        let found = string(self.shard, &self.key, self.writer.now);
        match &found {
            Ok(value) => self.delta.count_lookup(value.is_some()),
            Err(CommandError::WrongType) => self.delta.count_lookup(true),
            Err(_) => {}
        }
        found
    }

    /// As [`KeyCx::exists`], and counts it as [`KeyCx::look_up`] does.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::exists`].
    pub fn look_for(&mut self) -> Result<bool, CommandError> {
        let found = self.exists()?;
        self.delta.count_lookup(found);
        Ok(found)
    }

    /// When the key expires; `None` if it does not, or holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if that is not known here.
    pub fn expiry(&self) -> Result<Option<WallMs>, CommandError> {
        Ok(if self.exists()? {
            self.shard.state(&self.key).expiry.at
        } else {
            None
        })
    }

    /// When the key was last written, its expiry included; the epoch if there is nothing.
    #[must_use]
    pub fn written_at(&self) -> WallMs {
        self.shard.state(&self.key).max_stamp().ms()
    }

    /// The memory that the entry takes, without its share of the table, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.shard.get(&self.key).map_or(0, |entry| entry.memory_bytes())
    }

    /// Writes a whole value.
    #[inline]
    pub fn set(&mut self, value: &[u8], expiry: Expiry) {
        let expires_at = match expiry {
            Expiry::None => None,
            Expiry::At(at) => Some(at),
            Expiry::Keep => self.kept_expiry(),
        };
        let stamp = self.stamp();
        if expires_at.is_some_and(|at| self.is_past(at)) {
            return self.apply(mutate::delete(stamp));
        }
        self.shard.set_plain(&self.key, stamp, expires_at, value);
        self.delta.add(mutate::set(stamp, expires_at, value));
    }

    /// Deletes the key; says whether it held a value.
    ///
    /// An absent one gets a tombstone too, since another owner may hold what is missing here.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if it is not known here whether there was a value.
    pub fn delete(&mut self) -> Result<bool, CommandError> {
        let existed = self.exists()?;
        if existed || self.writer.buries_absent {
            let stamp = self.stamp();
            self.apply(mutate::delete(stamp));
        }
        Ok(existed)
    }

    /// Adds to the counter that the key holds, 0 if it holds none, and answers the sum.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`], [`CommandError::NotAnInteger`], [`CommandError::Overflow`],
    /// [`CommandError::TooManyRuns`]; [`CommandError::NeedFullState`] if the value is not here, [`CommandError::ExpiredHere`] if others have to be asked first.
    pub fn incr_by(&mut self, by: i64) -> Result<i64, CommandError> {
        match self.raise_counter(by) {
            Some(sum) => Ok(sum),
            None => self.incr_any(by),
        }
    }

    /// As [`KeyCx::incr_by`], whatever the key holds.
    fn incr_any(&mut self, by: i64) -> Result<i64, CommandError> {
        self.expect_not_expired()?;
        let Writer { now, author, .. } = self.writer;
        let stamp = self.stamp();
        let mut draft = self.delta.take_draft();
        let found = self.shard.state(&self.key);
        let sum = mutate::incr(found, now, stamp, author, by, &mut draft).map_err(refusal)?;
        self.apply_encoded(draft);
        Ok(sum)
    }

    /// Whether something may be added to what is here, and no other owner is to be asked about its expiry.
    fn expect_not_expired(&self) -> Result<(), CommandError> {
        let Writer {
            now, asks_if_expired, ..
        } = self.writer;
        if asks_if_expired && self.shard.state(&self.key).is_expired(now) {
            return Err(CommandError::ExpiredHere);
        }
        Ok(())
    }

    /// Lets the value expire at the end of `at`, or never. Nothing happens if there is no value, or none that can be read
    /// here: ask [`KeyCx::exists`] first.
    pub fn expire_at(&mut self, at: Option<WallMs>) {
        let stamp = self.stamp();
        if at.is_some_and(|at| self.is_past(at)) {
            return self.apply(mutate::delete(stamp));
        }
        let found = self.shard.state(&self.key);
        if let Ok(Some(delta)) = mutate::expire(found, self.writer.now, stamp, at) {
            // The delta may borrow the entry's own value, which is about to change.
            let mut draft = self.delta.take_draft();
            delta.encode(&mut draft);
            self.apply_encoded(draft);
        }
    }

    fn kept_expiry(&self) -> Option<WallMs> {
        let entry = self.shard.get(&self.key)?;
        let now = self.writer.now;
        let at = entry.expires_at().filter(|_| !entry.is_expired(now))?;
        // The expiry of a collection went with its last part.
        let is_there = entry.plain().is_some() || entry.state().value(now) != Value::Missing;
        is_there.then_some(at)
    }

    /// Whether what expires then has expired already: as in Redis it is deleted instead. Other owners take nothing that expired long
    /// ago, and would keep the value from before.
    #[inline]
    fn is_past(&self, at: WallMs) -> bool {
        at < self.writer.now
    }

    #[inline]
    fn stamp(&mut self) -> Stamp {
        self.shard.clock.stamp(self.writer.now)
    }

    fn apply_encoded(&mut self, draft: Vec<u8>) {
        match State::decode_trusted(&draft) {
            Ok(delta) => self.apply(delta),
            Err(error) => debug_assert!(false, "a mutation wrote what is not a state: {error}"),
        }
        self.delta.keep_draft(draft);
    }

    fn apply(&mut self, delta: State<'_>) {
        let is_changed = self.shard.merge_own(&self.key, delta);
        debug_assert!(is_changed, "a fresh stamp wins");
        self.delta.add(delta);
    }
}

impl Delta {
    /// An empty delta that only notes whether something was changed: for a node that has nobody to send it to.
    #[must_use]
    pub fn unwanted() -> Self {
        Self {
            is_unwanted: true,
            ..Self::default()
        }
    }

    /// Whether something was changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The encoded state of what was changed; empty if nothing was, or if it is unwanted.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The greatest stamp of what was changed.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Makes it empty, and keeps the buffer.
    #[inline]
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.stamp = Stamp::ZERO;
        self.is_changed = false;
        self.lookups = Lookups::default();
    }

    /// What was looked up for the client.
    #[inline]
    #[must_use]
    pub fn lookups(&self) -> Lookups {
        self.lookups
    }

    fn take_draft(&mut self) -> Vec<u8> {
        let mut draft = std::mem::take(&mut self.draft);
        draft.clear();
        draft
    }

    fn keep_draft(&mut self, draft: Vec<u8>) {
        if draft.capacity() <= DRAFT_BYTES_MAX {
            self.draft = draft;
        }
    }

    #[inline]
    fn count_lookup(&mut self, found: bool) {
        self.lookups = self.lookups.plus(Lookups::one(found));
    }

    #[inline]
    fn add(&mut self, state: State<'_>) {
        self.is_changed = true;
        if self.is_unwanted {
            return;
        }
        self.stamp = self.stamp.max(state.max_stamp());
        if self.bytes.is_empty() {
            state.encode(&mut self.bytes);
        } else {
            self.add_to_earlier(state);
        }
    }

    /// Whether anybody is to get what was changed.
    #[inline]
    fn is_wanted(&self) -> bool {
        !self.is_unwanted
    }

    /// Adds a change that is encoded already, if it is wanted; `stamp` is the greatest in it. What the draft holds afterwards is of no use.
    #[inline]
    fn add_draft(&mut self, draft: &mut Vec<u8>, stamp: Stamp) {
        self.is_changed = true;
        if self.is_unwanted {
            return;
        }
        self.stamp = self.stamp.max(stamp);
        if self.bytes.is_empty() {
            std::mem::swap(&mut self.bytes, draft);
        } else if let Ok(delta) = State::decode_trusted(draft) {
            self.add_to_earlier(delta);
        } else {
            debug_assert!(false, "a mutation wrote what is not a state");
        }
    }

    /// Commands change a key once, as a rule; those that do it twice send one delta nevertheless.
    fn add_to_earlier(&mut self, state: State<'_>) {
        let mut both = Vec::new();
        let Ok(earlier) = State::decode_trusted(&self.bytes) else {
            debug_assert!(false, "a delta is an encoded state");
            return;
        };
        match merge(earlier, state, &mut both) {
            Merged::Same | Merged::Left => return,
            Merged::Right => state.encode(&mut both),
            Merged::Both => {}
        }
        self.bytes = both;
    }
}

#[inline]
fn string<'a>(shard: &'a Shard, key: &HashedKey<'_>, now: WallMs) -> Result<Option<Cow<'a, [u8]>>, CommandError> {
    let Some(entry) = shard.get(key) else {
        return Ok(None);
    };
    if let (Some(value), false) = (entry.plain(), entry.is_expired(now)) {
        return Ok(Some(Cow::Borrowed(value)));
    }
    match entry.state().value(now) {
        Value::Missing => Ok(None),
        Value::Unreadable => Err(CommandError::NeedFullState),
        Value::Bytes(value) => Ok(Some(Cow::Borrowed(value))),
        Value::Counter(value) => Ok(Some(Cow::Owned(value.to_string().into_bytes()))),
        Value::Collection(kind) if hyperloglog::is_hyperloglog(entry.state(), kind, now) => {
            Ok(Some(hyperloglog::text(entry.state(), now)))
        }
        Value::Collection(_) => Err(CommandError::WrongType),
    }
}

/// What the client is told when a mutation cannot be decided.
fn refusal(error: MutateError) -> CommandError {
    match error {
        MutateError::Unreadable => CommandError::NeedFullState,
        MutateError::WrongType => CommandError::WrongType,
        MutateError::NotANumber => CommandError::ScoreNotANumber,
        MutateError::NotAnInteger => CommandError::NotAnInteger,
        MutateError::Overflow => CommandError::Overflow,
        MutateError::TooManyRuns => CommandError::TooManyRuns,
    }
}

#[cfg(test)]
mod tests;
