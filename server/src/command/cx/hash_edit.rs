//! Changes to a hash, made by one command.

use std::borrow::Cow;

use circlet_core::collection::{Field, HashView};
use circlet_core::mutate::Edit;
use circlet_core::state::Kind;
use circlet_core::time::WallMs;

use super::{KeyCx, refusal};
use crate::command::error::CommandError;

/// Changes to the fields of one hash, not real before [`HashEdit::commit`].
#[derive(Debug)]
#[must_use = "nothing is changed before it is committed"]
pub struct HashEdit<'c, 'a> {
    cx: &'c mut KeyCx<'a>,
    edit: Edit,
}

impl<'a> KeyCx<'a> {
    /// Begins to change the hash that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if the value is not here.
    pub fn edit_hash(&mut self) -> Result<HashEdit<'_, 'a>, CommandError> {
        let edit = self.edit(Kind::Hash)?;
        Ok(HashEdit { cx: self, edit })
    }

    /// Begins a new hash in place of whatever the key holds; without fields the key is deleted.
    pub fn replace_hash(&mut self, expires_at: Option<WallMs>) -> HashEdit<'_, 'a> {
        let edit = self.replacing(Kind::Hash, expires_at);
        HashEdit { cx: self, edit }
    }
}

impl HashEdit<'_, '_> {
    /// The hash as it was before this edit.
    #[must_use]
    pub fn before(&self) -> HashView<'_> {
        HashView::new(self.cx.found(), self.cx.now())
    }

    /// How many fields there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edit.len_after(self.before().len())
    }

    /// Whether there are none now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A field as it is now.
    #[must_use]
    pub fn field<'s>(&'s self, name: &'s [u8]) -> Option<Field<'s>> {
        self.edit.part(self.cx.found(), name).map(Field::of)
    }

    /// The value of a field as it is now.
    #[must_use]
    pub fn get<'s>(&'s self, name: &'s [u8]) -> Option<Cow<'s, [u8]>> {
        self.field(name).map(|field| field.value)
    }

    /// Writes a field, which does not expire then; says whether it is new.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        self.set_until(name, value, None)
    }

    /// Writes a field that expires at the end of `expires_at`; says whether it is new.
    pub fn set_until(&mut self, name: &[u8], value: &[u8], expires_at: Option<WallMs>) -> bool {
        self.edit.set(self.cx.found(), name, value, expires_at)
    }

    /// Deletes a field; says whether there was one.
    pub fn delete(&mut self, name: &[u8]) -> bool {
        self.edit.delete(self.cx.found(), name)
    }

    /// Adds to the whole number that a field holds, 0 if there is none, and answers the sum. Concurrent additions add up.
    ///
    /// # Errors
    ///
    /// [`CommandError::HashNotAnInteger`], [`CommandError::Overflow`], [`CommandError::TooManyRuns`]; [`CommandError::ExpiredHere`] if others have to be
    /// asked first.
    pub fn incr_by(&mut self, name: &[u8], by: i64) -> Result<i64, CommandError> {
        if self.cx.writer.asks_if_expired && self.edit.finds_expired(self.cx.found(), name) {
            return Err(CommandError::ExpiredHere);
        }
        let sum = self.edit.incr(self.cx.found(), name, by);
        sum.map_err(|error| match refusal(error) {
            CommandError::NotAnInteger => CommandError::HashNotAnInteger,
            error => error,
        })
    }

    /// Lets a field expire at the end of `at`, or never; says whether there is one. A time that is past deletes it.
    pub fn expire_at(&mut self, name: &[u8], at: Option<WallMs>) -> bool {
        self.edit.expire(self.cx.found(), name, at)
    }

    /// Makes it real.
    pub fn commit(self) {
        self.cx.commit(&self.edit);
    }
}
