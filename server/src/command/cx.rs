//! What a command handler sees: keys, one at a time, under their arc's lock.
//!
//! ```text
//!   handler --- string, exists, expiry ---> the entry, as it is at this moment
//!           --- set, delete, incr_by, expire_at ---> stamp -> merged here -> Delta, for the other owners
//! ```
//!
//! A handler decides on what it reads and says what is to be; stamps, generations, runs and tombstones are none of its
//! business. What it changed is in the [`Delta`] afterwards, ready to be sent. It may be run again from the start, since
//! an error means that nothing was changed.

use std::borrow::Cow;

use bytes::Bytes;
use circlet_core::mutate::{self, Author, MutateError};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Merged, State, Value, merge};
use circlet_core::time::WallMs;

use super::error::CommandError;
use crate::store::{HashedKey, Shard};

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
    /// The wall clock, read once for the batch.
    pub now: WallMs,
    /// Whose runs INCR adds to.
    pub author: Author,
    /// Whether deleting a key that is absent here leaves a tombstone: always, unless no other owner can have the key.
    pub buries_absent: bool,
}

/// What a command changed of one key, as encoded [`State`]. Reused from command to command.
#[derive(Debug, Default)]
pub struct Delta {
    // Invariant: empty, or the encoded state of all that was changed since it was cleared.
    bytes: Vec<u8>,
    is_changed: bool,
    is_unwanted: bool,
}

/// One key, while its arc is locked.
#[derive(Debug)]
pub struct KeyCx<'a> {
    shard: &'a mut Shard,
    key: HashedKey<'a>,
    writer: Writer,
    delta: &'a mut Delta,
}

/// Several keys of one slot, while their arc is locked: for commands that must be atomic over them.
#[derive(Debug)]
pub struct SlotCx<'a> {
    shard: &'a mut Shard,
    writer: Writer,
    deltas: &'a mut Deltas,
}

/// What a command changed of which keys. Reused from command to command.
#[derive(Debug, Default)]
pub struct Deltas {
    keys: Vec<(Box<[u8]>, Delta)>,
    is_unwanted: bool,
}

/// How far back a key's earlier delta is looked for. Of a key that comes again after more others than this there are two
/// deltas, which merge at the other owners.
const RECENT_KEYS: usize = 4;

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

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> WallMs {
        self.writer.now
    }

    /// The string that the key holds, a counter in its decimal form; `None` if there is no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if there is a value but not here.
    #[inline]
    pub fn string(&self) -> Result<Option<Cow<'_, [u8]>>, CommandError> {
        let Some(entry) = self.shard.get(&self.key) else {
            return Ok(None);
        };
        if let (Some(value), false) = (entry.plain(), entry.is_expired(self.writer.now)) {
            return Ok(Some(Cow::Borrowed(value)));
        }
        match entry.state().value(self.writer.now) {
            Value::Missing => Ok(None),
            Value::Unreadable => Err(CommandError::NeedFullState),
            Value::Bytes(value) => Ok(Some(Cow::Borrowed(value))),
            Value::Counter(value) => Ok(Some(Cow::Owned(value.to_string().into_bytes()))),
        }
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
        match self.shard.state(&self.key).value(self.writer.now) {
            Value::Missing => Ok(false),
            Value::Unreadable => Err(CommandError::NeedFullState),
            Value::Bytes(_) | Value::Counter(_) => Ok(true),
        }
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
    /// [`CommandError::NotAnInteger`], [`CommandError::Overflow`], [`CommandError::TooManyRuns`], or
    /// [`CommandError::NeedFullState`] if the value is not here.
    pub fn incr_by(&mut self, by: i64) -> Result<i64, CommandError> {
        let Writer { now, author, .. } = self.writer;
        let stamp = self.stamp();
        let mut encoded = Vec::new();
        let found = self.shard.state(&self.key);
        let sum = mutate::incr(found, now, stamp, author, by, &mut encoded).map_err(refusal)?;
        match State::decode(&encoded) {
            Ok(delta) => self.apply(delta),
            Err(error) => debug_assert!(false, "incr wrote what is not a state: {error}"),
        }
        Ok(sum)
    }

    /// Lets the value expire at the end of `at`, or never. Nothing happens if there is no value, or none that can be read
    /// here: ask [`KeyCx::exists`] first.
    pub fn expire_at(&mut self, at: Option<WallMs>) {
        let stamp = self.stamp();
        let found = self.shard.state(&self.key);
        let mut encoded = Vec::new();
        if let Ok(Some(delta)) = mutate::expire(found, self.writer.now, stamp, at) {
            // The delta may borrow the entry's own value, which is about to change.
            delta.encode(&mut encoded);
        }
        if let Ok(delta) = State::decode(&encoded) {
            self.apply(delta);
        }
    }

    fn kept_expiry(&self) -> Option<WallMs> {
        let entry = self.shard.get(&self.key)?;
        entry.expires_at().filter(|_| !entry.is_expired(self.writer.now))
    }

    #[inline]
    fn stamp(&mut self) -> Stamp {
        self.shard.clock.stamp(self.writer.now)
    }

    fn apply(&mut self, delta: State<'_>) {
        let merge = self.shard.merge(&self.key, delta);
        debug_assert!(
            merge.changed && merge.superseded_by.is_none(),
            "a fresh stamp wins: {merge:?}"
        );
        self.delta.add(delta);
    }
}

impl<'a> SlotCx<'a> {
    /// The keys of one slot in the shard of its arc. What is changed is added to `deltas`.
    pub fn new(shard: &'a mut Shard, writer: Writer, deltas: &'a mut Deltas) -> Self {
        Self { shard, writer, deltas }
    }

    /// One of the keys; the caller has made sure that it is of this arc.
    pub fn key<'b>(&'b mut self, key: &'b [u8]) -> KeyCx<'b> {
        KeyCx::new(self.shard, HashedKey::new(key), self.writer, self.deltas.of(key))
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> WallMs {
        self.writer.now
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

    /// Makes it empty, and keeps the buffer.
    #[inline]
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.is_changed = false;
    }

    #[inline]
    fn add(&mut self, state: State<'_>) {
        self.is_changed = true;
        if self.is_unwanted {
            return;
        }
        if self.bytes.is_empty() {
            state.encode(&mut self.bytes);
        } else {
            self.add_to_earlier(state);
        }
    }

    /// Commands change a key once, as a rule; those that do it twice send one delta nevertheless.
    fn add_to_earlier(&mut self, state: State<'_>) {
        let mut both = Vec::new();
        let Ok(earlier) = State::decode(&self.bytes) else {
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

impl Deltas {
    /// As [`Delta::unwanted`].
    #[must_use]
    pub fn unwanted() -> Self {
        Self {
            is_unwanted: true,
            ..Self::default()
        }
    }

    /// The keys that were changed, each with its delta.
    pub fn changed(&self) -> impl Iterator<Item = (&[u8], &Delta)> {
        let changed = self.keys.iter().filter(|(_, delta)| delta.is_changed());
        changed.map(|(key, delta)| (&**key, delta))
    }

    /// Makes it empty.
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    fn of(&mut self, key: &[u8]) -> &mut Delta {
        let recent = self.keys.len().saturating_sub(RECENT_KEYS);
        let known = (recent..self.keys.len()).find(|&at| *self.keys[at].0 == *key);
        let at = known.unwrap_or_else(|| {
            // A key that was only read need not be remembered.
            self.keys.pop_if(|(_, delta)| !delta.is_changed());
            let delta = Delta {
                is_unwanted: self.is_unwanted,
                ..Delta::default()
            };
            self.keys.push((key.into(), delta));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }
}

/// What the client is told when a mutation cannot be decided.
fn refusal(error: MutateError) -> CommandError {
    match error {
        MutateError::Unreadable => CommandError::NeedFullState,
        MutateError::NotAnInteger => CommandError::NotAnInteger,
        MutateError::Overflow => CommandError::Overflow,
        MutateError::TooManyRuns => CommandError::TooManyRuns,
    }
}

#[cfg(test)]
mod tests {
    use circlet_ring::{ArcCount, Slot};

    use super::*;
    use crate::store::Store;

    const NOW: WallMs = WallMs::new(1_763_719_355_123);

    fn writer(now: WallMs) -> Writer {
        Writer {
            now,
            author: Author {
                node: 7,
                run_epoch: Stamp::ZERO,
            },
            buries_absent: true,
        }
    }

    /// Two nodes; what is done to a key on the first is merged on the second.
    struct Pair {
        here: Store,
        there: Store,
        now: WallMs,
    }

    impl Pair {
        fn new() -> Self {
            Self {
                here: Store::new(ArcCount::DEFAULT),
                there: Store::new(ArcCount::DEFAULT),
                now: NOW,
            }
        }

        fn on<T>(&self, key: &[u8], command: impl FnOnce(&mut KeyCx<'_>) -> T) -> T {
            let key = HashedKey::new(key);
            let mut delta = Delta::default();
            let arc = key.arc(self.here.arcs());
            let mut shard = self.here.lock(arc);
            let answer = command(&mut KeyCx::new(&mut shard, key, writer(self.now), &mut delta));
            if delta.is_changed() {
                let state = State::decode(delta.as_bytes()).unwrap();
                assert!(self.there.lock(arc).merge(&key, state).changed);
            }
            assert_eq!(
                shard.digest(),
                self.there.lock(arc).digest(),
                "both owners hold the same"
            );
            shard.check_invariants();
            answer
        }

        fn string(&self, key: &[u8]) -> Option<Vec<u8>> {
            self.on(key, |cx| cx.string().unwrap().map(Cow::into_owned))
        }
    }

    #[test]
    fn what_is_set_is_read_until_it_is_deleted() {
        let pair = Pair::new();
        assert_eq!(pair.string(b"k"), None);
        pair.on(b"k", |cx| cx.set(b"v", Expiry::None));
        assert_eq!(pair.string(b"k").as_deref(), Some(&b"v"[..]));
        assert_eq!(pair.on(b"k", |cx| cx.exists()), Ok(true));
        assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(true));
        assert_eq!(pair.string(b"k"), None);
        assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(false), "it is gone already");
    }

    #[test]
    fn deleting_an_absent_key_leaves_a_tombstone_if_another_owner_may_have_it() {
        let pair = Pair::new();
        assert_eq!(pair.on(b"k", |cx| cx.delete()), Ok(false));
        assert_eq!(pair.here.counts().tombstones, 1);

        let store = Store::new(ArcCount::DEFAULT);
        let key = HashedKey::new(b"k");
        let mut delta = Delta::default();
        let alone = Writer {
            buries_absent: false,
            ..writer(NOW)
        };
        let mut shard = store.lock(key.arc(store.arcs()));
        assert_eq!(KeyCx::new(&mut shard, key, alone, &mut delta).delete(), Ok(false));
        assert!(!delta.is_changed() && shard.is_empty());
    }

    #[test]
    fn a_value_is_missing_after_its_last_millisecond() {
        let mut pair = Pair::new();
        let at = WallMs::new(NOW.get() + 10);
        pair.on(b"k", |cx| cx.set(b"v", Expiry::At(at)));
        pair.now = at;
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at)));
        assert!(pair.string(b"k").is_some());
        pair.now = WallMs::new(at.get() + 1);
        assert_eq!(pair.string(b"k"), None);
        assert_eq!(
            pair.on(b"k", |cx| (cx.exists(), cx.expiry(), cx.shared_string())),
            (Ok(false), Ok(None), None)
        );
        assert_eq!(
            pair.on(b"k", |cx| cx.incr_by(5)),
            Ok(5),
            "a counter starts from nothing"
        );
        assert_eq!(
            pair.on(b"k", |cx| cx.expiry()),
            Ok(None),
            "and does not inherit the expiry"
        );
    }

    #[test]
    fn an_expiry_is_kept_forgotten_or_changed_as_the_command_says() {
        let pair = Pair::new();
        let at = |ms| WallMs::new(NOW.get() + ms);
        pair.on(b"k", |cx| cx.set(b"v", Expiry::At(at(10))));
        pair.on(b"k", |cx| cx.set(b"w", Expiry::Keep));
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at(10))));
        pair.on(b"k", |cx| cx.expire_at(Some(at(20))));
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at(20))));
        assert_eq!(pair.string(b"k").as_deref(), Some(&b"w"[..]));
        pair.on(b"k", |cx| cx.expire_at(None));
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(None));
        pair.on(b"k", |cx| cx.set(b"x", Expiry::At(at(30))));
        pair.on(b"k", |cx| cx.set(b"y", Expiry::None));
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(None));
        pair.on(b"absent", |cx| cx.expire_at(Some(at(10))));
        assert_eq!(pair.string(b"absent"), None);
    }

    #[test]
    fn a_counter_reads_as_its_decimal_form_and_refuses_what_is_none() {
        let pair = Pair::new();
        pair.on(b"k", |cx| cx.set(b"40", Expiry::None));
        assert_eq!(pair.on(b"k", |cx| cx.incr_by(3)), Ok(43));
        assert_eq!(pair.on(b"k", |cx| cx.incr_by(-1)), Ok(42));
        assert_eq!(pair.string(b"k").as_deref(), Some(&b"42"[..]));
        assert_eq!(pair.on(b"k", |cx| cx.incr_by(i64::MAX)), Err(CommandError::Overflow));
        pair.on(b"k", |cx| cx.set(b"text", Expiry::None));
        assert_eq!(pair.on(b"k", |cx| cx.incr_by(1)), Err(CommandError::NotAnInteger));
    }

    #[test]
    fn a_delta_without_its_base_asks_for_the_full_state() {
        let store = Store::new(ArcCount::DEFAULT);
        let key = HashedKey::new(b"k");
        let mut shard = store.lock(key.arc(store.arcs()));
        let generation = Stamp::new(NOW, 0);
        let full = State::plain(
            generation,
            None,
            b"a value too long to go along with every delta, as the core decides",
        );
        let delta = mutate::expire(full, NOW, generation.next(), Some(WallMs::new(NOW.get() + 5)));
        shard.merge(&key, delta.unwrap().unwrap());
        let mut own = Delta::default();
        let mut cx = KeyCx::new(&mut shard, key, writer(NOW), &mut own);
        assert_eq!(cx.string(), Err(CommandError::NeedFullState));
        assert_eq!(cx.exists(), Err(CommandError::NeedFullState));
        assert_eq!(cx.incr_by(1), Err(CommandError::NeedFullState));
        assert_eq!(cx.delete(), Err(CommandError::NeedFullState));
        cx.expire_at(None);
        assert!(!own.is_changed());
        shard.merge(&key, full);
        assert!(
            KeyCx::new(&mut shard, key, writer(NOW), &mut own)
                .string()
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn two_changes_by_one_command_leave_one_delta() {
        let pair = Pair::new();
        let at = WallMs::new(NOW.get() + 10);
        pair.on(b"k", |cx| {
            cx.set(b"5", Expiry::None);
            cx.expire_at(Some(at));
            cx.incr_by(1).unwrap();
        });
        assert_eq!(pair.string(b"k").as_deref(), Some(&b"6"[..]));
        assert_eq!(pair.on(b"k", |cx| cx.expiry()), Ok(Some(at)));
    }

    #[test]
    fn a_command_on_several_keys_leaves_a_delta_for_each_one_it_changed() {
        let store = Store::new(ArcCount::DEFAULT);
        let mut deltas = Deltas::default();
        let keys: Vec<String> = (0..100).map(|number| format!("{{tag}}{number}")).collect();
        let mut shard = store.lock(store.arcs().arc_of(Slot::of_key(b"tag")));
        let mut slot = SlotCx::new(&mut shard, writer(NOW), &mut deltas);
        for key in &keys {
            assert_eq!(slot.key(key.as_bytes()).exists(), Ok(false));
        }
        for key in &keys[..50] {
            slot.key(key.as_bytes()).set(b"v", Expiry::None);
        }
        slot.key(b"{tag}49").delete().unwrap();
        let changed: Vec<&[u8]> = deltas.changed().map(|(key, _)| key).collect();
        let expected: Vec<&[u8]> = keys[..50].iter().map(|key| key.as_bytes()).collect();
        assert_eq!(changed, expected);
        let (_, last) = deltas.changed().last().unwrap();
        assert!(State::decode(last.as_bytes()).unwrap().is_tombstone());
    }

    #[test]
    fn a_long_value_outlives_the_lock() {
        let pair = Pair::new();
        let long = vec![b'x'; 100_000];
        pair.on(b"k", |cx| cx.set(&long, Expiry::None));
        let shared = pair.on(b"k", |cx| cx.shared_string());
        pair.on(b"k", |cx| cx.delete()).unwrap();
        assert_eq!(shared.as_deref(), Some(&long[..]));
    }
}
