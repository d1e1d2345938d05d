//! One replica of one key, with the clock of its arc: what a shell does around the pure functions, in ten lines each.

use circlet_core::clock::ArcClock;
use circlet_core::mutate::{self, Author, Edit, End, ListEdit, MutateError};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, Merged, Received, State, Swept, Synced, Value, receive};
use circlet_core::time::WallMs;

use super::{encoded, merged, view};

#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) clock: ArcClock,
    pub(crate) author: Author,
    /// How far its wall clock is ahead of the others'.
    pub(crate) ahead_ms: u64,
    pub(crate) entry: Option<Vec<u8>>,
    /// Synced-up-to.
    pub(crate) synced: Stamp,
}

/// What a command on a replica yields: the delta for the others.
pub(crate) type Delta = Vec<u8>;

impl Replica {
    pub(crate) fn new(node: u64) -> Self {
        let author = Author {
            node,
            run_epoch: Stamp::ZERO,
        };
        Self {
            clock: ArcClock::new(),
            author,
            ahead_ms: 0,
            entry: None,
            synced: Stamp::ZERO,
        }
    }

    pub(crate) fn state(&self) -> State<'_> {
        self.entry.as_deref().map_or(State::ABSENT, view)
    }

    /// The value as text, as GET has it; `None` if there is none.
    pub(crate) fn get(&self, now: WallMs) -> Option<String> {
        match self.state().value(self.local(now)) {
            Value::Missing => None,
            Value::Unreadable => Some("(unreadable)".into()),
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Value::Counter(value) => Some(value.to_string()),
            Value::Collection(kind) => Some(format!("({})", kind.name())),
        }
    }

    /// Merges a delta or a full state of an owner that is synced up to `theirs`.
    pub(crate) fn receive(&mut self, arrived: &[u8], theirs: Stamp) -> Received {
        let mut out = Vec::new();
        let synced = Synced {
            mine: self.synced,
            theirs,
        };
        let received = receive(self.state(), view(arrived), synced, &mut out);
        self.clock.observe(view(arrived).max_stamp());
        match received.merged {
            Merged::Same | Merged::Left => {}
            Merged::Right => self.entry = Some(arrived.to_vec()),
            Merged::Both => self.entry = Some(out),
        }
        received
    }

    /// Merges a delta or a full state, without regard to what was dropped.
    pub(crate) fn take(&mut self, delta: &[u8]) {
        self.clock.observe(view(delta).max_stamp());
        self.entry = Some(match &self.entry {
            None => delta.to_vec(),
            Some(entry) => merged(entry, delta),
        });
    }

    /// A round was completed at `cut`: drops what may go.
    pub(crate) fn become_synced(&mut self, cut: Stamp) {
        self.clock.raise_floor(cut);
        self.synced = cut;
        let mut out = Vec::new();
        let left = match self.state().swept(cut, Stamp::ZERO, &mut out) {
            Swept::Kept => return,
            Swept::Shrunk => Some(out),
            Swept::Dropped => None,
        };
        self.clock.begin_run_epoch();
        self.author.run_epoch = self.clock.run_epoch();
        self.entry = left;
    }

    pub(crate) fn set(&mut self, now: WallMs, expires_at: Option<WallMs>, value: &str) -> Delta {
        let stamp = self.clock.stamp(self.local(now));
        self.commit(encoded(mutate::set(stamp, expires_at, value.as_bytes())))
    }

    pub(crate) fn delete(&mut self, now: WallMs) -> Delta {
        let stamp = self.clock.stamp(self.local(now));
        self.commit(encoded(mutate::delete(stamp)))
    }

    pub(crate) fn expire(&mut self, now: WallMs, at: Option<WallMs>) -> Result<Option<Delta>, MutateError> {
        let (now, stamp) = (self.local(now), self.clock.stamp(self.local(now)));
        let delta = mutate::expire(self.state(), now, stamp, at)?.map(encoded);
        Ok(delta.map(|delta| self.commit(delta)))
    }

    pub(crate) fn incr(&mut self, now: WallMs, by: i64) -> Result<(i64, Delta), MutateError> {
        let (now, stamp) = (self.local(now), self.clock.stamp(self.local(now)));
        let mut delta = Vec::new();
        let reply = mutate::incr(self.state(), now, stamp, self.author, by, &mut delta)?;
        Ok((reply, self.commit(delta)))
    }

    /// Changes a collection as `change` says, which is given what was found; `None` if it changes nothing.
    pub(crate) fn edit<T>(
        &mut self,
        now: WallMs,
        kind: Kind,
        change: impl FnOnce(&mut Edit, State<'_>) -> T,
    ) -> (T, Option<Delta>) {
        let (now, stamp) = (self.local(now), self.clock.stamp(self.local(now)));
        let found = mutate::found(self.state(), now);
        let mut edit = Edit::new(kind, now, stamp, self.author);
        let answer = change(&mut edit, found);
        let mut delta = Vec::new();
        let is_changed = edit.finish(found, &mut delta);
        (answer, is_changed.then(|| self.commit(delta)))
    }

    /// Pushes an element and answers the delta.
    pub(crate) fn push(&mut self, now: WallMs, end: End, value: &str) -> Delta {
        let (now, stamp) = (self.local(now), self.clock.stamp(self.local(now)));
        let found = mutate::found(self.state(), now);
        let mut list = ListEdit::new(Edit::new(Kind::List, now, stamp, self.author), now);
        list.push(found, end, value.as_bytes());
        let mut delta = Vec::new();
        list.edit().finish(found, &mut delta);
        self.commit(delta)
    }

    /// Pops an element, and answers it with the delta.
    pub(crate) fn pop(&mut self, now: WallMs, end: End) -> Option<(String, Delta)> {
        let (now, stamp) = (self.local(now), self.clock.stamp(self.local(now)));
        let found = mutate::found(self.state(), now);
        let mut list = ListEdit::new(Edit::new(Kind::List, now, stamp, self.author), now);
        let value = list.pop(found, end)?;
        let mut delta = Vec::new();
        list.edit().finish(found, &mut delta);
        Some((String::from_utf8_lossy(&value).into_owned(), self.commit(delta)))
    }

    /// Forgets the entry (or falls back to what a snapshot held): runs born before now are not raised any more.
    pub(crate) fn fall_back_to(&mut self, now: WallMs, entry: Option<Vec<u8>>) {
        self.author.run_epoch = self.clock.stamp(self.local(now));
        self.entry = entry;
    }

    fn commit(&mut self, delta: Delta) -> Delta {
        self.take(&delta);
        delta
    }

    fn local(&self, now: WallMs) -> WallMs {
        WallMs::new(now.get() + self.ahead_ms)
    }
}
