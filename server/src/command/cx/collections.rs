//! Collections under a key: views to read them, edits to change them.
//!
//! ```text
//!   cx.hash()?          HashView: len, get, iter, scan ...         an empty one if there is no value
//!   cx.edit_hash()?     HashEdit: set, delete, incr_by ... commit  one delta with one stamp, or nothing
//!   cx.replace_hash()   the same, in place of whatever there is: for the STORE commands
//! ```
//!
//! An edit sees what it did itself. What it does becomes real when it is committed; dropped without that, it did nothing,
//! so that an error found half-way changes nothing.

use circlet_core::collection::{HashView, ListView, Live, SetView, SortedSetView};
use circlet_core::mutate::{self, Edit};
use circlet_core::state::{Kind, State, Uniform, Value};
use circlet_core::time::WallMs;

use super::hyperloglog::is_hyperloglog;
use super::{KeyCx, SlotCx};
use crate::command::error::CommandError;
use crate::store::HashedKey;

impl<'a> KeyCx<'a> {
    /// The type of the value that the key holds; `None` if it holds none.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if that is not known here.
    pub fn kind(&self) -> Result<Option<Kind>, CommandError> {
        kind_of(self.shard.state(&self.key), self.writer.now)
    }

    /// As [`KeyCx::kind`], and counts whether there was a value: for a command that reads the key for its client.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::kind`].
    pub fn look_for_kind(&mut self) -> Result<Option<Kind>, CommandError> {
        let kind = self.kind()?;
        self.delta.count_lookup(kind.is_some());
        Ok(kind)
    }

    /// The hash that the key holds; an empty one if it holds no value.
    ///
    /// As the other views, it is for commands that read the key for their client, and counts whether there was a value.
    /// Commands that look only to write ask their edit.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if the value is not here.
    pub fn hash(&mut self) -> Result<HashView<'_>, CommandError> {
        let now = self.now();
        Ok(HashView::new(self.look_up_collection(Kind::Hash)?, now))
    }

    /// The set that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn set_view(&mut self) -> Result<SetView<'_>, CommandError> {
        let now = self.now();
        Ok(SetView::new(self.look_up_collection(Kind::Set)?, now))
    }

    /// As [`KeyCx::set_view`], but not counted.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn peek_set(&self) -> Result<SetView<'_>, CommandError> {
        Ok(SetView::new(self.state_of(Kind::Set)?, self.now()))
    }

    /// The sorted set that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn sorted_set(&mut self) -> Result<SortedSetView<'_>, CommandError> {
        let now = self.now();
        Ok(SortedSetView::new(self.look_up_collection(Kind::SortedSet)?, now))
    }

    /// As [`KeyCx::sorted_set`], but not counted.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn peek_sorted_set(&self) -> Result<SortedSetView<'_>, CommandError> {
        Ok(SortedSetView::new(self.state_of(Kind::SortedSet)?, self.now()))
    }

    /// The list that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn list(&mut self) -> Result<ListView<'_>, CommandError> {
        let now = self.now();
        Ok(ListView::new(self.look_up_collection(Kind::List)?, now))
    }

    /// Has `read` read the value of a field of the hash that the key holds, or that there is none: for a command that reads the key for its client.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    #[inline]
    pub fn read_field<T>(&mut self, name: &[u8], read: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, CommandError> {
        if let Some(hash) = self.uniform(Kind::Hash) {
            let answer = read(hash.text(name).as_deref());
            self.delta.count_lookup(true);
            return Ok(answer);
        }
        Ok(read(self.hash()?.get(name).as_deref()))
    }

    /// The score of a member of the sorted set that the key holds, for a command that reads the key for its client.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    #[inline]
    pub fn score(&mut self, member: &[u8]) -> Result<Option<f64>, CommandError> {
        if let Some(set) = self.uniform(Kind::SortedSet) {
            let score = set.score(member);
            self.delta.count_lookup(true);
            return Ok(score);
        }
        Ok(self.sorted_set()?.score(member))
    }

    /// Has `read` read the element of the list that the key holds whose index, from 0, `which` tells from how many there are; or that there is none, which is
    /// not asked of an empty list. For a command that reads the key for its client.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`], and those of `which`.
    #[inline]
    pub fn read_element<T>(
        &mut self,
        which: impl FnOnce(usize) -> Result<Option<usize>, CommandError>,
        read: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, CommandError> {
        if let Some(list) = self.uniform(Kind::List) {
            let element = which(list.len()).map(|at| list.nth_text(at?));
            let answer = element.map(|element| read(element.as_deref()));
            self.delta.count_lookup(true);
            return answer;
        }
        let list = self.list()?;
        let at = if list.is_empty() { None } else { which(list.len())? };
        Ok(read(at.and_then(|at| list.get(at)).map(|element| element.value)))
    }

    /// The collection of type `kind` that the key holds, if it is one as most are; not counted. Not for sets, which may be HyperLogLogs.
    #[inline]
    fn uniform(&self, kind: Kind) -> Option<Uniform<'_>> {
        debug_assert_ne!(kind, Kind::Set);
        let found = self.shard.get(&self.key)?.uniform()?;
        (found.kind() == kind && found.is_live(self.writer.now)).then_some(found)
    }

    /// The parts of the collection of type `kind` that the key holds, whatever they are; not counted.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn live(&self, kind: Kind) -> Result<Live<'_>, CommandError> {
        Ok(Live::new(self.state_of(kind)?, kind, self.writer.now))
    }

    /// An evenly distributed random number, for commands that pick something.
    #[must_use]
    pub fn random(&self) -> u64 {
        rand::random()
    }

    fn look_up_collection(&mut self, kind: Kind) -> Result<State<'_>, CommandError> {
        let state = self.shard.state(&self.key);
        let found = kind_of(state, self.writer.now)?;
        self.delta.count_lookup(found.is_some());
        of_kind(state, found, kind, self.writer.now)
    }

    /// The state as found, if it holds a collection of type `kind` or no value.
    fn state_of(&self, kind: Kind) -> Result<State<'_>, CommandError> {
        let state = self.shard.state(&self.key);
        let found = kind_of(state, self.writer.now)?;
        of_kind(state, found, kind, self.writer.now)
    }

    /// What commands that keep the generation start from.
    pub(super) fn found(&self) -> State<'_> {
        mutate::found(self.shard.state(&self.key), self.writer.now)
    }

    pub(super) fn edit(&mut self, kind: Kind) -> Result<Edit, CommandError> {
        self.state_of(kind)?;
        self.expect_not_expired()?;
        let stamp = self.stamp();
        Ok(Edit::new(kind, self.writer.now, stamp, self.writer.author))
    }

    pub(super) fn replacing(&mut self, kind: Kind, expires_at: Option<WallMs>) -> Edit {
        let stamp = self.stamp();
        Edit::replacing(kind, self.writer.now, stamp, self.writer.author, expires_at)
    }

    /// Makes real what `edit` has gathered.
    pub(super) fn commit(&mut self, edit: &Edit) {
        if edit.is_replacing() && edit.is_empty() {
            // As DEL: what is absent here may be somewhere else.
            if self.writer.buries_absent || self.shard.get(&self.key).is_some() {
                let stamp = self.stamp();
                self.apply(mutate::delete(stamp));
            }
            return;
        }
        let mut draft = self.delta.take_draft();
        if edit.finish(self.found(), &mut draft) {
            self.apply_encoded(draft);
        } else {
            self.delta.keep_draft(draft);
        }
    }
}

/// What commands on collections of type `kind` start from, if a state holds a value of type `found` at `now`.
fn of_kind(state: State<'_>, found: Option<Kind>, kind: Kind, now: WallMs) -> Result<State<'_>, CommandError> {
    if found.is_some_and(|found| found != kind) {
        return Err(CommandError::WrongType);
    }
    Ok(mutate::found(state, now))
}

/// The type of the value that a state holds at `now`; `None` if it holds none.
///
/// # Errors
///
/// [`CommandError::NeedFullState`] if that is not known here.
pub(crate) fn kind_of(state: State<'_>, now: WallMs) -> Result<Option<Kind>, CommandError> {
    match state.value(now) {
        Value::Missing => Ok(None),
        Value::Unreadable => Err(CommandError::NeedFullState),
        Value::Bytes(_) | Value::Counter(_) => Ok(Some(Kind::String)),
        Value::Collection(kind) if is_hyperloglog(state, kind, now) => Ok(Some(Kind::String)),
        Value::Collection(kind) => Ok(Some(kind)),
    }
}

impl SlotCx<'_> {
    /// The sets that keys hold, all of them at once, for commands that compare them; counts for each key whether there was a
    /// value.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hash`].
    pub fn sets<'k>(&mut self, keys: impl Iterator<Item = &'k [u8]> + Clone) -> Result<Vec<SetView<'_>>, CommandError> {
        for key in keys.clone() {
            self.key(key).set_view()?;
        }
        let now = self.now();
        let sets = keys.map(|key| mutate::found(self.shard.state(&HashedKey::new(key)), now));
        Ok(sets.map(|state| SetView::new(state, now)).collect())
    }
}
